"""Registries: a dictionary from stable key to class, filled by import lines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from core.errors import UserError

T = TypeVar("T")


def collect(base: type[T], namespace: Mapping[str, Any]) -> Mapping[str, type[T]]:
    """Gather the concrete subclasses of `base` in a module's namespace, by their `key`.

    Two classes of one key or one name are refused: caches and result files tell classes apart by them.

    Examples
    --------
    >>> class Shape: key = ""
    >>> class Disc(Shape): key = "disc"
    >>> dict(collect(Shape, {"Shape": Shape, "Disc": Disc, "other": 3})) == {"disc": Disc}
    True
    """
    found: dict[str, type[T]] = {}
    names: set[str] = set()
    for value in namespace.values():
        if not (isinstance(value, type) and issubclass(value, base)) or value is base:
            continue
        key = getattr(value, "key", "")
        if not key or value in found.values():
            continue
        if key in found or value.__name__ in names:
            raise ValueError(f"two classes share the key {key!r} or the name {value.__name__!r}")
        found[key] = value
        names.add(value.__name__)
    return MappingProxyType(found)


def lookup(registry: Mapping[str, type[T]], key: object, what: str) -> type[T]:
    """Return the class of `key`, or say which keys exist."""
    if not isinstance(key, str) or key not in registry:
        raise UserError(
            f"the {what} must be one of {', '.join(sorted(registry))}",
            got=repr(key),
            do=f"Choose one of these {what}s.",
        )
    return registry[key]
