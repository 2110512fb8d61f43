"""Finished work is taken over when everything that made it is the same, and only then; it goes with its table."""

import json
from concurrent.futures import Future
from dataclasses import fields, replace

import numpy as np
import pytest

from core.data.schema import Role, Schema
from core.data.table import Table
from core.engine.dispatcher import Dispatcher
from core.engine.finished import OVERHEAD, Finished, bench_key, digest, size_of
from core.engine.jobs import Job
from core.engine.local import InlineEngine
from core.tradeoff import bench as bench_module
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import FULL, Outcome
from core.tradeoff.study import Attacker, Study, parse_study
from core.tradeoff.tuning import Tuning
from tests.tables import people


def study_of(head=None, recipes=None, **more):
    recipes = recipes or [{"name": "k", "technique": "mondrian_k_anonymity", "k": [5, 9]}]
    return parse_study(
        {"study": {"name": "s", "seed": 3, "effort": "glance", **(head or {})}, "recipe": recipes, **more}
    )


def table():
    return people(200).drop(("zip",))


class Closed(InlineEngine):
    """An engine on which nothing may be run any more."""

    def submit(self, task, *args):
        raise AssertionError(f"{args[2].id} was fitted again")


class Asleep(InlineEngine):
    """An engine whose tasks never end."""

    workers = 1

    def submit(self, task, *args):
        return Future()


@pytest.fixture(scope="module")
def measured():
    dispatcher = Dispatcher(InlineEngine())
    job = dispatcher.start(Job(study_of(), table(), owner="first"))
    assert job.wait(0)
    return dispatcher.finished, job


def again(finished, study, rows=None, engine=None, owner="second"):
    dispatcher = Dispatcher(engine or Closed())
    dispatcher.finished = finished
    return dispatcher.start(Job(study, rows or table(), owner=owner))


def without(result, *names):
    points = [{k: v for k, v in point.items() if k not in names} for point in result["points"]]
    return json.dumps(points, sort_keys=True, allow_nan=False)


def with_role(name, role):
    found = table()
    columns = tuple(replace(c, role=role) if c.name == name else c for c in found.schema.columns)
    return replace(found, schema=Schema(columns, found.schema.person_id))


def with_cell():
    found = table()
    frame = found.frame.copy()
    frame.loc[7, "age"] = frame.loc[7, "age"] + 1
    return Table(frame, found.schema)


CHANGES = {
    "seed": (lambda: study_of({"seed": 4}), table),
    "rows": (lambda: study_of({"rows": 150}), table),
    "public domain": (lambda: study_of({"assume_public_domain": True}), table),
    "knows": (lambda: replace(study_of(), attacker=Attacker(knows=("age",))), table),
    "secrets": (lambda: replace(study_of(), attacker=Attacker(secrets=("job",))), table),
    "left": (lambda: replace(study_of(), attacker=Attacker(left=("job",))), table),
    "right": (lambda: replace(study_of(), attacker=Attacker(right=("age",))), table),
    "model": (lambda: study_of({"model": "random_forest"}), table),
    "model's setting": (lambda: study_of({"model": {"key": "logistic_regression", "regularisation": 0.3}}), table),
    "a role": (study_of, lambda: with_role("job", Role.SENSITIVE)),
    "a cell": (study_of, with_cell),
    "order of rows": (study_of, lambda: table().take(np.arange(200)[::-1].copy())),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_an_outcome_is_fitted_anew(measured, what):
    study, rows = CHANGES[what]
    job = again(measured[0], study(), rows(), Asleep())
    assert "before" not in job.headline()
    assert job.snapshot().reused == 0
    assert measured[1].snapshot().done > 0


def test_every_part_of_a_recipe_but_its_name_counts(measured):
    from core.engine.finished import recipe_key

    first = next(recipe for recipe in study_of().recipes if recipe.id == "k[k=5]")
    other = next(recipe for recipe in study_of().recipes if recipe.id == "k[k=9]")
    tuned = replace(first, tune=Tuning.parse({"C": [0.5, 1.0]}))
    with_rows = [
        replace(first, tune=replace(tuned.tune, public="f.csv", table=rows)) for rows in (table(), with_cell())
    ]
    variants = [
        first,
        other,
        replace(first, release="model"),
        replace(first, steps=first.steps * 2),
        tuned,
        replace(first, tune=Tuning.parse({"C": [1.0, 0.5]})),
        *with_rows,
    ]
    assert len({recipe_key(recipe) for recipe in variants}) == len(variants)
    assert recipe_key(replace(first, name="other", swept=())) == recipe_key(first)
    assert {field.name for field in fields(Recipe)} == {"name", "steps", "release", "swept", "tune"}


def test_what_only_changes_how_outcomes_are_shown_takes_everything_over_with_the_same_numbers(measured):
    shown = {"name": "other", "metric": "roc_auc", "threat": "reidentification", "subgroup": "job"}
    study = study_of(shown, requirement=[{"name": "a", "metric": "accuracy", "at_least": 0.5}])
    job = again(measured[0], study)
    assert job.wait(0)
    snapshot = job.snapshot()
    assert snapshot.reused == snapshot.done == snapshot.total > 0
    assert f"{snapshot.total} of them measured before" in snapshot.headline
    fresh = Dispatcher(InlineEngine()).start(Job(study, table()))
    assert without(snapshot.result, "seconds") == without(fresh.snapshot().result, "seconds")


def test_a_study_of_fewer_settings_takes_over_those_it_has(measured):
    job = again(measured[0], study_of(recipes=[{"name": "k", "technique": "mondrian_k_anonymity", "k": [9]}]))
    old = {point["id"]: point for point in measured[1].snapshot().result["points"]}
    assert [point["id"] for point in job.snapshot().result["points"]] == ["none", "constant", "k[k=9]"]
    assert all(point == old[point["id"]] for point in job.snapshot().result["points"])


def test_more_effort_fits_only_what_is_new_and_a_renamed_recipe_keeps_its_numbers(measured):
    renamed = [{"name": "group", "technique": "mondrian_k_anonymity", "k": [5, 9]}]
    job = again(measured[0], study_of({"effort": "standard"}, renamed), engine=Asleep())
    snapshot = job.snapshot()
    assert (snapshot.reused, snapshot.total) == (4 * 3, 4 * 9)
    assert snapshot.headline.startswith("12 of 36 fits, 12 of them measured before")
    old = {p["id"]: p for p in measured[1].snapshot().result["points"]}
    new = {p["id"]: p for p in snapshot.result["points"]}
    assert new["group[k=5]"]["risks"] == old["k[k=5]"]["risks"]


def test_an_effort_that_attacks_other_people_takes_nothing_over(monkeypatch):
    monkeypatch.setattr(bench_module, "ATTACKED", 50)
    keys = {}
    for effort in ("glance", "standard", "adaptive", "thorough"):
        study = study_of({"effort": effort})
        keys[effort] = bench_key(Bench.prepare(study, table()), study)
    assert keys["glance"] == keys["standard"] == keys["adaptive"] != keys["thorough"]


def test_classes_that_only_the_whole_table_has_count_though_the_sample_is_the_same():
    study = study_of()
    bench = Bench.prepare(study, table())
    wider = replace(bench, classes=(*bench.classes, "another"))
    assert bench_key(bench, study) == bench_key(replace(bench), study) != bench_key(wider, study)


def test_every_field_of_a_study_is_known_to_count_or_not_to():
    """A field that somebody adds to the study fails here, until they have thought about finished work."""
    in_bench = {"rows", "seed", "attacker", "assume_public_domain", "effort"}
    counted = {"model", "recipes", "seed"}
    shown = {"name", "requirements", "metric", "threat", "subgroup", "more"}
    assert {field.name for field in fields(Study)} == in_bench | counted | shown


def test_an_adaptive_sweep_plans_on_what_was_measured_before():
    study = study_of({"effort": "adaptive"}, [{"name": "c", "technique": "constant"}])
    dispatcher = Dispatcher(InlineEngine())
    first = dispatcher.start(Job(study, people(100).drop(("zip",))))
    assert first.wait(0)
    second = again(dispatcher.finished, study, people(100).drop(("zip",)))
    assert second.wait(10)
    assert second.snapshot().reused == first.snapshot().done > 2 * 3, "planned further than the first look"
    assert without(second.snapshot().result) == without(first.snapshot().result)


def outcome(number=0, **more):
    return Outcome(point="p", replicate=number, seconds=1.0, correct=np.zeros(1000), **more)


def test_failed_fits_are_tried_again_and_what_a_rule_left_out_is_not():
    finished = Finished()
    lease = finished.lease("a")
    finished.put(("b", "r", 0), outcome(failed="it broke"), lease)
    assert len(finished) == 0
    study = study_of(recipes=[{"name": "k", "technique": "mondrian_k_anonymity", "k": [5000]}])
    dispatcher = Dispatcher(InlineEngine())
    first = dispatcher.start(Job(study, table())).snapshot()
    second = again(dispatcher.finished, study).snapshot()
    assert [point["status"] for point in first.result["points"]] == ["measured", "measured", "skipped"]
    assert (second.state, second.done, second.reused) == ("done", 9, 7)
    assert without(second.result) == without(first.result)


def test_what_was_asked_for_longest_ago_goes_when_the_memory_is_full():
    size = size_of(outcome()) + OVERHEAD
    assert size == 8000 + OVERHEAD
    finished = Finished(budget=3 * size)
    lease = finished.lease("a")
    for number in range(3):
        finished.put(("b", "r", number), outcome(number), lease)
    assert finished.get(("b", "r", 0), lease) is not None
    finished.put(("b", "r", FULL), outcome(FULL), lease)
    assert [finished.get(("b", "r", n), lease) is not None for n in (0, 1, 2, FULL)] == [True, False, True, True]
    assert finished.bytes == 3 * size
    finished.put(("b", "r", 9), Outcome(point="p", replicate=9, seconds=0, correct=np.zeros(10_000)), lease)
    assert len(finished) == 3, "one outcome larger than the whole memory pushes nothing out"


def test_forgetting_a_workspace_drops_its_outcomes_and_not_those_that_somebody_else_has_too():
    finished = Finished()
    mine, both = ("b", "r", 0), ("b", "r", 1)
    a, b = finished.lease("a"), finished.lease("b")
    finished.put(mine, outcome(), a)
    finished.put(both, outcome(), a)
    assert finished.get(both, b) is not None
    finished.forget("a")
    assert finished.get(mine, b) is None
    assert finished.get(both, b) is not None
    finished.forget("b")
    assert len(finished) == finished.bytes == 0


def test_a_fit_that_lands_after_its_table_was_forgotten_is_not_kept():
    class Late(InlineEngine):
        def submit(self, task, *args):
            dispatcher.forget("a")
            return super().submit(task, *args)

    anchors = study_of(recipes=[{"name": "c", "technique": "constant"}])
    dispatcher = Dispatcher(Late())
    assert dispatcher.start(Job(anchors, table(), owner="a")).wait(0)
    assert len(dispatcher.finished) == 0
    nameless = Dispatcher(InlineEngine())
    assert nameless.start(Job(anchors, table())).wait(0)
    assert len(nameless.finished) > 0
    nameless.forget("somebody else")
    assert len(nameless.finished) == 0, "what belongs to nobody by name goes with the first that is forgotten"


def test_a_digest_refuses_what_it_does_not_know():
    with pytest.raises(TypeError, match="no digest"):
        digest(object())
    with pytest.raises(TypeError, match="objects"):
        digest(np.array(["a", None], dtype=object))
