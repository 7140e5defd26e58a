"""One training step of the course's network, against PyTorch and against the machine's own matrix product.

    python benchmarks/training_speed.py [--rounds 30]

All three take turns in one process, with the same number of threads, so that what else the machine does hits
them alike. A step is: draw a batch, noise it, forward, backward, Adam, moving average. PyTorch (CPU, eager)
does the same. The sgemm is NumPy's float32 product: of the step's own matrices alone, and of two big ones.
"""

from __future__ import annotations

import time

import click
import numpy as np
import torch

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
@click.option("--rounds", default=30, help="Each round is 20 steps of each.")
@click.option("--threads", default=None, type=int, help="PyTorch's threads; as many as NumPy's by default.")
def main(rounds, threads):
    from threadpoolctl import threadpool_info

    threads = threads or next(pool["num_threads"] for pool in threadpool_info() if "numpy" in pool["filepath"])
    torch.set_num_threads(threads)
    rng = np.random.default_rng(0)
    data, alpha_bar = rng.standard_normal((5_000, D)), alpha_bar_from_betas(linear_beta_schedule(1000))
    steps = {
        "gradual": train(data, alpha_bar, rng, 20 * rounds + 1, BATCH, HIDDEN, EMBEDDING),
        "PyTorch": torch_steps(data, alpha_bar),
        "sgemm, this step's shapes": products(rng),
        "sgemm, 1024 x 1024": big_product(rng),
    }
    times = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            next(step)
            start = time.perf_counter()
            for _ in range(19):
                next(step)
            times[name].append((time.perf_counter() - start) / 19)
    flop = {name: 2 * 1024**3 if "1024" in name else FLOP for name in steps}
    print(f"{threads} threads, batch {BATCH}, layers {WIDTHS}, {FLOP / 1e6:.0f} Mflop a step, {rounds} rounds")
    for name, values in times.items():
        low, mid, high = np.quantile(values, [0.1, 0.5, 0.9])
        print(
            f"{name:27} {mid * 1e3:7.3f} ms  (10-90 %: {low * 1e3:.3f} - {high * 1e3:.3f})  {flop[name] / mid / 1e9:6.1f} Gflop/s"
        )
    ratio = np.array(times["gradual"]) / times["PyTorch"]
    print(
        f"gradual / PyTorch: {np.median(ratio):.2f}  (10-90 % of rounds: {np.quantile(ratio, 0.1):.2f} - {np.quantile(ratio, 0.9):.2f})"
    )
    for name in list(steps)[2:]:
        rate = flop["gradual"] / np.median(times["gradual"]) / (flop[name] / np.median(times[name]))
        print(f"gradual's rate / {name}: {rate:.0%}")


if __name__ == "__main__":
    main()
