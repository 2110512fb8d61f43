"""Finished work: outcomes that were measured before, so that no sweep of this server fits the same thing twice."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from core.data.table import Table
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import Outcome
from core.tradeoff.study import Study

BUDGET = 256 * 1024**2
"""Bytes of outcomes that are kept; those asked for longest ago go first."""

OVERHEAD = 2048
"""Bytes counted for an outcome beside its arrays."""


def digest(*things: Any) -> str:
    """Return a SHA-256 over everything that these values hold, the same in every process.

    Dataclasses count with their type and every field, so that a field added later counts by itself; tables by their
    fingerprint and the meaning of generalised columns; arrays by type, shape and content; scalars by what they
    print, so that 5 and 5.0 differ (random streams are drawn from the print).

    Raises
    ------
    TypeError
        For a value that it does not know: better loud than equal to something else.

    Examples
    --------
    >>> digest((1, "a")) == digest((1, "a")), digest(("ab", "c")) == digest(("a", "bc")), digest(5) == digest(5.0)
    (True, False, False)
    """
    running = hashlib.sha256()
    _feed(running, things)
    return running.hexdigest()


def _feed(running: Any, thing: Any) -> None:
    def mark(kind: str, size: int = 0) -> None:
        running.update(f"{kind}:{size};".encode())

    if isinstance(thing, Table):
        mark("table")
        _feed(running, (thing.fingerprint, dict(thing.meanings)))
    elif is_dataclass(thing) and not isinstance(thing, type):
        mark(f"{type(thing).__module__}.{type(thing).__qualname__}", len(fields(thing)))
        for field in fields(thing):
            _feed(running, field.name)
            _feed(running, getattr(thing, field.name))
    elif isinstance(thing, np.ndarray):
        if thing.dtype.hasobject:
            raise TypeError("arrays of objects have no stable content")
        mark(f"array {thing.dtype.str} {thing.shape}")
        running.update(np.ascontiguousarray(thing).data)
    elif isinstance(thing, Mapping):
        mark("mapping", len(thing))
        for key, value in thing.items():
            _feed(running, (key, value))
    elif isinstance(thing, (tuple, list)):
        mark("sequence", len(thing))
        for value in thing:
            _feed(running, value)
    elif isinstance(thing, (str, int, float, np.number, np.bool_)) or thing is None:
        text = f"{type(thing).__name__} {thing!r}".encode("utf-8", "surrogatepass")
        mark("scalar", len(text))
        running.update(text)
    else:
        raise TypeError(f"no digest for {type(thing).__name__}")


def bench_key(bench: Bench, study: Study) -> str:
    """Return what stands for everything beside the recipe and the replicate that an outcome depends on.

    That is the table made ready (rows with their schema and order, split, seed, task and classes, what the attacker
    knows and wants, who is attacked, public domains), the seed and the model. Subgroups, limits, metric, threat and
    the study's name only decide how outcomes are shown. Effort counts as far as it changes who is attacked.
    """
    return digest(replace(bench, groups=None), study.seed, study.model)


def recipe_key(recipe: Recipe) -> str:
    """Return what stands for a recipe: steps with every parameter, release, tuning with its public rows; no name."""
    return digest(recipe.steps, recipe.release, recipe.tune)


def size_of(thing: Any) -> int:
    """Return the bytes of the arrays in an outcome."""
    if isinstance(thing, np.ndarray):
        return int(thing.nbytes)
    if is_dataclass(thing) and not isinstance(thing, type):
        return sum(size_of(getattr(thing, field.name)) for field in fields(thing))
    if isinstance(thing, Mapping):
        return sum(size_of(value) for value in thing.values())
    if isinstance(thing, (tuple, list)):
        return sum(size_of(value) for value in thing)
    return 0


Key = tuple[str, str, int]
"""Bench, recipe, number of the replicate."""


@dataclass(frozen=True)
class Lease:
    """The right to keep outcomes for somebody's table; it ends when that table is forgotten."""

    holder: str
    generation: tuple[int, int]


class Finished:
    """Outcomes by what they depend on, in memory only.

    Each belongs to those whose sweeps measured or used it, by their workspace. When a workspace is forgotten its claims
    go, and with the last claim the outcome: somebody else who brought the same table keeps theirs.

    Parameters
    ----------
    budget : int
        Bytes.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self._held: OrderedDict[Key, tuple[Outcome, int, set[str]]] = OrderedDict()
        self._forgotten: dict[str, int] = {}
        self._all = 0
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        """Return how many outcomes are held."""
        return len(self._held)

    def lease(self, holder: str) -> Lease:
        """Return the right to keep outcomes for a holder, until it is forgotten."""
        with self._lock:
            return Lease(holder, self._generation(holder))

    def _generation(self, holder: str) -> tuple[int, int]:
        return self._all, self._forgotten.get(holder, 0)

    def _valid(self, lease: Lease) -> bool:
        return self._generation(lease.holder) == lease.generation

    def put(self, key: Key, outcome: Outcome, lease: Lease) -> None:
        """Keep an outcome, or why a rule leaves none; not a failed one, nor for a table forgotten meanwhile."""
        if outcome.failed is not None:
            return
        size = size_of(outcome) + OVERHEAD
        with self._lock:
            if not self._valid(lease) or size > self.budget:
                return
            _, before, holders = self._held.pop(key, (outcome, 0, set()))
            self._held[key] = (outcome, size, holders | {lease.holder})
            self.bytes += size - before
            while self.bytes > self.budget:
                self.bytes -= self._held.popitem(last=False)[1][1]

    def get(self, key: Key, lease: Lease) -> Outcome | None:
        """Return what was measured before, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is None or not self._valid(lease):
                return None
            self._held.move_to_end(key)
            found[2].add(lease.holder)
            return found[0]

    def forget(self, holder: str | None = None) -> None:
        """Drop what was kept for a holder and for nobody by name; of all without one."""
        with self._lock:
            if holder is None:
                self._all += 1
                self._held.clear()
                self.bytes = 0
                return
            gone = {holder, ""}
            for name in gone:
                self._forgotten[name] = self._forgotten.get(name, 0) + 1
            for key, (_, size, holders) in list(self._held.items()):
                holders -= gone
                if not holders:
                    del self._held[key]
                    self.bytes -= size


def named(outcome: Outcome, recipe: Recipe) -> Outcome:
    """Return an outcome under the name of the recipe that asks for it."""
    return outcome if outcome.point == recipe.id else replace(outcome, point=recipe.id)
