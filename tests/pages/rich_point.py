"""One hand-made point with everything that a record may hold, for the tests of the panel."""

from __future__ import annotations

import copy
from typing import Any

from tests.result_example import absent, example


def measured(value: float, low: float, high: float, **extra: Any) -> dict[str, Any]:
    """Return a measured risk of 1,000 members and controls."""
    return {
        "status": "measured",
        "reason": None,
        "channel": "rows",
        "value": value,
        "low": low,
        "high": high,
        "success_members": 0.5 + value,
        "success_controls": 0.5,
        "reference": 0.4,
        "n_members": 1000,
        "n_controls": 1001,
        "attack": "an attack: its variant",
        "detectable": 0.0271,
        "auc": None,
        "tpr_at_1pct": None,
        "bound": None,
        "violation": False,
        "method": "scored on the other half",
        "note": None,
        **extra,
    }


def apart(value: float | None, low: float | None, high: float | None, **extra: Any) -> dict[str, Any]:
    """Return the record of people who are reported apart."""
    status = "undefined" if value is None else "measured"
    reason = "too few people: 7, and 20 are needed" if value is None else None
    return {
        "status": status,
        "reason": reason,
        "value": value,
        "low": low,
        "high": high,
        "n_members": 98,
        "n_controls": 102,
        **extra,
    }


def point(**membership: Any) -> dict[str, Any]:
    """Return a private regression with one risk of every status, a group table and a difference to no protection."""
    found = copy.deepcopy(next(p for p in example()["points"] if p["id"] == "private regression[epsilon=0.3]"))
    difference = {"value": -0.012, "low": -0.015, "high": -0.009, "replicates": 8}
    found["utility"]["accuracy"]["difference"] = {"value": -0.005, "low": -0.008, "high": -0.002, "replicates": 8}
    found["risks"] = {
        "membership": measured(
            0.056,
            0.04,
            0.072,
            channel="model",
            attack="loss, rmia",
            auc=0.531,
            auc_low=0.521,
            auc_high=0.541,
            tpr_at_1pct=0.0152,
            tpr_low=0.011,
            tpr_high=0.021,
            tpr_at_1pct_calibrated={"value": 0.0171, "low": 0.012, "high": 0.023},
            finite_pool_corrected=0.0396,
            residual={"value": 0.112, "low": 0.08, "high": 0.14},
            difference=difference,
            vulnerable=apart(0.31, 0.25, 0.37),
            per_attack={"loss": {"value": 0.041, "auc": 0.52}, "rmia": {"value": 0.055, "auc": 0.53}},
            tied_share=0.25,
            bound=0.1061,
            **membership,
        ),
        "presence": absent("rows", "not_measured", "the sweep <b>stopped</b> first"),
        "singling_out": absent("rows", "undefined", "no description could be made"),
        "linkability": absent("rows", "not_applicable", "no rows leave the room under this recipe"),
        "attribute_inference": measured(
            0.003,
            -0.01,
            0.016,
            attack="attribute_inference: job, nearest 1",
            attempts=16000,
            kinds=[
                {"kind": "job, nearest 1", "status": "measured", "value": 0.003, "low": -0.01, "high": 0.016,
                 "success_members": 0.503, "success_controls": 0.5, "reference": 0.4, "attempts": 8000},
                {"kind": "job, model", "status": "undefined", "value": None, "low": None, "high": None},
            ],
            caps={"people attacked": 2000},
            rare=[
                {"name": "job = farmer", "kind": "job, nearest 1", **apart(0.02, -0.05, 0.09)},
                {"name": "job = soldier", "kind": "job, nearest 1", **apart(None, None, None)},
                {"name": "job = priest", "kind": "job, nearest 1", **apart(0.21, 0.1, 0.32)},
            ],
            vulnerable=apart(None, None, None),
        ),
    }  # fmt: skip
    found["worst_risk"] = {
        "model": {"status": "measured", "threat": "membership", "value": 0.056, "low": 0.04, "high": 0.072,
                  "compared": 1},
        "rows": {"status": "measured", "threat": "attribute_inference", "value": 0.003, "low": -0.012, "high": 0.018,
                 "compared": 4},
    }  # fmt: skip
    found["guarantee"] |= {"advantage_bound": 0.1061, "tpr_at_1pct_bound": 0.02, "assumptions": ["Bounds are public."]}
    found["subgroups"] = {
        "column": "town",
        "metric": "accuracy",
        "groups": [
            {"group": "<i>Kiel</i>", "test_people": 40, "pool_people": 160,
             "accuracy": {"status": "measured", "reason": None, "value": 0.61, "low": 0.45, "high": 0.77, "n": 40},
             "membership": apart(0.2, 0.1, 0.3)},
            {"group": "Ulm", "test_people": 3, "pool_people": 9,
             "accuracy": {"status": "not_measured", "reason": "only 3 TEST people; 20 are needed", "value": None,
                          "low": None, "high": None, "n": None},
             "membership": apart(None, None, None)},
        ],
    }  # fmt: skip
    return found


def result(found: dict[str, Any]) -> dict[str, Any]:
    """Return a result that holds the point, and what the attacker of its study knows."""
    whole = example()
    whole["points"] = [p if p["id"] != found["id"] else found for p in whole["points"]]
    whole["study"] |= {
        "task": "classification",
        "knows": ["age", "town", "job"],
        "secrets": ["job"],
        "left": ["age"],
        "right": ["town"],
        "subgroup": "town",
        "vulnerable": 200,
    }
    return whole
