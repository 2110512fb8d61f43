"""The table that feeds an impact assessment: what a study can say to each of its parts, and what only you can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.charts.verdict import metric_shown, points_of, requirements_of, risk_value, utility_of, verdict_of
from core.charts.words import (
    anchor_of,
    label_of,
    listed,
    mapping,
    measure_of,
    number,
    plain,
    risk_text,
    short,
    threat_of,
    utility_text,
)
from core.report.cells import proved_sentence, risk_cell, risk_title
from core.report.chosen import steps_text, utility_sentence
from core.report.coverage import status_of, threats_of
from core.report.decision_section import decision_of, moment_text, signed_by, who_text
from core.report.identifiers import ROLES, fields_of, roles_of
from core.report.model import Table
from core.report.payers import vulnerable_cell

YOURS = "To be filled in by you"


def impact_table(result: Mapping[str, Any], chosen: Mapping[str, Any]) -> Table:
    """Return a row for each thing that Art. 35 asks for, with what is known here and what is left to fill in.

    Parameters
    ----------
    chosen : mapping
        The chosen point; empty when none is, and then rows about it say so.

    Examples
    --------
    >>> [row[0] for row in impact_table({}, {}).rows][:2]
    ['What is processed, 35(7)(a)', 'Purpose, 35(7)(a)']
    """
    none = "" if chosen else "no setting is chosen yet"
    rows = (
        (
            "What is processed, 35(7)(a)",
            _processed(result),
            "source, legal basis, who receives it, how long it is kept",
        ),
        ("Purpose, 35(7)(a)", _purpose(result), "the purpose in full, and who is the controller"),
        (
            "Necessity and proportion, 35(7)(b)",
            none or _necessity(result, chosen),
            "why the purpose needs these data, and why not fewer columns, fewer people or less detail",
        ),
        (
            "Risks to people, 35(7)(c)",
            _risks(result, chosen),
            "what a hit would mean for a person, how likely somebody tries, risks that are not about disclosure",
        ),
        (
            "Measures, 35(7)(d)",
            none or f"{steps_text(chosen)} Proved: {proved_sentence(chosen.get('guarantee'))}",
            "contracts, access, logging, deletion, and how people use their rights",
        ),
        (
            "What risk is left",
            none or _left(result, chosen),
            "whether that is acceptable; if it is high, ask the authority first (Art. 36)",
        ),
        ("Who was asked, 35(2) and (9)", _asked(result), "the data protection officer's advice, and people's views"),
        ("Review, 35(11)", _review(result), "what change of risk starts it earlier"),
    )
    return Table(
        caption="What an assessment asks, what this study says, what is left to you",
        head=("What it asks", "From this study", YOURS),
        rows=rows,
        widths=(3, 8, 4),
    )


def _processed(result: Mapping[str, Any]) -> str:
    table = mapping(result.get("table"))
    counts = [f"{short(table[key])} {key}" for key in ("rows", "people", "columns") if table.get(key) is not None]
    found = mapping(table.get("roles")) or roles_of(fields_of(result))
    roles = [f"{count} {ROLES[str(role)]}" for role, count in found.items() if str(role) in ROLES]
    told = listed(counts) or "not stated"
    return f"{told}. Columns by role: {', '.join(roles)}." if roles else f"{told}. The columns' roles are not stated."


def _purpose(result: Mapping[str, Any]) -> str:
    question = plain(decision_of(result).get("question"))
    target = plain(mapping(result.get("study")).get("target"))
    told = [f"The team's question: {question}"] if question else []
    told += [f"The model predicts {target}."] if target else []
    return " ".join(told) or "not stated"


def _necessity(result: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    metric = metric_shown(result)
    told = [utility_sentence(chosen, metric)]
    bare = next((p for p in points_of(result) if anchor_of(p) == "none" and p.get("status") == "measured"), None)
    if bare is not None:
        told.append(
            f"Without protection {measure_of(metric).spoken} is {utility_text(metric, utility_of(bare, metric))}."
        )
    return " ".join(told)


def _risks(result: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    """Return every risk of no protection and of the choice: what was not measured is said to be so."""
    bare = next((p for p in points_of(result) if anchor_of(p) == "none" and p.get("status") == "measured"), None)
    told = []
    for title, point in (("Without protection", bare), ("With the chosen setting", chosen or None)):
        if point is not None:
            told.append(f"{title}: {_each(point)}")
    return " ".join(told) or "nothing was measured"


def _each(point: Mapping[str, Any]) -> str:
    found = []
    for threat in threats_of([point]):
        status, _ = status_of(point, threat)
        shown = risk_cell(point, threat) if status == "measured" else risk_text({"status": status})
        found.append(f"{risk_title(threat)} {shown}")
    return "; ".join(found) + "."


def _left(result: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    if chosen.get("status") != "measured":
        return "the chosen setting has no number"
    requirements = requirements_of(result)
    told = [f"The measured risks of the chosen setting are above; {label_of(chosen)} {_verdict(chosen, requirements)}."]
    stand_out = []
    for threat, risk in mapping(chosen.get("risks")).items():
        cell = vulnerable_cell(mapping(risk))
        if cell != "-" and number(mapping(mapping(risk).get("vulnerable")).get("value")) is not None:
            stand_out.append(f"{risk_title(str(threat))} {cell}")
    if stand_out:
        told.append(f"For the people who stand out most: {'; '.join(stand_out)}.")
    unknown = [threat_of(t).title.lower() for t in threats_of([chosen]) if risk_value(chosen, t) is None
               and status_of(chosen, t)[0] != "not_applicable"]  # fmt: skip
    if unknown:
        told.append(f"Unknown, because there is no number: {listed(unknown)}.")
    return " ".join(told)


def _verdict(point: Mapping[str, Any], requirements: list[Mapping[str, Any]]) -> str:
    verdict = verdict_of(point, requirements)
    return "has no limits to keep" if verdict.state == "plain" else f"against the limits: {verdict.text()}"


def _asked(result: Mapping[str, Any]) -> str:
    decision = decision_of(result)
    if not decision:
        return "no decision is on record"
    signed = [who_text(s) for s in signed_by(decision, "sign")]
    refused = [who_text(s) for s in signed_by(decision, "refuse")]
    told = f"Signed: {listed(signed) or 'nobody'}. Refused to sign: {listed(refused) or 'nobody'}."
    return (
        f"{told} A typed name proves nobody's identity." if any("as typed" in n for n in (*signed, *refused)) else told
    )


def _review(result: Mapping[str, Any]) -> str:
    return moment_text(decision_of(result).get("review_date")) or "no date is set"
