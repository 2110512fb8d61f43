"""Local differential privacy: every cell is randomised before anybody collects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import FloatRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.public_answers import answered, answers_of, asked, randomised
from core.techniques.public_encoding import public_assumptions, why_not_public

_MOST = 20.0
"""Most epsilon spent on one column: e^-20 is still far above the 2^-53 that a drawn fraction can tell apart."""


@dataclass(frozen=True, kw_only=True)
class RandomisedResponse(Technique):
    """Replace every cell of a row at random before the row is collected, so that each answer can be denied.

    Mechanism: epsilon is split evenly over the m columns that are released, the target among them. A column that can
    take k values keeps its true one with probability e^(epsilon / m) / (e^(epsilon / m) + k - 1) and else becomes one
    of the k - 1 others, all equally probable. Of two values the true one is therefore e^(epsilon / m) times as
    probable as any other, and a whole row e^epsilon times: whoever collects the rows needs no trust. "Missing" is one
    of the k values. Numbers and dates are told by one of four equally wide ranges of their public bounds (equally
    wide in the logarithm where the bounds span three orders of magnitude), and come back as the middle of that range.
    A value that is not in the public list counts as missing.

    Direct identifiers, the person id, free text and ignored columns are left out, since no epsilon would cover them.
    Of a person with several rows one is drawn, and the people are shuffled then. Outsiders stay as they are.

    The price is high: with many columns every cell has a small part of epsilon and is nearly pure noise. Drop the
    columns that nobody needs first.

    Parameters
    ----------
    epsilon : float
        For the whole row.

    Guarantee
    ---------
    Epsilon, delta 0, for one row (with a person id: one person's rows) *replaced* by any other. How many rows there
    are is not hidden, so no bound follows for attacks that ask whether somebody is in the data.

    Examples
    --------
    >>> town = Column(name="town", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER, categories=("Aa", "Bo"))
    >>> members = Table.build(pd.DataFrame({"town": ["Aa"] * 6}), Schema((town,)))
    >>> technique, facts = RandomisedResponse(epsilon=1), PublicFacts(people=6, classes=())
    >>> technique.protect(members, facts, np.random.default_rng(1)).table.frame["town"].tolist()
    ['Aa', 'Aa', 'Bo', 'Aa', nan, nan]
    >>> technique.guarantee(members.schema, facts).neighbours
    'replace_one'

    References
    ----------
    S. L. Warner, Randomized response: a survey technique for eliminating evasive answer bias, JASA 60(309), 1965;
    P. Kairouz, K. Bonawitz, D. Ramage, Discrete distribution estimation under local privacy, ICML 2016 (k-ary
    randomised response; arXiv 1602.07387).
    """

    key: ClassVar[str] = "randomised_response"
    title: ClassVar[str] = "Randomised response (local differential privacy)"
    family: ClassVar[Family] = Family.NOISE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (1.0, 3.0, 10.0, 30.0)
    perturbs: ClassVar[bool] = True
    stops: ClassVar[str] = (
        "Proves that nobody, not even whoever collects the rows, learns much of what one person answered; it does not "
        "hide who took part, and the answers of many columns become nearly pure noise."
    )

    epsilon: float = param(
        5.0,
        FloatRange(low=0.01, high=100, log=True, help="For a whole row, split over its columns; lower is more noise."),
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table of which nothing would be left, or of which the possible values are not public."""
        if not answered(schema).columns:
            return "every column is an identifier, free text or ignored"
        return why_not_public(self.key, asked(schema, facts), facts)

    def public_map(self, schema: Schema) -> bool:
        """Need nothing from the data: each row (one per person) is replaced by public values and chance alone."""
        return True

    def schema_after(self, schema: Schema) -> Schema:
        """Return the schema of what is randomised; the rest does not leave."""
        return answered(schema)

    def part(self, schema: Schema) -> float:
        """Return the epsilon of each released column."""
        return min(self.epsilon / max(1, len(answered(schema).columns)), _MOST)

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return randomised rows; TEST stays raw.

        Raises
        ------
        UserError
            When what a column can hold is not public.
        """
        schema = answered(members.schema)
        if learned := [name for name in members.meanings if name in schema and not schema[name].categories]:
            raise UserError(
                "randomised response needs public categories",
                got=f"labels read from the data for {', '.join(learned)}",
                do="Give these columns a public hierarchy, or leave the step before out.",
            )
        answers = answers_of(members.schema, facts)
        source, notes = np.arange(len(members)), []
        if members.schema.person_id is not None:
            # The first of a person's rows in a random order is a random one. The people are shuffled once more: whoever
            # has many rows comes early in the first order.
            order = rng.permutation(len(members))
            source = rng.permutation(order[np.unique(members.persons[order], return_index=True)[1]])
            notes.append("of every person one row is kept")
        rows = members.take(source)
        columns: dict[str, Any] = {}
        for answer in answers:
            told = randomised(answer.codes(rows, facts), answer.size, self.part(members.schema), rng)
            columns[answer.name] = answer.cells(told, members)
        table = Table(pd.DataFrame({name: columns[name] for name in schema.names}), schema)
        return Protected(table=table, source=source, recode=unchanged, notes=tuple(notes))

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return epsilon for a replaced row, or nothing where the table cannot go through."""
        if self.unsupported(schema, facts) is not None:
            return Guarantee()
        return Guarantee(
            kind="dp",
            epsilon=self.epsilon,
            delta=0.0,
            neighbours="replace_one",
            unit="row" if schema.person_id is None else "person",
            assumptions=(
                "Every cell is randomised, the target too, before the rows are collected; epsilon is for a whole row.",
                "How many rows there are is not hidden: it says nothing about whether somebody is in the data.",
                *public_assumptions(asked(schema, facts), facts),
                "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise "
                "from the operating system.",
            ),
        )

    def audit_pair(self) -> AuditPair:
        """Return one row, and another one that differs from it in every column."""
        columns = (
            Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 4)),
            Column(name="c", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("a",)),
            Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
        )
        here = Table.build(pd.DataFrame({"x": [0.5], "c": ["a"], "y": ["no"]}), Schema(columns))
        there = Table.build(pd.DataFrame({"x": [3.5], "c": [None], "y": ["yes"]}), Schema(columns))
        facts = PublicFacts(people=1, classes=("no", "yes"))

        def told(protected: Protected) -> Labels:
            codes = np.array([answer.codes(protected.table, facts)[0] for answer in answers_of(Schema(columns), facts)])
            likeness = [
                np.sum(codes == [answer.codes(table, facts)[0] for answer in answers_of(Schema(columns), facts)])
                for table in (here, there)
            ]
            return np.array([likeness[0] - likeness[1], *codes, len(protected.table)], dtype=np.float64)

        return AuditPair(
            technique=self,
            tables=(here, there),
            facts=facts,
            neighbours="replace_one",
            statistic=told,
            story="one row, and another row that differs from it in every column",
        )
