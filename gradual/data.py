"""The data of the course, all of it inside the package: images, 2-D shapes, a sound, a time series, a text.

``datasets/LICENSES.md`` says where each comes from. The forward process ends in N(0, 1), so everything here
comes on that scale: digits from −1 to 1, the rest with mean 0 and variance 1 (2-D shapes: averaged over the axes).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradual.arguments import checked, generator, not_negative, positive_int

FILES = Path(__file__).parent / "datasets"
GRID = (np.arange(4096) + 0.5) / 4096


def digits():
    """Handwritten digits, 8×8 pixels.

    Returns
    -------
    images : float array (1797, 8, 8), from −1 (paper) to 1 (ink)
    labels : int array (1797,), 0 to 9

    Source: Alpaydin & Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0.
    """
    with np.load(FILES / "digits.npz", allow_pickle=False) as file:
        return file["images"] / 8.0 - 1, file["labels"].astype(int)


def time_series():
    """Sunspots, year by year: about 28 cycles of some eleven years.

    Returns
    -------
    years : int array (309,), 1700 to 2008
    values : float array (309,), the yearly sunspot number, shifted and scaled to mean 0 and variance 1

    Source: National Geophysical Data Center (NOAA), public domain.
    """
    years, sunspots = np.loadtxt(FILES / "sunspots.csv", delimiter=",", skiprows=1, unpack=True)
    return years.astype(int), _standardised(sunspots)


def text():
    """Shakespeare's sonnets, in lower case, one blank line between two of them.

    Returns
    -------
    str of some 94 000 characters: a to z, space, newline and ``' , . ; : - ! ?``

    Source: Shakespeare 1609, public domain.
    """
    return (FILES / "sonnets.txt").read_text(encoding="utf-8").lower()


def sound():
    """A melody of five plucked notes, a second and a half long.

    Each note is a sum of seven sines, at 1, 2, … 7 times its pitch; the k-th has amplitude 1/k, and a higher one
    fades sooner.

    Returns
    -------
    samples : float array (12000,), with mean 0 and variance 1 (a player scales it to the loudspeaker)
    rate : int, 8000 samples a second

    Source: the course's own.
    """
    rate = 8000
    samples = np.zeros(12000)
    multiple = np.arange(1, 8)[:, np.newaxis]  # an eighth would pass half the rate, and sound false
    for start, frequency in [(0.0, 261.63), (0.2, 329.63), (0.4, 392.0), (0.6, 523.25), (0.8, 392.0)]:
        first = int(start * rate)
        seconds = np.arange(len(samples) - first) / rate
        attack = 1 - np.exp(-400 * seconds)
        fading = np.exp(-3 * multiple**0.7 * seconds) / multiple
        sines = np.sin(2 * np.pi * frequency * multiple * seconds)
        samples[first:] += attack * (fading * sines).sum(axis=0)
    samples *= np.minimum(1, (len(samples) - np.arange(len(samples))) / (0.1 * rate))
    return _standardised(samples), rate


@checked(n=positive_int, rng=generator, noise=not_negative)
def swiss_roll(n, rng, noise=0.05):
    """Points on a rolled-up line: one and a half turns.

    Parameters
    ----------
    n : int, the number of points
    rng : numpy.random.Generator, draws them
    noise : float, the standard deviation of the scatter around the line, in the units of the result

    Returns
    -------
    array (n, 2), mean 0; the line's variance, averaged over the two axes, is 1, and the scatter adds noise²

    Raises
    ------
    ValueError
        if n is not a whole number above 0, rng is not a Generator, or noise is negative

    Source: the course's own formula, after Marsland 2014, Machine Learning, chapter 6, as in scikit-learn.
    """
    return _scatter(_swiss_roll, n, rng, noise)


@checked(n=positive_int, rng=generator, noise=not_negative)
def moons(n, rng, noise=0.05):
    """Points on two half circles that hold each other.

    Parameters, returns and errors are those of ``swiss_roll``.

    Source: the course's own formula (the shape of scikit-learn's ``make_moons``).
    """
    return _scatter(_moons, n, rng, noise)


@checked(n=positive_int, rng=generator, noise=not_negative)
def spiral(n, rng, noise=0.05):
    """Points on a spiral with two arms.

    Parameters, returns and errors are those of ``swiss_roll``.

    Source: the course's own.
    """
    return _scatter(_spiral, n, rng, noise)


@checked(n=positive_int, rng=generator, noise=not_negative)
def cat(n, rng, noise=0.02):
    """Points on a drawing: the face of a cat.

    Parameters, returns and errors are those of ``swiss_roll``.

    Source: the course's own drawing.
    """
    return _scatter(_cat, n, rng, noise)


def _standardised(values):
    return (values - values.mean()) / values.std()


def _scatter(curve, n, rng, noise):
    """n points of a curve, a function from [0, 1) to (n, 2), on the scale that the module's docstring states.

    The scale comes from the curve, not from the points drawn, so any two draws have the same distribution.
    """
    whole = curve(GRID)
    scale = np.sqrt(whole.var(axis=0).mean())
    return (curve(rng.random(n)) - whole.mean(axis=0)) / scale + noise * rng.standard_normal((n, 2))


def _swiss_roll(u):
    angle = 1.5 * np.pi * (1 + 2 * u)
    return angle[:, np.newaxis] * _circle(angle)


def _moons(u):
    angle, lower = 2 * np.pi * (u % 0.5), (u >= 0.5)[:, np.newaxis]
    return np.where(lower, [1, 0.5] - _circle(angle), _circle(angle))


def _spiral(u):
    arm = np.where(u < 0.5, 1, -1)[:, np.newaxis]
    turn = np.sqrt(2 * u % 1)  # the square root spreads the points evenly along the arm
    return arm * turn[:, np.newaxis] * _circle(3 * np.pi * turn)


def _cat(u):
    """Even speed along the strokes of the drawing, one after the other."""
    starts = np.concatenate([stroke[:-1] for stroke in CAT])
    moves = np.concatenate([np.diff(stroke, axis=0) for stroke in CAT])
    lengths = np.hypot(*moves.T)
    ends = np.cumsum(lengths)
    at = u * ends[-1]
    segment = np.searchsorted(ends, at, side="right")
    share = (at - ends[segment] + lengths[segment]) / lengths[segment]
    return starts[segment] + share[:, np.newaxis] * moves[segment]


def _circle(angle):
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _arc(centre, width, height, start, end):
    """A stroke: part of an ellipse, from one angle to another, in degrees."""
    return np.array(centre) + [width, height] * _circle(np.radians(np.linspace(start, end, 48)))


CAT = [
    _arc((0, 0), 1.0, 0.85, 138, 402),
    np.array([(-0.74, 0.57), (-0.86, 1.3), (-0.3, 0.81)]),
    np.array([(0.74, 0.57), (0.86, 1.3), (0.3, 0.81)]),
    _arc((0, 0), 1.0, 0.85, 72, 108),
    _arc((-0.4, 0.2), 0.15, 0.19, 0, 360),
    _arc((0.4, 0.2), 0.15, 0.19, 0, 360),
    np.array([(-0.11, -0.14), (0.11, -0.14), (0, -0.27), (-0.11, -0.14)]),
    _arc((-0.17, -0.29), 0.17, 0.17, 180, 360),
    _arc((0.17, -0.29), 0.17, 0.17, 180, 360),
    np.array([(-0.55, -0.16), (-1.35, 0.0)]),
    np.array([(-0.55, -0.28), (-1.35, -0.38)]),
    np.array([(0.55, -0.16), (1.35, 0.0)]),
    np.array([(0.55, -0.28), (1.35, -0.38)]),
]
