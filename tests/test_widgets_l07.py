"""Lesson 07's widgets: every control at its ends and middle, functions that are wrong, and the numbers drawn."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest

from gradual import alpha_bar_from_betas, elbo, linear_beta_schedule, posterior
from gradual.mixture import FOUR_BELLS
from gradual.widgets.elbo import STEPS, Chains, bar_of_terms, sampled_terms
from gradual.widgets.elbo_choices import evenly_spread, other_weights, price_of_variance, two_bells, weights_of_bound
from tests.widget_controls import check_each_control_changes_all, check_each_control_tells_the_error, numbers_of

BETAS = linear_beta_schedule(1000)
ALPHA_BAR = alpha_bar_from_betas(BETAS)
ENTROPY = 1.000676943374463
WIDGETS = {
    "bar_of_terms": (bar_of_terms, posterior.normal_kl),
    "two_bells": (two_bells, posterior.normal_kl),
    "sampled_terms": (sampled_terms, elbo.vlb_terms),
    "price_of_variance": (price_of_variance, posterior.normal_kl),
    "other_weights": (other_weights, elbo.simple_loss),
}
GARBAGE = {
    "nothing": lambda *args: None,
    "nan": lambda *args: np.nan,
    "wrong shape": lambda *args: np.zeros((7, 7, 7)),
    "text": lambda *args: "nats",
    "three things that are wrong": lambda *args: (1.0, "steps", 0.0),
    "raises": lambda *args: {}["no such key"],
}


@functools.cache
def smallest():
    return elbo.smallest_eps_mse(FOUR_BELLS, ALPHA_BAR)


def scene_of(name, function=None):
    widget, reference = WIDGETS[name]
    world = () if name == "two_bells" else (FOUR_BELLS, ALPHA_BAR, smallest())
    return widget(*world, function or reference)


def positions(control):
    if hasattr(control, "min"):
        return [control.min, type(control.value)((control.min + control.max) / 2), control.max]
    values = [option[1] if isinstance(option, tuple) else option for option in control.options]
    return list(dict.fromkeys([values[0], values[len(values) // 2], values[-1]]))


def moved(scene):
    """The numbers behind all artists that move."""
    artists = scene.stage.artists
    areas = [artist for artist in artists if hasattr(artist, "get_data") and not hasattr(artist, "get_xydata")]
    numbers = numbers_of(artists, ("get_xydata", "get_height", "get_linewidth"))
    return b"".join(numbers + [np.asarray(area.get_data().values, dtype=float).tobytes() for area in areas])


def said(scene, before):
    """The number after these words in the caption."""
    return float(re.search(before + r"\s*(-?[\d.]+\d)", scene.caption)[1])


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_changes_picture_caption_and_artists(name):
    check_each_control_changes_all(scene_of(name), moved, positions)


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", WIDGETS)
def test_a_function_that_returns_garbage_gives_a_message_and_no_crash(name, garbage):
    scene = scene_of(name, GARBAGE[garbage])
    assert scene.error and not scene.caption
    check_each_control_tells_the_error(scene, positions)


@pytest.mark.parametrize(("variance", "gap"), [("beta", 0.006731), ("posterior", 0.442933), ("best", 0.005087)])
def test_the_bar_ends_at_the_published_gap(variance, gap):
    scene = scene_of("bar_of_terms")
    scene.controls["T"].value, scene.controls["variance"].value = 1000, variance
    assert abs(said(scene, "a gap of") - gap) < 1e-6
    heights = [bar.get_height() for bar in scene.stage.artists[:4]]
    assert abs(sum(heights[:3]) - heights[3]) < 1e-12 and abs(heights[3] - ENTROPY - gap) < 1e-6


def test_the_bars_stand_on_one_another():
    L_T, steps, L_0, bound = scene_of("bar_of_terms").stage.artists[:4]
    assert steps.get_y() == L_T.get_height()
    assert np.isclose(L_0.get_y() + L_0.get_height(), bound.get_height()) and bound.get_y() == 0


@pytest.mark.parametrize("T", STEPS)
def test_a_denoiser_of_mean_and_variance_describes_one_bell_however_many_steps(T):
    """The gap is the cost of believing in N(m, v): its cross entropy, ½ log 2πe v, less the entropy."""
    scene = scene_of("bar_of_terms")
    scene.controls["skill"].value, scene.controls["variance"].value, scene.controls["T"].value = 0, "best", T
    one_bell = 0.5 * np.log(2 * np.pi * np.e * 1.171857) - ENTROPY
    assert abs(said(scene, "a gap of") - one_bell) < 1e-4


def test_a_chain_of_fewer_steps_uses_the_same_noise_levels():
    chains = Chains(FOUR_BELLS, ALPHA_BAR, smallest())
    betas, levels = chains.schedule(50)
    assert np.allclose(levels, ALPHA_BAR[::20]) and np.allclose(np.cumprod(1 - betas), levels)
    L_0, L_step, L_T = chains.terms(50, chains.variances(50)["beta"], posterior.normal_kl)
    again = elbo.exact_vlb_terms(FOUR_BELLS, betas, levels, "beta")
    assert np.isclose(L_0, again[0]) and np.allclose(L_step, again[1]) and np.isclose(L_T, again[2])


@pytest.mark.parametrize("skill", [0, 0.4, 1])
def test_a_denoiser_errs_as_much_as_its_skill_says(skill):
    """At three noise levels, 100 000 samples, within 5 standard errors."""
    chains, rng = Chains(FOUR_BELLS, ALPHA_BAR, smallest()), np.random.default_rng(0)
    model = chains.model(ALPHA_BAR, skill)
    for t in (20, 150, 500):
        x0, noise = FOUR_BELLS.sample(100_000, rng), rng.standard_normal((100_000, 1))
        x_t = np.sqrt(ALPHA_BAR[t]) * x0 + np.sqrt(1 - ALPHA_BAR[t]) * noise
        squares = (model(x_t, t) - noise) ** 2
        assert abs(squares.mean() - chains.eps_mse(skill)[t]) < 5 * squares.std() / np.sqrt(squares.size)


def test_the_cheapest_width_is_the_true_variance_plus_the_squared_distance():
    scene = scene_of("two_bells")
    scene.controls["mean"].value = 2
    widths, nats = scene.stage.artists[2].get_data()
    assert abs(widths[np.argmin(nats)] - np.sqrt(1 + 2**2)) < 0.02
    scene.controls["mean"].value, scene.controls["width"].value = 0, 1
    assert said(scene, "costs") == 0


def test_the_orange_area_is_the_divergence():
    scene = scene_of("two_bells")
    scene.controls["mean"].value, scene.controls["width"].value = 1, 0.8
    area = scene.stage.artists[1].get_data().values.sum() * 0.05
    assert abs(area - said(scene, "costs")) < 2e-3


def test_a_divergence_taken_the_wrong_way_round_is_drawn_as_it_is():
    scene = scene_of("two_bells", lambda *bells: posterior.normal_kl(bells[2], bells[3], bells[0], bells[1]))
    scene.controls["mean"].value = 2
    widths, nats = scene.stage.artists[2].get_data()
    assert scene.error == "" and abs(widths[np.argmin(nats)] - 1) < 0.02


def test_many_points_come_near_the_exact_terms():
    scene = scene_of("sampled_terms")
    scene.controls["n"].value = 3000
    line, dots = scene.stage.artists[:2]
    assert np.abs(line.get_ydata() - dots.get_ydata()).max() < 0.1
    assert abs(said(scene, "the bound") - said(scene, "exact:")) < 0.15


def test_the_price_of_each_variance():
    scene = scene_of("price_of_variance")
    assert abs(said(scene, "With σ² = β̃ it is") - 0.442933) < 1e-6
    assert abs(said(scene, "with β ") - 0.006731) < 1e-6
    assert abs(said(scene, "best σ² at each step") - 0.005087) < 1e-6
    mixes, gaps = scene.stage.artists[0].get_data()
    assert (gaps > 0.005087).all()
    assert all((line.get_ydata() > -1e-12).all() for line in scene.stage.artists[3:6])


def test_points_evenly_spread_are_those_of_the_mixture():
    x0, noise = evenly_spread(FOUR_BELLS, 2000, np.random.default_rng(0))
    assert x0.shape == noise.shape == (2000, 1)
    assert abs(x0.mean() - 0.111450) < 1e-3 and abs(x0.var() - 1.171857) < 3e-3
    assert abs(noise.mean()) < 1e-9 and abs(noise.var() - 1) < 5e-3


def test_the_weights_turn_the_squared_error_into_the_bound():
    errors = elbo.step_errors(smallest(), BETAS, ALPHA_BAR)
    parts = weights_of_bound(BETAS, ALPHA_BAR) * smallest()[1:]
    assert np.allclose(parts, errors[1:] / (2 * BETAS[1:]))


def test_the_measured_error_lies_near_the_smallest_possible():
    scene = scene_of("other_weights")
    assert said(scene, "no denoiser gets below") == 0.255921
    assert abs(said(scene, "measured error is") - 0.255921) < 0.006
    shares = [bar.get_height() for bar in scene.stage.artists if hasattr(bar, "get_height")]
    assert np.isclose(sum(shares), 1) and shares[0] > 0.3
    scene.controls["counted"].value = "simple"
    assert [bar.get_height() for bar in scene.stage.artists if hasattr(bar, "get_height")][0] < 0.1
