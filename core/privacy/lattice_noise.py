"""Noise in whole numbers with an exact privacy cost: discrete Laplace and discrete Gaussian, drawn by opendp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from core.errors import UserError
from core.privacy.discrete_noise import discrete_gaussian_release, discrete_laplace_release
from core.privacy.gdp import mu_from_epsilon_delta

_UP = 1 + 1e-12
"""Scales are this much larger than asked, so that rounding never spends more."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Noise of a calibrated scale.

    Parameters
    ----------
    mechanism : {"laplace", "gaussian"}
    scale : float
        Laplace: step / epsilon. Gaussian: sigma.
    epsilon, delta : float
        What it costs when one number changes by `step`.
    """

    mechanism: str
    scale: float
    epsilon: float
    delta: float

    @staticmethod
    def calibrated(epsilon: float, delta: float, *, step: int = 1, share: int = 1) -> Noise:
        """Return the noise that spends (epsilon, delta) when one number changes by up to `step`.

        Parameters
        ----------
        epsilon : float
            From 0.01 / share to 100.
        delta : float
            0 for Laplace noise, else at most .001.
        step : int
            The largest change of one number through one person, at least 1.
        share : int
            Into how many parts the budget was cut before.

        Examples
        --------
        >>> round(Noise.calibrated(0.5, 0.0).scale, 6), Noise.calibrated(1.0, 1e-5).mechanism
        (2.0, 'gaussian')
        """
        number = isinstance(epsilon, (int, float)) and not isinstance(epsilon, bool) and math.isfinite(epsilon)
        if not number or not 0.01 <= epsilon * share <= 100:
            raise UserError("epsilon must be a number from 0.01 to 100", got=repr(epsilon), do="1 is usual.")
        if not (isinstance(delta, (int, float)) and (delta == 0 or 1e-15 <= delta <= 1e-3)):
            raise UserError(
                "delta is 0 (Laplace noise) or lies between 1e-15 and 0.001 (Gaussian noise)",
                got=repr(delta),
                do="Give less than one part in the number of people, for example 1e-6.",
            )
        if delta == 0:
            return Noise(mechanism="laplace", scale=step / epsilon * _UP, epsilon=float(epsilon), delta=0.0)
        return Noise(mechanism="gaussian", scale=_sigma(epsilon, delta, step), epsilon=float(epsilon), delta=delta)

    def spent(self, epsilon: float, delta: float) -> Noise:
        """Return the same with the cost of all parts of an answer."""
        return replace(self, epsilon=float(epsilon), delta=float(delta))

    def added(self, values: Sequence[int]) -> list[int]:
        """Return the values with fresh noise from the operating system."""
        if self.mechanism == "laplace":
            noise = discrete_laplace_release(self.scale, len(values))
        else:
            noise = discrete_gaussian_release(self.scale**2, len(values))
        return [int(value) + int(moved) for value, moved in zip(values, noise, strict=True)]

    def half_width(self, miss: float) -> int:
        """Return the smallest whole h such that the noise is further from 0 than h with probability `miss` at most.

        Laplace: P(|Z| > h) = 2 p^(h + 1) / (1 + p) with p = e^(-1 / scale).

        Examples
        --------
        >>> Noise.calibrated(1.0, 0.0).half_width(0.05)
        3
        """
        if self.mechanism == "laplace":
            p = math.exp(-1 / self.scale)
            return max(0, math.ceil(math.log(miss * (1 + p) / 2) * -self.scale - 1 - 1e-12))
        tails = 2 * _tail(self.scale)[1:]  # entry h: P(|Z| > h)
        return int(np.argmax(tails <= miss))


def gaussian_delta(sigma: float, step: int, epsilon: float) -> float:
    """Return the exact delta of discrete Gaussian noise on a number that changes by `step`.

    P(Z > a) - e^epsilon P(Z > a + step) with a = epsilon sigma^2 / step - step / 2. Smaller steps cost no more.

    References
    ----------
    C. L. Canonne, G. Kamath, T. Steinke, The discrete Gaussian for differential privacy, NeurIPS 2020 (arXiv
    2004.00010), theorem 7.
    """
    tail, start = _tail(sigma), math.floor(epsilon * sigma**2 / step - step / 2) + 1

    def above(place: int) -> float:
        """Return P(Z >= place)."""
        if place >= len(tail):
            return 0.0
        return float(tail[place]) if place >= 0 else 1.0 - (float(tail[1 - place]) if 1 - place < len(tail) else 0.0)

    return max(0.0, above(start) - math.exp(epsilon) * above(start + step))


@lru_cache(maxsize=4)
def _tail(sigma: float) -> np.ndarray[Any, np.dtype[Any]]:
    """Return P(Z >= h) for h = 0, 1, ... up to 12 standard deviations, beyond which less than 1e-31 is left."""
    places = np.arange(int(12 * sigma) + 3, dtype=np.float64)
    mass = np.exp(-(places**2) / (2 * sigma**2))
    above = np.cumsum(mass[::-1])[::-1]
    return np.asarray(above / (2 * above[0] - mass[0]))


@lru_cache(maxsize=64)
def _sigma(epsilon: float, delta: float, step: int) -> float:
    """Return a sigma that keeps (epsilon, delta), at most a thousandth above one that does not.

    Or the continuous Gaussian's, where that keeps it: it is where the search starts. The exact curve of the discrete
    one decides.
    """
    sigma = step / mu_from_epsilon_delta(epsilon, delta) * _UP
    while gaussian_delta(sigma, step, epsilon) > delta:
        sigma *= 1.001
    return sigma
