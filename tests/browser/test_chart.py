"""The live chart: walked by keyboard, kept through streamed updates, and read on a phone."""

from itertools import pairwise

import pytest

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
CHART, RING, TOLD = ".trade-off-chart", ".trade-off-ring", ".trade-off-told"


@pytest.fixture
def another(tmp_path):
    """Return a server that has measured nothing: a sweep on it begins with an empty chart."""
    found = Server(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def finished(server, visit):
    def make(at=server, **options):
        me = visit(at.url, **options)
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


def start_anew(me):
    """Run with all people: on a server that has not measured them the chart begins empty."""
    me.page.get_by_text("Use all 45,222 people").click()
    me.settled()
    me.run()


def count_updates(chart):
    """Mark the element and count from now on how often it is updated and how often built anew."""
    chart.evaluate(
        """e => { e.dataset.mine = 'yes'; window.__updates = 0; window.__new = 0;
        const { react, newPlot } = window.Plotly;
        window.__plotly.react = (...all) => { window.__updates += 1; return react(...all); };
        window.__plotly.newPlot = (...all) => { window.__new += 1; return newPlot(...all); }; }"""
    )


def ringed(chart):
    """Return the ids of the settings with a ring."""
    return chart.evaluate("e => (e._fullData.find(t => t.uid === 'selected')?.customdata ?? []).map(row => row[0])")


def choose_third_row(me):
    """Tick the box before the third row of the table and wait for its ring on the chart."""
    grid = me.page.locator("[class*=st-key-points-] [data-testid=stDataFrameResizable]").first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    me.page.mouse.click(box["x"] + 14, box["y"] + 38 + 35 * 2 + 17)
    me.until(lambda: ringed(me.page.locator(CHART)) == ["drop-columns"])
    me.settled()


def test_zoom_selection_and_element_survive_ten_streamed_updates(finished):
    me = finished()
    page, chart = me.page, me.page.locator(CHART)
    choose_third_row(me)
    count_updates(chart)
    chart.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    zoomed = me.zoom()
    start_anew(me)
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    me.until(lambda: page.evaluate("window.__updates") >= 10, 120)
    assert ringed(chart) == ["drop-columns"]
    stop.click()
    me.see("stopped; what is done is kept")
    assert chart.evaluate("e => e.dataset.mine") == "yes"
    assert page.evaluate("window.__new") == 0
    assert me.ranges() == zoomed
    page.locator(".modebar-btn[data-title='Show everything']").click(force=True)
    me.until(lambda: me.ranges() != zoomed)
    assert me.ranges()[0][0] < zoomed[0][0]


def entry(page, name):
    return page.locator(f"{CHART} .legend .traces").filter(has_text=name)


def families(chart):
    """Return the families that the chart knows, hidden ones too."""
    return set(chart.evaluate("e => e._fullData.filter(t => t.uid.startsWith('family')).map(t => t.name)"))


def visible(chart):
    """Return the families whose marks are drawn."""
    return set(
        chart.evaluate(
            "e => e._fullData.filter(t => t.uid.startsWith('family') && t.visible === true).map(t => t.name)"
        )
    )


def test_what_was_hidden_in_the_legend_stays_hidden_when_a_sweep_starts_again(finished, another):
    me = finished(another)
    page, chart = me.page, me.page.locator(CHART)
    everybody = visible(chart)
    assert {"coarsen", "train privately"} <= everybody
    assert everybody == families(chart)
    entry(page, "coarsen").locator(".legendtoggle").click()
    me.until(lambda: visible(chart) == everybody - {"coarsen"})
    # Nothing of it is left on the chart: no crosses, lines, signs.
    left = chart.evaluate("e => e._fullData.filter(t => t.visible === true && t.uid.endsWith('coarsen')).length")
    assert left == 0
    ground = chart.evaluate("e => e._fullLayout.paper_bgcolor")
    page.emulate_media(color_scheme="dark")
    choose_third_row(me)  # the chart takes the colours of the page when it is drawn next
    me.until(lambda: chart.evaluate("e => e._fullLayout.paper_bgcolor") != ground, 20)
    assert visible(chart) == everybody - {"coarsen"}
    chart.evaluate(
        """e => { const { react } = window.__plotly;
        window.__plotly.react = (element, data, ...more) => {
          window.__gone ||= !data.some(trace => trace.uid === 'family coarsen');
          return react(element, data, ...more); }; }"""
    )
    start_anew(me)
    me.until(lambda: page.evaluate("window.__gone") and {"coarsen", "hide"} <= families(chart))
    assert "coarsen" not in visible(chart)
    assert "hide" in visible(chart)
    page.get_by_role("button", name="Stop", exact=True).click()
    me.see("stopped; what is done is kept")
    me.settled()
    everybody = families(chart)
    entry(page, "hide").locator(".legendtoggle").dblclick()
    me.until(lambda: visible(chart) == {"hide"})
    entry(page, "hide").locator(".legendtoggle").dblclick()
    me.until(lambda: visible(chart) == everybody)


def test_a_mark_and_its_row_are_selected_together(finished):
    me = finished()
    page, chart = me.page, me.page.locator(CHART)
    assert ringed(chart) == []
    choose_third_row(me)
    # The mark that stands farthest from every other: a click between two close ones may mean either.
    far, spot = chart.evaluate(
        """e => { const { xaxis, yaxis } = e._fullLayout;
        const all = e._fullData.filter(t => t.uid.startsWith('family')).flatMap(t => t.customdata.map(([id], i) =>
          ({ id, x: xaxis._offset + xaxis.d2p(t.x[i]), y: yaxis._offset + yaxis.d2p(t.y[i]) })));
        const gap = (a) => Math.min(...all.filter(b => b !== a).map(b => Math.hypot(a.x - b.x, a.y - b.y)));
        const one = all.filter(a => a.id !== 'drop-columns').sort((a, b) => gap(b) - gap(a))[0];
        return [one.id, [one.x, one.y]]; }"""
    )
    chart.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")  # clear of the page's bar
    area = chart.bounding_box()
    page.mouse.click(area["x"] + spot[0], area["y"] + spot[1])
    me.until(lambda: ringed(chart) == [far])
    me.settled()
    chosen = page.locator("[class*=st-key-points-] [role=grid] [role=row][aria-selected=true]")
    me.until(lambda: chosen.count() == 1 and far in chosen.inner_text())
    me.until(lambda: f"point={far.split('[')[0]}" in page.url)


def test_marks_that_cover_each_other_are_picked_one_after_the_other(finished):
    me = finished()
    page, chart = me.page, me.page.locator(CHART)
    # From far away all marks lie on each other.
    chart.evaluate("e => window.__plotly.relayout(e, { 'xaxis.range': [-5000, 5000], 'yaxis.range': [-5000, 5000] })")
    (many, x, y) = chart.evaluate(
        """e => { const { xaxis, yaxis } = e._fullLayout, one = e._fullData.find(t => t.uid.startsWith('family'));
        return [+e.dataset.points, xaxis._offset + xaxis.d2p(one.x[0]), yaxis._offset + yaxis.d2p(one.y[0])]; }"""
    )
    chart.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    seen = []
    for _ in range(many + 1):
        before = ringed(chart)
        area = chart.bounding_box()
        page.mouse.click(area["x"] + x, area["y"] + y)
        me.until(lambda before=before: ringed(chart) not in ([], before), 20)
        me.settled()
        seen += ringed(chart)
        page.wait_for_timeout(400)  # sooner it would be a double click, which shows everything
    assert len(set(seen[:many])) == many
    assert seen[many] == seen[0]


def boxes(chart, which):
    return chart.locator(which).evaluate_all(
        """all => all.map(e => e.getBoundingClientRect()).filter(b => b.width)
                     .map(b => [b.x, b.y, b.x + b.width, b.y + b.height])"""
    )


def apart(one, other):
    return one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1


def test_on_a_phone_the_chart_comes_first_and_nothing_of_it_runs_into_another_part(finished):
    me = finished(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page, chart = me.page, me.page.locator(CHART)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    levels = page.locator("[data-testid=stMain] :is(h1, h2, h3, h4)").evaluate_all("all => all.map(e => +e.tagName[1])")
    assert levels[:2] == [1, 2]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    area = chart.bounding_box()
    assert area["x"] >= 0
    assert area["x"] + area["width"] <= 390
    assert area["y"] < page.locator(".st-key-run button").bounding_box()["y"]
    parts = [
        boxes(chart, which) for which in (".g-xtitle", ".g-ytitle", ".legend", ".xaxislayer-above", ".yaxislayer-above")
    ]
    assert all(len(found) == 1 for found in parts)
    for place, (one,) in enumerate(parts):
        assert one[0] >= area["x"] - 1
        assert one[2] <= area["x"] + area["width"] + 1
        for (other,) in parts[:place]:
            assert apart(one, other), (one, other)
    assert chart.evaluate("e => e._fullLayout.dragmode") is False  # one finger scrolls the page
    mark = boxes(chart, ".scatterlayer .points path.point")[0]
    page.touchscreen.tap((mark[0] + mark[2]) / 2, (mark[1] + mark[3]) / 2)
    page.locator(".st-key-point").wait_for()
    # Turned, it is drawn again on the same element, not built anew.
    chart.evaluate("e => { e.dataset.mine = 'yes'; window.__plotly.newPlot = () => { window.__new = 1; }; }")
    page.set_viewport_size({"width": 844, "height": 390})
    me.until(lambda: chart.evaluate("e => e._fullLayout.width") > 450)
    assert chart.evaluate("e => e.dataset.mine") == "yes"
    assert page.evaluate("window.__new") is None
