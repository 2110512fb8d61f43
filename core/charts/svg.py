"""The trade-off chart as our own SVG: for reports, the same bytes on every machine, no library.

Marks carry the number of their row in the table beside the chart, because paper has no hover.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap
from xml.sax.saxutils import escape

from core.charts.axes import ticks
from core.charts.geometry import spread
from core.charts.marks import Mark, TradeOffInfo
from core.charts.palette import GROUNDS, LOOKS, look
from core.charts.standing import TIE, signed
from core.charts.svg_labels import Box, key_notes, place_labels
from core.charts.words import FAMILY_ORDER, plain

WIDTH, HEIGHT = 860, 570
LEFT, RIGHT, TOP, BOTTOM = 78, 748, 40, 420
RADIUS = 6.5


@dataclass(frozen=True)
class Paint:
    """Where colours come from: fixed ones, or CSS variables that follow the page's light or dark scheme."""

    theme: str

    def ground(self, name: str) -> str:
        """Return the colour of paper, ink, soft, grid or primary."""
        if self.theme == "css":
            return f"var(--chart-{name})"
        return str(getattr(GROUNDS[self.theme == "dark"], name))

    def family(self, name: str) -> str:
        """Return a family's colour."""
        if self.theme == "css":
            return f"var(--chart-{(name if name in LOOKS else 'anchor').replace(' ', '-')})"
        return look(name).colour(self.theme == "dark")


def css_variables(dark: bool) -> str:
    """Return the declarations that a page with `svg(..., theme="css")` needs for one colour scheme."""
    ground = GROUNDS[dark]
    pairs = {name: getattr(ground, name) for name in ("paper", "ink", "soft", "grid", "primary")}
    pairs |= {family.replace(" ", "-"): seen.colour(dark) for family, seen in LOOKS.items()}
    return "".join(f"--chart-{name}:{colour};" for name, colour in pairs.items())


def svg(info: TradeOffInfo, theme: str = "light", font: str = "sans-serif") -> str:
    """Return the chart as an SVG document.

    Parameters
    ----------
    info : TradeOffInfo
    theme : {"light", "dark", "css"}
        `css` takes the colours from the variables of `css_variables`, for an SVG that is part of a page.
    font : str
        The font family; a report that embeds its own fonts names one of them.
    """
    paint = Paint(theme)
    # Inside a page the name space is known; leaving it out keeps pages free of anything that looks like an address.
    space = "" if theme == "css" else ' xmlns="http://www.w3.org/2000/svg"'
    x = _scale(info.x_range, LEFT, RIGHT)
    plot = f'x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}"'
    y = _scale(info.y_range, *((BOTTOM, TOP) if info.y_better == "higher" else (TOP, BOTTOM)))
    parts = [
        f'<svg{space} viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="chart-title chart-desc" font-family="{_attribute(font)}" font-size="12">',
        f'<title id="chart-title">{_text(info.sentence)}</title>',
        f'<desc id="chart-desc">{_text(info.alt)}</desc>',
        f'<clipPath id="chart-area"><rect {plot}/></clipPath>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{paint.ground("paper")}"/>',
        *_axes(info, x, y, paint),
        '<g clip-path="url(#chart-area)">',
        *_area(info, x, y, paint),
        "</g>",
        *_marks(info, x, y, paint),
        *_legend(info, paint),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


Scale = Callable[[float], float]


def _scale(within: tuple[float, float], start: float, end: float) -> Scale:
    def at(value: float) -> float:
        return start + (value - within[0]) / (within[1] - within[0]) * (end - start)

    return at


def _n(value: float) -> str:
    """Return a coordinate with one decimal, never -0."""
    return f"{value:.1f}".replace("-0.0", "0.0") if abs(value) < 0.05 else f"{value:.1f}"


def _text(value: str) -> str:
    return escape(plain(value))


def _attribute(value: str) -> str:
    return escape(plain(value), {'"': "&quot;"})


def _label(x: float, y: float, value: str, colour: str, **attributes: str) -> str:
    extra = "".join(f' {name.replace("_", "-")}="{setting}"' for name, setting in attributes.items())
    return f'<text x="{_n(x)}" y="{_n(y)}" fill="{colour}"{extra}>{_text(value)}</text>'


def _line(x0: float, y0: float, x1: float, y1: float, colour: str, **attributes: str) -> str:
    extra = "".join(f' {name.replace("_", "-")}="{setting}"' for name, setting in attributes.items())
    return f'<line x1="{_n(x0)}" y1="{_n(y0)}" x2="{_n(x1)}" y2="{_n(y1)}" stroke="{colour}"{extra}/>'


def _axes(info: TradeOffInfo, x: Scale, y: Scale, paint: Paint) -> list[str]:
    soft, ink, grid = paint.ground("soft"), paint.ground("ink"), paint.ground("grid")
    parts = []
    for value in ticks(info.x_range):
        parts.append(_line(x(value), TOP, x(value), BOTTOM, grid))
        parts.append(_label(x(value), BOTTOM + 17, f"{value:g}", soft, text_anchor="middle"))
    for value in ticks(info.y_range):
        parts.append(_line(LEFT, y(value), RIGHT, y(value), grid))
        parts.append(_label(LEFT - 8, y(value) + 4, f"{value:g}", soft, text_anchor="end"))
    parts += [_line(LEFT, BOTTOM, RIGHT, BOTTOM, soft), _line(LEFT, TOP, LEFT, BOTTOM, soft)]
    for place, row in enumerate(wrap(info.x_title, 100)):
        parts.append(
            _label((LEFT + RIGHT) / 2, BOTTOM + 38 + 16 * place, row, ink, text_anchor="middle", font_size="13")
        )
    middle = (TOP + BOTTOM) / 2
    rows = wrap(info.y_title, 58)
    for place, row in enumerate(rows):
        across = 34 - 16 * (len(rows) - 1 - place)
        turn = f"rotate(-90 {across} {_n(middle)})"
        parts.append(_label(across, middle, row, ink, text_anchor="middle", font_size="13", transform=turn))
    if info.region is not None:
        nowhere = "" if info.region.corners(info.x_range, info.y_range) else " (no place on this chart meets it)"
        rows = wrap(info.region.label + nowhere, 118)
        for place, row in enumerate(rows):
            parts.append(_label(LEFT, TOP - 8 - 15 * (len(rows) - 1 - place), row, paint.ground("primary")))
    for line, height in spread(info):
        if line.axis == "y":
            parts.append(_label(RIGHT + 6, y(height) + 4, line.label, soft))
    return parts


def _area(info: TradeOffInfo, x: Scale, y: Scale, paint: Paint) -> list[str]:
    """Return what is cut at the edge of the plot: region, lines, frontier, intervals, bounds."""
    parts = []
    corners = info.region.corners(info.x_range, info.y_range) if info.region else None
    if corners:
        x0, x1, y0, y1 = corners
        top, height = min(y(y0), y(y1)), abs(y(y0) - y(y1))
        box = f'x="{_n(x(x0))}" y="{_n(top)}" width="{_n(x(x1) - x(x0))}" height="{_n(height)}"'
        primary = paint.ground("primary")
        parts.append(f'<rect {box} fill="{primary}" fill-opacity="0.12" stroke="{primary}" stroke-dasharray="2 2"/>')
    soft = paint.ground("soft")
    for line in info.lines:
        if line.axis == "y":
            parts.append(_line(LEFT, y(line.at), RIGHT, y(line.at), soft, stroke_dasharray="1 3"))
        else:
            parts.append(_line(x(line.at), TOP, x(line.at), BOTTOM, soft, stroke_dasharray="1 3"))
    at = {mark.id: mark for mark in info.marks}
    for join in info.joins:
        route = " ".join(f"{_n(x(at[i].x.value))},{_n(y(at[i].y.value))}" for i in join)
        colour = paint.family(at[join[0]].family)
        parts.append(f'<polyline points="{route}" fill="none" stroke="{colour}" stroke-opacity="0.35"/>')
    if info.frontier:
        route = f"M{_n(x(info.frontier[0][0]))} {_n(y(info.frontier[0][1]))}"
        route += "".join(f"H{_n(x(a))}V{_n(y(b))}" for a, b in info.frontier[1:]) + f"H{RIGHT}"
        parts.append(f'<path d="{route}" fill="none" stroke="{soft}" stroke-width="1.5" stroke-dasharray="7 5"/>')
    for mark in info.marks:
        colour, px, py = paint.family(mark.family), x(mark.x.value), y(mark.y.value)
        if mark.x.low is not None and mark.x.high is not None:
            parts.append(_line(x(mark.x.low), py, x(mark.x.high), py, colour))
        if mark.y.low is not None and mark.y.high is not None:
            parts.append(_line(px, y(mark.y.low), px, y(mark.y.high), colour))
        if mark.bound is not None:
            parts += _bound(px, py, x(mark.bound), colour)
    return parts


def _bound(px: float, py: float, bound: float, colour: str) -> list[str]:
    """Return a tick at the proved ceiling, or an arrow at the edge when it lies beyond."""
    end = min(bound, RIGHT - 1)
    parts = [_line(px, py, end, py, colour, stroke_dasharray="2 3", stroke_opacity="0.7")]
    if bound > RIGHT:
        parts.append(
            f'<path d="M{_n(end - 8)} {_n(py - 5)}L{_n(end)} {_n(py)}L{_n(end - 8)} {_n(py + 5)}Z" fill="{colour}"/>'
        )
    else:
        parts.append(_line(end, py - 7, end, py + 7, colour, stroke_width="2"))
    return parts


def shape(name: str, cx: float, cy: float, radius: float) -> str:
    """Return the path of a marker.

    >>> shape("square", 10, 10, 5)
    'M5.6 5.6L14.4 5.6L14.4 14.4L5.6 14.4Z'
    """
    if name == "circle":
        r = _n(radius)
        return f"M{_n(cx - radius)} {_n(cy)}a{r} {r} 0 1 0 {_n(2 * radius)} 0a{r} {r} 0 1 0 {_n(-2 * radius)} 0Z"
    if name == "square":
        side = radius * 0.88
        corners = [(-side, -side), (side, -side), (side, side), (-side, side)]
    elif name == "star":
        turns = [(radius * (1.3 if k % 2 == 0 else 0.55), math.pi * k / 5 - math.pi / 2) for k in range(10)]
        corners = [(r * math.cos(a), r * math.sin(a)) for r, a in turns]
    else:
        count = {"diamond": 4, "triangle-up": 3}.get(name, 6)
        size = radius * {"diamond": 1.2, "triangle-up": 1.25}.get(name, 1.0)
        turns = [(size, 2 * math.pi * k / count - math.pi / 2) for k in range(count)]
        corners = [(r * math.cos(a), r * math.sin(a)) for r, a in turns]
    return "M" + "L".join(f"{_n(cx + dx)} {_n(cy + dy)}" for dx, dy in corners) + "Z"


def _symbol(state: str, name: str, cx: float, cy: float, colour: str, paper: str) -> str:
    fill = colour if state in ("meets", "plain") else paper
    drawn = f'<path d="{shape(name, cx, cy, RADIUS)}" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    if state == "fails":
        arm = 3.4
        drawn += (
            f'<path d="M{_n(cx - arm)} {_n(cy - arm)}L{_n(cx + arm)} {_n(cy + arm)}M{_n(cx - arm)} {_n(cy + arm)}'
            f'L{_n(cx + arm)} {_n(cy - arm)}" stroke="{colour}" stroke-width="1.8"/>'
        )
    return drawn


def _marks(info: TradeOffInfo, x: Scale, y: Scale, paint: Paint) -> list[str]:
    paper, ink = paint.ground("paper"), paint.ground("ink")
    parts, places = [], [(x(mark.x.value), y(mark.y.value)) for mark in info.marks]
    for mark, (px, py) in zip(info.marks, places, strict=True):
        if mark.selected:
            ring = f'fill="none" stroke="{paint.ground("primary")}" stroke-width="3"'
            parts.append(f'<circle cx="{_n(px)}" cy="{_n(py)}" r="12" {ring}/>')
        drawn = _symbol(mark.state, look(mark.family).shape, px, py, paint.family(mark.family), paper)
        parts.append(f"<g><title>{_text(_told(mark))}</title>{drawn}</g>")
    # Warnings are placed first; one that finds no free place is drawn all the same.
    area, taken = Box(LEFT, TOP, RIGHT, BOTTOM), [Box(px - 7, py - 7, px + 7, py + 7) for px, py in places]
    warnings = [_alarm(mark) for mark in info.marks]
    found = place_labels(places, warnings, area, taken, letter=6.7)
    for warning, place, (px, py) in zip(warnings, found, places, strict=True):
        if warning:
            left, down = place or (min(px, RIGHT - 6.7 * len(warning)), py - 12)
            parts.append(_label(left, down, warning, ink, font_weight="bold", **_halo(paper)))
    signs = signed(info.marks)
    numbers = [f"{mark.number} {TIE}" if mark.id in signs else str(mark.number) for mark in info.marks]
    for number, place in zip(numbers, place_labels(places, numbers, area, taken), strict=True):
        if place is not None:
            parts.append(_label(place[0], place[1], number, ink, font_size="11", **_halo(paper)))
    return parts


def _alarm(mark: Mark) -> str:
    if not mark.violation:
        return ""
    verb = "is" if mark.violation.startswith("above") else "has"
    return f"VIOLATION: {mark.number} {verb} {mark.violation}"


def _halo(paper: str) -> dict[str, str]:
    return {"stroke": paper, "stroke_width": "3", "paint_order": "stroke"}


def _told(mark: Mark) -> str:
    return f"{mark.number}. {'; '.join(mark.hover)}"


def _legend(info: TradeOffInfo, paint: Paint) -> list[str]:
    """Return what shapes, fillings and lines mean, in rows under the axis."""
    ink, paper, soft = paint.ground("ink"), paint.ground("paper"), paint.ground("soft")
    families = [f for f in FAMILY_ORDER if any(mark.family == f for mark in info.marks)]
    families += sorted({mark.family for mark in info.marks} - set(families))
    entries = [("plain", look(f).shape, paint.family(f), plain(f)) for f in families]
    if info.limits:
        words = {"meets": "meets every limit", "unproven": "not proven", "fails": "fails a limit"}
        entries += [(state, "circle", ink, told) for state, told in words.items()]
    parts, across, down = [], float(LEFT), BOTTOM + 82.0
    for state, name, colour, told in entries:
        width = 26 + 6.6 * len(told) + 12
        if across + width > WIDTH - 10 and across > LEFT:
            across, down = float(LEFT), down + 20
        parts.append(_symbol(state, name, across + 8, down - 4, colour, paper))
        parts.append(_label(across + 20, down, told, ink))
        across += width
    if info.marks:
        for place, row in enumerate(wrap("; ".join(key_notes(info)), 125)):
            parts.append(_label(LEFT, down + 22 + 16 * place, row, soft))
    else:
        parts.append(_label((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2, info.sentence, ink, text_anchor="middle"))
    return parts
