"""Who pays: the people who stand out most beside the average, and the groups of a column, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_of
from core.charts.words import items, label_of, mapping, measure_of, number, of_100, plain, utility_text
from core.report.cells import (
    count_text,
    estimate_text,
    risk_change,
    risk_title,
    title_with_direction,
    utility_change,
)
from core.report.model import Section, Table, Text


def vulnerable_cell(risk: Mapping[str, Any]) -> str:
    """Return what those who stand out most pay, or why there is no number.

    >>> vulnerable_cell({"status": "measured", "vulnerable": {"status": "undefined", "reason": "too few people"}})
    'no number (too few people)'
    """
    found = risk.get("vulnerable")
    if risk.get("status") != "measured" or not isinstance(found, Mapping):
        return "-"
    told = estimate_text(found) if found.get("status") == "measured" else ""
    return told or f"no number ({plain(found.get('reason')) or 'not measured'})"


def vulnerable_sentence(
    threat: str, risk: Mapping[str, Any], study: Mapping[str, Any], everybody: float | None = None
) -> str:
    """Return what those who stand out most pay, beside the average; empty when the risk has no number.

    Parameters
    ----------
    everybody : float, optional
        People of the pool: where nobody is left out of those who stand out most, they say nothing.

    Examples
    --------
    >>> risk = {"status": "measured", "value": .06, "vulnerable": {"status": "measured", "value": .12, "low": .08,
    ...     "high": .16}}
    >>> vulnerable_sentence("membership", risk, {"vulnerable": 200})[-92:]
    '12.0 of 100 [8.0, 16.0]; on average it is 6.0 of 100. They pay more than the average person.'
    """
    found, average = mapping(risk.get("vulnerable")), number(risk.get("value"))
    if risk.get("status") != "measured" or average is None or not found:
        return ""
    many = number(study.get("vulnerable"))
    who = f"the {count_text(many)} people who stand out most" if many else "the people who stand out most"
    if many is not None and everybody is not None and many >= everybody:
        return f"The pool has only {count_text(everybody)} people: too few to set apart those who stand out most."
    value, low, high = (number(found.get(key)) for key in ("value", "low", "high"))
    if found.get("status") != "measured" or value is None:
        return f"For {who} the {risk_title(threat)} risk has no number: {plain(found.get('reason')) or 'not measured'}."
    # They are part of the average, so their distance to it varies less than their own number does: an interval of
    # theirs that leaves the average out tells the two apart.
    if low is not None and low > average:
        verdict = "They pay more than the average person."
    elif high is not None and high < average:
        verdict = "They pay less than the average person."
    else:
        verdict = "That is not told apart from the average, which their interval holds too."
    return (
        f"For {who}, chosen before anything was attacked, the {risk_title(threat)} risk is {estimate_text(found)}; "
        f"on average it is {of_100(average)}. {verdict}"
    )


def groups_table(found: Mapping[str, Any]) -> Table | None:
    """Return the groups of a point, in their order: the worst served first."""
    groups = [mapping(group) for group in items(found.get("groups"))]
    if not groups:
        return None
    metric = str(found.get("metric"))
    rows = []
    for group in groups:
        use, risk = mapping(group.get(metric)), mapping(group.get("membership"))
        rows.append(
            (
                plain(group.get("group")),
                _value(use, utility_text(metric, use)),
                _value(risk, estimate_text(risk)),
                f"{count_text(group.get('test_people'))} and {count_text(group.get('pool_people'))}",
            )
        )
    return Table(
        caption=f"By {plain(found.get('column')) or 'group'}, those the model serves worst first",
        head=(
            "Group",
            f"{title_with_direction(metric)} [95 % interval]",
            "Membership risk [95 % interval]",
            "People in TEST and in the pool",
        ),
        rows=tuple(rows),
        widths=(3, 4, 4, 3),
    )


def _value(record: Mapping[str, Any], shown: str) -> str:
    if record.get("status") != "measured" or number(record.get("value")) is None:
        return f"no number ({plain(record.get('reason')) or 'not measured'})"
    return shown


def worst_group(point: Mapping[str, Any]) -> str:
    """Return the group that a point serves worst, among those with a number.

    >>> first = {"group": "A", "accuracy": {"status": "measured", "value": .7, "low": .6, "high": .8}}
    >>> worst_group({"subgroups": {"metric": "accuracy", "groups": [first, {"group": "B"}]}})
    'A: 70.0 % [60.0, 80.0], worst of 2'
    """
    found = mapping(point.get("subgroups"))
    metric, groups = str(found.get("metric")), [mapping(group) for group in items(found.get("groups"))]
    left_out = number(found.get("left_out"))
    hidden = f" ({left_out:.0f} left out)" if left_out else ""
    for group in groups:
        use = mapping(group.get(metric))
        if use.get("status") == "measured" and number(use.get("value")) is not None:
            return f"{plain(group.get('group'))}: {utility_text(metric, use)}, worst of {len(groups)}{hidden}"
    return "no group has a number" if groups else "-"


def payers_section(
    rows: Sequence[tuple[int, Mapping[str, Any]]], threat: str, metric: str, study: Mapping[str, Any]
) -> Section:
    """Return what protection changes and who pays, one row per setting.

    A column that no setting has a number for is left out.
    """
    many = number(study.get("vulnerable"))
    who = f"The {count_text(many)} who stand out most" if many else "Those who stand out most"
    head = (
        "#",
        "Setting",
        f"{title_with_direction(metric)}, against no protection [95 %]",
        f"{risk_title(threat).capitalize()} risk, against no protection [95 %]",
        f"{who} [95 % interval]",
        "Worst group [95 % interval]",
    )
    cells = [
        (
            str(place),
            label_of(point),
            utility_change(point, metric),
            risk_change(point, threat),
            vulnerable_cell(risk_of(point, threat)),
            worst_group(point),
        )
        for place, point in rows
    ]
    widths = (2, 8, 10, 10, 9, 10)
    empty = ("-", "not compared")
    kept = [i for i in range(len(head)) if i < 2 or any(row[i] not in empty for row in cells)]
    if len(kept) == 2:
        return Section(title="Against no protection, and who pays", blocks=())
    table = Table(
        caption=f"What protection changes, for {measure_of(metric).spoken} and {risk_title(threat)}, and who pays",
        head=tuple(head[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in cells),
        widths=tuple(widths[i] for i in kept),
    )
    told = (
        "Differences are paired: the same people and the same random halves with and without the protection. "
        "Those who stand out most were chosen by how far their data are from others', before anything was attacked."
    )
    if 5 in kept:
        told += " With many groups one of them looks worst by luck."
    return Section(title="Against no protection, and who pays", blocks=(table, Text(text=told)))
