"""full_domain_k_anonymity finds the optimum: compared with the definition, every node and row, in pandas and loops."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.data.hierarchy import fit_hierarchy
from core.data.samples import load_sample
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.privacy.constraints import Constraints
from core.privacy.verify import verify
from core.techniques.base import PublicFacts
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from core.techniques.lattice_classes import Crowd

NOBODY = "\x00missing"


def texts(cells) -> list[str]:
    return [NOBODY if pd.isna(cell) else str(cell) for cell in cells]


def labels(table: Table, name: str) -> list[list[str]]:
    """For each level the label of every row."""
    fitted = fit_hierarchy(table.schema[name], table)
    raw = table.frame[name]
    return [texts(raw), *(texts(fitted.apply(raw, level)[0]) for level in range(1, fitted.levels + 1))]


def cell_losses(table: Table, name: str, by_level: list[list[str]]) -> list[list[float]]:
    """(leaves covered - 1) / (leaves - 1) for every level and row."""
    spec, raw = table.schema[name].hierarchy, by_level[0]
    file = spec.rows if spec is not None and spec.kind == "levels" else ()
    found = [[0.0] * len(raw)]
    for level in range(1, len(by_level)):
        losses = []
        for value, label in zip(raw, by_level[level], strict=True):
            if not file:
                covered = {v for v, other in zip(raw, by_level[level], strict=True) if other == label}
                losses.append((len(covered) - 1) / (len(set(raw)) - 1) if len(set(raw)) > 1 else 0.0)
            elif level == len(by_level) - 1:  # "*" covers all there is
                losses.append(1.0 if len({row[0] for row in file} | set(raw)) > 1 else 0.0)
            elif value == NOBODY:
                losses.append(0.0)
            elif value not in {row[0] for row in file}:
                losses.append(1.0)
            else:
                covered = [row for row in file if row[level] == label]
                losses.append((len(covered) - 1) / max(len(file) - 1, 1))
        found.append(losses)
    return found


def counts(rows: list[int], who: list[int], values: list[str]) -> Counter[str]:
    """How many people have each value; a person counts once per value."""
    return Counter(value for _, value in {(who[row], values[row]) for row in rows})


def diverse(people: Counter[str], asked: Constraints) -> bool:
    found, total = sorted(people.values(), reverse=True), sum(people.values())
    if asked.diversity == "distinct":
        return len(found) >= asked.l
    if asked.diversity == "entropy":
        return sum(-n / total * math.log(n / total) for n in found) >= math.log(asked.l) - 1e-9
    return found[0] < asked.c * sum(found[math.ceil(asked.l) - 1 :]) * (1 - 1e-9)


def distance(part: Counter[str], whole: Counter[str], order: list[str] | None) -> float:
    gaps = {v: part[v] / sum(part.values()) - n / sum(whole.values()) for v, n in whole.items()}
    if order is None:
        return sum(map(abs, gaps.values())) / 2
    present = [v for v in order if v in gaps]
    return sum(map(abs, itertools.accumulate(gaps[v] for v in present))) / max(len(present) - 1, 1)


def breaks(rows: list[int], everybody: list[int], who: list[int], secrets: list, asked: Constraints) -> bool:
    """Whether a class breaks one of the constraints, told against the distribution of `everybody`."""
    if len({who[row] for row in rows}) < asked.k:
        return True
    for values, order in secrets:
        people = counts(rows, who, values)
        if asked.l > 1 and not diverse(people, asked):
            return True
        if asked.t < 1 and distance(people, counts(everybody, who, values), order) > asked.t + 1e-9:
            return True
    return False


def secrets_in(table: Table, asked: Constraints) -> list[tuple[list[str], list[str] | None]]:
    """The texts of every sensitive column and, for the ordered distance, their order."""
    found: list[tuple[list[str], list[str] | None]] = []
    for name in table.schema.with_role(Role.SENSITIVE):
        column, values = table.schema[name], texts(table.frame[name])
        number = column.kind is Kind.NUMERIC
        rest = sorted({v for v in values if v != NOBODY}, key=float) if number else list(column.categories or ())
        ordered = asked.distance == "ordered" or (asked.distance == "automatic" and number)
        found.append((values, [NOBODY, *rest] if ordered else None))
    return found


def brute_force(table: Table, asked: Constraints, limit: float, metric: str) -> dict[tuple, tuple[float, list[int]]]:
    """Every node that holds: its cost and the rows it keeps."""
    names, everybody, who = table.schema.quasi_identifiers, list(range(len(table))), table.persons.tolist()
    by_level = [labels(table, name) for name in names]
    losses = [cell_losses(table, name, one) for name, one in zip(names, by_level, strict=True)]
    secrets, n = secrets_in(table, asked), len(table)
    found = {}
    for node in itertools.product(*(range(len(one)) for one in by_level)):
        frame = pd.DataFrame({j: one[level] for j, (one, level) in enumerate(zip(by_level, node, strict=True))})
        groups = [rows.tolist() for rows in frame.groupby(list(frame), sort=False).indices.values()]
        kept = [rows for rows in groups if not breaks(rows, everybody, who, secrets, asked)]
        stays = sorted(itertools.chain(*kept))
        out = n - len(stays)
        if out > math.floor(limit * n + 1e-9) or not stays:
            continue
        if any(breaks(rows, stays, who, secrets, asked) for rows in kept):
            continue
        if metric == "discernibility":
            cost = float(sum(len(rows) ** 2 for rows in kept) + out * n)
        else:
            cells = [loss[level][row] for loss, level in zip(losses, node, strict=True) for row in stays]
            cost = (sum(cells) + out * len(names)) / (n * len(names))
        found[node] = (cost, stays)
    return found


QI, S = Role.QUASI_IDENTIFIER, Role.SENSITIVE
TOWNS = (
    ("Ulm", "South"),
    ("Passau", "South"),
    ("Kiel", "North"),
    ("Bonn", "West"),
    ("Essen", "West"),
    ("Jena", "East"),
)
COLUMNS = (
    Column(
        name="age", kind=Kind.NUMERIC, role=QI, bounds=(0, 12), hierarchy=Hierarchy(kind="intervals", widths=(3, 6))
    ),
    Column(name="town", kind=Kind.CATEGORICAL, role=QI, hierarchy=Hierarchy(kind="levels", rows=TOWNS)),
    Column(name="code", kind=Kind.CATEGORICAL, role=QI, hierarchy=Hierarchy(kind="prefix")),
    Column(name="illness", kind=Kind.CATEGORICAL, role=S, categories=("rare", "cold", "flu")),
    Column(name="income", kind=Kind.NUMERIC, role=S),
    Column(name="id", kind=Kind.CATEGORICAL, role=Role.FEATURE),
)
FACTS = PublicFacts(people=10, classes=())
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 0, 1, 4, 5, 11]),
        st.sampled_from([None, "Ulm", "Passau", "Kiel", "Bonn", "Rome"]),  # no Essen; Rome is not in the file
        st.sampled_from(["10", "11", "20"]),
        st.sampled_from(["flu", "cold", "rare", None]),
        st.sampled_from([1, 2, 3, None]),
        st.sampled_from("uvwxyz"),
    ),
    min_size=2,
    max_size=24,
)
ASKED = st.one_of(
    st.builds(lambda k: Constraints(k=k), st.integers(2, 5)),
    st.builds(
        lambda k, ell, diversity, c: Constraints(k=k, l=ell, diversity=diversity, c=c),
        st.integers(1, 3),
        st.sampled_from([1.5, 2.0, 3.0]),
        st.sampled_from(["distinct", "entropy", "recursive"]),
        st.sampled_from([0.8, 2.0]),
    ),
    st.builds(
        lambda k, ell, t, distance: Constraints(k=k, l=ell, t=t, distance=distance),
        st.integers(1, 3),
        st.sampled_from([1.0, 2.0]),
        st.sampled_from([0.1, 0.3, 0.5]),
        st.sampled_from(["automatic", "equal", "ordered"]),
    ),
)


def table_of(rows: list[tuple], *, person: bool = False) -> Table:
    frame = pd.DataFrame(rows, columns=[column.name for column in COLUMNS], dtype=object)
    return Table.build(frame, Schema(COLUMNS, "id" if person else None))


def technique_for(asked: Constraints, limit: float, metric: str, **more) -> FullDomainKAnonymity:
    return FullDomainKAnonymity(
        k=asked.k,
        l=asked.l,
        diversity=asked.diversity,
        c=asked.c,
        t=asked.t,
        distance=asked.distance,
        suppression_limit=limit,
        metric=metric,
        **more,
    )


def compare(table: Table, asked: Constraints, limit: float, metric: str) -> None:
    expected = brute_force(table, asked, limit, metric)
    technique = technique_for(asked, limit, metric)
    if not expected:
        with pytest.raises(UserError, match=r"cannot be reached|must be left out"):
            technique.protect(table, FACTS, np.random.default_rng(0))
        return
    protected = technique.protect(table, FACTS, np.random.default_rng(0))
    node = tuple(protected.levels.values())
    least = min(cost for cost, _ in expected.values())
    assert protected.found.best.cost == pytest.approx(least, rel=1e-9, abs=1e-12)
    assert protected.found.proved
    cost, kept = expected[node]
    assert cost == pytest.approx(least, rel=1e-9, abs=1e-12)
    assert protected.source.tolist() == kept
    assert len(table) - len(protected.table) <= math.floor(limit * len(table) + 1e-9)
    assert verify(protected.table, protected.table.schema.quasi_identifiers, asked) is None
    again = protected.recode(table).take(protected.source).frame
    for name in table.schema.names:
        assert texts(again[name]) == texts(protected.table.frame[name])


@settings(max_examples=10, deadline=None)
@given(ROWS, st.integers(2, 5), st.sampled_from([0.0, 0.1, 0.3]), st.sampled_from(["loss", "discernibility"]))
def test_under_k_the_node_is_the_best_of_all_nodes(rows, k, limit, metric):
    compare(table_of(rows), Constraints(k=k), limit, metric)


@settings(max_examples=15, deadline=None)
@given(ROWS, ASKED, st.sampled_from([0.0, 0.1, 0.3, 1.0]), st.sampled_from(["loss", "discernibility"]), st.booleans())
def test_under_any_constraints_and_with_people_of_several_rows_the_node_is_the_best_of_all(
    rows, asked, limit, metric, person
):
    compare(table_of(rows, person=person), asked, limit, metric)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(ROWS, ASKED, st.sampled_from([0.0, 0.1, 0.3, 1.0]), st.sampled_from(["loss", "discernibility"]), st.booleans())
def test_many_more_random_tables_have_the_best_of_all_nodes(rows, asked, limit, metric, person):
    compare(table_of(rows, person=person), asked, limit, metric)


@settings(max_examples=30, deadline=None)
@given(ROWS, st.sampled_from([0.0, 0.2]))
def test_a_higher_k_never_costs_less(rows, limit):
    table = table_of(rows)
    costs = []
    for k in range(2, len(rows) + 1):
        found = FullDomainKAnonymity(k=k, suppression_limit=limit).protect(table, FACTS, np.random.default_rng(0)).found
        costs.append(found.best.cost)
    assert all(low <= high + 1e-12 for low, high in itertools.pairwise(costs))


@settings(max_examples=30, deadline=None)
@given(ROWS, ASKED, st.sampled_from([0.0, 0.2]))
def test_keeping_the_levels_that_change_nothing_finds_the_same(rows, asked, limit):
    table = table_of(rows)
    technique = technique_for(asked, limit, "loss")
    one, two = (technique.search(table, FACTS, np.random.default_rng(0), every_level=every) for every in (False, True))
    assume(one[1].best is not None)
    assert one[1].best.cost == pytest.approx(two[1].best.cost, rel=1e-12, abs=1e-15)
    assert technique.recoder(one[0], one[1].best.steps).levels == technique.recoder(two[0], two[1].best.steps).levels


def every_node(table: Table, k: int, limit: float, metric: str) -> float:
    """The lowest cost by looking at all nodes, with no bound and no tag."""
    crowd = Crowd.of(table, Constraints(k=k), limit, metric, every_level=True)
    return min(crowd.look(node).cost for node in itertools.product(*(range(step + 1) for step in crowd.top)))


def census(rows: int, columns: tuple[str, ...]) -> Table:
    table = load_sample("adult").take(np.random.default_rng(0).permutation(45_222)[:rows])
    return table.drop(tuple(name for name in table.schema.quasi_identifiers if name not in columns))


@pytest.mark.parametrize("metric", ["loss", "discernibility"])
def test_on_a_piece_of_a_census_the_search_finds_what_looking_at_every_node_finds(metric):
    table = census(400, ("age", "education", "race", "sex"))
    for k in (2, 10):
        found = FullDomainKAnonymity(k=k, metric=metric).protect(table, FACTS, np.random.default_rng(0)).found
        assert found.best.cost == pytest.approx(every_node(table, k, 0.04, metric), rel=1e-12)
        assert found.looked < found.nodes


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["loss", "discernibility"])
@pytest.mark.parametrize("k", [2, 5, 20, 100])
def test_on_a_whole_census_the_search_finds_what_looking_at_every_node_finds(metric, k):
    names = ("age", "workclass", "education", "marital-status", "occupation", "race", "sex")
    table = census(30_162, names)
    found = FullDomainKAnonymity(k=k, metric=metric).protect(table, FACTS, np.random.default_rng(0)).found
    assert found.proved
    assert found.best.cost == pytest.approx(every_node(table, k, 0.04, metric), rel=1e-12)
