"""The result itself, as JSON, for the next program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def render_json(result: Mapping[str, Any]) -> str:
    """Return a result that was already filtered for its audience; plain ASCII, so that any reader takes it."""
    return json.dumps(result, indent=1, allow_nan=False, default=str) + "\n"
