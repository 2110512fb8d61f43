"""Verification judges what leaves the room: printed texts, different people, released rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.privacy.constraints import Constraints
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.privacy.verify import verify, verify_k
from tests.privacy.known_tables import SWEENEY, build


def coded(labels: list, codes: list[int], secret: list[str]) -> Table:
    """A release whose town has these labels, as a technique may have written them."""
    town = Column(name="town", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER)
    ill = Column(name="ill", kind=Kind.CATEGORICAL, role=Role.SENSITIVE)
    cells = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object))
    return Table(pd.DataFrame({"town": cells, "ill": pd.Categorical(secret)}), Schema((town, ill)))


def test_two_labels_printed_alike_are_one_label():
    # 1 and "1" are two categories for pandas, and one in the file.
    assert verify_k(coded([1, "1"], [0, 1], ["u", "v"]), ("town",), 2) is None
    assert verify_k(coded([1, "2"], [0, 1], ["u", "v"]), ("town",), 2) is not None


def test_two_secrets_printed_alike_are_one_secret():
    town = Column(name="town", kind=Kind.CATEGORICAL, role=Role.SENSITIVE)
    cells = pd.Categorical.from_codes([0, 1], categories=pd.Index([1, "1"], dtype=object))
    table = Table(pd.DataFrame({"town": cells}), Schema((town,)))
    assert "below l = 2 (distinct) in 'town'; the lowest has 1" in str(verify(table, (), Constraints(l=2)))


def test_whole_numbers_and_fractions_are_different_texts_and_missing_is_one_value():
    table = build({"age": [1.0, 1.0, 1.5, 1.5, None, None]}, "q")
    assert verify_k(table, ("age",), 2) is None
    assert verify_k(table, ("age",), 3) == "3 of 3 classes have fewer than 3 people; the smallest has 2"


def test_every_broken_promise_is_told_in_counts_and_never_with_a_cell():
    wrong = verify(SWEENEY, SWEENEY.schema.quasi_identifiers, Constraints(k=3, l=2, t=0.5))
    assert wrong == (
        "4 of 5 classes have fewer than 3 people; the smallest has 2; "
        "2 of 5 classes are below l = 2 (distinct) in 'problem'; the lowest has 1; "
        "2 of 5 classes are beyond t = 0.5 (equal) in 'problem'; the worst has 0.8182"
    )
    assert "pain" not in wrong


def test_a_guarantee_is_verified_by_what_it_says():
    known = SWEENEY.schema.quasi_identifiers
    assert verify(SWEENEY, known, Guarantee(kind="k_anonymity", k=2)) is None
    assert verify(SWEENEY, known, Guarantee(kind="k_anonymity", k=2, l=2.0)) is not None
    assert verify(SWEENEY, known, Guarantee(kind="k_anonymity", k=2, t=0.0)) is not None
    assert verify(SWEENEY, known, NO_GUARANTEE) is None
    entropy = Constraints(k=1, l=1.9, diversity="entropy")
    uneven = build({"g": ["a"] * 5, "ill": list("uuuuv")}, "qs")
    plain, told = (
        Guarantee(kind="k_anonymity", k=1, l=1.9, assumptions=a) for a in ((), entropy.assumptions(uneven.schema))
    )
    assert verify(uneven, ("g",), plain) is None  # two different values
    assert "entropy" in str(verify(uneven, ("g",), told))


def test_t_is_judged_against_the_released_rows_alone():
    table = build({"g": ["a", "a", "b", "b", "b"], "ill": list("uvuvv")}, "qs")
    assert verify(table, ("g",), Constraints(t=0.05)) is not None
    released = table.take(np.arange(4))  # without the last row both classes are like everybody
    assert verify(released, ("g",), Constraints(t=0)) is None


def test_a_release_without_rows_breaks_no_promise_and_one_without_quasi_identifiers_is_one_class():
    empty = SWEENEY.take(np.array([], dtype=np.int64))
    assert verify(empty, ("race",), Constraints(k=5, l=3, t=0.1)) is None
    assert verify(SWEENEY, (), Constraints(k=11, l=4, t=0)) is None
    assert "fewer than 12" in str(verify(SWEENEY, (), Constraints(k=12)))


def test_many_classes_and_values_are_judged_in_blocks_without_losing_one(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    town, pay = rng.integers(0, 20, 200), rng.integers(0, 50, 200).astype(float)
    table = build({"town": [f"t{i:02}" for i in town], "pay": pay}, "qs")
    asked = Constraints(l=8, diversity="entropy", t=0.2)
    whole = verify(table, ("town",), asked)
    monkeypatch.setattr("core.privacy.verify._CELLS", 120)
    assert verify(table, ("town",), asked) == whole
    assert whole is not None
