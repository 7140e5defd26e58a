"""The evidence lower bound: how many nats a denoiser needs to describe data, as exact terms, one for each step."""

from __future__ import annotations

import numpy as np

from gradual.arguments import alpha_bar_over_time, batch, checked, same_shape, step_noise, timestep, wrong
from gradual.forward import q_sample
from gradual.parameterization import x0_from_eps
from gradual.posterior import q_posterior, schedule


def variance_choice(name, value, arguments):
    """Rule: which variance a reverse step has."""
    if value not in ("beta", "posterior"):
        raise wrong(name, f"{value!r}", '"beta" or "posterior"')


@checked(x0=batch, **schedule, noise=step_noise("x0", over="betas"), variance=variance_choice)
def vlb_terms(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
    """The terms of the variational bound: what each step of the reverse chain costs, in nats.

    −log p(x₀) ≤ L₀ + Σ_{t=2…T} L_{t−1} + L_T, averaged over x_t, with
    L₀ = −log p(x₀ given x₁), L_{t−1} = KL(q(x_{t−1} given x_t, x₀), p(x_{t−1} given x_t)),
    L_T = KL(q(x_T given x₀), N(0, I)), and p(x_{t−1} given x_t) = N(μ_t(x_t), σ_t² · I)

    Parameters
    ----------
    x0 : array (B, …), the clean data
    eps_model : callable (x_t, t) → array in the shape of x_t, the noise predictor; t is an int
    betas : array (T+1,), β, with betas[0] = 0
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1
    noise : array (T, B, …), drawn from N(0, 1); noise[t-1] makes x_t from x0
    variance : "posterior" for σ_t² = β̃_t, or "beta" for σ_t² = β_t; σ_1² = β_1 in both, since β̃_1 = 0

    Returns
    -------
    L_0, a number; L_step (T−1,), with the term of step t at index t − 2; L_T, a number: all in nats,
    summed over a sample's entries, averaged over the batch

    Raises
    ------
    ValueError
        if variance is neither choice, a β after the first is 0, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 5.
    """
    costs = np.zeros(len(betas))
    for t in range(1, len(betas)):
        x_t = q_sample(x0, t, alpha_bar, noise[t - 1])
        mean, var = q_posterior(x0, x_t, t, betas, alpha_bar)
        guess, _ = q_posterior(x0_from_eps(x_t, eps_model(x_t, t), t, alpha_bar), x_t, t, betas, alpha_bar)
        sigma2 = var if variance == "posterior" and t > 1 else betas[t]
        cross_entropy = 0.5 * (np.log(2 * np.pi * sigma2) + (var + (mean - guess) ** 2) / sigma2)
        entropy = 0.5 * (np.log(2 * np.pi * var) + 1) if t > 1 else 0
        costs[t] = np.sum(cross_entropy - entropy) / len(x0)
    L_T = 0.5 * np.sum(alpha_bar[-1] * (x0**2 - 1) - np.log(1 - alpha_bar[-1])) / len(x0)
    return costs[1], costs[2:], L_T


def with_best_variance(L_0, L_step, beta_1, dimension):
    """What L₀ and the step terms become when each σ_t² is the best single number, from those with "posterior".

    A larger variance makes a wrong mean cheaper: the best one is σ_t² = β̃_t + E‖μ̃_t − μ_t‖² / D, and then
    L_{t−1} = D/2 · log(1 + 2 L_{t−1} / D), with the old term on the right.

    Parameters
    ----------
    L_0, L_step : what ``vlb_terms`` gives with variance="posterior"
    beta_1 : float, β_1, the variance that L_0 was computed with
    dimension : int, D, the number of entries of a sample

    Returns
    -------
    L_0 and L_step, in nats

    Source: Bao et al. 2022 (Analytic-DPM), theorem 1, for one variance for each step.
    """
    error = beta_1 * (2 * L_0 / dimension - np.log(2 * np.pi * beta_1))
    best_L_0 = 0.5 * dimension * (np.log(2 * np.pi * error) + 1)
    return best_L_0, 0.5 * dimension * np.log1p(2 * L_step / dimension)


@checked(x0=batch, alpha_bar=alpha_bar_over_time, t=timestep("alpha_bar", "x0", first=1), noise=same_shape("x0"))
def simple_loss(eps_model, x0, t, alpha_bar, noise):
    """The loss that DDPM trains with: the squared error of the predicted noise, every step counted alike.

    L_simple = mean of (ε − ε̂(√ᾱ_t · x₀ + √(1 − ᾱ_t) · ε, t))²

    Parameters
    ----------
    eps_model : callable (x_t, t) → array in the shape of x_t, the noise predictor
    x0 : array (B, …), the clean data
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1
    noise : array in the shape of x0, drawn from N(0, 1)

    Returns
    -------
    float, the mean over the batch and over a sample's entries

    Raises
    ------
    ValueError
        if t is not from 1 to T, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 14.
    """
    x_t = q_sample(x0, t, alpha_bar, noise)
    return np.mean((eps_model(x_t, t) - noise) ** 2)


def smallest_eps_mse(mixture, alpha_bar):
    """The squared error of the predicted noise that no denoiser can beat, for a one-dimensional mixture.

    E‖ε − E[ε given x_t]‖² = 1 − E‖E[ε given x_t]‖², by quadrature over x_t (the trapezoidal rule, which is as
    good as exact for densities this smooth)

    Parameters
    ----------
    mixture : GaussianMixture with D = 1
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array (T+1,); index 0 has the limit 1: noise too small to see cannot be predicted
    """
    eps_model, mse = mixture.eps_model(alpha_bar), np.ones(len(alpha_bar))
    for t in range(1, len(alpha_bar)):
        noisy = mixture.diffuse(alpha_bar[t])
        spread = 8 * np.sqrt(noisy.covs[:, 0, 0])
        x_t = np.linspace((noisy.means[:, 0] - spread).min(), (noisy.means[:, 0] + spread).max(), 2001)[:, None]
        density = np.exp(noisy.log_prob(x_t))
        mse[t] -= np.sum(density * eps_model(x_t, t)[:, 0] ** 2) * (x_t[1, 0] - x_t[0, 0])
    return mse


def exact_vlb_terms(mixture, betas, alpha_bar, variance="posterior"):
    """``vlb_terms`` of the exact denoiser of a one-dimensional mixture, with no sampling error.

    L_{t−1} = ½ · (log(σ_t² / β̃_t) + β̃_t / σ_t² − 1) + β_t² / (2 σ_t² (1 − β_t) (1 − ᾱ_t)) · E‖ε − ε̂‖²

    Parameters
    ----------
    mixture : GaussianMixture with D = 1
    betas, alpha_bar, variance : as in ``vlb_terms``

    Returns
    -------
    L_0, L_step (T−1,), L_T, in nats

    Source: Ho et al. 2020, eq. 12.
    """
    beta, noise_share = betas[1:], 1 - alpha_bar[1:]
    beta_tilde = beta * (1 - alpha_bar[:-1]) / noise_share
    sigma2 = np.where(np.arange(len(beta)) == 0, beta, beta_tilde) if variance == "posterior" else beta
    error = beta**2 / ((1 - beta) * noise_share) * smallest_eps_mse(mixture, alpha_bar)[1:]
    L_0 = 0.5 * (np.log(2 * np.pi * sigma2[0]) + error[0] / sigma2[0])
    ratio = beta_tilde[1:] / sigma2[1:]
    L_step = 0.5 * (ratio - np.log(ratio) - 1 + error[1:] / sigma2[1:])
    mean_square = mixture.weights @ (mixture.means[:, 0] ** 2 + mixture.covs[:, 0, 0])
    L_T = 0.5 * (alpha_bar[-1] * (mean_square - 1) - np.log(1 - alpha_bar[-1]))
    return L_0, L_step, L_T
