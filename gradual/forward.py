"""The forward process: data is corrupted by small steps of Gaussian noise.

One step is ``q_step``; ``noise_trajectory`` takes them all, and ``q_sample`` jumps. Step t uses ``betas[t]`` and
``noise[t-1]``; ``betas[0] = 0`` belongs to the clean data, so every array over time has length T + 1.
"""

from __future__ import annotations

import numpy as np

from gradual.arguments import (
    alpha_bar_over_time,
    batch_coefficient,
    betas_over_time,
    checked,
    numbers,
    same_shape,
    states,
    step_noise,
    timestep,
    variance,
)


@checked(x_prev=numbers, beta=variance(), noise=same_shape("x_prev"))
def q_step(x_prev, beta, noise):
    """One step of the forward process: shrink the data a little, add a little noise.

    x_t = √(1 − β) · x_{t−1} + √β · ε

    Parameters
    ----------
    x_prev : array of any shape, the state x_{t−1}
    beta : float, the variance of the noise that this step adds, 0 ≤ β ≤ 1
    noise : array in the shape of x_prev, ε, drawn from N(0, 1)

    Returns
    -------
    array in the shape of x_prev, the state x_t

    Raises
    ------
    ValueError
        if beta is not between 0 and 1, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 2.
    """
    return np.sqrt(1 - beta) * x_prev + np.sqrt(beta) * noise


@checked(x0=numbers, betas=betas_over_time(), noise=step_noise("x0", over="betas"))
def noise_trajectory(x0, betas, noise):
    """Take every step of the forward process, and keep every state on the way.

    x_t = √(1 − β_t) · x_{t−1} + √β_t · ε_t, for t = 1 … T

    Parameters
    ----------
    x0 : array of any shape, the clean data
    betas : array (T+1,), the variance of each step; betas[0] = 0 belongs to the clean data
    noise : array (T, *x0.shape), drawn from N(0, 1); noise[t-1] is for step t

    Returns
    -------
    array (T+1, *x0.shape), the states x_0 … x_T

    Raises
    ------
    ValueError
        if betas[0] is not 0, a β is not between 0 and 1, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 2.
    """
    trajectory = [x0]
    for t in range(1, len(betas)):
        x_prev = trajectory[-1]
        trajectory.append(np.sqrt(1 - betas[t]) * x_prev + np.sqrt(betas[t]) * noise[t - 1])
    return np.stack(trajectory)


@checked(trajectory=states(varying=True))
def structure_left(trajectory):
    """How much of the start is left in each state: 1 for all of it, about 0 for none.

    r_t = Σ (x_t − mean x_t)(x_0 − mean x_0) / √(Σ (x_t − mean x_t)² · Σ (x_0 − mean x_0)²),
    Pearson's correlation over all entries of a state

    Parameters
    ----------
    trajectory : array (T+1, B, …), the states x_0 … x_T

    Returns
    -------
    array (T+1,), one correlation for each time, between −1 and 1

    Raises
    ------
    ValueError
        if an entry is not finite, or a state is constant, so that it has no correlation

    Source: Pearson 1895, Proceedings of the Royal Society 58, 240–242.
    """
    rows = trajectory.reshape(len(trajectory), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    start = rows[0]
    return rows @ start / np.sqrt((rows**2).sum(axis=1) * (start @ start))


@checked(x=numbers, coefficient=batch_coefficient("x"))
def expand_like(coefficient, x):
    """Shape a coefficient so that it multiplies a batch: one number for all samples, or one for each.

    Parameters
    ----------
    coefficient : float, or array (B,) with one number for each sample
    x : array (B, …), the batch that it will meet

    Returns
    -------
    array of shape (1, 1, …) or (B, 1, …), with as many axes as x

    Raises
    ------
    ValueError
        if the coefficient is neither one number nor one for each sample, or an entry is not finite
    """
    coefficient = np.asarray(coefficient)
    return coefficient.reshape(coefficient.shape + (1,) * (np.ndim(x) - coefficient.ndim))


@checked(x0=numbers, alpha_bar=alpha_bar_over_time, t=timestep("alpha_bar", "x0"), noise=same_shape("x0"))
def q_sample(x0, t, alpha_bar, noise):
    """Jump from the clean data to any time t at once.

    x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε

    Parameters
    ----------
    x0 : array (B, …), the clean data
    t : int, or int array (B,) with one time for each sample, 0 ≤ t ≤ T; 0 returns the clean data
    alpha_bar : array (T+1,), the share of the signal's variance left at each t; alpha_bar[0] = 1
    noise : array in the shape of x0, ε, drawn from N(0, 1)

    Returns
    -------
    array in the shape of x0, the state x_t

    Raises
    ------
    ValueError
        if t is not a whole number from 0 to T, alpha_bar[0] is not 1, an ᾱ is not between 0 and 1,
        shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 4.
    """
    a = expand_like(alpha_bar[t], x0)
    return np.sqrt(a) * x0 + np.sqrt(1 - a) * noise


@checked(beta_1=variance(), beta_2=variance())
def merge_steps(beta_1, beta_2):
    """The one step that does what two steps in a row do.

    1 − β = (1 − β₁)(1 − β₂): what is left of the signal's variance multiplies

    Parameters
    ----------
    beta_1 : float, the variance of the first step's noise, 0 ≤ β₁ ≤ 1
    beta_2 : float, the variance of the second step's noise, 0 ≤ β₂ ≤ 1

    Returns
    -------
    float, the variance β of the merged step's noise

    Raises
    ------
    ValueError
        if a β is not between 0 and 1

    Source: Ho et al. 2020, eq. 4, for two steps.
    """
    return 1 - (1 - beta_1) * (1 - beta_2)
