"""What a stack of steps proves together: what survives a later step, what it voids, and that it says which one did."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core.data.schema import Role, Schema
from core.errors import UserError
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.privacy.verify import verify
from core.rng import rng_for
from core.techniques.base import Family, PublicFacts, Stage, Technique
from core.tradeoff.promise import broken_promise, known_columns, rows_guarantee
from core.tradeoff.recipe import Recipe, expand
from tests.tables import people

FACTS = PublicFacts(people=60, classes=("no", "yes"))
PRIVATE = Guarantee(kind="dp", epsilon=1.0, neighbours="add_remove", unit="row")
MONDRIAN = {"technique": "mondrian_k_anonymity", "k": 5}
DIVERSE = {**MONDRIAN, "l": 2.0, "t": 0.6}
MASK = {"technique": "mask_identifiers"}
COARSER = {"technique": "generalise", "level": 1}


def recipe_of(*steps) -> Recipe:
    (recipe,) = expand("stack", list(steps), "rows")
    return recipe


def promised(*steps, schema: Schema | None = None) -> Guarantee:
    return recipe_of(*steps).guarantee(schema or people().drop(("name",)).schema, FACTS)


KEPT = [
    ("alone", [DIVERSE], (5, 2.0, 0.6)),
    ("nothing after it", [DIVERSE, {"technique": "none"}], (5, 2.0, 0.6)),
    ("a coarsening", [DIVERSE, COARSER], (5, 2.0, 0.6)),
    ("a quasi-identifier dropped", [DIVERSE, {"technique": "drop_columns", "columns": ["zip"]}], (5, 2.0, 0.6)),
    ("the secret dropped", [DIVERSE, {"technique": "drop_columns", "columns": ["illness"]}], (5, None, None)),
    ("noise elsewhere", [DIVERSE, {"technique": "noise_addition", "columns": ["hours"]}], (5, 2.0, 0.6)),
    ("noise before", [{"technique": "noise_addition"}, DIVERSE], (5, 2.0, 0.6)),
    ("the secret randomised", [DIVERSE, {"technique": "pram", "columns": ["illness"]}], (5, None, None)),
    ("a later k of its own", [DIVERSE, {"technique": "microaggregation", "k": 3}], (3, None, None)),
    ("groups of all but some", [DIVERSE, {"technique": "microaggregation", "columns": ["hours"]}], (5, 2.0, 0.6)),
    ("a later local k", [{**MONDRIAN, "k": 2}, {"technique": "local_suppression", "k": 7}], (7, None, None)),
]


@pytest.mark.parametrize(("steps", "figures"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT])
def test_a_promise_is_what_later_steps_leave_of_it(steps, figures):
    found = promised(*steps)
    assert found.kind == "k_anonymity"
    assert (found.k, found.l, found.t) == figures
    sentences = [s for s in found.assumptions if s.startswith(("l (", "t ("))]
    assert len(sentences) == sum(value is not None for value in figures[1:])


VOID = [
    ("noise", {"technique": "noise_addition"}, "Add noise to numbers and dates", "age"),
    ("one column swapped", {"technique": "rank_swap", "columns": ["age"]}, "Swap values between near ranks", "age"),
    ("randomised", {"technique": "pram", "columns": ["job"]}, "", "job"),
    ("some columns averaged", {"technique": "microaggregation", "columns": ["age"]}, "Average small groups", "age"),
    ("invented", {"technique": "sequential_trees"}, "", "belong to nobody|invents"),
]


@pytest.mark.parametrize(("step", "title", "named"), [case[1:] for case in VOID], ids=[case[0] for case in VOID])
def test_a_step_that_changes_quasi_identifiers_voids_the_promise_and_is_named(step, title, named):
    found = promised(DIVERSE, step)
    told = " ".join(found.assumptions)
    assert (found.kind, found.k, found.l, found.t) == ("none", None, None, None)
    assert any(word in told for word in named.split("|"))
    if step["technique"] != "sequential_trees":
        assert "k = 5, l = 2, t = 0.6 is void" in told
        assert title in told


def test_a_k_that_was_void_is_there_again_after_a_step_that_reaches_its_own():
    found = promised(MONDRIAN, {"technique": "noise_addition"}, {"technique": "local_suppression", "k": 4})
    assert (found.kind, found.k) == ("k_anonymity", 4)
    assert "void" not in " ".join(found.assumptions)


def test_shortened_names_are_covered_by_a_k_reached_after_them_and_not_by_one_before():
    schema = people().schema
    partial = {**MASK, "method": "partial"}
    assert promised(partial, MONDRIAN, schema=schema).k == 5
    late = promised(MONDRIAN, partial, schema=schema)
    assert late.kind == "none"
    assert "new quasi-identifiers (name)" in late.assumptions[0]
    for method in ("drop", "pseudonym"):
        assert promised(MONDRIAN, {**MASK, "method": method}, schema=schema).k == 5


def test_moving_dates_voids_a_k_only_where_a_date_is_a_quasi_identifier():
    table = people().drop(("name",))
    moved = {**MASK, "method": "shift_dates"}
    assert promised(MONDRIAN, moved, schema=table.schema).k == 5
    born = table.schema["born"]
    known = table.schema.changed(type(born)(name="born", kind=born.kind, role=Role.QUASI_IDENTIFIER))
    late = promised(MONDRIAN, moved, schema=known)
    assert late.kind == "none"
    assert "born" in late.assumptions[0]


def test_where_people_have_several_rows_only_different_values_survive_merged_crowds():
    schema = people().schema
    schema = Schema(schema.columns, person_id="name")
    schema = schema.changed(type(schema["name"])(name="name", kind=schema["name"].kind, role=Role.IGNORED))
    found = promised(DIVERSE, COARSER, schema=schema)
    assert (found.k, found.l, found.t) == (5, 2.0, None)
    assert any("merges crowds of people with several rows" in line for line in found.assumptions)
    entropy = promised({**MONDRIAN, "l": 1.5, "diversity": "entropy"}, COARSER, schema=schema)
    assert (entropy.k, entropy.l) == (5, None)


@dataclass(frozen=True, kw_only=True)
class Keeper(Technique):
    """Stands for a step that reaches something and keeps the crowds before it."""

    key: ClassVar[str] = "keeper"
    title: ClassVar[str] = "Keeper"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    given: Guarantee = NO_GUARANTEE

    def keeps_crowds(self, schema):
        return True

    def guarantee(self, schema, facts):
        return self.given


def keeper(**figures) -> Keeper:
    from core.privacy.constraints import Constraints

    asked = Constraints(**figures)
    schema = people().schema
    return Keeper(given=Guarantee(kind="k_anonymity", assumptions=asked.assumptions(schema), **asked.figures()))


@pytest.mark.parametrize(
    ("first", "second", "figures"),
    [
        ({"k": 5}, {"k": 2, "l": 3}, (5, 3, None)),
        ({"k": 2, "l": 3}, {"k": 5}, (5, 3, None)),
        ({"k": 5, "l": 3}, {"k": 5, "l": 2}, (5, 3, None)),
        ({"k": 5, "l": 3, "diversity": "entropy"}, {"k": 6, "l": 2}, (6, 2, None)),
        ({"k": 5, "t": 0.2}, {"k": 3}, (5, None, None)),
        ({"k": 5, "t": 0.2}, {"k": 3, "t": 0.4}, (5, None, 0.4)),
    ],
)
def test_two_steps_that_keep_each_others_crowds_combine_and_never_promise_more_than_both(first, second, figures):
    found = rows_guarantee((keeper(**first), keeper(**second)), people().drop(("name",)).schema, FACTS)
    assert (found.k, found.l, found.t) == figures


@dataclass(frozen=True, kw_only=True)
class NoisyRows(Keeper):
    """Stands for rows drawn from noisy counts."""

    key: ClassVar[str] = "noisy_rows"
    synthetic: ClassVar[bool] = True
    given: Guarantee = PRIVATE


def test_differential_privacy_of_rows_survives_whatever_comes_after_it():
    steps = (NoisyRows(), *recipe_of({"technique": "noise_addition"}, MONDRIAN, MASK).steps)
    found = rows_guarantee(steps, people().schema, FACTS)
    assert (found.kind, found.epsilon) == ("dp", 1.0)


def test_noisy_rows_after_a_step_that_read_the_data_are_refused_and_the_other_way_round_not():
    schema = people().drop(("name",)).schema
    (cut,) = recipe_of(MONDRIAN).steps
    assert "promise would not hold" in Recipe("r", (cut, NoisyRows()), "rows").unsupported(schema, FACTS)
    assert Recipe("r", (NoisyRows(), cut), "rows").unsupported(schema, FACTS) is None


def test_each_step_is_asked_about_the_schema_that_reaches_it():
    dropped = recipe_of({"technique": "drop_columns", "columns": ["age", "job", "zip"]}, MONDRIAN)
    assert "nothing to box" in dropped.unsupported(people().schema, FACTS)
    again = recipe_of(MASK, {"technique": "drop_columns", "columns": ["name"]})
    assert "no column name" in again.unsupported(people().schema, FACTS)
    only_names = people().drop(("age", "job", "zip")).schema
    partial = recipe_of({**MASK, "method": "partial"}, MONDRIAN)
    assert recipe_of(MONDRIAN).unsupported(only_names, FACTS) is not None
    assert partial.unsupported(only_names, FACTS) is None


STACKS = [
    [DIVERSE],
    [MASK, DIVERSE, COARSER],
    [DIVERSE, {"technique": "drop_columns", "columns": ["zip"]}, MASK],
    [{**MASK, "method": "partial"}, MONDRIAN],
    [MASK, {"technique": "rank_swap"}, DIVERSE],
    [MASK, DIVERSE, {"technique": "pram", "columns": ["illness"]}],
    [MASK, MONDRIAN, {"technique": "microaggregation", "k": 3}],
    [MASK, {**MONDRIAN, "k": 2}, {"technique": "local_suppression", "k": 7}],
    [MASK, {"technique": "full_domain_k_anonymity", "k": 4, "l": 2.0}],
    [MASK, {"technique": "top_bottom_coding"}, MONDRIAN, {"technique": "noise_addition", "columns": ["hours"]}],
]


@pytest.mark.parametrize("steps", STACKS, ids=lambda steps: "+".join(step["technique"] for step in steps))
@pytest.mark.parametrize("seed", [0, 1])
def test_what_a_stack_promises_is_true_of_what_it_gives(steps, seed):
    recipe, table = recipe_of(*steps), people(160, seed)
    if steps == [DIVERSE]:
        table = table.drop(("name",))
    rows = recipe.protect(table, FACTS, lambda *labels: rng_for(seed, *labels)).table
    found = recipe.guarantee(table.schema, FACTS)
    assert found.kind == "k_anonymity"
    assert broken_promise(rows, table.schema, found) is None
    crowds = rows.frame[list(known_columns(rows.schema, table.schema))].astype(str)
    assert crowds.groupby(list(crowds), dropna=False).size().min() >= found.k


def test_a_promise_is_checked_on_the_columns_that_were_declared_whatever_a_step_calls_them_later():
    table = people().drop(("name", "age"))
    hidden = table.schema["zip"]
    renamed = table.schema.changed(type(hidden)(name="zip", kind=hidden.kind, role=Role.FEATURE))
    rows = type(table)(table.frame, renamed, {})
    two = Guarantee(kind="k_anonymity", k=2)
    assert verify(rows, rows.schema.quasi_identifiers, two) is None
    assert "zip" in known_columns(rows.schema, table.schema)
    assert "classes" in broken_promise(rows, table.schema, two)
    assert broken_promise(rows, table.schema, Guarantee()) is None


def test_a_secret_that_a_crowd_shares_breaks_a_promised_l_in_counts_only():
    table = people(160).drop(("name", "age", "zip"))
    cells = table.frame["illness"].mask(table.frame["job"] == "clerk", "rare")
    rows = type(table)(table.frame.assign(illness=cells), table.schema, {})
    wrong = broken_promise(rows, table.schema, Guarantee(kind="k_anonymity", k=2, l=2.0))
    assert wrong.startswith("1 of 4 classes are below l = 2")
    assert not set(np.unique(table.frame["illness"].astype(str))) & set(wrong.split())


ANY = [
    *({**MASK, "method": method} for method in ("drop", "pseudonym", "partial", "shift_dates")),
    *({**MONDRIAN, **more} for more in ({"k": 3}, {"k": 7, "l": 2.0}, {"k": 4, "t": 0.5})),
    {"technique": "full_domain_k_anonymity", "k": 4, "l": 2.0, "suppression_limit": 0.3},
    *({"technique": "generalise", "level": level} for level in (1, 3)),
    *({"technique": "drop_columns", "columns": [name]} for name in ("age", "zip", "illness")),
    *({"technique": "noise_addition", "columns": names} for names in ([], ["hours"], ["born"])),
    *({"technique": "pram", "columns": names} for names in ([], ["illness"])),
    *({"technique": "microaggregation", "k": 3, "columns": names} for names in ([], ["age"], ["hours"])),
    *({"technique": "rank_swap", "share": 0.3, "columns": names} for names in ([], ["hours"])),
    {"technique": "local_suppression", "k": 4},
    {"technique": "top_bottom_coding", "share": 0.1},
    {"technique": "sequential_trees"},
]


def promises_kept(first: int, last: int) -> int:
    """Put random stacks on a table with one row a person, and on one with several; return how many promise a k."""
    one = people(160)
    rng = np.random.default_rng(9)
    mixed = one.take(np.sort(rng.integers(0, 100, 160)))
    frame = mixed.frame.assign(age=one.frame["age"], illness=one.frame["illness"])
    many = type(one)(frame, Schema(one.schema.columns, person_id="name"), {})
    found = 0
    for seed in range(first, last):
        rng = np.random.default_rng(seed)
        steps = [ANY[place] for place in rng.integers(0, len(ANY), rng.integers(1, 5))]
        recipe, table = recipe_of(*([MASK] if seed % 3 else []), *steps), many if seed % 2 else one
        promised = recipe.guarantee(table.schema, FACTS)
        if promised.kind != "k_anonymity" or recipe.unsupported(table.schema, FACTS):
            continue
        try:
            rows = recipe.protect(table, FACTS, lambda *labels, seed=seed: rng_for(seed, *labels)).table
        except UserError:  # a k that cannot be reached, a step that cannot read an earlier one's labels
            continue
        found += 1
        assert broken_promise(rows, table.schema, promised) is None, (recipe.describe(), promised)
    return found


def test_no_random_stack_promises_what_its_rows_do_not_have():
    assert promises_kept(0, 150) > 15


@pytest.mark.slow
def test_no_random_stack_of_thousands_promises_what_its_rows_do_not_have():
    assert promises_kept(150, 3150) > 300
