"""Which engine runs the work: a cluster when a setting names one, else processes of this machine, else this one."""

from __future__ import annotations

import os

from core.engine.local import Engine, InlineEngine, LocalEngine, default_workers

CLUSTER = "MIDDLEGROUND_CLUSTER"
"""The setting that names a cluster's scheduler: tcp://host:8786, or tls://host:8786."""


def cluster_address() -> str | None:
    """Return the scheduler that the setting names, or None."""
    return os.environ.get(CLUSTER, "").strip() or None


def chosen_engine(workers: int | None = None) -> Engine:
    """Return the engine for a command.

    Parameters
    ----------
    workers : int, optional
        Processes of this machine; by default one a processor. 1 stays in this process. With a cluster its scheduler
        decides and the number is not used.

    Raises
    ------
    UserError
        When the cluster that the setting names cannot be used; what to do is said.
    """
    address = cluster_address()
    if address is not None:
        from core.engine.cluster import ClusterEngine

        engine = ClusterEngine(address)
        engine.connect()
        return engine
    count = workers or default_workers()
    return InlineEngine() if count == 1 else LocalEngine(count)
