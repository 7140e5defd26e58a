"""Networks that come trained with the package, the data that they saw, and how to use them with fewer steps.

``benchmarks/train_weights.py`` makes the files in ``gradual/weights/``: anyone can run it again. Both networks were
trained on the linear schedule with T = 1000.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradual import data
from gradual.network import unflatten
from gradual.training import eps_model_from

WEIGHTS = Path(__file__).parent / "weights"
BETAS = np.append(0, np.linspace(1e-4, 0.02, 1000))  # written out: no module calls a graded function when imported
ALPHA_BAR = np.cumprod(1 - BETAS)


def swiss_roll_model():
    """A noise predictor for ``published_roll``: a callable (x_t, t) for x_t (B, 2) and the linear schedule, T = 1000."""
    return eps_model_from(_parameters("swiss_roll"))


def digits_model():
    """A noise predictor for 8×8 digits: a callable (x_t, t) for x_t (B, 8, 8) and the linear schedule, T = 1000.

    It saw the images whose indices are the first array of ``digits_split()``.
    """
    return eps_model_from(_parameters("digits"), ALPHA_BAR)  # this network predicts v


def digits_split():
    """Indices into ``data.digits()``: the 1 500 images that a network is trained on, and the 297 it never sees."""
    return np.split(np.random.default_rng(0).permutation(len(data.digits()[0])), [1500])


def published_roll(n, rng):
    """Points of the swiss roll that a public course grades a DDPM on: no scatter, standard deviation 2.

    Parameters
    ----------
    n : int, the number of points
    rng : numpy.random.Generator, draws them

    Returns
    -------
    array (n, 2); mean 0 and standard deviation 2 over all coordinates together. The middle third of the roll is
    thinner than its ends: it has a quarter of the points

    Source: KAIST CS492D, assignment 1, which takes scikit-learn's ``make_swiss_roll`` with a hole.
    """
    third = np.array([0, 0, 0, 1, 1, 2, 2, 2])[rng.integers(8, size=n)]  # eight patches of the sheet, one cut out
    return _published(np.pi * (1.5 + third + rng.random(n)))


def respaced(steps):
    """A schedule that visits only ``steps`` of the 1000 noise levels, evenly spaced, so that fewer steps go all the way.

    Returns
    -------
    betas, alpha_bar : arrays (steps+1,); each β makes up for the steps that are left out

    Source: Nichol & Dhariwal 2021, sec. 4.
    """
    alpha_bar = ALPHA_BAR[np.linspace(0, len(BETAS) - 1, steps + 1).round().astype(int)]
    return np.append(0, 1 - alpha_bar[1:] / alpha_bar[:-1]), alpha_bar


def nearest_levels(eps_model, alpha_bar):
    """The same network for another schedule: at each step it is asked at the noise level, of those it knows, nearest.

    Parameters
    ----------
    eps_model : callable (x_t, t), trained on the linear schedule with T = 1000
    alpha_bar : array (S+1,), the other schedule's ᾱ

    Returns
    -------
    callable (x_t, t), for t from 1 to S
    """
    levels = np.abs(np.subtract.outer(alpha_bar, ALPHA_BAR)).argmin(axis=1)
    return lambda x_t, t: eps_model(x_t, levels[t])


def _published(angle):
    whole = _curve(np.pi * (1.5 + (np.arange(3000) + 0.5) / 1000))
    share = np.repeat([3, 2, 3], 1000)[:, np.newaxis] / 8000
    mean = np.sum(share * whole) / 2
    spread = np.sqrt(np.sum(share * (whole - mean) ** 2) / 2)
    return 2 * (_curve(angle) - mean) / spread


def _curve(angle):
    return angle[:, np.newaxis] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _parameters(name):
    with np.load(WEIGHTS / f"{name}.npz", allow_pickle=False) as file:
        return unflatten(file["weights"], file["widths"])
