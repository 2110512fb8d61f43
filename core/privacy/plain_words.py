"""What a guarantee means for an attacker, in plain words: numbers rounded to the worse side, never too good."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from core.errors import UserError
from core.privacy.gdp import advantage_bound, tpr_bound
from core.privacy.guarantee import Guarantee

ALARMS = 0.01
"""False alarms that the attacker of the sentences accepts."""

_LITTLE = 0.9
"""From this advantage on the proof alone rules nearly nothing out, and the words say so."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that any attack can reach, and what that was worked out from.

    Parameters
    ----------
    advantage : float
        True-positive rate minus false-positive rate at most.
    tpr : float
        True-positive rate at 1 % false alarms at most.
    source : {"curve", "budget"}
        The full privacy curve, or epsilon and delta alone (the worst mechanism that has this budget).
    about : {"presence", "values"}
        What the attacker tells apart: somebody in the table or not (add/remove), or two rows that one person might
        have given (replace_one).
    """

    advantage: float
    tpr: float
    source: str
    about: str


def budget_bounds(epsilon: float, delta: float = 0.0, false_alarms: float = ALARMS) -> tuple[float, float]:
    """Return the largest advantage, and the largest true-positive rate, that (epsilon, delta) alone allows.

    Advantage (e^epsilon - 1 + 2 delta) / (e^epsilon + 1); at a false alarms the true-positive rate is at most
    min(e^epsilon a + delta, 1 - e^-epsilon (1 - delta - a)). Between neighbours of whichever kind the budget is for.

    Parameters
    ----------
    epsilon : float
        At least 0.
    delta : float
        From 0 to below 1.
    false_alarms : float
        Between 0 and 1.

    Examples
    --------
    >>> [round(value, 4) for value in budget_bounds(1.0, 1e-5)]
    [0.4621, 0.0272]

    References
    ----------
    L. Wasserman, S. Zhou, A statistical framework for differential privacy, 2010 (arXiv 0811.2501), theorem 2.4;
    P. Kairouz, S. Oh, P. Viswanath, The composition theorem for differential privacy, 2015 (1311.0776).
    """
    if not math.isfinite(epsilon) or epsilon < 0 or not 0 <= delta < 1:
        raise UserError("a budget has an epsilon from 0 and a delta below 1", got=f"{epsilon!r}, {delta!r}",
                        do="Correct them.")  # fmt: skip
    # tanh(epsilon / 2) + 2 delta / (e^epsilon + 1), in a form that does not overflow.
    small = math.exp(-epsilon)
    advantage = math.tanh(epsilon / 2) + 2 * delta * small / (1 + small)
    flat = 1 - small * max(1 - delta - false_alarms, 0.0)
    steep = math.exp(epsilon) * false_alarms + delta if epsilon < 700 else math.inf
    return min(1.0, advantage), min(1.0, steep, flat)


def bounds_of(guarantee: Guarantee) -> Bounds | None:
    """Return what a guarantee allows an attacker; None where it allows no sentence about that.

    The numbers are those of the guarantee; where it gives none, those of its mu, else of its epsilon and delta. Nothing
    follows from a `claimed` guarantee, from k-anonymity, or from none.

    Examples
    --------
    >>> bounds_of(Guarantee(kind="dp", epsilon=1.0, delta=0.0, neighbours="replace_one")).about
    'values'
    >>> bounds_of(Guarantee(kind="claimed", epsilon=1.0)) is None
    True
    """
    if guarantee.kind != "dp" or guarantee.neighbours not in ("add_remove", "replace_one"):
        return None
    about = "presence" if guarantee.neighbours == "add_remove" else "values"
    advantage, tpr = guarantee.advantage_bound, guarantee.tpr_at_1pct_bound
    source = "curve"
    if (advantage is None or tpr is None) and guarantee.mu is not None:
        advantage = advantage_bound(guarantee.mu) if advantage is None else advantage
        tpr = tpr_bound(guarantee.mu, ALARMS) if tpr is None else tpr
    if advantage is None or tpr is None:
        if guarantee.epsilon is None:
            return None
        # Both from the budget: half a curve beside half a budget would be a mechanism that does not exist.
        advantage, tpr = budget_bounds(guarantee.epsilon, guarantee.delta or 0.0)
        source = "budget"
    return Bounds(advantage=advantage, tpr=tpr, source=source, about=about)


def of_100(share: float) -> str:
    """Return a ceiling as people out of 100, never below it: one decimal up to 10, whole people above.

    >>> of_100(.01976), of_100(.3722), of_100(.07), of_100(1.0)
    ('2.0', '38', '7.0', '100')
    """
    exact = 100 * Decimal(repr(float(share)))
    tenths = exact.quantize(Decimal("0.1"), rounding=ROUND_CEILING)
    return str(tenths) if tenths < 10 else str(min(exact.quantize(Decimal(1), rounding=ROUND_CEILING), Decimal(100)))


def unit_words(guarantee: Guarantee) -> str:
    """Return who is protected: a person with all rows, or each row by itself.

    >>> unit_words(Guarantee(kind="dp", unit="person"))
    'Protected: each person, with all their rows together.'
    """
    if guarantee.unit == "person":
        return "Protected: each person, with all their rows together."
    return (
        "Protected: each row by itself. If somebody has several rows, each is protected on its own, all together are "
        "not; name the person id to protect people."
    )


def plain_words(guarantee: Guarantee) -> tuple[str, ...]:
    """Return what a guarantee means for an attacker: the sentences that a privacy officer reads.

    Examples
    --------
    >>> proved = Guarantee(kind="dp", epsilon=1.0, delta=0.0, neighbours="add_remove", unit="row")
    >>> plain_words(proved)[1]
    'However they go about it, at most 47 extra people in 100 are found because their data were used.'
    >>> plain_words(Guarantee())
    ('Nothing is proved about this setting; only what is measured is known.',)
    """
    if guarantee.kind == "none":
        return ("Nothing is proved about this setting; only what is measured is known.",)
    if guarantee.kind == "k_anonymity":
        return ("This proves the size of crowds, not differential privacy: no limit on an attacker follows.",)
    if guarantee.kind == "claimed":
        stated = f" (epsilon {guarantee.epsilon:g})" if guarantee.epsilon is not None else ""
        return (
            f"A library states differential privacy{stated}, and we cannot stand behind it: no limit on an attacker "
            "follows, only what is measured is known.",
        )
    found = bounds_of(guarantee)
    if found is None:
        return ("No limit on an attacker was worked out from this guarantee.",)
    hits, extra = of_100(found.tpr), of_100(found.advantage)
    if found.about == "presence":
        told = [
            f"An attacker who accepts 1 false alarm in 100 finds at most {hits} in 100 of the people who were in the "
            "data (1 in 100 without the data).",
            f"However they go about it, at most {extra} extra people in 100 are found because their data were used.",
            "It hides whether somebody is in the table at all.",
        ]
    else:
        told = [
            "An attacker who suspects one particular row of somebody, and accepts 1 false alarm in 100, is right about "
            f"at most {hits} in 100 of those who gave it (1 in 100 without the data).",
            f"However they go about it, at most {extra} extra people in 100 are told from others by what they gave.",
            "It hides the values that somebody gave, not that they are in the table.",
        ]
    if found.advantage >= _LITTLE:
        told.insert(2, "That rules nearly nothing out: at this epsilon the proof alone is next to no protection.")
    told.append(unit_words(guarantee))
    if found.source == "budget":
        told.append("These numbers are those of the worst mechanism with this epsilon and delta; no finer curve is "
                    "known for this one.")  # fmt: skip
    return tuple(told)
