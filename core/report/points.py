"""Settings in words: the rows of the table, the guarantee beside the measurement, and one setting's whole record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_of, utility_of, verdict_of, violation_text
from core.charts.words import (
    METRICS,
    STATUS,
    THREATS,
    VERDICTS,
    decimal,
    items,
    label_of,
    mapping,
    measure_of,
    number,
    of_100,
    plain,
    risk_sentence,
    risk_text,
    short,
    threat_of,
    utility_text,
)
from core.report.model import Bullets, Code, Section, Table


def guarantee_text(proved: Any) -> str:
    """Return what is proved, in words.

    >>> guarantee_text({"kind": "k_anonymity", "k": 5})
    'k = 5 on the declared quasi-identifiers, one release'
    >>> guarantee_text({"kind": "none"}), guarantee_text(None)
    ('nothing', 'nothing')
    """
    record = mapping(proved)
    kind = str(record.get("kind") or "none")
    told = [
        f"{name} = {short(record[name])}"
        for name in ("k", "l", "t", "epsilon", "delta")
        if record.get(name) is not None
    ]
    numbers = ", ".join(told)
    if kind == "none":
        return "nothing"
    if kind == "k_anonymity":
        return f"{numbers} on the declared quasi-identifiers, one release"
    if kind == "claimed":
        return f"{numbers} claimed by a library; we cannot stand behind it, so no ceiling follows"
    whose = {"add_remove": "added or removed", "replace_one": "replaced"}.get(str(record.get("neighbours")), "changed")
    bound = number(record.get("advantage_bound"))
    ceiling = f"membership ceiling {of_100(bound)}" if bound is not None else "no ceiling given"
    return f"{numbers}, one {plain(record.get('unit') or 'row')} {whose}; {ceiling}"


def risk_cell(point: Mapping[str, Any], threat: str, ceiling: bool = True) -> str:
    """Return a risk with interval and reference, the proved ceiling if asked for, and a violation always."""
    risk = risk_of(point, threat)
    reference, bound = number(risk.get("reference")), number(risk.get("bound"))
    parts = [risk_text(risk)]
    if risk.get("status") == "measured" and number(risk.get("value")) is not None:
        if reference is not None:
            parts.append(f"(reference {decimal(reference * 100, 1)})")
        if bound is not None and ceiling:
            parts.append(f"proved ceiling {of_100(bound)}")
        if risk.get("violation") is True:
            parts.append(violation_text(threat, risk))
    elif risk.get("reason"):
        parts.append(f"({plain(risk['reason'])})")
    return " ".join(parts)


def utility_cell(point: Mapping[str, Any], metric: str) -> str:
    """Return a utility with interval and reference."""
    estimate = utility_of(point, metric)
    reference = number(estimate.get("reference"))
    if number(estimate.get("value")) is None or reference is None:
        return utility_text(metric, estimate)
    words = measure_of(metric)
    return f"{utility_text(metric, estimate)} (reference {decimal(reference * words.scale, words.decimals)})"


def points_table(
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    requirements: Sequence[Mapping[str, Any]],
    threat: str,
    metric: str,
    caption: str,
) -> Table:
    """Return one row per setting; the numbers are those of the chart."""
    estimates = [utility_of(point, metric) for _, point in rows]
    named = next(
        (plain(e["reference_name"]) for e in estimates if e.get("reference_name")), measure_of(metric).reference
    )
    return Table(
        caption=caption,
        head=(
            "#",
            "Setting",
            f"{measure_of(metric).title} [95 % interval] (reference: {named})",
            f"{threat_of(threat).title} risk, measured [95 % interval] (reference: gained without this release)",
            "Proved",
            "Limits",
        ),
        rows=tuple(
            (
                str(number_),
                label_of(point),
                utility_cell(point, metric),
                risk_cell(point, threat, ceiling=False),
                guarantee_text(point.get("guarantee")),
                verdict_of(point, requirements).text(),
            )
            for number_, point in rows
        ),
        widths=(3, 10, 12, 14, 12, 10),
    )


def record(place: int, point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> Section:
    """Return everything about one measured setting."""
    facts = [f"Releases: {_release(point)}. Proved: {guarantee_text(point.get('guarantee'))}."]
    facts += [f"This holds if: {plain(text)}" for text in items(mapping(point.get("guarantee")).get("assumptions"))]
    for name, verdict in verdict_of(point, requirements).each:
        facts.append(f"{plain(name)}: {VERDICTS[verdict]}.")
    facts.append(
        f"{short(point.get('replicates'))} replicates, trained on {_count(point.get('n_train'))} rows on average."
    )
    full = utility_of(point, "accuracy_full")
    if number(full.get("value")) is not None:
        accuracy = utility_text("accuracy", full, interval=False)
        facts.append(f"One fit on the whole pool ({_count(full.get('n_train'))} rows): accuracy {accuracy}.")
    if point.get("rows_released") is not None or point.get("rows_suppressed") is not None:
        facts.append(
            f"Rows released {_count(point.get('rows_released'))}, suppressed {_count(point.get('rows_suppressed'))} "
            "(means per replicate)."
        )
    risks = mapping(point.get("risks"))
    threats = [*(t for t in THREATS if t in risks), *sorted(set(map(str, risks)) - set(THREATS))]
    for threat in threats:
        facts += _remarks(threat, mapping(risks[threat]))
    missing = [threat_of(t).title for t in THREATS if t not in risks]
    if missing:
        facts.append(f"Not measured: {', '.join(missing)}. That is not zero.")
    recipe = {"recipe": items(point.get("recipe")), "model": point.get("model"), "release": point.get("release")}
    return Section(
        title=f"{place}. {label_of(point)}",
        level=3,
        blocks=(
            _utility_table(point),
            _risk_table(risks, threats),
            Bullets(items=tuple(facts)),
            Code(text=_configuration(recipe)),
        ),
    )


def _configuration(recipe: Mapping[str, Any]) -> str:
    return plain(json.dumps(recipe, ensure_ascii=False, default=str))


def _release(point: Mapping[str, Any]) -> str:
    words = {"rows": "rows", "model": "a model", "both": "rows and a model"}
    return words.get(str(point.get("release")), plain(point.get("release")) or "not stated")


def _count(value: Any) -> str:
    exact = number(value)
    return plain(value) or "not stated" if exact is None else decimal(exact, 0 if exact == round(exact) else 1)


def _utility_table(point: Mapping[str, Any]) -> Table:
    found = mapping(point.get("utility"))
    keys = [
        key
        for key in (*METRICS, *sorted(set(map(str, found)) - set(METRICS)))
        if key in found and key != "accuracy_full"
    ]
    rows = []
    for key in keys:
        estimate = mapping(found[key])
        reason = f" ({plain(estimate['reason'])})" if estimate.get("reason") else ""
        rows.append((measure_of(key).title, utility_cell(point, key) + reason, _count(estimate.get("n"))))
    head = ("Utility", "Value [95 % interval] (reference)", "People in TEST")
    return Table(caption="What it is good for", head=head, rows=tuple(rows), widths=(3, 6, 2))


def _risk_table(risks: Mapping[str, Any], threats: Sequence[str]) -> Table:
    rows = []
    for threat in threats:
        risk = mapping(risks[threat])
        measured = risk.get("status") == "measured" and number(risk.get("value")) is not None
        inside, outside, least = (number(risk.get(k)) for k in ("success_members", "success_controls", "detectable"))
        attack = plain(risk.get("attack")) if measured else ""
        rows.append(
            (
                f"{threat_of(threat).title} ({plain(risk.get('channel')) or 'channel not stated'})",
                risk_cell({"risks": {threat: risk}}, threat),
                f"{_rate(inside)} of {_count(risk.get('n_members'))} in the data, "
                f"{_rate(outside)} of {_count(risk.get('n_controls'))} not in it"
                if measured
                else "-",
                (attack or "not stated") if measured else "-",
                of_100(least) if measured and least is not None else "-",
            )
        )
    head = (
        "Threat (channel)",
        "Measured [95 % interval]",
        "The attack's success",
        "Attack",
        "Smallest that could be found",
    )
    return Table(caption="What was measured, and what was not", head=head, rows=tuple(rows), widths=(4, 7, 6, 3, 3))


def _rate(value: float | None) -> str:
    return "not stated" if value is None else f"{decimal(value * 100, 1)} %"


def _remarks(threat: str, risk: Mapping[str, Any]) -> list[str]:
    """Return what else a measured risk says, one sentence each."""
    title = threat_of(threat).title
    if risk.get("status") != "measured":
        return []
    told = [risk_sentence(threat, risk)]
    low, high, least = (number(risk.get(key)) for key in ("low", "high", "detectable"))
    if low is not None and high is not None and low <= 0 <= high:
        size = (
            f" An advantage of {of_100(least)} would have been found four times in five." if least is not None else ""
        )
        told.append(f"not told apart from zero, which is no proof that there is none.{size}")
    for key, words in (
        ("auc", "area under the attack's curve"),
        ("finite_pool_corrected", "corrected for the finite pool"),
    ):
        value = number(risk.get(key))
        if value is not None:
            told.append(f"{words}: {decimal(value, 3) if key == 'auc' else of_100(value)}.")
    caught = number(risk.get("tpr_at_1pct"))
    if caught is not None:
        told.append(f"at 1 false alarm in 100 the attack still finds {of_100(caught)} people in the data.")
    told += _class_remarks(risk)
    whole = risk.get("whole_table")
    if isinstance(whole, Mapping):
        told += [
            f"on the whole table, {risk_text({'status': 'measured', **whole}, interval=False)}.",
            *_class_remarks(whole, "on the whole table, "),
        ]
    if risk.get("note"):
        told.append(f"{plain(risk['note'])}.")
    return [f"{title}: {text}" for text in told if text]


def _class_remarks(risk: Mapping[str, Any], head: str = "") -> list[str]:
    worst, told = risk.get("prosecutor_max"), []
    if worst is not None:
        exact = number(worst)
        chance = of_100(exact) if exact is not None else plain(worst)
        told.append(f"{head}the person easiest to find is found in {chance} tries.")
    for size, share in sorted(mapping(risk.get("share_below")).items()):
        exact = number(share)
        amount = of_100(exact) if exact is not None else plain(share) or STATUS["not_measured"]
        told.append(f"{head}in a class of fewer than {plain(size)} people: {amount}.")
    return told
