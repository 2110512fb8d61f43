"""The methods page is written from docstrings: nothing of them may get lost on the way."""

from __future__ import annotations

import pytest

from core.methods.docstrings import parse
from core.methods.entries import KINDS, allowed, entries, find
from core.params import Choice, ColumnNames, FloatRange, IntList
from core.techniques import TECHNIQUES
from core.utility.metrics import ALL_METRICS

EVERY = entries()


def test_a_docstring_comes_apart_into_its_sections():
    found = parse(
        """Do it.

        First *of all*, with `k` * 2 or "*".
        Still the first.

        Guarantee: none. Look at it.

        Parameters
        ----------
        low, high : float
            The two ends.

            Both count.
        *rest : int

        Guarantee
        ---------
        Nor is there one for (a; b).

        References
        ----------
        A (1990), one; B (with; inside) two.

        C, three.
        """
    )
    assert found.idea == "Do it."
    assert found.explanation == ('First of all, with k * 2 or "*". Still the first.',)
    assert found.guarantee == "none. Look at it. Nor is there one for (a; b)."
    assert found.parameters == {"low": "The two ends. Both count.", "high": "The two ends. Both count."}
    assert found.references == ("A (1990), one", "B (with; inside) two.", "C, three.")


@pytest.mark.parametrize("text", [None, "", "   \n  "])
def test_no_docstring_gives_nothing_and_no_error(text):
    found = parse(text)
    assert (found.idea, found.explanation, found.guarantee, found.parameters, found.references) == ("", (), "", {}, ())


@pytest.mark.parametrize("one", EVERY, ids=lambda e: f"{e.kind}-{e.key}")
def test_every_method_says_its_idea_and_what_each_parameter_does(one):
    assert one.kind in KINDS
    assert one.title
    assert len(one.idea) > 15
    assert one.kind == "metric" or one.references, "a method names its source"
    for knob in one.knobs:
        assert knob.meaning, knob.name
        assert knob.allowed != "as described", knob.name
        assert knob.default
    # A heading that was not recognised would stand in the text with its line of dashes.
    assert "---" not in " ".join((one.idea, *one.explanation, one.guarantee, *one.references))
    assert ">>>" not in " ".join(one.explanation)


def test_every_registered_technique_and_metric_has_an_entry():
    assert {e.key for e in find(EVERY, "technique")} == set(TECHNIQUES)
    assert {e.key for e in find(EVERY, "metric")} == set(ALL_METRICS)


def test_what_a_technique_does_not_prove_is_not_said_to_be_proved():
    told = {e.key: e.guarantee for e in find(EVERY, "technique")}
    for key in ("noise_addition", "pram", "rank_swap", "gaussian_copula", "round_predictions"):
        assert told[key].startswith("none"), key
    assert "no bound on attacks follows" in told["dp_forest"]


def test_search_needs_every_word_and_minds_no_case():
    assert {e.key for e in find(EVERY, "technique", "Warner answer")} == {"randomised_response"}
    assert find(EVERY, words="no such word anywhere") == []


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        (FloatRange(low=0.5, high=2, unit="years"), "0.5 to 2 years"),
        (Choice(options=("a", "b")), "a or b"),
        (ColumnNames(), "names of columns"),
        (IntList(low=1, high=512, most=3), "up to 3 numbers, each 1 to 512"),
    ],
)
def test_a_range_is_told_with_its_unit(domain, told):
    assert allowed(domain.describe()) == told
