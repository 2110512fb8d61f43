"""Building the report model from a result: what is said, in which order, to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.binding import binding
from core.charts.marks import Absent, TradeOffInfo
from core.charts.standing import cells
from core.charts.trade_off import TradeOff
from core.charts.verdict import (
    limit_text,
    metric_shown,
    points_of,
    ranked,
    requirements_of,
    risk_of,
    sentence,
    shortfalls,
    threat_shown,
    verdict_of,
    violation_text,
    violations,
)
from core.charts.words import VERDICTS, anchor_of, label_of, mapping, number, plain, short, threat_of
from core.report.appendix import appendix
from core.report.audience import LEFT_OUT, UNWRITTEN, WRITTEN, for_audience
from core.report.brief import brief_lead
from core.report.caveats import caveats, method, short_caveats
from core.report.chosen import chosen_section
from core.report.compliance import compliance_sections
from core.report.coverage import coverage_section
from core.report.decision_section import alerts as decision_alerts
from core.report.decision_section import chosen_of, decision_of, lead, takeaway
from core.report.facts import facts
from core.report.model import Bullets, Code, Report, Section, Table, Text
from core.report.payers import payers_section, vulnerable_sentence
from core.report.points import points_table
from core.report.reading import reading_section
from core.report.record import record
from core.tradeoff.study import EFFORTS

BEST = 5
"""Rows of the executive's page."""

BESIDE = 3
"""Rows of the executive's page once a decision has to stand on it too."""

ALERTS = 3
"""Violations that the executive's page writes out; the others are counted."""


def build(
    result: Mapping[str, Any],
    audience: str,
    decision: Mapping[str, Any] | None = None,
    free_text: bool = False,
) -> Report:
    """Return the report of a result for an audience: team, external or executive.

    Parameters
    ----------
    decision : mapping, optional
        Of schema `middleground.decision/1`; question, decision and dissent then stand before the chart.
    free_text : bool
        Whether outsiders read what people wrote.

    Raises
    ------
    UserError
        For another audience.
    """
    seen = for_audience(result, audience, decision, free_text)
    study = mapping(seen.get("study"))
    chart = TradeOff.info(seen)
    alerts = tuple(f"{label_of(p)}: {violation_text(threat, risk)}" for p, threat, risk in violations(seen))
    places = {str(point.get("id")): place for place, point in _numbered(seen)}
    brief, decided = audience == "executive", bool(decision_of(seen))
    sections = _executive(seen, chart) if brief else _full(seen, chart, audience, free_text)
    found = sentence(seen)
    if decided:
        sections = (Section(title="What was found", blocks=(Text(text=found),)), *sections)
    return Report(
        title=plain(study.get("name")) or "Study without a name",
        audience=audience,
        takeaway=takeaway(seen) if decided else found,
        facts=facts(seen, audience),
        alerts=(*decision_alerts(seen), *(_fewer(alerts) if brief else alerts)),
        chart=chart,
        sections=sections,
        lead=brief_lead(seen) if brief else lead(seen, places),
    )


def _fewer(alerts: tuple[str, ...]) -> tuple[str, ...]:
    if len(alerts) <= ALERTS:
        return alerts
    return *alerts[:ALERTS], f"VIOLATION: {len(alerts) - ALERTS} more like this; the team's report has them all."


def _numbered(result: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the measured points with the numbers of the chart."""
    measured = [point for point in points_of(result) if point.get("status") == "measured"]
    return list(enumerate(measured, start=1))


def _full(
    result: Mapping[str, Any], chart: TradeOffInfo, audience: str, free_text: bool = False
) -> tuple[Section, ...]:
    requirements, rows = requirements_of(result), _numbered(result)
    threat, metric, study = threat_shown(result), metric_shown(result), mapping(result.get("study"))
    sections = [_requirements(result, requirements)]
    chosen, pool = chosen_of(result), number(mapping(result.get("table")).get("pool_people"))
    places = {id(point): place for place, point in rows}
    if chosen:
        sections.append(chosen_section(places.get(id(chosen)), chosen, requirements, study, threat, metric, pool))
    if rows:
        caption = "Every measured setting, numbered as on the chart"
        sections.append(
            Section(
                title="Settings",
                blocks=(
                    points_table(rows, requirements, threat, metric, caption, standings=cells(chart.marks)),
                    *_standing(chart),
                    *_off_axis(chart),
                ),
            )
        )
        sections += [payers_section(rows, threat, metric, study), coverage_section(rows)]
    sections.append(_absent(chart))
    looked_at = [(place, point) for place, point in rows if anchor_of(point) is None]
    asked = [(places.get(id(chosen), 0), chosen)] if chosen else _best(looked_at, requirements, threat, metric)
    sections += compliance_sections(result, asked)
    sections.append(reading_section(result))
    sections.append(Section(title="How they were made", blocks=(Bullets(items=method(result)),)))
    sections.append(Section(title="What these numbers do not say", blocks=(Bullets(items=caveats(result)),)))
    if audience == "team" and rows:
        intro = Text(text="Everything that was measured about each setting, what was not, and its exact configuration.")
        sections.append(Section(title="Record of each setting", blocks=(intro,)))
        sections += [record(place, point, requirements, study, threat, pool) for place, point in rows]
    sections.append(_again(result))
    sections += appendix(result, {str(point.get("id")): label_of(point) for point in points_of(result)})
    if audience != "team":
        sections.append(_left_out(free_text))
    return tuple(section for section in sections if section.blocks)


def _executive(result: Mapping[str, Any], chart: TradeOffInfo) -> tuple[Section, ...]:
    """Return one page: limits in a line each, the five best settings, what the numbers do not say."""
    requirements, threat, metric = requirements_of(result), threat_shown(result), metric_shown(result)
    limits = tuple(
        f"{plain(r.get('name'))}: {limit_text(r)}{' (' + plain(r['owner']) + ')' if r.get('owner') else ''}"
        for r in requirements
    )
    blocks: list[Bullets | Table | Text] = [Bullets(items=limits), *_binding(result)] if limits else []
    rows = [(place, point) for place, point in _numbered(result) if anchor_of(point) is None]
    best = _best(rows, requirements, threat, metric)
    if best:
        caption = f"The {len(best)} best of {len(rows)} settings" if len(rows) > 1 else "The only setting"
        chosen = chosen_of(result)
        if decision_of(result):
            first = [(place, point) for place, point in _numbered(result) if point is chosen]
            best = [*first, *(row for row in best if row[1] is not chosen)][:BESIDE]
            caption = f"{'The chosen setting first, then the' if first else 'The'} best others of {len(rows)} settings"
        standings = cells(chart.marks, brief=True)
        blocks.append(points_table(best, requirements, threat, metric, caption, brief=True, standings=standings))
        blocks += _standing(chart)[:1]
        blocks += _best_pays(result, best[0], threat)
    hidden = [f"{len(found)} {word}" for found, word in ((chart.skipped, "skipped"), (chart.failed, "failed")) if found]
    if hidden:
        blocks.append(Text(text=f"Without a number: {' and '.join(hidden)}; the team's report says why."))
    sections = [Section(title="The choice", blocks=tuple(blocks))] if blocks else []
    sections.append(Section(title="What these numbers do not say", blocks=(Bullets(items=short_caveats(result)),)))
    return tuple(sections)


def _best_pays(result: Mapping[str, Any], best: tuple[int, Mapping[str, Any]], threat: str) -> list[Text]:
    """Return who pays under the setting named first, because an average can hide it."""
    place, point = best
    pool = number(mapping(result.get("table")).get("pool_people"))
    told = vulnerable_sentence(threat, risk_of(point, threat), mapping(result.get("study")), pool)
    return [Text(text=f"Setting {place}: {told}")] if told else []


def _best(
    rows: Sequence[tuple[int, Mapping[str, Any]]], requirements: Sequence[Mapping[str, Any]], threat: str, metric: str
) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the settings to look at first: those that meet every limit, then the unproven, then the nearest misses."""
    places = {id(point): place for place, point in rows}
    order = {"meets": 0, "plain": 0, "unproven": 1, "fails": 2}

    def key(point: Mapping[str, Any]) -> tuple[int, float]:
        state = verdict_of(point, requirements).state
        return order[state], sum(lacks for _, lacks in shortfalls(point, requirements)) if state != "meets" else 0.0

    found = sorted(ranked([point for _, point in rows], threat, metric), key=key)[:BEST]
    return [(places[id(point)], point) for point in found]


def _requirements(result: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> Section:
    if not requirements:
        return Section(title="Limits", blocks=(Text(text="Nobody has set a limit yet."),))
    settings = [p for p in points_of(result) if p.get("status") == "measured" and anchor_of(p) is None]
    rows = []
    for requirement in requirements:
        found = [dict(verdict_of(p, requirements).each)[str(requirement.get("name"))] for p in settings]
        counts = {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}
        words = {"yes": "met", "no": "failed", "unproven": "not proven", "cannot_settle": "cannot be settled"}
        told = ", ".join(f"{words.get(v, 'not measured')} {count}" for v, count in counts.items()) or "nothing measured"
        rows.append(
            (
                plain(requirement.get("name")),
                limit_text(requirement),
                plain(requirement.get("owner")) or "nobody named",
                plain(requirement.get("reason")) or "not given",
                plain(requirement.get("source")) or "not given",
                told,
            )
        )
    head = ("Limit", "What", "Owner", "Reason", "Source", f"Of {len(settings)} settings")
    table = Table(
        caption="Who set which limit, and how many settings keep it",
        head=head,
        rows=tuple(rows),
        widths=(3, 4, 3, 5, 4, 4),
    )
    seen = {verdict for p in settings for _, verdict in verdict_of(p, requirements).each}
    meanings = [f"{text.capitalize()}." for verdict, text in VERDICTS.items() if verdict in seen]
    meanings.append(
        "A verdict's interval is wider than the 95 % interval shown as long as replicates are few, so a setting can be "
        "not proven although the interval shown keeps the limit."
    )
    if any(requirement.get("limit_on") == "epsilon" for requirement in requirements):
        meanings.append(
            "A limit on epsilon is compared with what is proved, which has no interval; a setting without a proof of "
            "its own, or with one that only hides what somebody gave, fails it."
        )
    if any(str(requirement.get("limit_on")).startswith("worst_group") for requirement in requirements):
        meanings.append(
            "A limit on the worst-off group is met only when every group keeps it, all intervals together; with a "
            "group of too few test people it is never met."
        )
    return Section(title="Limits", blocks=(table, *_binding(result), Bullets(items=tuple(meanings))))


def _binding(result: Mapping[str, Any]) -> list[Text]:
    """Return which limit keeps most settings out, whose it is, and what to move when nothing fits."""
    found = binding(result)
    told = found.text() if found is not None else ""
    return [Text(text=told)] if told else []


def _standing(chart: TradeOffInfo) -> list[Text]:
    """Return who is clearly beaten and who is not, and which runs were compared."""
    return [Text(text=told) for told in (chart.standing, chart.runs) if told]


def _off_axis(chart: TradeOffInfo) -> tuple[Text | Bullets, ...]:
    if not chart.off_axis:
        return ()
    intro = Text(text=f"Not on the chart, because it shows {threat_of(chart.threat).title.lower()}:")
    return intro, _reasons(chart.off_axis)


def _reasons(absent: Sequence[Absent]) -> Bullets:
    return Bullets(items=tuple(f"{entry.label}: {entry.reason}" for entry in absent))


def _absent(chart: TradeOffInfo) -> Section:
    """Return the settings without a number, each with its reason."""
    blocks: list[Text | Bullets] = []
    for found, words in ((chart.skipped, "Skipped"), (chart.failed, "Failed"), (chart.waiting, "Waiting")):
        if found:
            blocks += [Text(text=f"{words} ({len(found)}):"), _reasons(found)]
    return Section(title="Settings without a number", blocks=tuple(blocks))


def _again(result: Mapping[str, Any]) -> Section:
    study, table = mapping(result.get("study")), mapping(result.get("table"))
    seed = short(result.get("seed", study.get("seed")))
    versions = ", ".join(f"{plain(k)} {plain(v)}" for k, v in mapping(result.get("versions")).items()) or "not stated"
    told = [f"Seed: {seed}.", f"Versions: {versions}."]
    if table.get("fingerprint"):
        told.append(f"Table's fingerprint (SHA-256): {plain(table['fingerprint'])}.")
    told.append("The same study, seed and versions give the same numbers, whatever the number of workers.")
    # Only known words and whole numbers go into a line that somebody will paste into a shell.
    effort = f" --effort {study['effort']}" if study.get("effort") in EFFORTS else ""
    option = f" --seed {seed}" if seed.isdecimal() else ""
    commands = (
        f"python -m core run STUDY.toml{effort}{option} --json OUT.json",
        "python -m core report OUT.json --format html --audience team -o REPORT.html",
    )
    return Section(title="Run it again", blocks=(Bullets(items=tuple(told)), Code(text="\n".join(commands))))


def _left_out(free_text: bool) -> Section:
    told = (*LEFT_OUT, WRITTEN if free_text else UNWRITTEN)
    return Section(title="What this report leaves out", blocks=(Bullets(items=told),))
