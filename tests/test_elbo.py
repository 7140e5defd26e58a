"""The ELBO against SciPy's densities, quadrature, and the published gaps of a mixture whose entropy is known."""

import numpy as np
import pytest

from gradual.elbo import (
    exact_vlb_terms,
    expected_terms,
    linear_eps_mse,
    mean_square,
    mixture_entropy,
    reverse_variances,
    simple_loss,
    smallest_eps_mse,
    step_errors,
    vlb_terms,
)
from gradual.mixture import FOUR_BELLS, GaussianMixture
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule

BETAS = linear_beta_schedule(1000)
ALPHA_BAR = alpha_bar_from_betas(BETAS)
ENTROPY = 1.000676943374463


def short(T=6):
    betas = linear_beta_schedule(T, 0.05, 0.4)
    return betas, alpha_bar_from_betas(betas)


def linear_model(x_t, t):
    return 0.3 * x_t - 0.1 * t


@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_each_term_is_what_its_definition_says(variance):
    """Densities and divergences of one sample, from SciPy, with nothing of the course's in between."""
    stats = pytest.importorskip("scipy.stats")
    betas, alpha_bar = short()
    rng = np.random.default_rng(0)
    x0, noise = rng.standard_normal((1, 2)), rng.standard_normal((6, 1, 2))
    L_0, L_step, L_T = vlb_terms(x0, linear_model, betas, alpha_bar, noise, variance)

    def divergence(mean1, var1, mean2, var2):
        """By quadrature, summed over entries."""
        z = np.linspace(-11, 11, 40_001)[:, None]
        x = mean1 + np.sqrt(var1) * z
        gap = stats.norm.logpdf(x, mean1, np.sqrt(var1)) - stats.norm.logpdf(x, mean2, np.sqrt(var2))
        return (stats.norm.pdf(z) * gap).sum() * (z[1, 0] - z[0, 0])

    def means_of(t):
        a, before, b = alpha_bar[t], alpha_bar[t - 1], betas[t]
        x_t = np.sqrt(a) * x0 + np.sqrt(1 - a) * noise[t - 1]
        true = (np.sqrt(before) * b * x0 + np.sqrt(1 - b) * (1 - before) * x_t) / (1 - a)
        return true, (x_t - b / np.sqrt(1 - a) * linear_model(x_t, t)) / np.sqrt(1 - b), b * (1 - before) / (1 - a)

    _, guess, _ = means_of(1)
    np.testing.assert_allclose(L_0, -stats.norm.logpdf(x0, guess, np.sqrt(betas[1])).sum(), rtol=1e-9)
    assert L_step.shape == (5,)
    for t in range(2, 7):
        true, guess, var = means_of(t)
        sigma2 = var if variance == "posterior" else betas[t]
        np.testing.assert_allclose(L_step[t - 2], divergence(true[0], var, guess[0], sigma2), rtol=1e-6)
    np.testing.assert_allclose(
        L_T, divergence(np.sqrt(alpha_bar[-1]) * x0[0], 1 - alpha_bar[-1], 0 * x0[0], 1.0), rtol=1e-6
    )


def test_terms_are_means_over_the_batch():
    betas, alpha_bar = short()
    rng = np.random.default_rng(1)
    x0, noise = rng.standard_normal((3, 2, 2)), rng.standard_normal((6, 3, 2, 2))
    together = vlb_terms(x0, linear_model, betas, alpha_bar, noise)
    alone = [vlb_terms(x0[i : i + 1], linear_model, betas, alpha_bar, noise[:, i : i + 1]) for i in range(3)]
    for got, each in zip(together, zip(*alone)):
        np.testing.assert_allclose(got, np.mean(each, axis=0), rtol=1e-12)


@pytest.mark.parametrize(("variance", "gap"), [("beta", 0.006731), ("posterior", 0.442933), ("best", 0.005087)])
def test_the_published_gap_between_bound_and_entropy(variance, gap):
    L_0, L_step, L_T = exact_vlb_terms(FOUR_BELLS, BETAS, ALPHA_BAR, variance)
    np.testing.assert_allclose(L_0 + L_step.sum() + L_T - ENTROPY, gap, atol=5e-7)


def test_the_entropy_of_four_bells():
    np.testing.assert_allclose(mixture_entropy(FOUR_BELLS), ENTROPY, atol=1e-12)


def test_the_best_variance_is_best():
    """Against a search over σ² for every step."""
    betas, alpha_bar = short()
    errors = step_errors(smallest_eps_mse(FOUR_BELLS, alpha_bar), betas, alpha_bar)

    def terms(sigma2):
        L_0, L_step, _ = expected_terms(errors, sigma2, mean_square(FOUR_BELLS), betas, alpha_bar)
        return np.append(L_0, L_step)

    searched = np.min([terms(np.full(7, s)) for s in np.exp(np.linspace(-6, 1, 2_001))], axis=0)
    np.testing.assert_allclose(terms(reverse_variances(betas, alpha_bar, errors)["best"]), searched, atol=1e-6)


def test_a_denoiser_that_knows_mean_and_variance_only():
    """Its squared error and its terms, against 100 000 samples, within 5 standard errors."""
    betas, alpha_bar = short()
    rng = np.random.default_rng(5)
    x0, noise = FOUR_BELLS.sample(100_000, rng), rng.standard_normal((6, 100_000, 1))
    mean, variance = 0.111450, 1.171857
    bell = GaussianMixture([1.0], [[mean]], [[[variance]]])
    model = bell.eps_model(alpha_bar)
    for t in (1, 3, 6):
        x_t = np.sqrt(alpha_bar[t]) * x0 + np.sqrt(1 - alpha_bar[t]) * noise[t - 1]
        squares = (model(x_t, t) - noise[t - 1]) ** 2
        expected = linear_eps_mse(FOUR_BELLS, alpha_bar)[t]
        assert abs(squares.mean() - expected) < 5 * squares.std() / np.sqrt(len(squares))
    errors = step_errors(linear_eps_mse(FOUR_BELLS, alpha_bar), betas, alpha_bar)
    sigma2 = reverse_variances(betas, alpha_bar, errors)["posterior"]
    exact = expected_terms(errors, sigma2, mean_square(FOUR_BELLS), betas, alpha_bar)
    parts = [vlb_terms(x0[i::20], model, betas, alpha_bar, noise[:, i::20]) for i in range(20)]
    for got, wanted in zip(map(np.array, zip(*parts)), exact):
        assert (np.abs(got.mean(axis=0) - wanted) < 5 * got.std(axis=0, ddof=1) / np.sqrt(20)).all()


def test_sampled_terms_agree_with_the_exact_ones():
    """With 20 000 samples, within 5 standard errors, term by term."""
    betas, alpha_bar = short(20)
    rng = np.random.default_rng(3)
    x0 = FOUR_BELLS.sample(20_000, rng)
    noise = rng.standard_normal((20, 20_000, 1))
    eps_model = FOUR_BELLS.eps_model(alpha_bar)
    exact = exact_vlb_terms(FOUR_BELLS, betas, alpha_bar)
    parts = [vlb_terms(x0[i::20], eps_model, betas, alpha_bar, noise[:, i::20]) for i in range(20)]
    for got, expected in zip(map(np.array, zip(*parts)), exact):
        error = got.std(axis=0, ddof=1) / np.sqrt(20)
        assert (np.abs(got.mean(axis=0) - expected) < 5 * error).all()


def test_the_irreducible_loss_of_four_bells():
    np.testing.assert_allclose(smallest_eps_mse(FOUR_BELLS, ALPHA_BAR)[1:].mean(), 0.255921, atol=5e-7)


def test_the_irreducible_loss_of_one_bell_has_a_formula():
    """For x₀ ~ N(m, s²): ᾱ s² / (ᾱ s² + 1 − ᾱ)."""
    bell = GaussianMixture([1.0], [[0.7]], [[[2.0]]])
    expected = 2 * ALPHA_BAR / (2 * ALPHA_BAR + 1 - ALPHA_BAR)
    np.testing.assert_allclose(smallest_eps_mse(bell, ALPHA_BAR), expected, atol=1e-11)


def test_in_the_plane_the_irreducible_loss_is_the_mean_over_both_coordinates():
    """Two bells along the first coordinate, one along the second, independent: each has its own."""
    bells = GaussianMixture([0.4, 0.6], [[-1.0], [1.2]], [[[0.1]], [[0.2]]])
    plane = GaussianMixture([0.4, 0.6], [[-1.0, 0.3], [1.2, 0.3]], [np.diag([0.1, 0.5]), np.diag([0.2, 0.5])])
    along_second = 0.5 * ALPHA_BAR / (0.5 * ALPHA_BAR + 1 - ALPHA_BAR)
    expected = (smallest_eps_mse(bells, ALPHA_BAR) + along_second) / 2
    np.testing.assert_allclose(smallest_eps_mse(plane, ALPHA_BAR), expected, atol=1e-9)


def test_for_gaussian_data_the_bound_is_tight():
    """Each reverse step is Gaussian then, so with the best variance the bound is the entropy, ½ log 2πe s²."""
    bell = GaussianMixture([1.0], [[0.0]], [[[0.5]]])
    betas = linear_beta_schedule(50, 0.002, 0.9)
    alpha_bar = alpha_bar_from_betas(betas)
    L_0, L_step, L_T = exact_vlb_terms(bell, betas, alpha_bar, "best")
    np.testing.assert_allclose(L_0 + L_step.sum() + L_T, 0.5 * np.log(2 * np.pi * np.e * 0.5), atol=1e-9)


def test_simple_loss_is_the_mean_squared_error_of_the_noise():
    rng = np.random.default_rng(4)
    x0, noise = rng.standard_normal((2, 5, 3))
    t = np.array([1, 10, 100, 500, 1000])
    a = ALPHA_BAR[t][:, None]
    expected = np.mean((0.5 * (np.sqrt(a) * x0 + np.sqrt(1 - a) * noise) - noise) ** 2)
    np.testing.assert_allclose(simple_loss(lambda x_t, t: 0.5 * x_t, x0, t, ALPHA_BAR, noise), expected, rtol=1e-12)
    assert simple_loss(lambda x_t, t: noise, x0, t, ALPHA_BAR, noise) == 0


def test_bad_arguments_are_refused_by_name():
    betas, alpha_bar = short()
    x0, noise = np.zeros((2, 3)), np.zeros((6, 2, 3))
    with pytest.raises(ValueError, match="^variance: got 'best'"):
        vlb_terms(x0, linear_model, betas, alpha_bar, noise, "best")
    with pytest.raises(ValueError, match="^noise: got shape"):
        vlb_terms(x0, linear_model, betas, alpha_bar, noise[1:])
    with pytest.raises(ValueError, match="^t: got 0"):
        simple_loss(linear_model, x0, 0, alpha_bar, x0)
