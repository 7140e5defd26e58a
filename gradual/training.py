"""Training a noise predictor: the loop, and the model that comes out of it.

Here, and only here, numbers are float32: it is twice as fast, and a gradient is a rough guess anyway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradual.network import adam_step, flatten, init_mlp, mlp_backward, mlp_forward, timestep_embedding, unflatten
from gradual.parameterization import eps_from_v


@dataclass(frozen=True)
class Progress:
    """Where training is: the step (from 1), its loss, and the parameters averaged so far, a list of (W, b).

    The parameters go on changing while training does: copy them to keep how they were.
    """

    step: int
    loss: float
    params: list


def train(
    data, alpha_bar, rng, steps=5_000, batch=512, hidden=(128, 128, 128), embedding=32, lr=1e-2, detail=6.0,
    average=0.999, predict="eps", forward=mlp_forward, backward=mlp_backward, adam=adam_step,
    embed=timestep_embedding,
):  # fmt: skip
    """Train a noise predictor on data (N, …), one step for each ``next``: yields a ``Progress`` after each.

    for progress in train(data, alpha_bar, rng): show it, or break to stop

    Each step draws a batch of data, a timestep and a noise for each sample, and lowers the squared error of the
    predicted noise (Ho et al. 2020, algorithm 1). The learning rate falls to 0 along half a cosine. What it yields
    is an exponential moving average of the parameters, which samples better than the last ones.

    ``detail`` scales the first weights of x_t: a network learns what varies slowly with its input first (Tancik et
    al. 2020), so a fine pattern in the plane wants 6, and an image, whose many pixels add up, 1. ``predict="v"``
    trains for v instead of ε, which is better for images. ``forward``, ``backward``, ``adam`` and ``embed`` are the
    four functions of lesson 08; a lesson passes the student's own.
    """
    data, alpha_bar = data.reshape(len(data), -1).astype(np.float32), alpha_bar.astype(np.float32)
    waves = embed(np.arange(len(alpha_bar)), embedding).astype(np.float32)
    np.empty(2**24, np.uint8)  # freed at once: glibc then keeps the memory of each step's arrays for the next step
    widths = (data.shape[1] + embedding, *hidden, data.shape[1])
    params = init_mlp(widths, rng)
    params[0][0][: data.shape[1]] *= detail
    weights = flatten(params).astype(np.float32)
    mean, m, v = weights.copy(), np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        x0 = data[rng.integers(len(data), size=batch)]
        t = rng.integers(1, len(alpha_bar), size=batch)
        noise = rng.standard_normal(x0.shape, dtype=np.float32)
        a = alpha_bar[t][:, None]
        x_t = np.sqrt(a) * x0 + np.sqrt(1 - a) * noise
        params = unflatten(weights, widths)
        output, cache = forward(params, np.concatenate([x_t, waves[t]], axis=1))
        error = output - (noise if predict == "eps" else np.sqrt(a) * noise - np.sqrt(1 - a) * x0)
        grads = flatten(backward(params, cache, error * np.float32(2 / error.size)))
        rate = lr * 0.5 * (1 + math.cos(math.pi * step / steps))  # not np.cos: its float64 would make weights float64
        weights, m, v = adam(weights, grads, m, v, step, lr=rate)
        mean += (1 - min(average, step / (step + 10))) * (weights - mean)
        yield Progress(step, float(np.mean(error**2)), unflatten(mean, widths))


def eps_model_from(params, alpha_bar=None, forward=mlp_forward, embed=timestep_embedding):
    """The noise predictor that a list of (W, b) makes: a callable (x_t, t) → array in the shape of x_t.

    t is an int or an int array (B,). What the first layer takes beside x_t is the time embedding. A network that
    was trained to predict v needs alpha_bar (T+1,), by which ε is found from v. ``forward`` and ``embed`` are the
    functions that it was trained with.
    """
    params = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
    embedding = len(params[0][0]) - len(params[-1][1])

    def eps_model(x_t, t):
        flat = x_t.reshape(len(x_t), -1)
        waves = np.broadcast_to(embed(t, embedding), (len(flat), embedding))
        output, _ = forward(params, np.concatenate([flat, waves], axis=1).astype(np.float32))
        output = output.reshape(x_t.shape).astype(x_t.dtype)
        return output if alpha_bar is None else eps_from_v(x_t, output, t, alpha_bar)

    return eps_model
