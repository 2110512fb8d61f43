"""Re-audit: what moved on new rows, with intervals; what holds; what a hostile or altered file can do: nothing."""

import copy
import json
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.data.table import Table
from core.engine.jobs import Dispatcher, run_study
from core.engine.local import InlineEngine
from core.errors import UserError
from core.recheck.file import Altered, load_decision, parse_decision, read_new, recorded
from core.recheck.moves import Move, Number, combined, moves
from core.recheck.recheck import compared, prepared, recheck
from core.recheck.shape import shape_of
from core.recheck.words import lines
from core.team.board import Board, Decision
from core.team.decision import evidence, record, state_of
from core.team.events import Actor
from core.team.evidence import hashed
from core.tradeoff.study import parse_study
from tests.tables import people

TODAY = date(2026, 3, 1)
ANN = Actor(key="a", name="Ann")
DRAFT = {
    "study": {"name": "small", "seed": 3, "effort": "glance", "model": {"key": "naive_bayes"}},
    "attacker": {"knows": ["age", "job"]},
    "recipe": [{"name": "coarse", "technique": "generalise", "level": [1, 2]}],
    "requirement": [
        {"name": "useful", "metric": "accuracy", "at_least": 0.5, "owner": "product"},
        {"name": "quiet", "risk": "membership", "at_most": 0.9, "owner": "Legal"},
        {"name": "whole", "limit_on": "rows_suppressed", "at_most": 0.1},
    ],
}


@cache
def table(n=300, seed=0):
    return people(n, seed).drop(("zip",))


@cache
def measured():
    return run_study(parse_study(DRAFT), table(), InlineEngine())


@cache
def _decision(review, conclusion):
    schema = table().schema.to_json()
    body = state_of(measured(), DRAFT, schema, table().fingerprint)
    decision = Decision(
        id="decision:1", question="Which protection?", point="coarse[level=1]", state="s", why="it fits",
        conditions=(), owner="Ann", review=review, evidence=evidence(body), version=1, by=ANN,
        at="2026-01-02T10:00:00Z", conclusion=conclusion, concluded_by=ANN, concluded_at="2026-01-03T10:00:00Z",
    )  # fmt: skip
    made = record(Board(name="w"), decision, body, [], TODAY, schema)
    return json.dumps(made, allow_nan=False)


def decision(review="2026-12-31", conclusion="accepted"):
    """Return a fresh decision file's content, as the Decide page gives it."""
    return json.loads(_decision(review, conclusion))


@cache
def again():
    return recheck(recorded(decision()), table(300, 1), Dispatcher(InlineEngine()), today=TODAY)


@cache
def _job():
    return Dispatcher(InlineEngine()).start(prepared(recorded(decision()), table()))


def on_the_same_rows(made):
    """Compare a decision with one fresh measurement of the rows that it was made on."""
    return compared(recorded(made), table(), _job(), today=TODAY)


def rebound(made):
    """Return a decision whose evidence is made anew: what somebody who knows the format can do."""
    body = {**made, "study": made["study"], "result": made["result"]}
    return {**made, "evidence": evidence(body)}


def test_the_very_rows_that_were_decided_on_move_nothing_at_all():
    found = on_the_same_rows(decision())
    assert found.holds
    assert found.code == 0
    assert found.shape.same
    assert {move.change for move in found.moves if move.change is not None} == {0.0}
    assert not any(move.real for move in found.moves)
    assert [old for _, old, _ in found.verdicts] == [new for _, _, new in found.verdicts]


def test_new_rows_give_old_and_new_numbers_with_the_difference_and_its_interval():
    found = again()
    point = next(p for p in found.result["points"] if p["id"] == "coarse[level=1]")
    old = next(p for p in measured()["points"] if p["id"] == "coarse[level=1]")
    accuracy = next(m for m in found.moves if m.subject == {"metric": "accuracy"} and m.of == "choice")
    assert accuracy.before.value == old["utility"]["accuracy"]["value"]
    assert accuracy.after.value == point["utility"]["accuracy"]["value"]
    assert accuracy.low <= accuracy.change <= accuracy.high
    widths = [accuracy.before.high - accuracy.before.low, accuracy.after.high - accuracy.after.low]
    assert accuracy.high - accuracy.low == pytest.approx(np.hypot(*widths))
    assert not found.shape.same
    assert {m.of for m in found.moves} == {"choice", "none"}
    assert {"coarse[level=1]", "none", "constant"} == {p["id"] for p in found.result["points"]}


def test_a_difference_whose_interval_holds_zero_is_never_called_real():
    subject = {"metric": "accuracy"}
    near = Move(of="choice", subject=subject, before=Number(), after=Number(), change=0.02, low=0.0, high=0.04)
    far = Move(of="choice", subject=subject, before=Number(), after=Number(), change=0.02, low=0.001, high=0.04)
    blind = Move(of="choice", subject=subject, before=Number(), after=Number(), change=0.02)
    assert [m.real for m in (near, far, blind)] == [False, True, False]
    assert "may be chance" in near.difference
    assert far.difference.endswith("higher")
    assert "may be chance" in blind.difference


def test_the_interval_of_a_difference_covers_the_truth_about_nineteen_times_of_twenty():
    rng = np.random.default_rng(5)
    hits, runs = 0, 4000
    errors = 0.02, 0.05
    for a, b in rng.normal(0, 1, (runs, 2)):
        old, new = 0.8 + errors[0] * a, 0.7 + errors[1] * b
        ends = [Number(value=v, low=v - 1.96 * s, high=v + 1.96 * s) for v, s in zip((old, new), errors, strict=True)]
        _, low, high = combined(*ends)
        hits += low <= -0.1 <= high
    assert 0.94 <= hits / runs <= 0.96


def test_what_was_not_measured_on_either_side_is_not_compared():
    point = {"risks": {"linkability": {"status": "not_measured", "value": 0.0}}}
    other = {"risks": {"linkability": {"status": "measured", "value": 0.1, "low": 0.0, "high": 0.2}}}
    (move,) = moves("choice", point, other, [{"risk": "linkability"}])
    assert move.change is None
    assert move.difference == "cannot be compared"
    assert move.shown(move.before) == "not measured"


def test_a_table_on_which_a_limit_is_missed_no_longer_holds_and_says_which():
    frame = table(300, 1).frame.copy()
    rng = np.random.default_rng(2)
    coin = rng.permutation(np.arange(300) % 2)
    frame["rich"] = pd.Categorical(np.where(coin == 1, "yes", "no"), categories=["no", "yes"])
    made = decision()
    made["study"]["requirement"][0]["at_least"] = 0.65
    for block in (made["requirements"], made["result"]["requirements"]):
        block[0]["at_least"] = 0.65
    found = recheck(recorded(rebound(made)), Table(frame, table().schema), Dispatcher(InlineEngine()), today=TODAY)
    assert not found.holds
    assert found.code == 1
    assert "useful" in found.headline
    assert "Does not hold" in lines(found)[0]
    assert found.verdict.state in ("fails", "unproven")


def test_a_limit_that_is_only_not_proven_on_the_new_rows_does_not_hold():
    value = next(m for m in again().moves if m.subject == {"metric": "accuracy"} and m.of == "choice").after.value
    made = decision()
    made["study"]["requirement"] = [{"name": "tight", "metric": "accuracy", "at_least": round(value, 3)}]
    made["requirements"] = made["result"]["requirements"] = made["study"]["requirement"]
    found = recheck(recorded(rebound(made)), table(300, 1), Dispatcher(InlineEngine()), today=TODAY)
    assert found.verdict.each[0][1] in ("unproven", "cannot_settle")
    assert found.code == 1
    assert "not proven on the new table that it meets tight" in found.headline


@pytest.mark.parametrize(
    ("review", "conclusion", "word"),
    [("2026-02-28", "accepted", "review date has passed (2026-02-28)"), (None, "refused", "refused")],
)
def test_a_decision_that_is_not_in_force_does_not_hold_however_well_it_measures(review, conclusion, word):
    found = on_the_same_rows(decision(review, conclusion))
    assert found.verdict.state == "meets"
    assert found.code == 1
    assert word in found.headline


@pytest.mark.parametrize(
    ("day", "holds"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)], ids=["on the day", "the day after"]
)
def test_a_file_that_was_accepted_when_it_was_written_expires_by_itself(day, holds):
    made = decision("2026-12-31")
    assert made["state"] == "accepted"
    found = compared(recorded(made), table(), _job(), today=day)
    assert found.holds is holds
    assert found.state == ("accepted" if holds else "expired")
    assert ("review date has passed (2026-12-31)" in found.headline) is not holds


def test_a_review_date_that_nobody_can_read_has_passed():
    found = on_the_same_rows({**decision(), "review_date": "next spring"})
    assert found.state == "expired"
    assert found.code == 1


class Measured:
    """A finished sweep with other numbers than it measured: a broken promise is not made on purpose."""

    def __init__(self, job, change):
        self.study, self._seen = job.study, job.snapshot()
        result = copy.deepcopy(dict(self._seen.result))
        change(result)
        self._seen = replace(self._seen, result=result)

    def snapshot(self):
        return self._seen


@pytest.mark.parametrize(("setting", "code"), [("coarse[level=1]", 1), ("constant", 0)])
def test_a_broken_promise_of_the_chosen_setting_alone_ends_the_decision(setting, code):
    def break_promise(result):
        point = next(p for p in result["points"] if p["id"] == setting)
        point["risks"]["membership"].update(low=0.2, value=0.3, high=0.4, bound=0.1, violation=True)

    job = Measured(_job(), break_promise)
    found = compared(recorded(decision()), table(), job, today=TODAY)
    assert found.code == code
    assert bool(found.violations) is bool(code)
    assert ("above its own proved ceiling" in found.headline) is bool(code)


def test_a_decision_without_limits_is_not_said_to_meet_them():
    made = decision()
    made["study"]["requirement"], made["requirements"], made["result"]["requirements"] = [], [], []
    made["study"]["study"]["rows"] = 100
    found = recheck(recorded(rebound(made)), table(), Dispatcher(InlineEngine()), today=TODAY)
    assert found.code == 1
    assert "no limits" in found.headline


def number_changed(made):
    made["result"]["points"][2]["utility"]["accuracy"]["value"] = 0.99


def limit_changed(made):
    made["study"]["requirement"][0]["at_least"] = 0.1


def role_changed(made):
    made["schema_of_table"]["columns"]["age"]["role"] = "feature"


def version_changed(made):
    made["result"]["versions"]["numpy"] = "0.1"


def fingerprint_changed(made):
    made["result"]["table"]["fingerprint"] = "0" * 64


def evidence_gone(made):
    made["evidence"] = {}


def choice_changed(made):
    made["choice"]["id"] = "coarse[level=9]"


def parameters_changed(made):
    made["choice"]["recipe"][0]["parameters"]["level"] = 2


def listed_limit_changed(made):
    made["requirements"][1]["at_most"] = 0.01


ALTERATIONS = [
    number_changed, limit_changed, role_changed, version_changed, fingerprint_changed, evidence_gone, choice_changed,
    parameters_changed, listed_limit_changed,
]  # fmt: skip


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_a_file_that_was_altered_is_told_apart_before_anything_is_measured(alter):
    made = decision()
    alter(made)
    with pytest.raises(Altered):
        recorded(made)


def test_an_untouched_file_is_not_called_altered_after_a_trip_through_json():
    assert recorded(json.loads(json.dumps(decision(), indent=3))).point["id"] == "coarse[level=1]"


def test_a_file_without_study_or_schema_says_what_to_do():
    for key in ("study", "schema_of_table"):
        made = decision()
        made[key] = None
        with pytest.raises(UserError, match="--study"):
            recorded(made)


def test_a_study_that_is_given_must_be_the_one_that_was_decided_on():
    made = decision()
    made["study"], made["schema_of_table"] = None, None
    assert recorded(made, DRAFT, table().schema).study.seed == 3
    other = copy.deepcopy(DRAFT)
    other["study"]["seed"] = 4
    with pytest.raises(UserError, match="decided on"):
        recorded(made, other, table().schema)
    with pytest.raises(UserError, match="schema must be"):
        recorded(made, DRAFT, table().schema.without(["hours"]))


def test_a_levels_file_that_a_decision_names_is_never_opened(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a;b\n")
    made = decision()
    made["schema_of_table"]["columns"]["job"]["hierarchy"] = {"kind": "levels", "file": str(secret)}
    made["schema_hash"] = hashed(made["schema_of_table"])
    with pytest.raises(UserError, match="levels itself"):
        recorded(rebound(made))


def test_hostile_content_ends_in_one_clear_error():
    deep = '{"schema": "middleground.decision/1", "why": ' + "[" * 3000 + "]" * 3000 + "}"
    huge = '{"schema": "middleground.decision/1", "why": 1' + "0" * 400 + "}"
    endless = '{"schema": "middleground.decision/1", "why": 1e999}'
    nan = '{"schema": "middleground.decision/1", "why": NaN}'
    for text in (deep, huge, endless, nan, "[1]", "", "\x00", '{"schema": "middleground.result/1"}', "cos\nsystem"):
        with pytest.raises(UserError, match="decision file"):
            parse_decision(text.encode())
    made = decision()
    made["study"]["recipe"] = [{"name": "x", "steps": [{"technique": "generalise", "level": list(range(999))}] * 3}]
    with pytest.raises(UserError, match="settings"):
        recorded(rebound(made))


def test_a_missing_column_is_named_and_an_extra_one_is_left_out():
    frame = table().frame
    extra = frame.assign(shoe=1).to_csv(index=False).encode()
    read, left_out = read_new("new.csv", extra, table().schema)
    assert left_out == ("shoe",)
    assert read.schema == table().schema
    with pytest.raises(UserError, match="'hours'"):
        read_new("new.csv", frame.drop(columns="hours").to_csv(index=False).encode(), table().schema)


def test_new_values_and_values_outside_the_bounds_are_counted_and_never_named():
    frame = table().frame.copy()
    frame["job"] = frame["job"].astype(object)
    frame.loc[:4, "job"] = "astronaut"
    frame.loc[:1, "age"] = 130.0
    strange = Table.build(frame, table().schema)
    shape = shape_of(strange, measured(), measured())
    assert {(o.column, o.outside, o.new, o.rows) for o in shape.odd} == {("age", 2, 0, 0), ("job", 0, 1, 5)}
    told = " ".join(shape.lines())
    assert "astronaut" not in told
    assert "130" not in told


def test_the_page_says_the_answer_first_and_no_word_of_people_breaks_a_line():
    made = decision()
    made["question"] = "Which\n\x1b[31m one\u202e?"
    found = on_the_same_rows(made)
    page = lines(found)
    assert page[0].startswith("Holds")
    assert all(line.isprintable() for line in page)
    text = "\n".join(page)
    for word in ("useful", "quiet", "whole", "Zou and Donner", "Review date: 2026-12-31", "hash of its evidence"):
        assert word in text


def test_other_versions_are_told():
    made = decision()
    made["result"]["versions"]["numpy"] = "0.1"
    found = on_the_same_rows(rebound(made))
    assert ("numpy", "0.1") in [(what, old) for what, old, _ in found.versions]
    assert "numpy 0.1 ->" in "\n".join(lines(found))


def test_the_json_can_be_read_by_a_machine_and_holds_no_infinite_number():
    found = json.loads(json.dumps(again().to_json(), allow_nan=False))
    assert found["schema"] == "middleground.recheck/1"
    assert found["holds"] is again().holds
    assert {"before", "after", "difference", "of", "subject"} == set(found["moves"][0])


@pytest.fixture
def files(tmp_path):
    file = tmp_path / "decision.json"
    file.write_text(json.dumps(decision("2999-01-01")))
    rows = tmp_path / "new.csv"
    table(300, 0).frame.to_csv(rows, index=False)
    return file, rows


def test_the_command_ends_with_what_a_scheduled_job_needs(files, capsys):
    file, rows = files
    call = ["audit", "decision", str(file), "--table", str(rows), "--workers", "1"]
    assert main(call) == 0
    assert capsys.readouterr().out.startswith("Holds")
    made = decision("2999-01-01")
    number_changed(made)
    file.write_text(json.dumps(made))
    assert main([*call, "--json"]) == 1
    caught = capsys.readouterr()
    assert caught.err.startswith("ALTERED: ")
    assert json.loads(caught.out)["altered"] is True
    made = decision()
    made["study"] = None
    file.write_text(json.dumps(made))
    assert main(call) == 2
    assert "--study" in capsys.readouterr().err
    assert main([*call[:-1], "0"]) == 2
    assert main(["audit", "decision", "nothing.json", "--table", str(rows)]) == 2


def test_a_decision_file_of_another_kind_is_bad_input(tmp_path):
    other = tmp_path / "result.json"
    other.write_text(json.dumps(measured()))
    with pytest.raises(UserError, match="decision file"):
        load_decision(other)
    with pytest.raises(UserError, match="must exist"):
        load_decision(tmp_path / "nothing.json")
