"""Lesson 02: paths that share a present, and how probable the chain finds a path as it grows."""

from __future__ import annotations

import functools

import numpy as np

from gradual.plots import BLACK, BLUE, GREEN, GREY, ORANGE, RED, label, legend
from gradual.widgets.scene import Scene, drawable, slider, step_slider
from gradual.widgets.stage import Stage

SHOWN, HALF_WIDTH, FEWEST = 7, 0.06, 8
COLORS = (BLUE, ORANGE, GREEN)
DASHES = ("-", "--", ":")


def same_present(x0, betas, alpha_bar, noise_trajectory, shared_noise_path, early=25, late=130, seed=0):
    """Of all paths, only those that pass one gate: do the ones from above and from below part again?

    Paths with the same present (the gate: a time and a height), split by their past: above or below the
    gate's height at step ``early``. Thin lines are single paths, thick ones the groups' means.

    Parameters
    ----------
    x0 : array (N,), the starts; some ten thousand, so that enough paths pass each gate
    betas, alpha_bar : arrays (T+1,) of one schedule
    noise_trajectory : callable, makes the chain: fresh noise at each step
    shared_noise_path : callable, makes the foil: one noise for all steps
    early, late : int, when the past is looked at, and when the future

    Controls: the gate's time and its height.
    """
    x0 = np.asarray(x0, dtype=float)
    T = len(betas) - 1

    @functools.cache
    def states(kind):
        rng = np.random.default_rng(seed)
        if kind == "chain":
            made = noise_trajectory(x0, betas, rng.standard_normal((T, len(x0))))
            return drawable("noise_trajectory", made, (T + 1, len(x0)))
        made = shared_noise_path(x0, alpha_bar, rng.standard_normal(len(x0)))
        return drawable("shared_noise_path", made, (T + 1, len(x0)))

    stage = Stage(9, 4)
    axes = stage.figure.subplots(1, 2, sharey=True)
    titles = {"chain": "Chain: new noise each step", "impostor": "Impostor"}
    panels = {kind: _gate_panel(stage, ax, titles[kind], T, early, late) for kind, ax in zip(titles, axes, strict=True)}

    def draw(t, height):
        said = []
        for kind, show in panels.items():
            passing = states(kind)[:, np.abs(states(kind)[t] - height) < HALF_WIDTH]
            past = passing[early] > height
            groups = passing[:, past], passing[:, ~past]
            if min(group.shape[1] for group in groups) < FEWEST:
                raise ValueError(f"Too few paths of the {kind} pass this gate to compare two groups. Move the gate.")
            show(t, height, groups)
            ends = [group[late] for group in groups]
            chance = 2 * np.sqrt(sum(end.var() / len(end) for end in ends))
            apart = ends[0].mean() - ends[1].mean()
            words = "no more than chance" if abs(apart) < 2 * chance else "the past still tells"
            said.append(f"{kind} {apart:+.2f} (chance alone: about ±{chance:.2f}), {words}")
        return (
            f"Paths through {height:.1f} at step {t}. By how much those that came from above lie higher at step {late} "
            f"than those from below, on average: {'; '.join(said)}."
        )

    controls = {
        "t": step_slider(late - 20, 65, "gate at step", early + 15),
        "height": slider("gate at height", -1, 1, 0.2, 0.1, 1),
    }
    return Scene(stage, draw, controls, [noise_trajectory, shared_noise_path])


def _gate_panel(stage, ax, title, T, early, late):
    label(ax, title, "step t", "xₜ")
    ax.set(xlim=(0, T), ylim=(-3.2, 3.2))
    for t in (early, late):
        ax.axvline(t, color=GREY, linewidth=1.2, linestyle=":")
    lines = []
    for color, dashes, name in ((BLUE, "-", "from above"), (ORANGE, "--", "from below")):
        thin = stage.moving(ax.plot([], [], color=color, linewidth=0.6, alpha=0.6))[0]
        thick = stage.moving(ax.plot([], [], color=color, linestyle=dashes, linewidth=3, label=name))[0]
        lines.append((thin, thick))
    posts = stage.moving(ax.plot([], [], color=BLACK, linewidth=4, solid_capstyle="butt", zorder=4))[0]
    legend(ax, loc="upper right", ncols=2)

    def show(t, height, groups):
        for (thin, thick), group in zip(lines, groups, strict=True):
            shown = group[:, :SHOWN]
            # One line for all paths, broken by NaN: far quicker to draw than one artist a path.
            gaps = np.vstack([shown, np.full(shown.shape[1], np.nan)])
            thin.set_data(np.tile(np.append(np.arange(T + 1.0), np.nan), shown.shape[1]), gaps.T.ravel())
            thick.set_data(np.arange(T + 1), group.mean(axis=1))
        low, high = height - 3 * HALF_WIDTH, height + 3 * HALF_WIDTH
        posts.set_data([t, t, t, t, t], [low - 0.7, low, np.nan, high, high + 0.7])

    return show


def path_probability(paths, betas, chain_log_prob, every=2):
    """Some paths as they grow, and what the chain says of each: its log density so far, against that of real chains.

    Parameters
    ----------
    paths : dict ``{name: (T+1, N)}``, up to three kinds of paths, N of each
    betas : array (T+1,), the chain's variances
    chain_log_prob : callable, ``(trajectory (t+1, B), betas (t+1,))`` → ``(B,)``
    every : int, the log density is worked out at each so many steps

    Sliders: the step, and which of the N paths.
    """
    names, T = list(paths), len(betas) - 1
    count = len(next(iter(paths.values()))[0])
    states = np.stack([np.asarray(paths[name], dtype=float) for name in names], axis=2)
    times = np.arange(0, T + 1, every)
    # A term −½[ε² + log(2πβ)] has mean −½[1 + log(2πβ)] and variance ½ when ε is standard normal.
    typical = -0.5 * np.cumsum(np.concatenate([[0.0], 1 + np.log(2 * np.pi * betas[1:])]))
    spread = np.sqrt(np.arange(T + 1) / 2)

    @functools.cache
    def above_typical():
        flat = states.reshape(T + 1, -1)
        found = [np.zeros(flat.shape[1])]
        for t in times[1:]:
            value = chain_log_prob(flat[: t + 1], betas[: t + 1])
            found.append(drawable("chain_log_prob", value, (flat.shape[1],)) - typical[t])
        return np.array(found).reshape(len(times), count, len(names))

    stage = Stage(9, 4.6)
    top, bottom = stage.figure.subplots(2, 1, sharex=True)
    label(top, "The paths so far", "", "xₜ").set(xlim=(0, T), ylim=(-3.2, 3.2))
    label(bottom, "Log density so far, less that of a real chain on average", "step t", "nats")
    bottom.set(ylim=(-150, 190))
    bottom.fill_between(np.arange(T + 1), -2 * spread, 2 * spread, color="#D9D9D9", label="19 of 20 real chains")
    lines = []
    for name, color, dashes in zip(names, COLORS, DASHES, strict=False):
        style = {"color": color, "linestyle": dashes, "label": name}
        lines.append(
            (
                stage.moving(top.plot([], [], linewidth=1.3, **style))[0],
                stage.moving(bottom.plot([], [], linewidth=2, **style))[0],
            )
        )
    legend(top, loc="upper right", ncols=3)
    legend(bottom, loc="upper left", ncols=4)
    here = stage.moving(bottom.axvline(0, color=RED, linewidth=1.2))

    def draw(t, which):
        scores = above_typical()[:, which - 1]
        upto = times <= t
        for i, (path, curve) in enumerate(lines):
            path.set_data(np.arange(t + 1), states[: t + 1, which - 1, i])
            curve.set_data(times[upto], scores[upto, i])
        here.set_xdata([t, t])
        last = scores[upto][-1]
        said = "; ".join(f"{name} {value:+.0f}" for name, value in zip(names, last, strict=True))
        return (
            f"After {times[upto][-1]} steps, path {which}. Log density against a real chain's average, in nats: "
            f"{said}. 19 of 20 real chains lie within ±{2 * spread[t]:.0f}."
        )

    controls = {"t": step_slider(T, T), "which": step_slider(count, 1, "path", 1)}
    return Scene(stage, draw, controls, [chain_log_prob], play="t")
