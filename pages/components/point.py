"""The selected point: sentence, utility, every risk with its status, guarantee beside measurement, configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.utility.metrics import METRICS
from pages.components.words import STATUSES, THREATS, VERDICTS, interval, percent, plain, signed

_ABSENT = (
    ("not_measured", "Not measured", "Nothing can be said about these, good or bad."),
    ("undefined", "No number", "The attack ran and gave none; nothing can be said about these."),
    ("not_applicable", "Does not arise", "This setting releases nothing that such an attack could look at."),
)


def guarantee_text(guarantee: Mapping[str, Any] | None) -> str:
    """Return what is proved, in words.

    >>> guarantee_text({"kind": "none"})
    'Nothing is proved about this setting; only what was measured is known.'
    """
    if not guarantee or guarantee["kind"] == "none":
        return "Nothing is proved about this setting; only what was measured is known."
    if guarantee["kind"] == "k_anonymity":
        return f"Every released combination of the quasi-identifiers is shared by at least {guarantee['k']} people."
    numbers = f"epsilon {guarantee['epsilon']:g}" if guarantee.get("epsilon") is not None else "no stated epsilon"
    if guarantee.get("delta"):
        numbers += f", delta {guarantee['delta']:g}"
    if guarantee["kind"] == "claimed":
        return f"A library claims differential privacy ({numbers}); we cannot stand behind it, so no bound follows."
    bound = guarantee.get("advantage_bound")
    most = f" No attack of this kind can gain more than {100 * bound:.1f} extra people of 100." if bound else ""
    return f"Differential privacy, {numbers}, for each {guarantee.get('unit') or 'row'}.{most}"


def utility_rows(point: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the utility metrics as rows of text."""
    rows = []
    for key, metric in METRICS.items():
        record = point["utility"].get(key)
        if record is None:
            continue
        rows.append(
            {
                "Metric": metric.title,
                "Value": percent(record["value"]) if record["value"] is not None else str(record.get("reason")),
                "95 % interval": interval(record),
                "Reference": f"{percent(record['reference'])} {record.get('reference_name', '')}",
                "People scored": f"{record['n']:,}",
            }
        )
    return rows


def risk_rows(point: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return every threat as a row of text; one without a number says why, never zero."""
    rows = []
    for key, (title, _) in THREATS.items():
        record = point["risks"].get(key)
        if record is None:
            continue
        measured = record["status"] == "measured"
        absolute = key == "reidentification"
        show = percent if absolute else signed
        reference = record.get("reference")
        rows.append(
            {
                "Threat": title,
                "Status": STATUSES.get(record["status"], record["status"]),
                "Extra people of 100": show(record["value"]) if measured else "",
                "95 % interval": interval(record, show) if measured else "",
                "Reference": show(reference) if measured and reference is not None else "",
                "Smallest we could see": show(record.get("detectable")).lstrip("+") if measured else "",
                "Attack, or why there is no number": str(record.get("attack") if measured else record.get("reason")),
            }
        )
    return rows


def sentence(point: Mapping[str, Any], threat: str) -> str:
    """Return the point in one plain sentence; accuracy first, then the risk shown on the chart."""
    accuracy = point["utility"].get("accuracy", {})
    risk = point["risks"].get(threat, {})
    reference = accuracy.get("reference")
    first = (
        f"The model is right about **{percent(accuracy.get('value'))}** of people it has never seen "
        f"(always giving the most frequent answer: {percent(reference)})."
    )
    title, what = THREATS[threat]
    if risk.get("status") != "measured":
        status = STATUSES.get(str(risk.get("status")), "not measured")
        return f"{first} {title}: {status}, because {plain(risk.get('reason') or 'it was not run')}."
    if threat == "reidentification":
        return (
            f"{first} {plain(what)} Here that works for **{percent(risk['value'])}** of people "
            f"({interval(risk)}; 0 % would be nobody)."
        )
    return (
        f"{first} {plain(what)} Here that attacker gets **{signed(risk['value'])}** more people of 100 right because "
        f"their data was used ({interval(risk, signed)}; 0 means nothing was learned)."
    )


def show(point: Mapping[str, Any], threat: str, requirements: list[Mapping[str, Any]]) -> None:
    """Draw the selected point."""
    st.subheader(plain(point["id"]), anchor=False)
    if point["status"] != "measured":
        st.info(f"{point['status'].capitalize()}: {plain(point['reason'] or 'no number yet')}")
    else:
        st.markdown(sentence(point, threat))
        if requirements:
            st.markdown("\n".join(f"- {_verdict_text(point, r)}" for r in requirements))
        st.markdown(f"**Proved:** {plain(guarantee_text(point['guarantee']))}")
        violation = [t for t, r in point["risks"].items() if r.get("violation")]
        if violation:
            st.error(
                "A measured risk is above what the guarantee allows "
                f"({', '.join(THREATS[t][0].lower() for t in violation)}). One of the two is wrong: do not rely on it."
            )
        for status, words, note in _ABSENT:
            names = [THREATS[t][0].lower() for t, r in point["risks"].items() if r["status"] == status and t in THREATS]
            if names:
                st.markdown(f"**{words}:** {', '.join(names)}. {note}")
    with st.expander("Every number, with its interval and reference", key=f"numbers-{point['id']}"):
        if point["status"] == "measured":
            st.dataframe(risk_rows(point), hide_index=True, alt="Every threat for this setting")
            st.dataframe(utility_rows(point), hide_index=True, alt="Every utility metric for this setting")
            st.caption(_conditions(point))
            notes = [r["note"] for r in point["risks"].values() if r.get("note")]
            for line in [*notes, *((point["guarantee"] or {}).get("assumptions") or [])]:
                st.caption(plain(line))
    with st.expander("Configuration, to copy", key=f"config-{point['id']}"):
        held = {name: point[name] for name in ("recipe", "model", "release")}
        st.code(json.dumps(held, indent=1, ensure_ascii=False), language="json")


def _verdict_text(point: Mapping[str, Any], requirement: Mapping[str, Any]) -> str:
    found = str(point["meets"].get(requirement["name"], "not_measured"))
    return f"{VERDICTS[found][0]} **{plain(requirement['name'])}**: {VERDICTS[found][1]}"


def _conditions(point: Mapping[str, Any]) -> str:
    parts = [f"{point['replicates']} random halves", f"{point['n_train']:,.0f} training rows each"]
    if point.get("rows_suppressed"):
        parts.append(f"{point['rows_suppressed']:,.0f} rows left out on average")
    full = point["utility"].get("accuracy_full", {}).get("value")
    if full is not None:
        parts.append(f"trained on everybody but the test people: accuracy {percent(full)}")
    return ", ".join(parts)
