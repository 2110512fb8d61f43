"""What an attacker on released rows sees, and the truth, from small tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.attacks.rows import Attempts, RowsTruth, RowsView
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table


def table_of(columns: dict[str, object], **roles: Role) -> Table:
    """Texts become categories, numbers numbers, datetimes dates."""
    frame = pd.DataFrame(columns)
    kinds = {
        name: Kind.DATE if cells.dtype.kind == "M" else Kind.NUMERIC if cells.dtype.kind in "iuf" else Kind.CATEGORICAL
        for name, cells in frame.items()
    }
    usual = Role.QUASI_IDENTIFIER
    return Table.build(
        frame, Schema(tuple(Column(name=n, kind=kind, role=roles.get(n, usual)) for n, kind in kinds.items()))
    )


def stacked(*tables: Table) -> Table:
    """The rows of one table below those of the other."""
    frame = pd.concat([t.frame.astype(object) for t in tables], ignore_index=True)
    schema = tables[0].schema
    for column in schema.columns:
        if column.kind is Kind.NUMERIC:
            frame[column.name] = frame[column.name].astype(float)
    return Table.build(frame, schema)


def attacked(
    released: Table,
    targets: Table,
    members: int,
    *,
    secrets: tuple[str, ...] = (),
    knows: tuple[str, ...] | None = None,
    left: tuple[str, ...] = (),
    right: tuple[str, ...] = (),
    reference: Table | None = None,
    seed: int = 0,
) -> tuple[RowsView, RowsTruth]:
    """The first `members` targets are in the data, the others are not; the reference is the controls by default."""
    rng = np.random.default_rng(seed)
    is_member = np.arange(len(targets)) < members
    population = targets.take(~is_member) if reference is None else reference
    half = rng.random(len(targets)) < 0.5
    view = RowsView(
        released=released,
        targets=targets,
        half=half,
        reference=population,
        reference_half=half[~is_member] if reference is None else rng.random(len(population)) < 0.5,
        knows=tuple(n for n in targets.schema.names if n not in secrets) if knows is None else knows,
        secrets=secrets,
        left=left,
        right=right,
    )
    truth = RowsTruth(
        members=is_member,
        person=np.arange(len(targets)),
        inside=targets.take(is_member),
        outside=targets.take(~is_member),
        source=None,
        tuning=half,
    )
    return view, truth


def rates(attempts: Attempts, kind: str) -> tuple[float, float]:
    """Success on members and on controls of one variant."""
    outcome = attempts.outcome[:, attempts.kinds.index(kind)]
    return float(outcome[attempts.member].mean()), float(outcome[~attempts.member].mean())
