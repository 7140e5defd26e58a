"""Lesson 08's widgets: every control, functions that are wrong, the numbers drawn, and training that can be stopped."""

from __future__ import annotations

import asyncio
import itertools
import re
import time

import numpy as np
import pytest

from gradual import alpha_bar_from_betas, cosine_beta_schedule, network
from gradual.elbo import smallest_eps_mse
from gradual.mixture import GaussianMixture
from gradual.widgets import best_guess, small_network, training
from tests.widget_controls import (
    check_each_control_changes_all,
    check_each_control_tells_the_error,
    numbers_of,
    shapes_of,
)

ALPHA_BAR = alpha_bar_from_betas(cosine_beta_schedule(20))
CLEAN = (
    np.array([0.6, 0.4]),
    np.array([[-1.0, 0.0], [1.0, 0.5]]),
    np.array([[[0.10, 0.05], [0.05, 0.08]], [[0.06, 0], [0, 0.06]]]),
)
FLOOR = smallest_eps_mse(GaussianMixture(*CLEAN), ALPHA_BAR)
NAMES = {"forward": "mlp_forward", "backward": "mlp_backward", "adam": "adam_step", "embed": "timestep_embedding"}
WIDGETS = {
    "best_prediction": (best_guess, (CLEAN, ALPHA_BAR), ()),
    "time_waves": (best_guess, (20,), ("timestep_embedding",)),
    "bends": (small_network, (), ("mlp_forward",)),
    "loss_slope": (small_network, (), ("mlp_forward", "mlp_backward")),
    "gradient_check": (small_network, (), ("mlp_forward", "mlp_backward")),
    "valley": (training, (), ("adam_step",)),
    "watch_training": (training, (CLEAN, ALPHA_BAR), tuple(NAMES)),
}
GARBAGE = {
    "nothing": lambda *args, **options: None,
    "nan": lambda *args, **options: np.nan * np.asarray(args[-1]),
    "wrong shape": lambda *args, **options: np.zeros((7, 7, 7)),
    "text": lambda *args, **options: "a gradient",
    "raises": lambda *args, **options: {}["no such key"],
}


def scene_of(name, **other):
    module, before, functions = WIDGETS[name]
    given = {function: getattr(network, NAMES.get(function, function)) for function in functions}
    return getattr(module, name)(*before, **{**given, **other})


def watched(steps=60, **other):
    return scene_of("watch_training", steps=steps, **other)


def moved(scene):
    """The numbers behind all artists that move."""
    artists = scene.stage.artists
    return b"".join(numbers_of(artists, ("get_xydata", "get_offsets", "get_height", "get_width")) + shapes_of(artists))


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_changes_picture_caption_and_artists(name):
    check_each_control_changes_all(scene_of(name), moved)


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize(
    ("name", "function"), [(name, f) for name, (*_, functions) in WIDGETS.items() for f in functions]
)
def test_a_function_that_returns_garbage_gives_a_message_and_no_crash(name, function, garbage):
    scene = scene_of(name, **{function: GARBAGE[garbage]})
    if name == "watch_training":
        scene.start()
        assert not scene.running and len(scene.history) < 2
    assert scene.error and scene.picture.value
    check_each_control_tells_the_error(scene)


def test_the_best_guess_has_the_error_that_the_curve_says():
    scene = scene_of("best_prediction")
    for t in (1, 10, 20):
        scene.controls["t"].value = t
        said, counted = re.search(r"error of (\S+) \(on these 400 points: (\S+)\)", scene.caption).groups()
        assert said == f"{FLOOR[t]:.3f}"
        # 800 squared errors leave a standard error of about 0.03
        assert float(counted) == pytest.approx(FLOOR[t], abs=0.15)


def test_the_small_network_has_learned_its_curve_and_the_target_is_the_exact_one():
    output, _ = network.mlp_forward(small_network.trained(), small_network.X)
    assert np.mean((output - small_network.target()) ** 2) < 0.01
    noisy = small_network.TWO_BELLS.diffuse(0.7)
    np.testing.assert_allclose(small_network.target(), -np.sqrt(0.3) * noisy.score(small_network.X))


@pytest.mark.parametrize("name", small_network.PARAMETERS)
def test_the_tangent_touches_the_loss(name):
    scene = scene_of("loss_slope")
    lines = {artist.get_label(): artist for artist in scene.stage.artists}
    curve, tangent = lines["the loss"], lines["slope by the gradient"]
    scene.controls["name"].value, scene.controls["value"].value = name, 1.0
    (x0, y0), (x1, y1) = tangent.get_xydata()
    values, losses = curve.get_xydata().T
    here = np.searchsorted(values, 0.999)
    assert (y0 + y1) / 2 == pytest.approx(losses[here])
    assert (y1 - y0) / (x1 - x0) == pytest.approx((losses[here + 1] - losses[here - 1]) / 0.2, rel=0.05, abs=0.05)


def test_the_gradient_check_names_the_array_that_is_wrong():
    scene = scene_of("gradient_check")
    scene.controls["exponent"].value = -5
    assert "All 77 are below" in scene.caption

    def wrong_in_one_place(params, cache, grad_output):
        first, *rest = network.mlp_backward(params, cache, grad_output)
        return [(first[0], first[1] * 1.001), *rest]

    scene = scene_of("gradient_check", mlp_backward=wrong_in_one_place)
    scene.controls["exponent"].value = -5
    assert "in db, layer 1" in scene.caption and "Above 1e-06: db, layer 1." in scene.caption


def test_a_finite_difference_has_its_best_h_in_the_middle():
    scene = scene_of("gradient_check")
    (trace,) = (a for a in scene.stage.artists if a.get_linestyle() == "-")
    for exponent in range(-12, 1):
        scene.controls["exponent"].value = exponent
    h, worst = trace.get_xydata().T
    assert np.allclose(h, 10.0 ** np.arange(-12, 1)) and 1e-7 < h[worst.argmin()] < 1e-3
    assert worst.min() < 1e-7 < 1e-3 < min(worst[0], worst[-1])


def test_adam_takes_its_first_step_with_length_lr_in_both_directions_of_the_valley():
    scene = scene_of("valley")
    adam = next(a for a in scene.stage.artists if a.get_label() == "Adam")
    scene.controls["n"].value = 1
    np.testing.assert_allclose(np.abs(np.diff(adam.get_xydata(), axis=0)), [[0.1, 0.1]], rtol=1e-6)


def test_the_mean_of_the_last_tenth():
    values = np.random.default_rng(0).standard_normal(57)
    got = training.mean_of_last_tenth(values)
    for n in (1, 10, 11, 57):
        assert got[n - 1] == pytest.approx(values[n - -(-n // 10) : n].mean())


def test_training_comes_near_the_floor_and_the_field_near_the_exact_one():
    scene = watched(400)
    assert "Not trained yet" in scene.caption and scene.start_button.description == "Start"
    before = scene.picture.value
    scene.start()  # no loop runs here, so it trains to the end
    assert len(scene.history) == 400 and not scene.running and scene.picture.value != before
    loss = np.mean(scene.history[-200:])
    assert FLOOR[1:].mean() * 0.95 < loss < FLOOR[1:].mean() * 1.2
    assert f"the floor {FLOOR[1:].mean():.3f}" in scene.caption and scene.told.value == "done: step 400 of 400"
    learned, exact = ([a.U for a in scene.stage.artists if hasattr(a, "U")][k] for k in (0, 1))
    assert np.corrcoef(learned, exact)[0, 1] > 0.95


def test_stop_is_heard_while_other_work_goes_on_and_start_goes_on_from_there():
    async def story():
        scene, ticks = watched(2_000), itertools.count()
        scene.start_button.click()
        while len(scene.history) < 50:
            next(ticks)
            await asyncio.sleep(0)
        assert scene.running and scene.start_button.disabled and not scene.stop_button.disabled
        scene.stop_button.click()
        at = len(scene.history)
        await asyncio.sleep(3 * (training.SLICE_SECONDS + training.PAUSE_SECONDS))
        assert len(scene.history) == at < 2_000 and next(ticks) > 0
        assert scene.bar.value == at and scene.start_button.description == "Go on"
        first = list(scene.history)
        scene.start_button.click()
        while len(scene.history) == at:
            await asyncio.sleep(0.01)
        assert scene.history[:at] == first
        scene.stop()

    asyncio.run(story())


def test_a_new_widget_stops_the_one_that_trains():
    async def story():
        old = watched(2_000)
        old.start()
        await asyncio.sleep(0)
        assert old.running
        watched()
        assert not old.running

    asyncio.run(story())


def test_a_slow_function_leaves_room_after_each_of_its_steps():
    def slow(params, cache, grad_output):
        time.sleep(2 * training.SLICE_SECONDS)
        return network.mlp_backward(params, cache, grad_output)

    async def story():
        scene = watched(backward=slow)
        scene.start()
        for _ in range(2):
            await asyncio.sleep(0)
        scene.stop()
        assert len(scene.history) == 1

    asyncio.run(story())


def test_an_error_stops_training_is_told_and_start_begins_anew():
    calls = itertools.count(1)

    def breaks_at_the_fifth(params, cache, grad_output):
        if next(calls) == 5:
            raise KeyError("lost")
        return network.mlp_backward(params, cache, grad_output)

    scene = watched(backward=breaks_at_the_fifth)
    scene.start()
    assert len(scene.history) == 4 and not scene.running
    assert "stopped at step 5" in scene.error and "KeyError: 'lost'" in scene.error and "After 4" in scene.caption
    scene.controls["t"].value = 20
    assert "stopped at step 5" in scene.error
    scene.start()
    assert scene.error == "" and len(scene.history) == 60


def test_a_loss_that_runs_away_is_told():
    scene = watched(adam=lambda param, grad, m, v, step, lr: (param - 1e30 * grad, m, v))
    scene.start()
    assert "training runs away" in scene.error and np.isfinite(scene.history).all()


def test_the_kernels_own_interrupt_stops_training_only():
    def interrupted(params, cache, grad_output):
        raise KeyboardInterrupt

    scene = watched(backward=interrupted)
    scene.start()
    assert not scene.running and scene.error == ""


def test_where_no_one_is_there_to_press_start_the_picture_is_a_trained_one(monkeypatch):
    monkeypatch.setenv("GRADUAL_STILL", "1")
    scene = watched()
    data, _ = scene._repr_mimebundle_()
    assert len(scene.history) == 60 and "After 60 training steps" in data["text/plain"]


def test_the_note_of_a_function_is_shown():
    def forward(params, x):
        return network.mlp_forward(params, x)

    forward.note = "the reference draws this."
    assert watched(forward=forward).note == "the reference draws this."
