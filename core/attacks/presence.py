"""Presence: whether a person is among those whom the released rows were made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.attacks.density import Densities, numbers
from core.attacks.names import named_rows, others
from core.attacks.nearest import Nearest
from core.attacks.rows import Attempts, RowsAttack, RowsTruth, RowsView
from core.data.table import Labels, Table
from core.stats.roc import tied_share

FLOOR = 1e-10
"""Distance added to both sides of a ratio: a released copy of somebody without a twin stands above everything.

Just above what the search takes for equal. One outlier stretches the range of a column without public bounds, so that
everybody else is 1e-5 apart; a floor above that would hide rows that were hardly changed.
"""

SHIFTED = 4.0
"""Standard errors by which a column's mean must differ from the population's for the rows to be re-centred."""

CERTAIN = 1e3
"""The score of somebody whose name is released."""

_FARTHEST = 2.0


@dataclass(frozen=True, eq=False)
class Scores:
    """One score per target and variant, higher meaning "in".

    Parameters
    ----------
    kinds : tuple of str
    table : float array, shape (targets, kinds)
    """

    kinds: tuple[str, ...]
    table: Labels


@dataclass(frozen=True, kw_only=True)
class Presence(RowsAttack):
    """Compare a person's row with the released rows and with rows of the population; nearer or denser speaks for "in".

    The attacker knows the whole row. Variants: the ratio of the distance to the k-th nearest row of the population
    sample and to the k-th nearest released row (Gower, k = 1 and 5); the same after taking out a shift of the released
    numbers against the sample, when there is one; the ratio of densities, estimated from counts of pairs of columns;
    and the ratio of how often the very row occurs. Without the comparison with the population this would be a
    "distance to closest record", which is no attack: rows that are typical lie close to everything. A released name
    settles the question. The population sample is people known to be out who are never attacked themselves: were they,
    two halves that serve as each other's sample would agree by chance on what looks like "out".

    Examples
    --------
    >>> Presence().describe()["family"]
    'rows'

    References
    ----------
    Yao, Krco, Ganev & de Montjoye (2025), The DCR delusion, arXiv:2505.01524; van Breugel et al. (2023),
    arXiv:2302.12580 (density ratio); Article 29 Working Party (2014), WP216.
    """

    key: ClassVar[str] = "presence"
    title: ClassVar[str] = "Presence by calibrated distance and density"
    threat: ClassVar[str] = "presence"
    game: ClassVar[str] = (
        "Knows a person's whole row and has a sample of people known to be out; looks which the released rows resemble."
    )

    def inapplicable(self, view: RowsView) -> str | None:
        """Return why nobody can be compared: no released column that says anything about people."""
        if not _columns(view) and not view.released.schema.identifying:
            return "no column is released that says anything about a person"
        return None

    def guess(self, view: RowsView, rng: Generator) -> Scores:
        """Return every variant's scores."""
        columns = _columns(view)
        found: dict[str, Labels] = {}
        if columns:
            shift = _shift(view.released, view.reference, columns)
            near = Nearest.fit(view.released, columns).query(view.targets, 5, rng)[0]
            far = Nearest.fit(view.reference, columns, view.released).query(view.targets, 5, rng)[0]
            found |= {f"nearest {k}": _ratio(far, near, k) for k in (1, 5)}
            if shift:
                moved = Nearest.fit(_moved(view.released, shift), columns, view.released).query(view.targets, 5, rng)[0]
                found["nearest 1, re-centred"] = _ratio(far, moved, 1)
            cells = Densities.of(view.targets, view.released, view.reference, columns)
            found |= {"pairs of columns": cells.pair_ratio(), "the very row": cells.exact_ratio()}
        else:
            found["name"] = np.zeros(len(view.targets))
        table = np.column_stack(list(found.values()))
        table[named_rows(view, 1, rng).found] = CERTAIN
        return Scores(tuple(found), table)

    def score(self, guesses: Scores, view: RowsView, truth: RowsTruth, rng: Generator) -> Attempts:
        """Return the scores, one line per target; the threshold is still to be tuned."""
        ties = [tied_share(guesses.table[:, place]) for place in range(len(guesses.kinds))]
        return Attempts(
            kinds=guesses.kinds,
            outcome=guesses.table,
            member=truth.members,
            person=truth.person,
            half=view.half,
            scored=True,
            reference=dict.fromkeys(guesses.kinds, 0.0),
            caps={"people of the population sample": float(len(view.reference))},
            tied=ties[0],
        )


def _columns(view: RowsView) -> tuple[str, ...]:
    """Return the released columns that are no names."""
    return others(view, view.released.schema.names)


def _ratio(far: Labels, near: Labels, k: int) -> Labels:
    """Return log (distance to the sample / distance to the release), both to the k-th nearest."""
    return np.asarray(np.log(_kth(far, k) + FLOOR) - np.log(_kth(near, k) + FLOOR))


def _kth(distances: Labels, k: int) -> Labels:
    """Return the k-th distance; where there are fewer rows, that of the last, or far away when there is none."""
    finite = np.isfinite(distances[:, :k])
    last = np.maximum(finite.sum(axis=1) - 1, 0)
    found = np.take_along_axis(distances[:, :k], last[:, None], axis=1)[:, 0].astype(float)
    return np.minimum(np.where(np.isfinite(found), found, _FARTHEST), _FARTHEST)


def _shift(released: Table, reference: Table, columns: tuple[str, ...]) -> dict[str, float]:
    """Return by how much each number's mean (dates: in days) is off the sample's, if any is off by more than chance."""
    found, odd = {}, False
    for name in columns:
        if isinstance(released.frame[name].dtype, pd.CategoricalDtype):
            continue
        ours, theirs = (values[~np.isnan(values)] for values in (numbers(t, name) for t in (released, reference)))
        if len(ours) < 2 or len(theirs) < 2:
            continue
        found[name] = float(ours.mean() - theirs.mean())
        error = float(np.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs)))
        odd = odd or abs(found[name]) > SHIFTED * error > 0
    return found if odd else {}


def _moved(table: Table, shift: dict[str, float]) -> Table:
    frame = table.frame.copy()
    for name, by in shift.items():
        dates = frame[name].dtype.kind == "M"
        frame[name] = frame[name] - (pd.to_timedelta(round(by), unit="D") if dates else by)
    return replace(table, frame=frame)
