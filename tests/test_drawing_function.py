"""``yours``: the student's function draws where it can, the reference where it cannot, and a line says which."""

import itertools

import numpy as np
import pytest

from autograder.drawing_function import Yours
from gradual import forward, network


def test_a_right_function_draws_without_a_note():
    mine = Yours("merge_steps", {"merge_steps": lambda beta_1, beta_2: beta_1 + beta_2 - beta_1 * beta_2})
    assert mine(0.2, 0.3) == pytest.approx(0.44)
    assert mine.note == ""


def test_a_right_answer_as_a_list_draws_as_an_array():
    mine = Yours("linear_beta_schedule", {"linear_beta_schedule": lambda T, a=1e-4, b=0.02: [0.0, *np.linspace(a, b, T)]})
    np.testing.assert_allclose(1 - mine(3), [1, 0.9999, 0.98995, 0.98])
    assert mine.note == ""


def test_a_wrong_one_draws_its_own_numbers_and_is_named():
    mine = Yours("merge_steps", {"merge_steps": lambda beta_1, beta_2: beta_1 + beta_2})
    assert mine(0.2, 0.3) == pytest.approx(0.5)
    assert "does not pass its check yet" in mine.note


def test_a_wrong_one_draws_on_where_the_reference_would_refuse_its_own_results():
    mine = Yours("merge_steps", {"merge_steps": lambda beta_1, beta_2: beta_1 + beta_2})
    assert list(itertools.accumulate([0.0, 0.6, 0.7, 0.8], mine)) == pytest.approx([0.0, 0.6, 1.3, 2.1])


@pytest.mark.parametrize(("function", "said"), [
    (None, "not defined yet"),
    (lambda x0, t, alpha_bar, noise: 1 / 0, "ZeroDivisionError"),
    (lambda x0, t, alpha_bar, noise: x0[0], "instead of (3, 2)"),
])  # fmt: skip
def test_the_reference_draws_for_one_that_cannot(function, said):
    mine = Yours("q_sample", {"q_sample": function} if function else {})
    x0, noise = np.random.default_rng(0).standard_normal((2, 3, 2))
    alpha_bar = np.array([1.0, 0.5])
    np.testing.assert_array_equal(mine(x0, 1, alpha_bar, noise), forward.q_sample(x0, 1, alpha_bar, noise))
    assert said in mine.note and mine.note.endswith("the reference draws this.")


def test_a_list_of_pairs_is_compared_layer_by_layer():
    params = [(np.ones((2, 3)), np.zeros(3)), (np.ones((3, 1)), np.zeros(1))]
    output, cache = network.mlp_forward(params, np.ones((5, 2)))
    for wrong, said in ((lambda p, c, g: network.mlp_backward(p, c, g)[:1], "instead of"), (lambda *args: 2.0, "instead of")):
        mine = Yours("mlp_backward", {"mlp_backward": wrong})
        assert [dW.shape for dW, _ in mine(params, cache, output)] == [(2, 3), (3, 1)]
        assert said in mine.note
    mine = Yours("mlp_backward", {"mlp_backward": lambda p, c, g: tuple(network.mlp_backward(p, c, g))})
    assert [dW.shape for dW, _ in mine(params, cache, output)] == [(2, 3), (3, 1)]
    assert mine.note == ""
