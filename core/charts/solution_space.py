"""The solution space of full-domain generalisation: every choice of levels a mark, what it keeps, whether it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from core.charts.base import Chart
from core.charts.words import plain
from core.techniques.lattice import STATES, Solutions

if TYPE_CHECKING:
    import plotly.graph_objects as go

STATE_WORDS: dict[str, str] = {
    "optimum": "the optimum: what is released",
    "holds": "holds: every crowd is large enough",
    "fails": "fails: too many rows would be left out",
    "bounded out": "not looked at: it cannot be better than the optimum",
    "not evaluated": "not looked at",
}
"""State -> what it means."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One choice of levels.

    Parameters
    ----------
    levels : tuple of int
        One per quasi-identifier.
    kept : float or None
        Information kept, 1 - loss, people who are left out counted as lost; None where nobody counted it.
    most : float
        What it would keep if nobody had to be left out: an upper limit, known of every choice.
    """

    levels: tuple[int, ...]
    state: str
    kept: float | None
    most: float
    suppressed: int | None
    classes: int | None


@dataclass(frozen=True, kw_only=True)
class SolutionInfo:
    """What the picture shows.

    Parameters
    ----------
    choices : tuple of Choice
        Those that pass the filters.
    total : int
        Choices of levels in all.
    hidden : int
        Listed choices that the filters take away.
    """

    columns: tuple[str, ...]
    heights: tuple[int, ...]
    choices: tuple[Choice, ...]
    total: int
    hidden: int
    sentence: str


class SolutionSpace(Chart):
    """Every choice of levels: to the right coarser, further up more is kept."""

    key: ClassVar[str] = "solution_space"
    title: ClassVar[str] = "The solution space"

    @classmethod
    def info(
        cls,
        solutions: Solutions | None,
        *,
        states: Sequence[str] = STATES,
        between: Mapping[str, tuple[int, int]] | None = None,
    ) -> SolutionInfo:
        """Return the numbers of the picture.

        Parameters
        ----------
        states : sequence of str
            The states to show.
        between : mapping, optional
            Column -> lowest and highest level to show.
        """
        if solutions is None:
            return SolutionInfo(columns=(), heights=(), choices=(), total=0, hidden=0, sentence="Nothing was searched.")
        shown = np.isin(solutions.state, list(states))
        for name, (low, high) in (between or {}).items():
            level = solutions.levels[:, solutions.columns.index(name)]
            shown &= (level >= low) & (level <= high)
        found = tuple(_choice(solutions, int(row)) for row in np.flatnonzero(shown))
        counts = {state: int(np.count_nonzero(solutions.state == state)) for state in STATES}
        listed = len(solutions)
        told = f"{counts['holds'] + counts['optimum']:,} of {listed:,} choices of levels hold"
        if listed < solutions.total:
            told += f"; {solutions.total:,} exist, and only those that the search looked at are shown"
        return SolutionInfo(
            columns=tuple(plain(name) for name in solutions.columns),
            heights=solutions.heights,
            choices=found,
            total=solutions.total,
            hidden=listed - len(found),
            sentence=f"{told}. {solutions.found.sentence}",
        )

    @classmethod
    def figure(cls, info: SolutionInfo, dark: bool = False) -> go.Figure:
        """Draw an info; plotly is imported only here."""
        from core.charts.solution_figure import draw

        return draw(info, dark)

    @classmethod
    def examples(cls) -> tuple[SolutionInfo, ...]:
        """Return the empty picture and one with a choice of every state."""
        choices = tuple(
            Choice(levels=(i, 1), state=state, kept=0.9 - 0.1 * i if i < 3 else None, most=0.9 - 0.1 * i,
                   suppressed=i if i < 3 else None, classes=9 if i < 3 else None)
            for i, state in enumerate(STATES)
        )  # fmt: skip
        full = SolutionInfo(
            columns=("age", "zip"), heights=(5, 2), choices=choices, total=5, hidden=0, sentence="Five."
        )
        return cls.info(None), full


def _choice(solutions: Solutions, row: int) -> Choice:
    loss, suppressed, classes = solutions.loss[row], solutions.suppressed[row], solutions.classes[row]
    return Choice(
        levels=tuple(int(level) for level in solutions.levels[row]),
        state=str(solutions.state[row]),
        kept=None if np.isnan(loss) else float(1 - loss),
        most=float(1 - solutions.least[row]),
        suppressed=None if np.isnan(suppressed) else int(suppressed),
        classes=None if np.isnan(classes) else int(classes),
    )


def best(info: SolutionInfo, most: int = 10) -> list[Choice]:
    """Return the choices that hold and keep most, the optimum among them where it is shown."""
    holding = [choice for choice in info.choices if choice.state in ("optimum", "holds") and choice.kept is not None]
    return sorted(holding, key=lambda choice: -(choice.kept or 0.0))[:most]


def rows(info: SolutionInfo, most: int = 10) -> list[dict[str, Any]]:
    """Return the best choices as rows of a table."""
    return [
        {
            "": "optimum" if choice.state == "optimum" else "",
            **dict(zip(info.columns, choice.levels, strict=True)),
            "kept": f"{100 * (choice.kept or 0):.1f} %",
            "rows left out": f"{choice.suppressed:,}" if choice.suppressed is not None else "–",
            "crowds": f"{choice.classes:,}" if choice.classes is not None else "–",
        }
        for choice in best(info, most)
    ]
