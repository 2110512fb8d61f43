"""Work that goes on while the page stays in use: a thread that the page looks at now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import UserError
from pages.components.redact import where


class Work:
    """One piece of work in a thread of its own; holds what came out, or what went wrong.

    Parameters
    ----------
    act : callable
        Gets this object: it tells its progress with `tell` and looks at `stop`. What it holds is let go at the end.
    """

    def __init__(self, act: Callable[[Work], Any]) -> None:
        self.stop = threading.Event()
        self.text, self.share = "", 0.0
        self.result: Any = None
        self.problem: Exception | None = None
        self._act: Callable[[Work], Any] | None = act
        self._done = threading.Event()

    def start(self) -> Work:
        """Begin."""
        threading.Thread(target=self._run, daemon=True, name="background-work").start()
        return self

    def _run(self) -> None:
        try:
            if self._act is not None:
                self.result = self._act(self)
        except UserError as problem:
            self.problem = _without_rows(problem)
        except Exception as problem:  # shown with a reference number where the page is drawn
            print(f"background work: {type(problem).__name__} (message withheld) at {where(problem.__traceback__)}")  # noqa: T201
            self.problem = _without_rows(problem)
        finally:
            self._act = None  # it may hold a table
            self._done.set()

    def tell(self, text: str, share: float = 0.0) -> None:
        """Say how far it is."""
        self.text, self.share = text, share

    @property
    def active(self) -> bool:
        """Whether it still goes on."""
        return not self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end."""
        return self._done.wait(seconds)


def _without_rows(problem: Exception) -> Exception:
    """Cut off how an exception came about: its frames keep the tables that were in them as long as it is shown."""
    problem.__cause__ = problem.__context__ = None
    return problem.with_traceback(None)


def watch(work: Work, key: str) -> None:
    """Draw progress and Stop until the work has ended, without blocking the page."""

    @st.fragment(run_every=1.0 if work.active else None, key=f"watch-{key}")
    def live() -> None:
        if not work.active:
            st.rerun()
        bar, stop = st.columns([4, 1], vertical_alignment="center")
        bar.progress(min(max(work.share, 0.0), 1.0), text=work.text or "Starting")
        stop.button("Stop", key=f"stop-{key}", icon=":material/stop:", on_click=work.stop.set, width="stretch")

    if work.active:
        live()


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> duration(7), duration(200)
    ('about 10 s', 'about 3 min')
    """
    return f"about {max(10, round(seconds / 10) * 10)} s" if seconds < 90 else f"about {round(seconds / 60)} min"
