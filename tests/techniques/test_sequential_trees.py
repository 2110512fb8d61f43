"""Sequential trees: invented rows look like the members', large leaves do not copy them, awkward tables work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Meaning, Table
from core.errors import UserError
from core.techniques.base import Family, PublicFacts
from core.techniques.sequential_trees import SequentialTrees

FACTS = PublicFacts(people=100, classes=("no", "yes"))
TARGET = Column(name="paid", kind=Kind.CATEGORICAL, role=Role.TARGET)


def numeric(name: str, role: Role = Role.FEATURE) -> Column:
    return Column(name=name, kind=Kind.NUMERIC, role=role)


def categorical(name: str, role: Role = Role.FEATURE) -> Column:
    return Column(name=name, kind=Kind.CATEGORICAL, role=role)


def people(n: int = 200, seed: int = 0) -> Table:
    """Age and town depend on the target; three tenths of the pay are missing; `day` follows age."""
    rng = np.random.default_rng(seed)
    paid = rng.random(n) < 0.3
    age = np.where(paid, rng.integers(50, 80, n), rng.integers(20, 60, n))
    raw = pd.DataFrame(
        {
            "age": age,
            "town": np.where(rng.random(n) < 0.8, np.where(paid, "Ulm", "Bonn"), "Kiel"),
            "pay": np.where(rng.random(n) < 0.3, np.nan, age * 10),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(age, unit="D"),
            "paid": np.where(paid, "yes", "no"),
        }
    )
    day = Column(name="day", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER)
    return Table.build(raw, Schema((numeric("age"), categorical("town"), numeric("pay"), day, TARGET)))


def invent(table: Table, seed: int = 0, rows: int = 0, min_leaf: int = 20) -> Table:
    found = SequentialTrees(rows=rows, min_leaf=min_leaf).protect(table, FACTS, np.random.default_rng(seed))
    assert found.source is None
    assert found.recode(table) is table
    return found.table


def texts(table: Table) -> list[tuple[str, ...]]:
    return list(table.frame.astype(str).itertuples(index=False, name=None))


def test_it_says_that_its_rows_belong_to_nobody_and_promises_nothing():
    assert SequentialTrees.synthetic
    assert SequentialTrees.family is Family.REPLACE
    assert SequentialTrees().guarantee(people().schema, FACTS).kind == "none"


def test_shares_and_means_stay_within_sampling_error():
    table, made = people(), invent(people(), rows=4000)
    real = table.frame
    for name in ("town", "paid"):
        for value in real[name].cat.categories:
            share = (real[name] == value).mean()
            # Drawn from the members, so only the 4,000 draws err: five standard errors.
            assert abs((made.frame[name] == value).mean() - share) < 5 * np.sqrt(share * (1 - share) / 4000)
    assert abs(made.frame["age"].mean() - real["age"].mean()) < 5 * real["age"].std() / np.sqrt(4000)
    missing = real["pay"].isna().mean()
    assert abs(made.frame["pay"].isna().mean() - missing) < 5 * np.sqrt(missing * (1 - missing) / 4000)


def test_dependence_between_columns_is_kept_to_the_size_of_the_leaves():
    real, made = people().frame, invent(people(), rows=4000).frame
    for yes in ("yes", "no"):
        wanted, got = (frame.loc[frame["paid"] == yes] for frame in (real, made))
        assert abs(got["age"].mean() - wanted["age"].mean()) < 1
        assert abs((got["town"] == "Ulm").mean() - (wanted["town"] == "Ulm").mean()) < 0.05
    known = made.dropna()
    assert np.corrcoef(known["age"], known["pay"])[0, 1] > 0.9
    assert np.corrcoef(made["age"], made["day"].astype("int64"))[0, 1] > 0.9
    # One leaf of everybody is what no dependence looks like.
    loose = invent(people(), rows=4000, min_leaf=200).frame.dropna()
    assert abs(np.corrcoef(loose["age"], loose["pay"])[0, 1]) < 0.1


def test_leaves_of_one_row_copy_people_with_a_unique_key_and_large_leaves_do_not():
    rng = np.random.default_rng(2)
    raw = pd.DataFrame({"key": rng.permutation(200), "a": rng.normal(size=200), "b": rng.normal(size=200)})
    raw["paid"] = rng.choice(["no", "yes"], 200)
    table = Table.build(raw, Schema((numeric("key"), numeric("a"), numeric("b"), TARGET)))
    real = set(texts(table))
    copied = [np.mean([row in real for row in texts(invent(table, min_leaf=leaf))]) for leaf in (1, 20)]
    assert copied[0] == 1
    assert copied[1] < 0.05


def test_the_same_seed_invents_the_same_rows_and_another_seed_others():
    table = people()
    assert invent(table, seed=1).fingerprint == invent(table, seed=1).fingerprint
    assert invent(table, seed=1).fingerprint != invent(table, seed=2).fingerprint
    # Many equally good cuts: which one a tree takes must come from the seed too.
    coins = np.random.default_rng(0).integers(0, 2, (60, 9)).astype(str)
    table = Table.build(pd.DataFrame(coins, columns=list("abcdefghi")), Schema(tuple(map(categorical, "abcdefghi"))))
    assert len({invent(table, seed=1, min_leaf=5).fingerprint for _ in range(5)}) == 1


def test_as_many_rows_as_asked_for_or_as_the_members_have():
    assert len(invent(people(50))) == 50
    assert len(invent(people(50), rows=7)) == 7
    assert len(invent(people(50), rows=500)) == 500


def test_columns_keep_their_order_types_and_categories_and_the_members_are_left_alone():
    table = people()
    before = table.fingerprint
    made = invent(table, rows=3)
    assert made.schema == table.schema
    assert list(made.frame.columns) == list(table.frame.columns)
    assert made.frame.dtypes.equals(table.frame.dtypes)
    assert table.fingerprint == before


def test_text_ignored_columns_and_the_person_id_are_left_out_and_names_are_invented():
    table = people(60)
    left_out = (
        categorical("name", Role.DIRECT_IDENTIFIER),
        Column(name="note", kind=Kind.TEXT, role=Role.FEATURE),
        numeric("junk", Role.IGNORED),
        categorical("id", Role.FEATURE),
    )
    raw = table.frame.assign(name=[f"n{i}" for i in range(60)], note="x", junk=1.0, id=[str(i // 3) for i in range(60)])
    wide = Table.build(raw, Schema((*left_out, *table.schema.columns), person_id="id"))
    made = invent(wide)
    assert made.schema == SequentialTrees().schema_after(wide.schema)
    assert made.schema.names == ("name", *table.schema.names)
    assert made.schema.person_id is None
    assert made.schema["name"].role is Role.DIRECT_IDENTIFIER
    assert not set(made.frame["name"]) & set(wide.frame["name"])
    assert made.people == len(made) == 60
    assert wide.schema.model_inputs == made.schema.model_inputs


def test_a_table_of_identifiers_only_is_refused():
    schema = Schema((categorical("name", Role.DIRECT_IDENTIFIER),))
    table = Table.build(pd.DataFrame({"name": ["a", "b"]}), schema)
    assert SequentialTrees().unsupported(schema, FACTS) is not None
    assert SequentialTrees().unsupported(people(5).schema, FACTS) is None
    with pytest.raises(UserError, match="not an identifier"):
        invent(table)


def test_the_target_is_drawn_first_so_that_everything_depends_on_it():
    # The first column takes the first draws of the seed, so the draws tell which column was first.
    table = people()
    made = invent(table, seed=3)
    draws = np.random.default_rng(3).integers(0, len(table), len(table))
    assert (made.frame["paid"].to_numpy() == table.frame["paid"].to_numpy()[draws]).all()
    # Without a target numbers come first.
    bare = Table(table.frame[["town", "age"]], table.schema.without(["paid", "pay", "day"]))
    assert (invent(bare, seed=3).frame["age"].to_numpy() == bare.frame["age"].to_numpy()[draws]).all()
    assert not (invent(bare, seed=3).frame["town"].to_numpy() == bare.frame["town"].to_numpy()[draws]).all()


def test_nobody_gives_no_rows():
    made = invent(people().take(np.zeros(0, dtype=np.int64)), rows=5)
    assert len(made) == 0
    assert made.schema == people().schema


def test_labels_of_an_earlier_step_keep_their_meaning():
    labels = pd.Categorical.from_codes([0, 1] * 30, categories=["[0, 50)", "[50, 100)"])
    meaning = Meaning((), np.array([25.0, 75.0]))
    table = Table(
        pd.DataFrame({"age": labels, "paid": pd.Categorical(["no", "yes"] * 30)}),
        Schema((categorical("age"), TARGET)),
        {"age": meaning},
    )
    made = invent(table)
    assert made.meanings == {"age": meaning}
    assert made.frame["age"].dtype == table.frame["age"].dtype
    assert ((made.frame["age"] == "[0, 50)") == (made.frame["paid"] == "no")).all()


def awkward() -> dict[str, Table]:
    rng = np.random.default_rng(4)
    answers = rng.choice(["no", "yes"], 200).tolist()

    def build(*columns: Column, **data: object) -> Table:
        return Table.build(pd.DataFrame(data), Schema((*columns, TARGET)))

    holes = [None if hole else f"c{i % 5}" for i, hole in enumerate(rng.random(200) < 0.3)]
    wide = [f"c{i}" for i in rng.integers(0, 300, 200)]
    return {
        "40 rows": people(40),
        "2 rows": people(2),
        "30 categories in 40 rows": build(categorical("c"), c=[f"c{i % 30}" for i in range(40)], paid=answers[:40]),
        "constant": build(numeric("x"), categorical("c"), x=[1.0] * 200, c=["a"] * 200, paid=answers),
        "unique": build(categorical("c"), numeric("x"), c=[f"u{i}" for i in range(200)], x=range(200), paid=answers),
        "300 categories": build(categorical("c"), numeric("x"), c=wide, x=rng.normal(size=200), paid=answers),
        "30 % missing": build(categorical("c"), numeric("x"), c=holes, x=[None, 1.0] * 100, paid=answers),
        "nothing known": build(categorical("c"), numeric("x"), c=[None] * 200, x=[None] * 200, paid=answers),
        "target missing": build(numeric("x"), x=range(200), paid=[None, *answers[1:]]),
        "one class": build(numeric("x"), x=range(200), paid=["no"] * 200),
        "huge numbers": build(
            numeric("x"), numeric("y"), x=[-1.7e308, 1.7e308] * 100, y=[0, 5e-324] * 100, paid=answers
        ),
        "only a target": build(paid=answers),
    }


@pytest.mark.parametrize("min_leaf", [1, 20, 5000])
@pytest.mark.parametrize("name", awkward())
def test_awkward_tables_give_rows_whose_values_the_members_have(name, min_leaf):
    table = awkward()[name]
    made = invent(table, min_leaf=min_leaf)
    assert len(made) == len(table)
    assert made.frame.dtypes.equals(table.frame.dtypes)
    for column in table.schema.names:
        assert set(made.frame[column].astype(str)) <= set(table.frame[column].astype(str))
