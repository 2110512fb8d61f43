"""Differential privacy on questions: a noisy count, mean or histogram, with the interval that the noise alone gives.

Noise comes from the exact samplers of opendp, which draw from the operating system: no seed repeats an answer. All
noise is added to whole numbers, so no last bit of a float tells anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UserError
from core.privacy.lattice_noise import Noise

GRID = 1024
"""Steps between the middle of the bounds and an end: values are rounded to them before they are added up."""

LEVEL = 0.95

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A noisy answer and what it cost.

    Parameters
    ----------
    value : float or tuple of float
        One number, or one per category.
    low, high : float or tuple of float
        The true answer lies between them with 95 %; for a histogram all bars at once. Only the added noise is in it:
        it says nothing about other people than those in the table.
    epsilon, delta : float
        What this answer cost. Another answer about the same people costs its own: both add up.
    mechanism : {"laplace", "gaussian"}
    neighbours : {"add_remove"}
        One row (with `persons`: one person) more or less.
    sentence : str
        All of it in words.
    """

    value: float | tuple[float, ...]
    low: float | tuple[float, ...]
    high: float | tuple[float, ...]
    epsilon: float
    delta: float
    mechanism: str
    neighbours: str
    sentence: str


def noisy_count(count: int, epsilon: float, *, delta: float = 0.0, persons: Numbers | None = None) -> Answer:
    """Return how many there are, give or take noise.

    Parameters
    ----------
    count : int
        Rows that fit the question, at least 0.
    epsilon : float
        From 0.01 to 100.
    delta : float
        0: Laplace noise of scale 1 / epsilon. Above 0 (at most .001): Gaussian noise.
    persons : array, shape (count,), optional
        Who is behind each of these rows: people are counted then, each once.

    Raises
    ------
    UserError
        When a number is out of range.

    Examples
    --------
    >>> found = noisy_count(1000, 1.0)
    >>> found.high - found.low, found.mechanism
    (6, 'laplace')

    References
    ----------
    C. Dwork, F. McSherry, K. Nissim, A. Smith, Calibrating noise to sensitivity in private data analysis, TCC 2006;
    A. Ghosh, T. Roughgarden, M. Sundararajan, Universally utility-maximizing privacy mechanisms, STOC 2009 (noise in
    whole numbers).
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        raise UserError("a count is a whole number, 0 or more", got=type(count).__name__, do="Count the rows first.")
    if persons is not None:
        if len(persons) != count:
            raise UserError("persons names who is behind each counted row", got="another length", do="Give one each.")
        count = len(np.unique(persons))
    noise = Noise.calibrated(epsilon, delta)
    value, wide = noise.added([int(count)])[0], noise.half_width(1 - LEVEL)
    low, high = max(0, value - wide), max(0, value + wide)
    said = f"About {value:,} (95 % interval of the noise: {low:,} to {high:,})."
    return _answer(value, low, high, noise, persons is not None, said)


def noisy_mean(
    values: Numbers,
    bounds: tuple[float, float] | None,
    epsilon: float,
    *,
    delta: float = 0.0,
    persons: Numbers | None = None,
) -> Answer:
    """Return the mean of a column, give or take noise; how many values there are is not assumed to be public.

    Values are clipped to the bounds, and the interval is for the mean of the clipped values. Half of the budget goes
    to their sum around the middle of the bounds, half to their number; the answer is the quotient, clipped to the
    bounds. The interval has the worst of both at 97.5 % each.

    Parameters
    ----------
    values : array, shape (rows,)
        Numbers; NaN is left out.
    bounds : (float, float)
        Public: known without looking at the values.
    epsilon : float
        From 0.01 to 100.
    delta : float
        0: Laplace noise. Above 0 (at most .001): Gaussian noise.
    persons : array, shape (rows,), optional
        Who is behind each row: of each person the first row with a value counts.

    Raises
    ------
    UserError
        Without bounds, or when a number is out of range.

    Examples
    --------
    >>> found = noisy_mean(np.full(100_000, 30.0), (0, 100), 1.0)
    >>> bool(found.low <= 30 <= found.high), found.epsilon, round(found.high - found.low) < 1
    (True, 1.0, True)

    References
    ----------
    C. Dwork, A. Roth, The algorithmic foundations of differential privacy, 2014, sections 3.3 and 3.5.1 (composition).
    """
    low, high = _checked(bounds)
    present = ~np.isnan(np.asarray(values, dtype=np.float64))
    kept = np.asarray(values, dtype=np.float64)[present]
    if persons is not None:
        kept = kept[_first(np.asarray(persons)[present])]
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    steps = np.rint((np.clip(kept, low, high) - middle) / half * GRID)
    total = int(np.clip(steps, -GRID, GRID).astype(np.int64).sum())

    Noise.calibrated(epsilon, delta)  # the whole budget must be in range, not only its halves
    sums, counts = (Noise.calibrated(epsilon / 2, delta / 2, step=step, share=2) for step in (GRID, 1))
    noisy_total, people = sums.added([total])[0], counts.added([len(kept)])[0]
    off, more = sums.half_width((1 - LEVEL) / 2), counts.half_width((1 - LEVEL) / 2)

    def place(total: float, people: float) -> float:
        return float(min(max(middle + half * total / GRID / people, low), high))

    number = max(1, people)
    corners = [place(t, n) for t in (noisy_total - off, noisy_total + off) for n in (max(1, people - more),
                                                                                    max(1, people + more))]  # fmt: skip
    rounded = half / GRID / 2  # half a step: what rounding to the grid may have moved the mean by
    value, least, most = place(noisy_total, number), max(low, min(corners) - rounded), min(high, max(corners) + rounded)
    said = f"The mean is about {value:.6g} (95 % interval of the noise: {least:.6g} to {most:.6g})."
    return _answer(value, least, most, sums.spent(epsilon, delta), persons is not None, said)


def noisy_histogram(
    codes: Numbers,
    categories: Sequence[str] | None,
    epsilon: float,
    *,
    delta: float = 0.0,
    persons: Numbers | None = None,
) -> Answer:
    """Return how many there are of each category, give or take noise; every bar can be told for one price.

    Parameters
    ----------
    codes : integer array, shape (rows,)
        The place of each row's value in `categories`; a negative one is not counted.
    categories : sequence of str
        Public: also those that nobody has.
    epsilon : float
        From 0.01 to 100.
    delta : float
        0: Laplace noise of scale 1 / epsilon. Above 0 (at most .001): Gaussian noise.
    persons : array, shape (rows,), optional
        Who is behind each row: of each person the first counted row counts.

    Raises
    ------
    UserError
        Without categories, or when a number is out of range.

    Examples
    --------
    >>> len(noisy_histogram(np.array([0, 0, 1]), ("a", "b", "c"), 1.0).value)
    3
    """
    if not categories:
        raise UserError(
            "a histogram needs public categories", got="none", do="List the values that are possible, used or not."
        )
    found = np.asarray(codes)
    if found.dtype.kind not in "iu" or (len(found) and int(found.max()) >= len(categories)):
        raise UserError("codes are places in the list of categories", got="others", do="Use -1 for what is not in it.")
    counted = found >= 0
    found = found[counted]
    if persons is not None:
        found = found[_first(np.asarray(persons)[counted])]
    noise = Noise.calibrated(epsilon, delta)
    # The noise of each bar is drawn by itself, so all intervals hold at once with the product of their levels.
    wide = noise.half_width(-math.expm1(math.log(LEVEL) / len(categories)))
    values = noise.added([int(n) for n in np.bincount(found, minlength=len(categories))])
    said = f"{len(values)} noisy counts; with 95 % every true count lies within {wide:,} of its noisy one."
    low, high = (tuple(max(0, value + side) for value in values) for side in (-wide, wide))
    return _answer(tuple(values), low, high, noise, persons is not None, said)


def _answer(value: Any, low: Any, high: Any, noise: Noise, people: bool, said: str) -> Answer:
    who = "person" if people else "row"
    cost = f"epsilon = {noise.epsilon:g}" + (f", delta = {noise.delta:g}" if noise.delta else "")
    return Answer(
        value=value,
        low=low,
        high=high,
        epsilon=noise.epsilon,
        delta=noise.delta,
        mechanism=noise.mechanism,
        neighbours="add_remove",
        sentence=f"{said} It cost {cost} for one {who} more or less; every further answer about the same people adds "
        "its own cost.",
    )


def _first(persons: Numbers) -> Numbers:
    """Return the position of each person's first row: it hangs on nobody else's rows."""
    return np.sort(np.unique(persons, return_index=True)[1])


def _checked(bounds: tuple[float, float] | None) -> tuple[float, float]:
    if bounds is None:
        raise UserError(
            "a mean needs public bounds",
            got="none",
            do="Give the lowest and highest value that are possible, without looking at the data.",
        )
    low, high = (float(bound) for bound in bounds)
    if not (math.isfinite(low) and math.isfinite(high) and low / 2 < high / 2):
        raise UserError("bounds are two increasing finite numbers", got="others", do="Correct them.")
    return low, high
