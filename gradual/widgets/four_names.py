"""Lesson 06: ε, x₀, v and the score as one point seen from four sides, and as four curves of one denoiser."""

from __future__ import annotations

import functools

import numpy as np

from gradual.mixture import GaussianMixture
from gradual.plots import BLACK, BLUE, FONT, GREEN, GREY, ORANGE, PURPLE, RED, label
from gradual.widgets.scene import Scene, drawable, slider, step_slider
from gradual.widgets.stage import Stage

LIMIT = 3.4
ROWS = ("ε, as given", "x₀ from ε", "ε back from x₀", "v from ε", "score from ε")
COLORS = (ORANGE, BLUE, ORANGE, PURPLE, GREEN)
SHAPES = ("s", "^", "D", "v", "o")
LINE = np.linspace(-3, 3, 241)[:, None]
PANELS = {"ε": (3, ORANGE), "x₀": (2, BLUE), "v": (3, PURPLE), "score": (6, GREEN)}


def one_point(alpha_bar, x0_from_eps, eps_from_x0, v_from_eps, score_from_eps):
    """One noisy number x_t, one predicted ε: x₀, v and the score follow.

    Left, the plane of all pairs (x₀, ε). Those that give this x_t lie on the dashed line; the prediction picks one.
    The axes of x_t and v are the axes of x₀ and ε, turned. Right, the four numbers, and ε found back from x₀.

    Parameters
    ----------
    alpha_bar : array (T+1,)
    x0_from_eps, eps_from_x0, v_from_eps, score_from_eps : callables, as in ``gradual.parameterization``

    Controls: the step t, x_t and ε.
    """
    T = len(alpha_bar) - 1
    stage = Stage(9, 5)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.15, 1])
    show_plane, show_numbers = _plane(stage, left), _number_lines(stage, right)

    def converted(x_t, eps, t):
        x_t, eps = np.array([[x_t]]), np.array([[eps]])
        x0 = drawable("x0_from_eps", x0_from_eps(x_t, eps, t, alpha_bar), (1, 1))
        back = drawable("eps_from_x0", eps_from_x0(x_t, x0, t, alpha_bar), (1, 1))
        v = drawable("v_from_eps", v_from_eps(x_t, eps, t, alpha_bar), (1, 1))
        score = drawable("score_from_eps", score_from_eps(x_t, eps, t, alpha_bar), (1, 1))
        return [float(one[0, 0]) for one in (x0, back, v, score)]

    def draw(t, x_t, eps):
        signal, noise = np.sqrt(alpha_bar[t]), np.sqrt(1 - alpha_bar[t])
        x0, back, v, score = converted(x_t, eps, t)
        change = converted(x_t, eps + 0.1, t)[0] - x0
        show_plane(signal, noise, x_t, x0, back, v)
        show_numbers([eps, x0, back, v, score])
        outside = "" if max(abs(x0), abs(back)) < LIMIT else " The point lies outside the picture."
        return (
            f"Step {t} of {T}: √ᾱ = {signal:.2f}, √(1 − ᾱ) = {noise:.2f}. For xₜ = {x_t:.1f} and ε = {eps:.2f}: x₀ = {x0:.2f}, "
            f"v = {v:.2f}, score = {score:.2f}; from that x₀, ε = {back:.2f}. "
            f"With ε larger by 0.1, x₀ would change by {change:+.2f}.{outside}"
        )

    controls = {
        "t": step_slider(T, T // 3, low=1),
        "x_t": slider("xₜ", -2, 2, 0.6, 0.1, 1),
        "eps": slider("ε", -2, 2, 1.2, 0.05),
    }
    return Scene(stage, draw, controls, [x0_from_eps, eps_from_x0, v_from_eps, score_from_eps], play="t")


def four_curves(clean, alpha_bar, x0_from_eps, eps_from_x0, v_from_eps, score_from_eps):
    """The best possible denoiser of a mixture, for every x_t, as the ε, the x₀, the v and the score that it predicts.

    The pale bands are exact, each computed on its own way from the mixture. The thin lines start from the exact ε
    alone and go through the four conversions: x₀ from ε, ε from that x₀, v and the score from ε.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, 1), covs (K, 1, 1)), the mixture of the clean data
    alpha_bar : array (T+1,)
    x0_from_eps, eps_from_x0, v_from_eps, score_from_eps : callables, as in ``gradual.parameterization``

    Controls: the step t, and x_t.
    """
    T, data = len(alpha_bar) - 1, GaussianMixture(*clean)
    stage = Stage(9, 5.2)
    axes = stage.figure.subplots(2, 2, sharex=True).ravel()
    panels = [_curve_panel(stage, ax, name, *style) for ax, (name, style) in zip(axes, PANELS.items(), strict=True)]
    for ax in axes[2:]:
        ax.set_xlabel("xₜ", fontsize=FONT)
    handles, names = axes[0].get_legend_handles_labels()
    stage.figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)

    @functools.cache
    def curves(t):
        exact = exact_predictions(data, alpha_bar[t], LINE)
        eps, shape = exact["ε"], LINE.shape
        x0 = drawable("x0_from_eps", x0_from_eps(LINE, eps, t, alpha_bar), shape)
        made = {
            "ε": drawable("eps_from_x0", eps_from_x0(LINE, x0, t, alpha_bar), shape),
            "x₀": x0,
            "v": drawable("v_from_eps", v_from_eps(LINE, eps, t, alpha_bar), shape),
            "score": drawable("score_from_eps", score_from_eps(LINE, eps, t, alpha_bar), shape),
        }
        return exact, made

    def draw(t, x_t):
        exact, made = curves(t)
        at = np.abs(LINE[:, 0] - x_t).argmin()
        for show, name in zip(panels, PANELS, strict=True):
            show(exact[name][:, 0], made[name][:, 0], at)
        said = ", ".join(f"{name} = {made[name][at, 0]:.2f}" for name in PANELS)
        apart = max(np.abs(made[name] - exact[name]).max() for name in PANELS)
        return (
            f"Step {t} of {T}, ᾱ = {alpha_bar[t]:.3f}. At xₜ = {x_t:.2f} the best prediction is {said}. "
            f"Lines and bands are {'the same' if apart < 1e-6 else f'up to {apart:.2f} apart'}."
        )

    controls = {"t": step_slider(T, T // 3, low=1), "x_t": slider("xₜ", -2.5, 2.5, 0.5, 0.05)}
    return Scene(stage, draw, controls, [x0_from_eps, eps_from_x0, v_from_eps, score_from_eps], play="t")


def exact_predictions(data, alpha_bar_t, x_t):
    """The best predictions of ε, x₀, v and the score, from the mixture's score."""
    score = data.diffuse(alpha_bar_t).score(x_t)
    eps, x0 = -np.sqrt(1 - alpha_bar_t) * score, data.posterior_mean(x_t, alpha_bar_t)
    return {"ε": eps, "x₀": x0, "v": np.sqrt(alpha_bar_t) * eps - np.sqrt(1 - alpha_bar_t) * x0, "score": score}


def _plane(stage, ax):
    """The plane of (x₀, ε) with the turned axes of x_t and v; the point, and the way to it along v."""
    label(ax, "One point, seen from four sides", "x₀", "ε").set(
        xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal"
    )
    ax.axhline(0, color=GREY, linewidth=1)
    ax.axvline(0, color=GREY, linewidth=1)
    turned = [stage.moving(ax.plot([], [], color=color, linewidth=1.4))[0] for color in (RED, PURPLE)]
    texts = [
        stage.moving(ax.text(0, 0, text, color=color, fontsize=FONT + 2, ha="center", va="center"))
        for text, color in (("xₜ", RED), ("v", PURPLE))
    ]
    (possible,) = stage.moving(ax.plot([], [], "--", color=RED, linewidth=1.8, label="all pairs that give this xₜ"))
    (along,) = stage.moving(ax.plot([], [], color=PURPLE, linewidth=5, alpha=0.7, solid_capstyle="butt", label="v"))
    marks = [
        stage.moving(ax.plot([], [], shape, color=color, markersize=9, markeredgecolor=BLACK, zorder=4))[0]
        for shape, color in zip(("s", "^", "v"), (ORANGE, BLUE, PURPLE), strict=True)
    ]
    (drop,) = stage.moving(ax.plot([], [], ":", color=BLACK, linewidth=1.4))
    (foot,) = stage.moving(ax.plot([], [], "o", color=RED, markersize=9, label="xₜ on its axis"))
    (point,) = stage.moving(ax.plot([], [], "*", color=BLACK, markersize=17, label="the point (x₀, ε)"))
    stage.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)

    def show(signal, noise, x_t, x0, eps, v):
        along_x_t, along_v = np.array([signal, noise]), np.array([-noise, signal])
        start = x_t * along_x_t
        for line, text, direction in zip(turned, texts, (along_x_t, along_v), strict=True):
            line.set_data(*np.outer(direction, [-9, 9]))
            text.set_position(0.86 * LIMIT * direction + 0.24 * np.array([direction[1], -direction[0]]))
        possible.set_data(*(start[:, None] + np.outer(along_v, [-9, 9])))
        along.set_data(*np.transpose([start, start + v * along_v]))
        drop.set_data([x0, x0, 0], [0, eps, eps])
        foot.set_data(*start[:, None])
        for mark, place in zip(marks, ([0, eps], [x0, 0], v * along_v), strict=True):
            mark.set_data(*np.transpose([place]))
        point.set_data([x0], [eps])

    return show


def _number_lines(stage, ax):
    """A row for each number: a dot at its place, held at the edge if it lies beyond, and the number itself."""
    label(ax, "The same, as numbers").set(xlim=(-LIMIT, LIMIT), ylim=(-0.6, len(ROWS) - 0.3))
    places = np.arange(len(ROWS))[::-1]
    ax.set_yticks(places, ROWS, fontsize=FONT - 1, color=BLACK)
    ax.axvline(0, color=GREY, linewidth=1)
    ax.grid(axis="y", visible=False)
    bars = [stage.moving(ax.plot([], [], color=color, linewidth=3, alpha=0.6))[0] for color in COLORS]
    dots = [
        stage.moving(ax.plot([], [], shape, color=color, markersize=9, clip_on=False))[0]
        for shape, color in zip(SHAPES, COLORS, strict=True)
    ]
    texts = [stage.moving(ax.text(0, place + 0.22, "", ha="center", fontsize=FONT - 1)) for place in places]

    def show(numbers):
        for number, place, bar, dot, text in zip(numbers, places, bars, dots, texts, strict=True):
            x = np.clip(number, -LIMIT, LIMIT)
            bar.set_data([0, x], [place, place])
            dot.set_data([x], [place])
            text.set_text(f"{number:.2f}".replace("-", "−") + (" (outside)" if x != number else ""))
            text.set(x=x, ha="center" if abs(x) < 0.8 * LIMIT else "right" if x > 0 else "left")

    return show


def _curve_panel(stage, ax, name, limit, color):
    """One prediction for every x_t: a pale band for the exact one, a thin line for the converted one, and a dot."""
    label(ax, name).set(xlim=(-3, 3), ylim=(-limit, limit))
    ax.axhline(0, color=GREY, linewidth=0.8)
    (band,) = stage.moving(ax.plot([], [], color=color, linewidth=8, alpha=0.35, label="exact"))
    (line,) = stage.moving(ax.plot([], [], color=BLACK, linewidth=1.6, label="by the four conversions, from ε"))
    (dot,) = stage.moving(ax.plot([], [], "o", color=RED, markersize=8, markeredgecolor=BLACK, label="at xₜ"))

    def show(exact, made, at):
        band.set_data(LINE[:, 0], exact)
        line.set_data(LINE[:, 0], made)
        dot.set_data([LINE[at, 0]], [made[at]])

    return show
