"""One step back, when the clean data is known: q(x_{t−1} given x_t, x₀), and how far apart two Gaussians are."""

from __future__ import annotations

import numpy as np

from gradual.arguments import alpha_bar_over_time, betas_over_time, checked, numbers, same_shape, timestep, wrong
from gradual.forward import expand_like


def _schedule_of(betas):
    def rule(name, value, arguments):
        alpha_bar_over_time(name, value, arguments)
        if np.shape(value) != np.shape(arguments[betas]):
            raise wrong(name, f"shape {np.shape(value)}", f"the shape of {betas}, {np.shape(arguments[betas])}")

    return rule


schedule = {"betas": betas_over_time(positive=True), "alpha_bar": _schedule_of("betas")}
"""The rules for a pair of betas and alpha_bar, both (T+1,)."""


def _positive_like(mean):
    def rule(name, value, arguments):
        array = numbers(name, value)
        if (array <= 0).any():
            raise wrong(name, f"{array[array <= 0].flat[0]}", "a variance above 0")
        try:
            np.broadcast_shapes(array.shape, np.shape(arguments[mean]))
        except ValueError:
            raise wrong(
                name, f"shape {array.shape}", f"one number, or a shape that broadcasts against {mean}"
            ) from None

    return rule


@checked(x0=numbers, x_t=same_shape("x0"), **schedule, t=timestep("alpha_bar", "x_t", first=1))
def q_posterior(x0, x_t, t, betas, alpha_bar):
    """Where x_t was one step earlier, given both ends: a Gaussian between x₀ and x_t.

    q(x_{t−1} given x_t, x₀) = N(μ̃_t, β̃_t · I), with
    μ̃_t = (√ᾱ_{t−1} · β_t · x₀ + √(1 − β_t) · (1 − ᾱ_{t−1}) · x_t) / (1 − ᾱ_t) and
    β̃_t = β_t · (1 − ᾱ_{t−1}) / (1 − ᾱ_t)

    Parameters
    ----------
    x0 : array (B, …), the clean data, or a prediction of it
    x_t : array in the shape of x0, the noisy data
    t : int, or int array (B,), the timestep, from 1 to T
    betas : array (T+1,), β, with betas[0] = 0
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    mean, an array in the shape of x0, and
    variance: a number for an int t, or else (B, 1, …), one for each sample

    Raises
    ------
    ValueError
        if t is not from 1 to T, a β after the first is 0, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 6 and 7.
    """
    noise_share = 1 - alpha_bar[t]
    from_x0 = np.sqrt(alpha_bar[t - 1]) * betas[t] / noise_share
    from_x_t = np.sqrt(1 - betas[t]) * (1 - alpha_bar[t - 1]) / noise_share
    variance = betas[t] * (1 - alpha_bar[t - 1]) / noise_share
    mean = expand_like(from_x0, x0) * x0 + expand_like(from_x_t, x_t) * x_t
    return mean, expand_like(variance, x_t) if np.ndim(t) else variance


def _one_number_or_like(mean):
    def rule(name, value, arguments):
        if numbers(name, value).ndim:
            same_shape(mean)(name, value, arguments)

    return rule


@checked(mean1=numbers, var1=_positive_like("mean1"), mean2=_one_number_or_like("mean1"), var2=_positive_like("mean2"))
def normal_kl(mean1, var1, mean2, var2):
    """What it costs, entry by entry, to believe in one Gaussian when another is true.

    KL(N(μ₁, σ₁²), N(μ₂, σ₂²)) = ½ · (log(σ₂² / σ₁²) + (σ₁² + (μ₁ − μ₂)²) / σ₂² − 1)

    Parameters
    ----------
    mean1, var1 : arrays or numbers, μ₁ and the variance σ₁², above 0: the true Gaussian
    mean2, var2 : arrays or numbers, μ₂ and the variance σ₂², above 0: the one believed in

    Returns
    -------
    array, one KL for each entry, in nats; sum over a sample's entries for the KL of the sample

    Raises
    ------
    ValueError
        if a variance is not above 0, shapes do not fit, or an entry is not finite

    Source: Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (np.log(var2 / var1) + (var1 + (mean1 - mean2) ** 2) / var2 - 1)
