"""Training reaches the floor that mathematics sets, and does the same thing for the same seed."""

import numpy as np
import pytest

from gradual.elbo import simple_loss, smallest_eps_mse
from gradual.mixture import FOUR_BELLS
from gradual.network import mlp_forward
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule
from gradual.training import eps_model_from, train

BETAS = linear_beta_schedule(100, 1e-3, 0.15)
ALPHA_BAR = alpha_bar_from_betas(BETAS)


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(0)
    data = FOUR_BELLS.sample(50_000, rng)
    history = []
    for progress in train(data, ALPHA_BAR, rng, 2_000, hidden=(64, 64)):
        history.append((progress.step, progress.loss))
    return history, progress.params


def test_the_loss_comes_near_the_irreducible_one_and_not_below(trained):
    history, params = trained
    floor = smallest_eps_mse(FOUR_BELLS, ALPHA_BAR)[1:].mean()
    assert [step for step, _ in history] == list(range(1, 2_001))
    assert history[0][1] == pytest.approx(1, abs=0.2)
    rng = np.random.default_rng(1)
    x0, noise = FOUR_BELLS.sample(200_000, rng), rng.standard_normal((200_000, 1))
    loss = simple_loss(eps_model_from(params), x0, rng.integers(1, 101, 200_000), ALPHA_BAR, noise)
    assert floor - 0.005 < loss < 1.1 * floor


def test_the_learned_field_is_the_exact_one_where_the_data_is(trained):
    learned, exact = eps_model_from(trained[1]), FOUR_BELLS.eps_model(ALPHA_BAR)
    for t in (30, 60, 100):
        x = FOUR_BELLS.diffuse(ALPHA_BAR[t]).sample(2_000, np.random.default_rng(2))
        assert np.sqrt(np.mean((learned(x, t) - exact(x, t)) ** 2)) < 0.15


def test_a_network_trained_for_v_predicts_the_same_noise():
    rng = np.random.default_rng(8)
    *_, progress = train(FOUR_BELLS.sample(50_000, rng), ALPHA_BAR, rng, 1_000, hidden=(64, 64), predict="v")
    learned, exact = eps_model_from(progress.params, ALPHA_BAR), FOUR_BELLS.eps_model(ALPHA_BAR)
    x = FOUR_BELLS.diffuse(ALPHA_BAR[60]).sample(2_000, rng)
    assert np.sqrt(np.mean((learned(x, 60) - exact(x, 60)) ** 2)) < 0.15


def test_the_same_seed_trains_the_same_network():
    data = FOUR_BELLS.sample(100, np.random.default_rng(3))
    first, second = (
        [*train(data, ALPHA_BAR, np.random.default_rng(4), 5, batch=16, hidden=(8,))][-1] for _ in range(2)
    )
    assert first.loss == second.loss
    np.testing.assert_array_equal(first.params[0][0], second.params[0][0])


def test_a_students_functions_do_the_work_in_float32():
    calls = []

    def forward(params, x):
        calls.append((x.shape, x.dtype, params[0][0].dtype))
        return mlp_forward(params, x)

    data = FOUR_BELLS.sample(100, np.random.default_rng(5))
    [*train(data, ALPHA_BAR, np.random.default_rng(6), 3, batch=16, hidden=(8,), forward=forward)]
    assert calls == [((16, 33), np.float32, np.float32)] * 3


def test_the_model_takes_images_and_one_time_for_each():
    rng = np.random.default_rng(7)
    *_, last = train(rng.random((20, 4, 4)), ALPHA_BAR, rng, 3, batch=8, hidden=(8,))
    model, x = eps_model_from(last.params), rng.standard_normal((3, 4, 4))
    t = np.array([1, 50, 100])
    together = model(x, t)
    assert together.shape == (3, 4, 4) and together.dtype == float
    for row in range(3):
        np.testing.assert_allclose(together[row], model(x[row : row + 1], int(t[row]))[0], atol=1e-6)
