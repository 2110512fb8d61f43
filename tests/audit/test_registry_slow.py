"""Every private technique of the registry against its claim, and the guarded versions of what must not be flagged."""

import math

import numpy as np
import pytest

from core.audit.command import auditable
from core.audit.mechanism import audit_mechanism
from tests.audit.suspects import HalfNoise, LibraryBayes, LibraryLogistic, ReplaceOne

pytestmark = pytest.mark.slow

BROKEN = {"dp_forest": "diffprivlib deals rows out in blocks: one person more moves others between the trees"}
"""Claims that no guard saves yet: they have kind `claimed`, and the audit must refute them at epsilon 1.

At epsilon 4 the breach is there (rates .334 and .0017);
3,000 pairs are at the edge of enough, so either answer is fair.
"""


@pytest.mark.parametrize("epsilon", [1.0, 4.0])
@pytest.mark.parametrize("key", sorted(auditable()))
def test_every_private_technique_keeps_its_claim_or_is_known_not_to(key, epsilon):
    # Wrong with probability 5 % at most for each case of a technique that keeps its claim; the seed is fixed.
    technique = auditable()[key](epsilon=epsilon)
    found = audit_mechanism(technique, pairs=3000, control=False, seed=0)
    if key in BROKEN:
        assert found.claimed
        assert found.flagged or epsilon > 1
    else:
        assert not found.flagged, (found.p_value, found.rates)


@pytest.mark.parametrize("guarded", [LibraryLogistic(norm=1.0), LibraryBayes(shift=1965.0)])
def test_the_guards_make_the_librarys_two_violations_go_away(guarded):
    assert not audit_mechanism(guarded, pairs=3000, control=False, seed=0).flagged


@pytest.mark.parametrize("suspect", [LibraryLogistic(norm=100.0), LibraryBayes()])
def test_without_guards_a_lower_bound_above_the_claim_is_shown(suspect):
    found = audit_mechanism(suspect, control=False, seed=0, confirm_pairs=2000)
    assert found.flagged
    assert found.leak.epsilon > found.claim.epsilon


@pytest.mark.parametrize("epsilon", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("suspect", [HalfNoise, ReplaceOne])
def test_half_the_noise_is_found_within_3000_pairs_at_every_epsilon(suspect, epsilon):
    found = [audit_mechanism(suspect(epsilon=epsilon), control=False, seed=seed, confirm_pairs=50) for seed in range(3)]
    times = [audit.pairs if audit.flagged else math.inf for audit in found]
    assert np.median(times) <= 1500
