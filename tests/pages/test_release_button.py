"""Handing a table over from the page: made on demand, verified, offered with its certificate."""

from __future__ import annotations

import json

import numpy as np

from core.techniques.base import Protected
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from tests.pages.test_pages import start, visit, words

POINT = "k-anonymity[k=3]"


def test_a_table_is_made_on_demand_with_its_certificate_and_counted(workspace):
    workspace.owner = "sample"
    start(workspace).job.wait(60)
    at = visit("trade_off", workspace, point=POINT)
    assert "released" not in workspace.notes or not workspace.notes["released"]
    at.button(key="make-release").click().run()
    assert not at.exception
    assert "proved and verified on the written file: k = 3" in words(at).replace("\\", "")
    (found,) = workspace.notes["released"].values()
    assert found.certificate["file"]["rows"] == 120
    assert found.certificate["measured"]["replicates"] == 2
    assert not [n for n in workspace.table.frame["name"] if str(n) in json.dumps(found.certificate)]
    assert workspace.snapshot().result["ledger"]["releases"] == 1
    assert {b.label for b in at.get("download_button")} >= {"Download the table", "Download the certificate"}


def test_an_output_that_breaks_its_promise_is_not_offered(workspace, monkeypatch):
    workspace.owner = "sample"
    start(workspace).job.wait(60)
    at = visit("trade_off", workspace, point=POINT)

    def nothing(self, members, facts, rng):
        return Protected(table=members, source=np.arange(len(members)), recode=lambda table: table)

    monkeypatch.setattr(MondrianKAnonymity, "protect", nothing)
    at.button(key="make-release").click().run()
    assert "Not certified" in "".join(str(e.value) for e in at.error)
    assert not at.get("download_button")
    assert workspace.snapshot().result["ledger"]["releases"] == 0


def test_whoever_has_only_the_link_cannot_hand_rows_over(workspace):
    start(workspace).job.wait(60)
    at = visit("trade_off", workspace, point="no-protection")
    assert not [button for button in at.button if button.key == "make-release"]
    assert "Only an owner of this workspace" in words(at)
