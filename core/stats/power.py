"""What a measurement could have detected."""

from __future__ import annotations

import math

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


def people_needed(advantage: float, fpr: float = 0.5) -> int:
    """Return the people needed in each arm to find an advantage with 80 % power by a one-sided test at 5 %.

    The advantage lies evenly around the false-positive rate, so that both arms have the variance `fpr` (1 - `fpr`):
    2 `fpr` (1 - `fpr`) ((z_.95 + z_.80) / advantage)^2. The inverse of `detectable` for that standard error.

    Parameters
    ----------
    advantage : float
        TPR - FPR, more than 0.
    fpr : float
        Rate around which the two arms differ, between 0 and 1.

    >>> people_needed(.05)
    1237
    """
    if not (advantage > 0 and 0 < fpr < 1):
        raise ValueError("the advantage must be above 0 and the rate between 0 and 1")
    return math.ceil(2 * fpr * (1 - fpr) * (float(ndtri(1 - ALPHA) + ndtri(POWER)) / advantage) ** 2)
