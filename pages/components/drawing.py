"""The trade-off chart as core draws it; its axes do not jump while a sweep fills in."""

from __future__ import annotations

from typing import Any

from core.charts import CHARTS
from core.charts.marks import TradeOffInfo
from pages.components.vault import Workspace


def chart(space: Workspace, result: Any, *, dark: bool, selected: str | None) -> tuple[Any, TradeOffInfo]:
    """Return the figure and the numbers behind it: sentence, alternative text, what has no place on the axes."""
    drawing = CHARTS["trade_off"]
    info: TradeOffInfo = drawing.info(result, selected=selected, previous=space.notes.get("drawn"))
    if space.notes is not None:
        space.notes["drawn"] = info
    return drawing.figure(info, dark=dark), info
