"""The contract of a popular claim: a sentence that people say, put to the test on what was measured here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

TRUE, SEEN, MIXED = "true here", "true of the attacks made here", "it depends on the setting"
FALSE, OPEN, UNTESTED = "not true here", "not settled at every setting", "cannot be tested here"
VERDICTS = (TRUE, SEEN, MIXED, FALSE, OPEN, UNTESTED)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one setting says about a claim.

    Parameters
    ----------
    point : str
        The setting's id in the result.
    value, low, high : float
        What the claim is about, with its interval; `finding` is judged by the whole interval.
    finding : {"yes", "no", "not settled"}
    told : str
        What else there is to say of it, in a few words.
    """

    point: str
    value: float
    low: float
    high: float
    finding: str
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of a claim on this table.

    Parameters
    ----------
    verdict : one of `VERDICTS`
    sentence : str
        The finding in words, with its numbers.
    limit : float, optional
        What `Evidence.value` is compared with.
    scale : str
        What the values are, for a chart and a table.
    evidence : tuple of Evidence
    wanted : str
        What to run so that the claim can be tested; empty when nothing is lacking.
    """

    verdict: str
    sentence: str
    limit: float | None = None
    scale: str = ""
    evidence: tuple[Evidence, ...] = ()
    wanted: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of the command line."""
        return asdict(self)


class Claim:
    """A popular claim; one file each, registered by one import line in `core/claims/__init__.py`."""

    key: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    """As people say it."""
    literature: ClassVar[tuple[str, ...]] = ()
    """What was measured elsewhere, with figures."""
    sources: ClassVar[tuple[str, ...]] = ()
    instead: ClassVar[str] = ""
    """What to say instead."""

    def judge(self, result: Mapping[str, Any]) -> Finding:
        """Judge the claim by a result (`middleground.result/1`); nothing is measured again.

        Parameters
        ----------
        result : mapping
            Finished or not: settings without a number are left out.
        """
        raise NotImplementedError


def overall(evidence: tuple[Evidence, ...]) -> str:
    """Return the verdict over all settings: all, some or none; where none contradicts but one is open, not settled.

    >>> overall((Evidence(point="a", value=1, low=0, high=2, finding="yes"),))
    'true here'
    """
    found = {item.finding for item in evidence}
    if {"yes", "no"} <= found:
        return MIXED
    if "not settled" in found:
        return OPEN
    return TRUE if found == {"yes"} else FALSE


def measured(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the settings that have numbers."""
    return [point for point in result["points"] if point["status"] == "measured"]


def anchor(result: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """Return the measured setting that is one technique alone: `none` or `constant`."""
    for point in measured(result):
        if [step["technique"] for step in point["recipe"]] == [key] and "tune" not in point["recipe"][0]:
            return point
    return None


def is_anchor(point: Mapping[str, Any]) -> bool:
    """Say whether a setting is `none` or `constant` alone."""
    return len(point["recipe"]) == 1 and point["recipe"][0]["technique"] in ("none", "constant")


def interval(record: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    """Return (value, low, high) of a number with its interval, None where any of them is missing."""
    if record is None or any(record.get(name) is None for name in ("value", "low", "high")):
        return None
    return float(record["value"]), float(record["low"]), float(record["high"])


def of_100(value: float) -> str:
    """Return a share in points of 100, one decimal.

    >>> of_100(0.3821), of_100(-0.002)
    ('38.2', '-0.2')
    """
    return f"{100 * value:.1f}"
