"""Headers on every answer: what the browser may load, who may frame the page, that nothing of it is kept on disk."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

CLOSED = ("/_stcore/metrics",)
"""Ends of paths that Streamlit answers to anybody and that nobody here needs: they count sessions and caches."""


def inline_scripts(page: str) -> tuple[str, ...]:
    """Return the hashes of the scripts that stand in a page, as a Content-Security-Policy names them.

    Examples
    --------
    >>> inline_scripts("<script>a = 1</script><script src='x.js'></script>")
    ("'sha256-tbwf/ZCRL7GL7259gJCRksemSSiWMgFW1n+68QTGVEo='",)
    """
    bodies = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(body.encode()).digest() for body in bodies)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


@cache
def policy() -> str:
    """Return the Content-Security-Policy: nothing from another host, no script but the server's own.

    `blob:` is how Streamlit 1.67 starts the script of a component; its styles are written into the page, as are
    plotly's. The script that stands in Streamlit's page is allowed by its hash, which is read from the installed file.
    """
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self' blob:", *inline_scripts(page))),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def always() -> dict[str, str]:
    """Return the headers that every answer bears."""
    return {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # The address holds the id that opens a workspace: no other host may learn it.
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }


def _may_be_kept(path: str, message: Message) -> bool:
    """Say whether a browser may keep an answer: Streamlit's own files and plotly.js only, never a page or a report."""
    kind = next((value for name, value in message.get("headers", ()) if name.lower() == b"content-type"), b"")
    # Streamlit answers with its page where there is no such file.
    return "/static/" in path and message["status"] in (200, 206, 304) and not kind.startswith(b"text/html")


class Headers:
    """Puts the headers on every answer of an ASGI application, refusals and failures included.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, started = str(scope.get("path", "")), False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                mine = {name.lower().encode(): value.encode() for name, value in always().items()}
                if not _may_be_kept(path, message):
                    mine[b"cache-control"] = b"no-store"
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in mine]
                message["headers"] = [*kept, *mine.items()]
            await send(message)

        if path.endswith(CLOSED):
            await _plain(with_headers, 404, b"Not Found")
            return
        try:
            await self._app(scope, receive, with_headers)
        except Exception:
            if not started:
                # The server's own answer to a failure is sent outside of here and would be bare.
                await _plain(with_headers, 500, b"Internal Server Error")
            raise


async def _plain(send: Send, status: int, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
