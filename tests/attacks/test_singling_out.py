"""Descriptions of released rows that fit exactly one person."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.attacks.describe import ALL, EXACT, NAME, ONE, Describer
from core.attacks.rows_risk import rows_risk
from core.attacks.searched import LARGEST, Coder, Searched, cuts_of
from core.attacks.singling_out import SinglingOut, projected
from core.data.schema import Role
from tests.released_views import attacked, stacked, table_of


def attack(view, truth, seed=0):
    assert SinglingOut().inapplicable(view) is None
    rng = np.random.default_rng(seed)
    return SinglingOut().score(SinglingOut().guess(view, rng), view, truth, rng)


def made(found, kind):
    """The lines of one kind: success inside and outside, one place per description."""
    column = found.outcome[:, found.kinds.index(kind)]
    lines = ~np.isnan(column)
    return column[lines & found.member], column[lines & ~found.member]


def normals(rng, rows, columns="abcd"):
    return table_of({name: rng.normal(size=rows) for name in columns})


def copied(rows=120, **options):
    table = normals(np.random.default_rng(1), 2 * rows)
    return attacked(table.take(np.arange(rows)), table, rows, **options)


def test_a_copy_of_the_data_singles_out_nearly_everybody_described():
    found = attack(*copied())
    assert found.kinds == (ONE, "2 columns", "3 columns", ALL, EXACT)
    for kind in found.kinds:
        inside, outside = made(found, kind)
        assert len(inside) == len(outside) > 0
        assert inside.all()
    assert not made(found, EXACT)[1].any()
    risk, _ = rows_risk("singling_out", "singling_out", [found], None)
    assert risk.value >= 0.95


@pytest.mark.parametrize("rows", [(120, 100), (100, 150)])
def test_a_copy_singles_out_everybody_whichever_group_is_larger(rows):
    """Cutting the data to the size of the controls would let the copy miss whoever is cut."""
    table = normals(np.random.default_rng(2), sum(rows))
    found = attack(*attacked(table.take(np.arange(rows[0])), table, rows[0]))
    assert made(found, EXACT)[0].all()
    assert any("equal size" in name for name in found.caps)
    assert set(found.caps.values()) >= {float(abs(rows[0] - rows[1]))}


def nothing_to_find(repetitions, seed, *, behind=False):
    """Rows of other people of the population; members and controls are random halves of 160 people."""
    alarms, values = 0, []
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, repetition])
        table = normals(rng, 160)
        view, truth = attacked(normals(rng, 80), table, 80)
        inside = rng.random(160) < 0.5
        source = rng.permutation(160)[:80] if behind else None
        truth = replace(truth, inside=table.take(inside), outside=table.take(~inside), source=source)
        risk, _ = rows_risk("singling_out", "singling_out", [attack(view, truth, repetition)], None)
        alarms += not risk.low <= 0 <= risk.high
        values.append(risk.value)
    return alarms / repetitions, np.mean(values), np.std(values) / np.sqrt(repetitions)


def test_a_release_that_ignores_the_data_is_told_from_zero_one_time_in_twenty():
    # 100 repetitions: standard error .022 at .05; three of them. Taken as independent, descriptions alarm 20 times.
    alarms, mean, error = nothing_to_find(100, 1)
    assert alarms <= 0.116
    assert abs(mean) < 4 * error


@pytest.mark.slow
@pytest.mark.parametrize("behind", [False, True])
def test_a_release_that_ignores_the_data_raises_five_alarms_in_a_hundred(behind):
    # 600 repetitions: standard error .009 at .05; three of them.
    alarms, mean, error = nothing_to_find(600, 2, behind=behind)
    assert alarms <= 0.077
    assert abs(mean) < 4 * error


def test_a_random_description_of_weight_one_in_n_isolates_37_percent_in_either_group():
    """Cohen and Nissim: n w (1 - w)^(n - 1) is 1/e at w = 1/n, so isolation alone means nothing."""
    rng = np.random.default_rng(3)
    for members, controls in ((300, 300), (300, 420), (420, 300)):
        table = table_of({f"x{i}": rng.random(members + controls) for i in range(60)})
        values = table.frame.to_numpy().T
        cuts = cuts_of(values)
        inside = Searched.of(values[:, :members], cuts)
        outside = Searched.of(values[:, members:], cuts)
        low = np.full((60 * 40, 60), -np.inf)
        high = np.full((60 * 40, 60), np.inf)
        line = np.arange(len(low))
        begin = rng.random(len(low)) * (1 - 1 / members)
        low[line, line % 60], high[line, line % 60] = begin, begin + 1 / members
        single = (inside.count(low, high) == 1).mean()
        fitting = outside.count(low, high)
        ratio = members / controls
        other = projected(fitting, ratio, rng).mean() if ratio > 1 else (fitting == 1).mean()
        # 2,400 descriptions, 40 of one column that hardly overlap: standard error .010, of a difference .014; four.
        assert single == pytest.approx(np.exp(-1), abs=0.04)
        if ratio >= 1:
            assert other == pytest.approx(single, abs=0.056)


@pytest.mark.parametrize("weight", [0.3, 1.0, 2.0])
def test_projecting_controls_to_the_size_of_the_data_has_no_bias(weight):
    rng = np.random.default_rng(4)
    n, ratio = 40_000, 1.4
    found = projected(rng.poisson(weight, n), ratio, rng).mean()
    # Standard error at most .006 (the terms of a projection are at most 1.4 and mostly alike); four of them.
    assert found == pytest.approx(ratio * weight * np.exp(-ratio * weight), abs=0.024)
    assert abs(weight * np.exp(-weight) - found) > 0.024 or weight == 1.0


@pytest.mark.parametrize("ratio", [0.5, pytest.param(1.0, marks=pytest.mark.slow), 1.3])
def test_members_and_controls_are_compared_in_groups_of_equal_size(ratio):
    """Narrow descriptions fit somebody in a group of twice the size twice as often; that is no risk."""
    rng = np.random.default_rng(5)
    differences = []
    for _ in range(40):
        members = 120
        table = normals(rng, members + int(members / ratio))
        found = attack(*attacked(normals(rng, 240), table, members), seed=int(rng.integers(1 << 30)))
        inside, outside = made(found, "3 columns")
        differences.append(inside.mean() - outside.mean())
    # About .05 in one repetition, so .008 over 40; four of them. Controls twice as many: success .1 more.
    assert np.mean(differences) == pytest.approx(0, abs=4 * np.std(differences) / np.sqrt(40))
    assert np.std(differences) < 0.08


def test_a_release_with_every_row_five_times_allows_no_description():
    table = normals(np.random.default_rng(6), 200)
    view, truth = attacked(table.take(np.repeat(np.arange(100), 5)), table, 100)
    found = attack(view, truth)
    assert len(found.member) == 0
    assert found.outcome.shape == (0, 5)
    risk, _ = rows_risk("singling_out", "singling_out", [found], None)
    assert risk.status == "undefined"


def test_duplicates_count_inside_the_data_too():
    table = normals(np.random.default_rng(7), 200)
    view, truth = attacked(table.take(np.arange(100)), table, 100)
    twice = replace(truth, inside=truth.inside.take(np.repeat(np.arange(100), 2)))
    twice = replace(twice, outside=twice.outside.take(np.tile(np.arange(100), 2)))
    assert not made(attack(view, twice), EXACT)[0].any()


def test_success_is_counted_over_the_attempts_that_were_made():
    """Of 100 rows 96 are there twice: four descriptions, not 1,000."""
    table = normals(np.random.default_rng(8), 200)
    order = np.append(np.repeat(np.arange(48), 2), np.arange(48, 52))
    found = attack(*attacked(table.take(order), table, 100))
    inside, _ = made(found, EXACT)
    assert len(inside) == 4
    assert inside.mean() == 1
    alone = set(np.unique(np.flatnonzero(np.bincount(order) == 1)))
    assert alone == {48, 49, 50, 51}


cells = st.one_of(st.none(), st.sampled_from([-1.0, 0.0, 1.0, 2.5]))
texts = st.one_of(st.none(), st.sampled_from(["u", "v", "w"]))
rows_of = st.lists(st.tuples(cells, cells, texts), min_size=1, max_size=25)


def mixed(rows):
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    return table_of({"a": frame["a"].astype(float), "b": frame["b"].astype(float), "c": frame["c"].astype(object)})


def fitting(coder, table, low, high):
    """Count one row and one cell at a time, on the cells themselves."""
    total = 0
    for cells_of in table.frame.astype(object).itertuples(index=False):
        fits = True
        for place, cell in enumerate(cells_of):
            if (low[place], high[place]) == (-np.inf, np.inf):
                continue
            if pd.isna(cell):
                fits &= low[place] == -np.inf
            elif coder.categories[place] is None:
                fits &= low[place] <= cell <= high[place]
            else:
                known = list(coder.categories[place])
                fits &= low[place] == high[place] and cell in known and known.index(cell) == low[place]
        total += fits
    return total


@settings(max_examples=30, deadline=None)
@given(released=rows_of, world=rows_of, seed=st.integers(0, 1000))
def test_descriptions_fit_one_released_row_and_are_counted_as_by_hand(released, world, seed):
    rng = np.random.default_rng(seed)
    ours, theirs = mixed(released), mixed(world)
    coder = Coder.of(("a", "b", "c"), (ours,))
    values = coder.encode(ours)
    cuts = cuts_of(values)
    describer = Describer.of(values, cuts, coder.ordered(), 3, rng)
    elsewhere = Searched.of(coder.encode(theirs), cuts)
    for found in describer.draw(30, rng)[0].values():
        count, one = elsewhere.find(found.low, found.high)
        assert len(np.unique(np.hstack([found.low, found.high]), axis=0)) == len(found.row)
        for line, row in enumerate(found.row):
            assert fitting(coder, ours, found.low[line], found.high[line]) == 1
            assert fitting(coder, ours.take(np.array([row])), found.low[line], found.high[line]) == 1
            assert fitting(coder, theirs, found.low[line], found.high[line]) == count[line]
            assert (one[line] >= 0) == (count[line] > 0)


def test_missing_is_a_value_below_every_number():
    values = np.array([[1.0, -np.inf, -np.inf, 3.0]])
    rows = Searched.of(values, cuts_of(values))
    low, high = np.array([[-np.inf], [-LARGEST], [2.0]]), np.array([[-np.inf], [5.0], [np.inf]])
    assert rows.count(low, high).tolist() == [2, 2, 1]


def test_the_only_person_without_a_value_is_singled_out():
    frame = {"a": np.append(np.repeat([1.0, 2.0], 20), np.nan), "b": ["x"] * 41}
    released = table_of(frame)
    found = attack(*attacked(released, released.take(np.append(np.arange(41), np.arange(40))), 41))
    inside, outside = made(found, ONE)
    assert inside.tolist() == [1.0]
    assert outside.tolist() == [0.0]


def test_one_column_and_an_empty_release():
    table = table_of({"a": np.arange(40.0)})
    found = attack(*attacked(table.take(np.arange(20)), table, 20))
    assert found.kinds == (ONE,)
    inside, _ = made(found, ONE)
    assert len(inside) == 22  # 20 values, the largest and the smallest
    assert inside.all()
    nothing = attack(*attacked(table.take(np.arange(0)), table, 20))
    assert nothing.outcome.shape == (0, 1)


def test_a_name_that_is_there_once_is_a_description():
    rng = np.random.default_rng(9)
    names = [f"person {i}" for i in range(60)]
    table = table_of({"name": names, "a": rng.choice(list("xy"), 60)}, name=Role.DIRECT_IDENTIFIER)
    found = attack(*attacked(table.take(np.arange(30)), table, 30))
    inside, outside = made(found, NAME)
    assert (len(inside), inside.mean(), outside.mean()) == (30, 1, 0)
    unknown = attack(*attacked(table.take(np.arange(30)), table, 30, knows=("a",)))
    assert NAME not in unknown.kinds


def test_without_a_known_released_column_the_reason_is_said():
    view, _ = copied(knows=("gone",))
    assert "no column" in SinglingOut().inapplicable(view)


def test_descriptions_stay_with_the_person_behind_the_row():
    view, truth = copied()
    source = np.arange(120)
    found = attack(view, replace(truth, source=source))
    lines = ~np.isnan(found.outcome[:, found.kinds.index(EXACT)])
    assert sorted(found.person[lines & found.member]) == list(range(120))
    known = found.person >= 0
    assert (found.half[known] == truth.tuning[found.person[known]]).all()
    some = attack(
        replace(view, targets=view.targets.take(np.arange(50, 60))),
        replace(truth, source=source, person=np.arange(50, 60)),
    )
    assert set(some.person[some.person >= 0]) <= set(range(50, 60))
    assert made(some, EXACT)[0].sum() == 10


def test_both_lines_of_a_description_are_in_one_half_and_of_one_person():
    found = attack(*copied())
    middle = len(found.member) // 2
    assert found.member[:middle].all()
    assert not found.member[middle:].any()
    assert (found.half[:middle] == found.half[middle:]).all()
    assert (found.person[:middle] == found.person[middle:]).all()
    for person in np.unique(found.person):
        assert len(set(found.half[found.person == person])) == 1


def test_the_guess_reads_neither_targets_nor_unknown_columns():
    view, truth = copied(knows=("a", "b"))
    blank = view.targets.frame.assign(a=0.0, b=0.0)
    rng = np.random.default_rng(0)
    other = replace(
        view,
        targets=replace(view.targets, frame=blank),
        released=replace(view.released, frame=view.released.frame.assign(c=rng.normal(size=120), d=0.0)),
    )
    one, two = (attack(v, truth) for v in (view, other))
    assert np.array_equal(one.outcome, two.outcome, equal_nan=True)


def test_the_reference_is_the_success_of_descriptions_of_the_population():
    found = attack(*copied())
    assert found.reference[EXACT] == 0
    assert 0.05 < found.reference["3 columns"] < 0.6


def test_too_few_controls_are_projected_to_as_many_as_there_are_members():
    """Half of 100 descriptions fit exactly one of 100 controls; of 120 controls six tenths of them would."""
    rng = np.random.default_rng(10)
    released, other, members = (normals(rng, rows) for rows in (100, 50, 120))
    view, truth = attacked(released, members, 120, reference=other)
    outside = stacked(released.take(np.arange(50)), other)
    _, controls = made(attack(view, replace(truth, outside=outside)), EXACT)
    assert (len(controls), controls.sum()) == (100, 60)


def test_descriptions_that_single_out_the_same_person_are_attempts_on_one_person():
    """One member stands out and is all that many descriptions fit: one chance event, not many."""
    rng = np.random.default_rng(11)
    usual = np.zeros((80, 4))
    outlier = np.vstack([np.full((1, 4), 9.0), usual[1:]])
    inside, outside = (table_of(dict(zip("abcd", cells.T, strict=True))) for cells in (outlier, usual))
    view, truth = attacked(normals(rng, 80), outside, 40)
    found = attack(view, replace(truth, inside=inside, outside=outside))
    hit = found.member & (found.outcome[:, found.kinds.index("2 columns")] == 1)
    assert hit.sum() >= 10
    assert len(np.unique(found.person[hit])) == 1
    assert len(np.unique(found.half[hit])) == 1
