"""The reverse posterior against Bayes by quadrature, FACTS, and the ε form; KL against quadrature."""

import numpy as np
import pytest

from gradual.forward import q_sample
from gradual.posterior import normal_kl, q_posterior
from gradual.schedules import alpha_bar_from_betas, cosine_beta_schedule, linear_beta_schedule

BETAS = linear_beta_schedule(1000)
ALPHA_BAR = alpha_bar_from_betas(BETAS)


def normal(x, mean, var):
    return np.exp(-((x - mean) ** 2) / (2 * var)) / np.sqrt(2 * np.pi * var)


@pytest.mark.parametrize("t", [2, 10, 40])
def test_it_is_bayes_rule(t):
    """q(x_{t−1} given x_t, x₀) ∝ q(x_t given x_{t−1}) · q(x_{t−1} given x₀), summed on a fine grid."""
    betas = cosine_beta_schedule(40)
    alpha_bar = alpha_bar_from_betas(betas)
    x0, x_t = 0.7, -0.4
    mean, var = q_posterior(np.array([[x0]]), np.array([[x_t]]), t, betas, alpha_bar)
    grid = mean[0, 0] + np.sqrt(var) * np.linspace(-12, 12, 20_001)
    weight = normal(x_t, np.sqrt(1 - betas[t]) * grid, betas[t]) * normal(
        grid, np.sqrt(alpha_bar[t - 1]) * x0, 1 - alpha_bar[t - 1]
    )
    weight /= weight.sum()
    np.testing.assert_allclose(mean[0, 0], weight @ grid, rtol=1e-9)
    np.testing.assert_allclose(var, weight @ (grid - weight @ grid) ** 2, rtol=1e-8)


def test_published_coefficients_and_variances():
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    np.testing.assert_allclose(q_posterior(one, zero, 500, BETAS, ALPHA_BAR)[0], 0.0030700711, rtol=1e-8)
    np.testing.assert_allclose(q_posterior(zero, one, 500, BETAS, ALPHA_BAR)[0], 0.99410667, rtol=1e-8)
    variances = [q_posterior(one, one, t, BETAS, ALPHA_BAR)[1] for t in (2, 488, 1000)]
    np.testing.assert_allclose(variances, [5.453187661e-5, 0.009791571986, 0.01999998353], rtol=1e-9)


def test_the_first_step_back_is_the_data_itself():
    x0, x_1 = np.random.default_rng(0).standard_normal((2, 5, 3))
    mean, var = q_posterior(x0, x_1, 1, BETAS, ALPHA_BAR)
    np.testing.assert_allclose(mean, x0, rtol=1e-9)
    assert var == 0


def test_the_mean_has_an_eps_form():
    """μ̃_t = (x_t − β_t / √(1 − ᾱ_t) · ε) / √(1 − β_t), Ho et al. 2020, eq. 11."""
    x0, eps = np.random.default_rng(1).standard_normal((2, 6, 4))
    for t in (1, 2, 500, 1000):
        x_t = q_sample(x0, t, ALPHA_BAR, eps)
        mean, _ = q_posterior(x0, x_t, t, BETAS, ALPHA_BAR)
        expected = (x_t - BETAS[t] / np.sqrt(1 - ALPHA_BAR[t]) * eps) / np.sqrt(1 - BETAS[t])
        np.testing.assert_allclose(mean, expected, rtol=1e-8, atol=1e-10)


def test_a_number_for_one_time_and_a_column_for_many():
    x0, x_t = np.random.default_rng(2).standard_normal((2, 3, 8, 8))
    t = np.array([1, 7, 1000])
    mean, var = q_posterior(x0, x_t, t, BETAS, ALPHA_BAR)
    assert mean.shape == (3, 8, 8) and var.shape == (3, 1, 1)
    for row in range(3):
        one_mean, one_var = q_posterior(x0[row : row + 1], x_t[row : row + 1], int(t[row]), BETAS, ALPHA_BAR)
        assert np.ndim(one_var) == 0
        np.testing.assert_allclose(mean[row], one_mean[0], rtol=1e-12)
        np.testing.assert_allclose(var[row, 0, 0], one_var, rtol=1e-12)


def test_kl_agrees_with_quadrature():
    mean1, var1 = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.3, 2.0])
    mean2, var2 = np.array([0.5, 1.0, 1.0]), np.array([2.0, 0.7, 0.5])
    x = np.linspace(-16, 16, 320_001)[:, None]
    p, q = normal(x, mean1, var1), normal(x, mean2, var2)
    integrand = np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0)
    np.testing.assert_allclose(normal_kl(mean1, var1, mean2, var2), integrand.sum(axis=0) * 1e-4, rtol=1e-7)
    assert (normal_kl(mean1, var1, mean1, var1) == 0).all()


@pytest.mark.oracle
def test_kl_agrees_with_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    means, variances = rng.standard_normal((2, 9)), rng.uniform(0.1, 3, (2, 9))
    normals = [torch.distributions.Normal(*map(torch.from_numpy, (m, np.sqrt(v)))) for m, v in zip(means, variances)]
    expected = torch.distributions.kl_divergence(*normals).numpy()
    np.testing.assert_allclose(normal_kl(means[0], variances[0], means[1], variances[1]), expected, rtol=1e-10)


def test_bad_arguments_are_refused_by_name():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match="^t: got 0"):
        q_posterior(x, x, 0, BETAS, ALPHA_BAR)
    with pytest.raises(ValueError, match="^alpha_bar: got shape"):
        q_posterior(x, x, 1, BETAS, ALPHA_BAR[:-1])
    with pytest.raises(ValueError, match="^betas: got 0 at index 2"):
        q_posterior(x, x, 1, np.array([0, 0.1, 0]), np.array([1, 0.9, 0.9]))
    with pytest.raises(ValueError, match="^var1: got 0"):
        normal_kl(x, 0.0, x, 1.0)
