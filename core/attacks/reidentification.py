"""Re-identification of released rows: the size of the crowd that each person hides in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.attacks.base import Attack


@dataclass(frozen=True, kw_only=True)
class Reidentification(Attack):
    """Find somebody's row by what is known of them and pick one of the rows that fit.

    A prosecutor who knows that the person is in the table finds a class of f people that look alike and is right
    1/f of the time. The value is the sum of 1/f over the released people, divided by all people: suppressed people
    count as never found. Controls are not in the table, so their row is never found: control 0 by definition. When a
    direct identifier is released, everybody who has one is found.

    Examples
    --------
    >>> Reidentification().describe()["family"]
    'rows'

    References
    ----------
    El Emam & Dankar (2008), Protecting privacy using k-anonymity, JAMIA 15 (prosecutor and marketer risk).
    """

    key: ClassVar[str] = "reidentification"
    title: ClassVar[str] = "Re-identification by equivalence classes"
    threat: ClassVar[str] = "reidentification"
    game: ClassVar[str] = "Knows that the person is in the table and the columns ticked as known; picks a matching row."
