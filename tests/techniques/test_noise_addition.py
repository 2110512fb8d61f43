"""noise_addition: how much, where it stays, what it keeps, and that rows of one person cannot be averaged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.noise_addition import NoiseAddition, reflected
from tests.tables import awkward, people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
N, D, QI = Kind.NUMERIC, Kind.DATE, Role.QUASI_IDENTIFIER


def one(values, kind=N, bounds=None, who=None, name="x"):
    columns = [Column(name=name, kind=kind, role=QI, bounds=bounds)]
    frame = pd.DataFrame({name: values})
    if who is not None:
        frame["who"] = who
        columns.append(Column(name="who", kind=Kind.CATEGORICAL, role=Role.IGNORED))
    return Table.build(frame, Schema(tuple(columns), person_id="who" if who is not None else None))


def noisy(table, scale=0.5, seed=0, **more):
    return NoiseAddition(scale=scale, **more).protect(table, FACTS, np.random.default_rng(seed))


def test_the_noise_is_normal_with_scale_times_the_members_deviation():
    values = np.random.default_rng(1).normal(100, 15, 20_000)
    for scale in (0.1, 1.0):
        moved = noisy(one(values), scale).table.frame["x"].to_numpy() - values
        # Standard error of a standard deviation from 20,000 draws: 0.5 %; of the mean: 0.7 % of it. Four of each.
        assert np.std(moved) == pytest.approx(scale * np.std(values), rel=0.02)
        assert abs(np.mean(moved)) < 0.03 * scale * 15
        # Normal: 68.3 % within one deviation (standard error .33 points).
        assert np.mean(np.abs(moved) < scale * np.std(values)) == pytest.approx(0.683, abs=0.014)


def test_default_columns_are_the_numeric_and_date_quasi_identifiers_and_no_others():
    table = people()
    found = noisy(table).table
    changed = [name for name in table.schema.names if not found.frame[name].equals(table.frame[name])]
    assert changed == ["age"]
    named = noisy(table, columns=("born", "hours")).table
    changed = [name for name in table.schema.names if not named.frame[name].equals(table.frame[name])]
    assert changed == ["born", "hours"]
    assert found.schema == table.schema


def test_whole_numbers_stay_whole_and_others_do_not():
    assert (noisy(one([1, 5, 9, 30])).table.frame["x"] % 1 == 0).all()
    assert (noisy(one([1.5, 5, 9, 30])).table.frame["x"] % 1 != 0).all()


def test_dates_move_by_whole_days_and_lose_their_time_of_day():
    table = one(["2020-01-01 13:37:05", "2020-03-01", None, "2021-03-01"], D)
    found = noisy(table, 1.0).table.frame["x"]
    assert found.isna().tolist() == [False, False, True, False]
    assert (found.dropna() == found.dropna().dt.normalize()).all()
    assert found[0].date() != table.frame["x"][0].date()


def test_values_are_mirrored_at_public_bounds_and_do_not_pile_up_there():
    values = np.repeat([0.0, 50.0, 100.0], 1000)
    found = noisy(one(values, bounds=(0, 100)), 0.5).table.frame["x"].to_numpy()
    assert found.min() >= 0
    assert found.max() <= 100
    # The noise has deviation .5 * 40.8 = 20.4. Whoever stood at 0 ends at 0 or 1 with probability
    # 2 Phi(1.5 / 20.4) - 1 = 5.9 % (standard error .7 points); cutting off instead would leave 50 % there.
    assert np.mean(found[:1000] <= 1) < 0.1
    assert np.mean(found[:1000]) == pytest.approx(20.4 * np.sqrt(2 / np.pi), rel=0.1)


def test_date_bounds_hold_too():
    days = pd.to_datetime(["1990-01-01", "1990-06-01", "1990-12-31"] * 20)
    found = noisy(one(days, D, ("1990-01-01", "1990-12-31")), 3.0).table.frame["x"]
    assert found.min() >= pd.Timestamp("1990-01-01")
    assert found.max() <= pd.Timestamp("1990-12-31")


def test_equal_values_of_one_person_get_one_noise_so_rows_cannot_be_averaged():
    who = np.repeat([f"p{i}" for i in range(10)], 20)
    value = np.repeat(np.arange(10) // 2 * 10.5, 20)
    found = noisy(one(value, who=who), 1.0).table.frame
    per_person = found.groupby("who", observed=True)["x"]
    assert per_person.nunique().eq(1).all()
    # Two people who share a value do not share the noise.
    assert found["x"].nunique() == 10


def test_different_values_of_one_person_move_independently():
    found = noisy(one([1.5, 2.5, 3.5, 4.5], who=["a"] * 4), 1.0).table.frame["x"].to_numpy() - [1.5, 2.5, 3.5, 4.5]
    assert len(set(np.round(found, 9))) == 4


def test_columns_move_independently_of_each_other():
    values = np.arange(5000) + 0.5
    schema = Schema(tuple(Column(name=name, kind=N, role=QI) for name in "ab"))
    found = noisy(Table.build(pd.DataFrame({"a": values, "b": values}), schema), 1.0).table.frame
    moved = found.to_numpy() - values[:, None]
    # The standard error of a correlation of 5,000 independent pairs is .014.
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.057


def test_anybody_else_stays_as_they_are():
    table = people()
    assert noisy(table.take(np.arange(80))).recode(table) is table


def test_a_larger_scale_moves_further_and_zero_moves_nothing():
    table = people()
    moved = [
        float(np.abs(noisy(table, scale).table.frame["age"] - table.frame["age"]).mean()) for scale in (0, 0.1, 0.5, 2)
    ]
    assert moved[0] == 0
    assert moved == sorted(moved)


def test_a_constant_or_empty_column_is_left_as_it_is():
    for values in ([7.5] * 5, [None] * 5):
        table = one(values)
        assert noisy(table, 5.0).table.frame.equals(table.frame)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (("nobody",), "no column nobody"),
        (("rich",), "target"),
        (("name",), "names people"),
        (("job",), "is categorical"),
    ],
)
def test_columns_that_do_not_fit_are_declined_with_the_reason(columns, reason):
    assert reason in NoiseAddition(columns=columns).unsupported(people().schema, FACTS)


def test_the_person_id_is_never_touched():
    schema = awkward()["duplicated people"].schema
    assert "person id" in NoiseAddition(columns=("id",)).unsupported(schema, FACTS)
    assert NoiseAddition().unsupported(schema, FACTS) is None


def test_without_a_number_or_date_there_is_nothing_to_do():
    assert "number or a date" in NoiseAddition().unsupported(
        Schema((Column(name="sex", kind=Kind.CATEGORICAL, role=QI),)), FACTS
    )


def test_no_guarantee_is_claimed():
    assert NoiseAddition(scale=10.0).guarantee(people().schema, FACTS).kind == "none"
    assert "not differential privacy" in NoiseAddition.stops


numbers = st.one_of(
    st.none(),
    st.integers(-50, 50).map(float),
    st.floats(-1e6, 1e6),
    st.sampled_from([1e300, -1.7e308, 1.7e308, 5e-324]),
)


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(numbers, min_size=1, max_size=12),
    scale=st.floats(0, 10),
    persons=st.integers(1, 4),
    bounded=st.booleans(),
    seed=st.integers(0, 5),
)
def test_whatever_the_numbers_missing_stays_missing_and_bounds_hold(values, scale, persons, bounded, seed):
    who = [str(i % persons) for i in range(len(values))]
    table = one(values, bounds=(-50.0, 50.0) if bounded else None, who=who)
    found = noisy(table, scale, seed).table.frame
    assert found["x"].isna().tolist() == table.frame["x"].isna().tolist()
    assert np.isfinite(found["x"].dropna()).all()
    assert found["who"].equals(table.frame["who"])
    if bounded and scale and table.frame["x"].notna().any():
        assert found["x"].dropna().between(-50, 50).all()
    new = found.assign(old=table.frame["x"]).dropna().groupby(["who", "old"], observed=True)["x"]
    assert new.nunique().eq(1).all()


@settings(deadline=None, max_examples=40)
@given(
    days=st.lists(st.one_of(st.none(), st.integers(-40_000, 40_000)), min_size=1, max_size=10),
    scale=st.floats(0.01, 10),
)
def test_whatever_the_dates_they_stay_dates(days, scale):
    moments = [None if d is None else str(np.datetime64("1970-01-01") + d) for d in days]
    table = one(moments, D)
    found = noisy(table, scale).table.frame["x"]
    assert found.dtype == table.frame["x"].dtype
    assert found.isna().equals(table.frame["x"].isna())


@given(value=st.floats(-1e4, 1e4), low=st.floats(-100, 100), width=st.floats(0.5, 100), times=st.integers(-5, 5))
def test_mirroring_is_the_identity_inside_and_repeats_with_twice_the_width(value, low, width, times):
    high = low + width
    (found,) = reflected(np.array([value]), low, high)
    assert low <= found <= high
    if low <= value <= high:
        assert found == pytest.approx(value, abs=1e-9)
    (again,) = reflected(np.array([value + 2 * width * times]), low, high)
    assert again == pytest.approx(found, abs=1e-6)
