"""Four names for one thing: ε, x₀, v and the score, each found from another and x_t.

All of them solve x_t = √ᾱ_t · x₀ + √(1 − ᾱ_t) · ε. At t = 0 there is no noise to find, so t starts at 1.
"""

from __future__ import annotations

import numpy as np

from gradual.arguments import alpha_bar_over_time, checked, numbers, same_shape, timestep, wrong
from gradual.forward import expand_like


def _step(some_signal=False, some_noise=False):
    """Rule: a timestep from 1 to T, at which there is signal, or noise, to divide by."""

    def rule(name, value, arguments):
        timestep("alpha_bar", "x_t", first=1)(name, value, arguments)
        alpha_bar_t = np.asarray(arguments["alpha_bar"])[value]
        if some_signal and np.any(alpha_bar_t == 0):
            raise wrong("alpha_bar", "0 at timestep t", "a number above 0: no x₀ can be found in pure noise")
        if some_noise and np.any(alpha_bar_t == 1):
            raise wrong("alpha_bar", "1 at timestep t", "a number below 1: without noise in x_t there is no ε to find")

    return rule


@checked(x_t=numbers, eps=same_shape("x_t"), alpha_bar=alpha_bar_over_time, t=_step(some_signal=True))
def x0_from_eps(x_t, eps, t, alpha_bar):
    """The clean data that x_t and its noise belong to.

    x₀ = (x_t − √(1 − ᾱ_t) · ε) / √ᾱ_t

    Parameters
    ----------
    x_t : array (B, …), the noisy data
    eps : array in the shape of x_t, the noise in it, or a prediction of it
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if t is not from 1 to T, ᾱ_t is 0, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 15.
    """
    alpha_bar_t = expand_like(alpha_bar[t], x_t)
    return (x_t - np.sqrt(1 - alpha_bar_t) * eps) / np.sqrt(alpha_bar_t)


@checked(x_t=numbers, x0=same_shape("x_t"), alpha_bar=alpha_bar_over_time, t=_step(some_noise=True))
def eps_from_x0(x_t, x0, t, alpha_bar):
    """The noise that leads from x₀ to x_t.

    ε = (x_t − √ᾱ_t · x₀) / √(1 − ᾱ_t)

    Parameters
    ----------
    x_t : array (B, …), the noisy data
    x0 : array in the shape of x_t, the clean data, or a prediction of it
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if t is not from 1 to T, ᾱ_t is 1, shapes differ, or an entry is not finite

    Source: Ho et al. 2020, eq. 4, solved for ε.
    """
    alpha_bar_t = expand_like(alpha_bar[t], x_t)
    return (x_t - np.sqrt(alpha_bar_t) * x0) / np.sqrt(1 - alpha_bar_t)


@checked(x_t=numbers, eps=same_shape("x_t"), alpha_bar=alpha_bar_over_time, t=_step(some_signal=True))
def v_from_eps(x_t, eps, t, alpha_bar):
    """The velocity v: almost the noise while x_t is nearly clean, almost −x₀ where x_t is nearly noise.

    v = √ᾱ_t · ε − √(1 − ᾱ_t) · x₀, with x₀ = (x_t − √(1 − ᾱ_t) · ε) / √ᾱ_t

    Parameters
    ----------
    x_t : array (B, …), the noisy data
    eps : array in the shape of x_t, the noise in it, or a prediction of it
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if t is not from 1 to T, ᾱ_t is 0, shapes differ, or an entry is not finite

    Source: Salimans & Ho 2022, appendix D.
    """
    alpha_bar_t = expand_like(alpha_bar[t], x_t)
    x0 = (x_t - np.sqrt(1 - alpha_bar_t) * eps) / np.sqrt(alpha_bar_t)
    return np.sqrt(alpha_bar_t) * eps - np.sqrt(1 - alpha_bar_t) * x0


@checked(x_t=numbers, eps=same_shape("x_t"), alpha_bar=alpha_bar_over_time, t=_step(some_noise=True))
def score_from_eps(x_t, eps, t, alpha_bar):
    """The score that a noise prediction stands for: the noise, turned round and made longer.

    ∇ log q(x_t) = −ε / √(1 − ᾱ_t), for ε = E[ε given x_t]

    Parameters
    ----------
    x_t : array (B, …), the noisy data (its shape is all that is needed of it)
    eps : array in the shape of x_t, the expected noise in it, or a prediction of that
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if t is not from 1 to T, ᾱ_t is 1, shapes differ, or an entry is not finite

    Source: Song et al. 2021 (score SDE), sec. 3; Vincent 2011.
    """
    return -eps / np.sqrt(1 - expand_like(alpha_bar[t], x_t))


@checked(x_t=numbers, v=same_shape("x_t"), alpha_bar=alpha_bar_over_time, t=_step())
def eps_from_v(x_t, v, t, alpha_bar):
    """The noise that a velocity stands for.

    ε = √ᾱ_t · v + √(1 − ᾱ_t) · x_t

    Parameters
    ----------
    x_t : array (B, …), the noisy data
    v : array in the shape of x_t, the velocity, or a prediction of it
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if t is not from 1 to T, shapes differ, or an entry is not finite

    Source: Salimans & Ho 2022, appendix D.
    """
    alpha_bar_t = expand_like(alpha_bar[t], x_t)
    return np.sqrt(alpha_bar_t) * v + np.sqrt(1 - alpha_bar_t) * x_t


@checked(x_t=numbers, score=same_shape("x_t"), alpha_bar=alpha_bar_over_time, t=_step())
def eps_from_score(x_t, score, t, alpha_bar):
    """The expected noise that a score stands for.

    ε = −√(1 − ᾱ_t) · ∇ log q(x_t)

    Parameters
    ----------
    x_t : array (B, …), the noisy data (its shape is all that is needed of it)
    score : array in the shape of x_t, ∇ log q(x_t), or a prediction of it
    t : int, or int array (B,), the timestep, from 1 to T
    alpha_bar : array (T+1,), ᾱ, with alpha_bar[0] = 1

    Returns
    -------
    array in the shape of x_t

    Raises
    ------
    ValueError
        if t is not from 1 to T, shapes differ, or an entry is not finite

    Source: Song et al. 2021 (score SDE), sec. 3; Vincent 2011.
    """
    return -np.sqrt(1 - expand_like(alpha_bar[t], x_t)) * score
