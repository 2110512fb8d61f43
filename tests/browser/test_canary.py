"""No cell of a table reaches disk, log, or another place in the browser; with the guards off this test must fail."""

from __future__ import annotations

import base64
import uuid

import pytest

pytestmark = pytest.mark.browser
MARK = f"CANARY{uuid.uuid4().hex[:8].upper()}"


def canary_table(rows):
    """Return a CSV whose names are canaries; 30,000 rows are more than a megabyte."""
    lines = ["name,age,town,ill"]
    for i in range(rows):
        lines.append(f"{MARK}-{i}-{uuid.uuid4().hex[:12]},{20 + i % 60},town{i % 7},{'yes' if i % 60 > 30 else 'no'}")
    return "\n".join(lines).encode()


def found_in(content):
    """Say whether a canary is in some bytes, in any usual coding."""
    plain = MARK.encode()
    codes = [plain, MARK.encode("utf-16-le"), *(base64.b64encode(b"x" * n + plain)[4:-4] for n in range(3))]
    return any(code in content for code in codes)


def leaks(server, frames):
    """Return every place outside the process's memory that holds a canary."""
    places = [path for path in server.folder.rglob("*") if path.is_file()]
    found = [str(path) for path in places if found_in(path.read_bytes())]
    return found + [f"frame {i}" for i, frame in enumerate(frames) if found_in(frame)]


def journey(server, visit):
    """Upload a small and a large table, then fail inside and outside the pages' own handling; return the frames."""
    me = visit(server.url)
    for rows in (300, 30_000):
        me.open("/data")
        me.page.locator("input[type=file]").set_input_files(
            {"name": "people.csv", "mimeType": "text/csv", "buffer": canary_table(rows)}
        )
        me.see(f"{rows:,} rows of {rows:,} people")
        me.settled()
    server.flag.write_text("handled")
    me.page.get_by_role("combobox", name="What the attacker knows about people").click()
    me.page.keyboard.type("ill")
    me.page.keyboard.press("Enter")
    me.see("This is a mistake of the program")
    server.flag.write_text("unhandled")
    me.page.keyboard.press("Escape")
    me.page.reload()
    me.page.get_by_test_id("stException").wait_for()
    server.flag.unlink()
    me.page.reload()
    me.see("30,000 rows of 30,000 people")
    me.settled()
    return me.frames


def test_no_cell_leaves_the_memory_of_the_server(server, visit):
    frames = journey(server, visit)
    assert frames
    assert leaks(server, frames) == []
    assert "ROLLOVER" not in server.text()
    assert "ValueError (message withheld)" in server.text()


def test_with_the_guards_off_the_same_journey_leaks(tmp_path_factory, visit):
    from tests.browser.conftest import Server

    server = Server(tmp_path_factory.mktemp("unguarded"), MIDDLEGROUND_TEST_UNGUARDED="1")
    try:
        frames = journey(server, visit)
        assert [place for place in leaks(server, frames) if place.endswith("server.log")]
        assert "ROLLOVER" in server.text()
    finally:
        server.stop()
