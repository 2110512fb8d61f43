"""What the numbers say to three questions that a law asks; never a stamp, never legal advice.

Sources: Article 29 Working Party, Opinion 05/2014 on Anonymisation Techniques (WP216); GDPR Art. 35(7), (2), (9) and
(11); 45 CFR 164.514(b)(2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_of
from core.charts.words import items, label_of, listed, mapping, plain, risk_text
from core.report.cells import risk_cell
from core.report.coverage import MEANING, status_of
from core.report.decision_section import chosen_of
from core.report.identifiers import CANNOT_TELL, KINDS, PRESENT, fields_of, leaving, safe_harbor
from core.report.impact import impact_table
from core.report.model import Block, Bullets, Section, Table, Text

NOT_ADVICE = (
    "This is not legal advice. It puts measurements where a law asks for a judgement; the judgement is that of your "
    "privacy officer or counsel, and the measurements are floors: a better attack may find more."
)
CRITERIA = (
    ("singling_out", "Singling out", "can somebody's record be picked out?"),
    ("linkability", "Linkability", "can records about one person be linked?"),
    ("attribute_inference", "Inference", "can something about a person be worked out?"),
)


def compliance_sections(
    result: Mapping[str, Any],
    points: Sequence[tuple[int, Mapping[str, Any]]],
) -> tuple[Section, ...]:
    """Return the compliance part: three criteria, a table for an impact assessment, the kinds of identifier.

    Parameters
    ----------
    result : mapping
        Filtered for its audience.
    points : sequence of (number on the chart, point)
        The chosen one, or the best where none is chosen.
    """
    chosen = chosen_of(result)
    return (
        Section(title="What the law asks about", blocks=(Text(text=NOT_ADVICE),)),
        Section(
            title="The three criteria of WP29 Opinion 05/2014",
            level=3,
            blocks=(criteria_table(points, bool(chosen)), Text(text=_criteria_note(points))),
        ),
        Section(
            title="For an impact assessment (GDPR Art. 35)",
            level=3,
            blocks=(impact_table(result, points[0][1] if chosen and points else {}),),
        ),
        Section(title="Identifiers of the HIPAA Safe Harbor", level=3, blocks=_safe_harbor(result, chosen)),
    )


def criteria_table(points: Sequence[tuple[int, Mapping[str, Any]]], chosen: bool) -> Table:
    """Return one row per setting, one column per criterion: the measurement with interval and reference, or why none.

    >>> table = criteria_table([(1, {"id": "a", "name": "a"})], True)
    >>> table.rows[0][2]
    'not measured (the result says nothing about it)'
    """
    which = "chosen setting" if chosen else "settings to look at first; none is chosen"
    return Table(
        caption=f"Extra people of 100 that our attacks got because their data were used [95 % interval]: the {which}",
        head=("#", "Setting", *(f"{title}: {question}" for _, title, question in CRITERIA)),
        rows=tuple(
            (str(place), label_of(point), *(_criterion(point, threat) for threat, _, _ in CRITERIA))
            for place, point in points
        ),
        widths=(2, 6, 8, 8, 8),
    )


def _criterion(point: Mapping[str, Any], threat: str) -> str:
    status, reason = status_of(point, threat)
    if status == "measured":
        return risk_cell(point, threat)
    told = risk_text({**risk_of(point, threat), "status": status})
    return f"{told} ({reason})" if reason else told


def _criteria_note(points: Sequence[tuple[int, Mapping[str, Any]]]) -> str:
    missing = [title for threat, title, _ in CRITERIA if any(status_of(p, threat)[0] in MEANING for _, p in points)]
    told = (
        "The opinion asks whether each is still possible, and sets no number. A small number here says that the "
        "attacks we made gained little, a large one that somebody can already do it; neither settles the question. "
        "Where no rows leave, the same questions about the model's answers are open: see membership."
    )
    if missing:
        told += f" Without a number, and therefore unknown and not zero: {listed(missing)}."
    return told


def _safe_harbor(result: Mapping[str, Any], chosen: Mapping[str, Any]) -> tuple[Block, ...]:
    stored = [mapping(kind) for kind in items(mapping(result.get("table")).get("identifier_kinds"))]
    fields = leaving(fields_of(result), items(chosen.get("recipe")))
    found: Sequence[Mapping[str, Any]] = stored or safe_harbor(fields)
    rows = tuple(
        (
            f"({plain(kind.get('letter'))}) {KINDS.get(str(kind.get('letter')), 'a kind we do not know')}",
            plain(kind.get("status")),
            _columns(kind),
        )
        for kind in found
    )
    whose = "the columns that leave under the chosen recipe" if chosen else "all columns that are not ignored"
    if chosen.get("release") == "model":
        whose = "the columns that the model was trained on; no rows leave"
    notes = [
        f"Judged by name, kind and role of {whose}. No cell was looked at for this: 'not seen' says that no column's "
        "name tells of it, not that it is absent.",
        f"'{CANNOT_TELL.capitalize()}' stands where a column could hold it and its name does not settle that: free "
        "text, a name that says nothing, ages (over 89 counts), a year of birth.",
        f"'{PRESENT.capitalize()}' stands even where the recipe coarsens, swaps or invents the cells: whether what is "
        "left of a place or a date is allowed is yours to check.",
        "The rule has a second half, 164.514(b)(2)(ii): you must not know of a way to identify somebody with what is "
        "left. To be filled in by you.",
    ]
    if not stored and not fields_of(result):
        notes.insert(0, "This result does not list its columns, so nothing can be told.")
    table = Table(
        caption="The 18 kinds of identifier of 45 CFR 164.514(b)(2)(i)",
        head=("Kind", "Seen", "Columns"),
        rows=rows,
        widths=(8, 2, 5),
    )
    return table, Bullets(items=tuple(notes))


def _columns(kind: Mapping[str, Any]) -> str:
    found = kind.get("columns")
    if isinstance(found, (list, tuple)):
        return listed([plain(name) for name in found]) or "-"
    count = found if isinstance(found, int) else 0
    return f"{count} column{'s' * (count != 1)}" if count else "-"
