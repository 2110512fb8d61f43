"""What runs in a worker of a cluster beside the tasks themselves, and whether a worker may be used at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import UserError

SPILL_OFF = (
    "Start the workers with DASK_DISTRIBUTED__WORKER__MEMORY__TARGET=False and "
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL=False"
)


def guarded(task: Callable[..., Any], *args: Any) -> tuple[bool, Any]:
    """Run a task in a worker; what it raises comes back as a value, so that dask does not log its arguments."""
    try:
        return True, task(*args)
    except Exception as error:
        return False, error


async def leave() -> None:
    """End the worker that this runs in: a thread that computes cannot be ended alone."""
    os._exit(1)


def look(dask_worker: Any = None) -> dict[str, Any]:
    """Return what a worker is like: whether its store may go to disk, tasks at a time, versions, our own code."""
    memory = getattr(dask_worker, "memory_manager", None)
    fractions = [getattr(memory, name, None) for name in ("memory_target_fraction", "memory_spill_fraction")]
    return {
        "spills": any(value is not False for value in fractions) or type(getattr(memory, "data", None)) is not dict,
        "threads": dask_worker.state.nthreads,
        **here(),
    }


def here() -> dict[str, Any]:
    """Return the versions that numbers depend on, and a digest of this program's code."""
    from core.tradeoff.result import versions

    code = hashlib.sha256()
    root = Path(__file__).parent.parent
    for path in sorted(root.rglob("*.py")):
        code.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size};".encode())
        code.update(path.read_bytes())
    return {"versions": versions(), "code": code.hexdigest()}


def refusal(found: Any) -> UserError | None:
    """Return why a worker must not get rows, or None."""
    if not isinstance(found, Mapping):
        return UserError(
            "the workers of the cluster must be able to import this program",
            got=f"one that cannot ({type(found).__name__})",
            do="Start them in its folder, in an environment with the same requirements.",
        )
    if found["spills"]:
        return UserError(
            "the workers of the cluster must never write what they hold to disk",
            got="distributed.worker.memory.target or distributed.worker.memory.spill switched on",
            do=SPILL_OFF + ".",
        )
    if found["threads"] != 1:
        return UserError(
            "a worker of the cluster runs one task at a time",
            got=f"{found['threads']} threads",
            do="Start the workers with --nthreads 1, and as many as there are processors.",
        )
    mine = here()
    if found["versions"] != mine["versions"]:
        return UserError(
            "the workers of the cluster need the versions of this machine, because numbers depend on them",
            got=f"others of {_different(found['versions'], mine['versions'])}",
            do="Install the same requirements.txt there.",
        )
    if found["code"] != mine["code"]:
        return UserError(
            "the workers of the cluster run the same version of this program",
            got="another one",
            do="Bring their copy up to date and start them again.",
        )
    return None


def _different(theirs: Mapping[str, str], mine: Mapping[str, str]) -> str:
    names = [name for name in mine if theirs.get(name) != mine[name]]
    return ", ".join(names) or "more packages"
