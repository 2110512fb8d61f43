"""Docstrings taken apart into what a reader of the methods page wants: idea, explanation, guarantee, sources."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

_RULE = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}\s*$", re.MULTILINE)
_CODE = re.compile(r"``?([^`]+)``?")
_STRESS = re.compile(r"(?<![\w\"*])\*(\w[^*]*?)(?<=\w)\*(?![\w\"*])")
_FIELD = re.compile(r"^(?P<names>[a-z_][\w, ]*?)\s*:\s*\S")


@dataclass(frozen=True, kw_only=True)
class Docstring:
    """One docstring in parts.

    Parameters
    ----------
    idea : str
        The first line.
    explanation : tuple of str
        The paragraphs up to the first section, each on one line; what is said of the guarantee is apart.
    guarantee : str
        What is proved, from the section of that name or the paragraph that starts so; empty where nothing is said.
    parameters : dict
        Name of a parameter -> what it is.
    references : tuple of str
        The sources, each on one line.
    """

    idea: str
    explanation: tuple[str, ...] = ()
    guarantee: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()


def parse(text: str | None) -> Docstring:
    r"""Take a numpydoc docstring apart; what is not there is empty, and no text is an error.

    Parameters
    ----------
    text : str or None
        As it stands in the source, indented or not.

    Examples
    --------
    >>> found = parse('''Turn it round.
    ...
    ... Twice is once.
    ... Guarantee: none.
    ...
    ... Parameters
    ... ----------
    ... times : int
    ...     How often.
    ...
    ... References
    ... ----------
    ... A. Body (2001); B. Other (2002).
    ... ''')
    >>> found.idea, found.explanation, found.parameters
    ('Turn it round.', ('Twice is once. Guarantee: none.',), {'times': 'How often.'})
    >>> found.references
    ('A. Body (2001)', 'B. Other (2002).')

    References
    ----------
    The numpydoc style guide, sections "Parameters" and "References".
    """
    whole = inspect.cleandoc(text or "")
    head, sections = _sections(whole)
    paragraphs = [_line(part) for part in head.split("\n\n") if part.strip()]
    told = [part for part in paragraphs[1:] if part.startswith("Guarantee:")]
    proved = [_line(sections["Guarantee"])] if "Guarantee" in sections else []
    return Docstring(
        idea=paragraphs[0] if paragraphs else "",
        explanation=tuple(part for part in paragraphs[1:] if part not in told),
        guarantee=" ".join([*(part.removeprefix("Guarantee:").strip() for part in told), *proved]),
        parameters=_fields(sections.get("Parameters", "")),
        references=_sources(sections.get("References", "")),
    )


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first underlined heading, and the text under each."""
    found = list(_RULE.finditer(text))
    if not found:
        return text, {}
    ends = [match.start() for match in found[1:]] + [len(text)]
    under = {m["title"]: text[m.end() : end].strip("\n") for m, end in zip(found, ends, strict=True)}
    return text[: found[0].start()], under


def _fields(text: str) -> dict[str, str]:
    """Return name -> meaning: a line at the margin names one or several, the lines under it are indented."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith(" "):
            match = _FIELD.match(line)
            names = [name.strip() for name in match["names"].split(",")] if match else []
            found.update({name: [] for name in names})
        else:
            for name in names:
                found[name].append(line)
    return {name: _line("\n".join(lines)) for name, lines in found.items()}


def _sources(text: str) -> tuple[str, ...]:
    """Return the sources: apart at a semicolon outside brackets, or at an empty line."""
    sources = []
    for paragraph in text.split("\n\n"):
        depth, start, line = 0, 0, _line(paragraph)
        for place, character in enumerate(line):
            depth += (character == "(") - (character == ")")
            if character == ";" and depth <= 0:
                sources.append(line[start:place].strip())
                start = place + 1
        sources.append(line[start:].strip())
    return tuple(source for source in sources if source)


def _line(text: str) -> str:
    """Return a text on one line, without the marks around code and stressed words."""
    return _STRESS.sub(r"\1", _CODE.sub(r"\1", " ".join(text.split())))
