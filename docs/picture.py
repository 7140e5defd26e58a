"""Draw the README's picture, docs/dissolve.png: run `python docs/picture.py` in the course's folder."""

from pathlib import Path

import numpy as np

from gradual import data, forward, plots


def dissolving_digits():
    """Three digits under lesson 01's two hundred steps: a row a digit, a column every 25 steps."""
    rng = np.random.default_rng(0)
    digits = data.digits()[0][[3, 5, 8]]
    betas = np.concatenate([[0.0], np.linspace(0.0001, 0.06, 200)])
    trajectory = forward.noise_trajectory(digits, betas, rng.normal(size=(200, *digits.shape)))
    moments = np.arange(0, 201, 25)
    strip = trajectory[moments].swapaxes(0, 1).reshape(-1, 8, 8)
    return plots.show_grid_of_images(strip, columns=len(moments), titles=[f"t = {t}" for t in moments])


if __name__ == "__main__":
    dissolving_digits().savefig(Path(__file__).with_name("dissolve.png"), metadata={"Software": None})
