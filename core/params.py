"""Parameters that describe themselves: bounds, scale, unit and help are data.

Validation, sweep grids, widgets, the command line's listings and the report all read the same description.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Domain:
    """What a parameter may be."""

    kind: ClassVar[str] = ""
    unit: str = ""
    help: str = ""

    def check(self, name: str, value: Any) -> Any:
        """Return the value in its canonical type, or raise `UserError`."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Return the description of the command line's JSON."""
        return {"kind": self.kind, "low": None, "high": None, "log": False, "unit": self.unit, "help": self.help}


@dataclass(frozen=True, kw_only=True)
class IntRange(Domain):
    """A whole number between two bounds, both included."""

    kind: ClassVar[str] = "int"
    low: int
    high: int
    log: bool = False

    def check(self, name: str, value: Any) -> int:
        """Accept integers and whole floats inside the bounds."""
        whole = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not whole or int(value) != value or not self.low <= value <= self.high:
            raise UserError(
                f"{name} must be a whole number from {self.low} to {self.high}{' ' + self.unit if self.unit else ''}",
                got=repr(value),
                do=f"Give {name} a number in that range.",
            )
        return int(value)

    def describe(self) -> dict[str, Any]:
        """Add the bounds."""
        return {**super().describe(), "low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True, kw_only=True)
class FloatRange(Domain):
    """A real number between two bounds, both included."""

    kind: ClassVar[str] = "float"
    low: float
    high: float
    log: bool = False

    def check(self, name: str, value: Any) -> float:
        """Accept finite numbers inside the bounds."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not self.low <= value <= self.high:
            raise UserError(
                f"{name} must be a number from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}",
                got=repr(value),
                do=f"Give {name} a number in that range.",
            )
        return float(value)

    def describe(self) -> dict[str, Any]:
        """Add the bounds."""
        return {**super().describe(), "low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True, kw_only=True)
class Choice(Domain):
    """One of a few words."""

    kind: ClassVar[str] = "choice"
    options: tuple[str, ...]

    def check(self, name: str, value: Any) -> str:
        """Accept exactly the words offered."""
        if value not in self.options:
            raise UserError(
                f"{name} must be one of {', '.join(self.options)}", got=repr(value), do="Choose one of these."
            )
        return str(value)

    def describe(self) -> dict[str, Any]:
        """Add the options."""
        return {**super().describe(), "options": list(self.options)}


@dataclass(frozen=True, kw_only=True)
class ColumnNames(Domain):
    """A list of column names; one value, never a sweep."""

    kind: ClassVar[str] = "columns"

    def check(self, name: str, value: Any) -> tuple[str, ...]:
        """Accept a list of text without repeats."""
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise UserError(f"{name} must be a list of column names", got=repr(value), do='Write ["age", "zip"].')
        if len(set(value)) != len(value):
            raise UserError(f"{name} must name each column once", got=repr(list(value)), do="Remove the repeat.")
        return tuple(value)


@dataclass(frozen=True, kw_only=True)
class IntList(Domain):
    """A list of whole numbers, possibly empty; one value, never a sweep."""

    kind: ClassVar[str] = "ints"
    low: int
    high: int
    most: int

    def check(self, name: str, value: Any) -> tuple[int, ...]:
        """Accept up to `most` whole numbers inside the bounds."""
        one = IntRange(low=self.low, high=self.high, unit=self.unit)
        if not isinstance(value, (list, tuple)) or len(value) > self.most:
            raise UserError(
                f"{name} must be a list of up to {self.most} whole numbers", got=repr(value), do="Write [32] or []."
            )
        return tuple(one.check(name, item) for item in value)

    def describe(self) -> dict[str, Any]:
        """Add the bounds of each number and how many there may be."""
        return {**super().describe(), "low": self.low, "high": self.high, "most": self.most}


def param(default: Any, domain: Domain) -> Any:
    """Declare a dataclass field that is a parameter."""
    return field(default=default, metadata={"domain": domain})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a technique or model."""

    name: str
    default: Any
    domain: Domain

    def describe(self) -> dict[str, Any]:
        """Return `{name, kind, low, high, log, unit, default, help}`."""
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {"name": self.name, **self.domain.describe(), "default": default}


@dataclass(frozen=True, kw_only=True)
class Parametrised:
    """Base of everything whose dataclass fields are its parameters; validated on construction."""

    key: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Check every parameter against its domain."""
        for parameter in self.parameters():
            value = parameter.domain.check(parameter.name, getattr(self, parameter.name))
            object.__setattr__(self, parameter.name, value)

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return the declared parameters, in order."""
        return tuple(Parameter(f.name, f.default, f.metadata["domain"]) for f in fields(cls) if "domain" in f.metadata)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """Build from a mapping of parameters; an unknown name is an error that lists the known ones."""
        known = [parameter.name for parameter in cls.parameters()]
        for name in settings:
            if name not in known:
                raise UserError(
                    f"{cls.key} has the parameters {', '.join(known) or '(none)'}",
                    got=repr(name),
                    do="Correct the name, or leave it out.",
                )
        return cls(**settings)

    def settings(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        values = {p.name: getattr(self, p.name) for p in self.parameters()}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return the JSON of the command line's listings."""
        return {"key": cls.key, "title": cls.title, "parameters": [p.describe() for p in cls.parameters()]}
