"""A table made ready for a study: the split, the classes, the public facts, and who is attacked. Drawn once, seeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from core.attacks.nearest import Nearest
from core.data.schema import Role, Schema
from core.data.split import Split, split_table, subsample
from core.data.table import MISSING, Labels, Table, class_labels, target_codes, target_values, task_of
from core.errors import UserError
from core.models import MODELS
from core.models.encode import Encoder
from core.rng import rng_for
from core.techniques.base import PublicFacts
from core.tradeoff.study import Study

TARGETS = 2000
"""People whom the attacks on released rows are tried on, members and controls together; fixed for a study."""

ATTACKED = 8000
"""People of POOL whom the attacks on the model are tried on, members and controls together; all at thorough effort."""

VULNERABLE = 200
"""People reported apart because they stand out most."""

MOST_GROUPS = 10
"""Different numbers up to which each is a group of its own."""

PACK = 1000
"""Random people of POOL whose distance says how much somebody stands out."""


@dataclass(frozen=True, eq=False)
class Bench:
    """A table made ready for a study.

    Parameters
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
        Empty in regression.
    target : array, shape (rows,)
        Class codes, or numbers.
    knows, secrets, left, right : tuple of str
        What the attacker knows, wants to find out, and holds in two places.
    attacked : integer array
        POOL places of the people whom attacks on the model are tried on, sorted: a random part of POOL, or all of it.
    vulnerable : integer array
        POOL places of those of them who stand out most; nobody looked at what any attack does to them.
    sample : integer array
        POOL places of those of them whom attacks on rows are tried on.
    reserve : integer array
        POOL places of the third who are never attacked on rows: when out, they are the attacker's population sample.
    groups : (labels, code of each person of the table), optional
        The values of the study's subgroup column.
    """

    table: Table
    task: str
    classes: tuple[str, ...]
    target: Labels
    split: Split
    knows: tuple[str, ...]
    secrets: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    domains: Mapping[str, tuple[Any, ...]] | None
    seed: int
    attacked: Labels
    vulnerable: Labels
    sample: Labels
    reserve: Labels
    groups: tuple[tuple[str, ...], Labels] | None = None

    @staticmethod
    def prepare(study: Study, table: Table) -> Bench:
        """Draw the sample and the split, and check what the study names against the schema."""
        schema = table.schema
        for name in {n for names in vars(study.attacker).values() for n in names}:
            if name not in schema:
                raise UserError("the attacker knows columns of the table", got=repr(name), do="Correct the study.")
        task = task_of(table)
        if schema.target is not None and study.model.task != task:
            wanted = "numbers" if task == "regression" else "classes"
            raise UserError(
                f"the target {schema.target!r} needs a model that predicts {wanted}",
                got=f"{study.model.key}, which does {study.model.task}",
                do=f"Choose one of: {', '.join(k for k, m in MODELS.items() if m.task == task)}.",
            )
        classes = class_labels(table) if task == "classification" else ()
        if study.rows is not None:
            table = subsample(table, study.rows, study.seed)
        split = split_table(table, classes, study.seed)
        knows = study.attacker.knows or schema.quasi_identifiers
        order = rng_for(study.seed, "targets").permutation(len(split.pool))
        attacked = np.sort(order if study.effort == "thorough" else order[:ATTACKED])
        vulnerable = _standing_out(table, split, attacked, study.seed)
        last = order[len(order) - len(order) // 3 :]
        return Bench(
            table=table,
            task=task,
            classes=classes,
            target=target_codes(table, classes) if classes else target_values(table),
            split=split,
            knows=knows,
            secrets=study.attacker.secrets or default_secrets(table.schema),
            left=study.attacker.left or tuple(n for n in knows[::2] if n not in study.attacker.right),
            right=study.attacker.right or tuple(n for n in knows[1::2] if n not in study.attacker.left),
            domains=public_domains(table) if study.assume_public_domain else None,
            seed=study.seed,
            attacked=attacked,
            vulnerable=vulnerable,
            sample=np.sort(order[: min(TARGETS, len(order) - len(order) // 3)]),
            reserve=np.setdiff1d(last, vulnerable) if len(last) > VULNERABLE else np.sort(last),
            groups=None if study.subgroup is None else group_codes(table, study.subgroup),
        )

    @cached_property
    def first_row(self) -> Labels:
        """Positions among the POOL rows of the first row of every POOL person."""
        return first_rows(self.split)

    @cached_property
    def attacked_rows(self) -> Labels:
        """Positions among the POOL rows of the rows of attacked people."""
        return np.flatnonzero(np.isin(self.split.pool_place, self.attacked))

    @cached_property
    def tuning(self) -> Labels:
        """Who of the attacked people is in the tuning half."""
        return np.asarray(self.split.tuning[self.attacked])

    def coins(self, replicate: int) -> Labels:
        """Return who of the attacked people is a member in this replicate."""
        return np.asarray(self.split.coins(replicate)[self.attacked])

    @cached_property
    def features(self) -> Labels:
        """What a membership attacker knows of every attacked person, as numbers, shape (people, features)."""
        rows = self.split.pool_rows[self.first_row[self.attacked]]
        table = self.table.take(rows)
        numbers = Encoder.fit(table, ordinal=True).transform(table)
        return np.column_stack([numbers, self.target[rows].astype(np.float32)])

    def facts(self, *, full: bool) -> PublicFacts:
        """Return what everybody may know: the public number of people is that of POOL, or half of it."""
        people = len(self.split.pool)
        return PublicFacts(
            people=people if full else people / 2,
            classes=self.classes,
            assume_public_domain=self.domains is not None,
            domains=self.domains,
        )


def public_domains(table: Table) -> dict[str, tuple[Any, ...]]:
    """Return ranges and value lists read from the whole table, for studies that assume they are public."""
    found: dict[str, tuple[Any, ...]] = {}
    for column in table.schema.columns:
        cells = table.frame[column.name]
        if hasattr(cells, "cat"):
            found[column.name] = tuple(str(value) for value in cells.cat.categories)
        elif cells.notna().any():
            low, high = cells.min(), cells.max()
            dates = cells.dtype.kind == "M"
            found[column.name] = (str(low)[:10], str(high)[:10]) if dates else (float(low), float(high))
    return found


def first_rows(split: Split) -> Labels:
    """Return for every POOL person the position of their first row among the POOL rows."""
    first = np.empty(len(split.pool), np.int64)
    first[split.pool_place[::-1]] = np.arange(len(split.pool_rows))[::-1]
    return first


def default_secrets(schema: Schema) -> tuple[str, ...]:
    """Return what an attacker wants to find out: the sensitive columns, else the target."""
    sensitive = schema.with_role(Role.SENSITIVE)
    return sensitive or ((schema.target,) if schema.target is not None else ())


def _standing_out(table: Table, split: Split, attacked: Labels, seed: int) -> Labels:
    """Return the POOL places of the attacked with the largest mean distance to their five nearest among a random pack.

    Members and controls alike, before any coin is tossed and any model trained, so that the choice cannot follow the
    outcome (Meeus et al. 2023, Achilles' heels, arXiv:2306.10308, by distance).
    """
    columns = table.schema.model_inputs
    if not columns or len(attacked) <= VULNERABLE:
        return attacked
    rng = rng_for(seed, "vulnerable")
    everybody = table.take(split.pool_rows[first_rows(split)[attacked]])
    pack = np.sort(rng.permutation(len(attacked))[:PACK])
    distances, _ = Nearest.fit(everybody.take(pack), columns, everybody).query(everybody, min(6, len(pack)), rng)
    # Whoever is in the pack has themselves at distance 0: they get the next five instead.
    own = np.isin(np.arange(len(attacked)), pack)
    mean = np.where(own, distances[:, 1:].mean(axis=1), distances[:, :5].mean(axis=1))
    return np.sort(attacked[np.argsort(-mean, kind="stable")[:VULNERABLE]])


def group_codes(table: Table, column: str) -> tuple[tuple[str, ...], Labels]:
    """Return the groups of a column, and the code of every person of the table (their first row counts).

    Texts and classes are groups as they are; numbers and dates with more than ten values are cut at the quartiles.
    """
    if column not in table.schema:
        raise UserError("the subgroup must be a column of the table", got=repr(column), do="Correct the study.")
    cells = table.frame[column]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        labels, codes = tuple(cells.cat.categories.astype(str)), cells.cat.codes.to_numpy(np.int64)
    elif cells.nunique() <= MOST_GROUPS:
        codes, values = pd.factorize(cells, sort=True)
        labels = tuple(str(v)[:10] if cells.dtype.kind == "M" else f"{v:g}" for v in values)
    else:
        edges = np.unique(cells.quantile([0.25, 0.5, 0.75], interpolation="nearest").to_numpy())
        codes = np.where(cells.isna(), -1, np.searchsorted(edges, cells.to_numpy(), side="left"))
        shown = [str(e)[:10] if cells.dtype.kind == "M" else f"{e:g}" for e in edges]
        between = [f"above {low} to {high}" for low, high in pairwise(shown)]
        labels = (f"up to {shown[0]}", *between, f"above {shown[-1]}")
    codes = np.where(codes < 0, len(labels), codes)
    first = np.empty(table.people, np.int64)
    first[table.persons[::-1]] = codes[::-1]
    return (*labels, MISSING), first
