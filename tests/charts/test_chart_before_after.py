"""The pictures of the Techniques page: their numbers, and that hostile text stays text."""

import json

import numpy as np
import pytest

from core.charts.before_after import CROWDS, ColumnBars, CrowdBars, numbers
from core.charts.solution_space import SolutionSpace, best, rows
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from core.techniques.lattice import explore
from core.tradeoff.before_after import ColumnChange, Crowds, Distribution, facts_of
from tests.tables import people

HOSTILE = '<b>x</b><script>alert(1)</script> "y" & z'


def change(before, after):
    def side(labels):
        return Distribution(labels=labels, shares=(1 / len(labels),) * len(labels), different=len(labels))

    return ColumnChange(name="age", before=side(before), after=side(after), changed=0.5)


def test_equal_labels_are_drawn_as_pairs_and_others_beside_each_other():
    paired = ColumnBars.info(change(("a", "b"), ("a", "b")))
    apart = ColumnBars.info(change(("a", "b"), ("*",)))
    assert paired.paired
    assert not apart.paired
    drawn = json.loads(ColumnBars.figure(apart).to_json())
    assert [trace.get("xaxis") for trace in drawn["data"]] == [None, "x2"]
    assert json.loads(ColumnBars.figure(paired).to_json())["layout"]["barmode"] == "group"


def test_bars_are_the_shares_in_percent_and_the_table_says_the_same():
    info = ColumnBars.info(change(("a", "b", "c", "d"), ("a", "b")))
    drawn = json.loads(ColumnBars.figure(info).to_json())
    assert drawn["data"][0]["x"] == [25.0] * 4
    assert numbers(info)[0] == {"": "a", info.panels[0].title: "25.0 %", info.panels[1].title: "50.0 %"}
    assert numbers(info)[3][info.panels[1].title] == "–"


def test_crowds_are_shares_of_all_people_so_that_those_left_out_are_missing():
    before = Crowds(people=(6, 4, 0, 0, 0), k=1, uniques=6, classes=8, average=0.8)
    after = Crowds(people=(0, 0, 8, 0, 0), k=8, uniques=0, classes=1, average=0.125)
    info = CrowdBars.info(before, after, people=10)
    assert info.panels[0].labels == CROWDS
    assert sum(info.panels[0].shares) == 1
    assert sum(info.panels[1].shares) == pytest.approx(0.8)
    assert "6 of 10 people are alone" in info.alt


@pytest.mark.parametrize("dark", [False, True])
def test_hostile_labels_are_escaped(dark):
    info = ColumnBars.info(change((HOSTILE, "a"), (HOSTILE * 3,)))
    text = ColumnBars.figure(info, dark).to_json()
    assert "<script" not in text
    assert "<b>x" not in text


def solutions():
    table = people()
    return explore(FullDomainKAnonymity(k=5, suppression_limit=0.1), table, facts_of(table))


def test_every_choice_of_levels_is_a_mark_and_the_optimum_is_the_best_that_holds():
    found = solutions()
    info = SolutionSpace.info(found)
    assert len(info.choices) == len(found) == found.total == np.prod([h + 1 for h in found.heights])
    (optimum,) = [choice for choice in info.choices if choice.state == "optimum"]
    assert best(info)[0] == optimum or best(info)[0].kept == optimum.kept
    assert all(choice.kept <= optimum.kept + 1e-12 for choice in info.choices
               if choice.state == "holds" and choice.kept is not None)  # fmt: skip
    assert all(choice.kept is None or choice.kept <= choice.most + 1e-12 for choice in info.choices)
    assert rows(info)[0][""] == "optimum"


def test_filters_take_marks_away_and_say_how_many():
    found = solutions()
    everything = SolutionSpace.info(found)
    some = SolutionSpace.info(found, states=("holds", "optimum"), between={"age": (0, 2)})
    assert {choice.state for choice in some.choices} <= {"holds", "optimum"}
    assert all(choice.levels[0] <= 2 for choice in some.choices)
    assert some.hidden == len(everything.choices) - len(some.choices) > 0
    assert some.sentence == everything.sentence


def test_a_picture_without_marks_says_so():
    info = SolutionSpace.info(solutions(), states=())
    assert "No choice passes the filters" in SolutionSpace.figure(info).to_json()
