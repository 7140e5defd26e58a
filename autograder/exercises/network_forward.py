"""Lesson 08's network, run forwards: what layers make of their input, and what they keep."""

from __future__ import annotations

import math

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.time_waves import LESSON
from gradual import network


def layers(rng, widths, scale=1.0):
    """Parameters of a small network, biases and last layer too."""
    return [
        (scale * rng.standard_normal((rows, columns)) / np.sqrt(rows), 0.5 * scale * rng.standard_normal(columns))
        for rows, columns in zip(widths, widths[1:])
    ]


def network_inputs(widths, B, scale=1.0):
    return lambda rng: {"params": layers(rng, widths, scale), "x": rng.standard_normal((B, widths[0]))}


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def silu(z):
    return z * sigmoid(z)


def forward(
    bend=silu,
    linear=lambda x, W, b: x @ W + b,
    keep=lambda x, z, after: (x, z),
    give=lambda z, after, cache: (z, cache),
    follow=lambda x, after: after,
    last=lambda z: z,
):
    """A (possibly wrong) mlp_forward."""

    def run(params, x):
        cache = []
        for W, b in params:
            z = linear(x, W, b)
            after = bend(z)
            cache.append(keep(x, z, after))
            x = follow(x, after)
        return give(last(z), after, cache)

    return run


RIGHT = forward()


def forward_by_loop(params, x):
    cache = []
    for W, b in params:
        z = [[sum(a * w for a, w in zip(row, column)) + c for column, c in zip(W.T, b)] for row in x]
        cache.append((x, z))
        x = [[one / (1 + math.exp(-one)) if one > -700 else 0.0 for one in row] for row in z]
    return cache[-1][1], cache


def forward_by_recursion(params, x):
    W, b = params[0]
    z = np.einsum("bi,io->bo", x, W) + b
    if len(params) == 1:
        return z, [(x, z)]
    output, cache = forward_by_recursion(params[1:], z / (1 + np.exp(-z)))
    return output, [(x, z), *cache]


def forward_where_next(params, x):
    """SiLU at the start of every layer but the first."""
    cache = []
    for layer in range(len(params)):
        x = x * (1 / (1 + np.exp(-x))) if layer > 0 else x
        z = np.dot(x, params[layer][0]) + params[layer][1][None, :]
        cache.append((x, z))
        x = z
    return x, tuple(cache)


def forward_in_float32(params, x):
    return RIGHT([(np.float32(W), np.float32(b)) for W, b in params], np.float32(x))


def forward_in_place(params, x):
    cache = []
    for W, b in params:
        W += 0.0
        b *= 1.001
        z = x @ W + b / 1.001
        cache.append((x, z))
        x = silu(z)
    return z, cache


MLP_FORWARD = Exercise(
    function=network.mlp_forward,
    lesson=LESSON,
    points=3,
    cases=(
        Case("one layer alone: no SiLU anywhere", network_inputs((3, 2), 4)),
        Case("three layers, all 4 wide, a batch of 5", network_inputs((4, 4, 4, 4), 5)),
        Case("three layers, 3 → 5 → 4 → 2, a batch of 6", network_inputs((3, 5, 4, 2), 6)),
        Case("pre-activations far from 0: nothing may overflow", network_inputs((2, 8, 3), 8, 1e4)),
        Case("four layers, one sample", network_inputs((2, 5, 6, 5, 1), 1), hidden=True),
        Case("all layers of one width, a batch of that size", network_inputs((3, 3, 3, 3), 3), hidden=True),
        Case("a wide layer, a batch of 64", network_inputs((10, 32, 4), 64), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "bent_after_the_last_layer",
            forward(last=silu),
            "The cache is right, but your output went through SiLU. The last layer gives its z as it is: the noise it predicts can be far below 0.",
        ),
        Misconception(
            "never_bent",
            forward(bend=lambda z: z),
            "There is no SiLU between your layers, so together they are one straight line. Bend z before the next layer takes it.",
        ),
        Misconception(
            "relu",
            forward(bend=lambda z: np.maximum(z, 0)),
            "You cut off at 0, which is ReLU. SiLU is smooth: z / (1 + e^{−z}).",
        ),
        Misconception(
            "sigmoid",
            forward(bend=sigmoid),
            "You used σ(z) = 1 / (1 + e^{−z}). SiLU is z times that.",
        ),
        Misconception(
            "tanh",
            forward(bend=np.tanh),
            "You used tanh. SiLU is z / (1 + e^{−z}).",
        ),
        Misconception(
            "brackets_around_the_denominator",
            forward(bend=lambda z: z / 1 + np.exp(-z)),
            "Python reads z / 1 + np.exp(-z) as z + e^{−z}. Put the denominator in brackets.",
        ),
        Misconception(
            "sign_of_the_exponent",
            forward(bend=lambda z: z - silu(z)),
            "Your SiLU is a mirror image: large where z is far below 0. The exponent has a minus sign, z / (1 + e^{−z}).",
        ),
        Misconception(
            "overflows",
            forward(bend=lambda z: z * np.exp(z) / (1 + np.exp(z))),
            "Near 0 you are right. For a large z, e^z is infinite in a computer, and inf/inf is NaN: use z / (1 + e^{−z}), where only the denominator grows.",
        ),
        Misconception(
            "bias_left_out",
            forward(linear=lambda x, W, b: x @ W),
            "The bias is missing: z = x W + b.",
        ),
        Misconception(
            "bias_subtracted",
            forward(linear=lambda x, W, b: x @ W - b),
            "You subtracted the bias. z = x W + b.",
        ),
        Misconception(
            "multiplied_from_the_left",
            forward(linear=lambda x, W, b: W @ x + b),
            "W @ x does not fit: x is (B, inputs) and W (inputs, outputs), so it is x @ W, and the result is (B, outputs).",
        ),
        Misconception(
            "weights_transposed",
            forward(linear=lambda x, W, b: x @ W.T + b),
            "W is (inputs, outputs) already, so x @ W needs no .T.",
        ),
        Misconception(
            "entry_by_entry",
            forward(linear=lambda x, W, b: x * W + b),
            "x * W multiplies entry by entry. A layer adds up all inputs for each output: x @ W.",
        ),
        Misconception(
            "x_not_passed_on",
            forward(follow=lambda x, after: x),
            "Every layer of yours takes the first input. Each takes what SiLU made of the layer before: set x at the end of the loop.",
        ),
        Misconception(
            "cache_keeps_what_comes_after",
            forward(keep=lambda x, z, after: (x, after)),
            "The output is right, but your cache keeps z after SiLU, not before. (If you wrote z *= … or z /= …, that changed the array in the cache as well.)",
        ),
        Misconception(
            "cache_changed_later",
            forward(keep=lambda x, z, after: (x, after), last=silu),
            "SiLU changed your z itself, in the cache and at the output (with *= or /=?). Put its result in a new array: x = z / ….",
        ),
        Misconception(
            "cache_keeps_the_next_input",
            forward(keep=lambda x, z, after: (after, z)),
            "The output is right, but your cache keeps what a layer passes on. It needs what the layer took in: append (x, z) before x gets its new value.",
        ),
        Misconception(
            "x_overwritten_too_early",
            forward(keep=lambda x, z, after: (after, z), last=silu),
            "x gets its new value too early. Append (x, z) first, bend z after that, and return the last z, not the last x.",
        ),
        Misconception(
            "x_overwritten_by_z",
            forward(keep=lambda x, z, after: (z, z)),
            "The output is right, but x was overwritten by z before both went into the cache. Give z a name of its own.",
        ),
        Misconception(
            "cache_swapped",
            forward(keep=lambda x, z, after: (z, x)),
            "The output is right, but the cache has (z, x). The order is (x, z): what came in, then what the layer made of it.",
        ),
        Misconception(
            "cache_keeps_z_alone",
            forward(keep=lambda x, z, after: z),
            "The output is right, but your cache keeps z alone. The gradient needs the layer's input as well: (x, z) for each layer.",
        ),
        Misconception(
            "cache_keeps_x_alone",
            forward(keep=lambda x, z, after: x),
            "The output is right, but your cache keeps x alone. The gradient needs z as well: (x, z) for each layer.",
        ),
        Misconception(
            "cache_lacks_the_last",
            forward(give=lambda z, after, cache: (z, cache[:-1])),
            "The output is right, but the cache lacks the last layer. It has one (x, z) for each layer, the last one too.",
        ),
        Misconception(
            "cache_begun_anew",
            forward(give=lambda z, after, cache: (z, cache[-1:])),
            "The output is right, but only the last layer is in your cache. Begin the list before the loop, not inside it.",
        ),
        Misconception(
            "returns_in_the_loop",
            lambda params, x: RIGHT(params[:1], x),
            "You returned after the first layer. The return stands after the loop, not inside it.",
        ),
        Misconception(
            "cache_backwards",
            forward(give=lambda z, after, cache: (z, cache[::-1])),
            "The output is right, but the cache runs from the last layer to the first. Keep it in the order of params.",
        ),
        Misconception(
            "cache_before_output",
            forward(give=lambda z, after, cache: (cache, z)),
            "You returned the cache first. The order is output, then cache.",
        ),
        Misconception(
            "output_alone",
            forward(give=lambda z, after, cache: z),
            "You returned the output alone. Return both: output, cache.",
        ),
        Misconception(
            "changed_its_input",
            forward_in_place,
            "The numbers are right, but you changed W or b in params (with +=, -= or *=). Make new arrays: the network is still needed.",
        ),
    ),
    alternatives=(forward_by_loop, forward_by_recursion, forward_where_next, forward_in_float32),
    hints=(
        "Go through params from the first layer to the last. x is what flows in; z = x W + b is what the layer makes of it. Keep the pair, bend z, and what you get is the next layer's x.",
        "Inside `for W, b in params`: z = x @ W + b, then append (x, z) to the cache, then x = z / (1 + np.exp(-z)). The output is the last z, not the last x.",
        "for W, b in params:\n    z = ...\n    cache.append((..., ...))\n    x = ...\nreturn ..., cache",
    ),
)
