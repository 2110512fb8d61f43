"""Over HTTP, on a server that nobody has visited: every answer bears the headers that keep page and link private."""

from __future__ import annotations

import http.client

import pytest

pytestmark = pytest.mark.browser
PATHS = (
    "/", "/decide", "/decide?ws=abc", "/nowhere", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics",
    "/_stcore/script-health-check", "/_stcore/agent/openapi.json", "/media/nothing.csv", "/app/static/nothing.js",
    "/app/static/plotly.min.js", "/component/x/y", "//x", "/..%2f..%2fetc/passwd", "/decide/",
)  # fmt: skip


def answer(server, path, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path)
        found = connection.getresponse()
        return found.status, {name.lower(): value for name, value in found.getheaders()}, found.read()
    finally:
        connection.close()


def test_every_answer_of_a_cold_server_bears_the_headers(server):
    for method, paths in (("GET", PATHS), ("HEAD", PATHS[:3]), ("POST", PATHS[:3]), ("OPTIONS", PATHS[:2])):
        for path in paths:
            status, headers, _ = answer(server, path, method)
            said = (method, path, status, headers)
            assert headers["x-content-type-options"] == "nosniff", said
            assert headers["referrer-policy"] == "no-referrer", said
            assert headers["x-frame-options"] == "DENY", said
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy, said
            assert "default-src 'none'" in policy, said
            assert "'unsafe-eval'" not in policy, said
            assert not [word for word in policy.split() if "//" in word or word == "*" or word == "https:"], said
            scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert "'unsafe-inline'" not in scripts, said
            if not path.endswith("plotly.min.js"):
                assert headers["cache-control"] == "no-store", said


def test_what_nobody_needs_is_closed_and_what_is_the_same_for_all_may_be_kept(server):
    assert answer(server, "/_stcore/metrics")[0] == 404
    status, headers, _ = answer(server, "/app/static/plotly.min.js")
    assert status == 200
    assert headers.get("cache-control") != "no-store"
    page = answer(server, "/")[2].decode()
    script = page.split('src="./static/')[1].split('"')[0]
    assert "immutable" in answer(server, f"/static/{script}")[1]["cache-control"]


def test_the_browser_keeps_to_the_policy_and_has_nothing_to_complain_about(server, visit):
    me = visit(server.url)
    me.open()
    assert me.page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    complaints = [error for error in me.errors if "Content Security Policy" in error]
    assert complaints, "the request was refused by something else than the policy"
    me.errors.clear()
    me.foreign.clear()
    # No usage statistics: the page is told so, and asks nobody for where to send them.
    assert not [frame for frame in me.frames if b"webhooks.fivetran" in frame or b"data.streamlit.io" in frame]
