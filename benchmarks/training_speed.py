"""One training step of the course's network, against PyTorch and against the machine's own matrix product.

    python benchmarks/training_speed.py [--rounds 40]

All three take turns in one process, with the same number of threads, so that what else the machine does hits
them alike. A step is: draw a batch, noise it, forward, backward, Adam, moving average. PyTorch (CPU, eager)
does the same. The sgemm is NumPy's float32 product: of the step's own matrices alone, and of two big ones.
"""

from __future__ import annotations

import time

import click
import numpy as np
import torch
from threadpoolctl import threadpool_info

from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule
from gradual.training import train

BATCH, HIDDEN, EMBEDDING, D = 512, (128, 128, 128), 32, 2
WIDTHS = (D + EMBEDDING, *HIDDEN, D)
FLOP = sum(2 * BATCH * a * b for a, b in zip(WIDTHS, WIDTHS[1:])) * 3 - 2 * BATCH * WIDTHS[0] * WIDTHS[1]


def torch_steps(data, alpha_bar):
    """The same training, as one writes it in PyTorch: a generator, one step for each ``next``."""
    data, alpha_bar = torch.as_tensor(data, dtype=torch.float32), torch.as_tensor(alpha_bar, dtype=torch.float32)
    angles = torch.outer(torch.arange(len(alpha_bar)), 10_000 ** (-torch.arange(EMBEDDING // 2) / (EMBEDDING // 2)))
    waves = torch.cat([angles.cos(), angles.sin()], dim=1)
    layers = [part for a, b in zip(WIDTHS, WIDTHS[1:]) for part in (torch.nn.Linear(a, b), torch.nn.SiLU())][:-1]
    network = torch.nn.Sequential(*layers)
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    average = [parameter.detach().clone() for parameter in network.parameters()]
    while True:
        x0 = data[torch.randint(len(data), (BATCH,))]
        t = torch.randint(1, len(alpha_bar), (BATCH,))
        noise = torch.randn_like(x0)
        a = alpha_bar[t][:, None]
        x_t = a.sqrt() * x0 + (1 - a).sqrt() * noise
        loss = torch.nn.functional.mse_loss(network(torch.cat([x_t, waves[t]], dim=1)), noise)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        torch._foreach_lerp_(average, [parameter.detach() for parameter in network.parameters()], 0.001)
        yield loss.item()


def products(rng):
    """The matrix products of one step, and nothing else."""
    shapes = list(zip(WIDTHS, WIDTHS[1:]))
    weights = [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]
    inputs = [rng.standard_normal((BATCH, a), dtype=np.float32) for a, _ in shapes]
    grads = [rng.standard_normal((BATCH, b), dtype=np.float32) for _, b in shapes]
    while True:
        for layer, (x, W, g) in enumerate(zip(inputs, weights, grads)):
            x @ W
            x.T @ g
            if layer > 0:
                g @ W.T
        yield


def big_product(rng, n=1024):
    """Two big matrices: the rate that the machine can reach."""
    a, b = rng.standard_normal((2, n, n), dtype=np.float32)
    while True:
        a @ b
        yield


@click.command()
@click.option("--rounds", default=40, help="Each round is 20 steps of each.")
@click.option("--threads", default=None, type=int, help="PyTorch's threads; as many as NumPy's by default.")
def main(rounds, threads):
    threads = threads or next(pool["num_threads"] for pool in threadpool_info() if "numpy" in pool["filepath"])
    torch.set_num_threads(threads)
    rng = np.random.default_rng(0)
    data, alpha_bar = rng.standard_normal((5_000, D)), alpha_bar_from_betas(linear_beta_schedule(1000))
    steps = {
        "gradual": train(data, alpha_bar, rng, 25 * rounds, BATCH, HIDDEN, EMBEDDING),
        "PyTorch": torch_steps(data, alpha_bar),
        "sgemm, this step's": products(rng),
        "sgemm, 1024 x 1024": big_product(rng),
    }
    times = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            time.sleep(0.1)  # the threads of the one before wait for work by spinning, and would take its processors
            for _ in range(5):
                next(step)
            start = time.perf_counter()
            for _ in range(20):
                next(step)
            times[name].append((time.perf_counter() - start) / 20)
    report(times, threads)


def report(times, threads):
    flop = dict.fromkeys(times, FLOP) | {"sgemm, 1024 x 1024": 2 * 1024**3}
    print(f"{threads} threads, batch {BATCH}, layers {WIDTHS}, {FLOP / 1e6:.0f} Mflop a step, {len(times['gradual'])} rounds")
    print(f"{'ms a step':20}{'fastest':>10}{'10 %':>10}{'median':>10}{'90 %':>10}{'Gflop/s (10 %)':>18}")
    quantiles = {name: np.quantile(values, [0, 0.1, 0.5, 0.9]) for name, values in times.items()}
    for name, row in quantiles.items():
        print(f"{name:20}" + "".join(f"{1e3 * ms:10.3f}" for ms in row) + f"{flop[name] / row[1] / 1e9:18.1f}")
    for other in list(times)[1:]:
        ratios = flop[other] / flop["gradual"] * quantiles["gradual"] / quantiles[other]
        if "sgemm" in other:
            print(f"gradual's share of the rate of {other}: {1 / ratios[1]:.0%} at the 10 % quantile, {1 / ratios[2]:.0%} at the median")
        else:
            print(f"gradual's time / {other}'s: {ratios[1]:.2f} at the 10 % quantile, {ratios[2]:.2f} at the median")
    print("On a busy machine the median measures the machine: then the 10 % quantile says more.")


if __name__ == "__main__":
    main()
