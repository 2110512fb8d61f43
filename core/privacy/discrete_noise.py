"""Whole-number noise and noisy choices: seeded in evaluations, exact and from the operating system in releases."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator

from core.errors import UserError

Counts = np.ndarray[Any, np.dtype[np.int64]]
Shape = int | tuple[int, ...]


class SystemGenerator(Generator):
    """A generator that asks for a release: whole-number noise is then drawn by opendp from the operating system.

    What else it draws comes from 256 fresh bits of the operating system. Its `spawn` gives generators of its kind.

    Examples
    --------
    >>> type(SystemGenerator.fresh().spawn(1)[0]).__name__
    'SystemGenerator'
    """

    @staticmethod
    def fresh() -> SystemGenerator:
        """Return one that nobody can draw again."""
        return SystemGenerator(PCG64(secrets.randbits(256)))


def discrete_gaussian(sigma2: float, shape: Shape, rng: Generator) -> Counts:
    """Return whole numbers drawn with probabilities proportional to exp(-x**2 / (2 sigma2)).

    By rejection from the discrete Laplace distribution, with the same probabilities as the exact sampler up to the
    rounding of floating-point numbers. A `SystemGenerator` gets the exact one.

    Parameters
    ----------
    sigma2 : float
        Positive: sensitivity**2 / (2 rho) for rho-zCDP.
    shape : int or tuple of int
    rng : Generator

    Raises
    ------
    UserError
        When `sigma2` is not a positive number.

    Examples
    --------
    >>> discrete_gaussian(4.0, 6, np.random.default_rng(0)).dtype.name
    'int64'

    References
    ----------
    C. L. Canonne, G. Kamath, T. Steinke, The discrete Gaussian for differential privacy, NeurIPS 2020
    (arXiv 2004.00010), algorithm 3.
    """
    _positive("sigma2", sigma2)
    if isinstance(rng, SystemGenerator):
        return discrete_gaussian_release(sigma2, shape)
    wanted = int(np.prod(shape))
    scale = math.floor(math.sqrt(sigma2)) + 1
    kept, have = [np.zeros(0, np.int64)], 0
    while have < wanted:
        tries = discrete_laplace(scale, 2 * (wanted - have) + 16, rng)
        chance = np.exp(-((np.abs(tries) - sigma2 / scale) ** 2) / (2 * sigma2))
        found = tries[rng.random(len(tries)) < chance]
        kept.append(found)
        have += len(found)
    return np.concatenate(kept)[:wanted].reshape(shape)


def discrete_laplace(scale: float, shape: Shape, rng: Generator) -> Counts:
    """Return whole numbers drawn with probabilities proportional to exp(-|x| / scale): two-sided geometric noise.

    The difference of two geometric numbers. A `SystemGenerator` gets opendp's exact sampler.

    Parameters
    ----------
    scale : float
        Positive: sensitivity / epsilon.
    shape : int or tuple of int
    rng : Generator

    Raises
    ------
    UserError
        When `scale` is not a positive number.

    References
    ----------
    A. Ghosh, T. Roughgarden, M. Sundararajan, Universally utility-maximizing privacy mechanisms, STOC 2009
    (arXiv 0811.2841).
    """
    _positive("scale", scale)
    if isinstance(rng, SystemGenerator):
        return discrete_laplace_release(scale, shape)
    stop = -math.expm1(-1 / scale)
    return rng.geometric(stop, shape) - rng.geometric(stop, shape)


def noisy_best(scores: Sequence[float], scale: float, rng: Generator) -> int:
    """Return a place with probability proportional to exp(score / scale): the exponential mechanism.

    Scores that one person moves by 1 at most cost (2 / scale)**2 / 8 in zCDP. By Gumbel noise; a `SystemGenerator`
    gets opendp's, whose comparisons are exact whatever the last bits of floating-point numbers.

    Parameters
    ----------
    scores : sequence of float
        Finite, at least one.
    scale : float
        Positive.
    rng : Generator

    Raises
    ------
    UserError
        When `scale` is not a positive number.

    Examples
    --------
    >>> noisy_best([0.0, 500.0], 2.0, np.random.default_rng(0))
    1

    References
    ----------
    F. McSherry, K. Talwar, Mechanism design via differential privacy, FOCS 2007; M. Cesar, R. Rogers, Bounding,
    concentrating, and truncating: unifying privacy loss composition for data analytics, ALT 2021 (arXiv 2004.07223):
    the cost in zCDP.
    """
    _positive("scale", scale)
    if not isinstance(rng, SystemGenerator):
        return int(np.argmax(np.asarray(scores, np.float64) / scale + rng.gumbel(size=len(scores))))
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=float, nan=False)), dp.linf_distance(T=float)
    choose = dp.m.make_noisy_max(*space, dp.zero_concentrated_divergence(), scale=scale)
    return int(choose([float(score) for score in scores]))


def discrete_gaussian_release(sigma2: float, shape: Shape) -> Counts:
    """Return the same as `discrete_gaussian` by opendp's exact sampler, from the operating system's randomness.

    References
    ----------
    OpenDP library, `make_gaussian` on whole numbers.
    """
    _positive("sigma2", sigma2)
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64")
    return _drawn(dp.m.make_gaussian(*space, scale=math.sqrt(sigma2)), shape)


def discrete_laplace_release(scale: float, shape: Shape) -> Counts:
    """Return the same as `discrete_laplace` by opendp's exact sampler, from the operating system's randomness."""
    _positive("scale", scale)
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    return _drawn(dp.m.make_laplace(*space, scale=scale), shape)


def _drawn(mechanism: Any, shape: Shape) -> Counts:
    """Return noise alone: what a mechanism makes of zeros."""
    return np.array(mechanism([0] * int(np.prod(shape))), dtype=np.int64).reshape(shape)


def _positive(name: str, value: float) -> None:
    if not math.isfinite(value) or value <= 0:
        raise UserError(f"{name} must be positive", got=repr(value), do="Give a finite number above 0.")
