"""Mondrian with l and t: what is promised holds, cuts are those of the definition, what cannot be reached is said."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.privacy.constraints import Constraints
from core.privacy.measure import measure
from core.privacy.verify import verify
from core.techniques import median_cuts
from core.techniques.base import Protected, PublicFacts
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from tests.privacy.known_tables import INPATIENTS, SALARIES
from tests.tables import people

FACTS = PublicFacts(people=10, classes=("no", "yes"))
AGE = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
SIZE = Column(name="size", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
ILL = Column(name="ill", kind=Kind.CATEGORICAL, role=Role.SENSITIVE)
PAY = Column(name="pay", kind=Kind.NUMERIC, role=Role.SENSITIVE)
WHO = Column(name="id", kind=Kind.CATEGORICAL, role=Role.FEATURE)


def build(*columns: Column, person: str | None = None, **data: list) -> Table:
    return Table.build(pd.DataFrame({c.name: data[c.name] for c in columns}), Schema(columns, person))


def box(table: Table, technique: MondrianKAnonymity) -> Protected:
    found = technique.protect(table, FACTS, np.random.default_rng(0))
    promised = technique.guarantee(table.schema, FACTS)
    assert verify(found.table, table.schema.quasi_identifiers, promised) is None
    pd.testing.assert_frame_equal(found.recode(table).frame, found.table.frame)
    return found


def ages(found: Protected) -> list[str]:
    return [str(cell) for cell in found.table.frame["age"]]


def test_the_inpatients_become_the_published_3_diverse_table():
    found = measure(box(INPATIENTS, MondrianKAnonymity(k=4, l=3)).table)
    assert (found["k"], found["classes"], found["l"]["condition"]["distinct"]) == (4, 3, 3)
    assert found["l"]["condition"]["entropy"] == pytest.approx(2 * math.sqrt(2))
    assert found["t"]["condition"]["value"] == pytest.approx(1 / 6)


def test_the_inpatients_by_age_alone_lack_diversity_until_l_forbids_the_cut():
    by_age = INPATIENTS.drop(("zip",))
    plain = measure(box(by_age, MondrianKAnonymity(k=3)).table)
    assert (plain["classes"], plain["l"]["condition"]["distinct"]) == (4, 2)
    diverse = measure(box(by_age, MondrianKAnonymity(k=3, l=3)).table)
    assert (diverse["classes"], diverse["l"]["condition"]["distinct"]) == (2, 3)


def test_the_salaries_are_boxed_as_close_to_everybody_as_asked():
    table = SALARIES.drop(("zip", "disease"))  # by age the salaries rise
    classes = {}
    for t in (0.375, 0.25, 0.1):
        found = measure(box(table, MondrianKAnonymity(k=3, l=3, t=t)).table)
        assert found["t"]["salary"]["value"] <= t + 1e-9
        classes[t] = found["classes"]
    assert classes == {0.375: 2, 0.25: 2, 0.1: 1}


def test_the_next_most_balanced_cut_is_tried_before_the_next_column():
    # The middle cut leaves only u on the left; the next two are 2 | 4 and 4 | 2, and only the latter keeps two values.
    table = build(AGE, ILL, age=[1, 2, 3, 4, 5, 6], ill=list("uuuvuv"))
    assert ages(box(table, MondrianKAnonymity(k=2))) == ["[1, 3]"] * 3 + ["[4, 6]"] * 3
    assert ages(box(table, MondrianKAnonymity(k=2, l=2))) == ["[1, 4]"] * 4 + ["[5, 6]"] * 2


def test_where_no_cut_of_the_widest_column_is_allowed_the_next_column_is_cut():
    table = build(AGE, SIZE, ILL, age=[1, 2, 3, 4], size=[1, 2, 1, 2], ill=list("uuvv"))
    found = box(table, MondrianKAnonymity(k=2, l=2))
    assert ages(found) == ["[1, 3]", "[2, 4]", "[1, 3]", "[2, 4]"]


def test_no_more_than_the_stated_number_of_cuts_is_tried(monkeypatch: pytest.MonkeyPatch):
    # Of 17 cuts that keep two people on both sides the least balanced, the last of two alike, is the only allowed one.
    table = build(AGE, ILL, age=list(range(20)), ill=["u"] * 17 + list("vuv"))
    monkeypatch.setattr(median_cuts, "TRIES", 17)
    assert set(ages(box(table, MondrianKAnonymity(k=2, l=2)))) == {"[0, 17]", "[18, 19]"}
    monkeypatch.setattr(median_cuts, "TRIES", 16)
    assert set(ages(box(table, MondrianKAnonymity(k=2, l=2)))) == {"[0, 19]"}


def test_a_persons_repeated_rows_do_not_make_their_secret_common():
    # Each half holds two people with one secret each, though three of its four rows are one person's.
    data = {"id": list("pppqrrrs"), "age": list(range(8)), "ill": list("uuuvuuuv")}
    diverse = MondrianKAnonymity(k=2, l=2, diversity="entropy")
    assert set(ages(box(build(WHO, AGE, ILL, person="id", **data), diverse))) == {"[0, 3]", "[4, 7]"}
    with pytest.raises(UserError, match="cannot be reached"):
        box(build(WHO, AGE, ILL, **data), diverse)


def test_a_table_that_is_not_diverse_enough_at_all_is_refused_with_what_to_do():
    table = build(AGE, ILL, age=[1, 2, 3, 4], ill=list("uuvv"))
    with pytest.raises(
        UserError, match=r"l = 3 \(distinct\) cannot be reached.*'ill'.*2 different values among 4 people"
    ):
        box(table, MondrianKAnonymity(k=2, l=3))
    with pytest.raises(UserError, match="Lower l"):
        box(table, MondrianKAnonymity(k=2, l=2, diversity="recursive", c=0.5))
    none = table.drop(("age",))
    with pytest.raises(UserError, match="cannot be reached"):
        MondrianKAnonymity(k=2, l=3).protect(none, FACTS, np.random.default_rng(0))


def test_t_0_leaves_one_box_or_boxes_that_are_exactly_like_everybody():
    table = build(AGE, ILL, age=[1, 2, 3, 4], ill=list("uvuv"))
    assert len(set(ages(box(table, MondrianKAnonymity(k=2, t=0.0))))) == 2
    table = build(AGE, ILL, age=[1, 2, 3, 4], ill=list("uuvv"))
    assert len(set(ages(box(table, MondrianKAnonymity(k=2, t=0.0))))) == 1


def test_a_table_without_secrets_or_hierarchies_says_why_l_or_t_cannot_be_kept():
    bare, secret = Schema((AGE,)), Schema((AGE, ILL))
    assert "sensitive" in str(MondrianKAnonymity(k=2, l=2).unsupported(bare, FACTS))
    assert "sensitive" in str(MondrianKAnonymity(k=2, t=0.2).unsupported(bare, FACTS))
    assert MondrianKAnonymity(k=2).unsupported(bare, FACTS) is None
    assert MondrianKAnonymity(k=2, l=2, t=0.2).unsupported(secret, FACTS) is None
    assert "hierarchy" in str(MondrianKAnonymity(k=2, t=0.2, distance="hierarchical").unsupported(secret, FACTS))


def test_the_guarantee_carries_k_l_and_t_and_says_how_they_are_meant():
    schema = Schema((AGE, ILL))
    found = MondrianKAnonymity(k=3, l=2.5, diversity="entropy", t=0.2, distance="equal").guarantee(schema, FACTS)
    assert (found.kind, found.k, found.l, found.t) == ("k_anonymity", 3, 2.5, 0.2)
    told = [line for line in found.assumptions if line.startswith("l (entropy) holds in every class")]
    assert "column: ill. A missing value counts as one of the values" in told[0]
    assert any("t (equal distance)" in text for text in found.assumptions)
    plain = MondrianKAnonymity(k=3).guarantee(schema, FACTS)
    assert (plain.l, plain.t) == (None, None)
    assert len(plain.assumptions) == len(found.assumptions) - 2


def test_where_a_person_has_several_rows_the_guarantee_says_that_they_can_be_linked():
    for technique in (MondrianKAnonymity(k=2), MondrianKAnonymity(k=2, l=2)):
        told = technique.guarantee(Schema((WHO, AGE, ILL), "id"), FACTS).assumptions
        assert sum("link the rows of one person" in text for text in told) == 1


@pytest.mark.parametrize(
    "settings_",
    [
        *({"l": 2.0, "diversity": diversity, "c": 2.0} for diversity in ("distinct", "entropy", "recursive")),
        *({"t": 0.3, "distance": distance} for distance in ("automatic", "equal", "ordered")),
        {"l": 3.0, "t": 0.4},
    ],
)
def test_every_demand_changes_the_boxes_and_holds_on_the_usual_table(settings_):
    table = people(160)
    plain = box(table, MondrianKAnonymity(k=2))
    strict = MondrianKAnonymity(k=2, **settings_)
    assert verify(plain.table, table.schema.quasi_identifiers, strict.constraints) is not None
    found = box(table, strict)
    assert 1 < measure(found.table)["classes"] < measure(plain.table)["classes"]


def test_hierarchical_closeness_allows_what_equal_closeness_forbids():
    rows = (("u", "east"), ("v", "east"), ("x", "west"), ("y", "west"))
    ill = Column(name="ill", kind=Kind.CATEGORICAL, role=Role.SENSITIVE, hierarchy=Hierarchy(kind="levels", rows=rows))
    table = build(AGE, ill, age=[1, 2, 3, 4], ill=list("uxvy"))
    # Each half differs by 1/2 from everybody value by value, and not at all by region: 1/4 in the mean of two levels.
    assert len(set(ages(box(table, MondrianKAnonymity(k=2, t=0.25, distance="hierarchical"))))) == 2
    assert len(set(ages(box(table, MondrianKAnonymity(k=2, t=0.25, distance="equal"))))) == 1


def slow_boxes(rows: list, technique: MondrianKAnonymity, tries: int) -> list[list[int]]:
    """The definition, one box at a time: widest axis first, its most balanced cuts, the lower one on ties."""
    ranks = list(zip(*(np.unique([r[a] for r in rows], return_inverse=True)[1].tolist() for a in (1, 2)), strict=True))
    wide = [max(len(set(column)) - 1, 1) for column in zip(*ranks, strict=True)]
    everybody = {(r[0], r[3]) for r in rows}

    def allowed(box_: list[int]) -> bool:
        pairs = [s for _, s in {(rows[i][0], rows[i][3]) for i in box_}]
        counts = sorted((pairs.count(s) for s in set(pairs)), reverse=True)
        share = [n / len(pairs) for n in counts]
        first = math.ceil(technique.l) - 1
        diverse = {
            "distinct": len(counts) >= technique.l,
            "entropy": math.exp(-sum(p * math.log(p) for p in share)) >= technique.l - 1e-9,
            "recursive": counts[0] < technique.c * sum(counts[first:]),
        }[technique.diversity]
        far = sum(
            abs(pairs.count(s) / len(pairs) - sum(v == s for _, v in everybody) / len(everybody))
            for s in {v for _, v in everybody}
        )
        return (technique.l == 1 or diverse) and far / 2 <= technique.t + 1e-9

    done, todo = [], [list(range(len(rows)))]
    while todo:
        inside = todo.pop()
        spans = [max(c) - min(c) for c in zip(*(ranks[i] for i in inside), strict=True)]
        for axis in sorted(range(2), key=lambda a: (-spans[a] / wide[a], a)):
            cuts = []
            for value in sorted({ranks[i][axis] for i in inside})[:-1]:
                halves = [i for i in inside if ranks[i][axis] <= value], [i for i in inside if ranks[i][axis] > value]
                smaller = min(len({rows[i][0] for i in half}) for half in halves)
                if smaller >= max(technique.k, math.ceil(technique.l)):
                    cuts.append((-smaller, value, halves))
            good = [halves for _, _, halves in sorted(cuts)[:tries] if all(map(allowed, halves))]
            if good:
                todo += good[0]
                break
        else:
            done.append(sorted(inside))
    return sorted(done)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("uvwxyz"), st.integers(0, 12), st.integers(0, 5), st.sampled_from("abc")),
        min_size=4,
        max_size=40,
    ),
    st.booleans(),
    st.integers(2, 4),
    st.sampled_from([1.0, 1.5, 2.0, 3.0]),
    st.sampled_from(["distinct", "entropy", "recursive"]),
    st.sampled_from([0.4, 0.9, 3.0]),
    st.sampled_from([1.0, 0.5, 0.2, 0.1]),
)
def test_boxes_under_l_and_t_are_those_of_the_definition(rows, repeated, k, l, diversity, c, t):  # noqa: E741
    if not repeated:
        rows = [(str(i), *row[1:]) for i, row in enumerate(rows)]
    data = {
        name: list(column) for name, column in zip(("id", "age", "size", "ill"), zip(*rows, strict=True), strict=True)
    }
    table = build(WHO, AGE, SIZE, ILL, person="id" if repeated else None, **data)
    technique = MondrianKAnonymity(k=k, l=l, diversity=diversity, c=c, t=t)
    try:
        found = box(table, technique)
    except UserError:
        one = {"age": [1] * len(rows), "size": [1] * len(rows)}
        whole = build(WHO, AGE, SIZE, ILL, person="id" if repeated else None, **{**data, **one})
        assert verify(whole, ("age", "size"), Constraints(k=k, l=l, diversity=diversity, c=c)) is not None
        return
    groups = pd.DataFrame({"age": ages(found), "size": found.table.frame["size"].astype(str)})
    boxes = sorted(sorted(int(i) for i in part) for part in groups.groupby(["age", "size"]).indices.values())
    assert boxes == slow_boxes(rows, technique, median_cuts.TRIES)


def test_numbers_and_categories_are_protected_together_and_a_missing_secret_is_a_value():
    rng = np.random.default_rng(4)
    ill = [None if i % 5 == 0 else "abc"[i % 3] for i in range(120)]
    pay = [math.nan if i % 7 == 0 else float(i) for i in range(120)]
    table = build(AGE, SIZE, ILL, PAY, age=rng.integers(0, 50, 120), size=rng.integers(0, 9, 120), ill=ill, pay=pay)
    found = measure(box(table, MondrianKAnonymity(k=3, l=3, t=0.35)).table)
    assert found["classes"] > 3
    assert min(found["l"][name]["distinct"] for name in ("ill", "pay")) >= 3
    assert max(found["t"][name]["value"] for name in ("ill", "pay")) <= 0.35 + 1e-9
