"""A promised k is checked over everything that was promised, and in people."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Stage, Technique
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import parse_study

QI = Role.QUASI_IDENTIFIER


@dataclass(frozen=True, kw_only=True)
class Promise(Technique):
    """Promises crowds of five and changes nothing."""

    key: ClassVar[str] = "promise"
    title: ClassVar[str] = "Promise"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE

    def guarantee(self, schema, facts):
        return Guarantee(kind="k_anonymity", k=5)


def table_of(columns, person=None):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({**columns, "ill": np.where(np.arange(n) % 3 == 0, "yes", "no")})
    roles = [Column(name=name, kind=Kind.CATEGORICAL, role=Role.IGNORED if name == person else QI) for name in columns]
    return Table.build(frame, Schema((*roles, Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET)), person))


def failed(table):
    study = parse_study({"study": {"name": "s", "seed": 1}})
    return run_replicate(Bench.prepare(study, table), Recipe("p", (Promise(),), "both"), study, 0).failed


ALIKE, ALONE = ["x"] * 120, [f"p{i}" for i in range(120)]


@pytest.mark.parametrize("columns", [{"a": ALIKE, "b": ALONE}, {"a": ALONE, "b": ALIKE}, {"b": ALONE}])
def test_one_telling_column_among_the_promised_ones_breaks_the_promise(columns):
    assert "breaks its own guarantee" in str(failed(table_of(columns)))


def test_a_crowd_of_rows_of_one_person_is_no_crowd():
    owner = [f"p{i // 6}" for i in range(360)]
    assert "breaks its own guarantee" in str(failed(table_of({"a": owner, "id": owner}, "id")))


def test_a_promise_that_is_kept_is_left_alone():
    assert failed(table_of({"a": ALIKE, "b": ["y"] * 120})) is None
