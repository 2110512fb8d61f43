"""Differential privacy halves the risk: only at one epsilon, and only where there is a risk to halve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from core.claims.base import SEEN, TRUE, UNTESTED, Claim, Evidence, Finding, anchor, interval, measured, of_100, overall
from core.privacy.curves import epsilon_for_delta
from core.privacy.gdp import advantage_bound


class HalvesTheRisk(Claim):
    """Compare the measured membership advantage of every private setting with half of that without protection."""

    key: ClassVar[str] = "halves_the_risk"
    sentence: ClassVar[str] = "Differential privacy halves the risk."
    literature: ClassVar[tuple[str, ...]] = (
        "In the worst case an attacker's advantage falls from 100 to 50 points of 100 at epsilon = ln 3 = 1.10 when "
        "nothing but epsilon is known. Gaussian noise that halves it (mu = 1.35) has a much larger epsilon, 6.2 at "
        "delta = 1e-5; with such noise at epsilon = 1 the worst case is 10.7.",
        "How much a measured risk falls depends on what was attackable before: on the census table logistic regression "
        "gives attackers about 5 points without any protection, a forest with leaves of one row about 45.",
        "An audit of models trained on CIFAR-10 found an epsilon of 5.5 without protection and 0.42 with differential "
        "privacy at a claimed epsilon of 68: far more than a half, although the claim alone says next to nothing.",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "L. Wasserman, S. Zhou, A statistical framework for differential privacy, 2010 (arXiv 0811.2501)",
        "J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019 (arXiv 1905.02383)",
        "B. Jayaraman, D. Evans, Evaluating differentially private machine learning in practice, USENIX Security 2019",
        "ML Privacy Meter, table of audits (CIFAR-10, one run, delta 1e-5)",
    )
    instead: ClassVar[str] = (
        "Name epsilon, delta and the unit, the most that any attack can gain (the bound), and what attacks did gain "
        "with and without it, on this table."
    )

    def judge(self, result: Mapping[str, Any]) -> Finding:
        """Judge by membership, which is what differential privacy bounds."""
        scale = "people of 100 below (left) or above half of what attackers gain without protection"
        plain = anchor(result, "none")
        before = interval(plain["risks"].get("membership")) if plain is not None else None
        if plain is None or before is None:
            return Finding(verdict=UNTESTED, sentence="The risk without protection has not been measured.",
                           wanted="Run the setting without protection.")  # fmt: skip
        value, low, high = before
        if low <= 0:
            return Finding(
                verdict=UNTESTED,
                sentence=(
                    f"Without protection the attacks gain {of_100(value)} points of 100 ({of_100(low)} to "
                    f"{of_100(high)}), which cannot be told from nothing: there is almost nothing to halve."
                ),
                wanted="A model that remembers more, or more effort, would show whether there is a risk at all.",
            )
        private = [p for p in measured(result) if p["guarantee"]["kind"] in ("dp", "claimed")]
        evidence = tuple(found for point in private if (found := _compared(point, before)) is not None)
        if not evidence:
            return Finding(verdict=UNTESTED, sentence="No setting with differential privacy has been measured.",
                           wanted="Add one, private logistic regression say, and run it.")  # fmt: skip
        verdict, proved = overall(evidence), sum(_proved(point, low) for point in private)
        if verdict == TRUE and proved < len(evidence):
            verdict = SEEN
        yes = sum(item.finding == "yes" for item in evidence)
        no = sum(item.finding == "no" for item in evidence)
        told = (
            f"Without protection the attacks gain {of_100(value)} points of 100 ({of_100(low)} to {of_100(high)}). Of "
            f"{len(evidence)} settings with differential privacy {yes} at least halve that, {no} do not, "
            f"{len(evidence) - yes - no} are not settled. What attacks gained is the least that is possible: {proved} "
            "of them have a bound below the half, so that no attack at all can gain more."
        )
        return Finding(verdict=verdict, sentence=told, limit=0.0, scale=scale, evidence=evidence)


def _compared(point: Mapping[str, Any], before: tuple[float, float, float]) -> Evidence | None:
    """Return risk minus half the unprotected risk, with both intervals added at their ends: never too narrow."""
    record = point["risks"].get("membership")
    found = interval(record)
    if record is None or found is None:
        return None
    paired = interval(record.get("difference"))
    if paired is not None:  # risk - before / 2 = (risk - before) + before / 2
        value, low, high = (d + b / 2 for d, b in zip(paired, before, strict=True))
    else:
        value, low, high = found[0] - before[0] / 2, found[1] - before[2] / 2, found[2] - before[1] / 2
    finding = "yes" if high <= 0 else "no" if low > 0 else "not settled"
    return Evidence(
        point=str(point["id"]), value=value, low=low, high=high, finding=finding, told=_bounds(point, found)
    )


def _proved(point: Mapping[str, Any], unprotected: float) -> bool:
    """Say whether no attack can gain more than half of what attacks surely gained without protection."""
    bound = point["guarantee"].get("advantage_bound")
    return bound is not None and bound <= unprotected / 2


def _bounds(point: Mapping[str, Any], found: tuple[float, float, float]) -> str:
    proved = point["guarantee"]
    told = f"attacks gained {of_100(found[0])} ({of_100(found[1])} to {of_100(found[2])})"
    bound = proved.get("advantage_bound")
    return f"{told}; at most {of_100(bound)} is possible" if bound is not None else f"{told}; nothing is proved"


def half_of_the_worst_case(delta: float) -> tuple[float, float]:
    """Return the epsilons at which the worst case is halved: knowing epsilon alone, and with Gaussian noise at delta.

    >>> [round(epsilon, 1) for epsilon in half_of_the_worst_case(1e-5)]
    [1.1, 6.2]
    """
    low, high = 1.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if advantage_bound(middle) < 0.5 else (low, middle)
    return math.log(3), epsilon_for_delta(high, delta)
