"""The table of attackers says "proved" only where a proof stands behind it, and counts nobody's merit twice."""

from __future__ import annotations

import pytest

from core.data.samples import load_sample
from core.methods.threat_table import (
    ATTACKERS,
    FROM_MODEL,
    LOWERS,
    MARKS,
    NONE,
    NOTHING,
    PROVED,
    RAW_TABLE,
    Column,
    columns,
    effects_of,
    measured,
    unprotected,
)  # fmt: skip
from core.privacy.curves import Cost
from core.techniques import TECHNIQUES
from core.techniques.base import Family, PublicFacts, Stage, Technique
from core.tradeoff.risks import BOUNDED
from tests.result_example import point

COLUMNS = columns()
MADE = [t for t in TECHNIQUES.values() if t.family is not Family.ANCHOR]


@pytest.fixture(scope="module")
def schema():
    return load_sample("adult").schema


def test_every_technique_but_the_anchors_is_in_exactly_one_column():
    held = [key for column in COLUMNS for key in column.techniques]
    assert sorted(held) == sorted(t.key for t in MADE)
    for column in COLUMNS:
        assert set(column.effects) == set(ATTACKERS)
        assert {effect.mark for effect in column.effects.values()} <= set(MARKS)
        assert len({TECHNIQUES[key].family for key in column.techniques}) == 1


@pytest.mark.parametrize("technique", [t for t in MADE if not t.needs], ids=lambda t: t.key)
def test_proved_stands_only_where_the_technique_states_a_guarantee_that_bounds_this_attacker(technique, schema):
    facts = PublicFacts(people=1000, classes=("<=50K", ">50K"), assume_public_domain=True)
    promised = technique().guarantee(schema, facts)
    proved = {threat for threat, effect in effects_of(technique).items() if effect.mark == PROVED}
    if Cost.of(promised) is not None:
        # The same attackers as those whose measured risk is held against the bound, and the model's.
        here = BOUNDED if technique.stage is Stage.TABLE else ()
        assert proved == {"membership", FROM_MODEL, *here}
    elif promised.kind == "k_anonymity":
        assert proved == {"reidentification"}
    else:
        assert proved == set()


def test_a_technique_that_nobody_described_promises_nothing():
    class Unknown(Technique):
        key, family, stage = "unknown", Family.REPLACE, Stage.TABLE

    assert {effect.mark for threat, effect in effects_of(Unknown).items() if threat != RAW_TABLE} == {LOWERS}


def test_no_technique_is_said_to_protect_the_table_where_it_is_kept():
    assert {column.effects[RAW_TABLE].mark for column in COLUMNS} == {NOTHING}


def test_what_leaves_no_rows_gives_attackers_of_rows_nothing():
    for technique in MADE:
        rows = {effects_of(technique)[threat].mark == NONE for threat in ("presence", "singling_out", "linkability")}
        assert rows == {technique.stage is not Stage.TABLE}, technique.key


def column_of(key) -> Column:
    return next(column for column in COLUMNS if key in column.techniques)


def stacked(name, steps, risk, **extra):
    made = point(name, steps[-1], "coarsen", 0.8, risk, **extra)
    return {**made, "recipe": [{"technique": step, "parameters": {}} for step in steps]}


def test_the_range_reaches_from_the_lowest_value_to_the_upper_end_of_the_worst_interval():
    points = [stacked("few", ["mondrian_k_anonymity"], 0.02), stacked("many", ["mondrian_k_anonymity"], 0.131)]
    result = {"points": points}
    top = max(100 * p["risks"]["membership"]["high"] for p in points)
    told = measured(result, column_of("mondrian_k_anonymity"), "membership")
    assert told == f"2.0 to 13.1 extra of 100, intervals up to {top:.1f}; 2 settings"
    assert measured(result, column_of("dp_marginals"), "membership") == ""
    assert unprotected(result, "membership") == ""


def test_a_stack_is_nobodys_merit_but_masked_names_do_not_count_as_a_step():
    mixed = {"points": [stacked("mixed", ["generalise", "sequential_trees"], 0.01)]}
    assert measured(mixed, column_of("generalise"), "membership") == ""
    assert measured(mixed, column_of("sequential_trees"), "membership") == ""
    masked = {"points": [stacked("masked", ["mask_identifiers", "generalise"], 0.01)]}
    assert measured(masked, column_of("generalise"), "membership").startswith("1.0 extra of 100")
    assert measured(masked, column_of("mask_identifiers"), "membership") == ""


def test_what_has_no_number_is_left_out_and_what_breaks_a_proof_is_said():
    missing = stacked("gone", ["generalise"], 0.01)
    missing["risks"]["membership"]["status"] = "not_measured"
    assert measured({"points": [missing]}, column_of("generalise"), "membership") == ""
    missing["risks"]["membership"]["status"] = "undefined"
    assert measured({"points": [missing]}, column_of("generalise"), "membership") == "tried, without a number"
    failed = {**stacked("bad", ["generalise"], 0.01), "status": "failed"}
    assert measured({"points": [failed]}, column_of("generalise"), "membership") == ""
    broken = stacked("broken", ["dp_naive_bayes"], 0.4)
    broken["risks"]["membership"]["violation"] = True
    assert "above what is proved" in measured({"points": [broken]}, column_of("dp_naive_bayes"), "membership")
    assert measured(None, column_of("generalise"), "membership") == ""
    assert measured({"points": "rubbish"}, column_of("generalise"), "membership") == ""
