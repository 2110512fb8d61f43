"""What a recipe does to a table, in numbers that the Techniques page shows."""

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Role
from core.data.table import Table
from core.privacy.classes import equivalence_classes
from core.tradeoff.before_after import (
    BeforeAfter,
    before_after,
    crowds,
    distribution,
    facts_of,
    share_changed,
)
from core.tradeoff.quick_look import QuickLook
from core.tradeoff.study import parse_recipe, parse_study
from tests.tables import QI, C, N, people, schema_of


def look(table: Table, *steps: dict, looker: str = "owner") -> BeforeAfter:
    recipe = parse_recipe({"name": "r", "steps": list(steps)}, 1)[0]
    return before_after(table, recipe, facts_of(table), seed=3, looker=looker)


def test_a_distribution_adds_up_and_puts_the_rarest_together():
    cells = pd.Series(pd.Categorical([f"v{min(i, 40)}" for i in range(100)]))
    found = distribution(cells)
    assert sum(found.shares) == pytest.approx(1)
    assert found.labels[0] == "v40"
    assert found.shares[0] == pytest.approx(0.6)
    assert found.labels[-1] == "all others (29)"
    assert found.different == 41


def test_numbers_before_and_after_share_their_bins():
    table = people()
    found = {c.name: c for c in look(table, {"technique": "generalise", "level": 1}).columns}
    assert set(found) == {"age", "zip"}
    assert found["age"].before.labels[:2] == ("18 to 23", "24 to 29")
    values = table.frame["age"]
    by_hand = np.histogram(values, bins=np.arange(18, 91, 6))[0] / len(values)
    assert found["age"].before.shares == pytest.approx(by_hand)


def test_intervals_are_drawn_in_their_order_and_too_many_of_them_where_their_middle_is():
    table = people()
    few = {c.name: c for c in look(table, {"technique": "generalise", "level": 3}).columns}["age"].after
    lows = [float(label.strip("[)<>= ").split(",")[0]) for label in few.labels if label.startswith("[")]
    assert lows == sorted(lows)
    assert len(lows) > 1
    many = {c.name: c for c in look(table, {"technique": "mondrian_k_anonymity", "k": 2}).columns}["age"].after
    assert many.different > 12
    assert many.labels[0] == "18 to 23"
    assert sum(many.shares) == pytest.approx(1)


def test_crowds_are_the_people_of_the_classes_in_buckets():
    table = people()
    found = crowds(table, ("age", "job"))
    sizes = table.frame.groupby(["age", "job"], observed=True)["name"].transform("size")
    by_hand = [((sizes >= a) & (sizes < b)).sum() for a, b in ((1, 2), (2, 5), (5, 10), (10, 50), (50, 10**9))]
    assert list(found.people) == by_hand
    assert sum(found.people) == len(table)
    assert found.uniques == by_hand[0]
    assert found.k == equivalence_classes(table, ("age", "job")).k


def test_k_anonymity_leaves_nobody_in_a_small_crowd_and_says_what_it_changed():
    found = look(people(), {"technique": "mask_identifiers"}, {"technique": "mondrian_k_anonymity", "k": 10})
    assert found.after is not None
    assert found.after.k >= 10
    assert found.after.people[:3] == (0, 0, 0)
    assert found.before.k == 1
    columns = {c.name: c for c in found.columns}
    assert columns["name"].after is None
    assert columns["name"].changed is None
    assert 0 < columns["age"].changed <= 1
    assert (found.rows, found.released, found.suppressed) == (160, 160, 0)


def test_a_change_is_a_cell_that_reads_otherwise_and_a_gap_equals_a_gap():
    old = pd.Series([1.0, 2.0, np.nan, 4.0])
    assert share_changed(old, old.copy()) == 0
    assert share_changed(old, pd.Series([1.0, 3.0, np.nan, np.nan])) == 0.5
    texts = pd.Series(pd.Categorical(["1", "2", None, "[4, 5)"]))
    assert share_changed(old, texts) == 0.25


def test_no_protection_changes_nothing():
    found = look(people(), {"technique": "none"})
    assert found.columns == ()
    assert found.after == found.before
    assert found.suppressed == 0


def test_invented_rows_have_no_before_and_no_crowd():
    found = look(people(), {"technique": "sequential_trees"})
    assert found.after is None
    assert found.suppressed == 0
    assert all(before is None and after is not None for before, after in found.examples)
    assert all(column.changed is None for column in found.columns)


def test_example_rows_never_show_a_name_and_a_viewer_sees_no_cell():
    table = people()
    names = set(table.frame["name"].astype(str))
    jobs = set(table.frame["job"].astype(str))
    for looker in ("owner", "member", "viewer"):
        found = look(table, {"technique": "generalise", "level": 1}, looker=looker)
        assert len(found.examples) == 5
        cells = [cell for pair in found.examples for side in pair if side is not None for cell in side]
        assert not names & set(cells)
        if looker == "viewer":
            assert not jobs & set(cells)


def test_example_rows_stand_beside_the_row_they_were_made_from():
    table = people()
    found = look(table, {"technique": "generalise", "level": 1})
    age = found.names.index("age")
    for before, after in found.examples:
        value, label = float(before[age]), after[age]
        low, high = (float(end.strip("[) <>=")) for end in label.split(",")) if "," in label else (None, None)
        if low is not None:
            assert low <= value < high


def test_a_row_that_was_left_out_is_among_the_examples():
    table = people()
    frame = table.frame.copy()
    odd = Table.build(pd.DataFrame({"age": [30.0] * 40 + [99.0], "y": ["a", "b"] * 20 + ["a"]}), schema_of(
        age=(N, QI), y=(C, Role.TARGET)))  # fmt: skip
    found = look(odd, {"technique": "full_domain_k_anonymity", "k": 5, "suppression_limit": 0.1})
    if found.suppressed:
        assert any(after is None for _, after in found.examples)
    assert found.suppressed + found.released == 41
    assert len(frame) == 160


def study(table: Table):
    return parse_study(
        {"study": {"name": "s", "table": "t", "schema": "s", "model": "logistic_regression", "seed": 4},
         "recipe": [{"name": "n", "technique": "none"}]}
    )  # fmt: skip


def test_a_quick_look_measures_accuracy_and_membership_beside_no_protection_and_counts_its_looks():
    table = people(400)
    quick = QuickLook(study(table), table)
    recipe = parse_recipe({"name": "k", "technique": "mondrian_k_anonymity", "k": 20}, 1)[0]
    point = quick.point(recipe)
    assert point["status"] == "measured"
    assert point["replicates"] == 2
    assert point["utility"]["accuracy"]["difference"]["replicates"] == 2
    assert point["risks"]["membership"]["status"] == "measured"
    assert quick.looks == 2
    assert quick.point(parse_recipe({"name": "n", "technique": "none"}, 1)[0]) is quick.none()
    assert quick.looks == 2


def test_a_quick_look_gives_the_same_numbers_twice_and_those_of_the_sweeps_machinery():
    table = people(400)
    recipe = parse_recipe({"name": "k", "technique": "generalise", "level": 2}, 1)[0]
    first, second = (QuickLook(study(table), table).point(recipe) for _ in range(2))
    strip = {**first, "seconds": 0.0}, {**second, "seconds": 0.0}
    assert strip[0] == strip[1]


def test_what_cannot_be_measured_is_skipped_with_its_reason():
    table = people(200)
    recipe = parse_recipe({"name": "k", "technique": "mondrian_k_anonymity", "k": 5_000}, 1)[0]
    point = QuickLook(study(table), table).point(recipe)
    assert point["status"] == "skipped"
    assert "5,000" in point["reason"]
