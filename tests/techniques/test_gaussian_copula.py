"""Gaussian copula: invented rows have the members' distributions and dependence, and no member's extreme values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Meaning, Table
from core.errors import UserError
from core.techniques.base import PublicFacts
from core.techniques.copula_cells import CROWD, stretches
from core.techniques.copula_fit import first_axes
from core.techniques.gaussian_copula import GaussianCopula, cut

FACTS = PublicFacts(people=100, classes=("no", "yes"))
NUMBERS = PublicFacts(people=100, classes=())


def column(name: str, kind: Kind = Kind.NUMERIC, role: Role = Role.FEATURE, **more: object) -> Column:
    return Column(name=name, kind=kind, role=role, **more)


TARGET = column("paid", Kind.CATEGORICAL, Role.TARGET)


def people(n: int = 4000, seed: int = 0) -> Table:
    """Pay follows age, and is missing for the young; town goes with the target; day follows age."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, n)
    paid = rng.random(n) < 1 / (1 + np.exp(-(age - 50) / 6))
    raw = pd.DataFrame(
        {
            "age": age,
            "town": np.where(rng.random(n) < 0.8, np.where(paid, "Ulm", "Bonn"), rng.choice(["Kiel", "Mainz"], n)),
            "pay": np.where(rng.random(n) < np.where(age < 35, 0.8, 0.05), np.nan, np.round(age * 10.5, 2)),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(age, unit="D"),
            "paid": np.where(paid, "yes", "no"),
        }
    )
    schema = Schema((column("age"), column("town", Kind.CATEGORICAL), column("pay"), column("day", Kind.DATE), TARGET))
    return Table.build(raw, schema)


def invent(table: Table, seed: int = 0, rows: int = 0, facts: PublicFacts = FACTS) -> Table:
    found = GaussianCopula(rows=rows).protect(table, facts, np.random.default_rng(seed))
    assert found.source is None
    assert found.recode(table) is table
    return found.table


def test_shares_means_and_gaps_stay_within_sampling_error():
    table, made = people(), invent(people())
    real = table.frame
    for name in ("town", "paid"):
        for value in real[name].cat.categories:
            share = (real[name] == value).mean()
            # 4,000 draws from the real shares: five standard errors.
            assert abs((made.frame[name] == value).mean() - share) < 5 * np.sqrt(share * (1 - share) / 4000)
    assert abs(made.frame["age"].mean() - real["age"].mean()) < 5 * real["age"].std() / np.sqrt(4000)
    gaps = real["pay"].isna().mean()
    assert abs(made.frame["pay"].isna().mean() - gaps) < 5 * np.sqrt(gaps * (1 - gaps) / 4000)


def test_columns_depend_on_each_other_as_they_did():
    real, made = people().frame, invent(people()).frame
    for frame in (real, made):
        known = frame.dropna()
        # Perfect in the members; ranks of pay are those among the older, so a copula does not get all of it.
        assert np.corrcoef(known["age"], known["pay"])[0, 1] > 0.94
        assert np.corrcoef(frame["age"], frame["day"].astype("int64"))[0, 1] > 0.98
        # Whether pay is missing goes with age: a copula bends the step at 35, the order stays.
        assert frame.loc[frame["pay"].isna(), "age"].mean() < frame["age"].mean() - 10
    for paid in ("yes", "no"):
        ages = [frame.loc[frame["paid"] == paid, "age"].mean() for frame in (real, made)]
        assert abs(ages[0] - ages[1]) < 1.5  # five standard errors of 2,000 ages with a deviation of 13
        ulm = [(frame.loc[frame["paid"] == paid, "town"] == "Ulm").mean() for frame in (real, made)]
        assert abs(ulm[0] - ulm[1]) < 0.06  # five standard errors of 2,000 coins


def test_cutting_does_not_weaken_a_correlation():
    """Two yes/no columns that agree in 80 %: scores alone would lose a third of it."""
    rng = np.random.default_rng(1)
    one = rng.random(5000) < 0.3
    two = np.where(rng.random(5000) < 0.2, ~one, one)
    schema = Schema((column("one", Kind.CATEGORICAL), column("two", Kind.CATEGORICAL)))
    table = Table.build(pd.DataFrame({"one": one, "two": two}), schema)
    agree = [(t.frame["one"].astype(str) == t.frame["two"].astype(str)).mean() for t in (table, invent(table))]
    assert abs(agree[0] - agree[1]) < 0.03  # five standard errors of 5,000 coins


def test_a_correlation_is_that_of_the_rows_in_which_both_are_known():
    """Gaps where the other number is large: what is drawn has the same gaps before it is compared."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=6000)
    y = np.where(rng.random(6000) < np.where(x > 0, 0.8, 0.02), np.nan, 0.7 * (x + rng.normal(size=6000)))
    table = Table.build(pd.DataFrame({"x": x, "y": y}), Schema((column("x"), column("y"))))
    found = [invent(table, seed, facts=NUMBERS).frame.dropna().corr().iloc[0, 1] for seed in range(4)]
    # The mean of four correlations of 3,500 rows errs by .005; leaving the gaps out of the simulation adds .05.
    assert abs(np.mean(found) - table.frame.dropna().corr().iloc[0, 1]) < 0.03


def test_categories_stand_in_the_order_of_what_they_go_with_not_of_their_names():
    rng = np.random.default_rng(2)
    place = rng.integers(0, 6, 3000)
    names = np.array(["e", "b", "f", "a", "d", "c"])
    raw = pd.DataFrame({"size": names[place], "weight": place * 10 + rng.normal(0, 8, 3000)})
    table = Table.build(raw, Schema((column("size", Kind.CATEGORICAL), column("weight"))))
    axis = first_axes([cut(table, "size"), cut(table, "weight")])[0][:6]
    ordered = [sorted(names)[i] for i in np.argsort(axis)]
    assert ordered in (list(names), list(names[::-1]))
    made = invent(table).frame
    means = made.groupby("size", observed=True)["weight"].mean()
    assert np.allclose(means[list(names)], np.arange(6) * 10, atol=3)


def test_with_a_target_each_class_keeps_its_own_dependence():
    """Age and pay rise together in one class and against each other in the other: no single correlation says that."""
    rng = np.random.default_rng(3)
    age, yes = rng.normal(50, 10, 4000), rng.random(4000) < 0.5
    pay = np.where(yes, age, -age) + rng.normal(0, 2, 4000)
    raw = pd.DataFrame({"age": age, "pay": pay, "paid": np.where(yes, "yes", "no")})
    made = invent(Table.build(raw, Schema((column("age"), column("pay"), TARGET)))).frame
    for label, sign in (("yes", 1), ("no", -1)):
        part = made[made["paid"] == label]
        # .98 in the members; the stretch between the two classes' pays lets a few rows fall between them.
        assert sign * np.corrcoef(part["age"], part["pay"])[0, 1] > 0.92


def test_a_small_class_does_not_give_its_people_away():
    """The one person with a rare target is not rebuilt: rows of that class look like everybody."""
    table = people()
    raw = table.frame.astype({"paid": object, "town": object})
    raw.loc[0, ["age", "pay", "paid"]] = [79, 829.5, "rare"]
    made = invent(Table.build(raw, table.schema), rows=60_000).frame
    rare = made[made["paid"] == "rare"]
    assert 1 < len(rare) < 60  # 15 expected
    assert rare["age"].nunique() > len(rare) / 3


def test_numbers_keep_their_range_decimals_and_public_bounds():
    table = people()
    made = invent(table, rows=8000).frame
    assert (made["age"] == made["age"].round()).all()
    assert np.array_equal(made["pay"].dropna().round(2), made["pay"].dropna())
    assert (made["day"] == made["day"].dt.normalize()).all()
    for name in ("age", "pay", "day"):
        assert table.frame[name].min() <= made[name].min() <= made[name].max() <= table.frame[name].max()
    narrow = column("age", bounds=(30, 60))
    assert invent(Table(table.frame, table.schema.changed(narrow))).frame["age"].between(30, 60).all()
    day = column("day", Kind.DATE, bounds=("2020-02-01", "2020-03-01"))
    bounded = invent(Table(table.frame, table.schema.changed(day))).frame["day"]
    assert bounded.between(pd.Timestamp("2020-02-01"), pd.Timestamp("2020-03-01")).all()


def test_a_member_s_extreme_value_does_not_come_back():
    rng = np.random.default_rng(4)
    pay = rng.lognormal(3, 1, 2000)
    pay[7] = 1e6
    table = Table.build(pd.DataFrame({"pay": pay}), Schema((column("pay"),)))
    made = invent(table, rows=20_000).frame["pay"].to_numpy()
    assert made.max() < 0.2 * pay.max()
    assert not np.isin(made, pay).any()
    assert abs(np.median(made) - np.median(pay)) < 0.1 * np.median(pay)


def test_stretches_hold_a_crowd_or_a_value_that_a_crowd_shares():
    rng = np.random.default_rng(5)
    values = np.concatenate([np.zeros(500), rng.integers(1, 400, 3000), rng.normal(0, 50, 400)])
    found, place = stretches(values)
    rows = np.bincount(place, minlength=len(found))
    single = found.low == found.high
    # A stretch may hold fewer rows only between two shared values; it is then as wide as the gap between them.
    short = np.flatnonzero((rows < CROWD) & ~single)
    assert all(single[at - 1] and single[at + 1] and found.low[at] == found.low[at - 1] for at in short)
    assert (rows[single] >= CROWD).all()
    assert (np.diff(place[np.argsort(values, kind="stable")]) >= 0).all()
    assert (found.low <= found.high).all()


def test_a_number_to_predict_is_a_column_like_the_others():
    rng = np.random.default_rng(6)
    age = rng.normal(50, 10, 2000)
    raw = pd.DataFrame({"age": age, "pay": 3 * age + rng.normal(0, 5, 2000)})
    table = Table.build(raw, Schema((column("age"), column("pay", role=Role.TARGET))))
    made = invent(table, facts=NUMBERS).frame
    assert np.corrcoef(made["age"], made["pay"])[0, 1] > 0.97
    assert made["pay"].nunique() > 1900


def test_a_numeric_target_of_few_values_is_classes():
    raw = people().frame
    raw = raw.assign(paid=(raw["paid"] == "yes").astype(float))
    table = Table.build(raw, people().schema.changed(column("paid", role=Role.TARGET)))
    made = invent(table, facts=PublicFacts(people=100, classes=("0", "1"))).frame
    assert set(made["paid"]) == {0.0, 1.0}
    assert made.loc[made["paid"] == 1, "age"].mean() > made.loc[made["paid"] == 0, "age"].mean() + 10


def test_labels_of_an_earlier_step_keep_their_meaning():
    labels = pd.Categorical.from_codes([0, 1] * 300, categories=["[0, 50)", "[50, 100)"])
    meaning = Meaning((), np.array([25.0, 75.0]))
    frame = pd.DataFrame({"age": labels, "paid": pd.Categorical(["no", "yes"] * 300)})
    made = invent(Table(frame, Schema((column("age", Kind.CATEGORICAL), TARGET)), {"age": meaning}))
    assert made.meanings == {"age": meaning}
    assert made.frame["age"].dtype == labels.dtype
    assert ((made.frame["age"] == "[0, 50)") == (made.frame["paid"] == "no")).all()


def test_the_seed_decides_and_as_many_rows_come_as_are_asked_for():
    table = people(200)
    before = table.fingerprint
    assert invent(table, seed=1).fingerprint == invent(table, seed=1).fingerprint
    assert invent(table, seed=1).fingerprint != invent(table, seed=2).fingerprint
    assert [len(invent(table, rows=rows)) for rows in (0, 7, 500)] == [200, 7, 500]
    assert table.fingerprint == before
    made = invent(table, rows=3)
    assert made.schema == table.schema
    assert made.frame.dtypes.equals(table.frame.dtypes)


def test_more_rows_leak_more_is_said_where_rows_are_chosen():
    (rows,) = GaussianCopula.parameters()
    assert "leak" in rows.describe()["help"]


def test_a_table_of_identifiers_only_is_refused():
    schema = Schema((column("name", Kind.CATEGORICAL, Role.DIRECT_IDENTIFIER),))
    assert GaussianCopula().unsupported(schema, FACTS) is not None
    with pytest.raises(UserError, match="not an identifier"):
        invent(Table.build(pd.DataFrame({"name": ["a", "b"]}), schema))


def awkward() -> dict[str, Table]:
    rng = np.random.default_rng(7)
    answers = rng.choice(["no", "yes"], 200).tolist()
    text = Kind.CATEGORICAL

    def build(*columns: Column, **data: object) -> Table:
        return Table.build(pd.DataFrame(data), Schema((*columns, TARGET)))

    same = rng.normal(size=200)
    return {
        "nobody": people(5).take(np.zeros(0, dtype=np.int64)),
        "1 row": people(1),
        "2 rows": people(2),
        "40 rows": people(40),
        "a row per class": build(column("x"), x=range(200), paid=[f"p{i}" for i in range(200)]),
        "constant": build(column("x"), column("c", text), x=[1.0] * 200, c=["a"] * 200, paid=answers),
        "one small number": build(column("x"), x=[5.0] * 3, paid=answers[:3]),
        "unique": build(column("c", text), column("x"), c=[f"u{i}" for i in range(200)], x=range(200), paid=answers),
        "the same twice": build(column("x"), column("y"), x=same, y=same, paid=answers),
        "half missing": build(column("c", text), column("x"), c=[None, "a"] * 100, x=[None, 1.0] * 100, paid=answers),
        "nothing known": build(column("c", text), column("x"), c=[None] * 200, x=[None] * 200, paid=answers),
        "no dates": build(column("d", Kind.DATE), d=pd.to_datetime([None] * 200), paid=answers),
        "known in one class": build(column("x"), x=[1.0 if a == "no" else None for a in answers], paid=answers),
        "target missing": build(column("x"), x=range(200), paid=[None, *answers[1:]]),
        "one class": build(column("x"), x=range(200), paid=["no"] * 200),
        "huge": build(column("x"), column("y"), x=[-1.7e308, 1.7e308] * 100, y=[0, 5e-324] * 100, paid=answers),
        "few huge": build(column("x"), x=[-1.7e308, 1e300, 3, 1.7e308], paid=answers[:4]),
        "only a target": build(paid=answers),
    }


@pytest.mark.parametrize("name", awkward())
def test_awkward_tables_give_rows_within_what_the_members_have(name):
    table = awkward()[name]
    made = invent(table)
    assert len(made) == len(table)
    assert made.frame.dtypes.equals(table.frame.dtypes)
    for label in table.schema.names:
        real, new = table.frame[label], made.frame[label]
        if isinstance(real.dtype, pd.CategoricalDtype):
            assert set(new.astype(str)) <= set(real.astype(str))
        else:
            assert new.isna().all() if real.isna().all() else new.dropna().between(real.min(), real.max()).all()
            assert new.isna().any() <= real.isna().any()
