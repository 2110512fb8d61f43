"""A label is true of everybody who gets it, at every level, however far outside the range; and levels nest."""

import itertools
import math
import re
from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.data.hierarchy import fit_hierarchy
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table

QI = Role.QUASI_IDENTIFIER


def table(values, spec):
    return Table.build(pd.DataFrame({"x": values}, dtype=object), Schema((spec,)))


def by_level(spec, members, values):
    """For each level below the top: the label of every value, the list of labels, the midpoints."""
    fitted = fit_hierarchy(spec, table(members, spec))
    cells = table(values, spec).frame["x"]
    for level in range(1, fitted.levels):
        found, meaning = fitted.apply(cells, level)
        yield list(found), list(found.categories), meaning.weights


def holds(label, value):
    """Read a label as a person would: is it true of this number?"""
    if label == "any number":
        return True
    if inside := re.fullmatch(r"\[(\S+), (\S+)\)", label):
        return float(inside[1]) <= value < float(inside[2])
    sign, end = label.split(" ")
    return {"<": value < float(end), ">=": value >= float(end)}[sign]


def first_and_next(text):
    """The first day of a year, a quarter, a month or a decade, and the first day after it."""
    if len(text) == 5:
        return date(int(text[:4]), 1, 1), date(int(text[:4]) + 10, 1, 1)
    year, months = int(text[:4]), 12
    month = 1
    if "Q" in text:
        month, months = 3 * int(text[-1]) - 2, 3
    elif "-" in text:
        month, months = int(text[5:]), 1
    after = year * 12 + month - 1 + months
    return date(year, month, 1), date(after // 12, after % 12 + 1, 1)


def date_holds(label, day):
    if label == "any date":
        return True
    if label.startswith("before "):
        return day < first_and_next(label.removeprefix("before "))[0]
    if label.endswith(" or later"):
        return day >= first_and_next(label.removesuffix(" or later"))[0]
    start, after = first_and_next(label)
    return start <= day < after


def assert_nested(levels):
    """Two values that share a label share it at every level above, and no label is used twice."""
    for fine, coarse in itertools.pairwise(levels):
        assert len(set(zip(fine, coarse, strict=True))) == len(set(fine))


near = st.sampled_from([0.1, 0.2, 0.3, 0.6, 0.7, 1.0, 5.0, 10.0, 15.0, 17.0, 20.0, 89.0, 90.0, 95.0, 100.0, -0.0, 0.0])
anywhere = (
    st.floats(allow_nan=False, allow_infinity=False)
    | near
    | near.map(lambda v: math.nextafter(v, math.inf))
    | near.map(lambda v: math.nextafter(v, -math.inf))
    | st.integers(-200, 200).map(lambda v: v * 0.1)
)
specs = st.sampled_from(
    [
        {},
        {"bounds": (17, 90)},
        {"bounds": (0, 1), "hierarchy": Hierarchy(kind="intervals", widths=(0.1, 0.2, 0.6))},
        {"bounds": (-0.7, 0.3), "hierarchy": Hierarchy(kind="intervals", widths=(0.1, 0.30000000000000004))},
        {"bounds": (17, 90), "hierarchy": Hierarchy(kind="intervals", widths=(5, 10, 20, 40, 200))},
        {"hierarchy": Hierarchy(kind="cuts", cuts=(0.1, 0.3, 5.0, 17, 20, 90, 1e9))},
        {"hierarchy": Hierarchy(kind="cuts", cuts=(17,))},
        {"bounds": (0, 100), "hierarchy": Hierarchy(kind="cuts", cuts=(10, 20, 30, 40), learned=True)},
    ]
)


@settings(max_examples=250, deadline=None)
@given(
    public=specs,
    members=st.lists(anywhere, min_size=1, max_size=20),
    others=st.lists(anywhere, min_size=1, max_size=20),
)
@example(public={"bounds": (0, 1)}, members=[0.5], others=[math.nextafter(0.3, 0), 0.3, 0.1 + 0.2, 1e300, -1e300])
@example(public={}, members=[-1.7e308, 1.7e308], others=[0.0])
@example(public={}, members=[0.0, 5e-324], others=[1e-323])
def test_a_label_of_numbers_is_true_of_every_value_and_levels_nest(public, members, others):
    spec, values, levels = Column(name="x", kind=Kind.NUMERIC, role=QI, **public), [*members, *others], []
    for found, listed, middles in by_level(spec, members, values):
        assert all(holds(label, value) for label, value in zip(found, values, strict=True))
        assert len(set(listed)) == len(listed) == len(middles)
        assert np.isfinite(middles).all()
        assert (np.diff(middles) >= 0).all()
        levels.append(found)
    assert_nested([values, *levels])


@settings(max_examples=80, deadline=None)
@given(
    bounded=st.booleans(),
    members=st.lists(st.dates(date(1700, 1, 1), date(2300, 1, 1)), min_size=1, max_size=15),
    others=st.lists(st.dates(date(2, 1, 1), date(9900, 1, 1)), min_size=1, max_size=15),
)
@example(bounded=True, members=[date(1980, 1, 1)], others=[date(1959, 12, 31), date(1960, 1, 1), date(1999, 12, 31)])
def test_a_label_of_dates_is_true_of_every_day_and_levels_nest(bounded, members, others):
    public = {"bounds": ("1960-01-01", "1999-12-31")} if bounded else {}
    spec, values, levels = Column(name="x", kind=Kind.DATE, role=QI, **public), [*members, *others], []
    for found, listed, middles in by_level(spec, [str(v) for v in members], [str(v) for v in values]):
        assert all(date_holds(label, value) for label, value in zip(found, values, strict=True))
        days = [date(1970, 1, 1) + timedelta(days=float(middle)) for middle in middles]
        assert all(date_holds(label, day) for label, day in zip(listed, days, strict=True))
        assert len(set(listed)) == len(listed)
        levels.append(found)
    assert_nested([values, *levels])


def test_the_labels_of_a_coarser_level_are_unions_of_finer_ones_to_the_last_cut():
    """Not only for the values at hand: every cut of a level is a cut of the level below."""
    for hierarchy in (
        Hierarchy(kind="intervals", widths=(0.1, 0.3, 0.6)),
        Hierarchy(kind="cuts", cuts=tuple(range(1, 20))),
    ):
        spec = Column(name="x", kind=Kind.NUMERIC, role=QI, bounds=(0, 20), hierarchy=hierarchy)
        ends = [
            {end for label in listed for end in re.findall(r"[\d.]+", label)}
            for _, listed, _ in by_level(spec, [1], [1])
        ]
        assert all(coarse < fine for fine, coarse in itertools.pairwise(ends))
