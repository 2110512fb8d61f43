"""pram: expected shares stay, the matrix is the promised one, and rows of one person stay together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.techniques.pram import Pram
from tests.tables import people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
C, QI = Kind.CATEGORICAL, Role.QUASI_IDENTIFIER


def one(values, who=None):
    columns = [Column(name="x", kind=C, role=QI)]
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    if who is not None:
        frame["who"] = who
        columns.append(Column(name="who", kind=C, role=Role.IGNORED))
    return Table.build(frame, Schema(tuple(columns), person_id="who" if who is not None else None))


def drawn(table, keep=0.8, seed=0, **more):
    return Pram(keep=keep, **more).protect(table, FACTS, np.random.default_rng(seed))


def test_the_transition_matrix_is_the_promised_one():
    share, count, keep = {"a": 0.6, "b": 0.3, "c": 0.1}, 30_000, 0.7
    values = np.repeat(list(share), [round(p * count) for p in share.values()])
    found = drawn(one(values), keep).table.frame["x"].astype(str).to_numpy()
    for old, pi in share.items():
        for new, rho in share.items():
            expected = keep * (old == new) + (1 - keep) * rho
            n = pi * count
            # A share of n draws: standard error sqrt(p (1 - p) / n); four of them (9 comparisons).
            limit = 4 * np.sqrt(expected * (1 - expected) / n)
            assert np.mean(found[values == old] == new) == pytest.approx(expected, abs=limit)


def test_expected_shares_do_not_change():
    cells, rounds = ["a"] * 60 + ["b"] * 30 + ["c"] * 9 + ["d"], 400
    table = one(cells)
    counts = np.array(
        [drawn(table, 0.3, seed).table.frame["x"].value_counts().reindex(list("abcd")) for seed in range(rounds)]
    )
    for place, expected in enumerate((60, 30, 9, 1)):
        # 400 independent runs; the standard error of the mean count from its own spread; four of them.
        limit = 4 * counts[:, place].std() / np.sqrt(rounds)
        assert counts[:, place].mean() == pytest.approx(expected, abs=limit)
        assert limit < 1


def test_expected_shares_of_rows_do_not_change_when_people_have_different_numbers_of_rows():
    cells, who = ["a"] * 30 + ["b"] * 10, ["one"] * 30 + [f"p{i}" for i in range(10)]
    table = one(cells, who)
    counts = np.array([(drawn(table, 0.2, seed).table.frame["x"] == "a").sum() for seed in range(1500)])
    assert counts.mean() == pytest.approx(30, abs=4 * counts.std() / np.sqrt(1500))


def test_keeping_everything_changes_nothing_and_keeping_nothing_forgets_the_value():
    table = people()
    assert drawn(table, 1.0).table.frame.equals(table.frame)
    cells = ["a"] * 2000 + ["b"] * 2000
    found = drawn(one(cells), 0.0).table.frame["x"].astype(str).to_numpy()
    # Half of each side is "a": standard error of the difference of two shares of 2,000 is .016.
    assert abs(np.mean(found[:2000] == "a") - np.mean(found[2000:] == "a")) < 0.064


def test_a_smaller_keep_changes_more():
    table = people()
    changed = [(drawn(table, keep).table.frame["zip"] != table.frame["zip"]).mean() for keep in (0.95, 0.8, 0.5, 0.1)]
    assert changed == sorted(changed)


def test_equal_values_of_one_person_are_redrawn_together_so_rows_cannot_be_outvoted():
    who = np.repeat([f"p{i}" for i in range(100)], 9)
    value = np.repeat([f"v{i % 5}" for i in range(100)], 9)
    found = drawn(one(value, who), 0.3).table.frame
    assert found.groupby("who", observed=True)["x"].nunique().eq(1).all()
    assert (found["x"].astype(str) != value).mean() > 0.4


def test_default_columns_are_the_categorical_quasi_identifiers_and_nobody_outside_changes():
    table = people()
    protected = drawn(table, 0.2)
    changed = [name for name in table.schema.names if not protected.table.frame[name].equals(table.frame[name])]
    assert changed == ["job", "zip"]
    assert protected.recode(table) is table
    named = drawn(table, 0.2, columns=("illness",)).table
    assert not named.frame["illness"].equals(table.frame["illness"])
    assert named.frame["job"].equals(table.frame["job"])


def test_labels_of_an_earlier_step_keep_what_they_mean_to_a_model():
    boxes = MondrianKAnonymity(k=20).protect(people(), FACTS, np.random.default_rng(0)).table
    found = drawn(boxes, 0.1).table
    assert found.meanings["age"] is boxes.meanings["age"]
    assert not found.frame["age"].equals(boxes.frame["age"])


@pytest.mark.parametrize(
    ("columns", "reason"), [(("rich",), "target"), (("name",), "names people"), (("age",), "numeric"), (("q",), "no c")]
)
def test_columns_that_do_not_fit_are_declined_with_the_reason(columns, reason):
    assert reason in Pram(columns=columns).unsupported(people().schema, FACTS)


def test_no_guarantee_is_claimed_even_when_nothing_is_kept():
    assert Pram(keep=0.0).guarantee(people().schema, FACTS).kind == "none"


@settings(deadline=None, max_examples=80)
@given(
    cells=st.lists(
        st.tuples(st.sampled_from(["a", "b", "rare", " ", None]), st.integers(0, 4)), min_size=1, max_size=25
    ),
    keep=st.floats(0, 1),
    seed=st.integers(0, 5),
)
def test_missing_stays_missing_and_nothing_is_invented(cells, keep, seed):
    table = one([value for value, _ in cells], [str(person) for _, person in cells])
    found = drawn(table, keep, seed).table.frame
    assert found["x"].isna().equals(table.frame["x"].isna())
    assert set(found["x"].dropna()) <= set(table.frame["x"].dropna())
    assert found["who"].equals(table.frame["who"])
    held = found.assign(old=table.frame["x"]).dropna().groupby(["who", "old"], observed=True)["x"]
    assert held.nunique().le(1).all()


def test_a_category_that_only_outsiders_have_is_never_drawn():
    table = one(["a"] * 50 + ["outside"] * 50).take(np.arange(50))
    assert set(drawn(table, 0.0).table.frame["x"]) == {"a"}
