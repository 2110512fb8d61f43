"""The way of somebody who tries one technique before comparing many, and takes the table along."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_knob_is_moved_a_recipe_compared_and_the_table_released(server, visit, tmp_path):
    me = visit(server.url)
    me.open()
    me.click("Try with census data")
    me.drawn()
    me.see("finished in")
    me.go("Techniques")
    page = me.page
    me.see("What does one technique do to the table?")
    me.see("the smallest crowd has 10 people")
    me.see("A quick look at")

    # One key on the slider: only the answer changes.
    page.get_by_role("slider", name="k (people)").press("ArrowRight")
    me.see("the smallest crowd has 20 people")
    me.settled()
    me.click("Undo")
    me.see("the smallest crowd has 10 people")
    me.settled()

    # The solution space of the optimal technique, on demand.
    page.get_by_text("Put another technique on it").click()
    page.locator("[class*='st-key-put-full_domain']").get_by_role("button").click()
    me.see("2. k-anonymity (full domain, optimal)")
    # Pressed while the numbers are still on their way, as somebody does who knows what they want.
    page.locator("[class*='st-key-step-'][class*='-0-out']").get_by_role("button").click()
    me.see("1. k-anonymity (full domain, optimal)")
    me.settled()
    # Nothing stays of the button that was pressed: what goes away late moves the page under the next press.
    expect(page.get_by_role("button", name="close")).to_have_count(1)
    me.see("none of the others can be better")
    page.get_by_text("Show every choice of levels").click()
    me.see("choices of levels hold")
    page.locator(".st-key-solutions .js-plotly-plot").wait_for()
    me.settled()
    me.click("Add to the comparison")
    me.see("is in the comparison now")

    # The setting is measured, and its table handed over with a certificate.
    me.go("Trade-off")
    me.run()
    me.see("finished in")
    me.settled()
    page.goto(re.sub(r"&?point=[^&]*", "", page.url) + "&point=full-domain-k-anonymity")
    me.see("Hand the rows over")
    me.settled()
    me.click("Make the protected table")
    me.see("proved and verified on the written file: k = 5")
    saved = {}
    for label in ("Download the table", "Download the certificate"):
        with page.expect_download() as waiting:
            me.click(label)
        path = tmp_path / label
        waiting.value.save_as(path)
        saved[label] = path.read_bytes()
    certificate = json.loads(saved["Download the certificate"])
    content = saved["Download the table"]
    assert certificate["file"]["sha256"] == hashlib.sha256(content).hexdigest()
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    crowds = Counter(tuple(row[name] for name in certificate["verification"]["quasi_identifiers"]) for row in rows)
    assert min(crowds.values()) >= 5
    assert len(rows) == certificate["rows"]["released"] > 40_000
