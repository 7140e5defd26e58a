"""Lesson 06's widgets: every control at its ends and middle, functions that are wrong, and the numbers drawn."""

from __future__ import annotations

import numpy as np
import pytest

from gradual import alpha_bar_from_betas, linear_beta_schedule, parameterization, posterior
from gradual.mixture import GaussianMixture
from gradual.widgets import four_names, reverse_posterior
from tests.widget_controls import check_each_control_changes_all, check_each_control_tells_the_error

BETAS = linear_beta_schedule(30, 0.01, 0.3)
ALPHA_BAR = alpha_bar_from_betas(BETAS)
TWO_PEAKS = np.array([0.5, 0.5]), np.array([[-1.0], [1.0]]), np.full((2, 1, 1), 0.35**2)
CONVERSIONS = ("x0_from_eps", "eps_from_x0", "v_from_eps", "score_from_eps")
WIDGETS = {
    "bayes_drawn": (reverse_posterior, (BETAS, ALPHA_BAR), ("q_posterior",)),
    "step_back": (reverse_posterior, (TWO_PEAKS,), ("q_posterior",)),
    "one_point": (four_names, (ALPHA_BAR,), CONVERSIONS),
    "four_curves": (four_names, (TWO_PEAKS, ALPHA_BAR), CONVERSIONS),
}
GARBAGE = {
    "nothing": lambda *args: None,
    "nan": lambda *args: np.nan * np.asarray(args[0]),
    "wrong shape": lambda *args: np.zeros((7, 7, 7)),
    "text": lambda *args: "a score",
    "raises": lambda *args: {}["no such key"],
}
PAIRS = {
    "two texts": lambda *args: ("mean", "variance"),
    "a negative variance": lambda x0, x_t, t, *rest: (x0, -np.ones((len(x0), 1)) if np.ndim(t) else -1.0),
    "mean alone": lambda *args: posterior.q_posterior(*args)[0],
}


def scene_of(name, **other):
    module, before, functions = WIDGETS[name]
    reference = posterior if functions == ("q_posterior",) else parameterization
    chosen = {function: other.get(function, getattr(reference, function)) for function in functions}
    return getattr(module, name)(*before, **chosen)


def moved(scene):
    """The numbers behind all artists that move."""
    numbers = []
    for artist in scene.stage.artists:
        read = getattr(artist, "get_xydata", None) or getattr(artist, "get_data", None) or artist.get_position
        numbers.append(b"".join(np.asarray(part, dtype=float).tobytes() for part in read()))
    return b"".join(numbers)


def line(scene, text):
    """The x and y of the line with this label."""
    found = [a for a in scene.stage.artists if hasattr(a, "get_xdata") and a.get_label() == text]
    return np.asarray(found[0].get_xdata(), dtype=float), np.asarray(found[0].get_ydata(), dtype=float)


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_changes_picture_caption_and_artists(name):
    check_each_control_changes_all(scene_of(name), moved)


@pytest.mark.parametrize("garbage", [*GARBAGE, *PAIRS])
@pytest.mark.parametrize(("name", "function"), [(name, f) for name, (*_, functions) in WIDGETS.items() for f in functions])
def test_a_function_that_returns_garbage_gives_a_message_and_no_crash(name, function, garbage):
    scene = scene_of(name, **{function: (GARBAGE | PAIRS)[garbage]})
    assert scene.error and not scene.caption
    check_each_control_tells_the_error(scene)


def test_the_product_on_the_grid_is_the_posterior():
    scene = scene_of("bayes_drawn")
    for t in (2, 15, 30):
        scene.controls["t"].value = t
        area = next(a for a in scene.stage.artists if a.get_label() == "prior × likelihood")
        x, y = line(scene, "q_posterior")
        assert np.abs(np.asarray(area.get_data().values) - y).max() < 1e-2
        assert len(x) == len(y) == len(reverse_posterior.GRID)


@pytest.mark.parametrize("side", ["min", "max"])
def test_the_grid_loses_nothing_at_the_edges(side):
    scene = scene_of("bayes_drawn")
    for control in scene.controls.values():
        control.value = getattr(control, side)
        on_grid, by_formula = scene.caption.split("multiplied on a grid: ")[1].rstrip(".").split(". q_posterior: ")
        assert on_grid == by_formula


def test_at_the_first_step_the_prior_is_a_spike_and_so_is_the_posterior():
    scene = scene_of("bayes_drawn")
    scene.controls["t"].value = 1
    for name in ("prior, from x₀", "q_posterior"):
        assert np.allclose(line(scene, name), [[1.5, 1.5], [0, 1]])


def test_a_wrong_variance_is_drawn_as_it_is_and_the_product_stays():
    def forward_variance(x0, x_t, t, betas, alpha_bar):
        mean, variance = posterior.q_posterior(x0, x_t, t, betas, alpha_bar)
        return mean, variance * 0 + 4.0

    right, wrong = scene_of("bayes_drawn"), scene_of("bayes_drawn", q_posterior=forward_variance)
    assert wrong.error == "" and "± 2.00" in wrong.caption
    areas = [next(a for a in s.stage.artists if a.get_label() == "prior × likelihood") for s in (right, wrong)]
    assert np.array_equal(*[np.asarray(area.get_data().values) for area in areas])
    assert line(wrong, "q_posterior")[1].min() > line(right, "q_posterior")[1].min()


@pytest.mark.parametrize(("beta", "x_t"), [(0.02, 0.2), (0.3, -0.5), (0.9, 1.0)])
def test_the_exact_step_back_is_the_mixture_that_bayes_gives_in_closed_form(beta, x_t):
    """Each component's Gaussian, conditioned on x_t, weighted by its responsibility for x_t."""
    before = GaussianMixture(*TWO_PEAKS).diffuse(1 - reverse_posterior.FIRST_BETA)
    grid = reverse_posterior.GRID
    exact, (mean, spread) = reverse_posterior.exact_step_back(before.log_prob(grid[:, None]), x_t, beta)
    means, variances = before.means[:, 0], before.covs[:, 0, 0]
    r = before.diffuse(1 - beta).responsibilities(np.array([[x_t]]))[0]
    var = 1 / (1 / variances + (1 - beta) / beta)
    centres = var * (means / variances + np.sqrt(1 - beta) * x_t / beta)
    expected = r @ (np.exp(-((grid - centres[:, None]) ** 2) / (2 * var[:, None])) / np.sqrt(2 * np.pi * var[:, None]))
    assert np.abs(exact - expected).max() < 1e-3 * expected.max()
    assert mean == pytest.approx(r @ centres, abs=2e-3)
    assert spread**2 == pytest.approx(r @ (var + centres**2) - (r @ centres) ** 2, rel=5e-3)


def test_a_small_step_back_has_one_peak_and_a_large_one_two():
    scene = scene_of("step_back")
    assert "2 peaks" in scene.caption and "differs from the exact curve by 0.0%" in scene.caption
    scene.controls["beta"].value = 0.01
    assert "is one peak" in scene.caption and "puts 1% of its samples" in scene.caption


def test_what_is_misplaced_is_half_the_area_between():
    left, right = (np.exp(-0.5 * ((reverse_posterior.GRID - m) / 0.2) ** 2) / (0.2 * np.sqrt(2 * np.pi)) for m in (-1.5, 1.5))
    assert reverse_posterior.misplaced(left, left) == 0
    assert reverse_posterior.misplaced(left, right) == pytest.approx(1, abs=1e-9)


def test_the_way_along_v_ends_at_the_point():
    scene = scene_of("one_point")
    for t in (1, 12, 30):
        scene.controls["t"].value = t
        along, star = line(scene, "v"), line(scene, "the point (x₀, ε)")
        assert np.allclose([along[0][1], along[1][1]], [star[0][0], star[1][0]])
    wrong = scene_of("one_point", v_from_eps=lambda *args: -parameterization.v_from_eps(*args))
    assert wrong.error == "" and not np.isclose(line(wrong, "v")[0][1], line(wrong, "the point (x₀, ε)")[0][0])


def test_an_error_in_eps_is_blown_up_in_x0_by_the_caption_too():
    scene = scene_of("one_point")
    scene.controls["t"].value = 30
    assert f"change by {-0.1 * np.sqrt(1 / ALPHA_BAR[30] - 1):+.2f}" in scene.caption


def test_lines_lie_on_the_exact_bands_and_a_wrong_one_beside_them():
    scene = scene_of("four_curves")
    for t in (1, 15, 30):
        scene.controls["t"].value = t
        assert "are the same" in scene.caption
    wrong = scene_of("four_curves", score_from_eps=lambda *args: -parameterization.score_from_eps(*args))
    assert wrong.error == "" and "apart" in wrong.caption


def test_the_exact_predictions_are_means_over_the_data():
    """By quadrature over x₀, without the score: E[ε given x_t] and E[x₀ given x_t]."""
    data, a, x_t = GaussianMixture(*TWO_PEAKS), 0.4, 0.7
    x0 = np.linspace(-4, 4, 4001)
    weight = np.exp(data.log_prob(x0[:, None]) - (x_t - np.sqrt(a) * x0) ** 2 / (2 * (1 - a)))
    weight /= weight.sum()
    exact = four_names.exact_predictions(data, a, np.array([[x_t]]))
    eps = (x_t - np.sqrt(a) * x0) / np.sqrt(1 - a)
    means = {"ε": weight @ eps, "x₀": weight @ x0, "v": weight @ (np.sqrt(a) * eps - np.sqrt(1 - a) * x0)}
    for name, mean in means.items():
        assert exact[name][0, 0] == pytest.approx(mean, abs=1e-9)
