"""What a delta may be: above one in the number of people it is warned of, above one in its square root refused."""

from __future__ import annotations

import math

from core.errors import UserError

WARNED = (
    "delta is as large as one in the number of people or larger: a method that publishes the whole row of somebody "
    "drawn at random would pass as well. Read epsilon as if it failed for one person"
)


def refused_delta(delta: float, people: float) -> str | None:
    """Return why a delta is too large to mean anything, or None.

    Parameters
    ----------
    delta : float
        Chance that epsilon does not hold, from 0 to below 1.
    people : float
        The public number of people, positive.

    Raises
    ------
    UserError
        When either is out of range.

    Examples
    --------
    >>> refused_delta(1e-5, 10_000) is None, refused_delta(0.01, 10_000)[:26]
    (True, 'delta = 0.01 is not below ')

    References
    ----------
    C. Dwork, A. Roth, The algorithmic foundations of differential privacy, 2014, section 2.3: with delta of the order
    of 1 / n, publishing the rows of a few people drawn at random is allowed.
    """
    _check(delta, people)
    limit = 1 / math.sqrt(people)
    if delta < limit:
        return None
    return (
        f"delta = {delta:g} is not below {limit:.2g} (one in the square root of {people:,.0f} people): a delta that "
        f"large would allow publishing the rows of many people as they are. Lower delta, best below {1 / people:.2g}"
    )


def warned_delta(delta: float, people: float) -> tuple[str, ...]:
    """Return what a guarantee has to say about its delta: nothing below one in the number of people.

    Examples
    --------
    >>> warned_delta(1e-5, 10_000), len(warned_delta(1e-4, 10_000))
    ((), 1)
    """
    _check(delta, people)
    return () if delta < 1 / people else (f"{WARNED} ({delta:g} against {1 / people:.2g}).",)


def _check(delta: float, people: float) -> None:
    if not (0 <= delta < 1 and people > 0):
        raise UserError(
            "delta lies between 0 and 1, of one person or more",
            got=f"delta {delta!r}, {people!r} people",
            do="Correct it.",
        )
