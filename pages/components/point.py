"""The selected point, for three readers: sentences, guarantee beside measurement, coverage, who pays, every number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import amount, digits, mapping, measure_of, number
from core.techniques import TECHNIQUES
from core.utility.metrics import ALL_METRICS, metrics_for
from pages.components import (
    beside,
    coverage,
    discuss,
    null_button,
    payers,
    release_button,
    risk_details,
    settle_button,
)
from pages.components.sentences import threat_sentence, utility_sentence
from pages.components.vault import Workspace
from pages.components.words import SHORT, VERDICTS, plain


def utility_rows(point: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the utility metrics as rows of text."""
    rows = []
    for key, metric in ALL_METRICS.items():
        record = point["utility"].get(key)
        if record is None:
            continue
        value, low, high = (number(record.get(name)) for name in ("value", "low", "high"))
        change, words = mapping(record.get("difference")), measure_of(key)

        def shown(exact: Any, sign: str = "", key: str = key, value: float = value or 0.0) -> str:
            found = number(exact)
            return "–" if found is None else f"{found * measure_of(key).scale:{sign}.{digits(key, value)}f}"

        ends = " to ".join(shown(change.get(end), "+") for end in ("low", "high"))
        against = f"{shown(change.get('value'), '+')}{words.unit.replace(' %', ' points')} ({ends})"
        better = "lower is better" if metric.better == "lower" else "higher is better"
        unit, known = words.unit, low is not None and high is not None
        rows.append(
            {
                "Metric": f"{metric.title} ({better})",
                "Value": f"{shown(value)}{unit}" if value is not None else plain(record.get("reason")),
                "95 % interval": f"{shown(low)} to {shown(high)}{unit}" if known else "",
                "Reference": f"{shown(record.get('reference'))}{unit} {plain(record.get('reference_name') or '')}",
                "Against no protection": against if number(change.get("value")) is not None else "",
                "Rows scored": f"{record['n']:,}" if number(record.get("n")) is not None else "",
            }
        )
    return rows


def show(
    space: Workspace,
    result: Mapping[str, Any],
    point: Mapping[str, Any],
    threat: str,
    requirements: list[Mapping[str, Any]],
) -> None:
    """Draw the selected point."""
    st.header(plain(point["id"]), anchor=False)
    if point["status"] != "measured":
        st.info(f"{point['status'].capitalize()}: {plain(point['reason'] or 'no number yet')}")
        _configuration(point)
        return
    beside.violations(point)
    study = mapping(result.get("study"))
    shown = [next(iter(metrics_for(str(study.get("task") or "classification"))))]
    shown += [metric for metric in (str(study.get("metric")),) if metric in ALL_METRICS and metric not in shown]
    for metric in shown:
        st.markdown(utility_sentence(point, metric))
    st.markdown(threat_sentence(point, threat, study))
    if requirements:
        st.markdown("\n".join(f"- {_verdict_text(point, r)}" for r in requirements))
    settle_button.show(space, point)
    beside.show(point)
    coverage.show(point)
    payers.show(space, result, point, threat)
    risk_details.show(point)
    with st.expander("Accuracy: every number, with its interval and reference", key=f"numbers-{point['id']}"):
        st.table(utility_rows(point), hide_index=True, alt="Every utility metric for this setting")
        st.caption(conditions(point))
        for note in point.get("notes") or ():
            st.caption(plain(note))
    discuss.point_buttons(space.id, space, str(point["id"]))
    null_button.show(space, point)
    release_button.show(space, point)
    _configuration(point)
    _how(space, point)


def _how(space: Workspace, point: Mapping[str, Any]) -> None:
    """Link each technique of the setting, and the words, to the page that says how it works."""
    for key in dict.fromkeys(str(mapping(step).get("technique")) for step in point["recipe"]):
        if key in TECHNIQUES and st.button(
            f"How it works: {plain(TECHNIQUES[key].title)}",
            key=f"how-{key}",
            icon=":material/menu_book:",
            type="tertiary",
        ):
            st.switch_page("pages/methods.py", query_params={"ws": space.id, "method": key})


def conditions(point: Mapping[str, Any]) -> str:
    """Return under what conditions a point was measured."""
    parts = [f"{point['replicates']} random halves", f"{point['n_train']:,.0f} training rows each"]
    if point.get("rows_suppressed"):
        parts.append(f"{point['rows_suppressed']:,.0f} rows left out on average")
    for metric in ALL_METRICS:
        full = number(mapping(point["utility"].get(f"{metric}_full")).get("value"))
        if full is not None:
            shown = f"{measure_of(metric).spoken} {amount(metric, full)}{measure_of(metric).unit}"
            parts.append(f"trained on everybody but the test people: {shown}")
    return ", ".join(parts)


def _configuration(point: Mapping[str, Any]) -> None:
    with st.expander("Configuration, to copy", key=f"config-{point['id']}"):
        held = {name: point[name] for name in ("recipe", "model", "release")}
        st.code(json.dumps(held, indent=1, ensure_ascii=False), language="json")


def _verdict_text(point: Mapping[str, Any], requirement: Mapping[str, Any]) -> str:
    found = str(point["meets"].get(requirement["name"], "not_measured"))
    why = plain(mapping(point.get("meets_why")).get(requirement["name"]) or "")
    head = f"{VERDICTS[found][0]} **{plain(requirement['name'])}**"
    if why and requirement.get("limit_on") == "epsilon":
        return f"{head}: {SHORT[found]}, {why}"  # nothing was sampled, so no interval is spoken of
    return f"{head}: {VERDICTS[found][1]}{f'. {why}' if why else ''}"
