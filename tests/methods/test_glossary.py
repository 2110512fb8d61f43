"""The glossary: plain, short, one place, and nothing that promises too much."""

from __future__ import annotations

import re

import pytest

from core.attacks.words import THREAT_WORDS
from core.methods.glossary import GLOSSARY, look_up, told


@pytest.mark.parametrize("key", GLOSSARY)
def test_a_term_is_one_to_four_plain_sentences(key):
    term = GLOSSARY[key]
    sentences = re.findall(r"[.?](?:\s|$)", term.meaning)
    assert 1 <= len(sentences) <= 4
    assert "!" not in term.meaning
    assert not re.search(r"\b(safe|anonymous|secure)\b", term.meaning, re.IGNORECASE)


def test_every_risk_is_explained_in_its_own_words():
    for key, words in THREAT_WORDS.items():
        assert words.question in told(key)


def test_no_word_is_explained_twice():
    words = [term.word.casefold() for term in GLOSSARY.values()]
    assert len(set(words)) == len(words)


def test_terms_are_found_by_the_names_that_experts_use():
    for name in ("quasi-identifier", "pareto", "equivalence class", "leave-out advantage", "sensitive attribute"):
        assert look_up(name), name
    assert look_up("xyzzy") == []
    every = [term.word.casefold() for term in look_up()]
    assert every == sorted(every)
    assert len(every) == len(GLOSSARY)
