"""The records that a hand-made result is put together from."""

from __future__ import annotations

from typing import Any


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
        "auc_low": 0.49 + value / 2,
        "auc_high": 0.51 + value / 2,
        "tpr_low": 0.008 + value / 4,
        "tpr_high": 0.013 + value / 4,
        "tpr_attack": "lira_offline",
        "tpr_method": "pooled: one threshold for everybody, 1 % false alarms on average; Clopper-Pearson",
        "tpr_at_1pct_calibrated": {"value": 0.012 + value / 4, "low": 0.01, "high": 0.02 + value / 4},
        "per_attack": {
            "loss": {"value": value * 0.6, "auc": 0.5 + value / 3},
            "lira_offline": {"value": value, "auc": 0.5 + value / 2},
        },
        "out_reference_share": 0.99,
        "tied_share": 0.25,
        "residual": residual(0.5 + value, 0.5),
        "vulnerable": apart(2 * value, people=200),
        **extra,
    }


def residual(inside: float, outside: float) -> dict[str, Any]:
    """Return the share of the attacker's failures that the data turn into hits."""
    value = 1 - (1 - inside) / (1 - outside)
    return {"value": value, "low": value - 0.04, "high": value + 0.04}


def apart(value: float, half: float = 0.07, **extra: Any) -> dict[str, Any]:
    """Return the record of some people who are reported apart, as those who stand out most."""
    return {
        "status": "measured",
        "reason": None,
        "value": value,
        "low": value - half,
        "high": value + half,
        "success_members": 0.5 + value,
        "success_controls": 0.5,
        "n_members": 101,
        "n_controls": 99,
        **extra,
    }


def too_few(**extra: Any) -> dict[str, Any]:
    """Return the record of people who are too few for a number."""
    empty = dict.fromkeys(("value", "low", "high", "success_members", "success_controls"))
    reason = "too few people: 7, and 20 are needed"
    return {"status": "undefined", "reason": reason, **empty, "n_members": 4, "n_controls": 3, **extra}


def difference(value: float, half: float) -> dict[str, Any]:
    """Return a paired difference to no protection."""
    return {"value": value, "low": value - half, "high": value + half, "replicates": 8}


KINDS = {
    "presence": ("nearest 1", "pairs of columns"),
    "singling_out": ("one column", "all known columns"),
    "linkability": ("lists of 1", "lists of 10"),
    "attribute_inference": ("occupation, nearest 1", "occupation, model"),
}


def on_rows(threat: str, value: float, half: float = 0.03) -> dict[str, Any]:
    """Return a measured risk of released rows; attribute inference has two rare values, one without a number."""
    kinds = [
        {"kind": kind, "status": "measured", "value": value * share, "low": value * share - half,
         "high": value * share + half, "success_members": 0.4 + value * share, "success_controls": 0.4,
         "reference": 0.35, "attempts": 16000}
        for kind, share in zip(KINDS[threat], (1.0, 0.5), strict=True)
    ]  # fmt: skip
    rare = [
        {"name": "occupation = Armed-Forces", "kind": KINDS[threat][0], **apart(value + 0.11)},
        {"name": "occupation = Priv-house-serv", "kind": KINDS[threat][0], **too_few()},
    ]
    return {
        **dict.fromkeys(("tpr_at_1pct", "bound", "note", "reason")),
        "channel": "rows",
        "status": "measured",
        "value": value,
        "low": value - half,
        "high": value + half,
        "success_members": 0.4 + value,
        "success_controls": 0.4,
        "reference": 0.35,
        "n_members": 1000,
        "n_controls": 1001,
        "attack": f"{threat}: {KINDS[threat][0]}",
        "detectable": half * 1.27,
        "auc": 0.5 + value / 2 if threat == "presence" else None,
        "violation": False,
        "method": "variant chosen on one half of the people, scored on the other, swapped; normal interval by person",
        "attempts": 16008,
        "kinds": kinds,
        "caps": {"people of the population sample": 2400.0} if threat == "presence" else {},
        "tied_share": 0.021,
        "residual": residual(0.4 + value, 0.4),
        "rare": rare if threat == "attribute_inference" else [],
        "vulnerable": apart(value + 0.2),
        "difference": difference(value - 0.3, 0.02),
    }


def subgroups(metric: str = "accuracy", unit: float = 1.0) -> dict[str, Any]:
    """Return three groups, the worst first, the last of them too small for a number."""
    worst, best = (0.701, 0.868) if metric == "accuracy" else (5.5 * unit, 3.5 * unit)
    half = 0.06 * unit
    return {
        "column": "sex",
        "metric": metric,
        "groups": [
            {"group": "Female", "test_people": 612, "pool_people": 2431,
             metric: {"status": "measured", "reason": None, "value": worst, "low": worst - half, "high": worst + half,
                      "n": 612}, "membership": apart(0.093)},
            {"group": "Male", "test_people": 1180, "pool_people": 4755,
             metric: {"status": "measured", "reason": None, "value": best, "low": best - half, "high": best + half,
                      "n": 1180}, "membership": apart(0.044)},
            {"group": "Not told", "test_people": 8, "pool_people": 14,
             metric: {"status": "not_measured", "reason": "only 8 TEST people; 20 are needed", "value": None,
                      "low": None, "high": None, "n": None}, "membership": too_few()},
        ],
    }  # fmt: skip


def reidentification(value: float) -> dict[str, Any]:
    """Return a measured re-identification risk, which has no control."""
    shared = ("status", "reason", "value", "low", "high", "reference", "n_members", "detectable", "bound", "violation")
    found = membership(value)
    return {
        **{name: found[name] for name in shared},
        **dict.fromkeys(("auc", "tpr_at_1pct", "note")),
        "channel": "rows",
        "success_members": value,
        "success_controls": 0.0,
        "n_controls": 0,
        "attack": "equivalence classes",
        "method": "sum over released people of 1 / people of the class, over all members; jackknife plus replicates",
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


def worst(threat: str | None, value: float | None, half: float, compared: int) -> dict[str, Any]:
    """Return the worst risk of a channel: without a threat it does not arise, without a value nobody tried."""
    if threat is None or value is None:
        status = "not_applicable" if threat is None else "not_measured"
        return {"status": status, "threat": None, "value": None, "low": None, "high": None}
    return {
        "status": "measured",
        "threat": threat,
        "value": value,
        "low": value - half,
        "high": value + half,
        "compared": compared,
    }
