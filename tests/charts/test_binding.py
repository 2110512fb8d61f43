"""Which limit binds, whose it is, and the smallest move that lets a setting in."""

import itertools
import re

import numpy as np
import pytest

from core.charts.binding import binding
from core.charts.relaxation import Move, relaxation_of, smallest
from core.charts.verdict import sentence
from core.report.audience import for_audience
from core.report.build import build
from core.report.markdown import render_markdown

LEGAL = {"name": "quiet", "risk": "membership", "at_most": 0.05, "owner": "Legal"}
PRODUCT = {"name": "useful", "metric": "accuracy", "at_least": 0.8, "owner": "Product"}


def setting(name, ends, values=None, **swept):
    """Return a measured point whose verdict is yes from these limits on; `values` are what was measured."""
    values = values or ends
    return {
        "id": name,
        "name": name.partition("[")[0],
        "swept": swept,
        "status": "measured",
        "recipe": [{"technique": "noise_addition", "parameters": {}}],
        "utility": {"accuracy": {"value": values.get("useful"), "status": "measured"}},
        "risks": {"membership": {"status": "measured", "value": values.get("quiet", 0.0)}},
        "meets_at": dict(ends),
    }


def judged(points, *requirements, **more):
    """Return a result with the verdicts that follow from `meets_at`."""
    found = []
    for point in points:
        meets = {}
        for requirement in requirements:
            end, name = point["meets_at"].get(requirement["name"]), requirement["name"]
            if end is None:
                meets[name] = "not_measured"
            elif "at_least" in requirement:
                meets[name] = "yes" if end >= requirement["at_least"] else "no"
            else:
                meets[name] = "yes" if end <= requirement["at_most"] else "no"
        found.append({**point, "meets": meets})
    return {"requirements": list(requirements), "points": found, **more}


def moved(requirement, limit):
    side = "at_least" if "at_least" in requirement else "at_most"
    return {**requirement, side: limit}


def limit_of(requirement):
    return requirement.get("at_least", requirement.get("at_most"))


# By hand: k = 2 is useful enough and misses Legal by 10.0 points; k = 5 keeps Product's floor and misses Legal by 1.8;
# k = 50 keeps Legal's ceiling and misses Product by 6.0 points.
CONFLICT = (
    setting("k-anonymity[k=2]", {"quiet": 0.15, "useful": 0.84}, k=2),
    setting("k-anonymity[k=5]", {"quiet": 0.068, "useful": 0.81}, k=5),
    setting("k-anonymity[k=50]", {"quiet": 0.02, "useful": 0.74}, k=50),
)


def test_two_conflicting_demands_name_the_closest_setting_whose_limit_it_misses_and_by_how_much():
    found = binding(judged(CONFLICT, LEGAL, PRODUCT))
    assert found.text() == (
        "No option fits. Closest is k-anonymity with k = 5: it misses Legal's limit on membership by 1.8 of 100 "
        "people; moving that limit from 5.0 to 6.8 would let it in, its margin of error counted. "
        "Binding: Legal's limit on membership; without it 2 settings would fit."
    )
    assert (found.fits, found.gains, found.owners) == (0, 2, ("Legal",))
    (move,) = found.relaxation.moves
    assert (move.start, move.end) == (0.05, 0.068)
    assert move.cost == pytest.approx(1.8)


def test_when_some_fit_the_limit_that_keeps_most_others_out_is_named():
    fits = setting("noise", {"quiet": 0.01, "useful": 0.82})
    assert binding(judged([*CONFLICT, fits], LEGAL, PRODUCT)).text() == (
        "Binding: Legal's limit on membership; without it 2 more settings would fit."
    )


def test_limits_that_keep_equally_many_out_are_both_named():
    found = binding(judged(CONFLICT[1:], LEGAL, PRODUCT))
    assert found.owners == ("Legal", "Product")
    assert found.text().endswith(
        "Binding: Legal's limit on membership and Product's limit on accuracy; "
        "without either of them 1 setting would fit."
    )


def test_the_setting_that_needs_fewest_limits_to_move_comes_before_one_that_moves_them_less():
    both = setting("both", {"quiet": 0.051, "useful": 0.799})
    one = setting("one", {"quiet": 0.3, "useful": 0.9})
    assert binding(judged([both, one], LEGAL, PRODUCT)).relaxation.point["id"] == "one"
    assert binding(judged([both], LEGAL, PRODUCT)).text() == (
        "No option fits. Closest is both: 2 limits would have to move, Legal's limit on membership from 5.0 to 5.1 of "
        "100 people and Product's limit on accuracy from 80.0 to 79.9 %."
    )


def test_the_anchors_are_no_option_and_without_limits_or_settings_nothing_binds():
    anchor = {**CONFLICT[1], "recipe": [{"technique": "none", "parameters": {}}]}
    assert binding(judged([anchor], LEGAL)) is None
    assert binding(judged(CONFLICT)) is None
    assert binding({}) is None


def test_when_every_setting_fits_there_is_nothing_to_say():
    assert binding(judged([setting("s", {"quiet": 0.01})], LEGAL)).text() == ""


def test_an_unproven_setting_may_also_be_settled_by_more_runs_and_an_unsettled_one_may_not():
    result = judged([setting("s", {"quiet": 0.06})], LEGAL)
    result["points"][0]["meets"]["quiet"] = "unproven"
    told = binding(result).text()
    assert told.startswith("No option is proven to fit. Closest is s: it is 1.0 of 100 people short of proving")
    assert "it keeps Legal's limit on membership; moving that limit from 5.0 to 6.0 would let it in" in told
    assert told.count("after more runs, less may do") == 1
    result["points"][0]["meets"]["quiet"] = "cannot_settle"
    assert "more runs" not in binding(result).text()


def test_where_no_limit_would_do_the_reason_is_told_and_nothing_is_promised():
    fair = {"name": "fair", "limit_on": "worst_group_accuracy", "at_least": 0.7, "owner": "Works council"}
    result = judged([setting("s", {"fair": None}), setting("t", {"fair": None})], fair)
    for point in result["points"]:
        point["meets_why"] = {"fair": "the study has no subgroup column, so there are no groups"}
    assert (
        binding(result)
        .text()
        .startswith(
            "No option fits, and moving a limit would not let one in: Works council's limit on accuracy of the "
            "worst-off group cannot be kept by any setting (the study has no subgroup column, so there are no groups)."
        )
    )
    # A result of an earlier version does not say where its verdicts would be yes.
    for point in result["points"]:
        del point["meets_at"]
    assert binding(result).text().startswith("No option fits. Binding:")


def test_an_end_that_the_limit_already_keeps_is_no_move():
    odd = {"meets": {"quiet": "unproven"}, "meets_at": {"quiet": 0.01}}
    assert relaxation_of(odd, [LEGAL]) is None
    assert relaxation_of({"meets": {"quiet": "yes"}}, [LEGAL]) is None


def test_each_limit_is_told_in_its_own_unit_and_two_of_the_same_kind_by_their_names():
    rows = {"name": "rows", "limit_on": "rows_suppressed", "at_most": 0.05, "owner": "Data"}
    proof = {"name": "proof", "limit_on": "epsilon", "at_most": 1.0, "owner": "Legal"}
    error = {"name": "error", "metric": "mae", "at_most": 400.0}
    assert (
        "by 1.3 of 100 rows; moving that limit from 5.0 to 6.3"
        in binding(judged([setting("s", {"rows": 0.0625})], rows)).text()
    )
    told = binding(judged([setting("s", {"proof": 3.0})], proof)).text()
    assert (
        "misses Legal's limit on proved epsilon by 2.00; moving that limit from 1.00 to 3.00 would let it in." in told
    )
    assert (
        "the limit on mean absolute error by 13; moving that limit from 400 to 413"
        in binding(judged([setting("s", {"error": 412.3})], error)).text()
    )
    twice = [LEGAL, {**LEGAL, "name": "stricter", "at_most": 0.04}]
    told = binding(judged([setting("s", {"quiet": 0.045, "stricter": 0.045})], *twice)).text()
    assert "Legal's limit on membership (stricter)" in told


def test_relative_limits_count_in_percent_and_shares_in_points():
    assert Move(requirement=LEGAL, verdict="no", start=0.05, end=0.07).cost == pytest.approx(2.0)
    error = {"name": "e", "metric": "mae", "at_most": 400.0}
    assert Move(requirement=error, verdict="no", start=400.0, end=408.0).cost == pytest.approx(2.0)
    proof = {"name": "e", "limit_on": "epsilon", "at_most": 2.0}
    assert Move(requirement=proof, verdict="no", start=2.0, end=2.04).cost == pytest.approx(2.0)


def random_settings(rng, many=6):
    """Return settings of which none keeps both limits."""
    found = []
    while len(found) < many:
        quiet, useful = rng.uniform(0, 0.3), rng.uniform(0.5, 0.95)
        if quiet > 0.05 or useful < 0.8:
            found.append(setting(f"s{len(found)}", {"quiet": float(quiet), "useful": float(useful)}))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_quoted_relaxation_lets_a_setting_in_and_a_hair_less_lets_in_none(seed):
    settings = random_settings(np.random.default_rng(seed))
    found = binding(judged(settings, LEGAL, PRODUCT)).relaxation
    enough = {move.requirement["name"]: move.end for move in found.moves}

    def fits(ends):
        limits = [moved(r, ends.get(r["name"], limit_of(r))) for r in (LEGAL, PRODUCT)]
        return binding(judged(settings, *limits)).fits

    assert fits(enough) >= 1
    for move in found.moves:
        less = float(np.nextafter(move.end, move.start))
        assert fits({**enough, move.requirement["name"]: less}) == 0
        # What is written is rounded to the side on which it is enough, and by less than one in the last digit.
        written = float(move.shown[1]) / 100
        assert fits({**enough, move.requirement["name"]: written}) >= 1
        assert abs(written - move.end) < 1.001e-3
        assert float(move.shown[2]) == pytest.approx(abs(float(move.shown[1]) - float(move.shown[0])))


@pytest.mark.parametrize("seed", range(6))
def test_brute_force_over_a_grid_of_limits_finds_the_same_relaxation(seed):
    """Limits move in steps of half a point; every pair of limits is tried, whatever the settings are."""
    step, rng = 0.005, np.random.default_rng(100 + seed)
    settings = random_settings(rng)
    for point in settings:  # on the grid, so that the grid can be exact
        ends = point["meets_at"]
        point["meets_at"] = {
            "quiet": round(0.05 + step * round((ends["quiet"] - 0.05) / step), 9),
            "useful": round(0.8 + step * round((ends["useful"] - 0.8) / step), 9),
        }
    result = judged(settings, LEGAL, PRODUCT)
    if binding(result).fits:
        pytest.fail("rounding let a setting in: choose another seed")
    best = (9, np.inf)
    for up, down in itertools.product(range(61), repeat=2):
        quiet, useful = round(0.05 + up * step, 9), round(0.8 - down * step, 9)
        if any(p["meets_at"]["quiet"] <= quiet and p["meets_at"]["useful"] >= useful for p in settings):
            best = min(best, ((up > 0) + (down > 0), (up + down) * step * 100))
    assert binding(result).relaxation.size == (best[0], pytest.approx(best[1]))


@pytest.mark.parametrize("seed", range(6))
def test_the_binding_limit_is_that_whose_absence_lets_most_in_counted_one_by_one(seed):
    rng = np.random.default_rng(seed)
    third = {"name": "rows", "limit_on": "rows_suppressed", "at_most": 0.1, "owner": "Data"}
    limits = [LEGAL, PRODUCT, third]
    points = [
        setting(f"s{i}", {"quiet": rng.uniform(0, 0.1), "useful": rng.uniform(0.7, 0.9), "rows": rng.uniform(0, 0.2)})
        for i in range(20)
    ]

    def keep(point, left):
        ends = point["meets_at"]
        kept = {"quiet": ends["quiet"] <= 0.05, "useful": ends["useful"] >= 0.8, "rows": ends["rows"] <= 0.1}
        return all(value for name, value in kept.items() if name != left)

    counts = {r["name"]: sum(keep(p, r["name"]) for p in points) - sum(keep(p, "") for p in points) for r in limits}
    found = binding(judged(points, *limits))
    assert found.gains == max(counts.values())
    assert {r["name"] for r in found.requirements} == {n for n, count in counts.items() if count == found.gains > 0}


def test_the_sentence_above_names_the_same_closest_setting_by_its_value():
    values = {"quiet": 0.055, "useful": 0.82}
    near = setting("wide interval", {"quiet": 0.2, "useful": 0.81}, values)
    sure = setting("narrow interval", {"quiet": 0.068, "useful": 0.81}, {"quiet": 0.06, "useful": 0.82})
    result = judged([near, sure], LEGAL, PRODUCT)
    assert "the closest is narrow interval, which misses quiet by 1.0 of 100" in sentence(result)
    assert "Closest is narrow interval: it misses Legal's limit on membership by 1.8" in binding(result).text()


def test_a_limit_set_by_the_written_number_is_enough_however_awkward_the_numbers():
    rng = np.random.default_rng(5)
    for _ in range(300):
        size = 10.0 ** rng.integers(-4, 5)
        start, end = sorted(float(x) for x in rng.uniform(0, size, 2))
        for requirement in (LEGAL, {"name": "e", "metric": "mae"}, {"name": "p", "limit_on": "epsilon"}):
            scale = 100 if requirement is LEGAL else 1
            move = Move(requirement=requirement, verdict="no", start=start, end=end)
            first, last, _ = move.shown
            assert float(last) / scale >= end
            assert first != last
        floor = Move(requirement=PRODUCT, verdict="no", start=end, end=start)
        assert float(floor.shown[1]) / 100 <= start


def test_owners_with_hostile_names_stay_one_line_of_text():
    hostile = {**LEGAL, "owner": "A\n# <script>\u202e"}
    told = binding(judged(CONFLICT, hostile)).text()
    assert "\n" not in told
    assert "\u202e" not in told


@pytest.mark.parametrize("audience", ["team", "external", "executive"])
def test_every_report_says_which_limit_binds_and_the_smallest_move(audience):
    result = judged(CONFLICT, LEGAL, PRODUCT, study={"threat": "membership", "metric": "accuracy"})
    text = re.sub(r"\\", "", render_markdown(build(result, audience)))
    assert "moving that limit from 5.0 to 6.8 would let it in" in text
    assert "Binding: Legal's limit on membership; without it 2 settings would fit." in text


def test_outsiders_get_no_limit_from_which_a_small_count_could_be_computed():
    rows = {"name": "rows", "limit_on": "rows_suppressed", "at_most": 0.0001}
    fair = {"name": "fair", "limit_on": "worst_group_accuracy", "at_least": 0.9}
    point = setting("s", {"rows": 0.00213, "fair": 0.71234, "quiet": 0.06701})
    point |= {"rows_suppressed": 3.0, "rows_suppressed_share": 0.0007}
    group = {"group": "Kiel", "test_people": 40, "pool_people": 80}
    result = judged([{**point, "subgroups": {"groups": [group]}}], rows, fair, LEGAL)
    seen = for_audience(result, "external")["points"][0]
    assert seen["meets_at"] == {"fair": 0.712, "quiet": 0.068}
    assert seen["rows_suppressed_share"] is None
    small = judged([{**point, "subgroups": {"groups": [group, {**group, "pool_people": 7}]}}], rows, fair, LEGAL)
    assert set(for_audience(small, "external")["points"][0]["meets_at"]) == {"quiet"}
    assert smallest(for_audience(small, "external")["points"], [rows]) is None
