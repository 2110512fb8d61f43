"""The schema: for each column its kind, its role and what is publicly known of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.data.hierarchy_spec import Hierarchy, hierarchy_from_json, read_levels
from core.errors import UserError

__all__ = ["MODEL_ROLES", "Column", "Hierarchy", "Kind", "Role", "Schema", "read_levels"]


class Kind(StrEnum):
    """How the values of a column are read."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    DATE = "date"
    TEXT = "text"


class Role(StrEnum):
    """What a column is for."""

    DIRECT_IDENTIFIER = "direct_identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    TARGET = "target"
    FEATURE = "feature"
    IGNORED = "ignored"


MODEL_ROLES = (Role.QUASI_IDENTIFIER, Role.SENSITIVE, Role.FEATURE)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: name, kind, role, and what is *public* about it.

    Parameters
    ----------
    bounds : (low, high), optional
        Numbers: the public range; dates: ISO texts.
    categories : tuple of str, optional
        The public list of values.
    """

    name: str
    kind: Kind
    role: Role
    bounds: tuple[Any, Any] | None = None
    categories: tuple[str, ...] | None = None
    hierarchy: Hierarchy | None = None

    def __post_init__(self) -> None:
        """Refuse bounds and categories that contradict the kind."""
        right = self.kind in (Kind.NUMERIC, Kind.DATE)
        if self.bounds is not None and not (right and _increasing(self.kind, *self.bounds)):
            raise UserError(
                f"the bounds of {self.name!r} must be two increasing numbers or dates",
                got=f"bounds on a {self.kind} column" if self.kind not in (Kind.NUMERIC, Kind.DATE) else "others",
                do="Correct the bounds in the schema, or remove them.",
            )
        if self.categories is not None and len(set(self.categories)) != len(self.categories):
            raise UserError(
                f"the categories of {self.name!r} must differ from each other", got="a repeat", do="Remove the repeat."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        value: dict[str, Any] = {"kind": str(self.kind), "role": str(self.role)}
        if self.bounds is not None:
            value["bounds"] = list(self.bounds)
        if self.categories is not None:
            value["categories"] = list(self.categories)
        if self.hierarchy is not None:
            value["hierarchy"] = self.hierarchy.to_json()
        return value


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order, and the person id: the unit of protection.

    Examples
    --------
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),))
    >>> schema.quasi_identifiers
    ('age',)
    """

    columns: tuple[Column, ...]
    person_id: str | None = None

    def __post_init__(self) -> None:
        """Check names, the person id and the number of targets."""
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise UserError("column names must differ", got="a name twice", do="Rename one of the columns.")
        if self.person_id is not None and self.person_id not in names:
            raise UserError(
                "the person id must be a column of the table", got=repr(self.person_id), do="Choose an existing column."
            )
        if len(self.with_role(Role.TARGET)) > 1:
            raise UserError(
                "a schema has at most one target", got=", ".join(self.with_role(Role.TARGET)), do="Keep one of them."
            )
        if self.person_id is not None and self[self.person_id].role is Role.TARGET:
            raise UserError("the person id cannot be the target", got=repr(self.person_id), do="Choose another target.")

    def __getitem__(self, name: str) -> Column:
        """Return the column of this name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        """Say whether there is a column of this name."""
        return any(column.name == name for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in order."""
        return tuple(column.name for column in self.columns)

    def with_role(self, *roles: Role) -> tuple[str, ...]:
        """Return the names of the columns that have one of these roles, the person id never among them."""
        return tuple(c.name for c in self.columns if c.role in roles and c.name != self.person_id)

    @property
    def quasi_identifiers(self) -> tuple[str, ...]:
        """What an attacker may know of somebody."""
        return self.with_role(Role.QUASI_IDENTIFIER)

    @property
    def direct_identifiers(self) -> tuple[str, ...]:
        """What names somebody."""
        return self.with_role(Role.DIRECT_IDENTIFIER)

    @property
    def identifying(self) -> tuple[str, ...]:
        """What names somebody: direct identifiers, and the person id unless it is ignored and so never released."""
        return tuple(
            column.name
            for column in self.columns
            if column.role is Role.DIRECT_IDENTIFIER
            or (column.name == self.person_id and column.role is not Role.IGNORED)
        )

    @property
    def target(self) -> str | None:
        """What the model predicts."""
        found = self.with_role(Role.TARGET)
        return found[0] if found else None

    @property
    def model_inputs(self) -> tuple[str, ...]:
        """Quasi-identifier, sensitive and feature columns, without free text."""
        return tuple(name for name in self.with_role(*MODEL_ROLES) if self[name].kind is not Kind.TEXT)

    def without(self, names: Iterable[str]) -> Schema:
        """Return the schema without these columns."""
        gone = set(names)
        person = None if self.person_id in gone else self.person_id
        return Schema(tuple(column for column in self.columns if column.name not in gone), person)

    def changed(self, *columns: Column) -> Schema:
        """Return the schema with these columns in place of those of the same name."""
        new = {column.name: column for column in columns}
        return replace(self, columns=tuple(new.get(column.name, column) for column in self.columns))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that `from_json` reads."""
        return {"columns": {c.name: c.to_json() for c in self.columns}, "person_id": self.person_id}

    @staticmethod
    def from_json(data: Any, folder: Path | None = None) -> Schema:
        """Read the JSON form; levels files are looked up in `folder`."""
        if not isinstance(data, Mapping) or not isinstance(data.get("columns"), Mapping):
            raise UserError("a schema has an object 'columns'", got=type(data).__name__, do="See the README's example.")
        columns = tuple(_column(str(name), spec, folder) for name, spec in data["columns"].items())
        person = data.get("person_id")
        if person is not None and not isinstance(person, str):
            raise UserError("person_id is the name of a column, or null", got=type(person).__name__, do="Correct it.")
        return Schema(columns, person)

    @staticmethod
    def load(path: Path) -> Schema:
        """Read a schema file."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UserError("the schema file must exist", got=f"no file {path}", do="Correct the path.") from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            line = getattr(error, "lineno", "?")
            raise UserError(
                "a schema is a JSON file", got=f"a mistake in line {line} of {path.name}", do="Correct it."
            ) from None
        return Schema.from_json(data, path.parent)


def _increasing(kind: Kind, low: Any, high: Any) -> bool:
    """Say whether bounds are two increasing numbers, or two increasing ISO dates."""
    if kind is Kind.NUMERIC:
        plain = all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in (low, high))
        return plain and bool(low < high)
    try:
        return datetime.fromisoformat(str(low)) < datetime.fromisoformat(str(high))
    except (ValueError, TypeError):
        return False


def _column(name: str, spec: Any, folder: Path | None) -> Column:
    if not isinstance(spec, Mapping):
        raise UserError(f"column {name!r} needs an object", got=type(spec).__name__, do="Give it a kind and a role.")
    unknown = set(spec) - {"kind", "role", "bounds", "categories", "hierarchy"}
    if unknown:
        raise UserError(
            f"column {name!r} has kind, role, bounds, categories and hierarchy",
            got=", ".join(sorted(unknown)),
            do="Correct the name.",
        )
    try:
        kind, role = Kind(str(spec.get("kind"))), Role(str(spec.get("role")))
    except ValueError:
        raise UserError(
            f"column {name!r} needs a kind ({', '.join(Kind)}) and a role ({', '.join(Role)})",
            got=f"{spec.get('kind')!r} and {spec.get('role')!r}",
            do="Correct the schema.",
        ) from None
    bounds, categories = spec.get("bounds"), spec.get("categories")
    if bounds is not None and (not isinstance(bounds, (list, tuple)) or len(bounds) != 2):
        raise UserError(f"the bounds of {name!r} are two values", got=repr(bounds), do="Write [low, high].")
    if categories is not None and not isinstance(categories, (list, tuple)):
        raise UserError(f"the categories of {name!r} are a list", got=type(categories).__name__, do='Write ["a", "b"].')
    return Column(
        name=name,
        kind=kind,
        role=role,
        bounds=None if bounds is None else (bounds[0], bounds[1]),
        categories=None if categories is None else tuple(str(value) for value in categories),
        hierarchy=hierarchy_from_json(name, spec.get("hierarchy"), folder),
    )
