"""What was decided, by whom, against which objections: the first thing a reader sees of a decided study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.charts.verdict import points_of, requirements_of, verdict_of
from core.charts.words import items, label_of, listed, mapping, plain
from core.report.model import Block, Bullets, Section, Table, Text

STATES: dict[str, str] = {
    "proposed": "Proposed, not decided",
    "accepted": "Accepted",
    "refused": "Refused",
    "superseded": "Superseded: a later decision took its place",
    "expired": "Expired: its review date has passed",
}
UNSIGNED = "Nobody has signed it."


def decision_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the decision that was filtered with a result; empty without one."""
    return mapping(result.get("decision"))


def chosen_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the point that was chosen; empty when the result does not hold it."""
    choice = mapping(decision_of(result).get("choice")).get("id")
    return next((p for p in points_of(result) if choice and p.get("id") == choice), {})


def who_text(record: Any) -> str:
    """Return a person and how their name is known.

    >>> who_text({"name": "Ana", "source": "as typed"}), who_text(None)
    ('Ana (name as typed)', 'not stated')
    """
    found = mapping(record)
    name = plain(found.get("name"))
    how = {"as typed": " (name as typed)", "signed in": " (signed in)"}.get(str(found.get("source")), "")
    return f"{name}{how}" if name else "not stated"


def moment_text(value: Any) -> str:
    """Return a moment to the minute.

    >>> moment_text("2026-11-23T09:00:31+00:00"), moment_text("2026-12-31"), moment_text(None)
    ('2026-11-23 09:00 UTC', '2026-12-31', '')
    """
    text = plain(value)
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d).*?(Z|\+00:?00)?", text)
    return f"{found[1]} {found[2]}{' UTC' if found[3] else ''}" if found else text


def choice_text(result: Mapping[str, Any]) -> str:
    """Return what was chosen, as the rest of the report calls it."""
    point, choice = chosen_of(result), mapping(decision_of(result).get("choice"))
    return label_of(point) if point else plain(choice.get("name") or choice.get("id")) or "no setting"


def takeaway(result: Mapping[str, Any]) -> str:
    """Return a decision in one line: state, choice, its verdict, who signed, who refused, who objects.

    >>> takeaway({"decision": {"state": "proposed"}})
    'Proposed, not decided: no setting. It has no number in this result. Nobody has signed it.'
    """
    decision, point = decision_of(result), chosen_of(result)
    state = STATES.get(str(decision.get("state")), "In no known state")
    told = [f"{state}: {choice_text(result)}" if ":" not in state else f"{state}. It chose {choice_text(result)}"]
    told[0] += "."
    if point.get("status") != "measured":
        told.append("It has no number in this result.")
    elif requirements_of(result):
        told.append(f"Against the limits: {verdict_of(point, requirements_of(result)).text()}.")
    else:
        told.append("Nobody has set a limit.")
    told.append(_stands(decision))
    return " ".join(told)


def _stands(decision: Mapping[str, Any]) -> str:
    signed, refused = signed_by(decision, "sign"), signed_by(decision, "refuse")
    if not signed and not refused:
        return UNSIGNED
    parts = [f"{len(signed)} signed" if signed else "Nobody signed"]
    if refused:
        parts.append(f"{len(refused)} refused")
    objections = len(items(decision.get("dissent")))
    if objections:
        parts.append(f"{objections} objection{'s' * (objections > 1)} on record")
    return f"{', '.join(parts)}."


def signed_by(decision: Mapping[str, Any], verdict: str) -> list[Mapping[str, Any]]:
    """Return the signatures of a verdict: sign or refuse."""
    return [s for s in map(mapping, items(decision.get("signatures"))) if s.get("verdict") == verdict]


def alerts(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what must be read before a decision is believed."""
    decision = decision_of(result)
    if not decision:
        return ()
    told = []
    if decision.get("same_numbers") is False:
        told.append(
            "The decision was taken on other numbers than those shown here: study, table, limits or points have "
            "changed since. Make this report from the decision's own file."
        )
    old = [s for s in signed_by(decision, "sign") if s.get("covers") is not True]
    if old:
        many = "1 signature does" if len(old) == 1 else f"{len(old)} signatures do"
        told.append(f"{many} not cover this state: it was given on other evidence, and counts for that only.")
    if str(decision.get("state")) in ("refused", "superseded", "expired"):
        told.append("This decision is not in force.")
    return tuple(told)


def lead(result: Mapping[str, Any], numbered: Mapping[str, int]) -> tuple[Section, ...]:
    """Return the sections before the chart: question, decision, dissent, votes, open questions.

    Parameters
    ----------
    numbered : mapping of str to int
        The numbers of the chart by id.
    """
    decision = decision_of(result)
    if not decision:
        return ()
    question = plain(decision.get("question")) or "No question is on record."
    return (
        Section(title="Question", blocks=(Text(text=question),)),
        Section(title="Decision", blocks=(_facts(result, numbered), *_signatures(decision))),
        Section(title="Dissent", blocks=_dissent(decision)),
        *_votes(decision),
        *_open(decision),
    )


def _facts(result: Mapping[str, Any], numbered: Mapping[str, int]) -> Table:
    decision, point = decision_of(result), chosen_of(result)
    proposed, concluded = mapping(decision.get("proposed")), mapping(decision.get("concluded"))
    place = numbered.get(str(point.get("id")))
    rows = [
        ("State", STATES.get(str(decision.get("state")), "not stated")),
        ("Chosen", f"{choice_text(result)}{f', number {place} on the chart' if place else ''}"),
        ("Against the limits", _verdict(result)),
        ("Why", written(decision.get("why"), decision)),
        ("Proposed by", _by(proposed)),
    ]
    if concluded:
        rows.append(("Closed by", _by(concluded)))
        rows.append(("Reason given", written(concluded.get("reason"), decision)))
    rows += [(f"Condition {place}", plain(text)) for place, text in enumerate(items(decision.get("conditions")), 1)]
    left_out = decision.get("conditions_left_out")
    if left_out:
        many = "1 condition is" if left_out == 1 else f"{left_out} conditions are"
        rows.append(("Conditions", f"{many} part of this decision and left out here: ask the team for them"))
    elif not items(decision.get("conditions")):
        rows.append(("Conditions", "none"))
    rows += [
        ("Answers for it", who_text(decision.get("owner"))),
        ("Review", moment_text(decision.get("review_date")) or "no date is set"),
        ("What the signatures cover", _covered(decision)),
    ]
    return Table(caption="What was decided", head=("What", "On record"), rows=tuple(rows), widths=(1, 4))


def _verdict(result: Mapping[str, Any]) -> str:
    point = chosen_of(result)
    if point.get("status") != "measured":
        return "no number in this result"
    return verdict_of(point, requirements_of(result)).text()


def _by(record: Mapping[str, Any]) -> str:
    at = moment_text(record.get("at"))
    return f"{who_text(record)}{f', {at}' if at else ''}"


def written(value: Any, decision: Mapping[str, Any]) -> str:
    """Return a text that somebody wrote, or that there is none, or that it is left out."""
    hidden = mapping(decision.get("audience_sees")).get("free_text") is False
    return plain(value) or ("left out here" if hidden else "not given")


def _covered(decision: Mapping[str, Any]) -> str:
    mark = plain(mapping(decision.get("evidence")).get("hash"))
    if not mark:
        return "no hash of the evidence is on record, so nobody can tell"
    return (
        f"study, columns, table, points and versions with this SHA-256: {mark}. A change of any of them is not covered"
    )


def _signatures(decision: Mapping[str, Any]) -> tuple[Block, ...]:
    every = [mapping(s) for s in items(decision.get("signatures"))]
    if not every:
        return (Text(text=UNSIGNED),)
    words = {"sign": "signed", "refuse": "refused to sign"}
    covers = {True: "yes", False: "no, it was given on other evidence"}
    rows = tuple(
        (
            who_text(s),
            words.get(str(s.get("verdict")), "not stated"),
            written(s.get("reason"), decision),
            moment_text(s.get("at")),
            covers.get(s["covers"], "not stated") if isinstance(s.get("covers"), bool) else "not stated",
        )
        for s in every
    )
    head = ("Who", "Verdict", "Reason", "When", "Covers this state")
    return (Table(caption="Who stands behind it", head=head, rows=rows, widths=(3, 2, 5, 3, 2)),)


def _dissent(decision: Mapping[str, Any]) -> tuple[Block, ...]:
    every = [mapping(d) for d in items(decision.get("dissent"))]
    if not every:
        refused = signed_by(decision, "refuse")
        every = [{**s, "kind": "refused to sign", "text": s.get("reason")} for s in refused]
    if not every:
        return (Text(text="No objection is on record."),)
    rows = tuple(
        (
            who_text(d),
            plain(d.get("kind")) or "objected",
            written(d.get("text"), decision),
            moment_text(d.get("at")),
        )
        for d in every
    )
    return (
        Table(caption="Who objected", head=("Who", "How", "In their words", "When"), rows=rows, widths=(3, 2, 6, 3)),
    )


def _votes(decision: Mapping[str, Any]) -> tuple[Section, ...]:
    blocks: list[Block] = []
    for place, one in enumerate(map(mapping, items(decision.get("votes"))), 1):
        votes = [mapping(vote) for vote in items(one.get("votes"))]
        names = {_id(c): called(c) for c in items(one.get("choices"))}
        labels = [_vote_label(vote, names) for vote in votes]
        counts = dict.fromkeys([*names.values(), *labels], 0)
        for label in labels:
            counts[label] += 1
        question = plain(one.get("question")) or f"Vote {place}"
        told = listed([f"{count} for {label}" for label, count in counts.items()]) or "nobody voted"
        blocks.append(Text(text=f"{question}: {told}. Nobody saw another's vote before all were revealed."))
        rows = tuple(
            (who_text(vote), label, written(vote.get("reason"), decision))
            for vote, label in zip(votes, labels, strict=True)
        )
        if rows:
            caption = f"Vote {place}, revealed {moment_text(one.get('revealed')) or 'at a time not stated'}"
            blocks.append(Table(caption=caption, head=("Who", "Voted for", "Reason"), rows=rows, widths=(3, 4, 6)))
    return (Section(title="Votes", blocks=tuple(blocks)),) if blocks else ()


def _id(choice: Any) -> str:
    return str(mapping(choice).get("id", choice) or "")


def called(choice: Any) -> str:
    """Return what a choice of a vote is called, or a comment is about."""
    found = mapping(choice)
    return plain(found.get("label") or found.get("name") or found.get("id", choice)) or "none of them"


def _vote_label(vote: Mapping[str, Any], names: Mapping[str, str]) -> str:
    choice = vote.get("choice")
    if isinstance(choice, Mapping):  # as outsiders get it
        return called(choice)
    return names.get(str(choice or ""), plain(vote.get("label") or choice)) or "none of them"


def _open(decision: Mapping[str, Any]) -> tuple[Section, ...]:
    asked = [mapping(q) for q in items(decision.get("questions"))]
    texts = [f"{plain(q.get('text'))} ({who_text(q)})" for q in asked if q.get("open") is not False]
    hidden = decision.get("questions_open") if not asked else None
    if texts:
        return (Section(title="Open questions", blocks=(Bullets(items=tuple(texts)),)),)
    if hidden:
        many = "1 question was" if hidden == 1 else f"{hidden} questions were"
        return (Section(title="Open questions", blocks=(Text(text=f"{many} still open; the team has them."),)),)
    return ()
