"""ε, x₀, v and the score, each against the definition of x_t and against diffusers."""

import numpy as np
import pytest

from gradual.forward import q_sample
from gradual.mixture import FOUR_BELLS
from gradual.parameterization import eps_from_score, eps_from_v, eps_from_x0, score_from_eps, v_from_eps, x0_from_eps
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule

ALPHA_BAR = alpha_bar_from_betas(linear_beta_schedule(1000))


@pytest.fixture(params=[1, 500, 1000, np.array([1, 500, 1000, 2])], ids=["first", "middle", "last", "a batch"])
def noised(request):
    rng = np.random.default_rng(0)
    x0, eps = rng.standard_normal((2, 4, 3, 2))
    return x0, eps, request.param, q_sample(x0, request.param, ALPHA_BAR, eps)


def test_each_is_found_from_another(noised):
    x0, eps, t, x_t = noised
    a = ALPHA_BAR[t].reshape(np.shape(t) + (1, 1)) if np.ndim(t) else ALPHA_BAR[t]
    np.testing.assert_allclose(x0_from_eps(x_t, eps, t, ALPHA_BAR), x0, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(eps_from_x0(x_t, x0, t, ALPHA_BAR), eps, rtol=1e-9, atol=1e-12)
    v = v_from_eps(x_t, eps, t, ALPHA_BAR)
    np.testing.assert_allclose(v, np.sqrt(a) * eps - np.sqrt(1 - a) * x0, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(eps_from_v(x_t, v, t, ALPHA_BAR), eps, rtol=1e-9, atol=1e-12)
    score = score_from_eps(x_t, eps, t, ALPHA_BAR)
    np.testing.assert_allclose(eps_from_score(x_t, score, t, ALPHA_BAR), eps, rtol=1e-12)


def test_the_score_of_x_t_given_x0_is_its_gaussian_slope(noised):
    x0, eps, t, x_t = noised
    a = ALPHA_BAR[t].reshape(np.shape(t) + (1, 1)) if np.ndim(t) else ALPHA_BAR[t]
    slope = -(x_t - np.sqrt(a) * x0) / (1 - a)
    np.testing.assert_allclose(score_from_eps(x_t, eps, t, ALPHA_BAR), slope, rtol=1e-9, atol=1e-12)


def test_the_exact_eps_stands_for_the_exact_score():
    x = np.linspace(-3, 3, 7)[:, None]
    got = score_from_eps(x, FOUR_BELLS.eps_model(ALPHA_BAR)(x, 300), 300, ALPHA_BAR)
    np.testing.assert_allclose(got, FOUR_BELLS.diffuse(ALPHA_BAR[300]).score(x), rtol=1e-12)


@pytest.mark.oracle
def test_velocity_and_x0_agree_with_diffusers():
    torch, diffusers = pytest.importorskip("torch"), pytest.importorskip("diffusers")
    scheduler = diffusers.DDPMScheduler(1000, beta_start=1e-4, beta_end=0.02)
    scheduler.alphas_cumprod = torch.from_numpy(ALPHA_BAR[1:])
    x0, eps = np.random.default_rng(0).standard_normal((2, 4, 3))
    t = np.array([1, 250, 999, 1000])
    x_t = q_sample(x0, t, ALPHA_BAR, eps)
    velocity = scheduler.get_velocity(torch.from_numpy(x0), torch.from_numpy(eps), torch.from_numpy(t - 1))
    np.testing.assert_allclose(v_from_eps(x_t, eps, t, ALPHA_BAR), velocity.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("function", [x0_from_eps, eps_from_x0, v_from_eps, score_from_eps, eps_from_v, eps_from_score])
def test_the_ends_are_refused(function):
    x = np.zeros((2, 3))
    for t in (0, 1001, np.array([1, 0]), np.array([1]), 1.5):
        with pytest.raises(ValueError, match="^t: got"):
            function(x, x, t, ALPHA_BAR)
    with pytest.raises(ValueError, match="got shape"):
        function(x, x[:1], 1, ALPHA_BAR)
    with pytest.raises(ValueError, match="finite"):
        function(x, x + np.nan, 1, ALPHA_BAR)


def test_pure_noise_holds_no_x0_and_clean_data_no_eps():
    x = np.zeros((2, 3))
    for function in (x0_from_eps, v_from_eps):
        with pytest.raises(ValueError, match="^alpha_bar: got 0 at timestep t"):
            function(x, x, 2, np.array([1, 0.5, 0]))
    for function in (eps_from_x0, score_from_eps):
        with pytest.raises(ValueError, match="^alpha_bar: got 1 at timestep t"):
            function(x, x, 1, np.array([1, 1, 0.5]))
