"""A hand-made result in the form of DESIGN.md section 5, for the tests of charts and reports."""

from __future__ import annotations

from typing import Any

from tests.result_parts import absent, difference, guarantee, membership, on_rows, reidentification, subgroups, worst

LATER = "this attack comes with a later version of Middleground; it was not run"
NO_ROWS = "no rows leave the room under this recipe"
ROWS = ("presence", "singling_out", "linkability", "attribute_inference")


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
    on_released: float | None = None,
    **risk_extra: Any,
) -> dict[str, Any]:
    """Return a measured point; with `on_released` all attacks on rows but presence were made and found that much."""
    swept = swept or {}
    told = ",".join(f"{key}={value}" for key, value in sorted(swept.items()))
    rows = release != "model"
    risks = {"membership": membership(risk, **risk_extra)}
    for threat in ROWS:
        risks[threat] = absent("rows", "not_measured", LATER) if rows else absent("rows", "not_applicable", NO_ROWS)
        if rows and on_released is not None and threat != "presence":
            risks[threat] = on_rows(threat, on_released)
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
            "model": worst("membership", risk, 0.02, 1),
            "rows": worst("linkability", on_released, 0.04, 4) if rows else worst(None, None, 0.0, 0),
        },
        "subgroups": None,
        "guarantee": proved or guarantee(),
        "meets": {"Good enough": meets[0], "Low enough": meets[1]},
        "rows_released": 3590.0 if rows else 0.0,
        "rows_suppressed": 10.5 if rows else 0.0,
        "seconds": 3.21,
    }


def utility(
    value: float,
    reference: float,
    half: float = 0.008,
    name: str = "always answering the most frequent class",
    better: str = "higher",
) -> dict[str, Any]:
    """Return a utility record."""
    return {
        "value": value,
        "low": value - half,
        "high": value + half,
        "reference": reference,
        "reference_name": name,
        "better": better,
        "difference": None,
        "n": 1800,
        "method": "variance over TEST people plus over replicates",
        "status": "measured",
        "reason": None,
    }


def _against(one: dict[str, Any], none: dict[str, Any]) -> None:
    """Write the differences to no protection into a point."""
    for key, found in one["utility"].items():
        if "low" in found:
            change = found["value"] - none["utility"][key]["value"]
            found["difference"] = difference(change, abs(found["high"] - found["low"]) / 4)
    risk = one["risks"]["membership"]
    risk["difference"] = difference(risk["value"] - none["risks"]["membership"]["value"], 0.015)


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
        "subgroups": None,
        "guarantee": None,
        "meets": {"Good enough": "not_measured", "Low enough": "not_measured"},
        "rows_released": None,
        "rows_suppressed": None,
        "seconds": 0.0,
    }


def example() -> dict[str, Any]:
    """Return a result with every family, every verdict, a bound, a skipped and a failed setting."""
    dp = {"neighbours": "add_remove", "unit": "row", "delta": 1e-5}

    def kept(k: int) -> dict[str, Any]:
        return guarantee("k_anonymity", k=k, unit="person", assumptions=["The rows are released once."])

    kanon = [
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.846, 0.142, swept={"k": 2}, meets=("yes", "no"),
              on_released=0.21, proved=kept(2)),
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.838, 0.061, swept={"k": 5}, meets=("yes", "unproven"),
              on_released=0.11, proved=kept(5)),
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.833, 0.021, swept={"k": 10}, meets=("yes", "yes"),
              proved=kept(10)),
        point("k-anonymity", "mondrian_k_anonymity", "coarsen", 0.803, 0.012, swept={"k": 50},
              meets=("cannot_settle", "yes"),
              proved=kept(50)),
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
        point("none", "none", "anchor", 0.851, 0.164, meets=("yes", "no"), on_released=0.31),
        point("constant", "constant", "anchor", 0.752, 0.0, release="model", meets=("no", "yes")),
    ]
    none, five = anchors[0], kanon[1]
    none["subgroups"] = five["subgroups"] = subgroups()
    for one in (anchors[1], *kanon, *private, *others):
        _against(one, none)
    for threat in ROWS:
        none["risks"][threat].pop("difference", None)
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
            "task": "classification",
            "secrets": ["occupation"],
            "left": ["age", "postcode"],
            "right": ["education"],
            "subgroup": "sex",
            "attacked": 7200,
            "attacked_on_rows": 2000,
            "vulnerable": 200,
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
        "frontier_ties": ["k-anonymity[k=50]", "noise[scale=0.2]"],
        "points": [
            *anchors, *kanon, *private, *others,
            unmeasured("k-anonymity[k=5000]", "skipped", "k = 5000 cannot be reached: a half has about 3600 people"),
            unmeasured("broken", "failed", "the release breaks its own guarantee: a class has 1 person"),
        ],
    }  # fmt: skip


def violated_result() -> dict[str, Any]:
    """Return the example with a measured risk above its proved bound of 8.3 of 100: it is at least 10.0."""
    result = example()
    found = result["points"][7]
    change = found["risks"]["membership"]["difference"]
    found["risks"]["membership"] = membership(0.12, bound=0.083, violation=True, difference=change)
    found["worst_risk"]["model"] = worst("membership", 0.12, 0.02, 1)
    return result


def regression_result() -> dict[str, Any]:
    """Return the example for a target that is a number, 14,000 euros off on average without protection."""
    result = example()
    result["study"].update(
        task="regression", metric="mae", model={"key": "linear_regression"}, target="income in euros"
    )
    result["requirements"][0].update(metric="mae", at_least=None, at_most=16000.0)
    measured = [one for one in result["points"] if one["status"] == "measured"]
    for one in measured:
        accuracy = one["utility"]["accuracy"]["value"]
        r2, mae = 3 * accuracy - 2, 14000 + 60000 * (0.851 - accuracy)
        one["utility"] = {
            "r2": utility(r2, 0.0, 0.02, "always predicting the mean of TEST"),
            "mae": utility(mae, 21000.0, 480.0, "always predicting the median of TEST", "lower"),
            "r2_full": {"value": r2 + 0.01, "n_train": 7200},
        }
        if one["subgroups"]:
            one["subgroups"] = subgroups("mae", 4000.0)
    for one in measured[1:]:
        _against(one, measured[0])
    return result
