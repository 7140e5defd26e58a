"""Noise schedules: how much noise each step adds, and how much signal is left.

An array over time has length T + 1; index 0 is the clean data, so ``betas[0] = 0`` and ``alpha_bar[0] = 1``.
``alpha_bar[1:]`` is what diffusers calls ``alphas_cumprod``.
"""

from __future__ import annotations

import numpy as np

from gradual.arguments import (
    alpha_bar_falling,
    betas_over_time,
    checked,
    fraction,
    not_negative,
    positive_int,
    variance,
)


@checked(betas=betas_over_time())
def alpha_bar_from_betas(betas):
    """The share of the signal's variance that is left at each time.

    ᾱ_t = (1 − β_1)(1 − β_2) … (1 − β_t)

    Parameters
    ----------
    betas : array (T+1,), the variance of each step; betas[0] = 0 belongs to the clean data

    Returns
    -------
    array (T+1,), ᾱ_0 … ᾱ_T, starting at ᾱ_0 = 1

    Raises
    ------
    ValueError
        if betas[0] is not 0, a β is not between 0 and 1, or an entry is not finite

    Source: Ho et al. 2020, the line above eq. 4.
    """
    return np.cumprod(1 - betas)


@checked(T=positive_int, beta_start=variance(), beta_end=variance())
def linear_beta_schedule(T, beta_start=1e-4, beta_end=0.02):
    """The first schedule in common use: β rises in a straight line.

    β_t = β_start + (β_end − β_start) · (t − 1)/(T − 1), for t = 1 … T, and β_0 = 0

    Parameters
    ----------
    T : int, the number of steps, at least 1
    beta_start : float, β_1, from 0 to 1
    beta_end : float, β_T, from 0 to 1

    Returns
    -------
    array (T+1,), β_0 … β_T

    Raises
    ------
    ValueError
        if T is not a whole number above 0, or a β is not between 0 and 1

    Source: Ho et al. 2020, section 4.
    """
    return np.concatenate([[0.0], np.linspace(beta_start, beta_end, T)])


@checked(T=positive_int, s=not_negative, max_beta=variance())
def cosine_beta_schedule(T, s=0.008, max_beta=0.999):
    """A schedule that keeps signal for longer: ᾱ falls along a squared cosine.

    ᾱ_t = f(t)/f(0), with f(t) = cos²((t/T + s)/(1 + s) · π/2);
    β_t = 1 − ᾱ_t/ᾱ_{t−1}, but at most max_beta, for t = 1 … T, and β_0 = 0

    Parameters
    ----------
    T : int, the number of steps, at least 1
    s : float, a small offset that keeps β_1 from being too small, s ≥ 0
    max_beta : float, the largest β allowed, from 0 to 1

    Returns
    -------
    array (T+1,), β_0 … β_T

    Raises
    ------
    ValueError
        if T is not a whole number above 0, s is negative, or max_beta is not between 0 and 1

    Source: Nichol & Dhariwal 2021, eq. 17.
    """
    f = np.cos((np.arange(T + 1) / T + s) / (1 + s) * np.pi / 2) ** 2
    betas = 1 - f[1:] / f[:-1]
    return np.concatenate([[0.0], np.minimum(betas, max_beta)])


@checked(alpha_bar=fraction)
def snr(alpha_bar):
    """The signal-to-noise ratio: the signal's variance over the noise's.

    SNR = ᾱ / (1 − ᾱ), and ∞ where ᾱ = 1, for there is no noise

    Parameters
    ----------
    alpha_bar : float, or array of any shape, the share of the signal's variance, 0 ≤ ᾱ ≤ 1

    Returns
    -------
    float, or array in the shape of alpha_bar, from 0 to ∞

    Raises
    ------
    ValueError
        if an ᾱ is not between 0 and 1

    Source: Kingma et al. 2021, eq. 2.
    """
    with np.errstate(divide="ignore"):
        return np.divide(alpha_bar, 1 - alpha_bar)


@checked(alpha_bar=alpha_bar_falling)
def rescale_zero_terminal_snr(alpha_bar):
    """Stretch a schedule so that nothing of the signal is left at the end.

    √ᾱ_t ← (√ᾱ_t − √ᾱ_T) · √ᾱ_1 / (√ᾱ_1 − √ᾱ_T), for t = 1 … T;
    so ᾱ_T becomes 0, ᾱ_1 keeps its value, and ᾱ_0 stays 1

    Parameters
    ----------
    alpha_bar : array (T+1,), the share of the signal's variance left at each t; alpha_bar[0] = 1

    Returns
    -------
    array (T+1,), the stretched ᾱ_0 … ᾱ_T

    Raises
    ------
    ValueError
        if alpha_bar[0] is not 1, an ᾱ is not between 0 and 1, the last is not the smallest,
        or ᾱ_1 is no larger than ᾱ_T

    Source: Lin et al. 2024, algorithm 1.
    """
    root = np.sqrt(alpha_bar)
    first, last = root[1], root[-1]
    stretched = (root[1:] - last) * first / (first - last)
    return np.concatenate([[1.0], stretched**2])
