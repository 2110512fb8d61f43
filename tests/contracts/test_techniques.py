"""The contract of a technique, run over the whole registry and over a grid of settings."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Role
from core.data.table import Table, class_labels, task_of
from core.errors import UserError
from core.models.logistic_regression import LogisticRegression
from core.privacy.classes import verify_k
from core.rng import rng_for
from core.techniques import TECHNIQUES
from core.techniques.base import PublicFacts, Stage, Technique
from core.tradeoff.bench import public_domains
from core.tradeoff.recipe import Recipe
from tests.deep import DEEP, keyed
from tests.regression_tables import earners
from tests.tables import awkward, people

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""(key, check) -> reason; becomes xfail(strict=True)."""


WHOLE_ROW = {"randomised_response"}
"""Local differential privacy: the target is randomised like any other cell, and identifiers never leave."""


REGRESSIONS = {"dp_linear_regression"}
"""They predict numbers, and are tried on the same people with a number to predict."""


def settings_of(key: str) -> list[Technique]:
    """The default and the grid of a technique, with whatever it cannot do without."""
    cls = TECHNIQUES[key]
    needed: dict[str, Any] = {"drop_columns": {"columns": ("job", "zip")}, "dp_forest": {"trees": 4}}.get(key, {})
    if cls.dial is None:
        if key == "mask_identifiers":
            return [cls(method=method) for method in ("drop", "pseudonym", "partial", "shift_dates")]
        return [cls(**needed)]
    return [cls(**{cls.dial: value}, **needed) for value in cls.grid]


def marks_of(key: str):
    """`make deep` runs what needs its requirements."""
    return pytest.mark.deep if key in DEEP else ()


ALL = [
    pytest.param(t, id=f"{t.key}-{i}", marks=marks_of(key))
    for key in TECHNIQUES
    for i, t in enumerate(settings_of(key))
]
FIRST = [pytest.param(settings_of(key)[0], id=key, marks=marks_of(key)) for key in TECHNIQUES]


def facts_of(table: Table) -> PublicFacts:
    return PublicFacts(
        people=table.people / 1.0,
        classes=() if task_of(table) == "regression" else class_labels(table),
        assume_public_domain=True,
        domains=public_domains(table),
    )


def run(technique: Technique, table: Table, seed: int = 0):
    release = "both" if technique.stage is Stage.TABLE else "model"
    recipe = Recipe("contract", (technique,), release)
    return recipe.apply(table, LogisticRegression(), facts_of(table), lambda *labels: rng_for(seed, *labels))


@cache
def members(key: str = "") -> Table:
    return (earners() if key in REGRESSIONS else people(160)).take(np.arange(120))


@cache
def outsiders(key: str = "") -> Table:
    return (earners() if key in REGRESSIONS else people(160)).take(np.arange(120, 160))


def answers(predictor: Any, table: Table) -> np.ndarray:
    return predictor.predict(table) if hasattr(predictor, "predict") else predictor.predict_proba(table)


@pytest.mark.parametrize("technique", ALL)
def test_the_input_is_unchanged_and_every_row_is_accounted_for(technique):
    table = members(technique.key)
    before = table.frame.copy()
    release = run(technique, table)
    pd.testing.assert_frame_equal(table.frame, before)
    if release.source is not None:
        assert len(np.unique(release.source)) + release.suppressed == len(table)
        assert len(release.source) == len(release.rows)


@pytest.mark.parametrize("technique", ALL)
def test_the_same_seed_gives_the_same_release(technique):
    one, two, other = (run(technique, members(technique.key), seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.rows.frame, two.rows.frame)
    same = answers(one.predictor, one.recode(outsiders(technique.key)))
    assert np.array_equal(same, answers(two.predictor, two.recode(outsiders(technique.key))))
    if technique.key.startswith("dp_"):
        assert not np.array_equal(same, answers(other.predictor, other.recode(outsiders(technique.key))))


@pytest.mark.parametrize("technique", ALL)
def test_the_target_goes_through_unchanged_and_people_outside_can_be_recoded(technique):
    release = run(technique, members(technique.key))
    recoded = release.recode(outsiders(technique.key))
    assert len(recoded) == len(outsiders(technique.key))
    assert list(recoded.frame["rich"].astype(str)) == list(outsiders(technique.key).frame["rich"].astype(str))
    if release.source is not None and technique.key not in WHOLE_ROW:
        assert list(release.rows.frame["rich"].astype(str)) == list(
            members(technique.key).frame["rich"].astype(str).to_numpy()[release.source]
        )
    if technique.key in REGRESSIONS:
        found = release.predictor.predict(recoded)
        assert found.shape == (len(recoded),)
        assert np.isfinite(found).all()
        return
    proba = release.predictor.predict_proba(recoded)
    assert proba.shape == (len(recoded), 2)
    assert np.allclose(proba.sum(axis=1), 1)
    assert (proba >= 0).all()


@pytest.mark.parametrize("technique", ALL)
def test_recoding_the_members_gives_the_released_rows(technique):
    """One map for members, TEST people, controls and attack queries: otherwise the control is no control."""
    release = run(technique, members(technique.key))
    if release.source is None or (
        not technique.public_map(members(technique.key).schema) and technique.stage is not Stage.TABLE
    ):
        return
    raw = release.recode(members(technique.key))
    if raw.frame.equals(
        members(technique.key).frame
    ):  # a perturbing technique: everybody outside the members stays raw
        assert release.rows.schema == technique.schema_after(members(technique.key).schema)
        assert (release.rows.schema == members(technique.key).schema) != (technique.key in WHOLE_ROW)
        return
    recoded = raw.take(release.source)
    inputs = list(release.rows.schema.model_inputs)
    left, right = recoded.frame[inputs].astype(str), release.rows.frame[inputs].astype(str)
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


@pytest.mark.parametrize("technique", ALL)
def test_the_columns_that_are_trained_on_are_those_that_the_schema_after_names(technique):
    """Guarantees and reasons are worked out from it before anything runs."""
    if technique.stage is Stage.TABLE:
        found, told = run(technique, members()).rows.schema, technique.schema_after(members().schema)
        assert found.model_inputs == told.model_inputs
        assert (found.target, found.person_id) == (told.target, told.person_id)


@pytest.mark.parametrize("technique", ALL)
def test_a_claimed_k_is_verified_by_other_code(technique):
    promised = technique.guarantee(members(technique.key).schema, facts_of(members(technique.key)))
    if promised.kind == "k_anonymity":
        try:
            rows = run(technique, members(technique.key)).rows
        except UserError:
            return
        assert verify_k(rows, rows.schema.quasi_identifiers, promised.k) is None
        assert verify_k(members(technique.key), members(technique.key).schema.quasi_identifiers, promised.k) is not None


@pytest.mark.parametrize("technique", ALL)
def test_a_private_training_states_epsilon_unit_and_assumptions(technique):
    promised = technique.guarantee(members(technique.key).schema, facts_of(members(technique.key)))
    if technique.key.startswith("dp_"):
        assert promised.kind in ("dp", "claimed")
        assert promised.epsilon == technique.epsilon
        assert promised.assumptions
        assert promised.unit == "row"
        assert (promised.advantage_bound is None) == (promised.kind == "claimed")


@pytest.mark.parametrize("key", [key for key, cls in TECHNIQUES.items() if cls.dial and "epsilon" in cls.dial])
def test_a_smaller_epsilon_never_gives_a_weaker_guarantee(key):
    cls = TECHNIQUES[key]
    promised = [cls(epsilon=e).guarantee(members(key).schema, facts_of(members(key))) for e in (0.1, 1.0, 10.0)]
    bounds = [p.advantage_bound for p in promised if p.advantage_bound is not None]
    assert bounds == sorted(bounds)
    assert [p.epsilon for p in promised] == [0.1, 1.0, 10.0]


@pytest.mark.parametrize("technique", FIRST)
@pytest.mark.parametrize("name", list(awkward()))
def test_awkward_tables_give_a_result_or_one_clear_reason(technique, name):
    table = awkward()[name]
    facts = facts_of(table)
    if technique.key == "drop_columns":
        technique = type(technique)(columns=table.schema.quasi_identifiers[:1])
    if reason := technique.unsupported(table.schema, facts):
        assert len(reason) > 15
        return
    half = np.arange(len(table)) % 2 == 0
    try:
        release = run(technique, table.take(half))
    except UserError:
        return  # one clear reason: UserError cannot be made without what, got and do
    proba = release.predictor.predict_proba(release.recode(table.take(~half)))
    assert proba.shape == (int((~half).sum()), len(facts.classes))
    assert np.isfinite(proba).all()


@pytest.mark.parametrize("key", list(TECHNIQUES))
def test_parameters_are_bounded_and_described(key):
    cls = TECHNIQUES[key]
    for parameter in cls.parameters():
        described = parameter.describe()
        assert {"name", "kind", "low", "high", "log", "unit", "default", "help"} <= set(described)
        assert described["help"], f"{key}.{parameter.name} has no help"
        for bad in (float("nan"), float("inf"), None, "x" * 3, {}):
            with pytest.raises(UserError):
                cls.from_mapping({parameter.name: bad})
    with pytest.raises(UserError, match="has the parameters"):
        cls.from_mapping({"no_such_parameter": 1})
    assert cls.dial is None or cls.dial in {p.name for p in cls.parameters()}


@pytest.mark.parametrize("key", list(TECHNIQUES))
def test_each_technique_teaches_itself(key):
    cls = TECHNIQUES[key]
    text = inspect.getdoc(cls) or ""
    assert "References" in text
    assert ">>>" in text
    assert cls.stops.endswith(".")
    assert cls.title
    assert settings_of(key)[0] == settings_of(key)[0]
    assert hash(settings_of(key)[0]) == hash(settings_of(key)[0])


VARIED: dict[str, list[object]] = {
    "columns": [("job",), ("zip",)],
    "method": ["drop", "partial"],
    "level": [1, 3],
    "k": [2, 25],
    "l": [1, 3],
    "diversity": ["distinct", "recursive"],
    "c": [1.7, 50],
    "t": [1, 0.2],
    "distance": ["equal", "ordered"],
    "suppression_limit": [0.0, 0.3],
    "metric": ["loss", "discernibility"],
    "rows": [30, 60],
    "min_leaf": [1, 40],
    "epsilon": [0.1, 50.0],
    "delta": [1e-9, 1e-3],
    "clip": [0.01, 50.0],
    "trees": [1, 15],
    "scale": [0.1, 2.0],
    "share": [0.05, 0.25],
    "keep": [0.95, 0.2],
    "days": [1, 1000],
    "hidden": [(), (8,)],
    "digits": [0, 3],
    "strength": [1.0, 20.0],
}
"""Two values of each parameter that a release must tell apart."""

NUMBERS = [("age",), ("born",)]
SPECIAL = {
    ("noise_addition", "columns"): NUMBERS,
    ("rank_swap", "columns"): NUMBERS,
    ("top_bottom_coding", "columns"): NUMBERS,
    ("local_suppression", "keep"): [("age",), ("job",)],
}
BESIDE: dict[object, dict[str, object]] = {
    ("local_suppression", "keep"): {"k": 2},
    "days": {"method": "shift_dates"},
    "diversity": {"l": 2},
    "c": {"l": 2, "diversity": "recursive"},
    "distance": {"t": 0.3},
}
"""What must be set for a parameter to matter."""

IDLE = {
    ("full_domain_k_anonymity", "time_limit"): "a small lattice is searched to its end within any limit; its own tests"
    " try large ones"
}


@pytest.mark.parametrize("key", keyed(key for key in TECHNIQUES if TECHNIQUES[key].parameters()))
def test_no_parameter_does_nothing(key):
    """Each parameter, varied, must change the release or the guarantee."""
    cls = TECHNIQUES[key]
    for parameter in cls.parameters():
        if (key, parameter.name) in IDLE:
            continue
        outputs = []
        for value in SPECIAL.get((key, parameter.name), VARIED.get(parameter.name)):
            extra = dict(BESIDE.get((key, parameter.name), BESIDE.get(parameter.name, {})))
            if key == "drop_columns" and parameter.name != "columns":
                extra["columns"] = ("job",)
            technique = cls.from_mapping({**extra, parameter.name: value})
            release = run(technique, members(key))
            proba = answers(release.predictor, release.recode(outsiders(key)))
            proved = technique.guarantee(members(key).schema, facts_of(members(key)))
            outputs.append((release.rows.frame.to_csv(), proba.tobytes(), proved))
        assert outputs[0] != outputs[1], f"{key}.{parameter.name}"


def test_what_is_not_installed_says_how_to_install_it_and_everything_else_is_there():
    absent = {key for key, cls in TECHNIQUES.items() if cls.missing() is not None}
    assert absent in (set(), DEEP)
    assert set(TECHNIQUES) >= DEEP
    for key in absent:
        assert TECHNIQUES[key].missing() == "needs: pip install -r requirements-deep.txt"
        for technique in settings_of(key):
            reason = technique.unsupported(members().schema, facts_of(members()))
            assert reason == f"{key} needs: pip install -r requirements-deep.txt"
            with pytest.raises(UserError, match=r"pip install -r requirements-deep\.txt"):
                run(technique, members())
            with pytest.raises(UserError, match=r"pip install -r requirements-deep\.txt"):
                technique.train(members(), facts_of(members()), rng_for(0))


def test_roles_that_no_recipe_may_release_stay_out_of_the_model():
    schema = members().schema
    assert "name" not in schema.model_inputs
    assert schema.target not in schema.model_inputs
    assert all(schema[name].role is not Role.IGNORED for name in schema.model_inputs)
