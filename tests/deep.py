"""What needs requirements-deep.txt. Tests that run it are marked `deep`: `make deep` runs them, nothing else does.

What is not installed is not left out in silence: `tests/contracts` counts it and tests what it says instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

DEEP = frozenset({"dp_sgd"})


def keyed(keys: Iterable[str]) -> list[Any]:
    """Return the keys as parameters of a test, those of `DEEP` marked."""
    return [pytest.param(key, marks=pytest.mark.deep, id=key) if key in DEEP else key for key in keys]
