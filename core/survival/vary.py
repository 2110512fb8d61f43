"""What is varied around a study, one thing at a time: seed, what the attacker knows, what columns are, model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import islice, zip_longest

from core.data.schema import Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.models import MODELS
from core.tradeoff.study import Attacker, Study

VARY: tuple[str, ...] = ("seeds", "attacker", "roles", "model")
"""What can be varied."""

SEEDS = 8
"""Other seeds: other random halves, another test set, other noise, and other people where the study draws some."""

MOST = 20
"""Variations, at most."""

GUESSED_BY_COLUMNS = ("singling_out", "linkability", "attribute_inference", "reidentification")
"""The threats that depend on which columns the attacker knows; the others are given the whole record."""


@dataclass(frozen=True, kw_only=True)
class Bare(Study):
    """A study that runs the settings it names and no anchors: here they would cost as much and answer nothing."""

    def with_anchors(self) -> tuple[object, ...]:  # type: ignore[override]
        """Return the recipes as they are."""
        return self.recipes


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One thing that is other than in the study.

    Parameters
    ----------
    kind : {"study", "seeds", "attacker", "roles", "model"}
    words : str
        Follows "when": "the attacker also knows occupation".
    study : Study
    schema : Schema
    """

    kind: str
    words: str
    study: Study
    schema: Schema


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be varied, and what not.

    Parameters
    ----------
    variations : tuple of Variation
    notes : tuple of str
        Whole sentences: what was left out, and why.
    """

    variations: tuple[Variation, ...]
    notes: tuple[str, ...]


def bare(study: Study) -> Bare:
    """Return the study without anchors."""
    return Bare(**{field.name: getattr(study, field.name) for field in fields(Study)})


def plan(study: Study, table: Table, vary: Iterable[str] = VARY, seeds: int = SEEDS, most: int = MOST) -> Plan:
    """Return the variations of a study, one thing at a time, at most `most`.

    Seeds come first. What is left is shared in turns among attacker, roles and model, each in the order of the schema
    or of the models, so that nobody picks the ones that please.

    Raises
    ------
    UserError
        When something is to be varied that cannot be.
    """
    wanted = tuple(dict.fromkeys(vary))
    for name in wanted:
        if name not in VARY:
            raise UserError(f"what can be varied is {', '.join(VARY)}", got=repr(name), do="Choose among these.")
    if not 1 <= seeds <= MOST:
        raise UserError(f"seeds is 1 to {MOST}", got=str(seeds), do="Choose a number between.")
    schema, notes = table.schema, []
    found = list(islice(_seeds(study, schema, seeds), most)) if "seeds" in wanted else []
    ways: dict[str, list[Variation]] = {}
    makers: dict[str, Callable[[Study, Schema], list[Variation]]] = {
        "attacker": _attackers, "roles": _roles, "model": _models,
    }  # fmt: skip
    for name, make in makers.items():
        if name not in wanted:
            continue
        if name == "attacker" and not _columns_matter(study):
            notes.append(
                "What the attacker knows was not varied: no limit here and not the risk shown depends on it, so every "
                "such variation would have come out alike."
            )
            continue
        ways[name] = make(study, schema)
    turns = [one for turn in zip_longest(*ways.values()) for one in turn if one is not None]
    taken = turns[: max(most - len(found), 0)]
    for name, all_of in ways.items():
        used = sum(one.kind == name for one in taken)
        if used < len(all_of):
            notes.append(f"Of {len(all_of)} possible changes of {_NAMES[name]}, the first {used} were tried.")
        elif not all_of:
            notes.append(f"There was nothing to vary about {_NAMES[name]}.")
    order = {name: place for place, name in enumerate(VARY)}
    return Plan(variations=(*found, *sorted(taken, key=lambda one: order[one.kind])), notes=tuple(notes))


_NAMES = {"attacker": "what the attacker knows", "roles": "what a column is", "model": "the model"}


def _columns_matter(study: Study) -> bool:
    counted = {study.threat, *(r.risk for r in study.requirements)}
    return bool(counted & set(GUESSED_BY_COLUMNS))


def _seeds(study: Study, schema: Schema, count: int) -> Iterable[Variation]:
    for step in range(1, count + 1):
        seed = (study.seed + step) % 2**31
        yield Variation(kind="seeds", words=f"the seed is {seed}", study=replace(study, seed=seed), schema=schema)


def _attackers(study: Study, schema: Schema) -> list[Variation]:
    attacker = study.attacker
    known = attacker.knows or schema.quasi_identifiers
    secrets = set(attacker.secrets or (schema.target or "",))
    more = [
        c.name
        for c in schema.columns
        if c.role in (Role.QUASI_IDENTIFIER, Role.SENSITIVE, Role.FEATURE)
        and c.kind is not Kind.TEXT
        and c.name not in {*known, *secrets, schema.person_id}
    ]

    def made(words: str, knows: tuple[str, ...], gone: str = "") -> Variation:
        left, right = (tuple(n for n in side if n != gone) for side in (attacker.left, attacker.right))
        changed = Attacker(knows=knows, secrets=attacker.secrets, left=left, right=right)
        return Variation(kind="attacker", words=words, study=replace(study, attacker=changed), schema=schema)

    added = [made(f"the attacker also knows {name}", (*known, name)) for name in more]
    fewer = [
        made(f"the attacker does not know {name}", tuple(n for n in known if n != name), name)
        for name in known
        if len(known) > 1
    ]
    everything = [made("the attacker knows every column but the secret", (*known, *more))] if len(more) > 1 else []
    mixed = [one for pair in zip_longest(added, fewer) for one in pair if one is not None]
    return [*everything, *mixed]


def _roles(study: Study, schema: Schema) -> list[Variation]:
    return [
        Variation(
            kind="roles",
            words=f"{column.name} counts as known to others",
            study=study,
            schema=schema.changed(replace(column, role=Role.QUASI_IDENTIFIER)),
        )
        for column in schema.columns
        if column.role is Role.FEATURE and column.kind is not Kind.TEXT and column.name != schema.person_id
    ]


def _models(study: Study, schema: Schema) -> list[Variation]:
    found = []
    for key, model in MODELS.items():
        if model.task != study.model.task or key == study.model.key:
            continue
        try:
            changed = replace(study, model=model.from_mapping({}))
        except UserError:
            continue  # a setting of the study tunes a parameter that this model does not have
        found.append(Variation(kind="model", words=f"the model is {model.title.lower()}", study=changed, schema=schema))
    return found
