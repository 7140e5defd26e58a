"""The weights that come with the package: they are what the script makes, and they do what the lesson says."""

import sys
from pathlib import Path

import numpy as np
import pytest

from gradual import data, metrics, pretrained
from gradual.samplers import ddpm_trajectory
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import train_weights  # noqa: E402

NAMES = list(train_weights.NETWORKS)
MODELS = {"swiss_roll": pretrained.swiss_roll_model, "digits": pretrained.digits_model}


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_loss_on_unseen_data_is_what_its_weights_give(name):
    path = pretrained.WEIGHTS / f"{name}.npz"
    assert path.stat().st_size < 2**20
    with np.load(path, allow_pickle=False) as file:
        params = train_weights.unflatten(file["weights"], file["widths"])
        written, steps = float(file["unseen_loss"]), int(file["steps"])
    _, unseen = train_weights.seen_and_unseen(name)
    loss = train_weights.unseen_loss(params, unseen, **train_weights.NETWORKS[name])
    assert steps == 30_000
    assert loss == pytest.approx(written, rel=1e-3)  # float32 products differ a little from machine to machine
    rng = np.random.default_rng(0)
    t, noise = rng.integers(1, 1001, len(unseen)), rng.standard_normal(unseen.shape)
    a = pretrained.ALPHA_BAR[t].reshape(-1, *(1,) * (unseen.ndim - 1))
    x_t = np.sqrt(a) * unseen + np.sqrt(1 - a) * noise
    assert np.mean((MODELS[name]()(x_t, t) - noise) ** 2) == pytest.approx(written, rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_makes_a_file_of_the_same_form(name, tmp_path):
    train_weights.make(name, 5, tmp_path)
    with np.load(tmp_path / f"{name}.npz") as made, np.load(pretrained.WEIGHTS / f"{name}.npz") as shipped:
        assert set(made.files) == set(shipped.files)
        for key in made.files:
            assert (made[key].shape, made[key].dtype) == (shipped[key].shape, shipped[key].dtype)
        assert made["widths"].tolist() == shipped["widths"].tolist()
        assert made["unseen_loss"] > shipped["unseen_loss"]


def test_the_digits_that_training_saw_and_did_not_see_are_all_of_them():
    seen, unseen = pretrained.digits_split()
    assert (len(seen), len(unseen)) == (1500, 297)
    assert sorted([*seen, *unseen]) == list(range(1797))


@pytest.mark.oracle
def test_the_published_roll_is_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets")
    x, angle = datasets.make_swiss_roll(200_000, random_state=0, hole=True)
    theirs = x[:, [0, 2]]
    ours = pretrained.published_roll(200_000, np.random.default_rng(0))
    theirs = 2 * (theirs - theirs.mean()) / theirs.std()
    share = np.linspace(0.02, 0.98, 25)
    # A quantile of 200 000 points has a standard error below 0.01 on a line this dense.
    np.testing.assert_allclose(np.quantile(ours, share, axis=0), np.quantile(theirs, share, axis=0), atol=0.06)
    assert ours.mean() == pytest.approx(0, abs=0.03) and ours.std() == pytest.approx(2, abs=0.02)
    # They shift and scale by what the points drawn have, we by what the curve has: 200 000 points leave some 0.01.
    assert metrics.nearest_distance(ours[:300], theirs).max() < 0.03


def test_a_respaced_schedule_goes_all_the_way_in_fewer_steps():
    betas, alpha_bar = pretrained.respaced(1000)
    np.testing.assert_allclose(betas, linear_beta_schedule(1000), rtol=1e-9, atol=1e-15)
    for steps in (1, 10, 250):
        betas, alpha_bar = pretrained.respaced(steps)
        assert betas.shape == alpha_bar.shape == (steps + 1,)
        assert (betas[0], alpha_bar[0], alpha_bar[-1]) == (0, 1, pretrained.ALPHA_BAR[-1])
        np.testing.assert_allclose(alpha_bar_from_betas(betas), alpha_bar, rtol=1e-9)


def test_a_network_is_asked_at_the_noise_level_that_is_nearest():
    def told(x_t, t):
        return t

    respaced = pretrained.nearest_levels(told, pretrained.respaced(250)[1])
    assert [respaced(None, t) for t in (1, 2, 250)] == [4, 8, 1000]
    short = alpha_bar_from_betas(linear_beta_schedule(50))
    level = pretrained.nearest_levels(told, short)(None, 50)
    errors = np.abs(pretrained.ALPHA_BAR[level - 1 : level + 2] - short[-1])
    assert errors.argmin() == 1


def end_of(name, count, steps, seed=0):
    betas, alpha_bar = pretrained.respaced(steps)
    model = pretrained.nearest_levels(MODELS[name](), alpha_bar)
    shape = (count, 2) if name == "swiss_roll" else (count, 8, 8)
    *_, made = ddpm_trajectory(model, shape, betas, alpha_bar, np.random.default_rng(seed))
    return made


def test_the_roll_comes_out_near_the_floor_of_two_true_samples():
    true, other = (pretrained.published_roll(2048, np.random.default_rng(seed)) for seed in (3, 4))
    made = end_of("swiss_roll", 2048, 250)
    assert metrics.chamfer_distance(other, true) < metrics.chamfer_distance(made, true) < 2
    assert metrics.energy_distance(made[:600], true[:600]) < 0.03


def test_the_digits_are_new_and_like_digits():
    images = data.digits()[0]
    seen, unseen = (images[rows] for rows in pretrained.digits_split())
    made = end_of("digits", 100, 250)
    assert 0.85 < metrics.novelty(made, seen, unseen) < 1.35
    noise = np.random.default_rng(0).standard_normal(made.shape)
    apart = [metrics.energy_distance(x, unseen) for x in (seen[:100], made, noise)]
    assert apart[1] < apart[0] + 0.15 < apart[2]
