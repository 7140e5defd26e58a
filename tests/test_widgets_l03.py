"""Lesson 03's widgets: every control, functions that are wrong, and the numbers that the pictures rest on."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradual import forward, schedules
from gradual.widgets import closed_form_jump
from gradual.widgets.closed_form_jump import gap_test, largest_gap, three_ways

T = 200
BETAS = np.concatenate([[0.0], np.linspace(0.0001, 0.06, T)])
ALPHA_BAR = schedules.alpha_bar_from_betas(BETAS)
MIXTURE = ([0.6, 0.4], [-1.0, 1.3], [0.25, 0.15])
RNG = np.random.default_rng(5)
X0 = RNG.choice([-1.0, 1.0], 2000) + 0.1 * RNG.standard_normal(2000)
GARBAGE = {
    "nothing": lambda *args: None,
    "nan": lambda *args: np.nan * np.asarray(args[0]),
    "wrong shape": lambda *args: np.zeros((7, 7, 7)),
    "text": lambda *args: "a path",
    "raises": lambda *args: {}["no such key"],
}


def gaps(q_step=forward.q_step, q_sample=forward.q_sample):
    return gap_test(MIXTURE, BETAS, ALPHA_BAR, q_step, q_sample, most=2000)


def ways(q_step=forward.q_step, q_sample=forward.q_sample):
    return three_ways(X0, BETAS, ALPHA_BAR, q_step, q_sample)


def positions(control):
    if not hasattr(control, "min"):
        return control.options
    return [control.min, type(control.value)((control.min + control.max) / 2 // 100 * 100), control.max]


def moved(scene):
    return tuple(
        np.asarray(getattr(artist, "get_xydata", getattr(artist, "get_xy", None))(), dtype=float).tobytes()
        for artist in scene.stage.artists
    )


@pytest.mark.parametrize("make", [gaps, ways])
def test_every_control_changes_picture_caption_and_artists(make):
    scene = make()
    assert scene.error == "" and scene.caption
    for name, control in scene.controls.items():
        seen = []
        for value in positions(control):
            control.value = value
            assert scene.error == "", (name, value, scene.error)
            seen.append((scene.caption, scene.picture.value, moved(scene)))
        assert all(len(set(each)) == len(seen) for each in zip(*seen)), name


@pytest.mark.parametrize("wrong", GARBAGE)
@pytest.mark.parametrize("make", [gaps, ways])
def test_garbage_is_told_in_the_widget(make, wrong):
    for functions in ((GARBAGE[wrong], forward.q_sample), (forward.q_step, GARBAGE[wrong])):
        scene = make(*functions)
        for control in scene.controls.values():
            for value in positions(control):
                control.value = value
                assert scene.error and not scene.caption


def test_the_largest_gap_is_scipys():
    stats = pytest.importorskip("scipy.stats")
    for a, b in ((RNG.normal(size=80), RNG.normal(0.3, 1, 50)), (RNG.integers(0, 5, 60), RNG.integers(1, 5, 90))):
        assert largest_gap(a, b) == pytest.approx(stats.ks_2samp(a, b).statistic, abs=1e-12)


def test_chance_has_smirnovs_numbers():
    stats = pytest.importorskip("scipy.stats")
    assert closed_form_jump.ON_AVERAGE == pytest.approx(stats.kstwobign.mean(), abs=1e-3)
    assert closed_form_jump.HARDLY_LESS == pytest.approx(stats.kstwobign.ppf(0.001), abs=1e-3)
    assert closed_form_jump.HARDLY_EVER == pytest.approx(stats.kstwobign.ppf(0.999), abs=1e-3)


def test_the_exact_density_has_area_1_and_the_moments_of_jumped_samples():
    x = np.linspace(-8, 8, 4001)
    for t in (0, 20, 100, T):
        density = closed_form_jump._density_at(t, x, MIXTURE, BETAS)
        area, mean = density.sum() * 0.004, (x * density).sum() * 0.004
        left = ALPHA_BAR[t]
        variance = left * (0.6 * (1 + 0.25**2) + 0.4 * (1.3**2 + 0.15**2)) + 1 - left - left * 0.08**2
        assert area == pytest.approx(1, abs=1e-9)
        assert mean == pytest.approx(-0.08 * np.sqrt(left), abs=1e-9)
        assert (x**2 * density).sum() * 0.004 - mean**2 == pytest.approx(variance, abs=1e-9)


def test_each_mistake_is_noticed_and_its_absence_too():
    scene = gap_test(MIXTURE, BETAS, ALPHA_BAR, forward.q_step, forward.q_sample)
    for mistake in closed_form_jump.MISTAKES:
        scene.controls["mistake"].value = mistake
        assert ("never more than chance" in scene.caption) == (mistake == "none"), mistake


def test_a_students_wrong_jump_is_noticed():
    scene = gap_test(MIXTURE, BETAS, ALPHA_BAR, forward.q_step, lambda x0, t, alpha_bar, noise: x0 + noise)
    assert "not the same" in scene.caption


def test_only_walking_is_a_chain():
    scene = ways()
    scene.controls["t"].value = 60
    moves, memories = re.search(r"average: (.+?)\. Correlation .*: (.+)\.$", scene.caption).groups()
    walked, one, new = (float(number) for number in moves.split(", "))
    # A walk moves by √β times what a normal number is on average, plus next to nothing for the shrinking.
    assert walked == pytest.approx(np.sqrt(2 / np.pi * BETAS[60]), rel=0.1)
    assert one < 0.2 * walked and new > 3 * walked
    chain, foil, strangers = (float(number) for number in memories.split(", "))
    assert abs(chain) < 4 / np.sqrt(2000) and foil == -1.0 and strangers > 0.1


def test_a_jump_that_knows_one_time_only_is_drawn_too():
    scene = ways(q_sample=lambda x0, t, alpha_bar, noise: forward.q_sample(x0, 3, alpha_bar, noise[:1] + 0 * noise))
    assert scene.error == "" and "undefined" in scene.caption
