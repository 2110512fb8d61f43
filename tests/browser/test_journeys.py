"""What people do, from the first visit to the file in their hands."""

from __future__ import annotations

import csv
import io
import json
import random
import re

import pytest

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)> 🦊"


def awkward_table(rows=240):
    """Return a German-style CSV: semicolons, decimal commas, gaps, an emoji and HTML in a column name."""
    source = random.Random(7)  # noqa: S311
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Kunde", "Alter", "Ort", HOSTILE, "Betrag", "krank"])
    for place in range(rows):
        age = source.randint(18, 85)
        writer.writerow(
            [
                f"Person-{place:04d}",
                "" if place % 17 == 0 else age,
                source.choice(["Ulm", "Bonn", "Kiel", "Köln"]),
                source.choice(["a", "b", ""]),
                f"{source.uniform(1, 900):.2f}".replace(".", ","),
                "ja" if age + source.gauss(0, 15) > 50 else "nein",
            ]
        )
    return out.getvalue().encode("utf-8")


def test_sample_to_chart_to_limit_to_point_to_report(server, visit, tmp_path):
    me = visit(server.url)
    me.open()
    me.see("How much privacy does your protection buy")
    me.click("Try with census data")
    me.drawn()
    me.see("finished in")
    me.settled()
    page = me.page

    # A limit by number: the count follows at once, and nothing is run again.
    finished = page.get_by_text("finished in").inner_text()
    page.get_by_label("Accuracy at least, number in %").fill("100")
    page.keyboard.press("Enter")
    me.see(re.compile(r"^0 of \d+ settings meet"))
    assert page.get_by_text("finished in").inner_text() == finished

    # A click on a mark opens what stands behind it, and the link carries it.
    marks = page.locator(".trade-off-chart .scatterlayer .points path.point")
    place = marks.nth(2).bounding_box()
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    me.see("The model is right about")
    me.see("What was measured, and what was not")
    assert page.locator(".st-key-point li[data-status]").count() == 6
    assert "point=" in page.url
    name = page.locator(".st-key-point h2").inner_text()

    # F5 loses nothing; a colleague with the link sees the same.
    page.reload()
    me.see("finished in")
    assert page.locator(".st-key-point h2").inner_text() == name
    colleague = visit(server.url)
    colleague.page.goto(page.url)
    colleague.drawn()
    assert colleague.page.locator(".st-key-point h2").inner_text() == name
    assert colleague.page.get_by_label("Accuracy at least, number in %").input_value() == "100.0"

    me.go("Report")
    me.see("What can we hand over?")
    page.frame_locator("iframe").get_by_text("Adult census income").first.wait_for()
    for label, ending, start in (
        ("HTML", "html", b"<!doctype html"),
        ("PDF", "pdf", b"%PDF-"),
        ("CSV", "csv", b""),
        ("JSON", "json", b"{"),
    ):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label, exact=True).click()
        path = tmp_path / f"report.{ending}"
        waiting.value.save_as(path)
        assert path.read_bytes().lower().startswith(start.lower()), label
        assert path.stat().st_size > 200
    assert json.loads((tmp_path / "report.json").read_text())


def test_zoom_and_the_chart_itself_survive_an_update(server, visit):
    me = visit(server.url)
    me.open()
    me.click("Try with census data")
    me.see("finished in")
    me.drawn()
    page = me.page
    chart = page.locator(".trade-off-chart")
    chart.evaluate("e => { e.dataset.mine = 'yes' }")
    zoomed = me.zoom()
    page.get_by_label("Accuracy at least, number in %").fill("99")
    page.keyboard.press("Enter")
    me.see(re.compile(r"^0 of \d+ settings meet"))
    me.settled()
    assert chart.evaluate("e => e.dataset.mine") == "yes"
    assert me.ranges() == zoomed
    assert page.get_by_text("Share chart").count() == 0


def test_own_table_to_roles_to_sweep(server, visit):
    me = visit(server.url)
    me.open()
    me.click("Use your own table")
    me.see("What is in your table")
    page = me.page
    page.locator("input[type=file]").set_input_files(
        {"name": "kunden.csv", "mimeType": "text/csv", "buffer": awkward_table()}
    )
    me.see("Today, without protection")
    me.see("240 rows of 240 people")
    me.settled()

    # The hostile name is text wherever it is shown.
    page.get_by_role("combobox", name="What the model predicts").click()
    page.get_by_role("option", name=HOSTILE).wait_for()
    page.get_by_role("option", name="krank", exact=True).click()
    me.settled()
    assert page.locator("img[src=x]").count() == 0

    # One edit in the role editor changes the sentence on the right.
    before = page.locator(".st-key-today h3").inner_text()
    page.get_by_role("button", name="Clear all").last.wait_for()
    multiselect = page.get_by_role("combobox", name="What the attacker knows about people")
    multiselect.click()
    page.keyboard.type("Betrag")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    me.until(lambda: page.locator(".st-key-today h3").inner_text() != before)
    assert "Betrag" in page.locator(".st-key-today h3").inner_text()

    # Each press waits for the answer to the one before: what is drawn late may move the button away under it.
    me.settled()
    page.get_by_text("Treat the table's own ranges").click()
    me.see("Plainly")
    me.settled()
    me.click("Go on to the trade-off")
    me.see("press Run")
    me.settled()
    me.click("Yes, each row is one person")
    me.settled()
    me.run()
    me.drawn()
    me.see("finished in")
    me.settled()
    assert page.locator("img[src=x]").count() == 0
    me.go("Report")
    page.frame_locator("iframe").get_by_text("kunden").first.wait_for()


def test_a_bad_file_is_told_and_the_table_before_stays(server, visit):
    me = visit(server.url)
    me.open("/data")
    me.page.locator("input[type=file]").set_input_files(
        {"name": "kunden.csv", "mimeType": "text/csv", "buffer": awkward_table()}
    )
    me.see("240 rows of 240 people")
    me.settled()
    me.page.get_by_text("Use another table").click()
    me.page.locator("input[type=file]").set_input_files(
        {"name": "broken.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK\x03\x04 not a workbook"}
    )
    me.page.get_by_role("alert").first.wait_for()
    assert "Traceback" not in me.page.locator("body").inner_text()
    me.see("240 rows of 240 people")


def test_stop_keeps_what_is_done(server, visit):
    me = visit(server.url)
    me.open()
    me.click("Try with census data")
    me.see("finished in")
    me.settled()
    me.page.get_by_role("radio", name="Thorough").click()
    me.see("32 random halves")
    me.settled()
    me.run()
    me.page.locator(".st-key-stop button").wait_for()
    me.page.reload()  # F5 in the middle of a sweep
    me.drawn()
    me.page.locator(".st-key-stop button").click()
    me.see("what is done is kept", exact=False)
    me.page.locator(".st-key-stop button").wait_for(state="detached")
    assert int(me.page.locator(".trade-off-chart").get_attribute("data-points")) >= 1
    me.go("Report")
    me.see("The sweep is not complete")


def test_forgetting_empties_the_server_for_everybody(server, visit):
    me = visit(server.url)
    me.open()
    me.click("Try with a clinic's table instead")
    me.drawn()
    link = me.page.url
    me.see("finished in")
    me.settled()
    me.click("Forget this data now")
    me.see("Forgotten: the table")
    other = visit(server.url)
    other.page.goto(link)
    other.see("no longer in memory")
