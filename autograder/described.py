"""Arguments that cannot cross a process boundary as they are, described by plain numbers instead.

A function that takes a model gets a ``LinearModel``; one that draws gets a ``Seed``, which becomes a fresh
generator at each call, so that every call with the same seed draws the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LinearModel:
    """A small noise predictor: ε̂(x, t) = weight[t]·x + bias[t], for an int t or an int array (B,).

    The exact ε of Gaussian data N(m, s²I) has this form, which makes it a model with a known right answer.
    """

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x_t, t):
        t = np.asarray(t)
        shape = t.shape + (1,) * (np.ndim(x_t) - t.ndim)
        return self.weight[t].reshape(shape) * x_t + self.bias[t].reshape(shape)


@dataclass(frozen=True)
class Seed:
    """Stands for ``numpy.random.default_rng(value)``, made anew for each call."""

    value: int


def realise(argument):
    """The argument as a function receives it: arrays copied, a seed turned into its generator."""
    if isinstance(argument, Seed):
        return np.random.default_rng(argument.value)
    if isinstance(argument, np.ndarray):
        return argument.copy()
    if isinstance(argument, (list, tuple)):
        return type(argument)(realise(entry) for entry in argument)
    return argument
