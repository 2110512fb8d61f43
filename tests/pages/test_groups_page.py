"""The Groups page: hierarchies are seen, changed, imported, exported, and taken back."""

from __future__ import annotations

import pytest

from core.data.schema import Hierarchy
from tests.pages.test_pages import visit, words


def press(at, start):
    next(b for b in at.button if b.key and b.key.startswith(start)).click().run()
    assert not at.exception
    return at


def column(at, name):
    at.selectbox[0].set_value(name).run()
    assert not at.exception
    return at


def test_the_page_says_what_a_column_becomes_and_where_that_comes_from(workspace):
    at = visit("groups", workspace)
    told = words(at)
    assert at.title[0].value == "How coarse may each column become?"
    assert "Learned from this table" in told
    assert "people are alone with their quasi-identifiers at level 1" in told
    assert at.selectbox[0].options[0] == "age (known to others)"


def test_widths_change_the_schema_the_levels_and_the_crowds_and_undo_takes_them_back(workspace):
    at = visit("groups", workspace)
    next(t for t in at.text_input if t.label.startswith("Widths")).set_value("10, 20").run()
    press(at, "use-widths")
    assert workspace.schema["age"].hierarchy == Hierarchy(kind="intervals", widths=(10.0, 20.0))
    assert workspace.table.schema["age"].hierarchy.widths == (10.0, 20.0)
    assert "intervals of these widths: 10, 20" in words(at)
    press(at, "undo-groups")
    assert workspace.schema["age"].hierarchy is None


@pytest.mark.parametrize("text", ["5, 12", "zero", "-3"])
def test_widths_that_do_not_fit_are_told_and_the_old_ones_stay(workspace, text):
    at = visit("groups", workspace)
    next(t for t in at.text_input if t.label.startswith("Widths")).set_value(text).run()
    press(at, "use-widths")
    assert len(at.error) == 1
    assert workspace.schema["age"].hierarchy is None


def test_quantiles_and_suggestions_are_marked_as_learned(workspace):
    at = visit("groups", workspace)
    press(at, "quantiles-")
    assert workspace.schema["age"].hierarchy.kind == "cuts"
    assert workspace.schema["age"].hierarchy.learned
    at = column(at, "town")
    press(at, "suggest-")
    assert workspace.schema["town"].hierarchy.kind == "levels"
    assert workspace.schema["town"].hierarchy.learned
    assert "Learned from this table" in words(at)
    press(at, "default-")
    assert workspace.schema["town"].hierarchy is None


def test_a_level_file_that_misses_a_value_is_told_and_the_old_hierarchy_stays(workspace):
    from pages.components import groups_state

    assert groups_state.take_file(workspace, "town", b"Ulm;south;*\nBonn;west;*\n") == ("Kiel",)
    assert workspace.schema["town"].hierarchy is None
    workspace.looks["uncovered"] = ("town", ("Kiel", "<b>x</b>"))
    workspace.owner = "sample"
    at = column(visit("groups", workspace), "town")
    shown = "".join(str(e.value) for e in at.error)
    assert "Kiel" in shown
    assert "<b>" not in shown
    assert groups_state.take_file(workspace, "town", b"Ulm;south;*\nBonn;west;*\nKiel;north;*\n") == ()
    assert workspace.schema["town"].hierarchy.rows[2] == ("Kiel", "north", "*")


def test_what_is_exported_can_be_imported_again(workspace):
    from core.data.hierarchy import write_levels
    from pages.components import groups_state

    groups_state.take_file(workspace, "town", b"Ulm;south;*\nBonn;west;*\nKiel;north;*\n")
    held = workspace.schema["town"].hierarchy
    content = write_levels(workspace.schema["town"], workspace.table)
    groups_state.put(workspace, "town", None)
    assert groups_state.take_file(workspace, "town", content) == ()
    assert sorted(workspace.schema["town"].hierarchy.rows) == sorted(held.rows)


def test_whoever_has_only_the_link_sees_no_value_and_no_file(workspace):
    workspace.looks["uncovered"] = ("town", ("Kiel",))
    at = column(visit("groups", workspace), "town")
    shown = words(at) + "".join(str(d.value) for d in at.dataframe)
    assert not [town for town in ("Ulm", "Bonn", "Kiel") if town in shown]
    assert not at.get("download_button")
    assert "owners of the workspace" in words(at)


def test_hostile_names_stay_text_and_every_column_can_be_looked_at(workspace):
    at = visit("groups", workspace)
    for name in list(at.selectbox[0].options):
        at.selectbox[0].select(name).run()
        assert not at.exception
        assert not at.error
    assert "<img src=x" not in words(at)


def test_forgetting_forgets_the_changes(workspace, fresh_house):
    at = visit("groups", workspace)
    press(at, "round-")
    assert workspace.looks["hierarchies"]
    fresh_house.vault.forget(workspace.id)
    assert workspace.looks == {}


def test_the_techniques_use_the_changed_groups(workspace):
    at = visit("groups", workspace)
    next(t for t in at.text_input if t.label.startswith("Widths")).set_value("50").run()
    press(at, "use-widths")
    workspace.owner, workspace.stack = "sample", [{"technique": "generalise", "level": 1}]
    at = visit("techniques", workspace)
    cells = set(at.dataframe[0].value.astype(str).to_numpy().ravel())
    assert cells & {"< 50", ">= 50"}
