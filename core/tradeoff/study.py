"""Studies: table + schema + model + attacker + recipes + requirements, all that is needed to run again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.attacks.base import THREATS
from core.data.schema import Schema
from core.data.table import Table
from core.errors import UserError
from core.models import MODELS
from core.models.base import Model
from core.models.logistic_regression import LogisticRegression
from core.registry import lookup
from core.stats.levels import LOOKS
from core.techniques import TECHNIQUES
from core.tradeoff.recipe import Recipe, expand
from core.tradeoff.requirement import QUANTITIES
from core.tradeoff.requirement import Requirement as Requirement
from core.tradeoff.tuning import Tuning
from core.utility.metrics import metrics_for

EFFORTS: dict[str, int] = {"glance": 2, "standard": 8, "thorough": 32, "adaptive": 8}
"""Effort -> replicates of each setting; `adaptive` spends as many on average at most, where they matter."""


@dataclass(frozen=True, kw_only=True)
class Attacker:
    """What the attacker is assumed to know; empty means the default (the quasi-identifiers)."""

    knows: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything about an evaluation but the rows.

    Parameters
    ----------
    rows : int, optional
        Use a seeded random sample of this many people: a small study answers in seconds.
    metric : str
        The vertical axis; by default accuracy, or R2 when the model predicts numbers.
    subgroup : str, optional
        A column: accuracy and risk are reported for each of its values.
    more : tuple of (str, int)
        Settings by id that get at least this many replicates, whatever the effort; 2, 8 or 32. Others than those of
        the study are passed over: a study of fewer settings keeps the rest.
    """

    name: str
    recipes: tuple[Recipe, ...]
    model: Model = field(default_factory=LogisticRegression)
    effort: str = "standard"
    seed: int = 0
    assume_public_domain: bool = False
    attacker: Attacker = field(default_factory=Attacker)
    requirements: tuple[Requirement, ...] = ()
    rows: int | None = None
    metric: str = ""
    threat: str = "membership"
    subgroup: str | None = None
    more: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Check effort, seed and the names."""
        if self.metric == "":
            object.__setattr__(self, "metric", next(iter(metrics_for(self.model.task))))
        if self.subgroup is not None and not isinstance(self.subgroup, str):
            raise UserError("subgroup is the name of one column", got=repr(self.subgroup), do="Write one text.")
        if not isinstance(self.assume_public_domain, bool):
            raise UserError(
                "assume_public_domain is true or false", got=repr(self.assume_public_domain), do="Leave out the quotes."
            )
        if not all(isinstance(value, str) for value in (self.effort, self.metric, self.threat, self.name)):
            raise UserError(
                "name, effort, metric and threat are one text each", got="something else", do="Write one text."
            )
        if self.effort not in EFFORTS:
            raise UserError(f"effort must be one of {', '.join(EFFORTS)}", got=repr(self.effort), do="Choose one.")
        if wrong := [count for _, count in self.more if count not in LOOKS]:
            raise UserError(
                f"a setting gets {', '.join(map(str, LOOKS))} random halves", got=repr(wrong[0]), do="Choose one."
            )
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or not 0 <= self.seed < 2**31:
            raise UserError("the seed is a whole number from 0 to 2147483647", got=repr(self.seed), do="Correct it.")
        if self.rows is not None and (isinstance(self.rows, bool) or not isinstance(self.rows, int) or self.rows < 20):
            raise UserError(
                "rows is a number of people, 20 or more", got=repr(self.rows), do="Raise it or leave it out."
            )
        metrics = metrics_for(self.model.task)
        if self.metric not in metrics or self.threat not in THREATS:
            raise UserError(
                f"metric is one of {', '.join(metrics)} and threat one of {', '.join(THREATS)}",
                got=f"{self.metric!r} and {self.threat!r}",
                do="Correct them.",
            )
        for recipe in self.recipes:
            if recipe.tune is not None and recipe.training is None:
                recipe.tune.settings(self.model)
        for requirement in self.requirements:
            if requirement.metric is not None and requirement.metric not in metrics:
                raise UserError(
                    f"requirement {requirement.name!r} limits one of {', '.join(metrics)}",
                    got=f"{requirement.metric!r}, which a model that does {self.model.task} does not have",
                    do="Choose another metric.",
                )
            quantity = QUANTITIES.get(requirement.limit_on or "")
            if quantity is not None and quantity.task not in (None, self.model.task):
                raise UserError(
                    f"requirement {requirement.name!r} limits {requirement.limit_on}, which takes a model that does "
                    f"{quantity.task}",
                    got=self.model.task,
                    do="Limit something else.",
                )
        for kind, names in (
            ("point", [recipe.id for recipe in self.recipes]),
            ("requirement", [requirement.name for requirement in self.requirements]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise UserError(f"every {kind} needs a name of its own", got=f"{twice[0]!r} twice", do="Rename one.")

    @property
    def replicates(self) -> int:
        """How many random halves of each setting are measured; at adaptive effort on average at most."""
        return EFFORTS[self.effort]

    def first_replicates(self, recipe: str) -> int:
        """Return how many random halves of this setting are measured before anything is looked at."""
        usual = min(LOOKS) if self.effort == "adaptive" else self.replicates
        return max(usual, dict(self.more).get(recipe, 0))

    def with_anchors(self) -> tuple[Recipe, ...]:
        """Return the recipes, `none` and `constant` added in front when absent."""
        present = {recipe.steps[0].key for recipe in self.recipes if len(recipe.steps) == 1}
        names = {recipe.name for recipe in self.recipes}
        anchors: list[Recipe] = []
        for key in ("none", "constant"):
            if key not in present:
                name = key if key not in names else f"{key} (anchor)"
                anchors += expand(name, [{"technique": key}], None)
        return (*anchors, *self.recipes)

    def to_json(self) -> dict[str, Any]:
        """Return the study block of a result."""
        return {
            "name": self.name,
            "model": {"key": self.model.key, **self.model.settings()},
            "effort": self.effort,
            "replicates": self.replicates,
            "seed": self.seed,
            "assume_public_domain": self.assume_public_domain,
            "attacker": {name: list(getattr(self.attacker, name)) for name in self.attacker.__dataclass_fields__},
            "rows": self.rows,
            "metric": self.metric,
            "threat": self.threat,
            "subgroup": self.subgroup,
            "more": dict(self.more),
        }


def load_study(path: Path) -> tuple[Study, Table]:
    """Read a study file and its table; paths in it are relative to it."""
    data = _toml(path)
    head = _known(data.get("study", {}), "[study]", _HEAD)
    for name in ("name", "table", "schema"):
        if not isinstance(head.get(name), str):
            raise UserError(f"[study] needs {name}", got=repr(head.get(name)), do=f'Write {name} = "...".')
    schema = Schema.load(path.parent / head["schema"])
    table = load_table(path.parent / head["table"], schema)
    study = parse_study(data)
    known = {recipe.id for recipe in study.with_anchors()}
    if other := [name for name, _ in study.more if name not in known]:
        raise UserError("[study] more names settings of this study", got=repr(other[0]), do="Correct or drop the name.")
    public = {r.tune.public for r in study.recipes if r.tune is not None and r.tune.public}
    tables = {name: load_table(path.parent / name, schema) for name in sorted(public)}
    return replace(study, recipes=tuple(_with_public(recipe, tables) for recipe in study.recipes)), table


def _with_public(recipe: Recipe, tables: Mapping[str, Table]) -> Recipe:
    """Return the recipe with the rows of the public table that its tuning names."""
    if recipe.tune is None or not recipe.tune.public:
        return recipe
    return replace(recipe, tune=replace(recipe.tune, table=tables[recipe.tune.public]))


def load_table(path: Path, schema: Schema) -> Table:
    """Read a table file in the form of its schema."""
    from core.data.infer import apply_kinds
    from core.data.read import read_table

    try:
        content = path.read_bytes()
    except OSError:
        raise UserError("the table file must exist", got=f"no file {path}", do="Correct the path.") from None
    return Table.build(apply_kinds(read_table(path.name, content).frame, schema), schema)


_HEAD = (
    "name",
    "table",
    "schema",
    "model",
    "effort",
    "seed",
    "assume_public_domain",
    "rows",
    "metric",
    "threat",
    "subgroup",
    "more",
)


def parse_study(data: Mapping[str, Any]) -> Study:
    """Build a study from the parsed TOML."""
    _known(data, "a study file", ("study", "attacker", "recipe", "requirement"))
    head = _known(data.get("study", {}), "[study]", _HEAD)
    attacker = _known(data.get("attacker", {}), "[attacker]", ("knows", "secrets", "left", "right"))
    for name, value in attacker.items():
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise UserError(
                f"[attacker] {name} is a list of column names", got=type(value).__name__, do='Write ["age", "zip"].'
            )
    recipes: list[Recipe] = []
    for number, block in enumerate(_blocks(data, "recipe"), start=1):
        recipes += parse_recipe(block, number)
    requirements = tuple(parse_requirement(b, i) for i, b in enumerate(_blocks(data, "requirement"), start=1))
    kept = {
        k: head[k]
        for k in ("effort", "seed", "rows", "metric", "threat", "subgroup", "assume_public_domain")
        if k in head
    }
    more = head.get("more", {})
    if not isinstance(more, Mapping) or not all(type(count) is int for count in more.values()):
        raise UserError("[study] more gives a number for each setting", got=repr(more), do='Write {"k[k=5]" = 32}.')
    return Study(
        more=tuple((str(name), count) for name, count in more.items()),
        name=str(head.get("name", "Study")),
        recipes=tuple(recipes),
        model=parse_model(head.get("model", "logistic_regression")),
        attacker=Attacker(**{name: tuple(value) for name, value in attacker.items()}),
        requirements=requirements,
        **kept,
    )


def parse_model(value: Any) -> Model:
    """Build a model from its key, or from a table with `key` and parameters."""
    settings = {"key": value} if isinstance(value, str) else dict(value) if isinstance(value, Mapping) else {}
    return lookup(MODELS, settings.pop("key", None), "model").from_mapping(settings)


def parse_recipe(block: Mapping[str, Any], number: int) -> tuple[Recipe, ...]:
    """Return the settings of one [[recipe]]: a technique with parameters, or steps."""
    settings = dict(block)
    release = settings.pop("release", None)
    steps = settings.pop("steps", None)
    name = settings.pop("name", None)
    tune = Tuning.parse(settings.pop("tune")) if "tune" in settings else None
    if steps is None:
        name = name or TECHNIQUES_TITLES.get(str(settings.get("technique")), f"recipe {number}")
        return expand(str(name), [settings], release, tune)
    if settings or not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        raise UserError(
            f"recipe {number} has either a technique with parameters or steps",
            got=", ".join(settings) or type(steps).__name__,
            do="Write steps = [{technique = ...}, ...].",
        )
    return expand(str(name or f"recipe {number}"), steps, release, tune)


def parse_requirement(block: Mapping[str, Any], number: int) -> Requirement:
    """Build one [[requirement]]."""
    settings = dict(_known(block, f"requirement {number}", tuple(Requirement.__dataclass_fields__)))
    settings.setdefault("name", f"{settings.get('metric') or settings.get('risk') or settings.get('limit_on')}")
    return Requirement(**settings)


TECHNIQUES_TITLES = {key: key.replace("_", "-") for key in TECHNIQUES}


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise UserError("the study file must exist", got=f"no file {path}", do="Correct the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError("a study is a TOML file", got=f"a mistake: {error}", do="Correct it.") from None


def _known(block: Any, what: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(block, Mapping):
        raise UserError(f"{what} is a table", got=type(block).__name__, do="See the README's example.")
    for name in block:
        if name not in names:
            raise UserError(f"{what} knows {', '.join(names)}", got=repr(name), do="Correct the name, or leave it out.")
    return block


def _blocks(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    blocks = data.get(name, [])
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        raise UserError(
            f"{name}s are written as [[{name}]] blocks", got=type(blocks).__name__, do="Double the brackets."
        )
    return blocks
