"""Private synthetic rows: their budget, what they read, what they keep, and awkward tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.audit.mechanism import audit_mechanism
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import MISSING, Table, class_labels
from core.errors import UserError
from core.privacy.gdp import advantage_bound, tpr_bound
from core.privacy.zcdp import rho_from_epsilon_delta
from core.techniques.base import PublicFacts
from core.techniques.dp_marginals import DPMarginals, bounds
from core.techniques.marginals_domain import one_row_each
from core.techniques.marginals_measure import Budget
from core.tradeoff.recipe import expand

AGE = Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100))
TOWN = Column(name="town", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER, categories=("Bonn", "Kiel", "Ulm"))
PAY = Column(name="pay", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100_000))
DAY = Column(name="day", kind=Kind.DATE, role=Role.FEATURE, bounds=("2020-01-01", "2020-12-31"))
PAID = Column(name="paid", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes"))
SCHEMA = Schema((AGE, TOWN, PAY, DAY, PAID))
FACTS = PublicFacts(people=4000, classes=("no", "yes"))


def people(n=4000, seed=0):
    """Age and town depend on the target, pay and day on age; a tenth of the pay is missing."""
    rng = np.random.default_rng(seed)
    paid = rng.random(n) < 0.3
    age = np.where(paid, rng.integers(50, 80, n), rng.integers(20, 60, n))
    raw = pd.DataFrame(
        {
            "age": age,
            "town": np.where(rng.random(n) < 0.8, np.where(paid, "Ulm", "Bonn"), "Kiel"),
            "pay": np.where(rng.random(n) < 0.1, np.nan, age * 1000),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(age * 3, unit="D"),
            "paid": np.where(paid, "yes", "no"),
        }
    )
    return Table.build(raw, SCHEMA)


PEOPLE = people()


def invent(table=PEOPLE, facts=FACTS, seed=0, **settings):
    return DPMarginals(**settings).protect(table, facts, np.random.default_rng(seed))


def test_the_whole_budget_is_spent_and_not_more():
    for columns, wide in ((1, False), (1, True), (2, True), (13, False)):
        budget = Budget.split(0.03, columns, wide)
        spent = budget.tables / (2 * budget.first)
        if budget.edges:
            spent += budget.edges * (budget.choice**2 / 8 + 1 / (2 * budget.second))
        assert spent == pytest.approx(0.03, rel=1e-12)
    assert DPMarginals().budget(SCHEMA, FACTS) == Budget.split(rho_from_epsilon_delta(1.0, 1e-5), 4, False)


def test_noise_tables_are_never_more_than_the_budget_counts_even_when_few_edges_are_chosen():
    for epsilon in (0.01, 1.0, 50.0):
        found = invent(epsilon=epsilon).measured
        assert len(found.singles) == found.budget.tables == 4
        assert sum(found.repeats) in (0, found.budget.edges)


def test_one_row_more_changes_one_cell_of_every_table_by_one():
    # Noise so small (variance far below 1) that it is 0: the counts themselves are compared.
    more, fewer = people(60), people(60).take(np.arange(59))
    found = [invent(table, epsilon=100.0, delta=1e-2, rows=5).measured.singles for table in (more, fewer)]
    budget = DPMarginals(epsilon=100.0, delta=1e-2).budget(SCHEMA, FACTS)
    for one, two in zip(*found, strict=True):
        assert np.abs(one - two).sum() == 1
    assert budget.first < 0.1


def test_its_bound_is_near_that_of_a_gaussian_with_the_same_budget_and_never_below():
    for epsilon in (0.3, 1.0, 4.0):
        mu = math.sqrt(2 * rho_from_epsilon_delta(epsilon, 1e-5))
        proved = DPMarginals(epsilon=epsilon).guarantee(SCHEMA, FACTS)
        # Nine tenths of the budget are Gaussian; a choice counts as randomised response, up to four times its rho.
        assert advantage_bound(mu * 0.9**0.5) <= proved.advantage_bound <= advantage_bound(mu * 1.3**0.5) * 1.01
        assert tpr_bound(mu * 0.9**0.5, 0.01) <= proved.tpr_at_1pct_bound <= tpr_bound(mu * 1.3**0.5, 0.01) * 1.1
        assert (proved.kind, proved.neighbours, proved.mu) == ("dp", "add_remove", None)


def test_without_choices_the_bound_is_that_of_one_table():
    budget = Budget.split(rho_from_epsilon_delta(1.0, 1e-5), 1, False)
    # Noise shifted by one: the advantage is the probability of the most likely value.
    weight = np.exp(-(np.arange(-200, 201) ** 2) / (2 * budget.first))
    assert bounds(budget, 1.0, 1e-5)[0] == pytest.approx(1 / weight.sum(), rel=1e-3)
    assert bounds(budget, 1.0, 1e-5)[0] >= 1 / weight.sum()


def test_shares_and_dependence_are_kept():
    real, made = PEOPLE.frame, invent(epsilon=3.0).table.frame
    # Noise of standard deviation 5 to 10 on counts of 4,000 people, and rows drawn evenly: far inside .03.
    for name in ("town", "paid"):
        for value in real[name].cat.categories:
            assert (made[name] == value).mean() == pytest.approx((real[name] == value).mean(), abs=0.03)
    for label in ("no", "yes"):
        here, there = (frame[frame["paid"] == label] for frame in (real, made))
        assert there["age"].mean() == pytest.approx(here["age"].mean(), abs=2)
        assert (there["town"] == "Ulm").mean() == pytest.approx((here["town"] == "Ulm").mean(), abs=0.05)
    assert made["pay"].isna().mean() == pytest.approx(0.1, abs=0.03)
    assert made[["age", "pay"]].corr().iloc[0, 1] > 0.75
    assert (made["age"] == made["age"].round()).all()
    assert made["age"].between(0, 100).all()


def test_nobody_is_missing_where_nobody_was():
    made = invent(seed=3).table.frame
    assert not made[["age", "town", "day", "paid"]].isna().any().any()


def test_the_number_of_rows_is_noisy_or_asked_for():
    sizes = {len(invent(seed=seed).table) for seed in range(4)}
    assert len(sizes) > 1
    # The noise of the total: about 5 * sqrt(60) / 2 per table; ten times that.
    assert all(abs(size - 4000) < 400 for size in sizes)
    assert len(invent(rows=123).table) == 123


def test_the_same_seed_gives_the_same_rows_and_another_others():
    one, same, other = (invent(seed=seed, rows=200).table.frame for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_values_beyond_public_knowledge_are_clipped_or_missing():
    raw = PEOPLE.frame.astype({"town": object, "paid": object}).head(1000)
    raw["age"], raw["town"] = 1e6, "Rome"
    made = invent(Table.build(raw, SCHEMA), epsilon=10.0).table.frame
    assert (made["age"] >= 90).mean() > 0.9
    assert made["town"].isna().mean() > 0.9
    assert list(made["town"].cat.categories) == ["Bonn", "Kiel", "Ulm"]


def test_nobody_at_all_is_enough():
    made = invent(PEOPLE.take(np.zeros(4000, dtype=bool)), rows=50).table
    assert len(made) == 50


def test_a_person_with_many_rows_counts_once():
    who = Column(name="who", kind=Kind.CATEGORICAL, role=Role.IGNORED)
    raw = pd.DataFrame({"who": ["a"] * 50 + ["b", None, None], "age": [30.0] * 50 + [40.0, 50.0, 60.0]})
    table = Table.build(raw, Schema((who, AGE), "who"))
    once = one_row_each(table, np.random.default_rng(0))
    assert sorted(once.frame["age"]) == [30, 40, 50, 60]
    facts = PublicFacts(people=4, classes=())
    proved = DPMarginals().guarantee(table.schema, facts)
    assert proved.unit == "person"
    counted = invent(table, facts, epsilon=100.0, delta=1e-2, rows=4).measured.singles[0]
    assert counted.sum() == 4


TARGETS = [
    (None, ()),
    (Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET, bounds=(0, 1000)), ()),
    (Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=tuple("abcdefg")), tuple("abcde")),
    (
        Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=tuple("abcdefghijklmno")),
        tuple("abcdefghijklmno"),
    ),
    (Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("a", "b")), ("a", "b", MISSING)),
]


@pytest.mark.parametrize(("target", "classes"), TARGETS, ids=["none", "number", "five", "fifteen", "missing"])
def test_every_sort_of_target_works(target, classes):
    rng, n = np.random.default_rng(5), 3000
    age = rng.integers(20, 80, n)
    raw = pd.DataFrame({"age": age, "town": np.where(age > 50, "Ulm", "Bonn")})
    columns = [AGE, TOWN]
    if target is not None:
        columns.append(target)
        place = (age - 20) * max(len(classes), 1) // 60
        last = None if MISSING in classes else (*classes, None)[-2 if classes else 0]
        raw["y"] = age * 10.0 if not classes else np.array([*classes[:-1], last])[
            place
        ]  # fmt: skip
    table = Table.build(raw, Schema(tuple(columns)))
    facts = PublicFacts(people=n, classes=classes)
    technique = DPMarginals(epsilon=5.0)
    assert technique.unsupported(table.schema, facts) is None
    made = technique.protect(table, facts, np.random.default_rng(0)).table
    assert technique.schema_after(table.schema) == made.schema
    assert made.frame.loc[made.frame["town"] == "Ulm", "age"].mean() > 55
    if target is not None and not classes:
        assert made.frame[["age", "y"]].corr().iloc[0, 1] > 0.9
        assert not made.frame["y"].isna().any()
    if classes:
        assert set(made.frame["y"].dropna()) <= set(classes)
        first = made.frame["y"] == classes[0]
        assert made.frame.loc[first, "age"].mean() < 20 + 60 / len(classes) + 5


def test_a_table_of_nothing_but_a_target_works():
    table = Table.build(PEOPLE.frame[["paid"]], Schema((PAID,)))
    made = invent(table).table
    assert (made.frame["paid"] == "yes").mean() == pytest.approx(0.3, abs=0.05)


def test_what_it_cannot_take_is_said_with_the_columns_named():
    bare = Schema((replace(AGE, bounds=None), replace(TOWN, categories=None), PAID))
    reason = DPMarginals().unsupported(bare, FACTS)
    assert "age, town" in reason
    assert "of 10,000 people" in DPMarginals(delta=0.01).unsupported(SCHEMA, replace(FACTS, people=10_000))
    number = Schema((AGE, Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET)))
    assert "for: y" in DPMarginals().unsupported(number, PublicFacts(people=4000, classes=()))
    note = Column(name="note", kind=Kind.TEXT, role=Role.FEATURE)
    assert "free text" in DPMarginals().unsupported(Schema((note,)), FACTS)
    assert DPMarginals().schema_after(Schema((note, AGE))).names == ("age",)
    with pytest.raises(UserError, match="age"):
        DPMarginals().protect(Table(PEOPLE.frame[["age"]], Schema((replace(AGE, bounds=None),))), FACTS, None)


def test_a_domain_taken_from_the_table_is_used_only_where_the_study_says_so_and_named():
    schema = Schema((replace(AGE, bounds=None), TOWN, PAID))
    table = Table(PEOPLE.frame[list(schema.names)], schema)
    facts = replace(FACTS, assume_public_domain=True, domains={"age": (20.0, 79.0)})
    assert DPMarginals().unsupported(schema, FACTS) is not None
    assert DPMarginals().unsupported(schema, facts) is None
    made = invent(table, facts, rows=300).table.frame["age"]
    assert made.between(20, 79).all()
    assert any("for: age" in sentence for sentence in DPMarginals().guarantee(schema, facts).assumptions)


def test_the_promise_covers_rows_a_later_step_and_the_model():
    steps = [
        {"technique": "dp_marginals", "epsilon": 2.0, "delta": 1e-5},
        {"technique": "top_bottom_coding", "columns": ["age"]},
    ]
    (recipe,) = expand("private", steps, None)
    assert recipe.unsupported(SCHEMA, FACTS) is None
    proved = recipe.guarantee(SCHEMA, FACTS)
    assert (proved.kind, proved.epsilon, proved.unit) == ("dp", 2.0, "row")
    rows = recipe.protect(PEOPLE, FACTS, lambda *_: np.random.default_rng(0))
    assert rows.source is None
    assert not hasattr(rows, "measured")


@dataclass(frozen=True, kw_only=True)
class HalfNoiseMarginals(DPMarginals):
    """Half the noise that the budget needs, and twice as sharp a choice."""

    key: ClassVar[str] = "half_noise_marginals"

    def budget(self, schema, facts):
        honest = super().budget(schema, facts)
        return replace(honest, first=honest.first / 4, second=honest.second / 4, choice=2 * honest.choice)

    def guarantee(self, schema, facts):
        return DPMarginals(**self.settings()).guarantee(schema, facts)


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_the_audit_passes_it_and_bets_that_use_its_bound_refute_half_the_noise(epsilon):
    honest, half = DPMarginals(epsilon=epsilon), HalfNoiseMarginals(epsilon=epsilon)
    assert not audit_mechanism(honest, pairs=200, control=False).flagged
    runs, bound = 1500, honest.guarantee(honest.audit_pair().tables[0].schema, FACTS).advantage_bound
    shown = {}
    for technique in (honest, half):
        pair = technique.audit_pair()
        scores = [
            [pair.statistic(technique_run(pair, table, (place, at)))[0] for at in range(runs)]
            for place, table in enumerate(pair.tables)
        ]
        shown[technique.key] = np.mean(np.array(scores[0]) > 0) - np.mean(np.array(scores[1]) > 0)
    # Both shares err by .0129 at most: 3 standard errors of the difference are .055.
    assert shown[honest.key] < bound + 0.055
    assert shown[half.key] > bound + 0.03


def technique_run(pair, table, stream):
    return pair.technique.protect(table, pair.facts, np.random.default_rng([7, *stream]))


def test_a_target_of_few_dates_is_a_target_of_classes():
    days = ("2020-01-01", "2021-06-30")
    when = Column(name="when", kind=Kind.DATE, role=Role.TARGET, categories=days)
    frame = PEOPLE.frame[["age"]].assign(when=pd.to_datetime(np.where(PEOPLE.frame["age"] < 50, *days)))
    table = Table.build(frame, Schema((AGE, when)))
    facts = PublicFacts(people=len(table), classes=class_labels(table))
    made = DPMarginals(epsilon=10.0).protect(table, facts, np.random.default_rng(0)).table
    assert made.frame["when"].dtype == table.frame["when"].dtype
    assert set(made.frame["when"].astype(str).str[:10]) == set(days)
    young = (made.frame["age"] < 45).to_numpy()
    assert (made.frame["when"][young] == pd.Timestamp(days[0])).mean() > 0.9
