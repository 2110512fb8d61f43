"""full_domain_k_anonymity: known tables, who is left out, one map for everybody, what it promises and refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.hierarchy import SPENT
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.models.encode import Encoder
from core.privacy.classes import equivalence_classes
from core.privacy.verify import verify
from core.techniques.base import PublicFacts
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from tests.tables import awkward, people

N, C, QI = Kind.NUMERIC, Kind.CATEGORICAL, Role.QUASI_IDENTIFIER
FACTS = PublicFacts(people=80, classes=("no", "yes"))


def run(table: Table, **settings):
    return FullDomainKAnonymity(**settings).protect(table, FACTS, np.random.default_rng(0))


def levels_column(name: str, *rows: tuple[str, ...], role: Role = QI) -> Column:
    return Column(name=name, kind=C, role=role, hierarchy=Hierarchy(kind="levels", rows=rows))


def build(data: dict, *columns: Column, person: str | None = None) -> Table:
    return Table.build(pd.DataFrame(data), Schema(columns, person))


def codes(*texts: str) -> Column:
    return Column(name="zip", kind=C, role=QI, categories=texts, hierarchy=Hierarchy(kind="prefix"))


def arx_table() -> Table:
    """The seven rows of ARX's test data."""
    rows = [(34, "male", "81667"), (45, "female", "81675"), (66, "male", "81925"), (70, "female", "81931")]
    rows += [(34, "female", "81931"), (70, "male", "81931"), (45, "male", "81931")]
    age = levels_column("age", ("34", "<50", "*"), ("45", "<50", "*"), ("66", ">=50", "*"), ("70", ">=50", "*"))
    sex = levels_column("gender", ("male", "*"), ("female", "*"))
    zips = Column(name="zip", kind=C, role=QI, hierarchy=Hierarchy(kind="prefix"))
    data = dict(zip(("age", "gender", "zip"), zip(*((str(a), g, z) for a, g, z in rows), strict=True), strict=True))
    return build(data, age, sex, zips)


def test_the_seven_rows_of_arx_reach_k_2_without_leaving_anybody_out():
    protected = run(arx_table(), k=2, suppression_limit=0)
    classes = equivalence_classes(protected.table, ("age", "gender", "zip"))
    assert classes.prosecutor_max == 0.5
    assert classes.prosecutor_average == pytest.approx(3 / 7)
    assert len(protected.table) == 7
    assert protected.levels == {"age": 1, "gender": 1, "zip": 2}


def inpatients() -> Table:
    """Machanavajjhala et al. 2007, table 1."""
    zips = ["13053", "13068", "13068", "13053", "14853", "14853", "14850", "14850", "13053", "13053", "13068", "13068"]
    age = [28, 29, 21, 23, 50, 55, 47, 49, 31, 37, 36, 35]
    land = ["Ru", "Am", "Ja", "Am", "In", "Ru", "Am", "Am", "Am", "In", "Ja", "Am"]
    ill = ["HD", "HD", "VI", "VI", "Ca", "HD", "VI", "VI", "Ca", "Ca", "Ca", "Ca"]
    ages = [(str(a), "<30" if a < 30 else "3*" if a < 40 else ">=40", "<=40" if a < 40 else ">40") for a in age]
    return build(
        {"zip": zips, "age": [str(a) for a in age], "land": land, "ill": ill},
        Column(name="zip", kind=C, role=QI, hierarchy=Hierarchy(kind="prefix")),
        levels_column("age", *ages),
        levels_column("land", ("Ru", "*"), ("Am", "*"), ("Ja", "*"), ("In", "*")),
        Column(name="ill", kind=C, role=Role.SENSITIVE),
    )


def test_the_inpatients_reach_their_published_k_4_and_then_l_3():
    four = run(inpatients(), k=4, suppression_limit=0)
    assert verify(four.table, ("zip", "age", "land"), FullDomainKAnonymity(k=4).constraints) is None
    both = FullDomainKAnonymity(k=4, l=3, suppression_limit=0)
    found = run(inpatients(), k=4, l=3, suppression_limit=0)
    assert verify(found.table, ("zip", "age", "land"), both.constraints) is None
    assert len(found.table) == 12
    # The paper's 3-diverse table: 1305*, 1306* and 1485*, at most 40 or older.
    assert found.levels == {"zip": 1, "age": 2, "land": 1}
    entropy = run(inpatients(), k=4, l=2.8, diversity="entropy", suppression_limit=0)
    assert entropy.levels == {"zip": 1, "age": 2, "land": 1}
    # 1/6 is its distance from all twelve
    assert run(inpatients(), k=4, l=3, t=0.1667, suppression_limit=0).levels == {"zip": 1, "age": 2, "land": 1}
    assert run(inpatients(), k=4, l=3, t=0.166, suppression_limit=0).levels != {"zip": 1, "age": 2, "land": 1}


def test_the_regrouped_salaries_have_their_published_distance():
    """Li et al. 2007, table 5: 4767*, 4790* and 4760* are at .1667 of the salaries of all nine."""
    zips = ["47677", "47602", "47678", "47905", "47909", "47906", "47605", "47673", "47607"]
    age = [29, 22, 27, 43, 52, 47, 30, 36, 32]
    table = build(
        {"zip": zips, "age": [str(a) for a in age], "pay": [3, 4, 5, 6, 11, 8, 7, 9, 10]},
        Column(name="zip", kind=C, role=QI, hierarchy=Hierarchy(kind="prefix")),
        levels_column("age", *((str(a), "<=40" if a <= 40 else ">40") for a in age)),
        Column(name="pay", kind=N, role=Role.SENSITIVE),
    )
    assert run(table, k=3, t=0.167, suppression_limit=0).levels == {"zip": 1, "age": 1}
    assert run(table, k=3, t=0.166, suppression_limit=0).levels != {"zip": 1, "age": 1}


def test_the_loss_counts_the_leaves_of_the_level_file_also_those_nobody_has():
    town = levels_column("zip", ("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"), ("e", "y"))
    found = run(build({"zip": ["a", "b", "d", "d"]}, town), k=2, suppression_limit=0).found
    assert found.best.cost == pytest.approx((2 * (3 - 1) + 2 * (2 - 1)) / 4 / 4)


def test_a_value_that_the_file_lacks_costs_everything_above_level_zero_and_is_told():
    town = levels_column("zip", ("a", "x"), ("b", "x"), ("c", "y"))
    protected = run(build({"zip": ["a", "b", "Rome", "Oslo"]}, town), k=2, suppression_limit=0)
    assert protected.found.best.cost == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    assert any("2 values of 'zip'" in note for note in protected.notes)


def test_missing_values_are_values_and_a_column_of_one_value_costs_nothing():
    same = Column(name="same", kind=C, role=QI)
    table = build({"zip": ["10", "10", None, None], "same": ["x"] * 4}, codes("10", "20"), same)
    protected = run(table, k=2, suppression_limit=0)
    assert protected.found.best.cost == 0
    assert protected.levels == {"zip": 0, "same": 0}
    assert run(table, k=4, suppression_limit=0).found.best.cost == pytest.approx(0.5)


@pytest.mark.parametrize(("limit", "left"), [(0.0, 0), (0.09, 0), (0.1, 1), (0.29, 2), (0.3, 3)])
def test_the_limit_is_a_share_of_rows_rounded_down(limit, left):
    table = build({"zip": ["11"] * 7 + ["22", "33", "44"]}, codes("11", "22", "33", "44"))
    protected = run(table, k=2, suppression_limit=limit)
    assert len(table) - len(protected.table) in (0, left)
    assert (protected.levels["zip"] == 0) == (limit == 0.3)
    exact = run(build({"zip": ["11"] * 71 + [f"{i}" for i in range(20, 49)]}, codes()), k=2, suppression_limit=0.29)
    assert len(exact.table) == 71  # .29 x 100 is 28.999... for a computer


def test_people_are_counted_but_rows_are_limited():
    who = Column(name="id", kind=C, role=Role.DIRECT_IDENTIFIER)
    data = {"id": ["u", "u", "u", "v", "w", "x"], "zip": ["11", "11", "11", "22", "22", "22"]}
    table = build(data, who, codes("11", "22"), person="id")
    assert run(table, k=2, suppression_limit=0.49).levels == {"zip": 2}  # three rows of one person are a crowd of one
    protected = run(table, k=2, suppression_limit=0.5)
    assert protected.source.tolist() == [3, 4, 5]
    assert verify(protected.table, ("zip",), FullDomainKAnonymity(k=2).constraints) is None


def test_t_is_judged_again_on_the_rows_that_are_left():
    # At level 0 the one row of 22 goes. 33 is at 1/6 of all ten rows (half of them a), but at 2/9 of the nine left.
    ill = ["a", "b", "a", "a", "a", "b", "b", "a", "b", "b"]
    zips = ["11"] * 6 + ["22"] + ["33"] * 3
    table = build({"zip": zips, "s": ill}, codes("11", "22", "33"), secret())
    protected = run(table, k=3, t=0.2, suppression_limit=0.3)
    assert protected.levels == {"zip": 2}
    assert len(protected.table) == 10
    assert run(table, k=3, t=0.23, suppression_limit=0.3).levels == {"zip": 0}


def test_only_what_is_made_coarser_changes_and_has_no_hierarchy_left():
    table = people(160)
    protected = run(table, k=5)
    for name, level in protected.levels.items():
        column = protected.table.schema[name]
        assert (column.hierarchy == SPENT) == (level > 0)
        assert (column == table.schema[name]) == (level == 0)
    for name in ("name", "born", "illness", "hours", "rich"):
        assert list(protected.table.frame[name]) == list(table.frame[name].iloc[protected.source])


def test_anybody_is_recoded_by_the_members_map_into_columns_a_model_can_read():
    table = people(160)
    members, others = table.take(np.arange(100)), table.take(np.arange(100, 160))
    protected = run(members, k=5)
    assert len(protected.recode(others)) == 60  # nobody else is left out
    for ordinal in (False, True):
        encoder = Encoder.fit(protected.table, ordinal)
        assert np.isfinite(encoder.transform(protected.recode(others))).all()


@pytest.mark.parametrize("name", list(awkward()))
@pytest.mark.parametrize("metric", ["loss", "discernibility", "accuracy"])
def test_awkward_tables_reach_k_or_say_why_not(name, metric):
    table = awkward()[name]
    technique = FullDomainKAnonymity(k=3, metric=metric)
    facts = PublicFacts(people=len(table), classes=("(missing)", "no", "rare", "yes", "0", "1"))
    protected = technique.protect(table, facts, np.random.default_rng(0))
    assert verify(protected.table, table.schema.quasi_identifiers, technique.constraints) is None
    assert len(table) - len(protected.table) <= 0.04 * len(table)
    assert (protected.found.tried > 0) == (metric == "accuracy")


def test_accuracy_keeps_the_column_that_the_target_needs_and_says_how_many_nodes_were_tried():
    rng = np.random.default_rng(3)
    good, noise = rng.integers(0, 2, 600), rng.integers(0, 8, 600)
    columns = (
        levels_column("noise", *((str(i), "*") for i in range(8))),
        levels_column("good", ("0", "*"), ("1", "*")),
        Column(name="y", kind=C, role=Role.TARGET, categories=("no", "yes")),
    )
    data = {"noise": noise.astype(str), "good": good.astype(str), "y": np.where(good == 1, "yes", "no")}
    table = build(data, *columns)
    # Either the column that decides everything is kept or the one that says nothing; they cost the same.
    cheap = run(table, k=60, suppression_limit=0)
    protected = run(table, k=60, suppression_limit=0, metric="accuracy")
    assert cheap.levels == {"noise": 0, "good": 1}
    assert protected.levels == {"noise": 1, "good": 0}
    assert protected.found.tried >= 2
    assert f"tried a model on {protected.found.tried} of" in protected.notes[0]


def test_accuracy_predicts_numbers_too():
    rng = np.random.default_rng(4)
    good, noise = rng.integers(0, 2, 400), rng.integers(0, 8, 400)
    columns = (
        levels_column("good", ("0", "*"), ("1", "*")),
        levels_column("noise", *((str(i), "*") for i in range(8))),
        Column(name="y", kind=N, role=Role.TARGET),
    )
    table = build(
        {"good": good.astype(str), "noise": noise.astype(str), "y": good * 50 + rng.normal(0, 1, 400)}, *columns
    )
    technique = FullDomainKAnonymity(k=40, suppression_limit=0, metric="accuracy")
    protected = technique.protect(table, PublicFacts(people=400, classes=()), np.random.default_rng(0))
    assert protected.levels == {"good": 0, "noise": 1}


def test_more_people_than_there_are_and_demands_nobody_can_meet_are_refused_with_the_limit():
    with pytest.raises(UserError, match="k = 5,000 cannot be reached with 160 people"):
        run(people(160), k=5000)
    with pytest.raises(UserError, match=r"l = 4 \(distinct\).*suppression limit 0\.04"):
        run(people(160), k=2, l=4)  # there are three illnesses
    with pytest.raises(UserError, match="protects nobody"):
        FullDomainKAnonymity(k=1)
    assert FullDomainKAnonymity(k=1, l=2).constraints.l == 2


def test_everybody_out_is_no_release():
    with pytest.raises(UserError, match="must be left out"):
        run(
            build({"zip": ["1", "2", "3"], "s": ["a"] * 3}, codes("1", "2", "3"), secret()),
            k=2,
            l=2,
            suppression_limit=1,
        )


def secret() -> Column:
    return Column(name="s", kind=C, role=Role.SENSITIVE)


def test_what_a_table_lacks_is_a_reason():
    bare = people().drop(("age", "job", "zip")).schema
    assert "quasi-identifier" in FullDomainKAnonymity().unsupported(bare, FACTS)
    schema = people().drop(("illness", "rich")).schema
    assert "sensitive" in FullDomainKAnonymity(l=2).unsupported(schema, FACTS)
    assert "target" in FullDomainKAnonymity(metric="accuracy").unsupported(schema, FACTS)
    assert FullDomainKAnonymity().unsupported(schema, FACTS) is None


def test_without_quasi_identifiers_left_everybody_is_one_class():
    table = people().drop(("age", "job", "zip"))
    assert run(table, k=5).table is table
    with pytest.raises(UserError, match="all people together"):
        run(table, k=5, l=4)


def test_the_guarantee_says_k_l_t_who_may_go_and_what_was_learned():
    technique = FullDomainKAnonymity(k=3, l=2, diversity="entropy", t=0.3, suppression_limit=0.1)
    promised = technique.guarantee(people().schema, FACTS)
    assert (promised.kind, promised.k, promised.l, promised.t) == ("k_anonymity", 3, 2.0, 0.3)
    told = "\n".join(promised.assumptions)
    for part in ("(age, job, zip)", "entropy", "automatic distance", "a share of 0.1.", "of job, zip were learned"):
        assert part in told
    plain = FullDomainKAnonymity(k=3).guarantee(people().schema, FACTS)
    assert (plain.l, plain.t) == (None, None)


def test_the_order_of_the_rows_changes_nobodys_labels():
    table = people(160)
    order = np.random.default_rng(2).permutation(160)
    one, two = run(table, k=6), run(table.take(order), k=6)
    assert one.levels == two.levels
    back = np.sort(order[two.source])
    assert back.tolist() == one.source.tolist()


@pytest.mark.parametrize("as_text", [False, True])
def test_numbers_with_a_level_file_cost_what_their_texts_cost(as_text):
    """Five leaves, four of them with somebody: at level 1, "<20" covers three leaves and ">=20" two."""
    rows = (("17", "<20", "*"), ("18", "<20", "*"), ("19", "<20", "*"), ("30", ">=20", "*"), ("31", ">=20", "*"))
    kind = C if as_text else N
    age = Column(name="age", kind=kind, role=QI, hierarchy=Hierarchy(kind="levels", rows=rows))
    values = ["17", "18", "30", "31"] if as_text else [17.0, 18, 30, 31]
    protected = run(build({"age": values}, age), k=2, suppression_limit=0)
    assert protected.found.best.cost == pytest.approx((2 * 2 / 4 + 2 * 1 / 4) / 4)
    assert protected.table.frame["age"].astype(str).tolist() == ["<20", "<20", ">=20", ">=20"]
