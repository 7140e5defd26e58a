"""Samplers against diffusers, against the exact reverse chain of Gaussian data, and against themselves."""

import numpy as np
import pytest

from gradual.mixture import FOUR_BELLS, GaussianMixture
from gradual.posterior import q_posterior
from gradual.samplers import ddim_step, ddpm_step, ddpm_trajectory, sample
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule

BETAS = linear_beta_schedule(1000)
ALPHA_BAR = alpha_bar_from_betas(BETAS)


@pytest.fixture
def step():
    x_t, eps, noise = np.random.default_rng(0).standard_normal((3, 4, 2, 3))
    return x_t, eps, noise


@pytest.mark.parametrize("t", [1, 2, 500, 1000])
def test_the_mean_is_the_posterior_mean_of_the_predicted_x0(step, t):
    x_t, eps, noise = step
    x0 = (x_t - np.sqrt(1 - ALPHA_BAR[t]) * eps) / np.sqrt(ALPHA_BAR[t])
    mean, var = q_posterior(x0, x_t, t, BETAS, ALPHA_BAR)
    np.testing.assert_allclose(ddpm_step(x_t, eps, t, BETAS, ALPHA_BAR, 0 * noise), mean, rtol=1e-8, atol=1e-9)
    added = ddpm_step(x_t, eps, t, BETAS, ALPHA_BAR, noise, "posterior") - ddpm_step(
        x_t, eps, t, BETAS, ALPHA_BAR, 0 * noise
    )
    np.testing.assert_allclose(added, np.sqrt(var) * noise, rtol=1e-8, atol=1e-12)


def test_no_noise_is_added_at_the_last_step(step):
    x_t, eps, noise = step
    for variance in ("beta", "posterior"):
        first, second = (ddpm_step(x_t, eps, 1, BETAS, ALPHA_BAR, z, variance) for z in (noise, 5 - noise))
        np.testing.assert_array_equal(first, second)


def test_one_time_for_each_sample(step):
    x_t, eps, noise = step
    t = np.array([1, 2, 500, 1000])
    for variance in ("beta", "posterior"):
        together = ddpm_step(x_t, eps, t, BETAS, ALPHA_BAR, noise, variance)
        for row in range(4):
            one = slice(row, row + 1)
            alone = ddpm_step(x_t[one], eps[one], int(t[row]), BETAS, ALPHA_BAR, noise[one], variance)
            np.testing.assert_allclose(together[one], alone, rtol=1e-12)


def in_float64(torch, scheduler):
    """diffusers keeps its schedule in float32: give it the same one in float64."""
    scheduler.betas = torch.from_numpy(BETAS[1:])
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = torch.from_numpy(ALPHA_BAR[1:])
    scheduler.one = torch.tensor(1.0, dtype=torch.float64)
    scheduler.final_alpha_cumprod = scheduler.one
    return scheduler


@pytest.mark.oracle
@pytest.mark.parametrize(("variance", "theirs"), [("beta", "fixed_large"), ("posterior", "fixed_small")])
@pytest.mark.parametrize("t", [1, 2, 500, 1000])
def test_ddpm_step_agrees_with_diffusers(step, variance, theirs, t):
    torch, diffusers = pytest.importorskip("torch"), pytest.importorskip("diffusers")
    scheduler = diffusers.DDPMScheduler(1000, beta_start=1e-4, beta_end=0.02, variance_type=theirs, clip_sample=False)
    scheduler = in_float64(torch, scheduler)
    x_t, eps, _ = step
    drawn = torch.randn(x_t.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).numpy()
    expected = scheduler.step(
        torch.from_numpy(eps), t - 1, torch.from_numpy(x_t), generator=torch.Generator().manual_seed(1)
    ).prev_sample  # fmt: skip
    np.testing.assert_allclose(
        ddpm_step(x_t, eps, t, BETAS, ALPHA_BAR, drawn, variance), expected.numpy(), rtol=1e-7, atol=1e-8
    )


@pytest.mark.oracle
def test_ddim_step_agrees_with_diffusers(step):
    torch, diffusers = pytest.importorskip("torch"), pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(1000, beta_start=1e-4, beta_end=0.02, clip_sample=False, set_alpha_to_one=True)
    scheduler = in_float64(torch, scheduler)
    scheduler.set_timesteps(50)
    x_t, eps, _ = step
    for t, t_next in ((981, 961), (21, 1), (1, 0)):
        expected = scheduler.step(torch.from_numpy(eps), t - 1, torch.from_numpy(x_t)).prev_sample.numpy()
        np.testing.assert_allclose(ddim_step(x_t, eps, t, t_next, ALPHA_BAR), expected, rtol=1e-9, atol=1e-11)


def test_sample_draws_x_T_first_then_one_noise_for_each_t_down_to_2():
    betas = linear_beta_schedule(5, 0.05, 0.4)
    alpha_bar = alpha_bar_from_betas(betas)
    got = sample(FOUR_BELLS.eps_model(alpha_bar), (3, 1), betas, alpha_bar, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    x, noises = (
        rng.standard_normal((3, 1)),
        {t: rng.standard_normal((3, 1)) for t in (5, 4, 3, 2)} | {1: np.zeros((3, 1))},
    )
    for t in (5, 4, 3, 2, 1):
        x = ddpm_step(x, FOUR_BELLS.eps_model(alpha_bar)(x, t), t, betas, alpha_bar, noises[t])
    np.testing.assert_allclose(got, x, rtol=1e-12)


def test_the_trajectory_ends_where_sample_does():
    betas = linear_beta_schedule(30, 0.01, 0.3)
    alpha_bar = alpha_bar_from_betas(betas)
    model = FOUR_BELLS.eps_model(alpha_bar)
    states = [*ddpm_trajectory(model, (10, 1), betas, alpha_bar, np.random.default_rng(2))]
    assert len(states) == 31
    np.testing.assert_array_equal(states[0], np.random.default_rng(2).standard_normal((10, 1)))
    np.testing.assert_allclose(
        states[-1], sample(model, (10, 1), betas, alpha_bar, np.random.default_rng(2)), rtol=1e-12
    )


@pytest.mark.parametrize("variance", ["beta", "posterior"])
def test_gaussian_data_come_out_with_the_variance_that_the_recursion_says(variance):
    """For a linear ε̂ each state is Gaussian: its variance follows from the one before, and the sampler must meet it."""
    betas = linear_beta_schedule(20, 0.02, 0.6)
    alpha_bar = alpha_bar_from_betas(betas)
    bell = GaussianMixture([1.0], [[0.0]], [[[2.0]]])
    expected = 1.0
    for t in range(20, 0, -1):
        slope = np.sqrt(1 - alpha_bar[t]) / (2 * alpha_bar[t] + 1 - alpha_bar[t])
        gain = (1 - betas[t] / np.sqrt(1 - alpha_bar[t]) * slope) / np.sqrt(1 - betas[t])
        sigma2 = betas[t] if variance == "beta" else betas[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
        expected = gain**2 * expected + (sigma2 if t > 1 else 0)
    *_, x = ddpm_trajectory(
        bell.eps_model(alpha_bar), (400_000, 1), betas, alpha_bar, np.random.default_rng(3), variance
    )
    assert x.var() == pytest.approx(expected, abs=6 * expected * np.sqrt(2 / 400_000))


def test_bad_arguments_are_refused_by_name(step):
    x_t, eps, noise = step
    with pytest.raises(ValueError, match="^t: got 0"):
        ddpm_step(x_t, eps, 0, BETAS, ALPHA_BAR, noise)
    with pytest.raises(ValueError, match="^variance: got 'small'"):
        ddpm_step(x_t, eps, 1, BETAS, ALPHA_BAR, noise, "small")
    with pytest.raises(ValueError, match="^noise: got shape"):
        ddpm_step(x_t, eps, 1, BETAS, ALPHA_BAR, noise[1:])
    with pytest.raises(ValueError, match="^alpha_bar: got shape"):
        sample(FOUR_BELLS.eps_model(ALPHA_BAR), (2, 1), BETAS, ALPHA_BAR[:-1], np.random.default_rng(0))
