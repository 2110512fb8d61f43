"""A small fully connected network: how it starts, what it is trained by, and its answers, which need no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.special import expit, softmax

from core.data.table import Labels, Table
from core.techniques.public_encoding import PublicEncoder


def start_layers(widths: Sequence[int], rng: Generator) -> list[Any]:
    """Return torch's layers before training: random weights, but zeros in the last layer.

    Parameters
    ----------
    widths : sequence of int
        Features, the one that is always 1 included; units of each hidden layer; outputs.
    rng : Generator
        The start depends on it alone, never on torch's own generator.
    """
    import torch

    modules: list[Any] = []
    for place, (wide, narrow) in enumerate(pairwise(widths)):
        # the features hold the constant 1, so the first layer needs no constant of its own
        layer = torch.nn.Linear(wide, narrow, bias=place > 0, dtype=torch.float64)
        last = place == len(widths) - 2
        with torch.no_grad():
            start = np.zeros((narrow, wide)) if last else rng.normal(0, 1 / math.sqrt(wide), (narrow, wide))
            layer.weight.copy_(torch.from_numpy(start))
            if place > 0:
                layer.bias.zero_()
        modules += [layer] if last else [layer, torch.nn.Tanh()]
    return modules


def summed_loss(logits: Any, wanted: Any) -> Any:
    """Return the summed loss of these rows."""
    from torch.nn import functional

    if logits.shape[1] == 1:
        return functional.binary_cross_entropy_with_logits(logits[:, 0], wanted.to(logits.dtype), reduction="sum")
    return functional.cross_entropy(logits, wanted, reduction="sum")


@dataclass(frozen=True, eq=False)
class NetworkPredictor:
    """Weights of a network on publicly encoded features; answers need neither torch nor Opacus.

    Parameters
    ----------
    encoder : PublicEncoder
    layers : tuple of arrays
        The first layer's weights, shape (units, features); then weights and constants of each further layer.
    """

    encoder: PublicEncoder
    layers: tuple[Labels, ...]

    def predict_proba(self, table: Table) -> Labels:
        """Return probabilities, shape (rows, classes)."""
        found = np.asarray(self.encoder.sparse(table) @ self.layers[0].T)
        for weights, constants in zip(self.layers[1::2], self.layers[2::2], strict=True):
            found = np.tanh(found) @ weights.T + constants
        if found.shape[1] == 1:
            return np.hstack([expit(-found), expit(found)])
        return np.asarray(softmax(found, axis=1))
