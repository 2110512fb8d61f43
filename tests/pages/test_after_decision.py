"""After the decision: measured again on new rows, and whether it would survive, from the page."""

from __future__ import annotations

import json
from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.errors import UserError
from core.recheck.file import recorded
from core.team.evidence import evidence_of, hashed
from core.tradeoff.study import parse_study
from pages.components import recheck_view, survival_view, team
from pages.components.background import Work
from pages.components.recheck_view import Recheck
from pages.components.vault import Workspace
from tests.tables import people

DRAFT = {
    "study": {"name": "small", "seed": 3, "effort": "glance", "model": {"key": "naive_bayes"}},
    "recipe": [{"name": "dp", "technique": "dp_naive_bayes", "epsilon": [1.0, 50.0]}],
    "requirement": [{"name": "quiet <b>", "risk": "membership", "at_most": 0.99}],
}


@cache
def table():
    return people(160).drop(("zip", "born"))


@cache
def _decision():
    result = json.loads(json.dumps(run_study(parse_study(DRAFT), table(), InlineEngine()), allow_nan=False))
    schema = table().schema.to_json()
    point = next(p for p in result["points"] if p["id"] == "dp[epsilon=1]")
    return json.dumps(
        {
            "schema": "middleground.decision/1", "id": "1", "question": "Which <b>*one*?", "state": "accepted",
            "choice": {"id": point["id"], "name": "dp", "recipe": point["recipe"]}, "review_date": None,
            "requirements": result["requirements"], "evidence": evidence_of(result, DRAFT, hashed(schema)),
            "result": result, "study": DRAFT, "schema_of_table": schema, "schema_hash": hashed(schema),
        }
    )  # fmt: skip


def decision():
    return json.loads(_decision())


@pytest.fixture
def space(monkeypatch):
    """Return a workspace with the table, whose visitor is a member."""
    monkeypatch.setattr(team, "may", lambda workspace, needed: True)
    return Workspace(id="w", table=table(), schema=table().schema, draft=DRAFT)


def survival_alone(space, made):
    from pages.components import survival_view

    survival_view.show(space, made)


def recheck_alone(space, made):
    from pages.components import recheck_view

    recheck_view.show(space, made)


def drawn(view, space, made):
    at = AppTest.from_function(view, default_timeout=30, args=(space, made)).run()
    assert not at.exception
    return at


def words(at):
    found = [*at.markdown, *at.caption, *at.success, *at.error, *at.warning]
    return " ".join(str(one.value) for one in found).replace("\\", "")


def test_the_button_runs_the_check_without_blocking_and_the_page_shows_the_sentence(space):
    at = drawn(survival_alone, space, decision())
    assert survival_view.found(space, decision()) is None
    assert "20 variations against 1 rival, about" in words(at)
    work = survival_view.begin(space, decision(), ("dp[epsilon=50]",))
    space.looks["survival"] = {survival_view._mark(decision()): work}
    watched = drawn(survival_alone, space, decision())
    assert any("Stop" in button.label for button in watched.button) or not work.active
    work.stop.set()
    assert work.wait(60)
    at = drawn(survival_alone, space, decision())
    assert "variation" in words(at)
    assert "not a probability" in words(at)
    assert survival_view.found(space, decision())["schema"] == "middleground.survival/1"


def test_a_table_that_was_forgotten_ends_the_check(space):
    work = survival_view.begin(space, decision(), ("dp[epsilon=50]",))
    space.table = None
    assert work.wait(60)
    assert work.problem is None
    assert len(work.result.outcomes) < 11


def test_another_table_is_refused_with_what_to_do(space):
    space.table = people(150).drop(("zip", "born"))
    with pytest.raises(UserError, match="table that was decided on"):
        survival_view.begin(space, decision(), ("dp[epsilon=50]",))


def test_new_rows_give_one_page_and_are_let_go(space):
    rows = table().frame.to_csv(index=False).encode()
    work = recheck_view.begin(recorded(decision()), "new.csv", rows)
    assert work.wait(60)
    assert work.problem is None
    assert isinstance(work.result, Recheck)
    assert work._act is None
    for where in (space, None):
        at = drawn(recheck_alone, where, decision())
        assert "Upload new rows" in words(at)
    key = recheck_view.key_of(decision())
    space.looks["rechecks"] = {key: work}
    at = drawn(recheck_alone, space, decision())
    assert "Holds: the setting still meets every limit" in words(at)
    assert len(at.dataframe) == 2
    assert "hash of its evidence" in words(at)


def test_rows_that_do_not_fit_and_an_altered_file_are_told_in_words(space):
    made = decision()
    bad = recheck_view.begin(recorded(made), "new.csv", b"a,b\n1,2\n")
    assert bad.wait(60)
    space.looks["rechecks"] = {recheck_view.key_of(made): bad}
    assert "every column that was decided on" in words(drawn(recheck_alone, space, made))


def test_an_answer_is_not_shown_for_another_state_of_the_decision(space):
    made = decision()
    other = {**made, "state": "superseded"}
    assert recheck_view.key_of(made) != recheck_view.key_of(other)
    assert recheck_view.key_of(made) == recheck_view.key_of(decision())


def test_a_viewer_sees_no_upload_and_no_button(space, monkeypatch):
    monkeypatch.setattr(team, "may", lambda workspace, needed: needed == "viewer")
    assert not drawn(survival_alone, space, decision()).button
    assert "Upload" not in words(drawn(recheck_alone, space, decision()))


def test_work_that_breaks_keeps_what_went_wrong():
    def act(work):
        raise ValueError("of ours")

    work = Work(act).start()
    assert work.wait(10)
    assert not work.active
    assert isinstance(work.problem, ValueError)
