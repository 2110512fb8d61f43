"""What only a freshly started server shows."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_deep_link_on_a_cold_server_goes_through_the_entry(server, visit):
    me = visit(server.url)
    me.page.goto(f"{server.url}/trade_off")
    me.see("Which settings are good enough?")
    me.see("There is no table yet")
    me.settled()
    links = me.page.get_by_test_id("stTopNavLink").all_inner_texts()
    pages = ["Start", "Data", "Groups", "Techniques", "Trade-off", "Decide", "Decisions", "Report", "Methods"]
    assert [text.strip() for text in links] == [*pages, "Is it true here?"]
    assert me.page.title() == "Trade-off · Middleground"
    assert me.page.url.endswith("/trade_off")
    me.click("Go to Start")
    me.see("How much privacy does your protection buy")
