"""The Markov property of the forward process: what it says about probability, and a test of it.

Given x_{t−1}, the state x_t depends on nothing earlier, so the probability of a whole chain is a product of
transitions (``chain_log_prob``), and x_s and x_u tell nothing about each other once a state between them is
known (``partial_correlation``). ``shared_noise_path`` is the foil: the same marginals, and memory.
"""

from __future__ import annotations

import numpy as np

from gradual.arguments import (
    alpha_bar_over_time,
    batch,
    betas_over_time,
    checked,
    numbers,
    regressor,
    same_shape,
    states,
    variance,
    vector,
)


@checked(x_t=batch, x_prev=same_shape("x_t"), beta=variance(positive=True))
def transition_log_prob(x_t, x_prev, beta):
    """How probable one step is: the log density of x_t, given the state before it.

    log q(x_t | x_{t−1}) = Σ −½ [ε² + log(2πβ)], with ε = (x_t − √(1 − β) · x_{t−1}) / √β,
    summed over the entries of a sample

    Parameters
    ----------
    x_t : array (B, …), the state after the step
    x_prev : array in the shape of x_t, the state before it, x_{t−1}
    beta : float, the variance of the noise that the step adds, 0 < β ≤ 1

    Returns
    -------
    array (B,), one log density for each sample, in nats

    Raises
    ------
    ValueError
        if beta is not above 0 and at most 1, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 2.
    """
    noise = (x_t - np.sqrt(1 - beta) * x_prev) / np.sqrt(beta)
    log_density = -0.5 * (noise**2 + np.log(2 * np.pi * beta))
    return log_density.reshape(len(x_t), -1).sum(axis=1)


@checked(betas=betas_over_time(positive=True), trajectory=states(over="betas"))
def chain_log_prob(trajectory, betas):
    """How probable a whole chain is, given where it starts: the sum of its transitions' log densities.

    log q(x_1, …, x_T | x_0) = Σ_t log q(x_t | x_{t−1}), the chain rule with the Markov property

    Parameters
    ----------
    trajectory : array (T+1, B, …), the states x_0 … x_T
    betas : array (T+1,), the variance of each step; betas[0] = 0 belongs to the clean data

    Returns
    -------
    array (B,), one log density for each sample, in nats

    Raises
    ------
    ValueError
        if betas[0] is not 0, another β is not above 0 and at most 1, lengths differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 2.
    """
    log_prob = np.zeros(trajectory.shape[1])
    for t in range(1, len(betas)):
        noise = (trajectory[t] - np.sqrt(1 - betas[t]) * trajectory[t - 1]) / np.sqrt(betas[t])
        log_density = -0.5 * (noise**2 + np.log(2 * np.pi * betas[t]))
        log_prob += log_density.reshape(len(log_prob), -1).sum(axis=1)
    return log_prob


@checked(a=vector, b=same_shape("a"), given=regressor("a", "b"))
def partial_correlation(a, b, given):
    """How much a and b still tell of each other once ``given`` is known, as far as straight lines can say.

    ρ(a, b | given) = Pearson's correlation of the residuals r_a and r_b, where r_a is what the linear
    regression of a on ``given``, with an intercept, leaves of a

    Parameters
    ----------
    a : array (n,)
    b : array (n,)
    given : array (n,), or (n, k) for k variables at once

    Returns
    -------
    float, between −1 and 1

    Raises
    ------
    ValueError
        if lengths differ, an entry is not finite, or ``given`` leaves nothing of a or of b

    Source: Cramér 1946, Mathematical Methods of Statistics, chapter 23.
    """
    design = np.column_stack([np.ones(len(a)), given])
    left_a = a - design @ np.linalg.lstsq(design, a)[0]
    left_b = b - design @ np.linalg.lstsq(design, b)[0]
    return left_a @ left_b / np.sqrt((left_a @ left_a) * (left_b @ left_b))


@checked(x0=numbers, alpha_bar=alpha_bar_over_time, noise=same_shape("x0"))
def shared_noise_path(x0, alpha_bar, noise):
    """The foil: reach every noise level with one and the same noise.

    x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε, with one ε for every t

    Each x_t alone is distributed as in the forward process. Together they are not: two states give away
    x_0 and ε, so the path remembers where it comes from.

    Parameters
    ----------
    x0 : array of any shape, the clean data
    alpha_bar : array (T+1,), the share of the signal's variance left at each t; alpha_bar[0] = 1
    noise : array in the shape of x0, the one ε, drawn from N(0, 1)

    Returns
    -------
    array (T+1, *x0.shape), the states x_0 … x_T

    Raises
    ------
    ValueError
        if alpha_bar[0] is not 1, an ᾱ is not between 0 and 1, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 4, for the marginals; Song et al. 2021 (DDIM), section 3.1, for other processes
    that share them.
    """
    return np.stack([np.sqrt(a) * x0 + np.sqrt(1 - a) * noise for a in alpha_bar])
