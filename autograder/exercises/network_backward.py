"""Lesson 08's hardest exercise: the network run backwards, for the gradient of every parameter."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.network_forward import layers, sigmoid, silu
from autograder.exercises.time_waves import LESSON
from gradual import network


def backward_inputs(widths, B, scale=1.0):
    def make(rng):
        params, x = layers(rng, widths, scale), rng.standard_normal((B, widths[0]))
        output, cache = network.mlp_forward(params, x)
        return {"params": params, "cache": cache, "grad_output": rng.standard_normal(output.shape)}

    return make


def slope(z):
    return sigmoid(z) * (1 + z * (1 - sigmoid(z)))


def backward(
    bend=slope,
    weight=lambda x, g: x.T @ g,
    bias=lambda g: g.sum(axis=0),
    send=lambda g, W, bent: (g @ W.T) * bent,
    at=lambda cache, layer: cache[layer - 1][1],
    start=lambda g, z: g,
    pair=lambda dW, db: (dW, db),
    give=lambda grads: grads[::-1],
    first=0,
):
    """A (possibly wrong) mlp_backward."""

    def run(params, cache, grad_output):
        g, grads = start(grad_output, cache[-1][1]), []
        for layer in range(len(params) - 1, -1, -1):
            grads.append(pair(weight(cache[layer][0], g), bias(g)))
            if layer > first:
                g = send(g, params[layer][0], bend(at(cache, layer)))
        return give(grads)

    return run


RIGHT = backward()


def same_g_everywhere(params, cache, grad_output):
    grads = [(x.T @ grad_output, grad_output.sum(axis=0)) for x, _ in cache]
    return grads


def weights_of_the_layer_before(params, cache, grad_output):
    g, grads = grad_output, []
    for layer in range(len(params) - 1, -1, -1):
        grads.append((cache[layer][0].T @ g, g.sum(axis=0)))
        if layer > 0:
            g = (g @ params[layer - 1][0].T) * slope(cache[layer - 1][1])
    return grads[::-1]


def without_brackets(params, cache, grad_output):
    g, grads = grad_output, []
    for layer in range(len(params) - 1, -1, -1):
        x = cache[layer][0]
        grads.append((x.T @ g, g.sum(axis=0)))
        if layer > 0:
            s = sigmoid(cache[layer - 1][1])
            g = g @ params[layer][0].T * s + x * (1 - s)
    return grads[::-1]


def counted_from_one(params, cache, grad_output):
    return [(cache[layer][0].T @ grad_output, grad_output.sum(axis=0)) for layer in range(len(params), 0, -1)]


def not_in_pairs(params, cache, grad_output):
    return [array for dW, db in RIGHT(params, cache, grad_output)[::-1] for array in (dW, db)][::-1]


def descends_as_it_goes(params, cache, grad_output):
    grads = RIGHT(params, cache, grad_output)
    for (W, b), (dW, db) in zip(params, grads):
        W -= 1e-3 * dW
        b -= 1e-3 * db
    return grads


def backward_by_recursion(params, cache, grad_output):
    *before, (x, _) = cache
    here = (x.T @ grad_output, grad_output.sum(axis=0))
    if not before:
        return [here]
    s = 1 / (1 + np.exp(-before[-1][1]))
    g = grad_output @ params[-1][0].T * (s + x * (1 - s))
    return [*backward_by_recursion(params[:-1], before, g), here]


def backward_sample_by_sample(params, cache, grad_output):
    grads = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    for row, g in enumerate(grad_output):
        for layer in reversed(range(len(params))):
            x = cache[layer][0][row]
            grads[layer][0][:] += np.outer(x, g)
            grads[layer][1][:] += g
            if layer:
                z = cache[layer - 1][1][row]
                s = 1 / (1 + np.exp(-z))
                g = params[layer][0] @ g * (s + z * s * (1 - s))
    return grads


def backward_in_front(params, cache, grad_output):
    g, grads = grad_output, []
    for layer in reversed(range(len(params))):
        x, z = cache[layer]
        if layer < len(params) - 1:
            g = g * slope(z)
        grads.insert(0, [np.einsum("bi,bo->io", x, g).tolist(), np.ones(len(g)) @ g])
        g = np.dot(g, np.transpose(params[layer][0]))
    return tuple(grads)


MLP_BACKWARD = Exercise(
    function=network.mlp_backward,
    lesson=LESSON,
    points=5,
    cases=(
        Case("one layer alone", backward_inputs((3, 2), 4)),
        Case("three layers, all 4 wide, a batch of 5", backward_inputs((4, 4, 4, 4), 5)),
        Case("three layers, 3 → 5 → 4 → 2, a batch of 6", backward_inputs((3, 5, 4, 2), 6)),
        Case("pre-activations far from 0: nothing may overflow", backward_inputs((2, 8, 3), 8, 1e4)),
        Case("four layers, one sample", backward_inputs((2, 5, 6, 5, 1), 1), hidden=True),
        Case("all layers of one width, a batch of that size", backward_inputs((3, 3, 3, 3), 3), hidden=True),
        Case("a wide layer, a batch of 64", backward_inputs((10, 32, 4), 64), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "slope_left_out",
            backward(bend=np.ones_like),
            "The last layer is right. On the way to the layer before, g also passes SiLU: multiply g Wᵀ by SiLU′(z).",
        ),
        Misconception(
            "sigmoid_alone",
            backward(bend=sigmoid),
            "Your SiLU′ is σ(z), half of it. SiLU is z times σ(z), and σ changes with z too: add SiLU(z) · (1 − σ(z)).",
        ),
        Misconception(
            "slope_of_the_sigmoid",
            backward(bend=lambda z: sigmoid(z) * (1 - sigmoid(z))),
            "Your slope is that of the sigmoid, σ(1 − σ). SiLU is z times σ(z); its slope is σ(z) + SiLU(z) · (1 − σ(z)).",
        ),
        Misconception(
            "second_part_alone",
            backward(bend=lambda z: silu(z) * (1 - sigmoid(z))),
            "Your SiLU′ lacks its first part: it is σ(z) + SiLU(z) · (1 − σ(z)).",
        ),
        Misconception(
            "z_for_silu",
            backward(bend=lambda z: sigmoid(z) + z * (1 - sigmoid(z))),
            "In SiLU′ you wrote z · (1 − σ(z)). It is SiLU(z) · (1 − σ(z)), and SiLU(z) is z · σ(z).",
        ),
        Misconception(
            "sign_inside_the_slope",
            backward(bend=lambda z: sigmoid(z) - silu(z) * (1 - sigmoid(z))),
            "A sign in SiLU′ is wrong: σ(z) plus SiLU(z) · (1 − σ(z)).",
        ),
        Misconception(
            "silu_itself",
            backward(bend=silu),
            "You multiplied by SiLU(z). Going back it is the slope of the curve that counts, SiLU′(z).",
        ),
        Misconception(
            "slope_of_relu",
            backward(bend=lambda z: (z > 0) * 1.0),
            "Your slope is 0 or 1, which is that of ReLU. SiLU is smooth: SiLU′(z) = σ(z) + SiLU(z) · (1 − σ(z)).",
        ),
        Misconception(
            "slope_at_x",
            backward(bend=lambda z: slope(silu(z))),
            "You took the slope at the next layer's x, which has been through SiLU already. SiLU′ belongs to z: cache[layer - 1][1].",
        ),
        Misconception(
            "sigmoid_at_x",
            backward(bend=lambda z: sigmoid(silu(z)) + silu(z) * (1 - sigmoid(silu(z)))),
            "You took σ at x, which has been through SiLU already. σ and SiLU′ belong to z: cache[layer - 1][1].",
        ),
        Misconception(
            "bent_before_the_weights",
            backward(send=lambda g, W, bent: (g * bent) @ W.T),
            "You multiplied by the slope before g went through the weights. Going back it meets the weights first: (g Wᵀ), then times SiLU′(z) of the layer before.",
        ),
        Misconception(
            "without_brackets",
            without_brackets,
            "Only the first part of SiLU′ is multiplied by g Wᵀ. Put brackets around the sum.",
        ),
        Misconception(
            "slope_by_matrix_product",
            backward(send=lambda g, W, bent: (g @ W.T) @ bent),
            "The slope multiplies g Wᵀ entry by entry: use *, not @.",
        ),
        Misconception(
            "past_the_first_layer",
            backward(first=-1),
            "Your loop sends g back from the first layer too, and there is no layer before it (cache[-1] is the last one). Do that only if layer > 0.",
        ),
        Misconception(
            "one_layer_short",
            backward(first=1),
            "The first layer has the g of the second. g goes back as long as there is a layer before: if layer > 0.",
        ),
        Misconception(
            "counted_from_one",
            counted_from_one,
            "Layers are counted from 0 to len(params) − 1, so there is no cache[len(params)]. reversed(range(len(params))) runs through them from the last.",
        ),
        Misconception(
            "slope_at_this_layers_z",
            backward(at=lambda cache, layer: cache[layer][1]),
            "You took SiLU′ at this layer's own z. g Wᵀ has passed back through W, so it meets the z of the layer before: cache[layer - 1][1].",
        ),
        Misconception(
            "slope_at_the_output",
            backward(start=lambda g, z: g * slope(z)),
            "You multiplied by SiLU′ at the output too. There is no SiLU after the last layer, so the last g is grad_output as it is.",
        ),
        Misconception(
            "overflows",
            backward(bend=lambda z: np.exp(z) / (1 + np.exp(z)) * (1 + z * (1 - np.exp(z) / (1 + np.exp(z))))),
            "Near 0 you are right. For a large z, e^z is infinite in a computer, and inf/inf is NaN: write σ(z) as 1 / (1 + e^{−z}).",
        ),
        Misconception(
            "g_never_moves_back",
            same_g_everywhere,
            "You used grad_output in every layer. It belongs to the last one; the layer before has its own g, (g Wᵀ) · SiLU′(z).",
        ),
        Misconception(
            "weights_not_transposed",
            backward(send=lambda g, W, bent: (g @ W) * bent),
            "g @ W does not go back: g is (B, outputs) and W (inputs, outputs). With the transposed, g @ W.T, you get (B, inputs).",
        ),
        Misconception(
            "weights_of_the_layer_before",
            weights_of_the_layer_before,
            "You sent g back through the weights of the layer before. It goes back through those of the layer that it belongs to: params[layer][0].",
        ),
        Misconception(
            "inputs_not_transposed",
            backward(weight=lambda x, g: x @ g),
            "x @ g does not fit: both are (B, …). dW has the shape of W, (inputs, outputs): x.T @ g.",
        ),
        Misconception(
            "factors_swapped",
            backward(weight=lambda x, g: g @ x.T),
            "g @ x.T does not fit. dW has the shape of W, (inputs, outputs): x.T @ g.",
        ),
        Misconception(
            "weight_gradient_transposed",
            backward(weight=lambda x, g: g.T @ x),
            "Your dW is transposed: it is (outputs, inputs). It has the shape of W, (inputs, outputs): x.T @ g.",
        ),
        Misconception(
            "bias_not_summed",
            backward(bias=lambda g: g),
            "Your db has one row for each sample. b is added to every sample, so their gradients add up: sum over the batch, axis=0.",
        ),
        Misconception(
            "bias_summed_over_outputs",
            backward(bias=lambda g: g.sum(axis=1)),
            "You summed db over the outputs. Sum over the batch, axis=0: one number is left for each output.",
        ),
        Misconception(
            "bias_summed_to_one_number",
            backward(bias=lambda g: g.sum()),
            "Your db is one number. Sum over the batch only, axis=0: one number for each output.",
        ),
        Misconception(
            "bias_with_an_axis_too_many",
            backward(bias=lambda g: g.sum(axis=0, keepdims=True)),
            "Your db has shape (1, outputs). b is (outputs,): sum without keepdims.",
        ),
        Misconception(
            "mean_for_bias_only",
            backward(bias=lambda g: g.mean(axis=0)),
            "You averaged db over the batch. Whatever averaging the loss does is in grad_output already: sum.",
        ),
        Misconception(
            "mean_over_the_batch",
            backward(weight=lambda x, g: x.T @ g / len(g), bias=lambda g: g.mean(axis=0)),
            "You divided by the batch size. Whatever averaging the loss does is in grad_output already: sum over the batch.",
        ),
        Misconception(
            "last_layer_first",
            backward(give=lambda grads: grads),
            "Everything is right, but your list runs from the last layer to the first. Turn it round: the order is that of params.",
        ),
        Misconception(
            "not_in_pairs",
            not_in_pairs,
            "Your list has dW and db one after the other. Each layer gives one pair: append((dW, db)), with both brackets.",
        ),
        Misconception(
            "bias_first",
            backward(pair=lambda dW, db: (db, dW)),
            "Your pairs are (db, dW). The order is that of params: (dW, db).",
        ),
        Misconception(
            "downhill_already",
            backward(give=lambda grads: [(-dW, -db) for dW, db in grads[::-1]]),
            "Every number has the wrong sign. Return the gradient itself; going against it is Adam's part.",
        ),
        Misconception(
            "descends_as_it_goes",
            descends_as_it_goes,
            "The gradients are right, but you changed W or b in params (with -= or the like). Return the gradients only: taking the step is Adam's part.",
        ),
        Misconception(
            "slope_without_silu",
            backward(bend=lambda z: sigmoid(z) * (2 - sigmoid(z))),
            "In SiLU′ you wrote σ(z) · (1 − σ(z)). It is SiLU(z) · (1 − σ(z)), and SiLU(z) is z · σ(z).",
        ),
        Misconception(
            "first_layer_left_out",
            backward(give=lambda grads: grads[:-1][::-1]),
            "The first layer has no gradient yet. A range ends before its second number: range(len(params) - 1, -1, -1) gets to layer 0.",
        ),
        Misconception(
            "two_lists",
            backward(give=lambda grads: ([dW for dW, _ in grads[::-1]], [db for _, db in grads[::-1]])),
            "You returned one list of dW and one of db. Return one list with a pair (dW, db) for each layer, like params.",
        ),
    ),
    alternatives=(
        backward_by_recursion,
        backward_sample_by_sample,
        backward_in_front,
        lambda *a: [(np.float32(dW), np.float32(db)) for dW, db in RIGHT(*a)],
    ),
    hints=(
        "Start at the end: g = grad_output is ∂loss/∂z of the last layer. From a layer's g and its x you get dW and db. Then send g one layer back: through the weights, then through the bend. Repeat. Shapes tell you which way to transpose.",
        "For layer = last … 0: dW = xᵀ g and db = g summed over axis 0, with x = cache[layer][0]. If layer > 0: the new g is (g Wᵀ) · SiLU′(z), with W = params[layer][0], z = cache[layer - 1][1], σ = 1 / (1 + e^{−z}) and SiLU′(z) = σ + z σ (1 − σ).",
        "for layer in reversed(range(len(params))):\n    x = cache[layer][0]\n    grads.append((... @ g, ...))\n    if layer > 0:\n        z = cache[layer - 1][1]\n        sigma = ...\n        g = (g @ ...) * (...)\nreturn grads[::-1]",
    ),
)
