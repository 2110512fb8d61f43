"""From the attempts of an attack on released rows to a risk: variant chosen on one half of the people, then swapped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from core.attacks.base import RiskEstimate, absent
from core.attacks.game import SWAP, agreed
from core.attacks.membership import FORMAL
from core.attacks.rows import Attempts
from core.data.table import Labels
from core.stats.intervals import LEVEL, newcombe, normal_quantile, residual_interval
from core.stats.power import detectable
from core.stats.roc import auc, best_threshold

FEWEST = 20
"""Attempts on either side below which a question asked apart (a rare value, a group) is not answered."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """The attempts of all replicates, variants aligned by name.

    Parameters
    ----------
    attempts : Attempts
        All lines, one replicate after the other; the people of anonymous attempts renumbered.
    replicate : integer array, shape (attempts,)
    replicates : int
    """

    attempts: Attempts
    replicate: Labels
    replicates: int

    @staticmethod
    def of(found: Sequence[Attempts]) -> Pooled:
        """Put the replicates one below the other."""
        kinds = tuple(dict.fromkeys(kind for attempts in found for kind in attempts.kinds))
        outcome, person = [], []
        anonymous = 0
        for attempts in found:
            aligned = np.full((len(attempts.member), len(kinds)), np.nan)
            for place, kind in enumerate(attempts.kinds):
                aligned[:, kinds.index(kind)] = attempts.outcome[:, place]
            outcome.append(aligned)
            # A row that is nobody's is another nobody in every replicate.
            person.append(np.where(attempts.person < 0, attempts.person - anonymous, attempts.person))
            anonymous -= int(min(attempts.person.min(initial=0), 0))
        names = dict.fromkeys(name for attempts in found for name in attempts.groups)
        groups = {}
        for name in names:
            masks = [a.groups[name][1] if name in a.groups else np.zeros(len(a.member), bool) for a in found]
            kind = next(a.kinds[a.groups[name][0]] for a in found if name in a.groups)
            groups[name] = kinds.index(kind), np.concatenate(masks)
        tied = [attempts.tied for attempts in found if attempts.tied is not None]
        caps: dict[str, float] = {}
        for attempts in found:
            caps |= {name: max(caps.get(name, value), value) for name, value in attempts.caps.items()}
        reference = {
            kind: float(np.mean([a.reference[kind] for a in found if kind in a.reference] or [0.0])) for kind in kinds
        }
        return Pooled(
            Attempts(
                kinds=kinds,
                outcome=np.concatenate(outcome),
                member=np.concatenate([a.member for a in found]),
                person=np.concatenate(person),
                half=np.concatenate([a.half for a in found]),
                scored=found[0].scored,
                reference=reference,
                caps=caps,
                tied=float(np.mean(tied)) if tied else None,
                groups=groups,
            ),
            np.repeat(np.arange(len(found)), [len(a.member) for a in found]),
            len(found),
        )


@dataclass(frozen=True, eq=False)
class RowGuesses:
    """The guesses that count: of the chosen variants, each on the half of the people it was not chosen on.

    Parameters
    ----------
    success : float array, shape (guesses,)
    member, half : boolean arrays, shape (guesses,)
        `half` is that of the person who was attacked.
    person : integer array, shape (guesses,)
    scores : float array, shape (guesses,), or None
        Before the threshold.
    chosen : pair of str
        The variant reported on the half `half`, and on the other.
    thresholds : pair of float
        Their cuts.
    selected : bool
        Whether there was a choice, which widens the interval by `SWAP`.
    spread : float
        How much a release that is itself drawn at random widens the standard error over people.
    """

    success: Labels
    member: Labels
    half: Labels
    person: Labels
    scores: Labels | None
    chosen: tuple[str, str]
    thresholds: tuple[float, float]
    selected: bool = True
    spread: float = 1.0

    @cached_property
    def half_rates(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Success on members and on controls, on the half `half` and on the other."""
        rates = []
        for side in (self.half, ~self.half):
            rates.append(
                (float(self.success[side & self.member].mean()), float(self.success[side & ~self.member].mean()))
            )
        return rates[0], rates[1]

    @property
    def rates(self) -> tuple[float, float]:
        """Success on members and on controls, averaged over the two halves."""
        (m1, c1), (m2, c2) = self.half_rates
        return (m1 + m2) / 2, (c1 + c2) / 2

    @property
    def half_values(self) -> tuple[float, float]:
        """The advantage on either half."""
        (m1, c1), (m2, c2) = self.half_rates
        return m1 - c1, m2 - c2

    @property
    def advantage(self) -> float:
        """Success on members minus success on controls."""
        return self.rates[0] - self.rates[1]

    def influence(self) -> tuple[Labels, Labels]:
        """Return person numbers and the influence of each person's attempts on the advantage."""
        return self._influence

    @cached_property
    def _influence(self) -> tuple[Labels, Labels]:
        people, place = np.unique(self.person, return_inverse=True)
        influence = np.zeros(len(people))
        for side, (m, c) in zip((self.half, ~self.half), self.half_rates, strict=True):
            for sign, lines, rate in ((1, side & self.member, m), (-1, side & ~self.member, c)):
                weight = sign * 0.5 * (self.success[lines] - rate) / lines.sum()
                influence += np.bincount(place[lines], weights=weight, minlength=len(people))
        return people, influence

    def standard_error(self) -> float:
        """Return the standard error: first-order bootstrap by person, replicates kept together."""
        _, influence = self.influence()
        n = len(influence)
        wider = self.spread * (SWAP if self.selected else 1.0)
        return float(wider * math.sqrt((influence**2).sum() * n / max(n - 1, 1)))

    @cached_property
    def _agreed(self) -> tuple[float, float]:
        """The independent attempts on members, and on controls, that these are worth."""
        p1, p0 = self.rates
        sides = ((self.member, p1), (~self.member, p0))
        n1, n0 = (agreed(int(side.sum()), len(np.unique(self.person[side])), p) for side, p in sides)
        return n1, n0

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval, never narrower than Newcombe's for as many independent attempts."""
        half = normal_quantile(level) * self.standard_error()
        p1, p0 = self.rates
        n1, n0 = self._agreed
        low, high = newcombe(p1 * n1, n1, p0 * n0, n0, level)
        return min(self.advantage - half, low), max(self.advantage + half, high)


def tune(attempts: Attempts, kinds: Sequence[int] | None = None) -> RowGuesses | None:
    """Choose variant and threshold on one half, take them to the other, swap.

    Returns None when a half has no attempt on members or none on controls.
    """
    kinds = range(len(attempts.kinds)) if kinds is None else kinds
    parts: list[tuple[Labels, Labels, Labels, str, float]] = []
    for calibration in (~attempts.half, attempts.half):
        best: tuple[float, float, int] | None = None
        for kind in _enough(attempts, kinds):
            made = ~np.isnan(attempts.outcome[:, kind])
            lines = made & calibration
            outcome, member = attempts.outcome[lines, kind], attempts.member[lines]
            if attempts.scored:
                threshold, gain = best_threshold(outcome, member)
            else:
                threshold, gain = 0.5, float(outcome[member].mean() - outcome[~member].mean())
            if best is None or gain > best[0]:
                best = gain, threshold, kind
        if best is None:
            return None
        _, threshold, kind = best
        judged = np.flatnonzero(~np.isnan(attempts.outcome[:, kind]) & ~calibration)
        raw = attempts.outcome[judged, kind]
        success = (raw > threshold).astype(float) if attempts.scored else raw
        parts.append((judged, success, raw, attempts.kinds[kind], threshold))
    chosen = np.concatenate([part[0] for part in parts])
    return RowGuesses(
        success=np.concatenate([part[1] for part in parts]),
        member=attempts.member[chosen],
        half=attempts.half[chosen],
        person=attempts.person[chosen],
        scores=np.concatenate([part[2] for part in parts]) if attempts.scored else None,
        chosen=(parts[0][3], parts[1][3]),
        thresholds=(parts[0][4], parts[1][4]),
        selected=attempts.scored or len(list(kinds)) > 1,
    )


def _enough(attempts: Attempts, kinds: Iterable[int]) -> list[int]:
    """Return the variants with attempts on members and controls in both halves.

    One with a handful of attempts wins by luck, so those with `FEWEST` in each come alone, if there are any.
    """
    parts = [half & side for half in (attempts.half, ~attempts.half) for side in (attempts.member, ~attempts.member)]
    least = {k: min(int((~np.isnan(attempts.outcome[part, k])).sum()) for part in parts) for k in kinds}
    many = [kind for kind, count in least.items() if count >= FEWEST]
    return many or [kind for kind, count in least.items() if count > 0]


def rows_risk(
    threat: str,
    attack: str,
    found: Sequence[Attempts],
    bound: float | None,
    vulnerable: Labels | None = None,
    sample: Labels | None = None,
    spread: float = 1.0,
) -> tuple[RiskEstimate, RowGuesses | None]:
    """Return the risk of one threat from the attempts of its attack in every replicate.

    Parameters
    ----------
    threat, attack : str
        Keys.
    found : sequence of Attempts
        One per replicate.
    bound : float or None
        What a guarantee proves about it.
    vulnerable : integer array, optional
        POOL places of the people who are reported apart.
    sample : integer array, optional
        POOL places of the people whom the average is about; all by default. Attempts about nobody always count.
    spread : float
        See `RowGuesses`.
    """
    pooled = Pooled.of(found)
    every = pooled.attempts
    average = every if sample is None else every.only((every.person < 0) | np.isin(every.person, sample))
    guesses = tune(average)
    if guesses is None:
        return absent(threat, "undefined", _why_none(threat, average)), None
    guesses = replace(guesses, spread=spread)
    low, high = guesses.interval()
    error = (high - low) / 2 / normal_quantile()
    inside, outside = guesses.rates
    n1, n0 = int(guesses.member.sum()), int((~guesses.member).sum())
    details: dict[str, Any] = {
        "attempts": n1 + n0,
        "kinds": _kinds(average),
        "caps": dict(every.caps),
        "tied_share": every.tied,
        "residual": residual_json(inside, n1, outside, n0),
        "rare": [_apart(name, average, kind, mask) for name, (kind, mask) in average.groups.items()],
        "vulnerable": None if vulnerable is None else _restricted(every, guesses, np.isin(every.person, vulnerable)),
    }
    if guesses.scores is not None:
        areas = [auc(guesses.scores[side], guesses.member[side]) for side in (guesses.half, ~guesses.half)]
        details["auc_halves"] = areas
    estimate = RiskEstimate(
        threat=threat,
        status="measured",
        value=guesses.advantage,
        low=low,
        high=high,
        standard_error=error,
        success_members=inside,
        success_controls=outside,
        reference=float(np.mean([every.reference.get(kind, 0.0) for kind in guesses.chosen])),
        n_members=round(n1 / pooled.replicates),
        n_controls=round(n0 / pooled.replicates),
        attack=f"{attack}: {', '.join(dict.fromkeys(guesses.chosen))}",
        detectable=detectable(error),
        auc=float(np.mean(details.pop("auc_halves"))) if guesses.scores is not None else None,
        bound=bound,
        violation=bound is not None and guesses.interval(FORMAL)[0] > bound,
        method="variant chosen on one half of the people, scored on the other, swapped; normal interval by person",
        details=details,
    )
    return estimate, guesses


def _why_none(threat: str, attempts: Attempts) -> str:
    if threat == "singling_out":
        made = int((~np.isnan(attempts.outcome)).any(axis=1).sum()) // 2
        return (
            f"{made} descriptions fit exactly one released row, too few to try; this attacker gets nowhere here, "
            "which says nothing about others"
        )
    return "no variant of the attack could be tried on members and on controls in both halves of the people"


def residual_json(inside: float, n1: float, outside: float, n0: float) -> dict[str, Any]:
    """Return the share of the attacker's remaining failures that the data remove, 1 - (1 - m) / (1 - c)."""
    if outside >= 1 - 1e-12:
        return {"value": None, "low": None, "high": None}
    value = 1 - (1 - inside) / (1 - outside)
    low, high = residual_interval(inside * n1, n1, outside * n0, n0)
    return {"value": value, "low": _finite(low), "high": _finite(high)}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _kinds(attempts: Attempts) -> list[dict[str, Any]]:
    """Return each variant on its own; thresholds still tuned and swapped."""
    found: list[dict[str, Any]] = []
    for place, name in enumerate(attempts.kinds):
        guesses = tune(attempts, [place])
        if guesses is None:
            found.append({"kind": name, "status": "undefined", "value": None, "low": None, "high": None})
            continue
        low, high = guesses.interval()
        made = int((~np.isnan(attempts.outcome[:, place])).sum())
        found.append(
            {
                "kind": name,
                "status": "measured",
                "value": guesses.advantage,
                "low": low,
                "high": high,
                "success_members": guesses.rates[0],
                "success_controls": guesses.rates[1],
                "reference": attempts.reference.get(name, 0.0),
                "attempts": made,
            }
        )
    return found


def _apart(name: str, attempts: Attempts, kind: int, mask: Labels) -> dict[str, Any]:
    """Return the answer to a question asked of some attempts of one variant, nothing chosen."""
    made = mask & ~np.isnan(attempts.outcome[:, kind])
    found = _plain(attempts.outcome[made, kind], attempts.member[made], attempts.person[made])
    return {"name": name, "kind": attempts.kinds[kind], **found}


def _restricted(attempts: Attempts, guesses: RowGuesses, mask: Labels) -> dict[str, Any]:
    """Return the risk of some people: attacked by the variants and thresholds that were chosen on everybody."""
    parts = []
    for side, name, threshold in zip((True, False), guesses.chosen, guesses.thresholds, strict=True):
        kind = attempts.kinds.index(name)
        lines = np.flatnonzero(mask & (attempts.half == side) & ~np.isnan(attempts.outcome[:, kind]))
        raw = attempts.outcome[lines, kind]
        parts.append((lines, (raw > threshold).astype(float) if attempts.scored else raw))
    lines = np.concatenate([part[0] for part in parts])
    success, member = np.concatenate([part[1] for part in parts]), attempts.member[lines]
    return _plain(success, member, attempts.person[lines])


def _plain(success: Labels, member: Labels, person: Labels) -> dict[str, Any]:
    """Return the difference of success between members and controls; nothing is chosen here, so nothing is swapped."""
    n1, n0 = int(member.sum()), int((~member).sum())
    if min(n1, n0) < FEWEST:
        empty: dict[str, Any] = dict.fromkeys(("value", "low", "high", "success_members", "success_controls"))
        reason = f"too few attempts to say anything ({n1} on members, {n0} on controls; {FEWEST} each are needed)"
        return {"status": "undefined", "reason": reason, **empty, "n_members": n1, "n_controls": n0}
    m, c = float(success[member].mean()), float(success[~member].mean())
    _, place = np.unique(person, return_inverse=True)
    weight = np.where(member, (success - m) / n1, -(success - c) / n0)
    influence = np.bincount(place, weights=weight)
    spread = normal_quantile() * math.sqrt((influence**2).sum() * len(influence) / max(len(influence) - 1, 1))
    low, high = newcombe(m * n1, n1, c * n0, n0)
    return {
        "status": "measured",
        "reason": None,
        "value": m - c,
        "low": min(low, m - c - spread),
        "high": max(high, m - c + spread),
        "success_members": m,
        "success_controls": c,
        "n_members": n1,
        "n_controls": n0,
    }
