"""One setting's whole record: every number of it, what is proved beside what was measured, who pays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_value, utility_of, verdict_of
from core.charts.words import (
    METRICS,
    VERDICTS,
    decimal,
    items,
    label_of,
    listed,
    mapping,
    measure_of,
    number,
    of_100,
    plain,
    short,
    threat_of,
    utility_text,
)
from core.report.cells import (
    attack_text,
    count_text,
    ends_text,
    estimate_text,
    other_violations,
    proved_sentence,
    risk_cell,
    risk_change,
    risk_title,
    share_text,
    title_with_direction,
    utility_cell,
    utility_change,
)
from core.report.coverage import missing_text, threats_of
from core.report.model import Block, Bullets, Code, Section, Table
from core.report.payers import groups_table, vulnerable_cell, vulnerable_sentence
from core.report.remarks import remarks

_CHANNELS = {"model": "the trained model", "rows": "the released rows"}


def record(
    place: int,
    point: Mapping[str, Any],
    requirements: Sequence[Mapping[str, Any]],
    study: Mapping[str, Any],
    threat: str,
    everybody: float | None = None,
) -> Section:
    """Return everything about one measured setting.

    Parameters
    ----------
    place : int
        Its number on the chart.
    threat : str
        The one on the chart: who pays is said of it.
    everybody : float, optional
        People of the pool.
    """
    risks, threats = mapping(point.get("risks")), threats_of([point])
    measured = [key for key in threats if risk_value(point, key) is not None]
    facts = [f"Releases: {_release(point)}."]
    facts += [f"This holds if: {plain(text)}" for text in items(mapping(point.get("guarantee")).get("assumptions"))]
    reasons = mapping(point.get("meets_why"))
    facts += [
        f"{plain(name)}: {VERDICTS[verdict]}{' (' + plain(reasons[name]) + ')' if reasons.get(name) else ''}."
        for name, verdict in verdict_of(point, requirements).each
    ]
    facts += [*_made(point), *missing_text(point, threats)]
    facts.append(vulnerable_sentence(threat, mapping(risks.get(threat)), study, everybody))
    for key in measured:
        facts += remarks(key, mapping(risks[key]), study)
    facts += _methods(risks, measured)
    groups = groups_table(mapping(point.get("subgroups")))
    recipe = {"recipe": items(point.get("recipe")), "model": point.get("model"), "release": point.get("release")}
    blocks: list[Block] = [_utility_table(point), _beside(point)]
    blocks += [table for table in (_risk_table(point, measured), groups) if table is not None]
    blocks += [Bullets(items=tuple(fact for fact in facts if fact)), Code(text=_configuration(recipe))]
    return Section(title=f"{place}. {label_of(point)}", level=3, blocks=tuple(blocks))


def _configuration(recipe: Mapping[str, Any]) -> str:
    return plain(json.dumps(recipe, ensure_ascii=False, default=str))


def _release(point: Mapping[str, Any]) -> str:
    words = {"rows": "rows", "model": "a model", "both": "rows and a model"}
    return words.get(str(point.get("release")), plain(point.get("release")) or "not stated")


def _made(point: Mapping[str, Any]) -> list[str]:
    """Return how the numbers of a setting came about: replicates, rows, and the one fit on everybody."""
    told = [
        f"{short(point.get('replicates'))} replicates, trained on {count_text(point.get('n_train'))} rows on average."
    ]
    for key in METRICS:
        full = utility_of(point, f"{key}_full")
        if number(full.get("value")) is not None:
            shown = f"{measure_of(key).spoken} {utility_text(key, full, interval=False)}"
            told.append(f"One fit on the whole pool ({count_text(full.get('n_train'))} rows): {shown}.")
    if point.get("rows_released") is not None or point.get("rows_suppressed") is not None:
        released, left_out = (count_text(point.get(key)) for key in ("rows_released", "rows_suppressed"))
        told.append(f"Rows released {released}, suppressed {left_out} (means per replicate).")
    return told


def _methods(risks: Mapping[str, Any], measured: Sequence[str]) -> list[str]:
    """Return how each risk was measured; what several share is said once."""
    found: dict[str, list[str]] = {}
    for key in measured:
        if told := plain(mapping(risks[key]).get("method")):
            found.setdefault(told, []).append(risk_title(key))
    return [f"Method of {listed(names)}: {told}." for told, names in found.items()]


def _utility_table(point: Mapping[str, Any]) -> Table:
    found = mapping(point.get("utility"))
    keys = [key for key in METRICS if key in found]
    keys += sorted(key for key in map(str, found) if key not in METRICS and not key.endswith("_full"))
    rows = []
    for key in keys:
        estimate = mapping(found[key])
        reason = f" ({plain(estimate['reason'])})" if estimate.get("reason") else ""
        cells = (utility_cell(point, key) + reason, utility_change(point, key), count_text(estimate.get("n")))
        rows.append((title_with_direction(key), *cells))
    head = ("Utility", "Value [95 % interval] (reference)", "Against no protection [95 % interval]", "Rows in TEST")
    return Table(caption="What it is good for", head=head, rows=tuple(rows), widths=(3, 5, 5, 2))


def _beside(point: Mapping[str, Any]) -> Table:
    """Return the guarantee beside the measurement: two things, never one score."""
    broken = other_violations(point)
    return Table(
        caption="Guarantee beside measurement",
        head=("Proved (if what it assumes is true)", "Measured (what our attacks got: a floor)"),
        rows=((proved_sentence(point.get("guarantee")), f"{' '.join(worst_sentences(point))} {broken}".strip()),),
        widths=(1, 1),
    )


def worst_sentences(point: Mapping[str, Any]) -> list[str]:
    """Return the worst risk of each channel in words; channels are never merged."""
    told = []
    for channel, where in _CHANNELS.items():
        worst = mapping(mapping(point.get("worst_risk")).get(channel))
        if worst.get("status") != "measured" or number(worst.get("value")) is None:
            none = "does not arise" if worst.get("status") == "not_applicable" else "not measured"
            told.append(f"Worst risk of {where}: {none}.")
            continue
        many = number(worst.get("compared")) or 1
        of = f", the worst of {count_text(many)} compared" if many > 1 else ""
        told.append(f"Worst risk of {where}: {estimate_text(worst)}, {risk_title(str(worst.get('threat')))}{of}.")
    return told


def _risk_table(point: Mapping[str, Any], measured: Sequence[str]) -> Table | None:
    """Return every number of each measured risk, one column a risk; a line that says nothing of any is left out."""
    if not measured:
        return None
    risks = mapping(point.get("risks"))
    lines: list[tuple[str, Callable[[str], str]]] = [
        ("Risk [95 % interval] (reference: without this release)", lambda key: risk_cell(point, key)),
        ("Against no protection", lambda key: risk_change(point, key)),
        ("Those who stand out most", lambda key: vulnerable_cell(mapping(risks[key]))),
        *((title, lambda key, text=text: text(mapping(risks[key]))) for title, text in _LINES),
    ]
    rows = [(title, *(text(key) or "-" for key in measured)) for title, text in lines]
    return Table(
        caption="Every number of each measured risk",
        head=("", *(f"{threat_of(key).title} ({_channel(risks[key])})" for key in measured)),
        rows=tuple(row for row in rows if any(cell != "-" for cell in row[1:])),
        widths=(4, *(5 for _ in measured)),
    )


def _channel(risk: Any) -> str:
    return plain(mapping(risk).get("channel")) or "channel not stated"


def _success(risk: Mapping[str, Any]) -> str:
    inside, outside = (share_text(risk.get(key)) for key in ("success_members", "success_controls"))
    people = [count_text(risk.get(key)) for key in ("n_members", "n_controls")]
    if number(risk.get("n_controls")) == 0:
        return f"{inside} of {people[0]} in the data, no control"
    return f"{inside} of {people[0]} in the data, {outside} of {people[1]} not in it"


def _area(risk: Mapping[str, Any]) -> str:
    value = number(risk.get("auc"))
    return "" if value is None else f"{decimal(value, 3)}{ends_text(risk.get('auc_low'), risk.get('auc_high'), 1, 3)}"


def _sharp(risk: Mapping[str, Any]) -> str:
    """Return how many are found at one false alarm in a hundred, or why that is hidden."""
    value = number(risk.get("tpr_at_1pct"))
    if value is None and "tpr_low" not in risk:
        return ""
    if value is None:
        parts = [part for part in plain(risk.get("note")).split("; ") if "false alarms" in part]
        told = f"not shown: {parts[0] if parts else 'too few or too equal controls'}"
    else:
        told = estimate_text({"value": value, "low": risk.get("tpr_low"), "high": risk.get("tpr_high")})
    each = estimate_text(mapping(risk.get("tpr_at_1pct_calibrated")))
    return f"{told}; with a threshold for each person {each}" if each else told


def _ties(risk: Mapping[str, Any]) -> str:
    if number(risk.get("tied_share")) is None:
        return ""
    of = "of attempts met equals, drawn at random" if "attempts" in risk else "of scores equal another's"
    return f"{share_text(risk['tied_share'])} {of}"


def _caps(risk: Mapping[str, Any]) -> str:
    return "; ".join(f"{plain(name)}: {count_text(cap)}" for name, cap in mapping(risk.get("caps")).items())


def _of(key: str) -> Callable[[Mapping[str, Any]], str]:
    def told(risk: Mapping[str, Any]) -> str:
        value = number(risk.get(key))
        return "" if value is None else of_100(value)

    return told


_LINES: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("The attack's success", _success),
    (
        "Residual: of its failures outside the data, turned into hits",
        lambda risk: estimate_text(mapping(risk.get("residual"))),
    ),
    ("Smallest that could be found", _of("detectable")),
    ("Area under the attack's curve", _area),
    ("Found at 1 false alarm in 100", _sharp),
    ("Corrected for the finite pool", _of("finite_pool_corrected")),
    ("Attempts made, all counted", lambda risk: count_text(risk["attempts"]) if "attempts" in risk else ""),
    ("Ties", _ties),
    ("Sampled or cut", _caps),
    ("Attack", attack_text),
)
