"""The binding requirement: the one that alone keeps most settings out, and what to move when nothing fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.limits import named, unit_of
from core.charts.relaxation import Move, Relaxation, smallest
from core.charts.verdict import metric_shown, ranked, requirements_of, settings_of, threat_shown, verdict_of
from core.charts.words import label_of, listed, mapping, plain


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What the limits of a team do to each other.

    Parameters
    ----------
    settings, fits : int
        Measured settings without the anchors, and how many of them keep every limit.
    requirements : tuple of mapping
        The binding ones: several when dropping any one of them gains equally many; none when dropping one alone gains
        nothing.
    gains : int
        How many more settings would keep all other limits without one of them.
    relaxation : Relaxation, optional
        The smallest move that lets a setting in; only where nothing fits.
    stuck : tuple of str
        Only where nothing fits and no move that we know of helps: why, for all settings together.
    names : mapping
        Requirement -> how sentences call it.
    """

    settings: int
    fits: int
    requirements: tuple[Mapping[str, Any], ...]
    gains: int
    relaxation: Relaxation | None
    stuck: tuple[str, ...]
    names: Mapping[str, str]

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose limits bind, each once; empty for those of nobody named."""
        return tuple(dict.fromkeys(plain(requirement.get("owner")) for requirement in self.requirements))

    def text(self) -> str:
        """Return one or two sentences; empty when every setting fits.

        What a setting misses, and where a limit would have to move, counts its margin of error.
        """
        if self.fits == self.settings:
            return ""
        parts = [self._closest()] if not self.fits else []
        told = [self.names[str(requirement.get("name"))] for requirement in self.requirements]
        if told:
            more, it = " more" if self.fits else "", {1: "it", 2: "either of them"}.get(len(told), "any one of them")
            many = f"{self.gains}{more} setting{'' if self.gains == 1 else 's'} would fit"
            parts.append(f"Binding: {listed(told)}; without {it} {many}.")
        elif self.fits:
            parts.append("No limit alone keeps another setting out.")
        return " ".join(parts)

    def _closest(self) -> str:
        if self.relaxation is None:
            if not self.stuck:
                return "No option fits."
            return f"No option fits, and moving a limit would not let one in: {'; '.join(self.stuck)}."
        moves, label = self.relaxation.moves, label_of(self.relaxation.point)
        fits = "No option fits" if any(move.verdict == "no" for move in moves) else "No option is proven to fit"
        runs = any(move.verdict == "unproven" for move in moves)
        less = "; after more runs, less may do" if runs else ""
        if len(moves) > 1:
            told = [f"{self._name(move)} from {move.shown[0]} to {move.shown[1]}{_after(move)}" for move in moves]
            return f"{fits}. Closest is {label}: {len(moves)} limits would have to move, {listed(told)}{less}."
        move = moves[0]
        start, end, apart = move.shown
        margin = "" if move.requirement.get("limit_on") == "epsilon" else ", its margin of error counted"
        name, far = self._name(move), f"{apart}{_between(move)}"
        verb = f"misses {name} by {far}" if move.verdict == "no" else f"is {far} short of proving that it keeps {name}"
        moving = f"moving that limit from {start} to {end} would let it in{margin}{less}"
        return f"{fits}. Closest is {label}: it {verb}; {moving}."

    def _name(self, move: Move) -> str:
        return self.names[str(move.requirement.get("name"))]


def _between(move: Move) -> str:
    if move.requirement.get("limit_on") == "rows_suppressed":
        return " of 100 rows"
    return " of 100 people" if move.requirement.get("risk") else unit_of(move.requirement).between


def _after(move: Move) -> str:
    return " of 100 people" if move.requirement.get("risk") else unit_of(move.requirement).after


def binding(result: Mapping[str, Any]) -> Binding | None:
    """Return which requirement binds and the smallest relaxation; None without limits or without settings.

    Each requirement is dropped by itself, and the settings that then keep all others are counted: those whose verdict
    is yes to each of them. Of settings that are equally close, the one with the lowest risk is named.

    Parameters
    ----------
    result : mapping
        Schema `middleground.result/1`, `meets_at` in its points; without it no relaxation is named.

    Examples
    --------
    >>> limit = {"name": "r", "risk": "membership", "at_most": .05, "owner": "Legal"}
    >>> point = {"id": "k", "status": "measured", "meets": {"r": "no"}, "meets_at": {"r": .068}}
    >>> print(binding({"requirements": [limit], "points": [point]}).text())
    No option fits. Closest is k: it misses Legal's limit on membership by 1.8 of 100 people; moving that limit from \
5.0 to 6.8 would let it in, its margin of error counted. Binding: Legal's limit on membership; without it 1 setting \
would fit.
    """
    requirements, settings = requirements_of(result), settings_of(result)
    if not requirements or not settings:
        return None
    fits = _meeting(settings, requirements)
    gains = [_meeting(settings, [r for r in requirements if r is not left]) - fits for left in requirements]
    most = max(gains)
    relaxation: Relaxation | None = None
    stuck: tuple[str, ...] = ()
    if not fits:
        relaxation = smallest(ranked(settings, threat_shown(result), metric_shown(result)), requirements)
        stuck = _stuck(settings, requirements) if relaxation is None else ()
    return Binding(
        settings=len(settings),
        fits=fits,
        requirements=tuple(r for r, gain in zip(requirements, gains, strict=True) if gain == most > 0),
        gains=most,
        relaxation=relaxation,
        stuck=stuck,
        names=named(requirements),
    )


def _meeting(settings: Sequence[Mapping[str, Any]], requirements: Sequence[Mapping[str, Any]]) -> int:
    """Return how many settings keep these limits; with no limit left all do."""
    return sum(verdict_of(point, requirements).state in ("meets", "plain") for point in settings)


def _stuck(settings: Sequence[Mapping[str, Any]], requirements: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return why no limit helps; empty when some setting's record does not say where its verdict would be yes."""
    told = named(requirements)
    blind: dict[str, list[str]] = {}
    for point in settings:
        ends, reasons = mapping(point.get("meets_at")), mapping(point.get("meets_why"))
        for name, verdict in verdict_of(point, requirements).each:
            if verdict == "yes":
                continue
            if name not in ends:
                return ()
            if ends[name] is None:
                blind.setdefault(name, []).append(plain(reasons.get(name)))
    everywhere = [name for name, why in blind.items() if len(why) == len(settings)]
    found = []
    for name in everywhere or blind:
        why = set(blind[name])
        count = "any setting" if name in everywhere else f"{len(blind[name])} of {len(settings)} settings"
        reason = f" ({why.pop()})" if len(why) == 1 and name in everywhere else ""
        found.append(f"{told[name]} cannot be kept by {count}{reason}")
    return tuple(found)
