"""The live chart: walked by keyboard, kept through streamed updates, and read on a phone."""

import pytest

pytestmark = pytest.mark.browser
CHART, RING, TOLD = ".trade-off-chart", ".trade-off-ring", ".trade-off-told"


@pytest.fixture
def finished(server, visit):
    def make(**options):
        me = visit(server.url, **options)
        me.open()
        me.click("Try with census data")
        me.see("finished in")
        me.drawn()
        me.settled()
        return me

    return make


def test_the_chart_is_walked_and_picked_by_keyboard_alone(finished):
    me = finished()
    page, chart = me.page, me.page.locator(CHART)
    page.keyboard.press("Tab")
    for _ in range(80):
        if chart.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    assert chart.evaluate("e => e === document.activeElement")
    assert chart.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert page.locator(RING).is_hidden()
    many = int(chart.get_attribute("data-points"))
    seen = set()
    for place in range(1, many + 1):
        page.keyboard.press("ArrowRight")
        told = page.locator(TOLD).inner_text()
        assert told.startswith(f"{place} of {many}: ")
        seen.add(told.split(": ", 1)[1])
        if place > 3:
            continue
        # The ring stands where the point is drawn.
        ring = page.locator(RING).bounding_box()
        middle = (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
        near = page.locator(f"{CHART} .scatterlayer .points path.point").evaluate_all(
            """(paths, at) => Math.min(...paths.map((path) => { const box = path.getBoundingClientRect();
               return Math.hypot(box.x + box.width / 2 - at[0], box.y + box.height / 2 - at[1]); }))""",
            middle,
        )
        assert near < 2.5
    assert len(seen) == many
    page.keyboard.press("ArrowRight")
    first = page.locator(TOLD).inner_text()
    assert first.startswith("1 of ")
    page.keyboard.press("Enter")
    page.locator(".st-key-point").wait_for()
    me.settled()
    name = me.page.url.split("point=")[1].split("&")[0]
    assert name
    page.keyboard.press("Escape")
    assert page.locator(RING).is_hidden()
    page.keyboard.press("Tab")
    assert not chart.evaluate("e => e === document.activeElement")  # nobody is caught in it


def test_zoom_and_element_survive_ten_streamed_updates(finished):
    me = finished()
    page, chart = me.page, me.page.locator(CHART)
    page.get_by_role("radio", name="Standard").click()
    me.settled()
    chart.evaluate(
        """e => { e.dataset.mine = 'yes'; window.__updates = 0; window.__new = 0;
        const { react, newPlot } = window.Plotly;
        window.__plotly.react = (...all) => { window.__updates += 1; return react(...all); };
        window.__plotly.newPlot = (...all) => { window.__new += 1; return newPlot(...all); }; }"""
    )
    zoomed = me.zoom()
    me.run()
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    me.until(lambda: page.evaluate("window.__updates") >= 10)
    stop.click()
    me.see("stopped; what is done is kept")
    assert chart.evaluate("e => e.dataset.mine") == "yes"
    assert page.evaluate("window.__new") == 0
    assert me.ranges() == zoomed
    page.locator(".modebar-btn[data-title='Show everything']").click(force=True)
    me.until(lambda: me.ranges() != zoomed)
    assert me.ranges()[0][0] < zoomed[0][0]


def test_nothing_of_the_page_is_wider_than_a_phone(finished):
    me = finished(viewport={"width": 390, "height": 844})
    wide = me.page.evaluate("document.documentElement.scrollWidth")
    inner = me.page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 390
    assert inner <= 0
    box = me.page.locator(CHART).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
