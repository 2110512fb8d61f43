"""Everything that is known of one measured risk: the number, what it was compared with, how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.attacks.words import THREAT_WORDS
from core.charts.words import items, mapping, number
from core.charts.words import plain as one_line
from pages.components.words import between, plain, thousand, title_of

Row = dict[str, str]


def facts(threat: str, risk: Mapping[str, Any]) -> list[Row]:
    """Return what is known of a measured risk as rows of name, number and meaning."""
    absolute = threat == "reidentification"
    rows = [
        _row("Value", _of(risk, absolute), "people found" if absolute else "success in the data minus success outside"),
        _row("Without the release", _count(risk.get("reference")), "what guessing from the population alone gets"),
        _row(
            "Success in the data",
            _on(risk, "success_members", "n_members"),
            "how often the attack is right about people whose data were used",
        ),
    ]
    if not absolute:
        rows += [
            _row(
                "Success outside it",
                _on(risk, "success_controls", "n_controls"),
                "the same attack on comparable people whose data were not used",
            ),
            _row(
                "Residual",
                _of(mapping(risk.get("residual")), False),
                "of the attacker's failures outside the data, the share that the data turn into hits",
            ),
        ]
    rows.append(
        _row(
            "Smallest we could see",
            _count(risk.get("detectable")),
            "a difference this large would have been found four times in five",
        )
    )
    apart = mapping(risk.get("vulnerable"))
    if apart:
        told = _of(apart, absolute) or f"no number: {plain(apart.get('reason') or 'too few')}"
        rows.append(_row("Those who stand out most", told, "chosen before anything was attacked"))
    rows += [*_sharpness(risk), *_games(risk, absolute or "attempts" not in risk), *_against(risk)]
    return [row for row in rows if row["Number"]]


def _sharpness(risk: Mapping[str, Any]) -> list[Row]:
    if number(risk.get("auc")) is None:
        return []
    low, high = number(risk.get("auc_low")), number(risk.get("auc_high"))
    ends = f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else ""
    rows = [_row("AUC of the attack", f"{risk['auc']:.3f}{ends}", "0.5 is guessing, 1 tells everybody apart")]
    if "tpr_at_1pct" not in risk or "tpr_low" not in risk:
        return rows
    hits = number(risk.get("tpr_at_1pct"))
    why = plain(risk.get("note") or "too few controls")
    shown = _of({"value": hits, "low": risk.get("tpr_low"), "high": risk.get("tpr_high")}, True)
    rows.append(_row("Hits at 10 false alarms in 1,000", shown if hits is not None else f"not shown: {why}",
                     "of 1,000 people in the data"))  # fmt: skip
    each = mapping(risk.get("tpr_at_1pct_calibrated"))
    if number(each.get("value")) is not None:
        rows.append(_row("The same, calibrated for each person", _of(each, True), "everybody has a threshold"))
    return rows


_TIES = {
    True: ("Equal answers", "of 1,000 guesses, whose score equals another's"),
    False: ("Decided by a draw", "of 1,000 attempts, where equals were drawn at random"),
}


def _games(risk: Mapping[str, Any], scored: bool) -> list[Row]:
    rows = []
    if number(risk.get("finite_pool_corrected")) is not None:
        rows.append(
            _row(
                "Corrected for the finite pool",
                _count(risk.get("finite_pool_corrected")),
                "had the halves been fresh samples: the attacker then knows less of who else may be in",
            )
        )
    for key, title, meaning in (
        ("tied_share", *_TIES[scored]),
        ("out_reference_share", "Attacker had a comparison", "of 1,000 guesses with a model that left the person out"),
        ("prosecutor_max", "Easiest person to find", "times in 1,000 tries"),
    ):
        rows.append(_row(title, _count(risk.get(key)), meaning))
    if number(risk.get("attempts")) is not None:
        rows.append(_row("Attempts", f"{risk['attempts']:,.0f}", "every attempt made counts, none is left out"))
    for name, cap in mapping(risk.get("caps")).items():
        shown = f"{number(cap):,.0f}" if number(cap) is not None else plain(cap)
        rows.append(_row("Cap", shown, plain(name)))
    return rows


def _against(risk: Mapping[str, Any]) -> list[Row]:
    difference = mapping(risk.get("difference"))
    bound = number(risk.get("bound"))
    return [
        _row("Against no protection", _of(difference, False), "the same people, the same random halves"),
        _row("Proved ceiling", _count(bound) if bound is not None else "none", "what is proved holds against all"),
    ]


def variant_rows(risk: Mapping[str, Any]) -> list[Row]:
    """Return every variant of the attack that was tried, as rows of text."""
    rows = []
    for kind in items(risk.get("kinds")):
        record = mapping(kind)
        measured = record.get("status") == "measured" and number(record.get("value")) is not None
        rows.append(
            {
                "Variant": plain(record.get("kind")),
                "Extra of 1,000": _of(record, False) if measured else "no number: it could not be tried on both sides",
                "Right in the data": _count(record.get("success_members")),
                "Right outside it": _count(record.get("success_controls")),
                "Without the release": _count(record.get("reference")),
                "Attempts": f"{record['attempts']:,}" if number(record.get("attempts")) is not None else "",
            }
        )
    for key, attack in mapping(risk.get("per_attack")).items():
        record = mapping(attack)
        area = number(record.get("auc"))
        rows.append(
            {
                "Variant": plain(str(key).replace("_", " ")),
                "Extra of 1,000": _count(record.get("value")) or "no number",
                "AUC": f"{area:.3f}" if area is not None else "",
            }
        )
    return rows


def rare_rows(risk: Mapping[str, Any]) -> list[Row]:
    """Return the rare values that were counted apart, the worst first; those with too few people say so."""
    found = [mapping(item) for item in items(risk.get("rare"))]
    worst = sorted(found, key=lambda r: -(number(r.get("value")) if number(r.get("value")) is not None else -9.0))  # type: ignore[operator]
    return [
        {
            "Value": plain(record.get("name")),
            "Variant": plain(record.get("kind")),
            "Extra of 1,000": _of(record, False)
            if record.get("status") == "measured"
            else f"no number: {plain(record.get('reason') or 'too few')}",
            "Attempts (in the data, outside)": f"{int(record.get('n_members') or 0):,}, "
            f"{int(record.get('n_controls') or 0):,}",
        }
        for record in worst
    ]


def show(point: Mapping[str, Any]) -> None:
    """Draw one folded part for each measured risk."""
    for threat, words in THREAT_WORDS.items():
        risk = mapping(point["risks"].get(threat))
        if risk.get("status") != "measured":
            continue
        with st.expander(f"{title_of(threat)}: every number, and how it was made", key=f"risk-{threat}-{point['id']}"):
            st.markdown(f"**{plain(words.question)}** {plain(words.description)}")
            st.table(facts(threat, risk), hide_index=True, alt=f"Every number of the {title_of(threat).lower()}")
            _tables(variant_rows(risk), "Variants of the attack that were tried; the strongest on one half of the "
                    "people counts on the other half:")  # fmt: skip
            _tables(rare_rows(risk), "Rare values, counted apart, the worst first (with many values one looks worst by "
                    "luck):")  # fmt: skip
            st.markdown(f"**How to read it.** {plain(words.interpretation)}")
            st.markdown(f"**What it does not say.** {plain(words.caveat)}")
            how = "; ".join(one_line(risk[key]) for key in ("attack", "method", "note") if risk.get(key))
            st.caption(plain(f"Attack and method: {how}."))


def _tables(rows: Sequence[Row], head: str) -> None:
    if rows:
        st.markdown(plain(head))
        st.table(list(rows), hide_index=True, alt=head)


def _row(name: str, shown: str, meaning: str) -> Row:
    return {"What": name, "Number": shown, "Meaning": meaning}


def _count(value: Any) -> str:
    exact = number(value)
    return "" if exact is None else f"{thousand(exact, decimals=1)} of 1,000"


def _of(record: Mapping[str, Any], absolute: bool) -> str:
    value = number(record.get("value"))
    if value is None:
        return ""
    ends = f" ({between(record, 1)})" if between(record, 1) else " (no interval)"
    return f"{thousand(value, sign=not absolute, decimals=1)} of 1,000{ends}"


def _on(risk: Mapping[str, Any], success: str, people: str) -> str:
    shown, many = _count(risk.get(success)), number(risk.get(people))
    return f"{shown}; {many:,.0f} people in each half" if shown and many is not None else shown
