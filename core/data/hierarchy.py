"""Hierarchies at work: a column's values made coarser, level by level, for members and for anybody else alike.

Level 0 is the value itself, the highest level is "*" for everybody. Each level is a coarsening of the one below: two
values that share a label keep sharing it. A label is true of every value that gets it, however far outside the range
it lies. Missing stays missing below the top.

Here is what others use, and nothing else. A schema becomes a hierarchy in `hierarchy_fit`; how numbers and dates are
cut is in `hierarchy_bins`, groups of categories and levels files in `hierarchy_groups`, hierarchies to start editing
from in `suggest_hierarchy`, import and export in `levels_file`, the live preview in `level_counts`.
"""

from core.data.hierarchy_base import EVERYTHING, OTHER, UNCOVERED, FittedHierarchy, cell_texts, number_text
from core.data.hierarchy_bins import ANY_DATE, ANY_NUMBER, MAX_LABELS, SHARES
from core.data.hierarchy_fit import SPENT, fit_hierarchy, learned_sentence, public_hierarchy
from core.data.hierarchy_groups import KEPT
from core.data.level_counts import LevelCount, level_counts
from core.data.levels_file import Coverage, check_coverage, read_levels_text, take_levels, write_levels
from core.data.suggest_hierarchy import default_hierarchy, suggest_groups

__all__ = [
    "ANY_DATE",
    "ANY_NUMBER",
    "EVERYTHING",
    "KEPT",
    "MAX_LABELS",
    "OTHER",
    "SHARES",
    "SPENT",
    "UNCOVERED",
    "Coverage",
    "FittedHierarchy",
    "LevelCount",
    "cell_texts",
    "check_coverage",
    "default_hierarchy",
    "fit_hierarchy",
    "learned_sentence",
    "level_counts",
    "number_text",
    "public_hierarchy",
    "read_levels_text",
    "suggest_groups",
    "take_levels",
    "write_levels",
]
