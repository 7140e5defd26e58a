"""From noise to data: a step function for each sampler, and the generator that yields its trajectory."""

from __future__ import annotations

import numpy as np

from gradual.arguments import checked, numbers, same_shape, timestep
from gradual.elbo import variance_choice
from gradual.forward import expand_like
from gradual.posterior import schedule


@checked(
    x_t=numbers, eps=same_shape("x_t"), **schedule, t=timestep("betas", "x_t", first=1),
    noise=same_shape("x_t"), variance=variance_choice,
)  # fmt: skip
def ddpm_step(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    """One step of the reverse process: take some of the predicted noise away, add a little fresh noise.

    x_{t−1} = (x_t − β_t / √(1 − ᾱ_t) · ε̂) / √(1 − β_t) + σ_t · z, and no z in the last step, t = 1

    Parameters
    ----------
    x_t : array (B, …), the noisy data
    eps : array in the shape of x_t, ε̂, the predicted noise
    t : int, or int array (B,), the timestep that x_t is at, from 1 to T
    betas : array (T+1,), β, with betas[0] = 0
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1
    noise : array in the shape of x_t, z, drawn from N(0, 1); not used at t = 1
    variance : "beta" for σ_t² = β_t, or "posterior" for σ_t² = β_t · (1 − ᾱ_{t−1}) / (1 − ᾱ_t)

    Returns
    -------
    array in the shape of x_t, the state x_{t−1}

    Raises
    ------
    ValueError
        if t is not from 1 to T, variance is neither choice, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, algorithm 2.
    """
    beta, noise_share = expand_like(betas[t], x_t), expand_like(1 - alpha_bar[t], x_t)
    mean = (x_t - beta / np.sqrt(noise_share) * eps) / np.sqrt(1 - beta)
    sigma2 = beta if variance == "beta" else beta * expand_like(1 - alpha_bar[t - 1], x_t) / noise_share
    return mean + expand_like(np.greater(t, 1), x_t) * np.sqrt(sigma2) * noise


@checked(**schedule)
def sample(eps_model, shape, betas, alpha_bar, rng):
    """Make new data: start from pure noise and go all steps back.

    x_T ~ N(0, I), then for t = T … 1: x_{t−1} = (x_t − β_t / √(1 − ᾱ_t) · ε̂(x_t, t)) / √(1 − β_t) + √β_t · z,
    with a fresh z ~ N(0, I) in each step but the last

    Parameters
    ----------
    eps_model : callable (x_t, t) → array in the shape of x_t, the noise predictor; t is an int
    shape : tuple (B, …), the shape of what comes out
    betas : array (T+1,), β, with betas[0] = 0
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1
    rng : numpy.random.Generator; draws x_T first, then one z for each t = T … 2

    Returns
    -------
    array of that shape, the state x_0

    Raises
    ------
    ValueError
        if betas or alpha_bar is no schedule, or their lengths differ

    Source: Ho et al. 2020, algorithm 2.
    """
    x = rng.standard_normal(shape)
    for t in range(len(betas) - 1, 0, -1):
        x = (x - betas[t] / np.sqrt(1 - alpha_bar[t]) * eps_model(x, t)) / np.sqrt(1 - betas[t])
        if t > 1:
            x = x + np.sqrt(betas[t]) * rng.standard_normal(shape)
    return x


def ddpm_trajectory(eps_model, shape, betas, alpha_bar, rng, variance="beta", step=ddpm_step):
    """Yield the T + 1 states x_T, x_{T−1}, …, x_0 on the way from noise to data.

    The same draws as ``sample``, in the same order. ``step`` is the function that takes one step, so that a
    lesson can show what a student's own does.
    """
    x = rng.standard_normal(shape)
    yield x
    for t in range(len(betas) - 1, 0, -1):
        noise = rng.standard_normal(shape) if t > 1 else np.zeros(shape)
        x = step(x, eps_model(x, t), t, betas, alpha_bar, noise, variance)
        yield x


def ddim_step(x_t, eps, t, t_next, alpha_bar):
    """One deterministic step from time t to any earlier t_next: jump to the predicted x₀, then back out along ε̂.

    x_{t′} = √ᾱ_{t′} · (x_t − √(1 − ᾱ_t) · ε̂) / √ᾱ_t + √(1 − ᾱ_{t′}) · ε̂

    Parameters
    ----------
    x_t : array (B, …), the noisy data
    eps : array in the shape of x_t, ε̂, the predicted noise
    t, t_next : ints, from where to where, T ≥ t > t_next ≥ 0
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t, the state x_{t′}

    Source: Song et al. 2021 (DDIM), eq. 12 with σ = 0.
    """
    x0 = (x_t - np.sqrt(1 - alpha_bar[t]) * eps) / np.sqrt(alpha_bar[t])
    return np.sqrt(alpha_bar[t_next]) * x0 + np.sqrt(1 - alpha_bar[t_next]) * eps
