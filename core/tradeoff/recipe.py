"""Recipes: ordered lists of techniques, and what applying one to some members releases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.models.base import Model
from core.params import ColumnNames, IntList
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.registry import lookup
from core.techniques import TECHNIQUES
from core.techniques.answers import Answered
from core.techniques.base import Predictor, Protected, PublicFacts, Stage, Technique
from core.tradeoff.promise import rows_guarantee
from core.tradeoff.tuning import Tuning

RELEASES = ("rows", "model", "both")

_ORDER = (Stage.TABLE, Stage.TRAINING, Stage.ANSWERS)
"""The order of steps; a step of stage MODEL stands where one that trains does."""


@dataclass(frozen=True, eq=False)
class Release:
    """Exactly what leaves the room, and the map that brings anybody's row into its form.

    Parameters
    ----------
    rows : Table
        The rows that the model was trained on; they leave the room only when the recipe releases rows.
    source : integer array or None
        The member row behind each released row; None when the rows are nobody's.
    recode : callable
        Raw table -> table in the form of `rows`.
    predictor : Predictor
    suppressed : int
        Member rows that have no released row.
    notes : tuple of str
        What the steps tell of this run.
    model : Model
        What `predictor` (or the model behind its answers) is a fit of, where no step trains under protection: the
        study's, or a setting of it that a step or tuning chose.
    """

    rows: Table
    source: Labels | None
    recode: Callable[[Table], Table]
    predictor: Predictor
    suppressed: int
    model: Model
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One recipe at one setting.

    Parameters
    ----------
    name : str
        The name shared by all settings of a sweep.
    steps : tuple of Technique
    release : {"rows", "model", "both"}
    swept : tuple of (str, value)
        The parameters that the sweep varies, for the point's id.
    tune : Tuning, optional
        Parameters of the training step, else of the study's model, that are chosen on the members.
    """

    name: str
    steps: tuple[Technique, ...]
    release: str
    swept: tuple[tuple[str, Any], ...] = ()
    tune: Tuning | None = None

    def __post_init__(self) -> None:
        """Refuse stacks that make no sense, with the reason."""
        if not self.steps:
            raise UserError(f"recipe {self.name!r} needs a technique", got="none", do="Add one.")
        places = [_ORDER.index(Stage.TRAINING if s.stage is Stage.MODEL else s.stage) for s in self.steps]
        for place, what in ((1, "decides how the model is trained"), (2, "changes what the model answers")):
            several = [step.key for step, at in zip(self.steps, places, strict=True) if at == place]
            if len(several) > 1:
                raise UserError(
                    f"at most one technique of recipe {self.name!r} {what}",
                    got=" and ".join(several),
                    do="Keep one of them.",
                )
        if places != sorted(places):
            late = next(i for i in range(1, len(places)) if places[i] < places[i - 1])
            raise UserError(
                f"recipe {self.name!r} first changes rows, then trains, then changes answers",
                got=f"{self.steps[late].key} after {self.steps[late - 1].key}",
                do="Put the steps in that order.",
            )
        model = [step for step, at in zip(self.steps, places, strict=True) if at > 0]
        if model and self.release == "rows":
            raise UserError(
                f"{model[0].key} of recipe {self.name!r} is about a model, so the model is what the recipe releases",
                got="release = rows",
                do="Leave that step out, or release the model.",
            )
        open_ = [step.key for step in model if step.stage is not Stage.TRAINING]
        if open_ and self.release == "both":
            raise UserError(
                f"{open_[0]} of recipe {self.name!r} protects nothing when rows leave the room too",
                got="release = both: whoever has the rows trains any model on them",
                do='Set release = "model", or leave that step out.',
            )
        if self.release not in RELEASES:
            raise UserError(
                f"recipe {self.name!r} releases rows, model or both", got=repr(self.release), do="Choose one."
            )
        if self.tune is not None and self.training is not None:
            self.tune.settings(self.training)

    @property
    def id(self) -> str:
        """The point's id: name and swept parameters, sorted."""
        if not self.swept:
            return self.name
        return f"{self.name}[{','.join(f'{k}={_short(v)}' for k, v in sorted(self.swept))}]"

    @property
    def family(self) -> str:
        """The family of the technique that decides most: the training one, else the last that changes rows."""
        chosen = [step for step in self.steps if step.key != "none"] or list(self.steps)
        return str(chosen[-1].family)

    @property
    def training(self) -> Technique | None:
        """The step that trains the model, if one does."""
        return next((step for step in self.steps if step.stage is Stage.TRAINING), None)

    @property
    def answers(self) -> Technique | None:
        """The step that changes what the model answers, if one does."""
        return self.steps[-1] if self.steps[-1].stage is Stage.ANSWERS else None

    def model_for(self, model: Model) -> Model:
        """Return the study's model as this recipe trains it."""
        for step in self.steps:
            model = step.model_for(model)
        return model

    @property
    def releases_rows(self) -> bool:
        """Whether rows leave the room."""
        return self.release in ("rows", "both")

    @property
    def synthetic(self) -> bool:
        """Whether the released rows belong to nobody."""
        return any(step.synthetic for step in self.steps)

    @property
    def perturbed(self) -> bool:
        """Whether cells of the released rows may be untrue of their person."""
        return any(step.perturbs for step in self.steps)

    def describe(self) -> list[dict[str, Any]]:
        """Return the steps as JSON; what is tuned stands with the last one."""
        told: list[dict[str, Any]] = [{"technique": s.key, "parameters": s.settings()} for s in self.steps]
        if self.tune is not None:
            told[-1]["tune"] = self.tune.describe()
        return told

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Return why this table cannot go through, or None; each step sees the schema before it."""
        public, covered = True, False
        for step in self.steps:
            private = step.guarantee(schema, facts).kind in ("dp", "claimed")
            # Noise before a step covers what is done to rows; a model's own promise is about the people behind them.
            if private and not public and not (covered and step.stage is Stage.TABLE):
                return (
                    f"{step.key} promises differential privacy, but a step before it reads the data to decide how to "
                    "change them, so the promise would not hold. Fill in public hierarchies, or leave that step out"
                )
            if reason := step.unsupported(schema, facts):
                return reason
            covered = covered or private  # what comes after noisy rows cannot undo the noise
            public = public and (step.stage is not Stage.TABLE or step.public_map(schema))
            schema = step.schema_after(schema)
        return None

    def apply(self, members: Table, model: Model, facts: PublicFacts, rng: Callable[..., Generator]) -> Release:
        """Put members through every step and train; nothing but `members` and public facts is looked at."""
        protected = self.protect(members, facts, rng)
        rows, source, notes = protected.table, protected.source, protected.notes
        training = self.training
        if training is not None:
            if reason := training.unsupported(rows.schema, facts):
                raise UserError(f"{training.key} must fit the table", got=reason, do="Change the recipe or the roles.")
            if self.tune is not None:
                proved = training.guarantee(rows.schema, facts)
                training = self.tune.choose(
                    training, _train, rows, facts, proved, rng("tune", training.key), protected.recode
                )
                notes = (*notes, self.tune.told(training))
            predictor = training.train(rows, facts, rng("train", training.key))
        else:
            model = self.model_for(model)
            if self.tune is not None:
                streams = rng("tune", model.key)
                model = self.tune.choose(model, _fit, rows, facts, NO_GUARANTEE, streams, protected.recode)
                notes = (*notes, self.tune.told(model))
            predictor = model.fit(rows, facts.classes, rng("fit", model.key))

        if self.answers is not None:
            predictor = Answered(predictor, self.answers)
        suppressed = len(members) - len(np.unique(source)) if source is not None else 0
        return Release(rows, source, protected.recode, predictor, suppressed, model, notes)

    def protect(self, members: Table, facts: PublicFacts, rng: Callable[..., Generator]) -> Protected:
        """Put members through the steps that change rows.

        Parameters
        ----------
        rng : callable
            Labels -> a generator of that step's own.

        Raises
        ------
        UserError
            When a step cannot take what the one before it gives.
        """
        rows, source, real = members, np.arange(len(members)), True
        maps: list[Callable[[Table], Table]] = []
        notes: list[str] = []
        for place, step in enumerate(self.steps):
            if step.stage is not Stage.TABLE:
                continue
            if reason := step.unsupported(rows.schema, facts):
                raise UserError(f"{step.key} must fit the table", got=reason, do="Change the recipe or the roles.")
            protected = step.protect(rows, facts, rng("protect", place, step.key))
            rows = protected.table
            maps.append(protected.recode)
            notes += [f"{step.title}: {note}" for note in protected.notes]
            real = real and protected.source is not None
            if real:
                source = source[protected.source]

        def recode(table: Table) -> Table:
            for step_map in maps:
                table = step_map(table)
            return table

        return Protected(table=rows, source=source if real else None, recode=recode, notes=tuple(notes))

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return what is proved about the *release*, which is the weaker of its two parts."""
        training, before = self.training, schema
        for step in self.steps:
            if step.stage is Stage.TABLE:  # noise may depend on how many columns are left
                before = step.schema_after(before)
        proved = training.guarantee(before, facts) if training is not None else NO_GUARANTEE
        if self.tune is not None:
            proved = self.tune.charged(proved)
        if proved.kind in ("dp", "claimed") and not self.releases_rows:
            return proved
        rows = rows_guarantee(self.steps, schema, facts)
        if not self.releases_rows:
            # A model of private rows is made of nothing else; a crowd's size says nothing about a model.
            return rows if rows.kind in ("dp", "claimed") else NO_GUARANTEE
        if proved.kind in ("dp", "claimed"):
            note = (
                "The model alone was trained with a guarantee, but rows leave the room too: it does not hold for both."
            )
            return replace(rows, assumptions=(*rows.assumptions, note))
        return rows


def _train(technique: Technique, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
    return technique.train(rows, facts, rng)


def _fit(model: Model, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
    return model.fit(rows, facts.classes, rng)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return "+".join(str(item) for item in value) or "none"
    return str(value)


def expand(
    name: str, steps: Sequence[Mapping[str, Any]], release: str | None, tune: Tuning | None = None
) -> tuple[Recipe, ...]:
    """Return the settings of a sweep, in the order of the lists.

    A parameter given as a list is swept; for a parameter that is itself a list (names, widths) a list is one value and
    a list of lists is swept.
    """
    axes: list[tuple[int, str, list[Any]]] = []
    fixed: list[tuple[type[Technique], dict[str, Any]]] = []
    for place, step in enumerate(steps):
        settings = dict(step)
        technique = lookup(TECHNIQUES, settings.pop("technique", None), "technique")
        lists = {p.name for p in technique.parameters() if isinstance(p.domain, (ColumnNames, IntList))}
        for key, value in list(settings.items()):
            many = isinstance(value, list) and (key not in lists or any(isinstance(item, list) for item in value))
            if many:
                if not value:
                    raise UserError(f"the sweep of {key} in recipe {name!r} needs values", got="none", do="Add one.")
                axes.append((place, key, value))
                del settings[key]
        fixed.append((technique, settings))
    keys = [key for _, key, _ in axes]
    found = []
    for values in itertools.product(*(axis[2] for axis in axes)):
        chosen = [dict(settings) for _, settings in fixed]
        swept = []
        for (place, key, _), value in zip(axes, values, strict=True):
            chosen[place][key] = value
            swept.append((key if keys.count(key) == 1 else f"{fixed[place][0].key}.{key}", value))
        built = tuple(t.from_mapping(s) for (t, _), s in zip(fixed, chosen, strict=True))
        trains = any(step.stage is not Stage.TABLE for step in built)
        found.append(Recipe(name, built, release or ("model" if trains else "both"), tuple(swept), tune))
    return tuple(found)
