"""Intervals for rates, differences of rates, ratios, and means that vary over people and over replicates.

The front door: levels, rates, clusters and spreads live in files of their own.
"""

from core.stats.clusters import clustered_difference, clustered_interval, standard_error
from core.stats.levels import LEVEL, LOOKS, bonferroni, normal_quantile, two_sided_level
from core.stats.rates import agresti_coull, clopper_pearson, mover_r, newcombe, residual, residual_interval, wilson
from core.stats.spread import Spread, difference, paired_difference

__all__ = [
    "LEVEL",
    "LOOKS",
    "Spread",
    "agresti_coull",
    "bonferroni",
    "clopper_pearson",
    "clustered_difference",
    "clustered_interval",
    "difference",
    "mover_r",
    "newcombe",
    "normal_quantile",
    "paired_difference",
    "residual",
    "residual_interval",
    "standard_error",
    "two_sided_level",
    "wilson",
]
