"""Whole-number noise: the right probabilities, repeatable with a seed, from the operating system in a release."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from core.errors import UserError
from core.privacy.discrete_noise import (
    SystemGenerator,
    discrete_gaussian,
    discrete_gaussian_release,
    discrete_laplace,
    discrete_laplace_release,
    noisy_best,
)

DRAWS = 40_000


def fits(drawn, weight):
    """Chi-squared p-value of draws against probabilities proportional to `weight`, the tails merged."""
    places = np.arange(-400, 401)
    expected = weight(places) / weight(places).sum() * len(drawn)
    seen = np.bincount(np.clip(drawn, -400, 400) + 400, minlength=801)
    often = expected > 20
    counts = np.append(seen[often], seen[~often].sum())
    wanted = np.append(expected[often], expected[~often].sum())
    return chisquare(counts, wanted).pvalue


@pytest.mark.parametrize("sigma2", [0.2, 1.0, 2.5, 150.0])
def test_gaussian_noise_has_its_probabilities(sigma2):
    drawn = discrete_gaussian(sigma2, DRAWS, np.random.default_rng(3))
    # A fixed seed: right code fails one seed in a thousand; four seeds were not picked over.
    assert fits(drawn, lambda x: np.exp(-(x.astype(float) ** 2) / (2 * sigma2))) > 1e-3


@pytest.mark.parametrize("scale", [0.3, 1.0, 12.5])
def test_laplace_noise_has_its_probabilities(scale):
    drawn = discrete_laplace(scale, DRAWS, np.random.default_rng(4))
    assert fits(drawn, lambda x: np.exp(-np.abs(x) / scale)) > 1e-3


def test_exact_samplers_of_a_release_have_the_same_spread():
    # 2,000 draws: the standard deviation errs by 1 / sqrt(4,000) of itself (a little more for Laplace); six of that.
    assert discrete_gaussian_release(100.0, 2000).std() == pytest.approx(10, rel=0.1)
    assert discrete_laplace_release(10.0, 2000).std() == pytest.approx(10 * 2**0.5, rel=0.2)


def test_a_seed_repeats_noise_and_a_release_never_does():
    seeded = [discrete_gaussian(50.0, (3, 5), np.random.default_rng(1)) for _ in range(2)]
    assert seeded[0].shape == (3, 5)
    assert (seeded[0] == seeded[1]).all()
    same = SystemGenerator(np.random.PCG64(1)), SystemGenerator(np.random.PCG64(1))
    for sampler in (discrete_gaussian, discrete_laplace):
        first, second = (sampler(1e6, 20, rng) for rng in same)
        assert (first != second).any()


def test_a_generator_for_releases_stays_one_when_it_is_split():
    assert type(SystemGenerator.fresh().spawn(1)[0]) is SystemGenerator


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_noise_of_no_width_is_refused(wrong):
    for sampler in (discrete_gaussian, discrete_laplace):
        with pytest.raises(UserError, match="positive"):
            sampler(wrong, 3, np.random.default_rng(0))


def test_a_noisy_choice_has_the_probabilities_of_the_exponential_mechanism_seeded_or_not():
    scores, scale, draws = [0.0, 2.0, 4.0], 2.0, 3000
    wanted = np.exp(np.array(scores) / scale)
    for rng in (np.random.default_rng(5), SystemGenerator.fresh()):
        seen = np.bincount([noisy_best(scores, scale, rng) for _ in range(draws)], minlength=3)
        # The second is not seeded, so that this fails by chance once in 10^7 runs.
        assert chisquare(seen, wanted / wanted.sum() * draws).pvalue > 1e-7


def test_a_noisy_choice_without_a_scale_is_refused():
    with pytest.raises(UserError, match="scale must be positive"):
        noisy_best([1.0], 0.0, np.random.default_rng(0))
