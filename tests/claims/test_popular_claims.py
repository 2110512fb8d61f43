"""Popular claims: judged by whole intervals, with words that say what a number is not; figures checked by hand."""

from __future__ import annotations

import json

import pytest

from core.__main__ import main
from core.claims import CLAIMS
from core.claims.base import FALSE, MIXED, OPEN, SEEN, TRUE, UNTESTED, VERDICTS
from core.claims.halves_the_risk import HalvesTheRisk, half_of_the_worst_case
from core.claims.keeps_ninety_percent import KeepsNinetyPercent
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta
from core.tradeoff.study import parse_study
from tests.regression_tables import earners
from tests.tables import people


def number(value, half=0.01, difference=None):
    found = {"value": value, "low": value - half, "high": value + half}
    if difference is not None:
        found["difference"] = {"value": difference, "low": difference - half, "high": difference + half}
    return found


def point(key, *, accuracy=None, risk=None, kind="none", bound=None, technique=None, status="measured"):
    return {
        "id": key,
        "status": status,
        "recipe": [{"technique": technique or key, "parameters": {}}],
        "utility": {"accuracy": accuracy} if accuracy else {},
        "risks": {"membership": risk} if risk else {},
        "guarantee": {"kind": kind, "advantage_bound": bound},
    }


def result(*points):
    return {"points": list(points)}


def private(key, risk, bound=0.5, **more):
    return point(key, risk=risk, kind="dp", bound=bound, technique="dp_logistic_regression", **more)


NONE = point("none", accuracy=number(0.845), risk=number(0.40))
CONSTANT = point("constant", accuracy=number(0.752, difference=-0.093))


@pytest.mark.parametrize("key", list(CLAIMS))
def test_every_claim_has_words_sources_and_a_verdict_on_anything(key):
    claim = CLAIMS[key]
    assert claim.sentence.endswith(".")
    assert claim.literature
    assert claim.sources
    assert claim.instead
    for scene in (result(), result(NONE), result(CONSTANT), result(NONE, CONSTANT)):
        found = claim().judge(scene)
        assert found.verdict in VERDICTS
        assert found.verdict == UNTESTED
        assert found.wanted
        json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(("risks", "bound", "verdict"), [
    ([(0.10, -0.30)], 0.15, TRUE),  # .10 - .20 +- .015, and at most .15 is possible
    ([(0.10, -0.30)], 0.50, SEEN),  # the attacks found it halved; others may get more
    ([(0.30, -0.10)], 0.50, FALSE),
    ([(0.10, -0.30), (0.30, -0.10)], 0.50, MIXED),
    ([(0.20, -0.20)], 0.50, OPEN),  # exactly half
])  # fmt: skip
def test_half_the_risk_is_judged_by_the_whole_interval_and_proved_only_by_the_bound(risks, bound, verdict):
    points = [private(f"p{i}", number(value, 0.01, change), bound) for i, (value, change) in enumerate(risks)]
    found = HalvesTheRisk().judge(result(NONE, *points))
    assert found.verdict == verdict
    first = found.evidence[0]
    assert first.value == pytest.approx(risks[0][1] + 0.40 / 2)
    assert first.high - first.value == pytest.approx(0.01 + 0.01 / 2)  # both intervals, the second one halved
    assert "at most" in first.told


def test_where_there_is_nothing_to_halve_the_claim_cannot_be_tested():
    nothing = point("none", accuracy=number(0.8), risk=number(0.005, 0.02))
    found = HalvesTheRisk().judge(result(nothing, private("p", number(0.0))))
    assert found.verdict == UNTESTED
    assert "almost nothing to halve" in found.sentence


def test_a_library_s_claim_is_measured_and_proves_nothing():
    point_ = private("p", number(0.10, 0.01, -0.30), None)
    point_["guarantee"]["kind"] = "claimed"
    found = HalvesTheRisk().judge(result(NONE, point_))
    assert found.verdict == SEEN
    assert "nothing is proved" in found.evidence[0].told


def test_settings_without_privacy_a_number_or_a_guarantee_are_no_evidence():
    others = [
        point("k", risk=number(0.1), kind="k_anonymity"),
        private("p", None),
        private("q", number(0.1), status="failed"),
    ]
    assert HalvesTheRisk().judge(result(NONE, *others)).evidence == ()


def test_the_worst_case_is_halved_at_ln_3_and_by_gaussian_noise_where_its_own_bound_says():
    pure, gaussian = half_of_the_worst_case(1e-5)
    assert pure == pytest.approx(1.0986, abs=1e-4)
    assert advantage_bound(mu_from_epsilon_delta(gaussian, 1e-5)) == pytest.approx(0.5, abs=1e-6)
    assert advantage_bound(mu_from_epsilon_delta(1.0, 1e-5)) == pytest.approx(0.1066, abs=1e-4)  # SCIENCE D3


@pytest.mark.parametrize(("changes", "verdict"), [
    ([-0.02], TRUE), ([-0.12], FALSE), ([-0.0845], OPEN), ([-0.02, -0.12], MIXED), ([-0.02, -0.0845], OPEN),
])  # fmt: skip
def test_ninety_percent_is_judged_by_the_whole_interval(changes, verdict):
    points = [point(f"p{i}", accuracy=number(0.845 + c, 0.01, c), technique="pram") for i, c in enumerate(changes)]
    found = KeepsNinetyPercent().judge(result(NONE, CONSTANT, *points))
    assert found.verdict == verdict
    assert found.evidence[0].value == pytest.approx((0.845 + changes[0]) / 0.845)


def test_what_a_model_that_knows_nothing_keeps_is_said_and_the_gain_that_is_left():
    found = KeepsNinetyPercent().judge(
        result(NONE, CONSTANT, point("p", accuracy=number(0.826, 0.01, -0.019), technique="pram"))
    )
    assert "already keeps 89 %" in found.sentence
    # 1 - .019 / .093 = .796; the ends: 1 - .029 / .083 = .651 and 1 - .009 / .103 = .913
    assert "80 % (65 to 91) of the gain over knowing nothing is left" in found.evidence[0].told
    unsure = point("constant", accuracy=number(0.84, 0.01, -0.005))
    found = KeepsNinetyPercent().judge(
        result(NONE, unsure, point("p", accuracy=number(0.83, 0.01, -0.015), technique="pram"))
    )
    assert "is not settled" in found.evidence[0].told


def test_unpaired_numbers_give_wider_intervals_not_none():
    found = KeepsNinetyPercent().judge(result(NONE, CONSTANT, point("p", accuracy=number(0.80), technique="pram")))
    assert found.evidence[0].low == pytest.approx(0.79 / 0.855)
    found = HalvesTheRisk().judge(result(NONE, private("p", number(0.10))))
    assert found.evidence[0].low == pytest.approx(0.09 - 0.41 / 2)
    assert found.evidence[0].high == pytest.approx(0.11 - 0.39 / 2)


def test_a_real_sweep_is_judged_on_the_page_s_numbers_and_by_the_command_line(tmp_path, capsys):
    study = parse_study({
        "study": {"name": "s", "effort": "glance", "assume_public_domain": True,
                  "model": {"key": "random_forest", "trees": 20}},
        "recipe": [{"name": "p", "technique": "dp_naive_bayes", "epsilon": 1.0}],
    })  # fmt: skip
    found = run_study(study, people(900).drop(("zip", "name")), InlineEngine())
    finding = HalvesTheRisk().judge(found)
    none, mine = (next(p for p in found["points"] if p["id"] == key)["risks"]["membership"] for key in ("none", "p"))
    assert none["low"] > 0
    assert finding.evidence[0].value == pytest.approx(mine["difference"]["value"] + none["value"] / 2)
    assert finding.verdict in (TRUE, SEEN)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(found))
    assert main(["claims", str(path)]) == 0
    printed = capsys.readouterr().out
    assert finding.verdict.upper() in printed
    assert "Say instead" in printed
    assert main(["claims", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["halves_the_risk"]["verdict"] == finding.verdict
    assert main(["claims", str(tmp_path / "none.json")]) == 2


def test_a_number_to_predict_has_no_accuracy_to_keep():
    study = parse_study({"study": {"name": "s", "effort": "glance", "model": "linear_regression"},
                         "recipe": [{"name": "n", "technique": "none"}]})  # fmt: skip
    found = run_study(study, earners(160).drop(("zip", "name")), InlineEngine())
    assert "no accuracy" in KeepsNinetyPercent().judge(found).sentence
