"""Keeps messages of exceptions out of the server's log: they may quote a cell of somebody's table."""

from __future__ import annotations

import logging
import sys
import threading
import traceback

LOGGERS = (
    "streamlit.error_util",
    "streamlit.runtime.scriptrunner.script_runner",
    "streamlit.runtime.app_session",
    "streamlit.runtime.backend_operation_handler",
    "streamlit.runtime.caching.cache_resource_api",
    "streamlit.runtime.dataframe_chunk_handler",
    "streamlit.runtime.fragment",
    "streamlit.web.server.starlette.starlette_routes",
    "streamlit.web.server.starlette.starlette_websocket",
    "concurrent.futures",
    "asyncio",
    "uvicorn.error",
)
"""Loggers that write exceptions of our pages or of work that they started."""


def where(trace: object) -> str:
    """Return the innermost code locations of a traceback, without source lines."""
    frames = traceback.extract_tb(trace)[-6:]  # type: ignore[arg-type]
    return " <- ".join(f"{f.name}@{f.filename.rsplit('/', 1)[-1]}:{f.lineno}" for f in reversed(frames))


class Redact(logging.Filter):
    """Keeps the type of an exception and where it happened; drops its message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite records that carry an exception; let every record through."""
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            record.msg, record.args = f"{kind.__name__} (message withheld) at {where(trace)}", ()
            record.exc_info = record.exc_text = None
        return True


def _thread_hook(args: threading.ExceptHookArgs) -> None:
    print(f"{args.exc_type.__name__} (message withheld) at {where(args.exc_traceback)}", file=sys.stderr)  # noqa: T201


def install() -> None:
    """Guard the loggers and threads of this process; calling it again changes nothing."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(found, Redact) for found in logger.filters):
            logger.addFilter(Redact())
    threading.excepthook = _thread_hook
