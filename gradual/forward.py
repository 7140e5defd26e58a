"""The forward process: data is corrupted by small steps of Gaussian noise.

One step is ``q_step``; ``noise_trajectory`` takes them all. Step t uses ``betas[t]`` and ``noise[t-1]``;
``betas[0] = 0`` belongs to the clean data, so every array over time has length T + 1.
"""

from __future__ import annotations

import numpy as np

from gradual.arguments import checked, numbers, same_shape, variance


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
