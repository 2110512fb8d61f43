"""What the table steps of a recipe prove together about the released rows, and whether the rows have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.data.schema import Role, Schema
from core.data.table import Table
from core.privacy.constraints import Constraints
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.privacy.verify import verify
from core.techniques.base import PublicFacts, Stage, Technique
from core.techniques.date_shift import shifted_columns

ALONE = "Every row is taken for another person."
NAMELESS = "A row without a person id is taken for another person."


def rows_guarantee(steps: Iterable[Technique], schema: Schema, facts: PublicFacts) -> Guarantee:
    """Return what is proved about the rows after these steps, in their order.

    A k holds on as long as later steps keep alike what is alike on the quasi-identifiers; a step that changes them in
    another way, or brings new ones, voids it, and `assumptions` names that step. l and t hold on as long as the
    sensitive columns stay untouched as well. Of two steps that both reach k, l or t the later one counts; where it
    keeps the earlier one's crowds, k is the larger, and an l that only the earlier one promised stays. Differential
    privacy survives everything that comes after it. Rows that belong to nobody have no k, nor have rows with names.

    Examples
    --------
    >>> from core.data.schema import Column, Kind
    >>> from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
    >>> from core.techniques.noise_addition import NoiseAddition
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),))
    >>> facts, boxes = PublicFacts(people=9, classes=()), MondrianKAnonymity(k=3)
    >>> rows_guarantee((boxes,), schema, facts).k
    3
    >>> void = rows_guarantee((boxes, NoiseAddition()), schema, facts)
    >>> void.k, void.assumptions
    (None, ("k = 3 is void: 'Add noise to numbers and dates' comes after it and changes quasi-identifiers (age).",))
    """
    held, invented = NO_GUARANTEE, False
    for step in steps:
        if step.stage is not Stage.TABLE:
            continue
        found, after = step.guarantee(schema, facts), step.schema_after(schema)
        invented = invented or step.synthetic
        if held.kind not in ("dp", "claimed"):
            held = _next(held, found, step, schema, after)
        schema = after
    if held.kind == "k_anonymity" and invented:
        note = "Some step invents the rows: they belong to nobody, so a number of people per crowd says nothing."
        return Guarantee(assumptions=(note,))
    if held.kind == "k_anonymity" and schema.identifying:
        names = ", ".join(schema.identifying)
        note = f"Names leave with the rows ({names}), so no crowd protects anybody: mask them first."
        return Guarantee(assumptions=(note,))
    if held.kind == "k_anonymity":
        return _noted(held, ALONE if schema.person_id is None else NAMELESS)
    return held


def _next(held: Guarantee, found: Guarantee, step: Technique, schema: Schema, after: Schema) -> Guarantee:
    """Return what is proved after one more step that gives `found` by itself."""
    if held.kind != "k_anonymity":
        return found if found.kind != "none" else _noted(held, *found.assumptions)
    reason = _broken_by(step, schema, after)
    if found.kind != "none":
        return found if reason or found.kind != "k_anonymity" else _both(held, found, step, schema, after)
    if reason:
        return Guarantee(assumptions=(f"{_figures(held)} is void: '{step.title}' comes after it and {reason}.",))
    return _with_secrets(held, step, schema, after)


def _broken_by(step: Technique, schema: Schema, after: Schema) -> str | None:
    """Return what a step does to crowds formed before it, None when they stay."""
    if new := [name for name in after.quasi_identifiers if name not in schema.quasi_identifiers]:
        return f"leaves new quasi-identifiers ({', '.join(new)}), on which nobody was made alike"
    if step.synthetic:
        return "invents the rows"
    if step.keeps_crowds(schema) or not (hit := touched(step, schema) & set(schema.quasi_identifiers)):
        return None
    return f"changes quasi-identifiers ({', '.join(name for name in schema.names if name in hit)})"


def touched(step: Technique, schema: Schema) -> set[str]:
    """Return the columns whose cells a table step may change or remove; all of them when it does not say.

    By convention a parameter `columns` names them, and none named means the quasi-identifiers.
    """
    if step.key == "none":
        return set()
    if step.key == "mask_identifiers":
        moved = shifted_columns(schema) if step.settings().get("method") == "shift_dates" else ()
        return {*schema.identifying, *moved}
    if named := getattr(step, "columns", ()):
        return set(named)
    told = hasattr(step, "columns") or step.keeps_crowds(schema)
    return set(schema.quasi_identifiers if told else schema.names)


def _with_secrets(held: Guarantee, step: Technique, schema: Schema, after: Schema) -> Guarantee:
    """Return a k-anonymity whose crowds stay, with what is left of l and t."""
    asked, hit, left = Constraints.promised(held), touched(step, schema), after.with_role(Role.SENSITIVE)
    if asked.only_k:
        return held
    if not left:
        return _told(held, replace(asked, l=1.0, t=1.0), after, "removes the sensitive columns", step)
    if changed := [name for name in left if name in hit]:
        return _told(held, replace(asked, l=1.0, t=1.0), after, f"changes {', '.join(changed)}", step)
    if schema.person_id is not None and hit & set(schema.quasi_identifiers):
        # Where people have several rows, repeats fall away when crowds merge: only counting different values is safe.
        kept = asked.l if asked.diversity == "distinct" else 1.0
        return _told(held, replace(asked, l=kept, t=1.0), after, "merges crowds of people with several rows", step)
    return _told(held, asked, after, "", step)


def _both(held: Guarantee, found: Guarantee, step: Technique, schema: Schema, after: Schema) -> Guarantee:
    """Return what holds when a later step reaches k, l or t as well and keeps the crowds of the earlier one."""
    old, new = Constraints.promised(_with_secrets(held, step, schema, after)), Constraints.promised(found)
    same = (old.diversity, old.c) == (new.diversity, new.c)
    if old.wants_l and (same or not new.wants_l):
        new = replace(new, l=max(old.l, new.l), diversity=old.diversity, c=old.c)
    # t compares with all rows, and the later step may have left some out: only its own counts.
    return _told(found, replace(new, k=max(old.k, new.k)), after, "", step)


def _told(held: Guarantee, asked: Constraints, after: Schema, why: str, step: Technique) -> Guarantee:
    """Return the guarantee with other figures, its sentences on l and t written anew, and what became void."""
    before = Constraints.promised(held)
    gone = [name for name, was, is_ in (("l", before.wants_l, asked.wants_l), ("t", before.wants_t, asked.wants_t))
            if was and not is_]  # fmt: skip
    kept = [sentence for sentence in held.assumptions if not sentence.startswith(("l (", "t ("))]
    note = (f"The {' and '.join(gone)} of an earlier step is void: '{step.title}' comes after it and {why}.",)
    told = (*kept, *asked.assumptions(after), *(note if gone else ()))
    return replace(held, assumptions=told, **asked.figures())


def _noted(held: Guarantee, *notes: str) -> Guarantee:
    return replace(held, assumptions=(*held.assumptions, *notes)) if notes else held


def _figures(held: Guarantee) -> str:
    return ", ".join(f"{name} = {value:g}" for name in ("k", "l", "t") if (value := getattr(held, name)) is not None)


def known_columns(rows: Schema, declared: Schema) -> tuple[str, ...]:
    """Return the released columns that a promise is about: quasi-identifiers as declared, and any that came new."""
    wanted = {*declared.quasi_identifiers, *rows.quasi_identifiers}
    return tuple(name for name in rows.names if name in wanted and rows[name].role is not Role.IGNORED)


def broken_promise(rows: Table, declared: Schema, promised: Guarantee) -> str | None:
    """Check the k, l and t that are promised on released rows, by code that does not know the techniques.

    Parameters
    ----------
    rows : Table
    declared : Schema
        Of the table that the recipe was put on: what was a quasi-identifier there is one here.
    promised : Guarantee

    Returns
    -------
    str or None
        What is wrong, in counts only.
    """
    if promised.kind != "k_anonymity":
        return None
    return verify(rows, known_columns(rows.schema, declared), promised)
