"""Every technique, attack, model and metric as one entry of the methods page, written from its own docstring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.attacks import ATTACKS
from core.attacks.words import THREAT_WORDS
from core.methods.docstrings import parse
from core.models import MODELS
from core.params import Parametrised
from core.techniques import TECHNIQUES
from core.utility.metrics import ALL_METRICS, Metric

KINDS = {"technique": "Techniques", "attack": "Attacks", "model": "Models", "metric": "Accuracy and other metrics"}
"""Kind of an entry -> its heading, in the order of the page."""


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One parameter in words: `allowed` is its range with its unit, `default` what it is when nobody says."""

    name: str
    allowed: str
    default: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One method.

    Parameters
    ----------
    kind : {"technique", "attack", "model", "metric"}
    key : str
        The stable name in study files.
    title, group, idea : str
        `group` is the family of a technique, the risk that an attack measures, the task of a model or metric.
    stops : str
        What a technique stops and what it does not, or what an attacker knows; empty for the others.
    guarantee : str
        What is proved, as the docstring says it; empty where it says nothing.
    explanation, references : tuple of str
    knobs : tuple of Knob
    """

    kind: str
    key: str
    title: str
    group: str
    idea: str
    stops: str = ""
    guarantee: str = ""
    explanation: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    knobs: tuple[Knob, ...] = ()

    def about(self, words: str) -> bool:
        """Say whether every word occurs somewhere in the entry, whatever the case."""
        texts = [self.key, self.title, self.group, self.idea, self.stops, self.guarantee, *self.explanation]
        texts += [*self.references, *(f"{knob.name} {knob.meaning}" for knob in self.knobs)]
        whole = "\n".join(texts).casefold()
        return all(word in whole for word in words.casefold().split())


def entries() -> tuple[Entry, ...]:
    """Return every method of the registries, in the order of `KINDS`.

    Examples
    --------
    >>> {entry.kind for entry in entries()} == set(KINDS)
    True
    >>> next(entry.knobs[0].allowed for entry in entries() if entry.key == "mondrian_k_anonymity")
    '2 to 1,000,000 people'
    """
    found = [_entry("technique", t, str(t.family), t.stops) for t in TECHNIQUES.values()]
    found += [_entry("attack", a, THREAT_WORDS[a.threat].title, a.game) for a in ATTACKS.values()]
    found += [_entry("model", m, m.task) for m in MODELS.values()]
    return (*found, *(_metric(metric) for metric in ALL_METRICS.values()))


def find(every: Sequence[Entry], kind: str | None = None, words: str = "") -> list[Entry]:
    """Return the entries of a kind (all without one) that hold every word.

    Examples
    --------
    >>> [entry.key for entry in find(entries(), "attack", "Yeom confident")]
    ['loss']
    """
    return [entry for entry in every if kind in (None, entry.kind) and entry.about(words)]


def _entry(kind: str, method: type[Parametrised], group: str, stops: str = "") -> Entry:
    doc = parse(method.__doc__)
    return Entry(
        kind=kind,
        key=method.key,
        title=method.title,
        group=group,
        idea=doc.idea,
        stops=stops,
        guarantee=doc.guarantee,
        explanation=doc.explanation,
        references=doc.references,
        knobs=tuple(
            Knob(
                name=parameter.name,
                allowed=allowed(parameter.domain.describe()),
                default=_value(parameter.default),
                meaning=doc.parameters.get(parameter.name) or parameter.domain.help,
            )
            for parameter in method.parameters()
        ),
    )


def _metric(metric: Metric) -> Entry:
    return Entry(
        kind="metric",
        key=metric.key,
        title=metric.title,
        group=metric.task,
        idea=metric.sentence,
        explanation=(
            metric.description,
            metric.interpretation,
            metric.caveat,
            f"It is compared with {metric.reference_name}; {metric.better} is better.",
        ),
    )


def allowed(spec: Mapping[str, Any]) -> str:
    """Return in words what a parameter may be, from its own description.

    Examples
    --------
    >>> allowed({"kind": "float", "low": 0, "high": 1, "unit": ""}), allowed({"kind": "choice", "options": ["a", "b"]})
    ('0 to 1', 'a or b')
    """
    kind, unit = spec["kind"], f" {spec['unit']}" if spec.get("unit") else ""
    if kind == "choice":
        return " or ".join(str(option) for option in spec["options"])
    if kind == "columns":
        return "names of columns"
    if spec.get("low") is None:
        return "as described"
    bounds = f"{_number(spec['low'])} to {_number(spec['high'])}{unit}"
    return f"up to {spec['most']} numbers, each {bounds}" if kind == "ints" else bounds


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "none named"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
