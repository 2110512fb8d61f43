"""The acceptance battery: what any honest measurement must say about releases whose risk is known beforehand."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.models import MODELS
from core.techniques.base import Family, Protected, Stage, Technique, unchanged
from core.tradeoff.bench import Bench
from core.tradeoff.difference import Baseline
from core.tradeoff.point import Tally, point_json
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import parse_study

ROWS = ("presence", "singling_out", "linkability", "attribute_inference")


def fingerprints(n: int, seed: int = 0) -> Table:
    """People with fingerprints: real numbers that nobody shares, and a class of 60 that nothing predicts."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            **{f"x{i}": rng.normal(size=n) for i in range(4)},
            "secret": rng.normal(size=n),
            "y": [f"class {i}" for i in rng.integers(0, 60, n)],
        }
    )
    columns = [Column(name=f"x{i}", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER) for i in range(4)]
    columns.append(Column(name="secret", kind=Kind.NUMERIC, role=Role.SENSITIVE))
    columns.append(Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET))
    return Table.build(frame, Schema(tuple(columns)))


@dataclass(frozen=True, kw_only=True)
class Copy(Technique):
    """A synthesiser that gives the members back."""

    key: ClassVar[str] = "copy"
    title: ClassVar[str] = "Copy"
    family: ClassVar[Family] = Family.REPLACE
    stage: ClassVar[Stage] = Stage.TABLE
    synthetic: ClassVar[bool] = True

    def protect(self, members, facts, rng):
        return Protected(table=members.take(rng.permutation(len(members))), source=None, recode=unchanged)


@dataclass(frozen=True, kw_only=True)
class Invent(Copy):
    """A synthesiser that never looks at the members: other people of the same population."""

    key: ClassVar[str] = "invent"

    def protect(self, members, facts, rng):
        other = fingerprints(len(members), int(rng.integers(1 << 30)))
        frame = other.frame.astype({"y": members.frame["y"].dtype})
        return Protected(table=replace(members, frame=frame), source=None, recode=unchanged)


@dataclass(frozen=True, kw_only=True)
class Blur(Copy):
    """Members with noise of a given size."""

    key: ClassVar[str] = "blur"
    size: float = 0.0

    def settings(self):
        return {"size": self.size}

    def protect(self, members, facts, rng):
        frame = members.frame.copy()
        for name in members.schema.names[:5]:
            frame[name] += rng.normal(scale=self.size, size=len(frame)) if self.size else 0.0
        return Protected(table=replace(members, frame=frame), source=None, recode=unchanged)


def point_of(step, table, replicates=2, **head):
    study = parse_study({"study": {"name": "battery", **head}})
    study = replace(study, model=MODELS["nearest_neighbours"].from_mapping({"neighbours": 1}))
    bench = Bench.prepare(study, table)
    tally = Tally(Recipe("it", (step,), "both"))
    for number in range(replicates):
        outcome = run_replicate(bench, tally.recipe, study, number)
        assert outcome.failed is None
        tally.add(outcome)
    return point_json(tally, bench, study)


def test_a_memoriser_is_found_out_by_every_attack():
    point = point_of(Copy(), fingerprints(700))
    for threat in ("membership", *ROWS):
        risk = point["risks"][threat]
        assert risk["status"] == "measured", (threat, risk["reason"])
        assert risk["value"] >= 0.95, (threat, risk["value"], risk.get("kinds"))
    assert point["worst_risk"]["rows"]["value"] >= 0.95
    assert point["worst_risk"]["rows"]["compared"] == 4


def test_rows_that_never_saw_anybody_are_told_apart_from_zero_once_in_twenty_times():
    table = fingerprints(300)
    alarms = dict.fromkeys(ROWS, 0)
    repetitions = 20
    for seed in range(repetitions):
        point = point_of(Invent(), table, 1, seed=seed)
        for threat in ROWS:
            risk = point["risks"][threat]
            assert risk["status"] == "measured", risk["reason"]
            alarms[threat] += not risk["low"] <= 0 <= risk["high"]
    # Binomial(20, .05): more than 4 happens once in 390 for one of them; the slow test below has the power.
    assert max(alarms.values()) <= 4, alarms


@pytest.mark.slow
def test_rows_that_never_saw_anybody_raise_five_alarms_in_a_hundred():
    table = fingerprints(300)
    alarms = dict.fromkeys(ROWS, 0)
    repetitions = 500
    for seed in range(repetitions):
        point = point_of(Invent(), table, 1, seed=seed)
        for threat in ROWS:
            risk = point["risks"][threat]
            alarms[threat] += not risk["low"] <= 0 <= risk["high"]
    # 5 % +- 2 of 500 is 15 to 35; intervals that are wider than they must be raise fewer.
    assert max(alarms.values()) <= 35, alarms


def test_more_noise_never_means_more_risk():
    table = fingerprints(500)
    values = [point_of(Blur(size=size), table)["risks"]["presence"]["value"] for size in (0.0, 0.3, 3.0)]
    assert values[0] > values[1] + 0.05 > values[2] + 0.1
    assert values[2] < 0.15


def test_the_difference_to_no_protection_is_paired_and_zero_for_the_same_thing():
    table = fingerprints(500)
    study = parse_study({"study": {"name": "battery"}, "recipe": [{"name": "twin", "technique": "none"}]})
    study = replace(study, model=MODELS["random_forest"].from_mapping({"trees": 20}))
    bench = Bench.prepare(study, table)
    tallies = []
    for step in (study.recipes[0].steps[0], Invent()):
        tally = Tally(Recipe("it", (step,), "both"))
        for number in range(2):
            tally.add(run_replicate(bench, tally.recipe, study, number))
        tallies.append(tally)
    baseline = Baseline(tallies[0].replicates())
    same = point_json(tallies[0], bench, study, baseline)
    for record in (*same["risks"].values(), *same["utility"].values()):
        if record.get("difference"):
            assert record["difference"]["value"] == pytest.approx(0)
            # Nobody of n people differs, so up to 3 / n of them may.
            assert record["difference"]["high"] - record["difference"]["low"] < 0.05
    other = point_json(tallies[1], bench, study, baseline)
    fall = other["risks"]["presence"]["difference"]
    assert fall["high"] < -0.8
    assert fall["value"] == pytest.approx(other["risks"]["presence"]["value"] - same["risks"]["presence"]["value"])


def test_who_stands_out_is_chosen_before_any_coin_is_tossed():
    table = fingerprints(700)
    frame = table.frame.copy()
    far = np.arange(0, 700, 35)
    frame.loc[far, "x0"] = 40 + np.arange(len(far))
    table = replace(table, frame=frame)
    study = parse_study({"study": {"name": "battery"}})
    study = replace(study, model=MODELS["random_forest"].from_mapping({"trees": 5}))
    bench = Bench.prepare(study, table)
    places = np.flatnonzero(np.isin(bench.split.pool, far))
    assert len(bench.vulnerable) == 200
    assert np.isin(places, bench.vulnerable).all()


def test_the_attacker_may_know_other_columns():
    table = fingerprints(500)
    everything = point_of(Blur(size=0.1), table)
    study = parse_study({"study": {"name": "battery"}, "attacker": {"knows": ["x0"], "left": ["x0"], "right": ["x1"]}})
    study = replace(study, model=MODELS["nearest_neighbours"].from_mapping({"neighbours": 1}))
    bench = Bench.prepare(study, table)
    tally = Tally(Recipe("it", (Blur(size=0.1),), "both"))
    for number in range(2):
        tally.add(run_replicate(bench, tally.recipe, study, number))
    little = point_json(tally, bench, study)
    assert little["risks"]["attribute_inference"]["value"] < everything["risks"]["attribute_inference"]["value"] - 0.2
    assert bench.left == ("x0",)
    assert bench.right == ("x1",)


def visits(people: int, each: int, *, named: bool) -> Table:
    """Everybody comes several times; what is known of them is the same each time, what is new is not known."""
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(people), each)
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in who],
            "x0": rng.normal(size=people)[who],
            "x1": rng.normal(size=people)[who],
            "visit": rng.normal(size=len(who)),
            "y": np.where(rng.random(people) < 0.5, "yes", "no")[who],
        }
    )
    columns = (
        Column(name="id", kind=Kind.CATEGORICAL, role=Role.DIRECT_IDENTIFIER if named else Role.IGNORED),
        Column(name="x0", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),
        Column(name="x1", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),
        Column(name="visit", kind=Kind.NUMERIC, role=Role.FEATURE),
        Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET),
    )
    return Table.build(frame, Schema(columns, person_id="id"))


@pytest.mark.parametrize("each", [1, 4])
def test_people_with_many_rows_are_singled_out_like_people_with_one(each):
    study = parse_study({"study": {"name": "battery", "effort": "glance"}})
    bench = Bench.prepare(study, visits(200, each, named=False))
    tally = Tally(study.with_anchors()[0])
    for number in range(2):
        tally.add(run_replicate(bench, tally.recipe, study, number))
    risk = point_json(tally, bench, study)["risks"]["singling_out"]
    assert risk["status"] == "measured", risk["reason"]
    # Only two columns are known, so a few ranges made for one person fit a stranger as well.
    assert risk["value"] >= 0.9


@pytest.mark.parametrize("each", [2, 12])
def test_a_released_name_is_found_however_many_rows_carry_it(each):
    study = parse_study({"study": {"name": "battery", "effort": "glance"}})
    bench = Bench.prepare(study, visits(120, each, named=True))
    tally = Tally(study.with_anchors()[0])
    for number in range(2):
        tally.add(run_replicate(bench, tally.recipe, study, number))
    risks = point_json(tally, bench, study)["risks"]
    for threat in ("presence", "linkability"):
        assert risks[threat]["value"] >= 0.95, threat
