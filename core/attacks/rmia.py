"""Relative membership inference: more probable than usual, compared with how others are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit

from core.attacks.base import MembershipAttack, MembershipView
from core.attacks.lira_offline import known_half
from core.data.table import Labels

POPULATION = 1000
"""Most people of the population to compare with; a finer scale changes no threshold that matters."""


@dataclass(frozen=True, kw_only=True)
class RelativeInference(MembershipAttack):
    """Guess "member" when the model finds a person more probable than reference models do, by more than for others.

    The ratio is p(x under the model) / p(x), p(x) the mean of the reference models with and without the person; the
    score is the share of the population (people known to be out) whose ratio is not above. Where references of one
    side are missing, p_in = a p_out + 1 - a stands in, with a such that it holds on average over the known half.
    The paper's gamma is 1: within one model another value changes no order.

    Examples
    --------
    >>> RelativeInference().key
    'rmia'

    References
    ----------
    Zarifzadeh, Liu, Shokri (2024), Low-cost high-power membership inference attacks, arXiv:2312.03262, equations 4
    and 10.
    """

    key: ClassVar[str] = "rmia"
    title: ClassVar[str] = "Relative membership inference (RMIA)"
    game: ClassVar[str] = (
        "As the loss attack, trains the same recipe on other random halves of the same people, and compares with "
        "people known to be out."
    )

    def guess(self, view: MembershipView) -> Labels:
        """Return shares of the population; the plain scores where there is nobody to compare with."""
        return np.array([_column(view, model) for model in range(view.scores.shape[1])]).T


def _column(view: MembershipView, model: int) -> Labels:
    controls, members = known_half(view, model)
    if not controls.any() or not members.any():
        return view.scores[:, model]
    chance = expit(view.scores[:, model])
    usual_out, usual_in = float(chance[controls].mean()), float(chance[members].mean())
    share = float(np.clip((1 - usual_in) / max(1 - usual_out, 1e-9), 0.05, 1.0))
    left_out, had_in = view.outside.count[:, model] > 0, view.inside.count[:, model] > 0
    outside, inside = view.outside.chance[:, model], view.inside.chance[:, model]
    guessed_out = np.where(had_in, np.maximum(inside - (1 - share), 0.0) / share, usual_out)
    guessed_in = np.where(left_out, share * outside + 1 - share, usual_in)
    usual = (np.where(left_out, outside, guessed_out) + np.where(had_in, inside, guessed_in)) / 2
    ratio = chance / np.maximum(usual, 1e-9)
    population = np.sort(ratio[controls])
    if len(population) > POPULATION:
        # Evenly spaced in rank, not by place: the order of the rows must not matter.
        population = population[np.linspace(0, len(population) - 1, POPULATION).round().astype(int)]
    return np.asarray(np.searchsorted(population, ratio, side="right") / len(population))
