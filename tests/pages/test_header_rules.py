"""The headers of every answer, failures included; what a browser may keep and what it may not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pages.components.headers import Headers, always, inline_scripts, policy


def ask(path="/", status=200, headers=(), failing=False, begun=False):
    """Send one request through the headers to a small application; return what comes out, and whether it failed."""
    sent = []

    async def app(scope, receive, send):
        if failing and not begun:
            raise ValueError("a cell")
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        if failing:
            raise ValueError("a cell")
        await send({"type": "http.response.body", "body": b"x"})

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    failed = False
    try:
        asyncio.run(Headers(app)({"type": "http", "path": path}, receive, send))
    except ValueError:
        failed = True
    return sent, failed


def names(sent):
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize("status", [200, 301, 400, 404, 500])
def test_every_answer_has_every_header_once(status):
    weak = [(b"X-Frame-Options", b"ALLOWALL"), (b"content-security-policy", b"default-src *"), (b"etag", b"1")]
    sent, _ = ask(status=status, headers=weak)
    found = [name.lower().decode() for name, _ in sent[0]["headers"]]
    assert len(found) == len(set(found))
    assert {name.lower() for name in always()} <= set(found)
    assert names(sent)["content-security-policy"] == policy()
    assert names(sent)["etag"] == "1"


def test_a_failure_is_answered_with_the_headers_and_without_its_message_and_goes_on_to_the_log():
    sent, failed = ask(failing=True)
    assert failed
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 500
    assert {name.lower() for name in always()} <= set(names(sent))
    assert b"cell" not in sent[1]["body"]


def test_an_answer_that_has_begun_is_not_begun_twice():
    sent, failed = ask(failing=True, begun=True)
    assert failed
    assert [message["type"] for message in sent] == ["http.response.start"]


@pytest.mark.parametrize(
    ("path", "status", "kind", "kept"),
    [
        ("/static/js/index.abc.js", 200, b"text/javascript", True),
        ("/app/static/plotly.min.js", 304, b"text/javascript", True),
        ("/base/static/js/index.js", 206, b"text/javascript", True),
        ("/static/nothing.js", 200, b"text/html; charset=utf-8", False),
        ("/static/nothing.js", 404, b"text/plain", False),
        ("/", 200, b"text/html", False),
        ("/media/report.pdf", 200, b"application/pdf", False),
        ("/_stcore/upload_file/a/b", 204, b"", False),
    ],
)
def test_only_files_that_are_the_same_for_everybody_may_be_kept_by_a_browser(path, status, kind, kept):
    sent, _ = ask(path, status, [(b"content-type", kind), (b"cache-control", b"public")])
    assert (names(sent)["cache-control"] == "public") is kept
    if not kept:
        assert names(sent)["cache-control"] == "no-store"


def test_a_websocket_passes_untouched():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope["type"], send))

    async def send(message):
        raise AssertionError(message)

    asyncio.run(Headers(app)({"type": "websocket", "path": "/_stcore/stream"}, None, send))
    assert seen == [("websocket", send)]


def test_the_numbers_about_sessions_are_closed_below_any_base_path():
    for path in ("/_stcore/metrics", "/base/_stcore/metrics"):
        sent, _ = ask(path)
        assert sent[0]["status"] == 404


def test_a_script_in_the_page_is_allowed_by_its_hash_alone():
    import streamlit

    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = next(part for part in policy().split("; ") if part.startswith("script-src"))
    assert set(scripts.split()[1:]) == {"'self'", "blob:", *inline_scripts(page)}
    assert inline_scripts(page)
    assert inline_scripts("<script>other()</script>")[0] not in scripts
