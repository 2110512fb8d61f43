"""What the target asks for: a model that predicts classes or numbers, with metrics and limits that go with it."""

from __future__ import annotations

from typing import Any

from core.data.table import task_of
from core.models import MODELS
from core.tradeoff.requirement import QUANTITIES
from core.utility.metrics import ALL_METRICS, metrics_for
from pages.components.vault import Workspace

DEFAULTS = {"classification": "logistic_regression", "regression": "linear_regression"}
"""Task -> the model that a study starts with: the fastest."""
_PREDICTS = {"classification": "classes", "regression": "numbers"}


def task(space: Workspace) -> str:
    """Return the task of the workspace's target, asked of the whole table once for each target."""
    table = space.table
    if table is None or table.schema.target is None:
        return "classification"
    column = table.schema[table.schema.target]
    mark = (column.name, str(column.kind), id(table.frame))
    held = space.notes.get("task")
    if held is None or held[0] != mark:
        held = (mark, task_of(table))
        space.notes["task"] = held
    return str(held[1])


def model_key(head: dict[str, Any]) -> str:
    """Return the key of a study's model, which may be a key or a table with parameters."""
    held = head.get("model", DEFAULTS["classification"])
    return str(held["key"] if isinstance(held, dict) else held)


def models(space: Workspace) -> list[str]:
    """Return the models that can predict the target."""
    return [key for key, model in MODELS.items() if model.task == task(space)]


def settle(space: Workspace) -> list[str]:
    """Make the draft fit its target, and return in sentences what was changed for that.

    A classifier cannot predict numbers, and a limit on accuracy says nothing about an average error: the model is
    switched, the metric too, and limits that have lost their meaning are set aside. Nothing happens when all fits.
    """
    head = space.draft.get("study")
    if space.table is None or space.table.schema.target is None or head is None:
        return []
    wanted, key = task(space), model_key(head)
    told = []
    if key in MODELS and MODELS[key].task != wanted:
        head["model"] = DEFAULTS[wanted]
        told.append(
            f"The target holds {_PREDICTS[wanted]}, and {MODELS[key].title} predicts {_PREDICTS[MODELS[key].task]}: "
            f"the model is now {MODELS[head['model']].title}."
        )
    metrics = metrics_for(wanted)
    if head.get("metric") and head["metric"] not in metrics:
        head["metric"] = next(iter(metrics))
        told.append(f"The chart now shows {metrics[head['metric']].title}.")
    kept = []
    for block in space.draft.get("requirement", []):
        name, quantity = block.get("metric"), QUANTITIES.get(block.get("limit_on") or "")
        if name in ALL_METRICS and name not in metrics:
            told.append(f"The limit on {ALL_METRICS[name].title} was removed: this target has no such number.")
        elif quantity is not None and quantity.task not in (None, wanted):
            told.append(f"The limit on {quantity.title} was removed: this target has no such number.")
        else:
            kept.append(block)
    if told:
        space.draft["requirement"] = kept
        space.notes["settled"] = told
        space.revision += 1
    return told
