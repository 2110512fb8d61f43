"""The trade-off chart as core draws it; its axes do not jump while a sweep fills in."""

from __future__ import annotations

from typing import Any

from core.charts import CHARTS
from core.charts.marks import TradeOffInfo
from pages.components.vault import Workspace


def chart(space: Workspace, result: Any, *, dark: bool, selected: str | None) -> tuple[Any, TradeOffInfo]:
    """Return the figure and the numbers behind it: sentence, alternative text, what has no place on the axes.

    A result that did not change is drawn once for all who look at it: nobody may change the figure.
    """
    drawing = CHARTS["trade_off"]
    of, drawn = space.notes.get("figures", (None, {}))
    if of is not result:
        of, drawn = result, {}
        space.notes["figures"] = (of, drawn)
    if (dark, selected) not in drawn:
        info: TradeOffInfo = drawing.info(result, selected=selected, previous=space.notes.get("drawn"))
        space.notes["drawn"] = info
        drawn[dark, selected] = (drawing.figure(info, dark=dark), info)
    figure, told = drawn[dark, selected]
    return figure, told
