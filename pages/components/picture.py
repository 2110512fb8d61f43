"""The small static picture of the Start page: what the three numbers on the chart mean."""

from __future__ import annotations

from core.charts.palette import GROUNDS, LOOKS

ALT = (
    "A drawing of the chart. Upwards: accuracy, higher is more useful. To the right: risk, further left is harder to "
    "attack. A tinted corner at the upper left holds the settings that meet both limits."
)


def picture(dark: bool) -> str:
    """Return the drawing as SVG, 640 x 250."""
    ground = GROUNDS[dark]
    c = {"ink": ground.ink, "soft": ground.soft, "line": ground.soft, "tint": "#12314a" if dark else "#e3eefb"}
    c |= {"blue": LOOKS["hide"].colour(dark), "orange": LOOKS["coarsen"].colour(dark)}
    font = f'font-family="system-ui, sans-serif" font-size="13" fill="{c["ink"]}"'
    soft = f'font-family="system-ui, sans-serif" font-size="12" fill="{c["soft"]}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 250" width="640" height="250" role="img"
 aria-label="{ALT}">
<rect x="70" y="30" width="150" height="95" fill="{c["tint"]}"/>
<path d="M220 30 V125 H70" fill="none" stroke="{c["blue"]}" stroke-dasharray="4 4"/>
<path d="M70 20 V205 H420" fill="none" stroke="{c["line"]}" stroke-width="2"/>
<text x="80" y="48" {soft}>meets both limits</text>
<text x="20" y="128" {font} transform="rotate(-90 20 128)" text-anchor="middle">2 · accuracy</text>
<text x="44" y="116" {soft} transform="rotate(-90 44 116)" text-anchor="middle">more useful →</text>
<text x="245" y="226" {font} text-anchor="middle">1 · risk</text>
<text x="245" y="243" {soft} text-anchor="middle">← harder to attack</text>
<g stroke="{c["blue"]}" stroke-width="1.5"><path d="M100 95 H190 M145 75 V115"/></g>
<circle cx="145" cy="95" r="8" fill="{c["blue"]}"/>
<g stroke="{c["orange"]}" stroke-width="1.5"><path d="M255 62 H375 M315 45 V79"/></g>
<rect x="307" y="54" width="16" height="16" fill="{c["tint"]}" stroke="{c["orange"]}" stroke-width="3"/>
<text x="444" y="42" {font}>1 Risk: extra people of 100</text>
<text x="444" y="59" {soft}>whom an attacker gets right</text>
<text x="444" y="75" {soft}>because their data was used</text>
<text x="444" y="109" {font}>2 Accuracy: new people of</text>
<text x="444" y="126" {soft}>100 that the model gets right</text>
<text x="444" y="160" {font}>3 The thin lines: how sure</text>
<text x="444" y="177" {soft}>the number is. Filled: meets</text>
<text x="444" y="193" {soft}>both limits with its whole line</text>
</svg>"""
