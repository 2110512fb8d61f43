"""What an audience may see: everything for the team; for others only what is named here.

Filtering comes before building, so no format can show what its audience must not get. Fields are named one by one: a
new field of the result stays inside until somebody decides about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.words import items, label_of, mapping, number, plain
from core.errors import UserError
from core.report.identifiers import columns_outside, fields_of
from core.report.outside import (
    FEWEST,
    columns_only,
    groups,
    limits_that_would_do,
    numbers,
    risk_details,
    worst_risks,
)
from core.report.outside_decision import decision_outside
from core.report.reasons import public_assumption, public_note, public_reason
from core.report.same import same_numbers
from core.report.scrub import Scrub, saying, unique, unsaid

AUDIENCES = ("team", "external", "executive")
SMALL = 5
FEWER = f"fewer than {SMALL}"

_STUDY = ("name", "model", "effort", "replicates", "seed", "assume_public_domain", "rows", "metric", "threat", "target")
_TABLE = ("rows", "people", "columns", "test_people", "pool_people")
_RISK = (
    *("status", "channel", "value", "low", "high", "success_members", "success_controls", "reference", "n_members"),
    *("n_controls", "detectable", "auc", "tpr_at_1pct", "bound", "violation", "method", "prosecutor_average"),
)
_UTILITY = (
    *("value", "low", "high", "reference", "reference_name", "better", "n", "n_train", "method", "status", "reason"),
)
_GUARANTEE = (
    *("kind", "k", "l", "t", "epsilon", "delta", "neighbours", "unit", "mu", "advantage_bound", "tpr_at_1pct_bound"),
)
_REQUIREMENT = ("metric", "risk", "limit_on", "at_least", "at_most", "owner", "reason", "source")

LEFT_OUT = (
    "Names of columns in recipes, in attacks and in what the attacker knows are replaced by their number: one of them "
    "may be a direct identifier. The names of direct identifiers are removed from every text where the result lists "
    "them.",
    "Values of the table are not named: groups are called group 1, group 2 and so on, the worst first, and rare values "
    f"likewise. Of groups of fewer than {FEWEST} people nothing is said; the others are counted in tens.",
    f"Counts of people from 1 to {SMALL - 1} are written as '{FEWER}', and the counts from which they could be "
    "computed are left out or rounded to tens, because a small count can point at somebody.",
    "The table's fingerprint is left out: somebody who knows all rows but one could try out the missing one "
    "against it.",
    "Reasons, notes and assumptions are told only in words that name no column and no value. What was "
    "sampled or cut in an attack is left out. The team's report has all of them.",
)
UNWRITTEN = (
    "What people wrote is left out: why, reasons, conditions, comments and questions. Who signed, voted or spoke is "
    "called by a part and a number, the same everywhere, except on the executive's page. The team's question, names of "
    "settings and of limits and the departments that set them are told."
)
WRITTEN = (
    "What people wrote is told because the team asked for it: their words are theirs, and nothing but the names of "
    "direct identifiers was taken out of them. Minutes stay with the team."
)


def for_audience(
    result: Mapping[str, Any],
    audience: str,
    decision: Mapping[str, Any] | None = None,
    free_text: bool = False,
) -> dict[str, Any]:
    """Return the part of a result that an audience may see; times are never part of a report.

    Parameters
    ----------
    result : mapping
        Schema `middleground.result/1`. `table.direct_identifiers` (or `study.direct_identifiers`), when present, lists
        the column names to remove from every text that people wrote.
    audience : {"team", "external", "executive"}
    decision : mapping, optional
        Of schema `middleground.decision/1`; what the audience may see of it stands under `decision`.
    free_text : bool
        Whether outsiders read what people wrote: reasons, conditions, comments. Executives read names all the same.

    Raises
    ------
    UserError
        For another audience.
    """
    if audience not in AUDIENCES:
        raise UserError(f"the audience is one of {', '.join(AUDIENCES)}", got=repr(audience), do="Choose one of these.")
    if audience == "team":
        return {**_timeless(result), **({} if decision is None else {"decision": _inside(decision, result)})}
    table, study = mapping(result.get("table")), mapping(result.get("study"))
    names = table.get("direct_identifiers", study.get("direct_identifiers"))
    scrub = Scrub(items(names))
    requirements = [mapping(requirement) for requirement in items(result.get("requirements"))]
    points = [mapping(point) for point in items(result.get("points"))]
    titles = unique([scrub.text(requirement.get("name")) for requirement in requirements])
    ids = unique([_identifier(point, scrub) for point in points])
    renamed = {str(r.get("name")): title for r, title in zip(requirements, titles, strict=True)}
    moved = {str(p.get("id")): identifier for p, identifier in zip(points, ids, strict=True)}
    secrets = [str(name) for name in items(study.get("secrets") or mapping(study.get("attacker")).get("secrets"))]
    choice = str(mapping(mapping(decision).get("choice")).get("id") or "")
    written = [{} for _ in requirements] if free_text else unsaid(requirements, decision, audience == "executive")
    kept: dict[str, Any] = {
        "schema": result.get("schema"),
        "study": {**_kept(study, _STUDY, scrub), **columns_only(study)},
        "table": {
            **_kept(table, _TABLE, scrub),
            "twins": small(table.get("twins")),
            **columns_outside(fields_of(result), next((p for p in points if choice and p.get("id") == choice), {})),
        },
        "seed": result.get("seed"),
        "versions": dict(mapping(result.get("versions"))),
        "ledger": _kept(
            mapping(result.get("ledger")),
            ("sweeps", "settings", "replicates", "fits", "previews", "releases", "private_fits", "total", "note"),
            scrub,
        ),
        "requirements": [
            {"name": title, **_kept(requirement, _REQUIREMENT, scrub), **told}
            for title, requirement, told in zip(titles, requirements, written, strict=True)
        ],
        **{
            key: [moved[str(i)] for i in items(result[key]) if str(i) in moved]
            for key in ("frontier", "frontier_ties")
            if key in result
        },
        **(
            {"frontier_beaten": {moved[k]: moved[v] for k, v in beaten.items() if k in moved and v in moved}}
            if (beaten := {str(k): str(v) for k, v in mapping(result.get("frontier_beaten")).items()})
            else {}
        ),
        "points": [
            {
                **_point(point, identifier, renamed, scrub, secrets),
                "meets_at": limits_that_would_do(point, requirements, renamed),
            }
            for point, identifier in zip(points, ids, strict=True)
        ],
    }
    if decision is not None:
        labels = {point["id"]: label_of(point) for point in kept["points"]}
        kept["decision"] = decision_outside(
            decision,
            saying(scrub, points, moved, labels),
            moved,
            labels,
            names=free_text or audience == "executive",
            free_text=free_text,
        )
        kept["decision"]["same_numbers"] = same_numbers(decision, result)
    return dict(_timeless(kept))


def _inside(decision: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision for the team; the result, which it is printed with, is not told twice."""
    kept = {key: found for key, found in decision.items() if key != "result"}
    return {**_timeless(kept), "same_numbers": same_numbers(decision, result)}


def small(count: Any) -> Any:
    """Return a count, or that it is small; zero is not a person.

    >>> small(0), small(2.5), small(5), small(None)
    (0, 'fewer than 5', 5, None)
    """
    value = number(count)
    return FEWER if value is not None and 0 < value < SMALL else count


def _kept(record: Mapping[str, Any], names: Sequence[str], scrub: Scrub) -> dict[str, Any]:
    return {name: scrub.value(record[name]) for name in names if name in record}


def _identifier(point: Mapping[str, Any], scrub: Scrub) -> str:
    swept = mapping(point.get("swept"))
    name = scrub.text(point.get("name") or "unnamed")
    told = ",".join(f"{scrub.text(key)}={scrub.value(value)}" for key, value in sorted(swept.items()))
    return f"{name}[{told}]" if told else name


def _point(
    point: Mapping[str, Any], identifier: str, renamed: Mapping[str, str], scrub: Scrub, secrets: Sequence[str]
) -> dict[str, Any]:
    status = point.get("status")
    hidden = small(point.get("rows_suppressed")) == FEWER
    n_train, proved = number(point.get("n_train")), point.get("guarantee")
    record = {
        "id": identifier,
        "name": scrub.text(point.get("name")),
        "family": plain(point.get("family")),
        "swept": scrub.value(mapping(point.get("swept"))),
        "recipe": [
            {"technique": plain(step.get("technique")), "parameters": scrub.value(mapping(step.get("parameters")))}
            for step in map(mapping, items(point.get("recipe")))
        ],
        "model": scrub.value(point.get("model")),
        "release": plain(point.get("release")),
        "status": status,
        # A failed setting's reason is an error's text, which nobody wrote for outsiders.
        "reason": public_reason(point["reason"]) if status == "skipped" and point.get("reason") else None,
        "replicates": point.get("replicates"),
        "n_train": None if n_train is None else round(n_train / 10) * 10,
        "utility": {key: _utility(mapping(found), scrub) for key, found in mapping(point.get("utility")).items()},
        "risks": {k: _risk(str(k), mapping(risk), scrub, secrets) for k, risk in mapping(point.get("risks")).items()},
        "worst_risk": worst_risks(point.get("worst_risk")),
        "subgroups": groups(point.get("subgroups")),
        "guarantee": None,
        "meets": {renamed[k]: v for k, v in mapping(point.get("meets")).items() if k in renamed},
        "rows_suppressed": small(point.get("rows_suppressed")),
        "rows_suppressed_share": None if hidden else point.get("rows_suppressed_share"),
        "rows_released": None if hidden else point.get("rows_released"),
    }
    if isinstance(proved, Mapping):
        told = list(dict.fromkeys(map(public_assumption, items(proved.get("assumptions")))))
        record["guarantee"] = {**_kept(proved, _GUARANTEE, scrub), "assumptions": told}
    return record


def _utility(estimate: Mapping[str, Any], scrub: Scrub) -> dict[str, Any]:
    kept = _kept(estimate, _UTILITY, scrub)
    if estimate.get("reason"):
        kept["reason"] = public_reason(estimate["reason"])
    if isinstance(estimate.get("difference"), Mapping):
        kept["difference"] = numbers(estimate["difference"], ("value", "low", "high", "replicates"))
    return kept


def _risk(threat: str, risk: Mapping[str, Any], scrub: Scrub, secrets: Sequence[str]) -> dict[str, Any]:
    kept = {**_kept(risk, _RISK, scrub), **risk_details(threat, risk, secrets)}
    if risk.get("reason"):
        kept["reason"] = public_reason(risk["reason"])
    if note := public_note(risk.get("note")):
        kept["note"] = note
    people = number(risk.get("n_members"))
    kept.update(_class_sizes(risk, people))
    whole = risk.get("whole_table")
    if isinstance(whole, Mapping):
        kept["whole_table"] = {"value": whole.get("value"), **_class_sizes(whole, people)}
    return kept


def _class_sizes(record: Mapping[str, Any], people: float | None) -> dict[str, Any]:
    """Return what says how small the classes are, no class or count under five told exactly."""
    found: dict[str, Any] = {}
    if "prosecutor_max" in record:
        worst = number(record["prosecutor_max"])
        found["prosecutor_max"] = f"more than 1 in {SMALL}" if worst is not None and worst > 1 / SMALL else worst
    if "k" in record:
        found["k"] = small(record["k"])
    below = record.get("share_below")
    if isinstance(below, Mapping):
        found["share_below"] = {}
        for size, share in below.items():
            count = None if people is None or number(share) is None else float(share) * people
            few = count is None or 0 < count < SMALL
            found["share_below"][plain(size)] = (
                f"{FEWER} people" if few and number(share) is not None else number(share)
            )
    return found


def _timeless(value: Any) -> Any:
    """Return JSON values without `seconds`, and without numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {str(key): _timeless(item) for key, item in value.items() if key != "seconds"}
    if isinstance(value, (list, tuple)):
        return [_timeless(item) for item in value]
    if isinstance(value, float) and number(value) is None:
        return None
    return value
