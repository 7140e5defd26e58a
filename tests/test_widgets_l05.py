"""Lesson 05's widgets: every control at its ends and middle, functions that are wrong, and the numbers drawn."""

from __future__ import annotations

import numpy as np
import pytest

from gradual import alpha_bar_from_betas, cosine_beta_schedule, mixture
from gradual.widgets import exact_score, plane
from tests.widget_controls import (
    check_each_control_changes_all,
    check_each_control_tells_the_error,
    numbers_of,
    shapes_of,
)

ALPHA_BAR = alpha_bar_from_betas(cosine_beta_schedule(40))
CLEAN = (
    np.array([0.5, 0.3, 0.2]),
    np.array([[-0.9, -0.3], [0.3, 1.0], [1.8, -0.75]]),
    np.array([[[0.10, 0.05], [0.05, 0.08]], [[0.05, 0], [0, 0.05]], [[0.08, -0.04], [-0.04, 0.06]]]),
)
WIDGETS = {
    "drag_point": ("diffuse_mixture", "mixture_log_prob", "mixture_score", "tweedie"),
    "merging_modes": ("diffuse_mixture",),
    "far_away": ("mixture_log_prob",),
    "pulls": ("diffuse_mixture", "responsibilities", "mixture_score"),
}
GARBAGE = {
    "nothing": lambda *args: None,
    "nan": lambda *args: np.nan * np.asarray(args[0]),
    "wrong shape": lambda *args: np.zeros((7, 7, 7)),
    "text": lambda *args: "a score",
    "raises": lambda *args: {}["no such key"],
}


def scene_of(name, **other):
    functions = {function: other.get(function, getattr(mixture, function)) for function in WIDGETS[name]}
    before = (CLEAN,) if name == "far_away" else (CLEAN, ALPHA_BAR)
    return getattr(exact_score, name)(*before, **functions)


def moved(scene):
    """The numbers behind all artists that move."""
    artists = scene.stage.artists
    return b"".join(numbers_of(artists, ("get_xydata", "get_offsets", "get_sizes", "get_height")) + shapes_of(artists))


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_changes_picture_caption_and_artists(name):
    check_each_control_changes_all(scene_of(name), moved)


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize(("name", "function"), [(name, f) for name, functions in WIDGETS.items() for f in functions])
def test_a_function_that_returns_garbage_gives_a_message_and_no_crash(name, function, garbage):
    scene = scene_of(name, **{function: GARBAGE[garbage]})
    assert scene.error and not scene.caption
    check_each_control_tells_the_error(scene)


def test_the_guess_is_the_mean_of_the_clean_points_that_could_have_led_there():
    starts = mixture.GaussianMixture(*CLEAN).sample(200_000, np.random.default_rng(1))
    x_t, alpha_bar_t = np.array([0.4, -0.2]), 0.5
    weights = exact_score.led_here(starts, x_t, alpha_bar_t)
    counted = (weights[:, None] * starts).sum(axis=0) / weights.sum()
    score = mixture.mixture_score(x_t[None], *mixture.diffuse_mixture(*CLEAN, alpha_bar_t))
    # 200 000 points with these weights leave a standard error of about 0.003.
    assert np.abs(mixture.tweedie(x_t[None], score, alpha_bar_t)[0] - counted).max() < 0.02


def test_hills_are_counted():
    x, y = plane.grid().T
    near, far = (np.exp(-((x - d) ** 2 + y**2)) + np.exp(-((x + d) ** 2 + y**2)) for d in (0.5, 1.5))
    side = plane.CELLS, plane.CELLS
    assert (exact_score.peaks_of(near.reshape(side)), exact_score.peaks_of(far.reshape(side))) == (1, 2)


def test_modes_merge_as_noise_comes_in():
    scene = scene_of("merging_modes")
    assert "3 hills" in scene.caption
    scene.controls["t"].value = 40
    assert "one hill" in scene.caption


def test_far_away_the_plain_sum_is_lost_and_the_careful_one_is_not():
    assert np.exp(exact_score.UNDERFLOW - 1.0) == 0 < np.exp(exact_score.UNDERFLOW + 1.0)
    scene = scene_of("far_away")
    scene.controls["distance"].value = exact_score.FARTHEST
    x = np.array([[1.0, 0.4]]) / np.hypot(1.0, 0.4) * exact_score.FARTHEST
    assert "log 0, which is −inf" in scene.caption
    assert f"{mixture.mixture_log_prob(x, *CLEAN)[0]:.1f} nats" in scene.caption
    scene.controls["taken_out"].value = 1
    assert max(bar.get_height() for bar in scene.stage.artists[2:]) == 0


def test_the_pulls_end_where_the_score_ends():
    scene = scene_of("pulls")
    arrows = [artist for artist in scene.stage.artists if hasattr(artist, "U")]
    score, *pulls = [np.array([artist.U[0], artist.V[0]]) for artist in arrows]
    assert np.allclose(np.sum(pulls, axis=0), score)
    assert np.allclose(arrows[-1].get_offsets()[0] + pulls[-1] - arrows[0].get_offsets()[0], score)


def test_a_score_that_points_away_is_drawn_as_it_is():
    scene = scene_of("pulls", mixture_score=lambda *args: -mixture.mixture_score(*args))
    score, *pulls = [np.array([a.U[0], a.V[0]]) for a in scene.stage.artists if hasattr(a, "U")]
    assert scene.error == "" and np.allclose(np.sum(pulls, axis=0), -score)
