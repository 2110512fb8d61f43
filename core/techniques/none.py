"""No protection: the anchor that everything is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.data.schema import Schema
from core.techniques.base import Family, Stage, Technique


@dataclass(frozen=True, kw_only=True)
class NoProtection(Technique):
    """Release the rows as they are and train on them.

    Examples
    --------
    >>> NoProtection().settings()
    {}

    References
    ----------
    The "no protection" anchor of every chart: risk and accuracy of the raw data.
    """

    key: ClassVar[str] = "none"
    title: ClassVar[str] = "No protection"
    family: ClassVar[Family] = Family.ANCHOR
    stage: ClassVar[Stage] = Stage.TABLE
    stops: ClassVar[str] = "Stops nothing. It shows what the other settings are compared with."

    def public_map(self, schema: Schema) -> bool:
        """Change nothing, which needs no data."""
        return True

    def keeps_crowds(self, schema: Schema) -> bool:
        """Nothing changes."""
        return True
