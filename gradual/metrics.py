"""How good is a set of samples: near to the true distribution, and not a copy of the training data."""

from __future__ import annotations

import numpy as np

from gradual.arguments import batch, checked, wrong


def _same_entries(other):
    def rule(name, value, arguments):
        batch(name, value, arguments)
        wanted = np.shape(arguments[other])[1:]
        if np.shape(value)[1:] != wanted:
            raise wrong(name, f"shape {np.shape(value)}", f"samples in the shape of those in {other}, {wanted}")

    return rule


@checked(x=batch, y=_same_entries("x"))
def energy_distance(x, y):
    """How far apart two sets of samples are: 0 when they are the same, and larger the more they differ.

    2 · E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖, each mean over all pairs, those of a sample with itself too

    Parameters
    ----------
    x : array (B, …), samples
    y : array (C, …), other samples, of the same kind

    Returns
    -------
    float, in the unit of x; no root is taken

    Raises
    ------
    ValueError
        if the samples differ in shape, or an entry is not finite

    Source: Székely & Rizzo 2013, eq. 2.
    """
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)

    def mean_distance(a, b):
        return np.mean([np.linalg.norm(b - row, axis=1).mean() for row in a])

    return 2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y)


@checked(x=batch, y=_same_entries("x"))
def nearest_distance(x, y):
    """The distance from each sample of x (B, …) to the nearest one of y (C, …): an array (B,)."""
    # Coordinates first: NumPy adds two long rows much faster than it adds two numbers for each of many points.
    x, y = x.reshape(len(x), -1), np.ascontiguousarray(y.reshape(len(y), -1).T)
    return np.sqrt([((y - row[:, np.newaxis]) ** 2).sum(axis=0).min() for row in x])


def chamfer_distance(x, y):
    """The chamfer distance of two point clouds: squared distances to the nearest point of the other, *summed*.

    Σ_x min_y ‖x − y‖² + Σ_y min_x ‖x − y‖²

    A sum grows with the number of points, so compare values for one number of points only.

    Source: Fan et al. 2017, sec. 3.
    """
    return np.sum(nearest_distance(x, y) ** 2) + np.sum(nearest_distance(y, x) ** 2)


def novelty(samples, training, unseen):
    """How new samples are: their mean distance to the nearest training point, where fresh true data has 1.

    0 means copies of the training data; far above 1, samples that are not of its kind.
    """
    return nearest_distance(samples, training).mean() / nearest_distance(unseen, training).mean()
