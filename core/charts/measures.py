"""How charts show threats and metrics: axes, scales and units; titles come from the attacks and the metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.attacks.words import THREAT_WORDS
from core.utility.metrics import ALL_METRICS


@dataclass(frozen=True, kw_only=True)
class Threat:
    """How one threat is spoken of. `axis` is the unit of its number, `question` what the attacker wants to know."""

    title: str
    axis: str
    question: str


EXTRA = "extra people out of 100 an attacker gets right because their data was used"
_AXES = {
    "singling_out": "extra descriptions out of 100 that fit exactly one person because their data was used",
    "reidentification": "people out of 100 whose row an attacker who knows the declared columns picks out",
}

THREATS: dict[str, Threat] = {
    key: Threat(title=found.title, axis=_AXES.get(key, EXTRA), question=found.question)
    for key, found in THREAT_WORDS.items()
}
"""Threat -> how a chart speaks of it; titles and questions are those of `core.attacks.words`."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How a chart shows one utility metric: shown = value * scale, with `decimals` and `unit`.

    Parameters
    ----------
    significant : bool
        The number has a unit of its own: `decimals` follow its size.
    natural : (low, high), optional
        Where the shown quantity ends.
    least : float
        The smallest span of an axis, as a share of `scale`; of the largest value when `significant`.
    better : {"higher", "lower"}
    """

    title: str
    axis: str
    scale: float = 1.0
    unit: str = ""
    decimals: int = 3
    significant: bool = False
    natural: tuple[float, float] | None = None
    least: float = 0.08
    reference: str = "reference"
    better: str = "higher"

    @property
    def sign(self) -> float:
        """1 when higher is better, -1 when lower is."""
        return -1.0 if self.better == "lower" else 1.0

    @property
    def spoken(self) -> str:
        """The title inside a sentence: small letters, but for names such as ROC AUC and R2."""
        return self.title if self.title.isupper() or "AUC" in self.title else self.title.lower()


_SHARE: dict[str, Any] = {"scale": 100.0, "unit": " %", "decimals": 1, "natural": (0.0, 100.0)}
_SHOWN: dict[str, dict[str, Any]] = {
    "accuracy": {**_SHARE, "axis": "new people out of 100 the model gets right"},
    "balanced_accuracy": {**_SHARE, "axis": "new people out of 100 the model gets right, each class counting the same"},
    "roc_auc": {
        "axis": "chance, from 0 to 1, to rank a person of the class above one outside it",
        "natural": (0.0, 1.0),
    },
    "r2": {
        "axis": "share of the differences between new people that the model explains; 1 is perfect",
        "natural": (-math.inf, 1.0),
    },
    "mae": {
        "axis": "how far the model is off for a new person on average, in the target's own unit; 0 is perfect",
        "natural": (0.0, math.inf),
        "significant": True,
    },
}

METRICS: dict[str, Measure] = {
    key: Measure(title=found.title, reference=found.reference_name, better=found.better, **_SHOWN[key])
    for key, found in ALL_METRICS.items()
    if key in _SHOWN
}
"""Metric -> how a chart shows it; titles and references are those of `core.utility.metrics`."""
