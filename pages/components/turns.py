"""Turns: when one act has everybody's page drawn anew, the pages come one after the other and clicks pass between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Turns:
    """Gives out turns, one at a time and at a steady pace after the first few.

    Sixty pages that are drawn anew within one look keep a server busy for two seconds, and whoever clicks meanwhile
    waits behind all of them. A page that gets no turn asks again at its next look.

    Parameters
    ----------
    pace : float
        Seconds between two turns in a crowd.
    at_once : int
        Turns that are free of the pace after a quiet while, so that a small team never waits.
    patience : float
        Seconds after which somebody who asked in vain goes on all the same.
    longest : float
        Seconds after which a turn counts as over though nobody said so.
    clock : callable
        Seconds that never go back.

    Examples
    --------
    >>> now = [0.0]
    >>> turns = Turns(pace=1.0, at_once=2, patience=5.0, clock=lambda: now[0])
    >>> turns.take("ana"), turns.take("ben")  # Ana's page is not drawn yet
    (True, False)
    >>> turns.done("ana")
    >>> turns.take("ben"), turns.done("ben"), turns.take("cem")
    (True, None, False)
    >>> now[0] = 1.0
    >>> turns.take("cem")
    True
    """

    def __init__(
        self,
        pace: float = 0.1,
        at_once: int = 3,
        patience: float = 10.0,
        longest: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace, self._at_once, self._patience, self._longest = pace, at_once, patience, longest
        self._clock = clock
        self._lock = threading.Lock()
        self._free = float(at_once)
        self._counted = clock()
        self._asked: dict[str, float] = {}
        self._now: tuple[str, float] | None = None

    def take(self, who: str) -> bool:
        """Say whether it is this one's turn; one that never comes back is forgotten after twice the patience."""
        with self._lock:
            now = self._clock()
            self._free = min(self._free + (now - self._counted) / self._pace, float(self._at_once))
            self._counted = now
            self._asked = {other: at for other, at in self._asked.items() if now - at < 2 * self._patience}
            since = self._asked.setdefault(who, now)
            busy = self._now is not None and self._now[0] != who and now - self._now[1] < self._longest
            if (busy or self._free < 1) and now - since < self._patience:
                return False
            self._free = max(self._free - 1, 0.0)
            self._now = (who, now)
            del self._asked[who]
            return True

    def done(self, who: str) -> None:
        """Say that a page was drawn: the next turn is free."""
        with self._lock:
            if self._now is not None and self._now[0] == who:
                self._now = None
