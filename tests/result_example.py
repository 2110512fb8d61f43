"""A hand-made result in the form of DESIGN.md section 5, for the tests of charts and reports."""

from __future__ import annotations

from typing import Any

LATER = "this attack comes with a later version of Middleground; it was not run"
NO_ROWS = "no rows leave the room under this recipe"
ROWS = ("presence", "singling_out", "linkability", "attribute_inference")


def membership(value: float, half: float = 0.02, **extra: Any) -> dict[str, Any]:
    """Return a measured membership risk."""
    return {
        "channel": "model",
        "status": "measured",
        "reason": None,
        "value": value,
        "low": value - half,
        "high": value + half,
        "success_members": 0.5 + value,
        "success_controls": 0.5,
        "reference": 0.0,
        "n_members": 3600,
        "n_controls": 3600,
        "attack": "loss, lira_offline",
        "detectable": half * 1.27,
        "auc": 0.5 + value / 2,
        "tpr_at_1pct": 0.01 + value / 4,
        "bound": None,
        "violation": False,
        "method": "tuned on one half of the people, scored on the other, swapped; normal interval by person",
        "note": "99% of the guesses had a reference model that left the person out",
        "finite_pool_corrected": value * 0.7,
        **extra,
    }


def reidentification(value: float) -> dict[str, Any]:
    """Return a measured re-identification risk, which has no control."""
    return {
        **membership(value),
        "channel": "rows",
        "success_members": value,
        "success_controls": 0.0,
        "reference": 0.0,
        "n_controls": 0,
        "attack": "equivalence classes",
        "auc": None,
        "tpr_at_1pct": None,
        "note": None,
        "finite_pool_corrected": None,
        "prosecutor_max": min(1.0, value * 2),
        "prosecutor_average": value,
        "share_below": {"5": value / 2},
        "k": 2,
        "whole_table": {"value": value * 0.8, "prosecutor_max": min(1.0, value * 2), "share_below": {"5": value / 3}},
    }


def absent(channel: str, status: str, reason: str) -> dict[str, Any]:
    """Return the record of a risk without a number."""
    return {"channel": channel, "status": status, "reason": reason, "value": None, "low": None, "high": None}


def guarantee(kind: str = "none", **fields: Any) -> dict[str, Any]:
    """Return a guarantee record."""
    names = ("k", "l", "t", "epsilon", "delta", "neighbours", "unit", "mu", "advantage_bound", "tpr_at_1pct_bound")
    return {"kind": kind, **dict.fromkeys(names), "assumptions": [], **fields}


def point(
    name: str,
    technique: str,
    family: str,
    accuracy: float,
    risk: float,
    *,
    swept: dict[str, Any] | None = None,
    release: str = "both",
    meets: tuple[str, str] = ("yes", "yes"),
    proved: dict[str, Any] | None = None,
    **risk_extra: Any,
) -> dict[str, Any]:
    """Return a measured point."""
    swept = swept or {}
    told = ",".join(f"{key}={value}" for key, value in sorted(swept.items()))
    rows = release != "model"
    risks = {"membership": membership(risk, **risk_extra)}
    for threat in ROWS:
        risks[threat] = absent("rows", "not_measured", LATER) if rows else absent("rows", "not_applicable", NO_ROWS)
    risks["reidentification"] = (
        reidentification(min(0.9, 5 * abs(risk) + 0.02)) if rows else absent("rows", "not_applicable", NO_ROWS)
    )
    return {
        "id": f"{name}[{told}]" if told else name,
        "name": name,
        "family": family,
        "swept": swept,
        "recipe": [{"technique": technique, "parameters": dict(swept)}],
        "model": {"key": "random_forest", "trees": 100},
        "release": release,
        "status": "measured",
        "reason": None,
        "replicates": 8,
        "n_train": 3600.5,
        "utility": {
            "accuracy": utility(accuracy, 0.752),
            "balanced_accuracy": utility(accuracy - 0.08, 0.5),
            "roc_auc": utility(accuracy + 0.05, 0.5),
            "accuracy_full": {"value": accuracy + 0.004, "n_train": 7200},
        },
        "risks": risks,
        "worst_risk": {
            "model": {"status": "measured", "threat": "membership", "value": risk, "low": None, "high": None},
            "rows": {"status": "not_measured", "threat": None, "value": None, "low": None, "high": None},
        },
        "guarantee": proved or guarantee(),
        "meets": {"Good enough": meets[0], "Low enough": meets[1]},
        "rows_released": 3590.0 if rows else 0.0,
        "rows_suppressed": 10.5 if rows else 0.0,
        "seconds": 3.21,
    }


def utility(value: float, reference: float) -> dict[str, Any]:
    """Return a utility record."""
    return {
        "value": value,
        "low": value - 0.008,
        "high": value + 0.008,
        "reference": reference,
        "reference_name": "always answering the most frequent class",
        "n": 1800,
        "method": "variance over TEST people plus over replicates",
        "status": "measured",
        "reason": None,
    }


def unmeasured(identifier: str, status: str, reason: str | None, family: str = "coarsen") -> dict[str, Any]:
    """Return a point that was skipped or failed."""
    return {
        "id": identifier,
        "name": identifier,
        "family": family,
        "swept": {},
        "recipe": [{"technique": "mondrian_k_anonymity", "parameters": {"k": 5000}}],
        "model": {"key": "random_forest", "trees": 100},
        "release": "both",
        "status": status,
        "reason": reason,
        "replicates": 0,
        "n_train": None,
        "utility": {},
        "risks": {},
        "worst_risk": {},
        "guarantee": None,
        "meets": {"Good enough": "not_measured", "Low enough": "not_measured"},
        "rows_released": None,
        "rows_suppressed": None,
        "seconds": 0.0,
    }


def example() -> dict[str, Any]:
    """Return a result with every family, every verdict, a bound, a skipped and a failed setting."""
    dp = {"neighbours": "add_remove", "unit": "row", "delta": 1e-5}
    kanon = [
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.846, 0.142, swept={"k": 2}, meets=("yes", "no"),
              proved=guarantee("k_anonymity", k=2, unit="person", assumptions=["The rows are released once."])),
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.838, 0.061, swept={"k": 5}, meets=("yes", "unproven"),
              proved=guarantee("k_anonymity", k=5, unit="person", assumptions=["The rows are released once."])),
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.833, 0.021, swept={"k": 10}, meets=("yes", "yes"),
              proved=guarantee("k_anonymity", k=10, unit="person", assumptions=["The rows are released once."])),
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.803, 0.012, swept={"k": 50},
              meets=("cannot_settle", "yes"),
              proved=guarantee("k_anonymity", k=50, unit="person", assumptions=["The rows are released once."])),
    ]  # fmt: skip
    private = [
        point("private forest", "dp_forest", "train privately", 0.781, 0.004, swept={"epsilon": 1.0}, release="model",
              meets=("no", "yes"),
              proved=guarantee("claimed", epsilon=1.0, assumptions=["Neither relation holds exactly."])),
        point("private regression", "dp_logistic_regression", "train privately", 0.812, 0.006, swept={"epsilon": 0.3},
              release="model", meets=("unproven", "yes"), bound=0.083,
              proved=guarantee("dp", epsilon=0.3, mu=0.21, advantage_bound=0.083, tpr_at_1pct_bound=0.02, **dp)),
        point("private regression", "dp_logistic_regression", "train privately", 0.831, 0.009, swept={"epsilon": 3.0},
              release="model", meets=("yes", "yes"), bound=0.61,
              proved=guarantee("dp", epsilon=3.0, mu=1.7, advantage_bound=0.61, tpr_at_1pct_bound=0.4, **dp)),
    ]  # fmt: skip
    others = [
        point("hide postcode", "drop_columns", "hide", 0.843, 0.118, meets=("yes", "no")),
        point("synthetic rows", "sequential_trees", "replace", 0.836, 0.044, meets=("yes", "unproven")),
        point("noise", "noise_addition", "add noise", 0.818, 0.083, swept={"scale": 0.2}, meets=("yes", "no")),
    ]
    anchors = [
        point("none", "none", "anchor", 0.851, 0.164, meets=("yes", "no")),
        point("constant", "constant", "anchor", 0.752, 0.0, release="model", meets=("no", "yes")),
    ]
    return {
        "schema": "middleground.result/1",
        "study": {
            "name": "Income study",
            "model": {"key": "random_forest", "trees": 100, "min_samples_leaf": 5},
            "effort": "standard",
            "replicates": 8,
            "seed": 7,
            "assume_public_domain": False,
            "attacker": {"knows": [], "secrets": [], "left": [], "right": []},
            "rows": None,
            "metric": "accuracy",
            "threat": "membership",
            "target": "income",
            "knows": ["age", "postcode", "education"],
        },
        "table": {
            "rows": 9000,
            "people": 9000,
            "columns": 14,
            "fingerprint": "9f2c" * 16,
            "test_people": 1800,
            "pool_people": 7200,
            "twins": 3,
        },
        "seed": 7,
        "versions": {"middleground": "0.1.0", "python": "3.11.7", "numpy": "2.4.0"},
        "ledger": {"sweeps": 1, "settings": 14, "replicates": 96, "fits": 108, "releases": 0,
                   "note": "Every number here was computed on the raw table."},
        "requirements": [
            {"name": "Good enough", "metric": "accuracy", "risk": None, "at_least": 0.8, "at_most": None,
             "owner": "Product", "reason": "Below that the rules of thumb win.", "source": "pilot of last year"},
            {"name": "Low enough", "metric": None, "risk": "membership", "at_least": None, "at_most": 0.05,
             "owner": "Privacy office", "reason": "Agreed with the works council.", "source": "minutes, item 4"},
        ],
        "frontier": ["none", "constant", "k-anonymity[k=2]", "k-anonymity[k=5]", "k-anonymity[k=10]",
                     "private forest[epsilon=1.0]", "private regression[epsilon=0.3]",
                     "private regression[epsilon=3.0]", "hide postcode", "synthetic rows"],
        "points": [
            *anchors, *kanon, *private, *others,
            unmeasured("k-anonymity[k=5000]", "skipped", "k = 5000 cannot be reached: a half has about 3600 people"),
            unmeasured("broken", "failed", "the release breaks its own guarantee: a class has 1 person"),
        ],
    }  # fmt: skip
