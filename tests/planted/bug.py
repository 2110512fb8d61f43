"""What a planted bug is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One planted bug.

    Parameters
    ----------
    key : str
        Number in the list of `docs/planted-bugs.md`, with a letter for further ways to make the same mistake.
    title : str
        The mistake.
    file : str
    old, new : str
        The text as it is, found exactly once in the file, and what it is replaced by.
    test : str
        The test that must fail then.
    why : str
        What the test sees.
    """

    key: str
    title: str
    file: str
    old: str
    new: str
    test: str
    why: str
