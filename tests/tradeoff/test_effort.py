"""Who gets more runs: those whose verdict is open and whom nobody clearly beats, within what was promised to spend."""

from hypothesis import given
from hypothesis import strategies as st

from core.tradeoff.effort import MEAN, near_frontier, need, next_round
from core.tradeoff.study import parse_study

STUDY = parse_study({"study": {"name": "s", "effort": "adaptive"}})


def point(name, verdict, accuracy=(0.7, 0.8), risk=(0.1, 0.2), replicates=2, status="measured"):
    return {
        "id": name,
        "status": status,
        "replicates": replicates,
        "utility": {"accuracy": {"low": accuracy[0], "high": accuracy[1]}},
        "risks": {"membership": {"status": "measured", "low": risk[0], "high": risk[1]}},
        "meets": {} if verdict is None else {"limit": verdict},
    }


def test_settled_verdicts_get_nothing_and_open_ones_the_next_look():
    points = [point(verdict, verdict) for verdict in ("yes", "no", "cannot_settle", "not_measured", "unproven")]
    assert next_round(points, STUDY, spent=10) == {"unproven": 8, "not_measured": 8}
    beaten = point("not_measured", "not_measured", accuracy=(0.1, 0.2), risk=(0.5, 0.6))
    assert next_round([*points[:3], beaten, points[4]], STUDY, spent=10) == {"unproven": 8}


def test_a_setting_that_surely_misses_one_limit_gets_nothing_for_another():
    missed = point("a", "no")
    missed["meets"]["other"] = "unproven"
    assert need(missed, near=True).rank is None


def test_without_limits_only_those_near_the_frontier_get_more():
    points = [point("good", None), point("beaten", None, accuracy=(0.5, 0.6), risk=(0.3, 0.4)), point("also", None)]
    assert next_round(points, STUDY, spent=6) == {"good": 8, "also": 8}


def test_whom_nobody_beats_comes_first_when_the_rest_of_the_budget_is_for_one():
    beaten = point("beaten", "unproven", accuracy=(0.5, 0.6), risk=(0.3, 0.4))
    points = [beaten, point("good", "unproven")]
    assert next_round(points, STUDY, spent=2 * MEAN - 6) == {"good": 8}
    assert next_round(points, STUDY, spent=2 * MEAN - 5) == {}


def test_the_last_look_is_the_end():
    assert next_round([point("a", "unproven", replicates=32)] * 9, STUDY, spent=0) == {}


def test_where_nothing_was_measured_nothing_more_is_asked():
    assert next_round([point("a", None, status="failed"), point("b", None, status="skipped")], STUDY, spent=0) == {}


ends = st.tuples(st.integers(0, 6), st.integers(0, 3)).map(lambda t: (t[0] / 10, (t[0] + t[1]) / 10))


@given(st.lists(st.tuples(ends, ends), max_size=8))
def test_near_the_frontier_are_those_that_no_other_beats_with_both_intervals_apart(boxes):
    points = [point(str(i), None, accuracy, risk) for i, (accuracy, risk) in enumerate(boxes)]
    found = near_frontier(points, "accuracy", "membership")
    for i, (accuracy, risk) in enumerate(boxes):
        beaten = False
        for other, other_risk in boxes:
            beaten = beaten or (other[0] > accuracy[1] and other_risk[1] < risk[0])
        assert (str(i) in found) is not beaten


@given(st.lists(st.sampled_from(["yes", "no", "unproven", "not_measured"]), min_size=1, max_size=12), st.data())
def test_a_round_never_spends_more_than_is_left(verdicts, data):
    looks = [data.draw(st.sampled_from([2, 8])) for _ in verdicts]
    points = [point(str(i), v, replicates=n) for i, (v, n) in enumerate(zip(verdicts, looks, strict=True))]
    chosen = next_round(points, STUDY, sum(looks))
    assert sum(looks) + sum(chosen[p["id"]] - p["replicates"] for p in points if p["id"] in chosen) <= max(
        MEAN * len(points), sum(looks)
    )
