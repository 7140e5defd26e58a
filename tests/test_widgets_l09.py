"""Lesson 09's widgets: every control at its ends and middle, functions that are wrong, and the numbers drawn."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from gradual import data, metrics, pretrained, samplers
from gradual.widgets import ddpm_sampling, error_clinic
from gradual.widgets.ddpm_sampling import digits_back, distance_on_the_way, fresh_samples, roll_back, walk_back
from tests.widget_controls import check_each_control_changes_all, check_each_control_tells_the_error, numbers_of

TRUTH = pretrained.published_roll(300, np.random.default_rng(5))
ROLL, DIGITS = pretrained.swiss_roll_model(), pretrained.digits_model()
SEEN, UNSEEN = (data.digits()[0][rows] for rows in pretrained.digits_split())
BETAS, ALPHA_BAR = pretrained.respaced(20)
ROLL_20, DIGITS_20 = (pretrained.nearest_levels(model, ALPHA_BAR) for model in (ROLL, DIGITS))


def some_digits(count, rng):
    return UNSEEN[rng.permutation(len(UNSEEN))[:count]]


def roll(ddpm_step=samplers.ddpm_step):
    return roll_back(ROLL, TRUTH, ddpm_step, steps=50, points=60)


def digits(ddpm_step=samplers.ddpm_step):
    return digits_back(DIGITS, SEEN, UNSEEN, ddpm_step, steps=50)


def way(ddpm_step=samplers.ddpm_step, energy_distance=metrics.energy_distance):
    return distance_on_the_way(ROLL, pretrained.published_roll, ddpm_step, energy_distance, steps=50, points=80)


def clinic(ddpm_step=samplers.ddpm_step, energy_distance=metrics.energy_distance):
    return error_clinic.error_clinic(ROLL, pretrained.published_roll, ddpm_step, energy_distance, points=80)


def fresh_roll(sample=samplers.sample, energy_distance=metrics.energy_distance):
    rulers = {"energy distance": energy_distance}
    return fresh_samples(ROLL_20, pretrained.published_roll, BETAS, ALPHA_BAR, sample, 80, rulers)


def fresh_digits(sample=samplers.sample):
    return fresh_samples(DIGITS_20, some_digits, BETAS, ALPHA_BAR, sample, 40)


WIDGETS = {
    roll: ("ddpm_step",),
    digits: ("ddpm_step",),
    way: ("ddpm_step", "energy_distance"),
    clinic: ("ddpm_step", "energy_distance"),
    fresh_roll: ("sample", "energy_distance"),
    fresh_digits: ("sample",),
}
GARBAGE = {
    "nothing": lambda *args: None,
    "nan": lambda *args: np.full((80, 2), np.nan),
    "wrong shape": lambda *args: np.zeros((7, 7, 7)),
    "text": lambda *args: "a digit",
    "raises": lambda *args: {}["no such key"],
}


def positions(control):
    if hasattr(control, "min"):
        return [control.min, (control.min + control.max) // 2, control.max]
    return [value for _, value in control.options] if isinstance(control.options[0], tuple) else [*control.options]


def moved(scene):
    """The numbers behind all artists that move."""
    return b"".join(numbers_of(scene.stage.artists, ("get_xydata", "get_array", "get_height")))


@pytest.mark.parametrize("widget", WIDGETS)
def test_every_control_changes_picture_caption_and_artists(widget):
    check_each_control_changes_all(widget(), moved, positions)


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize(("widget", "function"), [(widget, f) for widget, names in WIDGETS.items() for f in names])
def test_a_function_that_returns_garbage_gives_a_message_and_no_crash(widget, function, garbage):
    scene = widget(**{function: GARBAGE[garbage]})
    assert scene.error and not scene.caption
    check_each_control_tells_the_error(scene, positions)


def test_a_step_that_runs_away_is_told_and_not_drawn():
    scene = roll(lambda x, *others: 1e9 * x)
    assert "nan or inf" in scene.error or "finite" in scene.error


@ddpm_sampling.on_one_core  # a network in float32 gives other last digits on two
def test_the_walk_is_the_samplers_and_its_guesses_come_from_the_predicted_noise():
    states, guesses = walk_back(ROLL, (50, 2), samplers.ddpm_step, 20, seed=3)
    made = samplers.sample(ROLL_20, (50, 2), BETAS, ALPHA_BAR, np.random.default_rng(3))
    np.testing.assert_allclose(states[-1], made, rtol=1e-9)
    t = 7
    again = np.sqrt(ALPHA_BAR[t]) * guesses[20 - t] + np.sqrt(1 - ALPHA_BAR[t]) * ROLL_20(states[20 - t], t)
    np.testing.assert_allclose(again, states[20 - t], rtol=1e-9)
    np.testing.assert_array_equal(guesses[-1], states[-1])


@pytest.mark.parametrize("walk", ["walk_back", "sick_walk", "fresh_samples"])
def test_the_points_are_made_on_one_core_and_the_others_are_given_back(walk):
    before, seen = blas_threads(), []

    def model(x_t, t):
        seen.extend(blas_threads())
        return 0 * x_t

    if walk == "walk_back":
        walk_back(model, (50, 2), samplers.ddpm_step, 10)
    elif walk == "sick_walk":
        error_clinic.sick_walk("none", model, (50, 2), samplers.ddpm_step, 10)
    else:
        fresh_samples(model, pretrained.published_roll, BETAS, ALPHA_BAR, samplers.sample, 50)
    assert set(seen) == {1} and blas_threads() == before


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_the_slider_goes_from_noise_to_the_roll():
    scene = roll()
    scene.controls["done"].value = 0
    start = scene.stage.artists[0].get_xydata()
    np.testing.assert_array_equal(start, np.random.default_rng(0).standard_normal((60, 2)))
    scene.controls["done"].value = 100
    assert metrics.nearest_distance(scene.stage.artists[0].get_xydata(), TRUTH).mean() < 0.1


def test_the_distance_falls_to_the_floor_of_two_true_samples():
    scene = way()
    curve, _, floor, band = scene.stage.artists[1:]
    truth = pretrained.published_roll(80, np.random.default_rng(100))
    start = np.random.default_rng(0).standard_normal((80, 2))
    assert curve.get_ydata()[0] == pytest.approx(metrics.energy_distance(start, truth))
    level = floor.get_ydata()[0]
    assert f"{level:.4f} apart on average" in scene.caption
    # For equal distributions all pairs, i = j too, give 2 E‖X − X′‖ / n on average.
    more = pretrained.published_roll(2000, np.random.default_rng(7))
    apart = np.mean(np.linalg.norm(more[:1000] - more[1000:], axis=1))
    assert level == pytest.approx(2 * apart / 80, rel=0.25)
    assert band.get_y() < level < band.get_y() + band.get_height()
    assert curve.get_ydata()[-1] < 3 * level < curve.get_ydata()[0]


def ends(bug, steps=50, count=600):
    """The energy distance and the mean distance to a true point at the end, with one bug."""
    truth, more = (pretrained.published_roll(n, np.random.default_rng(n)) for n in (count, 3000))
    states, *_ = error_clinic.sick_walk(bug, ROLL, (count, 2), samplers.ddpm_step, steps)
    return metrics.energy_distance(states[-1], truth), metrics.nearest_distance(states[-1], more).mean()


def test_each_bug_of_the_clinic_does_what_the_lesson_says():
    well = ends("none")
    last, time = ends("last"), ends("time")
    for energy, far in (last, time):
        assert energy < 2 * well[0] and far > 3 * well[1]
    assert ends("signal")[0] > 10 * well[0]
    energy, far = ends("beta")
    assert energy > 30 * well[0] and far < well[1]


def test_noise_at_the_last_step_adds_the_variance_of_that_step():
    sick, betas, _ = error_clinic.sick_walk("last", ROLL, (4000, 2), samplers.ddpm_step, 50)
    well, *_ = error_clinic.sick_walk("none", ROLL, (4000, 2), samplers.ddpm_step, 50)
    np.testing.assert_array_equal(sick[:-1], well[:-1])
    added = sick[-1] - well[-1]
    assert added.var() == pytest.approx(betas[1], rel=6 * np.sqrt(2 / 8000))


def test_the_schedule_of_the_clinic_leaves_three_quarters_of_the_signal():
    *_, alpha_bar = error_clinic.sick_walk("signal", ROLL, (2, 2), samplers.ddpm_step, 50)
    assert np.sqrt(alpha_bar[-1]) == pytest.approx(0.777, abs=0.001)


def test_new_seeds_give_new_data_and_the_same_seed_the_same():
    scene = fresh_digits()
    first = scene.picture.value
    scene.controls["seed"].value = 2
    second = scene.picture.value
    scene.controls["seed"].value = 1
    assert scene.picture.value == first != second


def test_the_floor_is_of_pairs_of_true_samples():
    low, middle, high = ddpm_sampling.floor_of(metrics.energy_distance, pretrained.published_roll, 50)
    assert 0 < low < middle < high < 0.5
