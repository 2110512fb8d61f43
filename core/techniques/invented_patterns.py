"""Forms of texts that many people share, drawing texts of such a form, and check digits for many at once."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.data.table import Labels

SHARED = 20
"""People who must share a form for it to be used."""

_CLASSES = {"A": string.ascii_uppercase, "a": string.ascii_lowercase, "0": string.digits}
_CLASS_OF = str.maketrans({c: key for key, members in _CLASSES.items() for c in members})


@dataclass(frozen=True, eq=False)
class Patterns:
    r"""The forms of a column that many people share.

    Parameters
    ----------
    forms : tuple of str
        For each form the class of each character (A, a, 0, or the mark itself).
    fixed : tuple of str
        For each form the character that all its texts have at a place, "\0" where they differ.
    share : float array
        How often each form is drawn.
    """

    forms: tuple[str, ...]
    fixed: tuple[str, ...]
    share: Labels

    @property
    def known(self) -> bool:
        """Whether there is any."""
        return len(self.forms) > 0

    @staticmethod
    def of(values: Sequence[str], codes: Labels, persons: Labels) -> Patterns:
        r"""Return the forms that 20 people or more share, if half of the people have one of them.

        Examples
        --------
        >>> real, rows = [f"PAT-{7 * i:04d}" for i in range(1000)], np.arange(1000)
        >>> found = Patterns.of(real, rows, rows)
        >>> found.forms, found.fixed
        (('AAA-0000',), ('PAT-\x00\x00\x00\x00',))
        """
        masks = [_mask(value) for value in values]
        different, place = np.unique(np.array(masks or [""], dtype=object).astype(str), return_inverse=True)
        there = codes >= 0
        pairs = np.unique(np.column_stack([place[codes[there]], persons[there]]), axis=0)
        people = np.bincount(pairs[:, 0], minlength=len(different))
        good = np.flatnonzero(people >= SHARED)
        if not len(good) or 2 * people[good].sum() < people.sum():
            return Patterns((), (), np.zeros(0))
        fixed = []
        for form in good:
            columns = zip(*(values[i] for i in np.flatnonzero(place == form).tolist()), strict=True)
            fixed.append("".join(c[0] if len(set(c)) == 1 else "\0" for c in columns))
        return Patterns(tuple(str(f) for f in different[good]), tuple(fixed), people[good] / people[good].sum())

    def draw(self, many: int, rng: Generator) -> list[str]:
        """Return texts of these forms, letters and digits at random where real ones differ."""
        chosen = rng.choice(len(self.forms), many, p=self.share)
        found = np.empty(many, dtype=object)
        for at, (form, fixed) in enumerate(zip(self.forms, self.fixed, strict=True)):
            rows = np.flatnonzero(chosen == at)
            cells = np.empty((len(rows), len(form)), dtype="U1")
            for j, (kind, same) in enumerate(zip(form, fixed, strict=True)):
                cells[:, j] = pick(_CLASSES[kind], (len(rows),), rng) if same == "\0" else same
            found[rows] = text_of(cells)
        return list(found)


def _mask(text: str) -> str:
    if text.isascii():
        return text.translate(_CLASS_OF)
    return "".join(
        c.translate(_CLASS_OF) if c.isascii() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text
    )


def pick(letters: str, shape: tuple[int, ...], rng: Generator) -> Labels:
    """Return random characters out of `letters`."""
    return np.asarray(np.array(list(letters), dtype="U1")[rng.integers(0, len(letters), shape)])


def digits(shape: tuple[int, ...], rng: Generator) -> Labels:
    """Return random numbers 0 to 9."""
    return np.asarray(rng.integers(0, 10, shape))


def text_of(characters: Labels) -> list[str]:
    """Return the texts of rows of characters, shape (texts, length)."""
    return ["".join(row) for row in characters.tolist()]


def luhn_digit(body: Labels) -> Labels:
    """Return the last digit that the Luhn formula (ISO/IEC 7812-1) puts behind rows of digits.

    >>> luhn_digit(np.array([[7, 9, 9, 2, 7, 3, 9, 8, 7, 1]])).tolist()
    [3]
    """
    doubled = body[:, ::-1].copy()
    doubled[:, ::2] *= 2
    return np.asarray(-(doubled // 10 + doubled % 10).sum(axis=1) % 10)


def mod_97(number: int) -> int:
    """Return the rest that the check digits of an IBAN (ISO 13616) are made of.

    >>> 98 - mod_97(370400440532013000131400)
    89
    """
    return number % 97
