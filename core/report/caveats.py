"""What the numbers do not say, and how they were made: sentences that depend on what the result holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.attacks import ATTACKS
from core.charts.standing import FEWER_RUNS
from core.charts.verdict import points_of, requirements_of, settings_of, threat_shown
from core.charts.words import THREATS, items, listed, mapping, number, plain, short, threat_of
from core.report.facts import columns_text
from core.tradeoff.frontier import ERROR


def caveats(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the limits of this result, the most important first."""
    measured = [point for point in points_of(result) if point.get("status") == "measured"]
    told = [_measured(measured), _undetected("The table of risks"), _best_of(result)]
    kinds = {str(mapping(point.get("guarantee")).get("kind")) for point in measured}
    steps = {str(mapping(s).get("technique")) for p in measured for s in items(p.get("recipe"))}
    blind = _blind(measured)
    if blind:
        told.append(blind)
    if "k_anonymity" in kinds or any("anonymity" in step for step in steps):
        told.append(
            "k-anonymity holds only against an attacker whose knowledge is exactly the declared "
            "quasi-identifiers and who "
            "sees one single release. It does not hide a value that everybody in a class shares, and two "
            "releases of the "
            "same people can be intersected."
        )
    if "dp" in kinds:
        told.append(
            "Training with differential privacy protects the trained model's output and nothing else: rows handed over "
            "beside it, or anything that was chosen by looking at the raw table (columns, settings, the number "
            "of steps), "
            "are outside its epsilon."
        )
    if "claimed" in kinds:
        told.append(
            "An epsilon that is only claimed by a library is printed as a claim. No ceiling on an attack follows "
            "from it."
        )
    if any(point.get("family") == "replace" for point in measured):
        told.append(
            "Synthetic rows belong to nobody, and can still give away who was in the data they were made from: that is "
            "measured like every other risk, not assumed away."
        )
    told += [*_uneven(measured), _ledger(result), _average()]
    early = [p for p in measured if (number(p.get("replicates")) or 0) < 2]
    waiting = [p for p in points_of(result) if p.get("status") not in ("measured", "skipped", "failed")]
    if early or waiting:
        told.append(
            f"This result is not finished: {len(early)} settings have fewer than two replicates and so no full "
            "interval, "
            f"{len(waiting)} have none at all."
        )
    return tuple(told)


def short_caveats(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the four that belong on one page."""
    measured = [point for point in points_of(result) if point.get("status") == "measured"]
    blind = _blind(measured)
    return (
        _measured(measured, brief=True),
        _undetected("The team's report"),
        _best_of(result),
        *((blind,) if blind else ()),
        _ledger(result),
    )


def _replicates(measured: list[Mapping[str, Any]]) -> str:
    counts = sorted({int(found) for p in measured if (found := number(p.get("replicates"))) is not None})
    if not counts:
        return "random halves"
    if counts == [1]:
        return "1 random half"
    return f"{counts[0]} random halves" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} random halves"


def _uneven(measured: list[Mapping[str, Any]]) -> list[str]:
    """Return what to know where settings got different numbers of runs."""
    counts = {int(found) for p in measured if (found := number(p.get("replicates"))) is not None}
    if len(counts) < 2 or min(counts) < 2:
        return []
    return [
        "Settings have different numbers of random halves: more went to those that were not settled. "
        f"{FEWER_RUNS} None was stopped because its risk looked small."
    ]


def _attacks(measured: list[Mapping[str, Any]]) -> list[str]:
    """Return every attack that was made, the ones that lost too."""
    names: set[str] = set()
    for point in measured:
        for threat, risk in mapping(point.get("risks")).items():
            record = mapping(risk)
            if record.get("status") != "measured":
                continue
            told = plain(record.get("attack"))
            # An attack on rows says which variant it chose after a colon; attacks on a model are a list.
            names |= {told.partition(":")[0]} if threat != "membership" else set(told.split(", "))
            names |= {plain(name) for name in mapping(record.get("per_attack"))}
    return sorted(ATTACKS[name].title if name in ATTACKS else name for name in names if name)


def _measured(measured: list[Mapping[str, Any]], brief: bool = False) -> str:
    attacks = _attacks(measured)
    these = f"these attacks ({listed(attacks)})" if attacks else "these attacks"
    if brief:
        these = f"{len(attacks)} attack{'s' * (len(attacks) != 1)}"
    return (
        f"Risks were measured on {_replicates(measured)} of this table, by {these} and no others. "
        "Somebody "
        "with a better attack, or who knows more, can do better: a measured risk is a floor, not a ceiling. It was not "
        "measured on the file that you may release."
    )


def _undetected(where: str) -> str:
    return (
        f"A risk that was not detected may still be there. {where} says for each setting how large an "
        "advantage would have been found four times in five; a smaller one is missed more often."
    )


def _best_of(result: Mapping[str, Any]) -> str:
    many = len(settings_of(result))
    if many < 2:
        return "Only one setting was compared with the anchors; a better one may exist."
    return (
        f"Whichever setting you choose is the best of {many}: some of what makes it look best is luck, so expect "
        "slightly "
        "worse numbers on new people."
    )


def _blind(measured: list[Mapping[str, Any]]) -> str:
    counts = dict.fromkeys(THREATS, 0)
    for point in measured:
        risks = mapping(point.get("risks"))
        for threat in THREATS:
            status = mapping(risks.get(threat)).get("status") or "not_measured"
            counts[threat] += status in ("not_measured", "undefined")
    missing = [f"{threat_of(threat).title.lower()} ({count} settings)" for threat, count in counts.items() if count]
    if not missing:
        return ""
    return f"Not measured, and therefore unknown rather than zero: {listed(missing)}."


def _ledger(result: Mapping[str, Any]) -> str:
    ledger = mapping(result.get("ledger"))
    names = (("settings", "settings"), ("replicates", "replicates"), ("fits", "fits on people's data"))
    counted = [f"{short(ledger[key])} {words}" for key, words in names if number(ledger.get(key)) is not None]
    if number(ledger.get("previews")):
        counted.append(f"{short(ledger['previews'])} quick looks at single settings before")
    if number(ledger.get("releases")):
        counted.append(f"{short(ledger['releases'])} released tables")
    head = f"Looking had a cost too: {listed(counted)}. " if counted else "Looking had a cost too. "
    note = plain(ledger.get("note"))
    return head + (note or "No guarantee of a single setting covers what the comparison itself gives away.")


def _average() -> str:
    return (
        "Risks are averages over people. A few people with rare values can be far easier to attack than that: those "
        "who stand out most are counted apart, and even that is an average over them."
    )


def method(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how the numbers were made."""
    study, table = mapping(result.get("study")), mapping(result.get("table"))
    test, pool = number(table.get("test_people")), number(table.get("pool_people"))
    sizes = f" ({test:.0f} people, and {pool:.0f})" if test is not None and pool is not None else ""
    effort = plain(study.get("effort")) or "not stated"
    replicates = short(study.get("replicates")) if study.get("replicates") is not None else "not stated"
    knows = _knows(study)
    told = [
        f"Split. People are divided once into a test part, used to score the model only, and a pool{sizes}. In every "
        "replicate "
        "an independent coin puts each person of the pool in (members) or out (controls); everything that is "
        "fitted sees "
        "members only.",
        f"Effort: {effort}, {replicates} replicates planned.",
        "Membership attack. The attacker knows the people of the pool, knows that each was in with probability "
        "1/2, may ask "
        "the model for its confidence in each person's true class, and has models trained in the same way on "
        "other random "
        "halves. Attack and threshold are chosen on one half of the people and scored on the other, then the "
        "halves swap.",
        f"Attacks on rows. {knows}",
        "Risk is the attack's success on people in the data minus its success on comparable people who are not. "
        "It is not "
        "clipped, so it can be a little below zero. Re-identification is the exception: the average chance to find a "
        "member's row by the declared columns, its control is zero by definition.",
        "Residual is the share of the attacker's failures on people outside the data that the data turn into hits, "
        "1 - (1 - m) / (1 - c) with success m on people in it and c on people outside. Where outsiders are nearly "
        "always guessed right it can be large although the risk is small.",
        "Intervals are 95 % intervals. For utility they count the spread over test people and over replicates; "
        "for risks each person's replicates are kept together; differences to no protection are paired by person.",
        "Utility is always shown beside what a model reaches that knows nothing.",
        "Clearly beaten. A setting is called that only when another is shown to be at least as good on both axes of "
        "the chart: in utility on the same test people, paired by person (by the two intervals, where the result does "
        "not say it), in risk by the two intervals (MOVER), each corrected for the number of settings it is compared "
        f"with (Bonferroni). One that no other truly beats is called beaten at most {100 * ERROR:g} times in 100. A "
        "lower risk from fewer runs beats nobody, but for re-identification, which is counted.",
        "A guarantee is what is proved; a measurement is an attack that was tried. They are never merged into "
        "one score.",
    ]
    if requirements_of(result):
        told.append(
            "Verdicts are given at 2, 8 and 32 replicates only, with wider limits at the earlier looks "
            "(O'Brien-Fleming), so "
            "that looking more than once does not produce a verdict by chance. 'Met' and 'failed' need the whole "
            "interval. A limit on membership is met only if it would also hold for an attacker with the reference "
            "models of 32 replicates, or if a proved bound keeps it."
        )
    if threat_shown(result) != "membership":
        told.append(
            f"The chart shows {threat_of(threat_shown(result)).title.lower()}; other threats are in the records."
        )
    return tuple(told)


def _knows(study: Mapping[str, Any]) -> str:
    """Return what the attacker on rows holds and how many people are attacked."""
    known = columns_text(study, "knows") or "the declared quasi-identifiers"
    told = [f"The attacker is assumed to know {known}."]
    left, right, secrets = (columns_text(study, key) for key in ("left", "right", "secrets"))
    if left and right:
        told.append(f"For linkability they hold {left} in one list and {right} in another.")
    if secrets:
        told.append(f"For attribute inference they guess {secrets}.")
    people = number(study.get("attacked_on_rows"))
    if people:
        told.append(f"Tried on {people:.0f} people, the same ones for every setting; all attempts made are counted.")
    return " ".join(told)
