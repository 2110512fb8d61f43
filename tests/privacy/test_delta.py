"""Delta: nothing below 1 / n, a warning from there, refused from 1 / sqrt(n), for every technique that has one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from core.privacy.delta import WARNED, refused_delta, warned_delta
from core.report.reasons import public_assumption
from core.techniques import TECHNIQUES
from core.techniques.base import PublicFacts
from tests.tables import people as table

WITH_DELTA = [key for key, technique in TECHNIQUES.items() if "delta" in {p.name for p in technique.parameters()}]


@pytest.mark.parametrize(("delta", "refused", "warned"), [
    (0.0, False, False), (0.99e-4, False, False), (1e-4, False, True), (0.99e-2, False, True), (1e-2, True, True),
])  # fmt: skip
def test_the_limits_are_one_in_n_and_one_in_its_root(delta, refused, warned):
    assert (refused_delta(delta, 10_000) is not None) == refused
    assert bool(warned_delta(delta, 10_000)) == warned


@pytest.mark.parametrize(("delta", "people"), [(-1e-9, 5), (1.0, 5), (float("nan"), 5), (0.1, 0)])
def test_numbers_out_of_range_are_refused(delta, people):
    for rule in (refused_delta, warned_delta):
        with pytest.raises(UserError, match="delta lies between"):
            rule(delta, people)


def test_there_are_techniques_with_a_delta():
    assert {"dp_logistic_regression", "dp_marginals"} <= set(WITH_DELTA)


@pytest.mark.parametrize("key", WITH_DELTA)
def test_every_technique_with_a_delta_keeps_to_the_limits(key):
    facts = PublicFacts(people=10_000, classes=("no", "yes"), assume_public_domain=True, domains={
        "zip": ("00000",), "name": ("a",)})  # fmt: skip
    schema = table().schema.without(["name", "zip"])
    if "predicts numbers" in str(TECHNIQUES[key](delta=1e-5).unsupported(schema, facts)):
        facts = replace(facts, classes=())  # it predicts numbers
        schema = schema.changed(replace(schema["hours"], role="target"), replace(schema["rich"], role="feature"))
    small, large, huge = (TECHNIQUES[key](delta=delta) for delta in (1e-5, 1e-3, 1e-2))
    assert not any(WARNED in line for line in small.guarantee(schema, facts).assumptions)
    told = [line for line in large.guarantee(schema, facts).assumptions if WARNED in line]
    assert len(told) == 1
    assert public_assumption(told[0]) == f"{WARNED}."  # outsiders read it without the numbers
    reason = huge.unsupported(schema, facts)
    assert ("square root of 10,000 people" in reason) or reason.endswith(str(huge.missing()))
