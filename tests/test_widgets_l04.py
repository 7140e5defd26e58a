"""Lesson 04's pointer, ruler and audit: every control at its ends and middle, wrong functions, the numbers drawn."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradual import data, forward, schedules
from gradual.widgets.noise_schedules import quarter_turn, read_log_snr
from gradual.widgets.terminal_snr import terminal_snr_audit

DIGITS = data.digits()[0]
BAR = schedules.alpha_bar_from_betas
SETTINGS = {"short": (50, 1e-4, 0.02), "constant": (100, 0.01511, 0.01511), "long": (1000, 1e-4, 0.02)}


def pointer(linear=schedules.linear_beta_schedule, cosine=schedules.cosine_beta_schedule, jump=forward.q_sample):
    return quarter_turn(DIGITS[0], {"linear": linear, "cosine": cosine}, BAR, jump)


def ruler(linear=schedules.linear_beta_schedule, snr=schedules.snr):
    rescaled = lambda: schedules.rescale_zero_terminal_snr(BAR(linear(50)))  # noqa: E731
    return read_log_snr({"long": lambda: BAR(linear(1000)), "rescaled": rescaled}, snr, [linear])


def audit(linear=schedules.linear_beta_schedule, rescale=schedules.rescale_zero_terminal_snr):
    return terminal_snr_audit(SETTINGS, DIGITS, linear, BAR, rescale)


def positions(control):
    if hasattr(control, "min"):
        middle = (control.min + control.max) / 2
        return [control.min, int(middle) if isinstance(control.value, int) else middle, control.max]
    return [option[1] if isinstance(option, tuple) else option for option in control.options]


def artists(scene):
    numbers = []
    for artist in scene.stage.artists:
        read = next(name for name in ("get_xydata", "get_array", "get_data", "get_text") if hasattr(artist, name))
        value = getattr(artist, read)()
        numbers.append(repr(getattr(value, "values", value)))
    return tuple(numbers)


@pytest.mark.parametrize("make", [pointer, ruler, audit])
def test_every_control_changes_picture_caption_and_artists(make):
    scene = make()
    if "repaired" in scene.controls:
        scene.controls["repaired"].value = False
    for key, control in scene.controls.items():
        seen = []
        for value in positions(control):
            control.value = value
            assert scene.error == "", (key, value, scene.error)
            seen.append((scene.caption, scene.picture.value, artists(scene)))
        assert all(len(set(each)) == len(seen) for each in zip(*seen)), key


def test_pointer_turns_by_the_angles_that_the_lesson_names():
    scene = pointer()
    turned = {"linear": [], "cosine": []}
    for t in (250, 500, 750, 1000):
        scene.controls["t"].value = t
        for name, angles in turned.items():
            angles.append(int(re.search(rf"{name}, (\d+)° of 90°", scene.caption)[1]))
    assert turned["linear"] == [44, 74, 87, 90]
    assert turned["cosine"] == [23, 45, 68, 90]
    hands = [artist for artist in scene.stage.artists if hasattr(artist, "get_markevery") and artist.get_markevery()]
    np.testing.assert_allclose([hand.get_ydata()[1] for hand in hands], 1, atol=1e-4)


def test_one_schedule_alone_can_be_shown():
    scene = quarter_turn(DIGITS[0], {"linear": schedules.linear_beta_schedule}, BAR, forward.q_sample)
    assert scene.error == "" and "cosine" not in scene.caption


def test_ruler_reads_the_ends():
    scene = ruler()
    scene.controls["share"].value = 1
    assert "long: −10.1 (signal 0.0% of the variance); rescaled: −∞ (signal 0.0% of the variance)" in scene.caption
    short = read_log_snr({"short": lambda: BAR(schedules.linear_beta_schedule(50))}, schedules.snr)
    short.controls["share"].value = 1
    assert "short: +0.4 (signal 60.3% of the variance)" in short.caption


def test_audit_computes_what_is_left_and_what_the_repair_leaves():
    scene = audit()
    [points] = [a for a in scene.stage.artists if hasattr(a, "get_xdata") and len(a.get_xdata()) == len(SETTINGS)]
    np.testing.assert_allclose(points.get_xdata(), 0, atol=1e-12)
    assert "right where sampling starts" in scene.caption
    scene.controls["repaired"].value = False
    np.testing.assert_allclose(points.get_xdata(), [0.7765, 0.46707, 0.0063528], rtol=1e-4)


@pytest.mark.parametrize("side", [8, 128])
def test_pixels_means_are_as_far_apart_as_the_audit_says(side):
    """The same by brute force: enlarge digits, jump to the end, take the means."""
    scene = audit()
    scene.controls["repaired"].value, scene.controls["name"].value = False, "constant"
    scene.controls["side"].value = side
    said = float(re.search(r"images end ([\d.]+) standard deviations below", scene.caption)[1])
    large = np.kron(DIGITS[:300], np.ones((side // 8, side // 8)))
    alpha_bar = BAR(schedules.linear_beta_schedule(*SETTINGS["constant"]))
    ends = np.sqrt(alpha_bar[-1]) * large.mean(axis=(1, 2))
    noise = np.random.default_rng(1).standard_normal((100, side, side)).mean(axis=(1, 2))
    assert said == pytest.approx(-ends.mean() / noise.std(), rel=0.25)


GARBAGE = {
    "nothing": lambda *args: None,
    "text": lambda *args: "a schedule",
    "a wrong shape": lambda *args: np.zeros((3, 5)),
    "nan": lambda first, *args: np.full(np.shape(first) or int(first) + 1, np.nan),
    "too large": lambda first, *args: np.full(np.shape(first) or int(first) + 1, 7.0),
    "negative": lambda first, *args: np.full(np.shape(first) or int(first) + 1, -1.0),
    "raises": lambda *args: {}["no such key"],
}


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize(
    "make",
    [
        lambda f: pointer(linear=f),
        lambda f: pointer(cosine=f),
        lambda f: ruler(linear=f),
        lambda f: audit(linear=f),
        lambda f: audit(rescale=f),
    ],
    ids=["pointer, linear", "pointer, cosine", "ruler, linear", "audit, linear", "audit, rescale"],
)
def test_garbage_gives_a_message_and_no_crash(make, kind):
    scene = make(GARBAGE[kind])
    assert scene.error and scene.caption == ""
    assert bytes(scene.picture.value[:2]) == b"\xff\xd8"


@pytest.mark.parametrize("kind", [kind for kind in GARBAGE if kind != "too large"])
def test_a_wrong_ratio_gives_a_message(kind):
    scene = ruler(snr=GARBAGE[kind])
    assert scene.error and scene.caption == ""
