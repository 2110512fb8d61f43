"""Every page in every state: empty, loaded, running, done, failed. Sweeps are real and small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ENTRY = str(Path(__file__).resolve().parents[2] / "dashboard.py")
PAGES = ["start", "data", "groups", "techniques", "trade_off", "decide", "report", "methods", "is_it_true"]


def visit(page, space=None, **parameters):
    """Open a page through the entry, as a link does."""
    at = AppTest.from_file(ENTRY, default_timeout=60)
    if space is not None:
        at.query_params["ws"] = space.id
    for name, value in parameters.items():
        at.query_params[name] = value
    at.run()
    if page != "start":
        at.switch_page(f"pages/{page}.py")
        if space is not None:
            at.query_params["ws"] = space.id
        for name, value in parameters.items():
            at.query_params[name] = value
        at.run()
    assert not at.exception
    return at


def words(at):
    """Return all text of a page."""
    kinds = ("title", "header", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in at.get(kind))


def drawn(at):
    """Return the figure of the chart."""
    held = [json.loads(element.proto.json) for element in at.get("bidi_component")]
    return next(data["figure"] for data in held if "figure" in data)


def start(space):
    from pages.components import shell

    shell.start_sweep(space)
    return space


@pytest.mark.parametrize("page", PAGES[1:])
def test_an_empty_page_says_what_to_do_and_has_a_button_for_it(page):
    at = visit(page)
    assert at.info
    assert at.button(key="empty").label == "Go to Start"
    at.button(key="empty").click().run()
    assert not at.exception
    assert "How much privacy" in at.title[0].value


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_link_to_nothing_says_what_may_be_the_matter(page):
    at = AppTest.from_file(ENTRY, default_timeout=60)
    at.query_params["ws"] = "x" * 22
    at.run()
    if page != "start":
        at.switch_page(f"pages/{page}.py")
        at.query_params["ws"] = "x" * 22
        at.run()
    assert not at.exception
    assert "either there is nothing behind it" in words(at)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("start", "decide")])
def test_a_link_to_a_forgotten_table_says_so(page, workspace, fresh_house):
    assert fresh_house.vault.forget(workspace.id)
    assert "no longer in memory" in words(visit(page, workspace))


def test_start_answers_in_two_sentences_and_says_where_data_go():
    at = visit("start")
    text = words(at)
    assert "How much privacy does your protection buy" in text
    assert "memory of this server" in text
    assert "people drawn at random" in text  # the quick look says how small it is
    assert at.button(key="try_adult")
    assert at.button(key="own")
    # As a picture: st.html strips drawings without a word.
    assert len(at.get("image")) == 1


def test_the_bar_says_what_is_held_and_where(workspace):
    text = words(visit("trade_off", workspace))
    assert "120 rows of 120 people" in text
    assert "forgotten after 30 min idle" in text


def test_the_trade_off_page_before_a_run_asks_for_one(workspace):
    at = visit("trade_off", workspace)
    assert "press Run" in words(at)
    assert not at.button(key="run").disabled


def test_a_sweep_runs_and_every_setting_is_shown_the_skipped_one_with_its_reason(workspace):
    at = visit("trade_off", workspace)
    at.button(key="run").click().run()
    assert not at.exception
    text = words(at)
    assert "finished in" in text
    assert "k\\-anonymity\\[k\\=5000\\]** skipped" in text
    figure = drawn(at)
    ids = {d[0] for trace in figure["data"] for d in trace.get("customdata") or []}
    assert {"no-protection", "k-anonymity[k=3]"} <= ids
    assert [row["Setting"] for row in at.dataframe[0].value.to_dict("records")] == [
        "constant",
        "no-protection",
        "k-anonymity[k=3]",
        "k-anonymity[k=5000]",
    ]


def test_moving_a_limit_changes_the_count_at_once_without_a_new_run(workspace):
    start(workspace)
    job, fits = workspace.job, workspace.job.snapshot().done
    at = visit("trade_off", workspace)
    at.run()
    before = next(c.value for c in at.caption if "meet every limit" in c.value)
    at.slider(key=f"limit-{workspace.id}-0-slider").set_value(100.0).run()
    after = next(c.value for c in at.caption if "meet every limit" in c.value)
    assert not at.exception
    assert workspace.draft["requirement"][0]["at_least"] == 1.0
    assert at.number_input(key=f"limit-{workspace.id}-0-number").value == 100.0
    assert after.startswith("0 of 1")
    assert not before.startswith("0 of 1")
    assert workspace.job is job
    assert workspace.job.snapshot().done == fits
    at.number_input(key=f"limit-{workspace.id}-0-number").set_value(1.0).run()
    assert next(c.value for c in at.caption if "meet every limit" in c.value) == before


def test_a_linked_point_shows_its_sentence_its_reference_and_what_was_not_measured(workspace):
    start(workspace)
    at = visit("trade_off", workspace, point="k-anonymity[k=3]")
    text = words(at)
    assert "k\\-anonymity\\[k\\=3\\]" in at.header[0].value
    assert "always answering the most frequent class" in text
    assert "shared by at least 3 people" in text
    strip = next(h.value for h in at.get("html") if "data-status" in h.value)
    assert strip.count("data-status=") == 6
    assert "Re-identification" in strip
    assert '"technique": "mondrian_k_anonymity"' in "".join(code.value for code in at.code)


def test_a_running_sweep_shows_progress_and_stop_and_stopping_keeps_what_is_done(workspace):
    from core.engine.jobs import Job

    workspace.job = Job(workspace.study(), workspace.table)  # nobody works on it: it stays on its way
    recipe, number = workspace.job.next_task()
    from concurrent.futures import Future

    from core.engine.local import run_task

    future = Future()
    future.set_result(run_task(*workspace.job.arguments(recipe, number)))
    workspace.job.accept(recipe, number, future)
    at = visit("trade_off", workspace)
    assert at.button(key="run").disabled
    at.button(key="stop").click().run()
    assert not at.exception
    text = words(at)
    assert "what is done is kept" in text
    assert "stopped before its first replicate" in text.replace("\\", "")
    assert at.dataframe[0].value.iloc[0]["Accuracy"].endswith("%")


def test_an_impossible_study_is_told_in_three_parts_and_nothing_is_lost(workspace):
    workspace.draft["recipe"].append({"name": "k-anonymity", "technique": "mondrian_k_anonymity", "k": [3]})
    at = visit("trade_off", workspace)
    assert any("name of its own" in error.value for error in at.error)
    assert workspace.table is not None


def test_a_table_without_a_target_cannot_be_swept_and_the_page_says_why(workspace):
    from dataclasses import replace

    from core.data.schema import Role

    column = workspace.schema["ill"]
    schema = workspace.schema.changed(replace(column, role=Role.FEATURE))
    workspace.table = replace(workspace.table, schema=schema)
    workspace.schema = schema
    at = visit("trade_off", workspace)
    at.button(key="run").click().run()
    assert not at.exception
    assert any("target" in error.value for error in at.error)


def test_the_shown_threat_changes_and_a_threat_without_numbers_is_not_drawn_as_zero(workspace):
    start(workspace)
    at = visit("trade_off", workspace)
    at.selectbox(key=f"threat-{workspace.id}").set_value("reidentification").run()
    assert not at.exception
    assert workspace.job.study.threat == "reidentification"
    figure = drawn(at)
    ids = {d[0] for trace in figure["data"] for d in trace.get("customdata") or []}
    assert ids == {"no-protection", "k-anonymity[k=3]"}  # knowing nothing releases no rows: no place, not zero
    assert "knows nothing has no place on this chart" in words(at)
    risks = {row["Setting"]: row["Risk"] for row in at.dataframe[0].value.to_dict("records")}
    assert risks["constant"] == "does not arise"


def test_a_bug_is_told_by_a_reference_number_and_never_by_its_message(workspace, monkeypatch, capsys):
    from pages.components import results

    start(workspace)
    monkeypatch.setattr(results, "show", lambda *_: (_ for _ in ()).throw(ValueError("CANARY-CELL")))
    at = visit("trade_off", workspace)
    assert "Reference" in at.error[0].value
    captured = capsys.readouterr()
    assert "CANARY" not in words(at) + captured.out + captured.err
    assert "ValueError (message withheld)" in captured.out


def test_forget_empties_the_server_and_says_what_remains(workspace, fresh_house):
    start(workspace)
    at = visit("trade_off", workspace)
    at.button(key="forget").click().run()
    assert not at.exception
    assert len(fresh_house.vault) == 0
    assert workspace.table is None
    assert workspace.job is None
    assert "Files that you downloaded" in words(at)


def test_a_colleague_with_the_link_sees_the_same_and_a_stranger_nothing(workspace):
    start(workspace)
    mine, theirs, stranger = visit("trade_off", workspace), visit("trade_off", workspace), visit("trade_off")
    assert mine.dataframe[0].value.equals(theirs.dataframe[0].value)
    assert not stranger.dataframe
    assert "Small" not in words(stranger)


def test_the_report_page_before_a_run_leads_to_the_trade_off(workspace):
    at = visit("report", workspace)
    assert "Nothing has been measured yet" in words(at)
    assert at.button(key="to_trade_off")


def test_the_report_is_shown_for_every_audience_and_can_be_taken_along(workspace):
    start(workspace)
    at = visit("report", workspace)
    for audience in ("team", "external", "executive"):
        at.radio(key="audience").set_value(audience).run()
        assert not at.exception
        assert not at.error
        assert "Small" in at.get("iframe")[0].proto.srcdoc
    labels = [button.label for button in at.get("download_button")]
    assert labels == ["HTML", "PDF", "Markdown", "CSV", "JSON", "Study (TOML)", "Schema (JSON)"]
    assert "python -m core run small.toml" in "".join(code.value for code in at.code)


def test_the_report_of_a_sample_of_the_people_says_so(workspace):
    workspace.draft["study"]["rows"] = 60
    start(workspace)
    assert "60 people drawn at random out of 120" in words(visit("report", workspace))


def test_a_table_is_uploaded_and_its_roles_are_proposed(fresh_house, small_frame):
    small_frame["name"] = [f"person{i}@example.org" for i in range(120)]
    at = visit("data")
    assert "100 MB" in words(at)  # the limits come first
    at.file_uploader(key="upload-0").upload("people.csv", small_frame.to_csv(index=False, sep=";").encode()).run()
    assert not at.exception
    assert not at.error
    space = fresh_house.vault.get(at.session_state["ws"])
    assert space.table.people == 120
    assert space.schema.direct_identifiers == ("name",)
    text = words(at)
    assert "Today, without protection" in text
    assert "separated by semicolons" in text
    assert "are the only ones with their combination of" in text
    for cell in ("person7@", "Ulm"):
        assert cell not in text


def test_choosing_target_and_person_changes_the_schema(workspace):
    at = visit("data", workspace)
    place = workspace.schema.names.index("town")
    at.selectbox(key=f"target-{workspace.id}-{workspace.revision}").set_value(place).run()
    assert not at.exception
    assert workspace.schema.target == "town"
    place = workspace.schema.names.index("name")
    at.selectbox(key=f"person-{workspace.id}-{workspace.revision}").set_value(place).run()
    assert not at.exception
    assert workspace.table.schema.person_id == "name"


def test_what_the_attacker_knows_changes_today_at_once(workspace):
    at = visit("data", workspace)
    before = words(at)
    at.multiselect(key=f"knows-{workspace.id}-{workspace.revision}").set_value(["town"]).run()
    assert not at.exception
    assert workspace.study().attacker.knows == ("town",)
    assert "combination of town" in words(at)
    assert "combination of town" not in before


def test_public_ranges_are_asked_for_only_when_a_recipe_needs_them(workspace):
    assert "What everybody may know" not in words(visit("data", workspace))
    workspace.draft["recipe"].append({"name": "dp", "technique": "dp_logistic_regression", "epsilon": 1.0})
    at = visit("data", workspace)
    assert "What everybody may know" in words(at)
    at.checkbox(key=f"public-{workspace.id}-{workspace.revision}").set_value(True).run()
    assert workspace.study().assume_public_domain is True
    assert "Plainly" in words(at)


@pytest.mark.parametrize(("name", "content"), [("a.csv", b""), ("a.xlsx", b"PK\x03\x04 no"), ("a.parquet", b"PAR1")])
def test_a_bad_file_is_told_without_a_traceback_and_leaves_nothing_behind(fresh_house, name, content):
    at = visit("data")
    at.file_uploader(key="upload-0").upload(name, content or b"\n").run()
    assert not at.exception
    assert at.error
    assert "Found:" in at.error[0].value
    assert len(fresh_house.vault) == 0


def test_a_column_that_cannot_be_read_in_a_kind_is_told_and_the_old_kind_stays(workspace):
    from pages.components import roles

    roles.apply(workspace, roles.edited(workspace.schema, {2: {"Kind": "date"}}))
    at = visit("data", workspace)
    assert any("town" in error.value for error in at.error)
    assert workspace.table.schema["town"].kind == "categorical"
    assert "Ulm" not in words(at)


def test_more_runs_are_offered_for_what_is_not_proven(workspace):
    workspace.draft["requirement"] = [{"name": "quiet", "risk": "membership", "at_most": 0.05}]
    start(workspace)
    at = visit("trade_off", workspace)
    assert "run again with 8 random halves" in at.button(key="more").label
    at.button(key="more").click().run()
    assert not at.exception
    assert workspace.job.study.effort == "standard"


def test_one_setting_that_is_not_proven_is_settled_alone_and_the_study_file_keeps_it(workspace):
    workspace.draft["requirement"] = [{"name": "quiet", "risk": "membership", "at_most": 0.05}]
    start(workspace)
    at = visit("trade_off", workspace, point="k-anonymity[k=3]")
    button = at.button(key=f"settle-{workspace.id}")
    assert "Settle this: 6 more random halves" in button.label
    others = {p["id"]: p["replicates"] for p in workspace.snapshot().result["points"]}
    button.click().run()
    assert not at.exception
    now = {p["id"]: p["replicates"] for p in workspace.snapshot().result["points"]}
    assert now == {**others, "k-anonymity[k=3]": 8}
    assert workspace.study().more == (("k-anonymity[k=3]", 8),)
    from pages.components.study_file import to_toml

    del workspace.draft["recipe"][1]
    assert "more" not in to_toml(workspace.draft)
