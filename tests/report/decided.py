"""Decisions for tests of the report: one that is full of other people's texts, one that holds nearly nothing."""

from __future__ import annotations

from tests.result_example import example

HOSTILE = '=HYPERLINK("x") <script>alert(1)</script>'


def bare():
    """Return a decision without any part that may be missing."""
    point = example()["points"][3]
    return {"schema": "middleground.decision/1", "id": "x", "question": "Which?", "state": "proposed",
            "choice": {"id": point["id"]}, "proposed": {"name": "Ana", "source": "as typed"}}  # fmt: skip


def decided():
    """Return an accepted decision with dissent, votes and comments in several scripts."""
    point, at = example()["points"][3], "2026-11-23T10:00:00+00:00"
    ana, ben = {"name": "D'Artagnan", "source": "as typed"}, {"name": "دانا", "source": "as typed"}
    yamada = {"name": "山田 花子", "source": "signed in"}
    return {
        **bare(),
        "workspace": {"name": "Clinic"},
        "state": "accepted",
        "choice": {"id": point["id"], "name": point["name"], "recipe": point["recipe"], "release": "rows"},
        "why": "because of the tubaphone",
        "conditions": ["keep the ophicleide"],
        "owner": yamada,
        "review_date": "2027-06-01",
        "proposed": {**ana, "at": at},
        "concluded": {**ana, "at": at, "reason": "enough said"},
        "votes": [{"question": "q", "opened": at, "revealed": at, "choices": [{"id": point["id"], "label": "k"}],
                   "votes": [{**ben, "choice": "", "reason": "serpentine", "at": at}]}],
        "signatures": [{**ben, "verdict": "refuse", "reason": "sackbut", "at": at, "covers": True, "evidence": "h"},
                       {**yamada, "verdict": "sign", "reason": "", "at": at, "covers": True, "evidence": "h"}],
        "dissent": [{**ben, "kind": "refused to sign", "text": "sackbut", "at": at}],
        "comments": [{"about": None, "text": HOSTILE, **ana, "at": at}],
        "questions": [{"text": "open?", **ben, "open": True, "answer": None}],
        "requirements": [],
        "evidence": {"hash": "ab" * 32},
        "minutes": [{"at": at, "name": "D'Artagnan", "text": "opened the workspace"}],
        "log": {"events": 3, "digest": "d"},
    }  # fmt: skip
