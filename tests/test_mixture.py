"""Gaussian mixtures against SciPy, finite differences and quadrature."""

import numpy as np
import pytest

from gradual.mixture import (
    FOUR_BELLS,
    GaussianMixture,
    component_log_prob,
    diffuse_mixture,
    mixture_log_prob,
    mixture_score,
    responsibilities,
    tweedie,
)
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule


@pytest.fixture
def tilted():
    """Three tilted bells in the plane."""
    rng = np.random.default_rng(3)
    roots = rng.standard_normal((3, 2, 2))
    return GaussianMixture(
        [0.5, 0.2, 0.3], rng.normal(0, 2, (3, 2)), roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(2)
    )


def test_log_prob_agrees_with_scipy(tilted):
    stats = pytest.importorskip("scipy.stats")
    x = np.random.default_rng(0).normal(0, 3, (50, 2))
    densities = [w * stats.multivariate_normal(m, c).pdf(x) for w, m, c in zip(*tilted.parts)]
    np.testing.assert_allclose(component_log_prob(x, *tilted.parts), np.log(densities).T, rtol=1e-9)
    np.testing.assert_allclose(mixture_log_prob(x, *tilted.parts), np.log(np.sum(densities, axis=0)), rtol=1e-9)
    np.testing.assert_allclose(responsibilities(x, *tilted.parts), (densities / np.sum(densities, axis=0)).T, rtol=1e-8)


def test_score_agrees_with_finite_differences(tilted):
    x, h = np.random.default_rng(1).normal(0, 2, (20, 2)), 1e-5
    slopes = [(tilted.log_prob(x + h * e) - tilted.log_prob(x - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(mixture_score(x, *tilted.parts), np.transpose(slopes), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("far", [1e3, 1e6, -1e8])
def test_far_from_the_data_nothing_overflows_and_the_nearest_bell_rules(far):
    x = np.array([[far]])
    widest = 2
    with np.errstate(all="raise", under="ignore"):
        log_prob, score = FOUR_BELLS.log_prob(x), FOUR_BELLS.score(x)
        r = FOUR_BELLS.responsibilities(x)
    offset, var = far - FOUR_BELLS.means[widest, 0], FOUR_BELLS.covs[widest, 0, 0]
    np.testing.assert_allclose(score, [[-offset / var]], rtol=1e-12)
    np.testing.assert_allclose(
        log_prob, np.log(0.35) - 0.5 * np.log(2 * np.pi * var) - 0.5 * offset**2 / var, rtol=1e-12
    )
    np.testing.assert_array_equal(r, np.eye(4)[[widest]])


def test_the_diffused_mixture_is_the_convolution_with_noise():
    integrate = pytest.importorskip("scipy.integrate")
    alpha_bar_t = 0.4
    for x_t in (-1.3, 0.2, 2.0):

        def joint(x0, x_t=x_t):
            noise = np.exp(-((x_t - np.sqrt(alpha_bar_t) * x0) ** 2) / (2 * (1 - alpha_bar_t)))
            return np.exp(FOUR_BELLS.log_prob(np.array([[x0]]))[0]) * noise / np.sqrt(2 * np.pi * (1 - alpha_bar_t))

        density, _ = integrate.quad(joint, -6, 6, points=FOUR_BELLS.means[:, 0], epsabs=1e-12, limit=200)
        first_moment, _ = integrate.quad(
            lambda x0: x0 * joint(x0), -6, 6, points=FOUR_BELLS.means[:, 0], epsabs=1e-12, limit=200
        )
        point = np.array([[x_t]])
        np.testing.assert_allclose(FOUR_BELLS.diffuse(alpha_bar_t).log_prob(point), np.log(density), atol=1e-9)
        np.testing.assert_allclose(FOUR_BELLS.posterior_mean(point, alpha_bar_t), [[first_moment / density]], atol=1e-9)


def test_diffusing_ends_in_the_standard_normal_and_starts_with_the_data(tilted):
    weights, means, covs = diffuse_mixture(*tilted.parts, 0.0)
    np.testing.assert_array_equal(means, 0 * means)
    np.testing.assert_array_equal(covs, np.broadcast_to(np.eye(2), (3, 2, 2)))
    for got, expected in zip(diffuse_mixture(*tilted.parts, 1.0), tilted.parts):
        np.testing.assert_array_equal(got, expected)


def test_diffusing_twice_is_diffusing_once_by_the_product(tilted):
    twice, once = tilted.diffuse(0.6).diffuse(0.5), tilted.diffuse(0.3)
    np.testing.assert_allclose(twice.means, once.means, rtol=1e-12)
    np.testing.assert_allclose(twice.covs, once.covs, rtol=1e-12)


def test_tweedie_undoes_gaussian_noise_as_far_as_possible():
    """For x₀ ~ N(0, s²) the posterior mean is √ᾱ s² / (ᾱ s² + 1 − ᾱ) · x_t."""
    x_t, alpha_bar_t, s2 = np.linspace(-2, 2, 5), 0.3, 2.5
    marginal = alpha_bar_t * s2 + 1 - alpha_bar_t
    expected = np.sqrt(alpha_bar_t) * s2 / marginal * x_t
    np.testing.assert_allclose(tweedie(x_t, -x_t / marginal, alpha_bar_t), expected, rtol=1e-12, atol=1e-15)


def test_the_exact_noise_predictor_takes_one_time_or_one_for_each_sample(tilted):
    alpha_bar = alpha_bar_from_betas(linear_beta_schedule(50, 1e-3, 0.2))
    eps_model, x, t = (
        tilted.eps_model(alpha_bar),
        np.random.default_rng(4).normal(size=(6, 2)),
        np.array([1, 50, 7, 7, 1, 20]),
    )
    together = eps_model(x, t)
    for row in range(6):
        np.testing.assert_allclose(together[row], eps_model(x[row : row + 1], int(t[row]))[0], rtol=1e-12)
    x0 = tilted.posterior_mean(x, alpha_bar[20])
    np.testing.assert_allclose(
        np.sqrt(alpha_bar[20]) * x0 + np.sqrt(1 - alpha_bar[20]) * eps_model(x, 20), x, rtol=1e-12
    )


def test_samples_have_the_mixture_mean_and_covariance(tilted):
    x = tilted.sample(200_000, np.random.default_rng(5))
    mean = tilted.weights @ tilted.means
    cov = np.einsum(
        "k,kij->ij", tilted.weights, tilted.covs + tilted.means[:, :, None] * tilted.means[:, None, :]
    ) - np.outer(mean, mean)
    np.testing.assert_allclose(x.mean(axis=0), mean, atol=5 * np.sqrt(cov.max() / 200_000))
    np.testing.assert_allclose(np.cov(x.T), cov, rtol=0.03)


def test_four_bells_has_the_published_moments_and_entropy():
    x = np.linspace(-7, 7, 20_001)[:, None]
    log_p = FOUR_BELLS.log_prob(x)
    p = np.exp(log_p) * (x[1, 0] - x[0, 0])
    mean = p @ x[:, 0]
    np.testing.assert_allclose([mean, p @ (x[:, 0] - mean) ** 2, -p @ log_p], [0.111450, 1.171857, 1.000677], atol=5e-7)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"weights": [0.5, 0.6]}, "weights"),
        ({"weights": [1.0, 0.0]}, "weights"),
        ({"means": np.zeros((3, 2))}, "means"),
        ({"covs": np.zeros((2, 2, 2))}, "covs"),
        ({"covs": np.array([[[1, 0.5], [0, 1]]] * 2)}, "covs"),
    ],
)
def test_what_is_no_mixture_is_refused_by_name(change, names):
    good = {"weights": [0.5, 0.5], "means": np.zeros((2, 2)), "covs": np.array([np.eye(2)] * 2)}
    GaussianMixture(**good)
    with pytest.raises(ValueError, match=f"^{names}: got"):
        GaussianMixture(**good | change)


def test_points_and_levels_out_of_range_are_refused(tilted):
    with pytest.raises(ValueError, match="^x: got shape"):
        tilted.log_prob(np.zeros(2))
    with pytest.raises(ValueError, match="^alpha_bar_t: got 1.5"):
        tilted.diffuse(1.5)
    with pytest.raises(ValueError, match="^alpha_bar_t: got 0"):
        tweedie(np.zeros(2), np.zeros(2), 0.0)
