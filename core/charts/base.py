"""The contract of a chart: numbers first, then the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Chart:
    """One chart; registered by one import line in `core/charts/__init__.py`.

    `info` returns a frozen dataclass of plain numbers and text that holds everything the drawing shows, so that tests
    compare numbers and never pictures. `figure` draws it and computes nothing. `examples` gives infos for the contract
    tests, the empty one among them.
    """

    key: ClassVar[str] = ""
    title: ClassVar[str] = ""

    @classmethod
    def info(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the numbers of the chart as a frozen dataclass."""
        raise NotImplementedError

    @classmethod
    def figure(cls, info: Any, dark: bool = False) -> go.Figure:
        """Draw an info on a light or a dark ground."""
        raise NotImplementedError

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Return infos to try the drawing with, the empty case first."""
        raise NotImplementedError
