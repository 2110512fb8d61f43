"""axe-core on every page, light and dark, over a finished study: nothing moderate, serious or critical.

The script comes out of the package axe-playwright-python, which bundles axe-core 4.12; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("moderate", "serious", "critical")
EXCEPT: dict[str, tuple[str, ...]] = {}
"""Rule -> selectors inside Streamlit's own widgets, which we cannot change. None is needed with 1.67."""

PAGES = {
    "Start": "How much privacy does your protection buy",
    "Data": "Today, without protection",
    "Groups": "How coarse may each column become",
    "Techniques": "Go on to the trade-off",
    "Decide": "who stands behind it",
    "Decisions": "does it still hold",
    "Report": "Run it again",
    "Methods": "How are the numbers made",
    "Is it true here?": "Say instead",
}


def findings(page):
    """Return every grave finding: rule, element and what axe says of it."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE} }} }}")
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', "
        "'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})"
    )
    assert found["testEngine"]["name"] == "axe-core"
    return [
        (rule["id"], selector, node["html"][:160])
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if (selector := " ".join(map(str, node["target"]))) and selector not in EXCEPT.get(rule["id"], ())
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_grave_finding(server, visit, scheme):
    me = visit(server.url, color_scheme=scheme)
    me.open()
    grave = {"Start, empty": findings(me.page)}
    me.click("Try with census data")
    me.see("finished in")
    me.drawn()
    me.settled()
    grave["Trade-off"] = findings(me.page)
    me.page.goto(f"{me.page.url}&point=k-anonymity[k=5]")
    me.see("What was measured, and what was not")
    me.settled()
    grave["Trade-off, a point"] = findings(me.page)
    me.click("Shortlist")
    me.settled()
    for name, text in PAGES.items():
        me.go(name)
        me.see(text)
        me.settled()
        grave[name] = findings(me.page)
        if name == "Methods":
            for part in ("Every method", "Glossary"):
                me.page.get_by_role("radio", name=part).click()
                me.settled()
                grave[part] = findings(me.page)
    assert {name: found for name, found in grave.items() if found} == {}


def test_the_check_finds_what_is_wrong_on_purpose(server, visit):
    me = visit(server.url)
    me.open()
    assert findings(me.page) == []
    me.page.evaluate(
        "() => { document.querySelector('h1').style.color = '#bbb'; document.querySelector('.stMainBlockContainer')"
        ".insertAdjacentHTML('beforeend', '<img src=\"data:,\"><button></button>') }"
    )
    assert {rule for rule, *_ in findings(me.page)} == {"color-contrast", "image-alt", "button-name"}
