"""The page on popular sentences: nothing yet, no private setting yet, and verdicts over a real sweep."""

from __future__ import annotations

from core.claims import CLAIMS
from tests.pages.test_pages import start, visit, words


def test_without_a_run_the_page_says_where_to_go(workspace):
    at = visit("is_it_true", workspace)
    assert "Nothing has been measured yet" in at.info[0].value
    assert at.button(key="to_trade_off")


def test_every_claim_has_a_card_with_a_verdict_and_what_to_say_instead(workspace):
    workspace.draft["recipe"] = [
        {"name": "held", "technique": "regularised_training"},
        {"name": "<b>bold</b>", "technique": "top_label"},
    ]
    start(workspace)
    assert workspace.job.wait(60)
    at = visit("is_it_true", workspace)
    text = words(at)
    for claim in CLAIMS.values():
        assert claim.sentence in text
    assert text.count("Say instead:") == len(CLAIMS)
    # Two settings keep their accuracy or not; no private one ran, or there was nothing to halve.
    assert "Literally" in text
    assert "Cannot be tested here." in text
    assert "<b>bold</b>" not in text
