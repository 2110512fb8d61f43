"""What a measurement could have detected."""

from __future__ import annotations

from scipy.special import ndtri

POWER = 0.8
ALPHA = 0.05


def detectable(standard_error: float) -> float:
    """Return the smallest advantage found with 80 % power by a one-sided test at 5 %.

    (z_.95 + z_.80) standard errors of the estimate.

    >>> round(detectable(.01), 4)
    0.0249
    """
    return float((ndtri(1 - ALPHA) + ndtri(POWER)) * standard_error)
