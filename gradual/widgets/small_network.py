"""Lesson 08: a network small enough to see through. Its bends, the slope of its loss, and a gradient check."""

from __future__ import annotations

import functools

import numpy as np

from gradual.mixture import GaussianMixture
from gradual.network import adam_step, flatten, init_mlp, mlp_backward, mlp_forward, unflatten
from gradual.plots import BLACK, BLUE, COLORS, GREEN, GREY, LINES, MARKERS, ORANGE, RED, label, legend
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

WIDTHS = (1, 3, 1)
X = np.linspace(-3, 3, 121)[:, None]
TWO_BELLS = GaussianMixture([0.5, 0.5], [[-1.2], [1.2]], [[[0.12]], [[0.12]]])
NOISE_LEVEL = np.array([1.0, 0.7])
PARAMETERS = {"w": (0, 0, 0), "b": (0, 1, 0), "a": (1, 0, 0), "c": (1, 1, 0)}
"""Where the parameters that have a slider stand: layer, W or b, index."""
NAMES = {"w": "w, in layer 1", "b": "b, in layer 1", "a": "a, in layer 2", "c": "c, the bias of layer 2"}


@functools.cache
def target():
    """What the small network should compute: the exact noise predictor of two bells in one dimension."""
    return TWO_BELLS.eps_model(NOISE_LEVEL)(X, 1)


@functools.cache
def trained():
    """Parameters of the small network after a short training."""
    rng = np.random.default_rng(7)
    weights = flatten(init_mlp(WIDTHS, rng)) + 0.5 * rng.standard_normal(10)
    m = v = np.zeros_like(weights)
    for step in range(1, 1501):
        params = unflatten(weights, WIDTHS)
        output, cache = mlp_forward(params, X)
        grad = flatten(mlp_backward(params, cache, 2 * (output - target()) / len(X)))
        weights, m, v = adam_step(weights, grad, m, v, step, lr=0.03)
    return unflatten(weights, WIDTHS)


def with_values(**values):
    """The trained network with some of its parameters moved: {"w": 1.5}."""
    params = [(W.copy(), b.copy()) for W, b in trained()]
    for name, value in values.items():
        layer, which, unit = PARAMETERS[name]
        params[layer][which].flat[unit] = value
    return params


def value_of(name):
    layer, which, unit = PARAMETERS[name]
    return float(trained()[layer][which].flat[unit])


def bends(mlp_forward):
    """A network of three hidden units: each bends once, and the output is their sum. Three of its numbers have sliders.

    Parameters
    ----------
    mlp_forward : callable, as in ``gradual.network``

    Controls: the weight w and bias b into the first hidden unit, and the weight a out of it.
    """
    stage = Stage(9, 4.4)
    left, right = stage.figure.subplots(1, 2)
    label(left, "Each hidden unit bends once", "xₜ", "a · SiLU(w xₜ + b)").set(xlim=(-3, 3), ylim=(-4.5, 4.5))
    label(right, "Their sum is the output", "xₜ", "predicted noise ε̂").set(xlim=(-3, 3), ylim=(-4.5, 4.5))
    units = [
        stage.moving(
            left.plot([], [], color=COLORS[k], linestyle=LINES[k], linewidth=2 + (k == 0), label=f"unit {k + 1}")
        )[0]
        for k in range(3)
    ]
    show_curve = _curve_on(stage, right)
    legend(left, loc="upper left")

    def draw(w, b, a):
        params = with_values(w=w, b=b, a=a)
        output, cache = mlp_forward(params, X)
        output = drawable("mlp_forward", output, X.shape)
        after = drawable("mlp_forward, in its cache,", cache[1][0], (len(X), 3))
        for k, line in enumerate(units):
            line.set_data(X[:, 0], after[:, k] * params[1][0][k, 0])
        show_curve(output)
        return (
            f"Unit 1 computes {a:.2f} · SiLU({w:.2f} · xₜ {'+' if b >= 0 else '−'} {abs(b):.2f}). "
            f"The network misses the dashed curve by {np.mean((output - target()) ** 2):.3f} in mean square."
        )

    controls = {name: slider(name, -4, 4, round(value_of(name), 1), 0.1) for name in "wba"}
    return Scene(stage, draw, controls, [mlp_forward])


def loss_slope(mlp_forward, mlp_backward):
    """The loss as a function of one parameter, and the slope of it that the gradient gives, as a tangent.

    Parameters
    ----------
    mlp_forward, mlp_backward : callables, as in ``gradual.network``

    Controls: which parameter, and its value.
    """
    stage = Stage(9, 4.2)
    left, right = stage.figure.subplots(1, 2)
    label(left, "The network at this value", "xₜ", "predicted noise ε̂").set(xlim=(-3, 3), ylim=(-4.5, 4.5))
    show_curve = _curve_on(stage, left)
    label(right, "The loss, and its slope here", "value of the parameter", "loss").set(xlim=(-4, 4), ylim=(-0.5, 6))
    (curve,) = stage.moving(right.plot([], [], color=GREY, linewidth=2.5, label="the loss"))
    (tangent,) = stage.moving(
        right.plot([], [], color=RED, linestyle="--", linewidth=2.5, label="slope by the gradient")
    )
    (here,) = stage.moving(right.plot([], [], "o", color=BLACK, markersize=9, zorder=4))
    legend(right, loc="upper left")
    values = np.linspace(-4, 4, 81)

    def loss_at(name, value):
        output, cache = mlp_forward(with_values(**{name: value}), X)
        output = drawable("mlp_forward", output, X.shape)
        return np.mean((output - target()) ** 2), output, cache

    @functools.cache
    def losses(name):
        return np.array([loss_at(name, value)[0] for value in values])

    def draw(name, value):
        loss, output, cache = loss_at(name, value)
        grads = mlp_backward(with_values(**{name: value}), cache, 2 * (output - target()) / len(X))
        layer, which, unit = PARAMETERS[name]
        shape = trained()[layer][which].shape
        slope = drawable("mlp_backward", grads[layer][which], shape).flat[unit]
        reach = 1.6 / np.hypot(1, 1.1 * slope)  # so that the tangent is as long on the page at every slope
        show_curve(output)
        curve.set_data(values, losses(name))
        tangent.set_data([value - reach, value + reach], [loss - slope * reach, loss + slope * reach])
        here.set_data([value], [loss])
        way = "downhill is to the left" if slope > 0 else "downhill is to the right"
        return f"At {name} = {value:.2f} the loss is {loss:.3f}, and the gradient says that its slope is {slope:.3f}: {way}."

    controls = {
        "name": choice("parameter", [(text, name) for name, text in NAMES.items()]),
        "value": slider("value", -4, 4, 2, 0.1),
    }
    return Scene(stage, draw, controls, [mlp_forward, mlp_backward])


CHECK_WIDTHS = (4, 6, 5, 2)
TRUSTED = 1e-6
"""Below this relative error, at a good h, a gradient is taken for right."""


def gradient_check(mlp_forward, mlp_backward, seed=0):
    """Your gradient of every parameter against a finite difference: nudge it by ±h, and see how the loss changes.

    Parameters
    ----------
    mlp_forward, mlp_backward : callables, as in ``gradual.network``; all in float64

    Controls: the size of the nudge, h.
    """
    rng = np.random.default_rng(seed)
    params = [(W, 0.3 * rng.standard_normal(b.shape)) for W, b in init_mlp(CHECK_WIDTHS, rng)]
    params[-1] = rng.standard_normal(params[-1][0].shape), params[-1][1]
    x, wanted = rng.standard_normal((8, CHECK_WIDTHS[0])), rng.standard_normal((8, CHECK_WIDTHS[-1]))
    groups = [f"{name}, layer {layer + 1}" for layer in range(len(params)) for name in ("dW", "db")]
    sizes = [array.size for layer in params for array in layer]
    group = np.repeat(range(len(groups)), sizes)
    vector, place = flatten(params), group + np.concatenate([np.linspace(-0.3, 0.3, size) for size in sizes])
    stage = Stage(9, 4.3)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.7, 1])
    label(left, "One mark for each parameter", "", "relative error").set(
        yscale="log", ylim=(1e-14, 8), xlim=(-0.5, 5.5)
    )
    left.set_xticks(range(6), [name.replace(", ", "\n") for name in groups])
    label(right, "The worst, at each h tried", "h", "").set(
        xscale="log", yscale="log", xlim=(3e-13, 3), ylim=(1e-14, 8)
    )
    for ax in (left, right):
        ax.axhline(TRUSTED, color=RED, linestyle="--", linewidth=1.5, label="below: taken for right")
    legend(right, loc="lower center")
    marks = [
        stage.moving(left.plot([], [], MARKERS[k % 2], color=(BLUE, ORANGE)[k % 2], markersize=4.5, alpha=0.8))[0]
        for k in range(6)
    ]
    (trace,) = stage.moving(right.plot([], [], "o-", color=GREEN, linewidth=1.2, markersize=5))
    (here,) = stage.moving(right.plot([], [], "o", color=BLACK, markersize=9))
    worst = {}

    def loss(at):
        output, cache = mlp_forward(unflatten(at, CHECK_WIDTHS), x)
        output = drawable("mlp_forward", output, wanted.shape)
        return np.mean((output - wanted) ** 2), output, cache

    @functools.cache
    def by_hand():
        _, output, cache = loss(vector)
        grads = mlp_backward(params, cache, 2 * (output - wanted) / output.size)
        return drawable(
            "mlp_backward", flatten([[np.asarray(part) for part in layer] for layer in grads]), vector.shape
        )

    @functools.cache
    def errors(h):
        rise = np.array([loss(vector + h * e)[0] - loss(vector - h * e)[0] for e in np.eye(len(vector))])
        slope = rise / (2 * h)
        return np.abs(by_hand() - slope) / (np.abs(by_hand()) + np.abs(slope) + 1e-12)

    def draw(exponent):
        h = 10.0**exponent
        error = errors(h)
        for k, mark in enumerate(marks):
            mark.set_data(place[group == k], np.maximum(error[group == k], 2e-14))
        worst[h] = max(error.max(), 2e-14)
        trace.set_data(sorted(worst), [worst[one] for one in sorted(worst)])
        here.set_data([h], [worst[h]])
        wrong = [groups[k] for k in range(6) if error[group == k].max() > TRUSTED]
        said = f"Above {TRUSTED:.0e}: {'; '.join(wrong)}." if wrong else f"All {len(error)} are below {TRUSTED:.0e}."
        return f"h = 1e{exponent}: the worst relative error is {error.max():.1e}, in {groups[group[error.argmax()]]}. {said}"

    controls = {"exponent": step_slider(0, -2, "nudge h = 10 to the power", low=-12)}
    return Scene(stage, draw, controls, [mlp_forward, mlp_backward])


def _curve_on(stage, ax):
    """The network's output over x_t, beside the dashed target."""
    ax.plot(X[:, 0], target()[:, 0], color=BLACK, linestyle="--", linewidth=1.8, label="exact: E[ε given xₜ]")
    (line,) = stage.moving(ax.plot([], [], color=BLUE, linewidth=2.5, label="the network"))
    legend(ax, loc="lower right")
    return lambda output: line.set_data(X[:, 0], output[:, 0])
