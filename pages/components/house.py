"""The house: everything that one server process holds, made once."""

from __future__ import annotations

import gc
import os
import threading
from typing import Any

from core.engine.choose import cluster_address
from core.engine.cluster import ClusterEngine
from core.engine.elsewhere import Elsewhere
from core.engine.jobs import Dispatcher
from core.engine.local import InlineEngine, default_workers
from core.team.store import Store, default_url
from pages.components import people
from pages.components.keeper import Keeper
from pages.components.turns import Turns
from pages.components.vault import Vault
from pages.components.workers import Workers


class House:
    """Everything that one server process holds: the vault, the workers, the sweeps' turns."""

    def __init__(self) -> None:
        # 0 workers: sweeps run in the calling thread, for machines without processes and for tests of pages.
        count = int(os.environ.get("MIDDLEGROUND_WORKERS") or default_workers())
        cluster = cluster_address()
        self.workers: Any = ClusterEngine(cluster) if cluster else Workers(count) if count else InlineEngine()
        self.dispatcher = Dispatcher(self.workers)
        self.vault = Vault(on_forget=self.forget_copies)
        self.presence = people.Presence()
        self.turns = Turns()
        self._store: Store | None = None
        self._opening = threading.Lock()
        self._warmed, self._over = False, threading.Event()
        self.keeper = Keeper(self.store)
        threading.Thread(target=self._clock, daemon=True, name="vault-clock").start()

    def store(self) -> Store:
        """Return the team's store, opened once; a `UserError` says why it cannot be, and the next call tries again."""
        with self._opening:
            if self._store is None:
                self._store = Store(default_url())
            return self._store

    @property
    def where(self) -> str:
        """Who computes, in words: "2 processes of this machine"."""
        if isinstance(self.workers, ClusterEngine):
            return "the workers of your cluster"
        count = self.workers.workers
        return f"{count} process{'' if count == 1 else 'es'} of this machine"

    @property
    def promise(self) -> str:
        """What happens to rows, in one sentence that holds for where the work runs."""
        if isinstance(self.workers, ClusterEngine):
            return (
                "Rows stay in memory: of this server and, while settings run, of the workers of your cluster. They are "
                "never written to disk."
            )
        return "Rows stay in this server's memory: never written to disk, never sent elsewhere."

    def ready(self) -> None:
        """Reach the cluster where there is one, or raise the `UserError` that says why it cannot be used."""
        if isinstance(self.workers, ClusterEngine):
            self.workers.connect()

    @property
    def elsewhere(self) -> Elsewhere:
        """Where fits run that somebody waits for: never in the process that draws pages."""
        return Elsewhere(self.workers)

    def forget_copies(self, holder: str = "") -> None:
        """Drop what was measured for a workspace, kill the processes that hold copies of tables, start fresh ones."""
        self.dispatcher.forget(holder)
        if isinstance(self.workers, Workers):
            self.workers.forget()
            self.workers.warm()
        elif isinstance(self.workers, ClusterEngine):
            self.workers.forget()
        else:
            self.workers.close()

    def warm(self) -> None:
        """Start the workers and import what the first sweep and chart need, once, without waiting."""
        if self._warmed:
            return
        self._warmed = True
        if isinstance(self.workers, Workers):
            self.workers.warm()
        threading.Thread(target=_imports, daemon=True, name="warm-up").start()

    def close(self) -> None:
        """End the clock and the workers, when another house takes this one's place."""
        self._over.set()
        self.workers.close()

    def _clock(self) -> None:
        """Forget what is idle, and collect garbage now that Streamlit does not after every run."""
        while not self._over.wait(60):
            self.vault.expire()
            gc.collect()


def _imports() -> None:
    import plotly.graph_objects as go

    go.Figure(go.Scatter(x=[0], y=[0])).to_json()
    from pages.components.samples import table_of

    table_of("adult")  # public, and the first click of most people
    gc.freeze()
