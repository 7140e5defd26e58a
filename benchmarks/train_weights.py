"""Make the weights that the package ships: gradual/weights/swiss_roll.npz and gradual/weights/digits.npz.

    python benchmarks/train_weights.py [swiss_roll | digits] [--steps 30000] [--out gradual/weights]

A file holds the averaged parameters as one float16 vector, the layers' widths, the number of steps, and the squared
error of the predicted noise on data that training did not see, which a test computes again from the weights.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from rich.progress import track

from gradual import data
from gradual.elbo import simple_loss
from gradual.network import flatten, unflatten
from gradual.pretrained import ALPHA_BAR, WEIGHTS, digits_split, published_roll
from gradual.training import eps_model_from, train

NETWORKS = {
    "swiss_roll": {"hidden": (128, 128, 128)},
    "digits": {"hidden": (320, 320, 320), "batch": 128, "lr": 4e-3, "detail": 1, "predict": "v"},
}


def seen_and_unseen(name):
    """What the network is trained on, and 5 940 samples of the same kind that it never sees."""
    if name == "swiss_roll":
        return published_roll(1_000_000, np.random.default_rng(1)), published_roll(5940, np.random.default_rng(2))
    images, (seen, unseen) = data.digits()[0], digits_split()
    return images[seen], np.repeat(images[unseen], 20, axis=0)


def unseen_loss(params, unseen, predict="eps", **other):
    """The squared error of the predicted noise, each sample at one random step."""
    rng, model = np.random.default_rng(0), eps_model_from(params, ALPHA_BAR if predict == "v" else None)
    t, noise = rng.integers(1, len(ALPHA_BAR), len(unseen)), rng.standard_normal(unseen.shape)
    return simple_loss(model, unseen, t, ALPHA_BAR, noise)


def make(name, steps, out):
    """Train one network and write its file."""
    seen, unseen = seen_and_unseen(name)
    training = train(seen, ALPHA_BAR, np.random.default_rng(0), steps, **NETWORKS[name])
    *_, progress = track(training, name, steps)
    weights = flatten(progress.params).astype(np.float16)
    widths = [len(progress.params[0][0]), *(len(b) for _, b in progress.params)]
    loss = unseen_loss(unflatten(weights, widths), unseen, **NETWORKS[name])
    out.mkdir(exist_ok=True)
    np.savez_compressed(out / f"{name}.npz", weights=weights, widths=widths, steps=steps, unseen_loss=loss)
    print(f"{name}: {steps} steps, squared error of the noise on unseen data {loss:.4f}")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(NETWORKS)))
@click.option("--steps", default=30_000)
@click.option("--out", default=WEIGHTS, type=Path, help="The folder to write to.")
def main(names, steps, out):
    for name in names or NETWORKS:
        make(name, steps, out)


if __name__ == "__main__":
    main()
