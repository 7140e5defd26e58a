"""Lesson 01: four kinds of data dissolve under one slider."""

from __future__ import annotations

import functools
import io
import wave

import ipywidgets as widgets
import numpy as np

from gradual.plots import BLACK, BLUE, GREEN, LINES, RED, bare, draw_tiles, label, legend
from gradual.widgets.scene import Scene, drawable, explain, step_slider
from gradual.widgets.stage import Stage

COLORS = {"image": BLACK, "points": BLUE, "sound": GREEN, "series": RED}
WINDOW = 320
"""Samples of the sound that are drawn: few enough to see single swings."""


def dissolve(image, points, sound, series, betas, q_step=None, noise_trajectory=None, structure_left=None, seed=0):
    """An image, a point cloud, a sound and a time series dissolve in noise, under one slider.

    Parameters
    ----------
    image : array (H, W), from −1 to 1
    points : array (N, 2)
    sound : tuple (samples, rate), as ``gradual.data.sound`` returns it
    series : array (L,)
    betas : array (T+1,), the variance of each step's noise, ``betas[0] = 0``
    q_step, noise_trajectory : callables, one of the two, which make every state
    structure_left : callable, optional; with it, its curve is drawn for all four, with a marker at the step
    seed : int, for the noise, which is drawn once

    Example
    -------
    ``dissolve(image, points, sound, series, betas, q_step=yours("q_step"))``
    """
    samples, rate = sound
    data = {"image": image, "points": points, "sound": samples, "series": series}
    T = len(betas) - 1

    @functools.cache
    def states(kind):
        x0 = np.asarray(data[kind], dtype=float)
        noise = np.random.default_rng([seed, list(data).index(kind)]).standard_normal((T, *x0.shape))
        if noise_trajectory is not None:
            return drawable("noise_trajectory", noise_trajectory(x0, betas, noise), (T + 1, *x0.shape))
        return step_through(q_step, x0, betas, noise)

    stage = Stage(9, 5 if structure_left else 3)
    heights = [1, 1, 1.1] if structure_left else [1, 1]
    grid = stage.figure.add_gridspec(len(heights), 3, width_ratios=[1, 1, 1.4], height_ratios=heights)
    move = {
        "image": _image(stage, grid[:2, 0], data["image"]),
        "points": _points(stage, grid[:2, 1], data["points"]),
        "sound": _sound(stage, grid[0, 2], samples),
        "series": _series(stage, grid[1, 2], data["series"]),
    }
    if structure_left:
        below = label(stage.figure.add_subplot(grid[2, :]), "Structure left", "step t", "correlation")
        below.set(xlim=(0, T), ylim=(-0.2, 1.1))
        (here,) = stage.moving(below.plot([], [], "o", color=BLACK, markersize=5))

    @functools.cache
    def curves():
        left = {kind: drawable("structure_left", structure_left(states(kind)), (T + 1,)) for kind in data}
        for (kind, values), dashes in zip(left.items(), LINES, strict=False):
            below.plot(values, color=COLORS[kind], linestyle=dashes, linewidth=1.8, label=kind)
        legend(below, loc="upper right", ncols=4)
        stage.still_changed()
        return left

    def draw(t):
        for kind, show in move.items():
            show(states(kind)[t])
        if not structure_left:
            return f"Step {t} of {T}. {_seen(_likeness(states('image'), t))}"
        left = curves()
        here.set_data([t] * len(left), [values[t] for values in left.values()])
        numbers = ", ".join(f"{kind} {values[t]:.2f}" for kind, values in left.items())
        return f"Step {t} of {T}. Structure left: {numbers}. {_seen(left['image'][t])}"

    used = [f for f in (q_step, noise_trajectory, structure_left) if f is not None]
    slide = step_slider(T)
    return Scene(stage, draw, {"t": slide}, used, play="t", extra=[_player(lambda: states("sound")[slide.value], rate)])


def step_through(q_step, x0, betas, noise):
    """All states from x0 on, by calling ``q_step`` for each step: an array (T+1, *x0.shape)."""
    states = [x0]
    for t in range(1, len(betas)):
        states.append(drawable("q_step", q_step(states[-1], betas[t], noise[t - 1]), x0.shape))
    return np.array(states)


def _image(stage, place, image):
    ax = bare(stage.figure.add_subplot(place), "Image")
    artist = stage.moving(draw_tiles(ax, image[None]))
    ax.spines[:].set_visible(True)
    return artist.set_data


def _points(stage, place, points):
    ax = label(stage.figure.add_subplot(place), "Points", "x₁", "x₂")
    ax.set(xlim=(-3.4, 3.4), ylim=(-3.4, 3.4), aspect="equal")
    (dots,) = stage.moving(ax.plot([], [], "o", color=COLORS["points"], markersize=2.5, alpha=0.7, markeredgewidth=0))
    return lambda state: dots.set_data(*state.T)


def _sound(stage, place, samples):
    loudest = int(np.argmax(np.convolve(np.square(samples), np.ones(WINDOW), "valid")))
    ax = label(stage.figure.add_subplot(place), "Sound", "samples")
    ax.set(xlim=(0, WINDOW - 1), ylim=(-4.5, 4.5), yticks=[-3, 0, 3])
    (line,) = stage.moving(ax.plot([], [], color=COLORS["sound"], linewidth=1))
    return lambda state: line.set_data(np.arange(WINDOW), state[loudest : loudest + WINDOW])


def _series(stage, place, series):
    ax = label(stage.figure.add_subplot(place), "Time series", "time")
    ax.set(xlim=(0, len(series) - 1), ylim=(-4.5, 4.5), yticks=[-3, 0, 3])
    (line,) = stage.moving(ax.plot([], [], color=COLORS["series"], linewidth=1.2))
    return lambda state: line.set_data(np.arange(len(series)), state)


def _likeness(states, t):
    """Correlation of the state with the start, 0 where a state does not vary."""
    start, state = states[0].ravel(), states[t].ravel()
    return np.corrcoef(start, state)[0, 1] if state.std() > 0 else 0.0


def _seen(likeness):
    """What a person sees of an image whose correlation with the clean one is ``likeness``."""
    if likeness > 0.995:
        return "All four are clean."
    if likeness > 0.85:
        return "All four are grainy, and easy to recognise."
    if likeness > 0.5:
        return "The shapes are still there, under a layer of noise."
    if likeness > 0.25:
        return "Only the coarse outline can still be guessed."
    return "What you see is noise: the start can no longer be recognised."


def _player(samples, rate):
    """A button that puts the sound at the present step into a player. Moving the slider costs nothing here."""
    button = widgets.Button(description="Hear the sound at this step", icon="volume-up", layout={"width": "auto"})
    audio = widgets.Audio(format="wav", autoplay=False, loop=False, layout={"display": "none"})
    problem = widgets.HTML()

    def hear(_):
        try:
            audio.value = wav(samples(), rate)
        except Exception as error:
            problem.value = f'<div class="gradual-error" role="alert">{explain(error)}</div>'
            return
        problem.value, audio.autoplay, audio.layout.display = "", True, "flex"

    button.on_click(hear)
    return widgets.HBox([button, audio, problem], layout={"align_items": "center", "flex_flow": "row wrap"})


def wav(samples, rate):
    """Sound of unit variance as the bytes of a WAV file, quiet enough that even pure noise is not clipped hard."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(np.asarray(samples) / 5, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
