"""Lesson 08: two ways down a valley, and a network that trains while one watches."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
import weakref

import ipywidgets as widgets
import numpy as np
from threadpoolctl import threadpool_limits

from gradual.elbo import smallest_eps_mse
from gradual.mixture import GaussianMixture
from gradual.plots import BLUE, ORANGE, RED, label, legend
from gradual.training import eps_model_from, train
from gradual.widgets.plane import LIMIT, arrows_on, density_on, grid, plane, shortened
from gradual.widgets.scene import Scene, choice, drawable, explain, step_slider
from gradual.widgets.stage import Stage

SLICE_SECONDS = 0.12
"""How long training holds the kernel before it shows what it has and listens for Stop."""
PAUSE_SECONDS = 0.02
UNATTENDED_SECONDS = 30
ARROWS = 13
FIELD = grid(ARROWS, 0.92 * LIMIT)
VALLEY = np.array([1.0, 150.0])
STEPS = 60


def valley(adam_step):
    """A narrow valley, walked down by plain gradient descent and by Adam.

    Parameters
    ----------
    adam_step : callable, as in ``gradual.network``

    Controls: how many steps, and the learning rate of each walker.
    """
    start = np.array([-1.8, 0.3])
    stage = Stage(9, 4.2)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.5, 1])
    x, y = np.meshgrid(np.linspace(-2.2, 2.2, 121), np.linspace(-0.45, 0.45, 121))
    label(left, "The way down, seen from above", "parameter θ₁", "parameter θ₂")
    left.contour(
        x, y, 0.5 * (VALLEY[0] * x**2 + VALLEY[1] * y**2), np.geomspace(0.05, 14, 9), colors="#BBBBBB", linewidths=1
    )
    left.plot([0], [0], "+", color=RED, markersize=13, markeredgewidth=2.5, label="the lowest point")
    left.set(xlim=(-2.2, 2.2), ylim=(-0.45, 0.45))
    label(right, "Loss", "step").set(yscale="log", xlim=(0, STEPS), ylim=(1e-6, 100))
    styles = {"gradient descent": (ORANGE, "s-"), "Adam": (BLUE, "o-")}
    lines = {
        name: [
            stage.moving(ax.plot([], [], style, color=color, markersize=3.5, linewidth=1.5, label=name))[0]
            for ax in (left, right)
        ]
        for name, (color, style) in styles.items()
    }
    legend(left, loc="lower right")

    @functools.cache
    def descent(lr):
        return [start * (1 - lr * VALLEY) ** n for n in range(STEPS + 1)]

    @functools.cache
    def adam(lr):
        param, m, v, path = start, np.zeros(2), np.zeros(2), [start]
        for step in range(1, STEPS + 1):
            param, m, v = (
                drawable("adam_step", part, (2,)) for part in adam_step(param, VALLEY * param, m, v, step, lr=lr)
            )
            path.append(param)
        return path

    def draw(n, lr, adam_lr):
        said = []
        for name, path in {"gradient descent": descent(lr), "Adam": adam(adam_lr)}.items():
            path = np.array(path[: n + 1])
            loss = 0.5 * (path**2) @ VALLEY
            lines[name][0].set_data(*np.clip(path, -9, 9).T)
            lines[name][1].set_data(range(n + 1), np.clip(loss, 1e-9, 1e9))
            said.append(f"{name} is at ({path[-1, 0]:.2f}, {path[-1, 1]:.2f}), loss {loss[-1]:.2g}")
        return f"After {n} steps, {said[0]}; {said[1]}."

    controls = {
        "n": step_slider(STEPS, 15, "steps"),
        "lr": choice("learning rate of gradient descent", [(str(lr), lr) for lr in (0.003, 0.012, 0.0134)], 0.012),
        "adam_lr": choice("learning rate of Adam", [(str(lr), lr) for lr in (0.02, 0.1, 0.3)], 0.1),
    }
    return Scene(stage, draw, controls, [adam_step], play="n")


class Training(Scene):
    """A picture of training with buttons: Start (or go on) and Stop, and a bar that says how far it is.

    Training runs in short slices on the loop that runs the cells, so other cells get their turn in between. Only
    one such widget trains at a time: a new one, or a Start elsewhere, stops it. JupyterLab may deliver clicks and
    slider moves in another thread than cells run in, so one lock keeps them apart.
    """

    _running = None

    def __init__(self, stage, draw, controls, functions, begin, steps):
        """``begin()`` makes a generator of ``gradual.training.Progress``; ``draw`` reads ``history`` and ``params``."""
        self.begin, self.steps, self.history, self.params = begin, steps, [], None
        self.trouble, self.training, self.running, self._turn = None, None, False, None
        self._lock = threading.RLock()
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel
            self._loop = None
        self.start_button = widgets.Button(description="Start", button_style="primary")
        self.stop_button = widgets.Button(description="Stop", disabled=True)
        self.bar = widgets.IntProgress(min=0, max=steps, layout={"width": "260px"})
        self.told = widgets.Label()
        Training.stop_any()
        super().__init__(stage, draw, controls, functions)
        row = widgets.HBox([self.start_button, self.stop_button, self.bar, self.told], layout={"flex_flow": "row wrap"})
        self.children = (self.children[0], row, *self.children[1:])
        self.start_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self._tell()

    @staticmethod
    def stop_any():
        """Stop the widget that is training now, if there is one."""
        other = Training._running and Training._running()
        if other:
            other.stop()

    def start(self):
        """Train from the beginning, or go on where Stop was pressed; without a kernel, to the end at once."""
        Training.stop_any()
        with self._lock:
            if self.training is None:
                self.history, self.params, self.trouble, self.training = [], None, None, self.begin()
            self.running, self._turn, Training._running = True, object(), weakref.ref(self)
            self._tell()
        if self._loop is None:
            self.finish()
        else:
            asyncio.run_coroutine_threadsafe(self._train(self._turn), self._loop)

    def stop(self):
        """Hold training after the step that it is taking; Start goes on."""
        self.running = False
        with self._lock:
            self._tell()

    def finish(self, seconds=float("inf")):
        """Train to the end at once, or for as many seconds."""
        self.running, self.training = True, self.training or self.begin()
        self.advance(seconds)
        self.stop()

    async def _train(self, turn):
        while self.running and self._turn is turn:
            self.advance(SLICE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)

    def advance(self, seconds):
        """Train for a moment, and show what came of it. What goes wrong stops training and is told."""
        with self._lock:
            try:
                self._take_steps(time.monotonic() + seconds)
            except KeyboardInterrupt:  # the kernel's own stop button
                self.training, self.running = None, False
            except Exception as error:
                self.trouble, self.training, self.running = error, None, False
            self.redraw()
            self._tell()

    def _take_steps(self, until):
        # A second thread gains nothing with matrices this small, and on a busy machine it keeps each step waiting.
        with np.errstate(all="ignore"), threadpool_limits(limits=1):
            for progress in self.training:
                self._took(progress)
                if time.monotonic() >= until or not self.running:
                    break
        if len(self.history) == self.steps:
            self.training, self.running = None, False

    def _took(self, progress):
        if not np.isfinite(progress.loss):
            raise ValueError(
                f"The loss is {progress.loss} at step {progress.step}: training runs away. A gradient or a step is too "
                "large, or points the wrong way. Run the gradient check again."
            )
        self.history.append(progress.loss)
        self.params = progress.params

    def redraw(self, change=None):
        with self._lock:
            super().redraw(change)
            if self.trouble:
                self.error = f"Training stopped at step {len(self.history) + 1}. {explain(self.trouble)}"
                self._show(self._error, self.error, 'class="gradual-error" role="alert"')

    def _tell(self):
        done = len(self.history)
        self.bar.value = done
        self.start_button.disabled, self.stop_button.disabled = self.running, not self.running
        self.start_button.description = "Go on" if self.training and not self.running else "Start"
        state = "training" if self.running else "done" if done == self.steps else "stopped" if done else "not started"
        self.told.value = f"{state}: step {done} of {self.steps}"

    def _repr_mimebundle_(self, **options):
        # A notebook that is only read shows the trained network.
        if os.environ.get("GRADUAL_STILL"):
            self.finish(UNATTENDED_SECONDS)
        return super()._repr_mimebundle_(**options)


def watch_training(clean, alpha_bar, forward, backward, adam, embed, steps=2_000, seed=0):
    """Train a noise predictor and watch: its loss above the floor, and its field beside the exact one.

    The arrows point against the predicted noise: the way that a noisy point should go.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, 2), covs (K, 2, 2)), the mixture that the data comes from
    alpha_bar : array (T+1,)
    forward, backward, adam, embed : callables, mlp_forward, mlp_backward, adam_step and timestep_embedding
    steps : int, how many steps training takes

    Controls: Start, Stop, and the step t whose field is shown.
    """
    T, mixture = len(alpha_bar) - 1, GaussianMixture(*clean)
    mean = smallest_eps_mse(mixture, alpha_bar)[1:].mean()
    exact = mixture.eps_model(alpha_bar)
    data = mixture.sample(20_000, np.random.default_rng(seed))
    stage = Stage(9.6, 4)
    left, middle, right = stage.figure.subplots(1, 3)
    label(left, "Loss", "training step", "mean of (ε − ε̂)²").set(xscale="log", xlim=(1, steps), ylim=(0, 1.1))
    (each,) = stage.moving(left.plot([], [], color="#BBBBBB", linewidth=0.7, label="each batch"))
    (smooth,) = stage.moving(left.plot([], [], color=BLUE, linewidth=2, label="mean of the last tenth"))
    stage.moving(left.axhline(mean, color=RED, linestyle="--", linewidth=2, label=f"the floor, {mean:.3f}", zorder=4))
    legend(left, loc="upper right")
    densities = [density_on(stage, plane(ax, title)) for ax, title in ((middle, "Learned"), (right, "Exact"))]
    show_learned, show_exact = (arrows_on(stage, ax, "black", 0.007, ARROWS) for ax in (middle, right))

    @functools.cache
    def truth(t):
        noisy = mixture.diffuse(alpha_bar[t])
        x_t = noisy.sample(500, np.random.default_rng(t))
        return np.exp(noisy.log_prob(grid())), exact(FIELD, t), x_t, exact(x_t, t)

    def draw(t):
        density, field, x_t, guess = truth(t)
        for show in densities:
            show(density)
        show_exact(FIELD, shortened(-field, 0.55))
        history = np.array(scene.history if scene else [])
        each.set_data(range(1, len(history) + 1), history)
        smooth.set_data(range(1, len(history) + 1), mean_of_last_tenth(history))
        if not len(history):
            show_learned(FIELD, 0 * FIELD)
            return f"Not trained yet. The arrows on the right are the exact ones at step {t} of {T}. Press Start."
        model = eps_model_from(scene.params, forward=forward, embed=embed)
        show_learned(FIELD, shortened(-drawable("The network", model(FIELD, t), FIELD.shape), 0.55))
        miss = np.sqrt(np.mean((drawable("The network", model(x_t, t), x_t.shape) - guess) ** 2))
        return (
            f"After {len(history)} training steps the loss is {mean_of_last_tenth(history)[-1]:.3f} (mean of the last "
            f"tenth), the floor {mean:.3f}. At step {t} of {T} the learned noise misses the exact one by {miss:.3f} (root mean square)."
        )

    def begin():
        return train(
            data, alpha_bar, np.random.default_rng(seed + 1), steps, batch=256, hidden=(64, 64), detail=2.0,
            forward=forward, backward=backward, adam=adam, embed=embed,
        )  # fmt: skip

    scene = None
    scene = Training(stage, draw, {"t": step_slider(T, T // 3, low=1)}, [embed, forward, backward, adam], begin, steps)
    return scene


def mean_of_last_tenth(values):
    """At each place n, the mean of the last n/10 values: on an axis of log steps, a window of one width."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = ends - np.ceil(ends / 10).astype(int)
    return (sums[ends] - sums[starts]) / (ends - starts)
