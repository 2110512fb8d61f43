"""What invented rows share: names that are nobody's in the form of the column, counted copies, attackers not misled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from stdnum import luhn as stdnum_luhn

from core.data import pii
from core.data.pii_national import OFFICIAL
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.rng import rng_for
from core.techniques import TECHNIQUES
from core.techniques.base import PublicFacts
from core.techniques.dp_marginals import DPMarginals
from core.techniques.gaussian_copula import GaussianCopula
from core.techniques.invented import copied, fake_cells, invented_schema, kept
from core.techniques.sequential_trees import SequentialTrees
from core.tradeoff.attacked import Attacked, invented_names
from core.tradeoff.bench import Bench, public_domains
from core.tradeoff.recipe import Recipe
from core.tradeoff.study import parse_study

TARGET = Column(name="paid", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes"))
AGE = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100))
FACTS = PublicFacts(people=200, classes=("no", "yes"))
SYNTHETIC = [key for key, cls in TECHNIQUES.items() if cls.synthetic]


def identified(kind: Kind = Kind.CATEGORICAL, **columns: object) -> Table:
    """A table whose identifiers are these columns."""
    rng = np.random.default_rng(0)
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({**columns, "age": rng.integers(20, 80, n), "paid": rng.choice(["no", "yes"], n)})
    names = (Column(name=name, kind=kind, role=Role.DIRECT_IDENTIFIER) for name in columns)
    return Table.build(frame, Schema((*names, AGE, TARGET)))


def fakes(values: list[object], name: str = "x", kind: Kind = Kind.CATEGORICAL, count: int = 150) -> list[object]:
    found = fake_cells(identified(kind, **{name: values}), name, count, np.random.default_rng(1))
    return list(pd.Series(found))


def luhn(body: str) -> str:
    return body + stdnum_luhn.calc_check_digit(body)


def real_values() -> dict[str, tuple[list[str], str]]:
    """Real-looking values of each kind, and the pattern that they and the fakes have."""
    rng = np.random.default_rng(2)
    few = rng.choice(10**6, 150, replace=False)
    first = rng.choice(["Ann", "Mary", "John", "Peter", "Laura", "David"], 150)
    ibans = [f"GB{98 - int(f'32142829{i:014d}161100') % 97:02d}WEST{i:014d}" for i in few]
    hexes = [rng.bytes(16).hex() for _ in few]
    return {
        "e-mail": ([f"user{i}@mail.com" for i in few], "e-mail"),
        "phone": ([f"+49 30 {i:06d}7" for i in few], "phone"),
        "card": ([luhn(f"5105{i:011d}") for i in few], "card"),
        "IMEI": ([luhn(f"49{i:012d}") for i in few], "IMEI"),
        "IBAN": (ibans, "IBAN"),
        "UUID": ([f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}" for h in hexes], "UUID"),
        "MAC": ([":".join(h[i : i + 2] for i in range(0, 12, 2)) for h in hexes], "MAC"),
        "IP": ([f"10.{i // 65536}.{i // 256 % 256}.{i % 256}" for i in few], "IP"),
        "IPv6": ([f"fe80::{h[:4]}:{h[4:8]}" for h in hexes], "IP"),
        "URL": ([f"https://social.net/{i}" for i in few], "URL"),
        "name": (
            [f"{f} Berg{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}" for f, i in zip(first, few, strict=True)],
            "name",
        ),
    }


@pytest.mark.parametrize("kind", real_values())
def test_fakes_have_the_form_of_what_they_stand_for_and_are_nobody_s(kind):
    values, pattern = real_values()[kind]
    made = fakes(values)
    assert not set(made) & set(values)
    assert len(set(made)) == 150
    assert pii.matches(pd.Series(made), pattern).all()
    assert not any(str(text).startswith("ID-") for text in made)


@pytest.mark.parametrize("called", ["US social security numbers", "NHS numbers", "Dutch citizen numbers (BSN)"])
def test_official_numbers_keep_their_check_digits(called):
    official = next(one for one in OFFICIAL if one.called == called)
    rng = np.random.default_rng(3)
    form = {"US": "{:03d}-{:02d}-{:04d}", "NH": "{:03d} {:03d} {:04d}", "Du": "{:03d}{:02d}{:04d}"}[called[:2]]
    tops = (900, 1000, 10_000) if called == "NHS numbers" else (900, 100, 10_000)
    drawn = (form.format(*rng.integers(1, tops)) for _ in range(6000))
    values = [text for text in dict.fromkeys(drawn) if official.valid(text)][:120]
    made = fakes(values, name=(*official.topics, "x")[0], count=100)
    assert all(official.valid(str(text)) for text in made)
    assert not set(made) & set(values)


def test_an_unknown_form_keeps_only_what_many_people_share():
    values = [f"PAT-{37 * i:05d}/x" for i in range(1000)]
    made = fakes([*values, "Q-UNIQUE-7"])
    assert all(str(text)[:4] == "PAT-" and str(text)[-2:] == "/x" for text in made)
    assert not set(made) & set(values)
    # Nineteen people are not many: nothing of their form is kept.
    rng = np.random.default_rng(6)
    random = [f"PAT-{i:06d}" for i in rng.choice(10**6, 100, replace=False)]
    assert str(fakes(random[:20], count=3)[0]).startswith("PAT-")
    assert fakes(random[:19], count=3) == ["ID-000001", "ID-000002", "ID-000003"]
    # Nor is a person with a hundred rows.
    table = identified(x=random, who=["p1"] * 100)
    one = Table(table.frame, replace(table.schema, person_id="who"))
    assert str(next(iter(fake_cells(one, "x", 5, np.random.default_rng(0))))).startswith("ID-")


def test_a_form_that_the_members_nearly_fill_is_not_used_because_its_holes_would_tell_who_is_in():
    made = fakes([f"room {i:03d}" for i in range(0, 1000, 2)], count=300)
    assert made[0].startswith("ID-")
    assert fakes(["ID-000001", *(f"ID-{i}" for i in range(15))], count=2) == ["XID-000001", "XID-000002"]


def test_identifiers_that_are_numbers_stay_numbers_nobody_has():
    rng = np.random.default_rng(4)
    values = rng.choice(9 * 10**8, 300, replace=False) + 10**8
    made = np.array(fakes(values.tolist(), kind=Kind.NUMERIC))
    assert np.array_equal(made, np.floor(made))
    assert ((made >= 10**8) & (made < 10**9)).all()
    assert not np.isin(made, values).any()
    # Numbers that count the rows have no room between them: others are longer.
    counted = np.array(fakes(list(range(1, 301)), kind=Kind.NUMERIC))
    assert (counted > 1000).all()
    assert len(set(counted)) == 150
    huge = np.array(fakes([1.5, 2.0**60, -3.0], kind=Kind.NUMERIC))
    assert len(set(huge)) == 150
    assert (huge > 2.0**60).all()


def test_names_repeat_and_are_missing_about_as_often_as_they_were():
    values = [None if i % 4 == 0 else f"Family {chr(65 + i % 23)}{chr(65 + i % 10)}x" for i in range(400)]
    made = pd.Series(fakes(values, name="household", count=4000))
    assert abs(made.isna().mean() - 0.25) < 0.035  # five standard errors of 4,000 coins
    different = pd.Series(values).nunique() / 300 * 3000
    assert 0.6 * different < made.nunique() <= different + 1
    assert pd.Series(fakes([None, None, None])).isna().all()


def test_schema_keeps_names_as_identifiers_without_public_lists_and_leaves_dates_and_persons_out():
    columns = (
        Column(name="name", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER, categories=("Ann", "Bob")),
        Column(name="met", kind=Kind.DATE, role=Role.DIRECT_IDENTIFIER),
        Column(name="note", kind=Kind.TEXT, role=Role.FEATURE),
        Column(name="id", kind=Kind.CATEGORICAL, role=Role.DIRECT_IDENTIFIER),
        AGE,
        TARGET,
    )
    schema = Schema(columns, person_id="id")
    assert kept(schema).names == ("age", "paid")
    assert invented_schema(schema).names == ("name", "age", "paid")
    assert invented_schema(schema).person_id is None
    assert invented_schema(schema)["name"] == Column(name="name", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER)


@pytest.mark.parametrize("key", SYNTHETIC)
def test_no_technique_that_invents_rows_lets_a_real_identifier_out(key):
    """What allows attackers to leave the names on rows of nobody aside."""
    table = identified(name=[f"Person {i}" for i in range(200)], code=[f"{i:04d}" for i in range(200)])
    facts = replace(FACTS, assume_public_domain=True, domains=public_domains(table))
    made = TECHNIQUES[key]().protect(table, facts, np.random.default_rng(0)).table
    for name in made.schema.identifying:
        assert not set(made.frame[name]) & set(table.frame[name])


def test_copies_are_counted_and_told_but_not_by_a_private_technique():
    raw = pd.DataFrame({"age": [30.0] * 100 + [40.0] * 100, "paid": ["no"] * 100 + ["yes"] * 100})
    table = Table.build(raw, Schema((AGE, TARGET)))
    for technique in (SequentialTrees(rows=50), GaussianCopula(rows=50)):
        notes = technique.protect(table, FACTS, np.random.default_rng(0)).notes
        told = "50 of 50 invented rows (100.0%) are equal to a member's row in all columns that are not identifiers."
        assert notes == (told,)
    assert DPMarginals(epsilon=5.0).protect(table, FACTS, np.random.default_rng(0)).notes == ()
    other = raw.assign(age=[30.0] * 199 + [41.0])
    assert copied(raw, other, ("age", "paid")).sum() == 100
    assert copied(raw.astype({"paid": "category"}), other, ("age", "paid")).sum() == 100


def test_the_names_are_said_to_be_invented():
    table = identified(name=[f"Person {i}" for i in range(50)])
    notes = SequentialTrees().protect(table, FACTS, np.random.default_rng(0)).notes
    assert notes[-1] == "The direct identifiers (name) are invented too: no member has any of them."


def scene_of(step, table: Table):
    """What attackers on rows get to see of one replicate."""
    study = parse_study({"study": {"name": "s", "seed": 6}, "attacker": {"knows": ["name", "age"]}})
    bench = Bench.prepare(study, table)
    facts, streams = bench.facts(full=False), partial(rng_for, 6)
    recipe = Recipe("r", step, "both")
    release = recipe.apply(bench.table.take(bench.split.member_rows(0)), study.model, facts, streams)
    return release, Attacked(bench, recipe, release, study, facts, streams, 0)._scene()[0]


def test_attackers_are_not_led_astray_by_names_of_nobody_masked_or_not():
    table = identified(name=[f"Person {i}" for i in range(100)])
    for masks in ((), ({"method": "partial"},), ({"method": "drop"},)):
        steps = (SequentialTrees(), *(TECHNIQUES["mask_identifiers"](**settings) for settings in masks))
        release, view = scene_of(steps, table)
        assert ("name" in release.rows.schema) == (masks != ({"method": "drop"},))
        assert view.released.schema.names == ("age", "paid")
        assert view.knows == ("age",)


@dataclass(frozen=True, kw_only=True)
class Leaky(SequentialTrees):
    """Rows that are said to be nobody's, with the name of one member among invented ones."""

    def protect(self, members, facts, rng):
        found = super().protect(members, facts, rng)
        names = found.table.frame["name"].astype(object)
        names[0] = members.frame["name"].iloc[0]
        frame = found.table.frame.assign(name=pd.Categorical(names))
        return replace(found, table=replace(found.table, frame=frame))


def test_a_real_name_among_the_invented_ones_is_known_to_attackers():
    _, view = scene_of((Leaky(),), identified(name=[f"Person {i}" for i in range(100)]))
    assert view.knows == ("name", "age")


def test_a_date_of_birth_that_was_shifted_before_the_rows_were_invented_stays_known():
    born = Column(name="born", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER)
    frame = pd.DataFrame({"born": pd.to_datetime(["2000-01-01", "2001-01-01"]), "age": [20.0, 21.0]})
    rows = Table.build(frame, Schema((born, AGE)))
    assert invented_names(rows, rows, Schema((replace(born, role=Role.DIRECT_IDENTIFIER), AGE))) == ()


def test_no_member_s_value_is_drawn_even_where_that_would_happen_by_chance():
    rng = np.random.default_rng(5)
    values = [f"K{i:06d}" for i in rng.choice(10**6, 3000, replace=False)]
    # 6,000 of a million codes: about 18 members' would be among them.
    made = fakes(values, count=6000)
    assert made[0].startswith("K")
    assert not set(made) & set(values)
    assert len(set(made)) == 6000
    # A tenth of all there are would show by what is missing who is in.
    assert fakes(values, count=100_000)[0].startswith("ID-")
