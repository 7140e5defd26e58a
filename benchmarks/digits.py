"""Handwritten digits out of noise: train on 8 x 8 images, draw new ones, and let classifiers read them.

    python benchmarks/digits.py [--steps 12000] [--grid digits.png]
    python benchmarks/digits.py --shipped          (no training: the weights that the package ships)

1 500 of the 1 797 images train the network and the classifiers; the other 297 were seen by neither, and stand for
what true digits get: the share that two classifiers (support vectors, nearest neighbour) read alike, how sure a
third (logistic regression) is, how often each digit comes, and novelty (distance to the nearest training image,
1 for unseen true digits, 0 for copies).
"""

from __future__ import annotations

import time

import click
import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from gradual import data
from gradual.metrics import energy_distance, novelty
from gradual.pretrained import ALPHA_BAR, BETAS, digits_model, digits_split
from gradual.samplers import sample
from gradual.training import eps_model_from, train


def save_grid(images, path, columns=20, zoom=4):
    """The images as one picture, in rows of 20, with a pixel between them."""
    padded = np.pad(np.clip(images, -1, 1), ((0, 0), (1, 0), (1, 0)), constant_values=0)
    rows = padded.reshape(-1, columns, 9, 9).transpose(0, 2, 1, 3).reshape(-1, columns * 9)
    grey = np.uint8(127.5 * (1 - rows))
    Image.fromarray(grey).resize((grey.shape[1] * zoom, grey.shape[0] * zoom), Image.Resampling.NEAREST).save(path)


@click.command()
@click.option("--steps", default=12_000)
@click.option("--width", default=256, help="Units in each of the three hidden layers.")
@click.option("--lr", default=5e-3)
@click.option("--batch", default=128)
@click.option("--seed", default=0)
@click.option("--shipped", is_flag=True, help="Take the weights in the package instead of training.")
@click.option("--grid", default="digits.png", help="Where to write 200 of the samples, and 200 true digits below.")
def main(steps, width, lr, batch, seed, shipped, grid):
    images, labels = data.digits()
    rng, (first, rest) = np.random.default_rng(seed), digits_split()
    seen, unseen = images[first], images[rest]
    start = time.perf_counter()
    if shipped:
        eps_model = digits_model()
    else:
        *_, progress = train(seen, ALPHA_BAR, rng, steps, batch, (width,) * 3, lr=lr, detail=1, predict="v")
        eps_model = eps_model_from(progress.params, ALPHA_BAR)
        print(f"{steps} steps of batch {batch}, width {width}: last loss {progress.loss:.3f}")
    trained = time.perf_counter()
    made = sample(eps_model, (1000, 8, 8), BETAS, ALPHA_BAR, rng)
    print(f"training {trained - start:.1f} s, sampling 1 000 digits {time.perf_counter() - trained:.1f} s")
    save_grid(np.concatenate([made[:200], seen[:200]]), grid)

    flat, y = seen.reshape(1500, -1), labels[first]
    vectors, nearest = SVC().fit(flat, y), KNeighborsClassifier(1).fit(flat, y)
    logistic = LogisticRegression(max_iter=2000).fit(flat, y)
    print(f"accuracy on unseen true digits: support vectors {vectors.score(unseen.reshape(297, -1), labels[rest]):.1%}, "
          f"nearest neighbour {nearest.score(unseen.reshape(297, -1), labels[rest]):.1%}")  # fmt: skip
    print(
        f"{'':22}{'read alike':>12}{'sure':>8}{'least and most common digit':>30}{'novelty':>10}{'energy distance':>18}"
    )
    for name, these in (("samples", made), ("unseen true digits", unseen), ("training digits", seen)):
        x = these.reshape(len(these), -1)
        read = vectors.predict(x)
        shares = np.bincount(read, minlength=10) / len(read)
        alike, sure = np.mean(read == nearest.predict(x)), np.mean(logistic.predict_proba(x).max(axis=1))
        print(f"{name:22}{alike:12.1%}{sure:8.1%}{shares.min():22.1%}, {shares.max():6.1%}{novelty(these, seen, unseen):10.2f}"
              f"{energy_distance(these[:297], unseen):18.4f}")  # fmt: skip


if __name__ == "__main__":
    main()
