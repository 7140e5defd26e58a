"""The two-dimensional bar: how near a DDPM's swiss roll comes to the true one, by chamfer distance.

    python benchmarks/swiss_roll.py [--seeds 5] [--steps 5000]

Data and metric are those of a public course (KAIST CS492D, assignment 1): scikit-learn's swiss roll without noise,
one million points, shifted and scaled to standard deviation 2 over both axes; the chamfer distance, summed,
between 2 048 samples and 2 048 of the points; T = 1000, three hidden layers of 128. There a DDPM below 20 gets
full points, and 18.72 is the figure shown.
"""

from __future__ import annotations

import time

import click
import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import t as student
from sklearn.datasets import make_swiss_roll

from gradual.metrics import chamfer_distance
from gradual.pretrained import ALPHA_BAR, BETAS
from gradual.samplers import ddim_step, sample
from gradual.training import eps_model_from, train

POINTS = 2048


def roll(n, seed):
    points = make_swiss_roll(n, noise=0.0, random_state=seed, hole=True)[0][:, [0, 2]]
    return (points - points.mean()) / points.std() * 2


def ddim_50(eps_model, rng):
    x = rng.standard_normal((POINTS, 2))
    for t in range(1000, 0, -20):
        x = ddim_step(x, eps_model(x, t), t, t - 20, ALPHA_BAR)
    return x


def mean_and_interval(values):
    half = student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):8.3f} ± {half:.3f}  (from {np.min(values):.3f} to {np.max(values):.3f})"


@click.command()
@click.option("--seeds", default=5)
@click.option("--steps", default=5_000, help="Training steps.")
def main(seeds, steps):
    rows = {name: [] for name in ("floor", "DDPM", "DDIM-50", "novel", "fresh", "training s", "sampling s")}
    for seed in range(seeds):
        training, fresh = roll(1_000_000, seed), roll(1_000_000, 100 + seed)[:POINTS]
        reference, rng = training[:POINTS], np.random.default_rng(seed)
        start = time.perf_counter()
        *_, progress = train(training, ALPHA_BAR, rng, steps)
        trained = time.perf_counter()
        eps_model = eps_model_from(progress.params)
        made = sample(eps_model, (POINTS, 2), BETAS, ALPHA_BAR, rng)
        rows["sampling s"].append(time.perf_counter() - trained)
        rows["training s"].append(trained - start)
        rows["floor"].append(chamfer_distance(fresh, reference))
        rows["DDPM"].append(chamfer_distance(made, reference))
        rows["DDIM-50"].append(chamfer_distance(ddim_50(eps_model, rng), reference))
        tree = cKDTree(training)
        rows["novel"].append(1e3 * tree.query(made)[0].mean())
        rows["fresh"].append(1e3 * tree.query(fresh)[0].mean())
        print(f"seed {seed}: " + ", ".join(f"{name} {values[-1]:.3f}" for name, values in rows.items()), flush=True)
    print(f"\n{seeds} seeds, {steps} training steps, {POINTS} points; mean ± 95 % interval of the mean")
    for name, label in (
        ("floor", "chamfer, true against true (floor)"),
        ("DDPM", "chamfer, DDPM, 1000 steps (bar: 20)"),
        ("DDIM-50", "chamfer, DDIM, 50 steps (bar: 60)"),
        ("novel", "samples to nearest training point, 1/1000"),
        ("fresh", "true points to nearest training point, 1/1000"),
        ("training s", "training, s"),
        ("sampling s", "sampling 2 048 points, s"),
    ):
        print(f"{label:47}{mean_and_interval(rows[name])}")


if __name__ == "__main__":
    main()
