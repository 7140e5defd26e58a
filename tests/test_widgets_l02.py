"""Lesson 02's paths: every control at its ends and middle, functions that are wrong, and the numbers drawn."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradual import forward, markov
from gradual.widgets.markov_paths import path_probability, same_present

T = 200
BETAS = np.concatenate([[0.0], np.linspace(0.0001, 0.06, T)])
ALPHA_BAR = np.cumprod(1 - BETAS)
RNG = np.random.default_rng(4)
X0 = RNG.choice([-1.0, 1.0], 20_000) + 0.1 * RNG.standard_normal(20_000)
PATHS = {
    "chain": forward.noise_trajectory(X0[:6], BETAS, RNG.standard_normal((T, 6))),
    "foil": markov.shared_noise_path(X0[:6], ALPHA_BAR, RNG.standard_normal(6)),
}
GARBAGE = {
    "nothing": lambda *args: None,
    "nan": lambda *args: np.nan * np.asarray(args[0]),
    "wrong shape": lambda *args: np.zeros((7, 7, 7)),
    "text": lambda *args: "a path",
    "raises": lambda *args: {}["no such key"],
}


def gate(trajectory=forward.noise_trajectory, foil=markov.shared_noise_path):
    return same_present(X0, BETAS, ALPHA_BAR, trajectory, foil)


def growing(log_prob=markov.chain_log_prob):
    return path_probability(PATHS, BETAS, log_prob)


def positions(control):
    return [control.min, type(control.value)((control.min + control.max) / 2), control.max]


def moved(scene):
    return [np.asarray(artist.get_xydata(), dtype=float).tobytes() for artist in scene.stage.artists]


@pytest.mark.parametrize("make", [gate, growing])
def test_every_control_changes_picture_caption_and_artists(make):
    scene = make()
    assert scene.error == "" and scene.caption
    for name, control in scene.controls.items():
        seen = []
        for value in positions(control):
            control.value = value
            assert scene.error == "", (name, value, scene.error)
            seen.append((scene.caption, scene.picture.value, tuple(moved(scene))))
        assert all(len(set(each)) == 3 for each in zip(*seen)), name


def test_every_gate_within_reach_lets_enough_paths_through():
    scene = gate()
    for t in np.linspace(scene.controls["t"].min, scene.controls["t"].max, 5).astype(int):
        for height in (-1, -0.5, 0, 0.5, 1):
            scene.controls["t"].value, scene.controls["height"].value = int(t), height
            assert scene.error == "", (t, height, scene.error)


def test_past_the_gate_the_chain_comes_together_and_the_foil_parts():
    scene = gate()
    chain, foil = re.findall(r"(?:chain|impostor) ([+-][\d.]+) \(chance alone: about ±([\d.]+)\)", scene.caption)
    assert abs(float(chain[0])) < 2.5 * float(chain[1])
    assert float(foil[0]) < -1
    # The chain's thick lines, the groups' means: apart before the gate, and in one place at it.
    above, below = [artist.get_ydata() for artist in scene.stage.artists if artist.get_linewidth() == 3][:2]
    assert above[25] > 0.2 > below[25]
    assert abs(above[65] - below[65]) < 0.06


def test_density_so_far_is_measured_from_what_real_chains_have_on_average():
    """log q less its mean: −½ Σ (ε² − 1), with the noise that a path implies."""
    scene = growing()
    scene.controls["t"].value, scene.controls["which"].value = 120, 3
    said = [float(value) for value in re.findall(r"(?:chain|foil) ([+-]\d+)", scene.caption)]
    for states, value in zip(PATHS.values(), said):
        x = states[:121, 2]
        noise = (x[1:] - np.sqrt(1 - BETAS[1:121]) * x[:-1]) / np.sqrt(BETAS[1:121])
        assert value == pytest.approx(-0.5 * np.sum(noise**2 - 1), abs=0.5)


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize(
    "make", [lambda f: gate(trajectory=f), lambda f: gate(foil=f), growing], ids=["chain", "foil", "density"]
)
def test_garbage_gives_a_message_and_no_crash(make, kind):
    scene = make(GARBAGE[kind])
    assert scene.error and scene.caption == ""
    assert bytes(scene.picture.value[:2]) == b"\xff\xd8"
