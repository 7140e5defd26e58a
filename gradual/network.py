"""The network that learns to predict noise: a time embedding, an MLP, its gradient by hand, and Adam.

The parameters of an MLP are a list of ``(W, b)``, one for each layer: W is (inputs, outputs), b is (outputs,).
"""

from __future__ import annotations

import numpy as np

from gradual.arguments import checked, numbers, same_shape, wrong


def _even(name, value, arguments):
    if not isinstance(value, (int, np.integer)) or value < 2 or value % 2:
        raise wrong(name, f"{value!r}", "an even int, 2 or more: half of it for cosines, half for sines")


def _times(name, value, arguments):
    if numbers(name, value).ndim > 1:
        raise wrong(name, f"shape {np.shape(value)}", "one number, or one for each sample, (B,)")


def _layers(name, value, arguments):
    if not isinstance(value, (list, tuple)) or not value:
        raise wrong(name, type(value).__name__, "a list of (W, b), one for each layer")
    for layer, (W, b) in enumerate(value):
        before = np.shape(value[layer - 1][1]) if layer else np.shape(W)[:1]
        if np.ndim(W) != 2 or np.shape(W)[:1] != before or np.shape(b) != np.shape(W)[1:]:
            raise wrong(name, f"W {np.shape(W)} and b {np.shape(b)} in layer {layer}",
                        "W (inputs, outputs) and b (outputs,), each layer's inputs being the last one's outputs")  # fmt: skip


def _layer_input(name, value, arguments):
    array, width = numbers(name, value), len(arguments["params"][0][0])
    if array.ndim != 2 or array.shape[1] != width:
        raise wrong(name, f"shape {array.shape}", f"shape (B, {width}), since the first W has {width} rows")


def _like_output(name, value, arguments):
    array, wanted = numbers(name, value), np.shape(arguments["cache"][-1][1])
    if array.shape != wanted:
        raise wrong(name, f"shape {array.shape}", f"the shape of the network's output, {wanted}")


def _shape_of(other):
    """Rule: the shape alone, for what training made itself: looking at each number would cost as much as a step."""

    def rule(name, value, arguments):
        if np.shape(value) != np.shape(arguments[other]):
            raise wrong(name, f"shape {np.shape(value)}", f"the shape of {other}, {np.shape(arguments[other])}")

    return rule


@checked(t=_times, dim=_even)
def timestep_embedding(t, dim, max_period=10_000):
    """A timestep as waves from fast to slow, so that the network can tell near times from far ones.

    [cos(t·ω_0), …, cos(t·ω_{h−1}), sin(t·ω_0), …, sin(t·ω_{h−1})],
    with ω_i = max_period^(−i/h) and h = dim / 2

    Parameters
    ----------
    t : int, or array (B,), the timesteps
    dim : int, how many numbers describe a timestep; even
    max_period : float, 2π times this is the slowest wave's period, nearly

    Returns
    -------
    array (B, dim), or (dim,) for one t: cosines first, then sines

    Raises
    ------
    ValueError
        if dim is not even, or t is neither a number nor (B,)

    Source: Vaswani et al. 2017, sec. 3.5, as in Nichol & Dhariwal 2021.
    """
    half = dim // 2
    frequencies = max_period ** (-np.arange(half) / half)
    angles = np.multiply.outer(t, frequencies)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


@checked(params=_layers, x=_layer_input)
def mlp_forward(params, x):
    """Run the network, and keep what its gradient will need.

    In each layer z = x W + b; between layers, not after the last, x = SiLU(z) = z / (1 + e^{−z})

    Parameters
    ----------
    params : list of (W, b), W (inputs, outputs), b (outputs,)
    x : array (B, inputs), the input of the first layer

    Returns
    -------
    output : array (B, outputs), the last layer's z
    cache : list of (x, z), each layer's input and what it made of it, the pre-activation

    Raises
    ------
    ValueError
        if the layers do not fit each other, or x does not fit the first

    Source: SiLU: Hendrycks & Gimpel 2016, Elfwing et al. 2018.
    """
    cache = []
    for W, b in params:
        z = x @ W
        z += b
        cache.append((x, z))
        # SiLU(z), in a form that does not overflow where z is far below 0
        half = 0.5 * z
        x = half + half * np.tanh(half)
    return z, cache


@checked(params=_layers, grad_output=_like_output)
def mlp_backward(params, cache, grad_output):
    """The gradient of the loss in every parameter, from the last layer back to the first.

    With g = ∂loss/∂z of a layer: dW = xᵀ g, db = Σ_B g, and the layer before it has
    ∂loss/∂z = (g Wᵀ) · SiLU′(z), SiLU′(z) = σ(z) + SiLU(z) · (1 − σ(z)), σ(z) = 1 / (1 + e^{−z})

    Parameters
    ----------
    params : list of (W, b)
    cache : list of (x, z), as ``mlp_forward`` gives it
    grad_output : array (B, outputs), ∂loss/∂output

    Returns
    -------
    list of (dW, db), in the order and shapes of params

    Raises
    ------
    ValueError
        if the layers do not fit each other, or grad_output has not the shape of the output

    Source: Rumelhart, Hinton & Williams 1986.
    """
    g, grads = grad_output, []
    for layer in range(len(params) - 1, -1, -1):
        x = cache[layer][0]
        grads.append((x.T @ g, g.sum(axis=0)))
        if layer > 0:
            z = cache[layer - 1][1]
            # SiLU(z) / z is σ(z), with no exp; the tiny numbers make it ½ at z = 0
            sigma = (x + 1e-30) / (z + 2e-30)
            g = (g @ params[layer][0].T) * (sigma + x * (1 - sigma))
    return grads[::-1]


@checked(grad=same_shape("param"), m=_shape_of("param"), v=_shape_of("param"))
def adam_step(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam: walk against the mean gradient, in a unit that its size sets.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
    θ ← θ − lr · m̂ / (√v̂ + eps), with m̂ = m / (1 − β₁^step) and v̂ = v / (1 − β₂^step)

    Parameters
    ----------
    param : array of any shape, θ
    grad, m, v : arrays in the shape of param: the gradient g, and the running means of g and of g²
    step : int, how many steps this makes, from 1
    lr, beta1, beta2, eps : floats, the learning rate and Adam's own constants

    Returns
    -------
    param, m and v after the step

    Raises
    ------
    ValueError
        if shapes differ, or an entry is not finite (a gradient that is not has diverged: lower lr)

    Source: Kingma & Ba 2015, algorithm 1.
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def init_mlp(widths, rng):
    """Random parameters for layers of these widths (inputs, hidden …, outputs): W ~ N(0, 1/inputs), b = 0.

    The last W starts at 0, so that the first prediction is 0.
    """
    params = [
        (rng.standard_normal((rows, columns)) / np.sqrt(rows), np.zeros(columns))
        for rows, columns in zip(widths, widths[1:])
    ]
    return params[:-1] + [(0 * params[-1][0], params[-1][1])]


def flatten(params):
    """All parameters (or gradients) as one vector, so that Adam takes one step for all of them."""
    return np.concatenate([array.ravel() for layer in params for array in layer])


def unflatten(vector, widths):
    """The list of (W, b) that a vector holds: views of it, not copies."""
    params, at = [], 0
    for rows, columns in zip(widths, widths[1:]):
        W = vector[at : at + rows * columns].reshape(rows, columns)
        at += rows * columns
        params.append((W, vector[at : at + columns]))
        at += columns
    return params
