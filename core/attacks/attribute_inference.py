"""Attribute inference: a hidden value that is guessed better of people who are in the data than of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.attacks.gower import numbers
from core.attacks.inference_model import model_guess
from core.attacks.names import Named, named_rows, others
from core.attacks.nearest import Nearest
from core.attacks.rows import Attempts, RowsAttack, RowsTruth, RowsView
from core.data.table import MISSING, Labels, Table

LENGTHS = (1, 5)
"""Nearest released rows that are asked: each a variant of the attack."""

EQUAL = 10
"""Equally near rows that are asked at most, drawn at random from more."""

TOLERANCE = 0.05
"""How far off the guess of a number may be, as a share of the reference population's interquartile range."""

RARE = 0.10
"""Share of the reference population below which a value is rare."""

TOP = 0.05
"""Share of the reference population whose numbers are its top."""

FEWEST = 20
"""Targets that must have a rare value for it to be counted apart."""

MOST_RARE = 20
"""Rare values counted apart; the commonest are left out first."""

LARGEST = 1e300

EQUALLY, MODEL = "equally near", "model"

GUESSERS = (*(f"nearest {length}" for length in LENGTHS), EQUALLY, MODEL)


@dataclass(frozen=True, eq=False)
class Guesses:
    """What was guessed of each target.

    Parameters
    ----------
    guessed : mapping
        (secret, guesser) -> one guess per target: texts, or numbers (dates in seconds since 1970). "(missing)" or NaN
        when the guess is that there is no value.
    made : boolean array, shape (targets,)
        Whether a guess could be made at all; none can from a release without rows.
    tied : float
        Share of targets and lengths in which a random tie-break decided who is asked.
    caps : mapping
    """

    guessed: Mapping[tuple[str, str], Labels]
    made: Labels
    tied: float
    caps: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AttributeInference(RowsAttack):
    """Guess a hidden value from what is known: from the nearest released rows, and by a model trained on them.

    For every secret column and each of four guessers: the value of the nearest released row; the most frequent value
    among up to 10 rows that are as near as that one; the most frequent value (of numbers: the mean) among the 5
    nearest; and a decision tree trained on the released rows. Nearness and tree use the known columns without the
    secret. Equally near rows are drawn at random; of equally frequent values the nearer row's is taken. Where a direct
    identifier is released and known, the rows that carry it are asked and no others.

    A guess is right when it equals the value in the form of the released rows (an interval is guessed as an interval);
    of a number or date, when it is off by no more than 5 % of the interquartile range of the reference population (of
    its range where that is 0): an absolute tolerance. A missing value is a value. A target of whom no guess could be
    made is a failed attempt, so attempts are targets, always.

    The reference is the success of guessing the other half's most frequent value (of numbers: median). The control is
    the same attack on people who are not in the data: it takes out what follows from statistics of everybody. Rare
    values and the top 5 % of numbers are counted apart, for the nearest row: whoever always guesses the most frequent
    value never discloses them.

    Examples
    --------
    >>> AttributeInference().describe()["family"]
    'rows'

    References
    ----------
    Article 29 Working Party (2014), Opinion 05/2014 on Anonymisation Techniques (WP216), section 2.2.3; Yeom,
    Giacomelli, Fredrikson & Jha (2018), Privacy risk in machine learning, CSF 2018, section 5 (advantage over the same
    attack on others). Our own implementation from the definitions.
    """

    key: ClassVar[str] = "attribute_inference"
    title: ClassVar[str] = "Attribute inference by nearest rows and a model"
    threat: ClassVar[str] = "attribute_inference"
    game: ClassVar[str] = "Knows the columns ticked as known and guesses a hidden one from the released rows."

    def inapplicable(self, view: RowsView) -> str | None:
        """Return why nothing can be inferred: no secret is named, or none is released."""
        if not view.secrets:
            return "no column is named as a secret to infer"
        if not _secrets(view):
            return f"no secret column is released ({', '.join(view.secrets)})"
        return None

    def guess(self, view: RowsView, rng: Generator) -> Guesses:
        """Return every guesser's guesses; the secret of a target is never read."""
        named = named_rows(view, EQUAL, rng, hidden=view.secrets)
        values: dict[tuple[str, str], Labels] = {}
        caps = {f"{name}: not released, nothing to infer": 1.0 for name in view.secrets if name not in _secrets(view)}
        searched: dict[tuple[str, ...], tuple[dict[str, Labels], Labels]] = {}
        ties = []
        for secret in _secrets(view):
            known = others(view, tuple(name for name in view.knows if name != secret))
            if known not in searched:
                searched[known] = _asked(view, known, named, rng)
            asked, tied = searched[known]
            ties.append(tied)
            for guesser, index in asked.items():
                values[secret, guesser] = _vote(view.released, secret, index, mean=guesser != EQUALLY)
            values[secret, MODEL], left_out = model_guess(view.released, view.targets, known, secret, rng)
            caps |= left_out
        share = float(np.mean(ties)) if ties and len(view.targets) else 0.0
        return Guesses(values, np.full(len(view.targets), len(view.released) > 0), share, caps)

    def score(self, guesses: Guesses, view: RowsView, truth: RowsTruth, rng: Generator) -> Attempts:
        """Return one attempt per target, secret and guesser."""
        kinds, outcomes, reference = [], [], {}
        rare: list[tuple[float, str, int, Labels]] = []
        for secret in _secrets(view):
            answer, population = _cells(view.targets, secret), _cells(view.reference, secret)
            tolerance = _tolerance(population) if answer.dtype.kind == "f" else 0.0
            usual = _usual(population, view)
            for guesser in GUESSERS:
                kind = f"{secret}, {guesser}"
                kinds.append(kind)
                outcomes.append(guesses.made & _right(guesses.guessed[secret, guesser], answer, tolerance))
                reference[kind] = float(_right(usual, answer, tolerance).mean()) if len(answer) else 0.0
            place = kinds.index(f"{secret}, {GUESSERS[0]}")
            rare += [(share, name, place, mask) for share, name, mask in _rare(secret, answer, population)]
        rare.sort(key=lambda one: one[:2])
        caps = dict(guesses.caps)
        if len(rare) > MOST_RARE:
            caps["rare values not counted apart"] = float(len(rare) - MOST_RARE)
        return Attempts(
            kinds=tuple(kinds),
            outcome=np.column_stack(outcomes).astype(float) if outcomes else np.zeros((len(view.targets), 0)),
            member=truth.members,
            person=truth.person,
            half=view.half,
            reference=reference,
            caps=caps,
            tied=guesses.tied,
            groups={name: (place, mask) for _, name, place, mask in rare[:MOST_RARE]},
        )


def _secrets(view: RowsView) -> tuple[str, ...]:
    return tuple(name for name in view.secrets if name in view.released.schema)


def _asked(view: RowsView, known: tuple[str, ...], named: Named, rng: Generator) -> tuple[dict[str, Labels], Labels]:
    """Return the rows that each guesser asks (-1: none), and which lists a random tie-break decided.

    They are the rows with the target's name alone, else the nearest.
    """
    found = Nearest.fit(view.released, known).neighbours(view.targets, EQUAL, rng)
    index = np.where(named.found[:, None], named.index, found.index)
    near = named.found[:, None] | (found.distance <= found.distance[:, :1] * (1 + 1e-6))
    asked = {f"nearest {length}": index[:, :length] for length in LENGTHS}
    asked[EQUALLY] = np.where(near, index, -1)
    tied = found.tied[:, [length - 1 for length in LENGTHS]] & ~named.found[:, None]
    return asked, tied


def _cells(table: Table, name: str) -> Labels:
    """Return texts ("(missing)" where there is none), or numbers: dates in seconds since 1970, NaN where missing."""
    cells = table.frame[name]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return np.array([*cells.cat.categories.astype(str), MISSING], dtype=object)[cells.cat.codes.to_numpy()]
    return np.asarray(np.clip(numbers(table, name), -LARGEST, LARGEST))  # differences must stay finite


def _vote(released: Table, secret: str, index: Labels, *, mean: bool) -> Labels:
    """Return the most frequent value of the rows asked, or of numbers the mean; missing is a value."""
    values, there = _cells(released, secret), index >= 0
    if not len(values):
        return np.full(len(index), MISSING, dtype=object) if values.dtype == object else np.full(len(index), np.nan)
    if values.dtype.kind == "f" and mean:
        found = values[index]
        present = there & ~np.isnan(found)
        count = present.sum(axis=1)
        # The mean of equal numbers must be that number to the last digit, so they are added as steps from the first.
        first = np.take_along_axis(found, np.argmax(present, axis=1)[:, None], axis=1)
        steps = np.where(present, found - first, 0.0).sum(axis=1) / np.maximum(count, 1)
        return np.asarray(np.where(2 * count >= np.maximum(there.sum(axis=1), 1), first[:, 0] + steps, np.nan))
    codes, different = pd.factorize(values, use_na_sentinel=False)
    found = codes[index]
    alike = ((found[:, :, None] == found[:, None, :]) & there[:, None, :]).sum(axis=2)
    # Of equally frequent values the first place wins: the nearest row's, and equally near rows are in random order.
    best = np.argmax(np.where(there, alike, -1), axis=1)
    return np.asarray(np.asarray(different)[found[np.arange(len(index)), best]])


def _tolerance(population: Labels) -> float:
    """Return 5 % of the interquartile range; of the range where that is 0."""
    present = population[~np.isnan(population)]
    if not len(present):
        return 0.0
    low, high = np.quantile(present, [0.25, 0.75])
    spread = high - low if high > low else present.max() - present.min()
    return float(TOLERANCE * spread)


def _right(guess: Labels, answer: Labels, tolerance: float) -> Labels:
    """Say which guesses are right."""
    if answer.dtype.kind != "f":
        return np.asarray(guess == answer, dtype=bool)
    missing = np.isnan(guess) & np.isnan(answer)
    # Rounding must not decide a guess that is off by exactly the tolerance.
    return np.asarray(missing | (np.abs(guess - answer) <= tolerance * (1 + 1e-9)))


def _usual(population: Labels, view: RowsView) -> Labels:
    """Return per target what somebody without the release would guess, from the half that it does not belong to."""
    number = population.dtype.kind == "f"
    guess = np.full(len(view.targets), np.inf) if number else np.full(len(view.targets), "", dtype=object)
    for half in (False, True):
        rows = population[view.reference_half != half]
        if not len(rows):
            continue
        if number:
            present = rows[~np.isnan(rows)]
            guess[view.half == half] = np.median(present) if 2 * len(present) >= len(rows) else np.nan
        else:
            texts, counts = np.unique(rows.astype(str), return_counts=True)
            guess[view.half == half] = str(texts[np.argmax(counts)])
    return guess


def _rare(secret: str, answer: Labels, population: Labels) -> list[tuple[float, str, Labels]]:
    """Return share, name and holders of the values that are rare in the reference population."""
    if not len(population):
        return []
    if answer.dtype.kind == "f":
        present = population[~np.isnan(population)]
        if not len(present):
            return []
        top = float(np.quantile(present, 1 - TOP))
        mask = answer >= top
        share = float((population >= top).mean())
        # Where the top begins at a common value (nearly everybody has 0), it is not rare.
        return [(share, f"{secret}: top 5 %", mask)] if share < RARE and mask.sum() >= FEWEST else []
    found = []
    texts, counts = np.unique(answer.astype(str), return_counts=True)
    for text in texts[counts >= FEWEST]:
        share = float((population == text).mean())
        if share < RARE:
            found.append((share, f"{secret} = {text}", np.asarray(answer == text, dtype=bool)))
    return found
