"""Seeded random streams that do not depend on the order of the work."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.random import Generator


def rng_for(seed: int, *labels: object) -> Generator:
    """Return the stream that belongs to `seed` and these labels.

    The labels are hashed with SHA-256 (the built-in hash differs from process to process), so a technique that is
    added, removed or moved changes no other technique's numbers, and the number of workers changes nothing.

    Examples
    --------
    >>> a, b = rng_for(7, "coins", 0), rng_for(7, "coins", 0)
    >>> float(a.random()) == float(b.random())
    True
    >>> float(rng_for(7, "coins", 1).random()) == float(rng_for(7, "coins", 0).random())
    False
    """
    text = "\x1f".join(str(label) for label in labels)
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=np.uint32)
    return np.random.default_rng(np.random.SeedSequence([seed, *(int(word) for word in words)]))


def seed_from(rng: Generator) -> int:
    """Draw the 31-bit seed that scikit-learn wants."""
    return int(rng.integers(0, 2**31 - 1))
