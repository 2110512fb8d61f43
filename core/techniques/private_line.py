"""What private linear regression is made of: the target's unit, the clipped sum of gradients, and the line itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.table import Labels, Table
from core.techniques.marginals_domain import Axis
from core.techniques.marginals_measure import simplex
from core.techniques.public_encoding import PublicEncoder

CLEAR = 3.0


@dataclass(frozen=True, kw_only=True)
class TargetUnit:
    """The unit in which the model predicts: target = low + (high - low) * (middle + reach * answer).

    Parameters
    ----------
    low, high : float
        Public bounds of the target.
    middle, reach : float
        Between 0 and 1, from noisy counts alone.
    """

    low: float
    high: float
    middle: float
    reach: float

    @staticmethod
    def of(axis: Axis, counts: Labels, noise: float, people: float, width: float) -> TargetUnit:
        """Work out the unit from a noisy histogram; bins below `CLEAR` standard deviations of noise count as empty."""
        low, high = axis.public.low, axis.public.high
        if high <= low:
            return TargetUnit(low=low, high=low, middle=0.0, reach=1.0)
        # Halves, so that bounds of every size can be subtracted.
        edges = np.clip((axis.edges / 2 - low / 2) / (high / 2 - low / 2), 0.0, 1.0)
        places, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
        # Little is left of few people in many bins: then everything counts, so that the unit is rather too wide.
        sure = np.where(counts > CLEAR * noise, counts, 0.0)
        share = sure / sure.sum() if sure.sum() > people / 2 else simplex(counts, people) / people
        middle = float(share @ places)
        spread = math.sqrt(float(share @ ((places - middle) ** 2 + widths**2 / 12)))
        return TargetUnit(low=low, high=high, middle=middle, reach=min(max(width * spread, 1e-3), 1.0))

    def of_values(self, values: Labels) -> Labels:
        """Return targets inside the bounds as numbers from -1 to 1."""
        if self.high <= self.low:
            return np.zeros(len(values))
        place = (values / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return np.clip((place - self.middle) / self.reach, -1.0, 1.0)

    def to_values(self, answers: Labels) -> Labels:
        """Return the model's answers as targets, inside the bounds."""
        place = np.clip(self.middle + self.reach * np.clip(answers, -1.0, 1.0), 0.0, 1.0)
        return np.asarray(self.low * (1 - place) + self.high * place)


@dataclass(frozen=True, eq=False)
class ClippedErrors:
    """The sum over people of their rows' mean clipped gradient of the squared error.

    Parameters
    ----------
    features, transposed : sparse arrays, shapes (rows, features) and (features, rows)
    target, norms, shares : array, shape (rows,)
        What is to be predicted, the L2 norm of the features, and one divided by the number of the person's rows.
    """

    features: Any
    transposed: Any
    target: Labels
    norms: Labels
    shares: Labels

    @staticmethod
    def of(features: Any, target: Labels, shares: Labels) -> ClippedErrors:
        """Prepare the sum for these rows."""
        norms = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
        return ClippedErrors(features, features.T.tocsr(), target, norms, shares)

    def gradient(self, weights: Labels, clip: float) -> Labels:
        """Return the sum, shape (features,); adding or removing a person changes it by `clip` at most."""
        error = self.features @ weights - self.target
        factor = clip / np.maximum(np.abs(error) * self.norms, clip)
        return np.asarray(self.transposed @ (error * factor * self.shares))


@dataclass(frozen=True, eq=False)
class PrivateLine:
    """Weights on publicly encoded features, and the target's unit.

    Parameters
    ----------
    encoder : PublicEncoder
    weights : array, shape (features,)
    unit : TargetUnit
    counts : array, shape (bins,)
        The noisy histogram behind the unit; as public as the weights.
    """

    encoder: PublicEncoder
    weights: Labels
    unit: TargetUnit
    counts: Labels

    def predict(self, table: Table) -> Labels:
        """Return predictions inside the target's public bounds, shape (rows,)."""
        return self.unit.to_values(self.encoder.sparse(table) @ self.weights)

    def predict_proba(self, table: Table) -> Labels:
        """Return no probabilities, shape (rows, 0): a number has no classes."""
        return np.zeros((len(table), 0))
