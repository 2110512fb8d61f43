"""Solve for a setting: give the highest risk or the lowest usefulness you accept, and get the setting that keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.attacks.words import THREAT_WORDS
from core.data.schema import Schema
from core.privacy.epsilon_for_bound import largest_epsilon
from core.privacy.guarantee import Guarantee
from core.techniques.base import PublicFacts
from core.tradeoff.bench import Bench
from core.tradeoff.dial import Dial
from core.tradeoff.point import Tally, point_json
from core.tradeoff.recipe import Recipe
from core.tradeoff.risks import BOUNDED
from core.tradeoff.study import Requirement, Study
from core.utility.metrics import ALL_METRICS

NEAR = 1.1
"""Two settings within this factor are not told apart by running one between them."""

OUT = 3.0
"""How far beyond the measured settings the next one to run lies, as a factor."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The setting that keeps a limit, and how far that is known.

    Parameters
    ----------
    how : {"proof", "measurement"}
    status : {"proven", "not proven", "none"}
        `proven` by a theorem, or by a verdict over the whole interval; `not proven` when only the value keeps the
        limit; `none` when no setting does.
    parameter : str
    setting : float, optional
        The answer. Among what was measured, never between or beyond.
    point : str, optional
        The id of the measured point.
    value, low, high : float, optional
        What it reaches: the proved ceiling, or the measured number with its interval.
    next : float, optional
        The setting to run next, which would tell more. Not measured yet.
    tried : int
        Measured settings that this was chosen from.
    sentence : str
    """

    how: str
    status: str
    parameter: str
    setting: float | None = None
    point: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    next: float | None = None
    tried: int = 0
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON."""
        return dict(vars(self))


def by_proof(recipe: Recipe, limit: Requirement, schema: Schema, facts: PublicFacts) -> Answer:
    """Return the largest epsilon whose proved bound keeps a ceiling on a risk; nothing is run.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role
    >>> from core.tradeoff.recipe import expand
    >>> recipe = expand("dp", [{"technique": "dp_logistic_regression", "delta": 1e-5}], None)[0]
    >>> schema = Schema((Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("a", "b")),))
    >>> limit = Requirement(name="r", risk="membership", at_most=0.1)
    >>> found = by_proof(recipe, limit, schema, PublicFacts(people=1000, classes=("a", "b")))
    >>> found.status, 0.91 < found.setting < 0.94, found.value <= 0.1
    ('proven', True, True)
    """
    dial = Dial.of(recipe)

    def no(why: str) -> Answer:
        return Answer(how="proof", status="none", parameter=dial.name, sentence=f"By proof: {why}")

    if limit.risk is None or limit.at_most is None:
        return no("no answer. How useful a setting is cannot be proved, only measured.")
    title = _title(limit)
    if limit.risk not in ("membership", *BOUNDED):
        return no(f"no answer. No guarantee here bounds {title}; see what is measured.")
    if not 0 < limit.at_most < 1:
        return no(f"no answer. A proof never reaches {'0' if limit.at_most <= 0 else 'beyond 1'}: accept something "
                  "between.")  # fmt: skip
    if dial.name != "epsilon":
        return no(f"no answer. {dial.name} gives no differential privacy, so it proves nothing about {title}.")
    if reason := recipe.unsupported(schema, facts):
        return no(f"no answer. This table cannot go through: {reason}.")

    def proved(epsilon: float) -> Guarantee:
        return dial.turned(recipe, epsilon).guarantee(schema, facts)

    one = proved(dial.value(recipe))
    if one.kind != "dp" or one.neighbours != "add_remove":
        about = "only hides what somebody gave, not that they are there" if one.kind == "dp" else "states no bound"
        return no(f"no answer. What this recipe proves {about}.")
    found = largest_epsilon(proved, limit.at_most, dial.low, dial.high)
    accepted = _amount(limit, limit.at_most)
    if found is None:
        return no(f"no setting. Even {dial.shown(dial.low)} allows more than {accepted}.")
    epsilon, bounds = found
    delta = f" at delta = {one.delta:g}" if one.delta else ""
    return Answer(
        how="proof",
        status="proven",
        parameter=dial.name,
        setting=epsilon,
        value=bounds.advantage,
        sentence=f"By proof: {dial.shown(epsilon)}{delta} or less keeps {title} {_wanted(limit)}, whatever the attack.",
    )


def judged(tallies: Sequence[Tally], bench: Bench, study: Study, limit: Requirement) -> list[dict[str, Any]]:
    """Return the points of some settings with the verdict on one limit, by the rules of every other verdict."""
    asked = replace(study, requirements=(limit,))
    return [point_json(tally, bench, asked) for tally in tallies]


def by_measurement(recipe: Recipe, points: Sequence[Mapping[str, Any]], limit: Requirement) -> Answer:
    """Return the setting of one recipe that keeps a limit by what was measured.

    Settings are walked from the side on which the limit is easiest to keep: from the strongest protection for a
    ceiling on a risk, from the weakest for a floor on a metric. The walk ends at the first that is not proven to keep
    it. Where risk and usefulness follow the strength, a wrong answer then needs the very first setting beyond the true
    limit to be judged wrongly, so choosing among many settings costs no certainty (a fixed-sequence test).

    Parameters
    ----------
    recipe : Recipe
        Any setting of the sweep.
    points : sequence of mapping
        Result points; only those under the recipe's name count. `meets` holds the verdict under the limit's name.
    limit : Requirement

    References
    ----------
    B. L. Wiens, A fixed sequence Bonferroni procedure for testing multiple endpoints, Pharmaceutical Statistics 2003.
    """
    dial = Dial.of(recipe)
    mine = [p for p in points if p["name"] == recipe.name and len(p["recipe"]) == len(recipe.steps)]
    held = [(float(p["recipe"][dial.place]["parameters"][dial.name]), p) for p in mine]
    measured = [(value, p) for value, p in held if p["status"] == "measured" and _number(p, limit) is not None]
    # A ceiling on a risk is easiest to keep where protection is strongest, a limit on a metric where it is weakest.
    upwards = (dial.stronger == "lower") == (limit.risk is not None)
    walk = sorted(measured, key=lambda pair: pair[0] if upwards else -pair[0])
    title, wanted = _title(limit), _wanted(limit)
    if not walk:
        return Answer(
            how="measurement",
            status="none",
            parameter=dial.name,
            sentence=f"By measurement: no setting of {recipe.name} has a measured {title} yet.",
        )
    proven = _run([p["meets"].get(limit.name) == "yes" and _sound(p, limit) for _, p in walk])
    kept = max(proven, _run([_keeps(p, limit) and _sound(p, limit) for _, p in walk]))
    done = {value for value, _ in held}
    following = _next(dial, [value for value, _ in walk], proven, done, upwards)
    hopeless = proven == 0 and kept > 0 and _too_wide(walk[0][1], limit)
    if hopeless:
        following = None
    chosen = proven or kept
    last = " Stronger" if limit.risk is None else " Weaker"
    if not chosen:
        first, point = walk[0]
        told = (f"By measurement: none of the {_count(len(walk))} of {recipe.name} keeps {title} {wanted}; "
                f"{dial.shown(first)} reaches {_shown(point, limit)}.")  # fmt: skip
        return Answer(how="measurement", status="none", parameter=dial.name, next=following, tried=len(walk),
                      sentence=told + _proposal(dial, following))  # fmt: skip
    setting, point = walk[chosen - 1]
    estimate = _estimate(point, limit)
    told = f"By measurement: {dial.shown(setting)} reaches {_shown(point, limit)}"
    if proven:
        told += f", which keeps {title} {wanted} with its whole interval."
        if proven == len(walk):
            told += f"{last} protection was not measured."
        elif kept > proven:
            further, open_ = walk[kept - 1]
            told += f" {dial.shown(further)} keeps it by its value ({_shown(open_, limit)}), which is not proven."
    else:
        told += f", which keeps {title} {wanted} by its value but not with its whole interval: not proven."
        told += " The interval alone is wider than the limit: run more random halves." if hopeless else ""
    island = sum(p["meets"].get(limit.name) == "yes" for _, p in walk[chosen:])
    if island:
        told += f" {_count(island).capitalize()} beyond it keep{'s' * (island == 1)} it too, but one between does not: "
        told += "not relied on."
    return Answer(
        how="measurement",
        status="proven" if proven else "not proven",
        parameter=dial.name,
        setting=setting,
        point=str(point["id"]),
        value=float(estimate["value"]),
        low=estimate.get("low"),
        high=estimate.get("high"),
        next=following,
        tried=len(walk),
        sentence=told + _proposal(dial, following),
    )


def _next(dial: Dial, walk: Sequence[float], proven: int, done: set[float], upwards: bool) -> float | None:
    """Return the value to run next: between the last that is proven and the first that is not, else one step beyond."""
    if 0 < proven < len(walk):
        near, far = sorted((walk[proven - 1], walk[proven]))
        if near > 0 and far / near < NEAR:
            return None
        middle = math.sqrt(near * far) if near > 0 else (near + far) / 2
        found = _round(dial, middle)
        return found if near < found < far and found not in done else None
    beyond = proven > 0
    edge = walk[-1] if beyond else walk[0]
    out = edge * OUT if upwards == beyond else edge / OUT
    found = _round(dial, min(max(out, dial.low), dial.high))
    return found if found not in done and dial.low <= found <= dial.high and found != edge else None


def _round(dial: Dial, value: float) -> float:
    return float(round(value)) if dial.whole else float(f"{value:.2g}")


def _run(flags: Sequence[bool]) -> int:
    """Return how many are true before the first that is not."""
    return next((place for place, flag in enumerate(flags) if not flag), len(flags))


def _estimate(point: Mapping[str, Any], limit: Requirement) -> Mapping[str, Any]:
    found = point["utility"].get(limit.metric) if limit.risk is None else point["risks"].get(limit.risk)
    return found or {}


def _number(point: Mapping[str, Any], limit: Requirement) -> float | None:
    found = _estimate(point, limit)
    value = found.get("value")
    return float(value) if found.get("status", "measured") == "measured" and value is not None else None


def _keeps(point: Mapping[str, Any], limit: Requirement) -> bool:
    value = _number(point, limit)
    if value is None:
        return False
    return value >= limit.limit if limit.at_least is not None else value <= limit.limit


def _sound(point: Mapping[str, Any], limit: Requirement) -> bool:
    """Say whether what was measured agrees with what is proved: a setting that contradicts its proof is no answer."""
    return _estimate(point, limit).get("violation") is not True


def _too_wide(point: Mapping[str, Any], limit: Requirement) -> bool:
    """Say whether the interval around a risk is wider than its ceiling, so that no setting could be proven."""
    found = _estimate(point, limit)
    if limit.risk is None or limit.at_most is None or found.get("high") is None:
        return False
    return bool(found["high"] - found["value"] >= limit.at_most)


def _title(limit: Requirement) -> str:
    if limit.risk is not None:
        return f"the {THREAT_WORDS[limit.risk].title.lower()} risk"
    return str(ALL_METRICS[str(limit.metric)].title)


def _amount(limit: Requirement, value: float) -> str:
    return f"{100 * value:.1f} of 100" if limit.risk is not None else f"{value:.4g}"


def _wanted(limit: Requirement) -> str:
    return f"at or {'above' if limit.at_least is not None else 'below'} {_amount(limit, limit.limit)}"


def _shown(point: Mapping[str, Any], limit: Requirement) -> str:
    found = _estimate(point, limit)
    value, low, high = found["value"], found.get("low"), found.get("high")
    if low is None or high is None:
        return _amount(limit, value)
    if limit.risk is not None:
        return f"{100 * value:.1f} of 100 [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{value:.4g} [{low:.4g}, {high:.4g}]"


def _count(many: int) -> str:
    return f"{many} measured setting{'' if many == 1 else 's'}"


def _proposal(dial: Dial, following: float | None) -> str:
    return f" Next to run: {dial.shown(following)}; not measured yet." if following is not None else ""
