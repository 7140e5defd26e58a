"""Every widget, with no kernel: each control at its least, middle and largest value, and functions that are wrong."""

from __future__ import annotations

import io
import wave as wave_file

import numpy as np
import pytest
from PIL import Image

from gradual import data, forward, markov, schedules
from gradual.widgets import closed_form_jump, gradual_noise, markov_property, noise_schedules
from gradual.widgets.scene import Scene, drawable, explain, slider
from gradual.widgets.stage import Stage

T = 60
BETAS = schedules.linear_beta_schedule(T, 1e-3, 0.12)
ALPHA_BAR = schedules.alpha_bar_from_betas(BETAS)
IMAGE = data.digits()[0][0]
SAMPLES, RATE = data.sound()
X0 = np.random.default_rng(0).choice([-1.0, 1.0], 400) + 0.1 * np.random.default_rng(1).standard_normal(400)
MIXTURE = ([0.6, 0.4], [-1.0, 1.3], [0.25, 0.15])

# Each widget as a function of the callables that students write, by name.
WIDGETS = {
    "dissolve, q_step": (lambda q_step: dissolve(q_step=q_step), [forward.q_step]),
    "dissolve, noise_trajectory": (lambda made: dissolve(noise_trajectory=made), [forward.noise_trajectory]),
    "dissolve, structure_left": (
        lambda made, left: dissolve(noise_trajectory=made, structure_left=left),
        [forward.noise_trajectory, forward.structure_left],
    ),
    "transition": (markov_property.transition, [markov.transition_log_prob, forward.q_step]),
    "memory_test": (
        lambda *functions: markov_property.memory_test(X0, BETAS, ALPHA_BAR, *functions, early=10, late=40),
        [forward.noise_trajectory, markov.shared_noise_path, markov.partial_correlation],
    ),
    "step_or_jump": (
        lambda *functions: closed_form_jump.step_or_jump(MIXTURE, BETAS, ALPHA_BAR, *functions),
        [forward.q_step, forward.q_sample],
    ),
    "merge_two": (closed_form_jump.merge_two, [forward.merge_steps, forward.q_step]),
    "drag_schedule": (
        lambda *functions: noise_schedules.drag_schedule(IMAGE, *functions),
        [
            schedules.linear_beta_schedule,
            schedules.cosine_beta_schedule,
            schedules.alpha_bar_from_betas,
            schedules.snr,
            forward.q_sample,
        ],
    ),
}


def dissolve(**functions):
    points = data.swiss_roll(200, np.random.default_rng(0))
    return gradual_noise.dissolve(IMAGE, points, (SAMPLES, RATE), data.time_series()[1], BETAS, **functions)


def positions(control):
    """The least, middle and largest value of a slider, or every option of a list."""
    if not hasattr(control, "min"):
        return [value for _, value in control.options] if isinstance(control.options[0], tuple) else control.options
    return [control.min, type(control.value)((control.min + control.max) / 2), control.max]


def seen(scene):
    return scene.caption, scene.picture.value, artists(scene)


def artists(scene):
    """The numbers behind the moving artists."""
    numbers = []
    for artist in scene.stage.artists:
        for read in ("get_xydata", "get_array", "get_data", "get_xy"):
            if hasattr(artist, read):
                value = getattr(artist, read)()
                value = value.values if hasattr(value, "values") else value
                numbers.append(np.array(value, dtype=float).tobytes())
                break
    return tuple(numbers)


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_changes_artists_caption_and_frame(name):
    make, functions = WIDGETS[name]
    scene = make(*functions)
    assert scene.error == ""
    for key, control in scene.controls.items():
        if control.disabled:
            scene.controls["kind"].value = "linear" if scene.controls["kind"].value == "cosine" else "cosine"
        shown = []
        for position in positions(control):
            control.value = position
            assert scene.error == "", (key, position)
            shown.append(seen(scene))
        captions, frames, numbers = (len(set(column)) for column in zip(*shown, strict=True))
        assert captions == frames == numbers == len(shown), (key, captions, frames, numbers)


@pytest.mark.parametrize("name", WIDGETS)
def test_the_same_place_shows_the_same_picture(name):
    make, functions = WIDGETS[name]
    scene = make(*functions)
    control = next(control for control in scene.controls.values() if hasattr(control, "min"))
    low, _, high = positions(control)
    shown = []
    for position in (low, high, low):
        control.value = position
        shown.append(seen(scene))
    assert shown[0] == shown[2]


GARBAGE = {
    "None": lambda *args: None,
    "text": lambda *args: "noise",
    "a wrong shape": lambda *args: np.zeros((3, 5)),
    "nan": lambda *args: np.full(np.shape(args[0]), np.nan),
}


@pytest.mark.parametrize("wrong", GARBAGE)
@pytest.mark.parametrize("name", WIDGETS)
def test_garbage_is_told_in_the_widget(name, wrong):
    make, functions = WIDGETS[name]
    for place in range(len(functions)):
        mixed = [GARBAGE[wrong] if i == place else function for i, function in enumerate(functions)]
        scene = make(*mixed)
        told = {scene.error}
        for control in scene.controls.values():
            for position in positions(control):
                control.value = position
                told.add(scene.error)
                assert bool(scene.error) != bool(scene.caption)
        assert told != {""}, place
        assert Image.open(io.BytesIO(scene.picture.value)).size[0] > 500


def test_an_error_is_shown_and_goes_away():
    stage = Stage(4, 2)
    (line,) = stage.moving(stage.figure.add_subplot().plot([0, 1], [0, 1]))

    def draw(level):
        line.set_data([0, 1], [level, 1 / level])
        return f"level {level}"

    scene = Scene(stage, draw, {"level": slider("level", 0, 2, 1)})
    scene.controls["level"].value = 0
    assert scene.error == "ZeroDivisionError: float division by zero" and scene.caption == ""
    scene.controls["level"].value = 2
    assert scene.error == "" and scene.caption == "level 2.0"


def test_texts_are_escaped():
    def draw(level):
        raise ValueError("<script>alert(1)</script>")

    scene = Scene(Stage(4, 2), draw, {"level": slider("level", 0, 2, 1)})
    shown = "".join(child.value for child in scene.children if isinstance(getattr(child, "value", None), str))
    assert "&lt;script&gt;" in shown and "<script>" not in shown


def test_a_note_tells_whose_function_draws():
    def mine(x_prev, beta, noise):
        return forward.q_step(x_prev, beta, noise)

    mine.note = "q_step has not passed its check yet: this is what your code draws."
    scene = dissolve(q_step=mine)
    assert scene.note == mine.note
    mine.note = ""
    scene.controls["t"].value = 3
    assert scene.note == ""


def test_a_wrong_function_draws_its_wrong_picture():
    scene, right = dissolve(q_step=lambda x, beta, noise: x + noise), dissolve(q_step=forward.q_step)
    for widget in (scene, right):
        widget.controls["t"].value = T
    assert scene.error == ""
    assert scene.picture.value != right.picture.value


def test_dissolve_draws_the_states_of_the_trajectory():
    trajectories = []

    def spy(x0, betas, noise):
        trajectories.append(forward.noise_trajectory(x0, betas, noise))
        return trajectories[-1]

    scene = dissolve(noise_trajectory=spy)
    scene.controls["t"].value = 17
    image, points = scene.stage.artists[:2]
    np.testing.assert_array_equal(image.get_array(), trajectories[0][17])
    np.testing.assert_array_equal(points.get_xydata(), trajectories[1][17])
    assert len(trajectories) == 4, "a trajectory is computed once, not at every move"


def test_the_player_plays_the_present_step_when_asked():
    scene = dissolve(q_step=forward.q_step)
    button, audio, _ = scene.children[-1].children
    before = audio.value
    scene.controls["t"].value = T
    assert audio.value == before
    button.click()
    with wave_file.open(io.BytesIO(audio.value)) as file:
        assert (file.getframerate(), file.getnframes()) == (RATE, len(SAMPLES))
        heard = np.frombuffer(file.readframes(len(SAMPLES)), "<i2") / 32767 * 5
    # At the last step the sound is nearly white noise: neighbours hardly agree, in the clean sound they do.
    assert abs(np.corrcoef(heard[1:], heard[:-1])[0, 1]) < 0.3 < np.corrcoef(SAMPLES[1:], SAMPLES[:-1])[0, 1]


def test_memory_is_found_in_the_foil_and_not_in_the_chain():
    make, functions = WIDGETS["memory_test"]
    caption = make(*functions).caption
    chain, foil = caption.split(";")
    assert "no more than chance" in chain and "-1.00 (almost perfect" in foil


@pytest.mark.parametrize(("merge", "deviation"), [(forward.merge_steps, 0.866), (lambda a, b: min(a + b, 1), 1.0)])
def test_merged_steps_agree_only_with_the_right_beta(merge, deviation):
    scene = closed_form_jump.merge_two(merge, forward.q_step)
    scene.controls["beta_1"].value = scene.controls["beta_2"].value = 0.5
    merged = scene.caption.split("One step")[1].split("deviation ")[1]
    assert float(merged[:4]) == pytest.approx(deviation, abs=0.04)


def test_jumps_to_another_place_are_told():
    make, functions = WIDGETS["step_or_jump"]
    for jump, said in ((forward.q_sample, "no more than chance"), (lambda x0, t, a, e: x0 + e, "not the same")):
        scene = make(forward.q_step, jump)
        scene.controls["t"].value = T // 2
        assert said in scene.caption


def test_a_still_is_the_picture_itself(monkeypatch):
    scene = dissolve(q_step=forward.q_step)
    assert "application/vnd.jupyter.widget-view+json" in scene._repr_mimebundle_()
    monkeypatch.setenv("GRADUAL_STILL", "1")
    still, _ = scene._repr_mimebundle_()
    assert set(still) == {"image/jpeg", "text/plain"} and still["text/plain"] == scene.caption


@pytest.mark.parametrize("value", [None, "x", np.zeros(3), np.array([1.0, np.inf])])
def test_what_cannot_be_drawn_is_named(value):
    with pytest.raises(ValueError, match="q_step returned"):
        drawable("q_step", value, (2,))


def test_an_explanation_has_no_traceback():
    assert explain(ValueError("no")) == "no"
    assert explain(KeyError("k")) == "KeyError: 'k'"
