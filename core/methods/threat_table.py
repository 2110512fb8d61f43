"""Which technique stops which attacker: what is known of each kind, and what was measured on this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.attacks.words import THREAT_WORDS
from core.charts.words import decimal, items, mapping, number
from core.techniques import TECHNIQUES
from core.techniques.base import Family, Stage, Technique

PROVED, LOWERS, NOTHING, NONE = "proved", "may lower", "does not stop", "does not arise"
MARKS: dict[str, tuple[str, str]] = {
    PROVED: ("◆", "a proof limits the risk, whoever attacks, under the assumptions of the guarantee"),
    LOWERS: ("◐", "nothing is proved, only measuring tells how much it lowers the risk"),
    NOTHING: ("✕", "this attacker is not what it is made for, and gets on"),
    NONE: ("–", "this attacker finds nothing of the kind in what is released"),
}
"""What a technique does to an attacker -> sign, sentence."""

FROM_MODEL, RAW_TABLE = "from_model", "raw_table"
ATTACKERS: dict[str, tuple[str, str]] = {
    **{key: (words.title, words.question) for key, words in THREAT_WORDS.items()},
    FROM_MODEL: ("Reconstruction from the model", "What are this person's hidden values, by asking the model?"),
    RAW_TABLE: ("Reading the table itself", "What does the unprotected table say, where it is kept?"),
}
"""Attacker -> title, what they want to know. The last two are never measured here."""

_ROWS = ("presence", "singling_out", "linkability", "attribute_inference", "reidentification")
_KEPT = "the table itself stays as it is; keep it where nobody gets at it"
_COMMON = "what is true of everybody is learned as before"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a technique does to one attacker: `mark` is a key of `MARKS`, `why` adds to its sentence."""

    mark: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """Techniques that do the same to every attacker."""

    title: str
    family: str
    techniques: tuple[str, ...]
    effects: Mapping[str, Effect]


def _each(**told: Effect) -> dict[str, Effect]:
    """Return an effect for every attacker: those told, "may lower" for the others, the raw table never."""
    found = dict.fromkeys(ATTACKERS, Effect(mark=LOWERS)) | told
    return found | {RAW_TABLE: told.get(RAW_TABLE, Effect(mark=NOTHING, why=_KEPT))}


_NO_ROWS = {threat: Effect(mark=NONE, why="unless rows are released beside the model") for threat in _ROWS}
_OTHERS = Effect(mark=NOTHING, why="the other columns still tell people apart")
_NAMES = _each(
    membership=Effect(mark=NOTHING, why="a model that never used the names changes not at all"),
    presence=_OTHERS,
    singling_out=_OTHERS,
    attribute_inference=_OTHERS,
    reidentification=Effect(mark=LOWERS, why="names can no longer be matched; the other columns still can"),
)
_COARSER = _each(attribute_inference=Effect(mark=NOTHING, why="people who look alike may share the secret"))
_CROWDS = _each(
    reidentification=Effect(
        mark=PROVED, why="at most 1 in k, for who knows the quasi-identifiers alone and sees one release"
    ),
    attribute_inference=Effect(mark=NOTHING, why="a secret that all k share is told; l and t, where offered, limit it"),
)
_INVENTED = _each(
    presence=Effect(mark=LOWERS, why="a generator that remembers its members can raise it"),
    reidentification=Effect(mark=NONE, why="no released row is anybody's"),
)
_PROOF = Effect(mark=PROVED, why=_COMMON)
_PRIVATE_ROWS = _each(
    membership=Effect(mark=PROVED, why="of a model trained on these rows alone"),
    presence=_PROOF,
    linkability=_PROOF,
    attribute_inference=_PROOF,
    from_model=_PROOF,
    singling_out=Effect(mark=LOWERS, why="the bound we state does not cover it"),
    reidentification=Effect(mark=NONE, why="no released row is anybody's"),
)
_LOCAL = _each(
    attribute_inference=Effect(
        mark=LOWERS, why="what one person answered is proved deniable; what follows from their group is not hidden"
    ),
    presence=Effect(mark=LOWERS, why="that somebody took part is not hidden"),
    raw_table=Effect(mark=NOTHING, why="it would only where answers are drawn before they are collected"),
)
_PRIVATE_MODEL = _each(**_NO_ROWS, membership=_PROOF, from_model=_PROOF)
_CLAIMED = _each(**_NO_ROWS, membership=Effect(mark=LOWERS, why="an epsilon is claimed, we do not take it for proved"))
_RESTRAINT = _each(**_NO_ROWS)

EFFECTS: dict[str, Mapping[str, Effect]] = {
    "mask_identifiers": _NAMES,
    "drop_columns": _each(),
    "generalise": _COARSER,
    "top_bottom_coding": _COARSER,
    "full_domain_k_anonymity": _CROWDS,
    "mondrian_k_anonymity": _CROWDS,
    "local_suppression": _CROWDS,
    "microaggregation": _CROWDS,
    "gaussian_copula": _INVENTED,
    "sequential_trees": _INVENTED,
    "dp_marginals": _PRIVATE_ROWS,
    "randomised_response": _LOCAL,
    "dp_logistic_regression": _PRIVATE_MODEL,
    "dp_linear_regression": _PRIVATE_MODEL,
    "dp_naive_bayes": _PRIVATE_MODEL,
    "dp_sgd": _PRIVATE_MODEL,
    "dp_forest": _CLAIMED,
}
"""Technique -> attacker -> effect, where more is known than "may lower"; no proof is ever supposed."""


def effects_of(technique: type[Technique]) -> Mapping[str, Effect]:
    """Return what a technique does to every attacker; one that nobody described promises nothing.

    Examples
    --------
    >>> effects_of(TECHNIQUES["mondrian_k_anonymity"])["attribute_inference"].mark
    'does not stop'
    >>> effects_of(TECHNIQUES["dp_forest"])["membership"].mark
    'may lower'

    References
    ----------
    The three attackers of rows: Article 29 Working Party (2014), Opinion 05/2014 on Anonymisation Techniques (WP216).
    A bound on membership holds for the others: Kulynych et al. (2025), arXiv:2507.06969. A secret that a crowd shares:
    Machanavajjhala et al. (2007), l-diversity, ACM TKDD 1(1).
    """
    return EFFECTS.get(technique.key) or (_each() if technique.stage is Stage.TABLE else _RESTRAINT)


def columns() -> tuple[Column, ...]:
    """Return the techniques without the anchors; those of one family that do the same share a column.

    Examples
    --------
    >>> [column.title for column in columns() if "dp_forest" in column.techniques]
    ['Private random forest']
    """
    found: list[tuple[str, Mapping[str, Effect], list[type[Technique]]]] = []
    for family in Family:
        for technique in TECHNIQUES.values():
            if technique.family is not family or family is Family.ANCHOR:
                continue
            effects = effects_of(technique)
            same = next((held for name, mine, held in found if name == family and mine == effects), None)
            if same is None:
                found.append((family, effects, [technique]))
            else:
                same.append(technique)
    return tuple(
        Column(
            title="; ".join(t.title for t in held),
            family=str(family),
            techniques=tuple(t.key for t in held),
            effects=effects,
        )
        for family, effects, held in found
    )


def measured(result: Mapping[str, Any] | None, column: Column, threat: str) -> str:
    """Return what attacks got on this table under the settings of a column, in one line; empty without a number.

    A setting counts for a column when all its steps belong to it, masking names before them aside: what a stack
    reaches is not the merit of one of its steps.

    Parameters
    ----------
    result : mapping or None
        A result in the form that study files are measured to.
    column : Column
    threat : str
        A key of `ATTACKERS`.
    """
    risks = [mapping(mapping(point.get("risks")).get(threat)) for point in _settings(result, column.techniques)]
    return _range(risks, threat)


def unprotected(result: Mapping[str, Any] | None, threat: str) -> str:
    """Return what attacks got without protection, in one line; empty without a number."""
    return _range([mapping(mapping(p.get("risks")).get(threat)) for p in _settings(result, ("none",))], threat)


def _settings(result: Mapping[str, Any] | None, techniques: tuple[str, ...]) -> list[Mapping[str, Any]]:
    found = []
    for point in map(mapping, items(mapping(result).get("points"))):
        steps = [str(mapping(step).get("technique")) for step in items(point.get("recipe"))]
        own = [step for step in steps if step != "mask_identifiers"] or steps
        if point.get("status") == "measured" and own and set(own) <= set(techniques):
            found.append(point)
    return found


def _range(risks: list[Mapping[str, Any]], threat: str) -> str:
    """Return the lowest and the highest value, and how far the intervals reach: the better end alone would flatter."""
    known = [risk for risk in risks if risk.get("status") == "measured" and number(risk.get("value")) is not None]
    if not known:
        # An attack that found too little to try is another thing than no attack.
        return "tried, without a number" if any(risk.get("status") == "undefined" for risk in risks) else ""
    values = sorted(100 * float(risk["value"]) for risk in known)
    unit = "of 100 found" if threat == "reidentification" else "extra of 100"
    shown = list(dict.fromkeys(decimal(value, 1) for value in (values[0], values[-1])))
    highest = max((100 * high for risk in known if (high := number(risk.get("high"))) is not None), default=None)
    reach = "" if highest is None else f", intervals up to {decimal(highest, 1)}"
    count = f"; {len(known)} settings" if len(known) > 1 else ""
    above = "; above what is proved" if any(risk.get("violation") is True for risk in known) else ""
    return f"{' to '.join(shown)} {unit}{reach}{count}{above}"
