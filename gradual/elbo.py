"""The evidence lower bound: how many nats a denoiser needs to describe data, as exact terms, one for each step."""

from __future__ import annotations

import numpy as np

from gradual.arguments import alpha_bar_over_time, batch, checked, same_shape, step_noise, timestep, wrong
from gradual.forward import q_sample
from gradual.parameterization import x0_from_eps
from gradual.posterior import normal_kl, q_posterior, schedule


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
    variance : "posterior" for σ_t² = β̃_t, or "beta" for σ_t² = β_t;
        σ_1² = β_1 in both, since β̃_1 = 0

    Returns
    -------
    L_0, a number; L_step (T−1,), with the term of step t at index t − 2; L_T, a number:
    all in nats, summed over a sample's entries, averaged over the batch

    Raises
    ------
    ValueError
        if variance is neither choice, a β after the first is 0, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 5.
    """
    costs = []
    for t in range(1, len(betas)):
        x_t = q_sample(x0, t, alpha_bar, noise[t - 1])
        guess = x0_from_eps(x_t, eps_model(x_t, t), t, alpha_bar)
        true_mean, true_var = q_posterior(x0, x_t, t, betas, alpha_bar)
        mean, _ = q_posterior(guess, x_t, t, betas, alpha_bar)
        sigma2 = true_var if variance == "posterior" and t > 1 else betas[t]
        if t == 1:
            nats = 0.5 * (np.log(2 * np.pi * sigma2) + (x0 - mean) ** 2 / sigma2)
        else:
            distance = (true_mean - mean) ** 2
            nats = 0.5 * (np.log(sigma2 / true_var) + (true_var + distance) / sigma2 - 1)
        costs.append(np.sum(nats) / len(x0))
    end_var, end_distance = 1 - alpha_bar[-1], alpha_bar[-1] * x0**2
    L_T = np.sum(0.5 * (end_var + end_distance - np.log(end_var) - 1)) / len(x0)
    return costs[0], np.array(costs[1:]), L_T


@checked(x0=batch, alpha_bar=alpha_bar_over_time, t=timestep("alpha_bar", "x0", first=1), noise=same_shape("x0"))
def simple_loss(eps_model, x0, t, alpha_bar, noise):
    """The loss that DDPM trains with: the squared error of the predicted noise, all steps alike.

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
    """The squared error of the predicted noise that no denoiser can beat, for a mixture in one or two dimensions.

    E‖ε − E[ε given x_t]‖² / D = 1 − E‖E[ε given x_t]‖² / D, by quadrature over x_t (the trapezoidal rule, which is
    as good as exact for densities this smooth)

    Parameters
    ----------
    mixture : GaussianMixture with D = 1 or 2
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array (T+1,); index 0 has the limit 1: noise too small to see cannot be predicted
    """
    mse = np.ones(len(alpha_bar))
    for t in range(1, len(alpha_bar)):
        noisy = mixture.diffuse(alpha_bar[t])
        x_t, density = _density(noisy)
        eps = -np.sqrt(1 - alpha_bar[t]) * noisy.score(x_t)
        mse[t] -= np.mean(density @ eps**2)
    return mse


def linear_eps_mse(mixture, alpha_bar):
    """The same for a denoiser that knows no more of the data than its mean and its variance v.

    E(ε − ε̂)² = ᾱ_t · v / (ᾱ_t · v + 1 − ᾱ_t), with ε̂ the exact prediction for one Gaussian of that mean and variance

    Parameters
    ----------
    mixture : GaussianMixture with D = 1
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array (T+1,)
    """
    signal = alpha_bar * (mean_square(mixture) - (mixture.weights @ mixture.means[:, 0]) ** 2)
    return signal / (signal + 1 - alpha_bar)


def mean_square(mixture):
    """E x₀², for a one-dimensional mixture."""
    return mixture.weights @ (mixture.means[:, 0] ** 2 + mixture.covs[:, 0, 0])


def mixture_entropy(mixture):
    """The entropy of a one-dimensional mixture, −E log p(x₀), in nats, by quadrature: no bound can be below it."""
    x, density = _density(mixture)
    return -density @ mixture.log_prob(x)


def _density(mixture):
    """Points (N, D) that cover a mixture in one or two dimensions, and the probability at each, (N,)."""
    spread = 8 * np.sqrt(np.diagonal(mixture.covs, axis1=1, axis2=2))
    low, high = (mixture.means - spread).min(axis=0), (mixture.means + spread).max(axis=0)
    sides = np.linspace(low, high, 1001 if len(low) == 1 else 91)
    x = np.stack(np.meshgrid(*sides.T), axis=-1).reshape(-1, len(low))
    return x, np.exp(mixture.log_prob(x)) * np.prod(sides[1] - sides[0])


def step_errors(eps_mse, betas, alpha_bar):
    """How far off the mean of each reverse step is, squared, when the noise is predicted with a given squared error.

    E(μ̃_t − μ_t)² = β_t² / ((1 − β_t)(1 − ᾱ_t)) · E(ε − ε̂)²

    Parameters
    ----------
    eps_mse, betas, alpha_bar : arrays (T+1,)

    Returns
    -------
    array (T+1,), 0 at index 0

    Source: Ho et al. 2020, eq. 8 and 12.
    """
    errors = np.zeros(len(betas))
    errors[1:] = betas[1:] ** 2 / ((1 - betas[1:]) * (1 - alpha_bar[1:])) * eps_mse[1:]
    return errors


def reverse_variances(betas, alpha_bar, errors):
    """The three choices of σ_t²: a dict of arrays (T+1,) with "beta", "posterior" (σ_1² = β_1) and "best".

    The best single number for each step is β̃_t + E(μ̃_t − μ_t)²: wide enough to cover the mean's error too.

    Source: Ho et al. 2020, section 3.2; for the best, Bao et al. 2022 (Analytic-DPM), theorem 1.
    """
    beta_tilde = np.zeros(len(betas))
    beta_tilde[1:] = betas[1:] * (1 - alpha_bar[:-1]) / (1 - alpha_bar[1:])
    posterior = np.where(np.arange(len(betas)) == 1, betas, beta_tilde)
    return {"beta": betas, "posterior": posterior, "best": beta_tilde + errors}


def expected_terms(errors, sigma2, x0_square, betas, alpha_bar, kl=normal_kl):
    """``vlb_terms`` for one-dimensional data, with the average over x₀ and noise taken exactly.

    A KL of Gaussians holds the means' distance only as a square, so the expected KL is the KL at the expected square.

    Parameters
    ----------
    errors : array (T+1,), E(μ̃_t − μ_t)², from ``step_errors``
    sigma2 : array (T+1,), σ_t²
    x0_square : float, E x₀²
    betas, alpha_bar : arrays (T+1,)
    kl : callable, as ``normal_kl``

    Returns
    -------
    L_0, L_step (T−1,), L_T, in nats
    """
    beta_tilde = reverse_variances(betas, alpha_bar, errors)["posterior"][2:]
    L_0 = 0.5 * (np.log(2 * np.pi * sigma2[1]) + errors[1] / sigma2[1])
    L_step = kl(np.sqrt(errors[2:]), beta_tilde, np.zeros(len(beta_tilde)), sigma2[2:])
    L_T = kl(np.sqrt(alpha_bar[-1] * x0_square), 1 - alpha_bar[-1], 0.0, 1.0)
    return L_0, L_step, L_T


def exact_vlb_terms(mixture, betas, alpha_bar, variance="posterior"):
    """``vlb_terms`` of the exact denoiser of a one-dimensional mixture, with no sampling error.

    Parameters
    ----------
    mixture : GaussianMixture with D = 1
    betas, alpha_bar : arrays (T+1,)
    variance : "posterior", "beta" or "best", as in ``reverse_variances``

    Returns
    -------
    L_0, L_step (T−1,), L_T, in nats
    """
    errors = step_errors(smallest_eps_mse(mixture, alpha_bar), betas, alpha_bar)
    sigma2 = reverse_variances(betas, alpha_bar, errors)[variance]
    return expected_terms(errors, sigma2, mean_square(mixture), betas, alpha_bar)
