"""A model keeps 90 % of its accuracy: nearly true of a model that has learned nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from core.claims.base import UNTESTED, Claim, Evidence, Finding, anchor, interval, is_anchor, measured, overall

KEPT = 0.9


class KeepsNinetyPercent(Claim):
    """Divide accuracy by that without protection, and say what a model that knows nothing keeps."""

    key: ClassVar[str] = "keeps_ninety_percent"
    sentence: ClassVar[str] = "A protected model keeps 90 % of its accuracy."
    literature: ClassVar[tuple[str, ...]] = (
        "On the census table a model that always gives the most frequent answer keeps 89 % of the accuracy of logistic "
        "regression (.752 of .845): the share says more about the table than about the protection.",
        "Federated averaging kept .75 to 1.08 of pooled training on seven medical tables and images (FLamby), 90 % or "
        "more on two of them; on the heart-disease table, where it kept 93 %, the best single hospital did better.",
        "A review of 8,149 comparisons (160 articles) found pooled training ahead in 78 % of them on accuracy and 51 % "
        "on ROC AUC; typical gaps are 0.7 to 1.5 points where both are workable.",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "FLamby benchmark results (J. Ogier du Terrail et al., NeurIPS 2022, arXiv 2210.04620), recomputed from its "
        "published tables",
        "npj Digital Medicine 2025, systematic review of federated learning in health care",
        "Becker & Kohavi, Adult census income, UCI 1996; our measurement",
    )
    instead: ClassVar[str] = (
        "Say how much of the gain over knowing nothing is left: (accuracy - constant) / (unprotected - constant), with "
        "its interval, and look at balanced accuracy or ROC AUC beside it."
    )

    def judge(self, result: Mapping[str, Any]) -> Finding:
        """Judge by accuracy on people whom nothing was fitted on."""
        scale = "accuracy as a share of that without protection, percent"
        plain, knows_nothing = anchor(result, "none"), anchor(result, "constant")
        before = interval(plain["utility"].get("accuracy")) if plain is not None else None
        if plain is not None and before is None and "accuracy" not in plain["utility"]:
            return Finding(verdict=UNTESTED, sentence="This study predicts a number, which has no accuracy.",
                           wanted="Study a target with classes.")  # fmt: skip
        if plain is None or before is None or knows_nothing is None or before[1] <= 0:
            return Finding(
                verdict=UNTESTED,
                sentence="The model without protection, or the one that knows nothing, has not been measured.",
                wanted="Run both.",
            )
        nothing = _share(knows_nothing, before)
        gain = interval(knows_nothing["utility"]["accuracy"].get("difference"))
        evidence = []
        for point in measured(result):
            share = None if is_anchor(point) else _share(point, before)
            if share is None:
                continue
            value, low, high = share
            finding = "yes" if low >= KEPT else "no" if high < KEPT else "not settled"
            told = _kept_gain(point, gain)
            evidence.append(
                Evidence(point=str(point["id"]), value=value, low=low, high=high, finding=finding, told=told)
            )
        if nothing is None or not evidence:
            return Finding(verdict=UNTESTED, sentence="No protected setting has been measured.",
                           wanted="Add settings on the Trade-off page and run them.")  # fmt: skip
        yes = sum(item.finding == "yes" for item in evidence)
        no = sum(item.finding == "no" for item in evidence)
        told = (
            f"Literally, {yes} of {len(evidence)} settings keep 90 % or more of the unprotected accuracy "
            f"({before[0]:.3f}), {no} do not, {len(evidence) - yes - no} are not settled. But always giving the most "
            f"frequent answer, which learns nothing from anybody, already keeps {100 * nothing[0]:.0f} % "
            f"({100 * nothing[1]:.0f} to {100 * nothing[2]:.0f})."
        )
        return Finding(verdict=overall(tuple(evidence)), sentence=told, limit=KEPT, scale=scale,
                       evidence=tuple(evidence))  # fmt: skip


def _share(point: Mapping[str, Any], before: tuple[float, float, float]) -> tuple[float, float, float] | None:
    """Return accuracy / unprotected accuracy = 1 + difference / unprotected, at the worst ends of both intervals."""
    record = point["utility"].get("accuracy")
    found, paired = interval(record), interval((record or {}).get("difference"))
    if found is None:
        return None
    if paired is None:
        return found[0] / before[0], found[1] / before[2], found[2] / before[1]
    value, low, high = paired
    ends = before[1], before[2]
    return 1 + value / before[0], min(1 + low / end for end in ends), max(1 + high / end for end in ends)


def _kept_gain(point: Mapping[str, Any], nothing: tuple[float, float, float] | None) -> str:
    """Say how much of the gain over the constant answer is left; `nothing` is the constant minus no protection."""
    paired = interval(point["utility"]["accuracy"].get("difference"))
    if nothing is None or paired is None or nothing[2] >= 0:
        return "how much of the gain over knowing nothing is left is not settled"
    gains = -nothing[2], -nothing[1]
    value = 1 + paired[0] / -nothing[0]
    low, high = min(1 + paired[1] / g for g in gains), max(1 + paired[2] / g for g in gains)
    return f"{100 * value:.0f} % ({100 * low:.0f} to {100 * high:.0f}) of the gain over knowing nothing is left"
