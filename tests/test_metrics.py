"""Distances between samples against SciPy."""

import numpy as np
import pytest

from gradual.metrics import chamfer_distance, energy_distance, nearest_distance, novelty


def test_in_one_dimension_it_is_the_square_of_scipys():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, 80), rng.normal(0.5, 2, 120)
    expected = stats.energy_distance(x, y) ** 2
    np.testing.assert_allclose(energy_distance(x, y), expected, rtol=1e-9)
    np.testing.assert_allclose(energy_distance(x[:, None], y[:, None]), expected, rtol=1e-9)


def test_all_pairs_count_a_sample_with_itself_too():
    distance = pytest.importorskip("scipy.spatial.distance")
    x, y = np.random.default_rng(1).standard_normal((2, 30, 5, 2))
    flat_x, flat_y = x.reshape(30, 10), y.reshape(30, 10)
    expected = (
        2 * distance.cdist(flat_x, flat_y).mean()
        - distance.cdist(flat_x, flat_x).mean()
        - distance.cdist(flat_y, flat_y).mean()
    )
    np.testing.assert_allclose(energy_distance(x, y), expected, rtol=1e-10)
    np.testing.assert_allclose(energy_distance(x, x), 0, atol=1e-14)


def test_chamfer_is_the_published_courses_sum_of_squares():
    distance = pytest.importorskip("scipy.spatial.distance")
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((40, 2)), rng.standard_normal((70, 2))
    pairs = distance.cdist(x, y)
    np.testing.assert_allclose(nearest_distance(x, y), pairs.min(axis=1), rtol=1e-10)
    np.testing.assert_allclose(
        chamfer_distance(x, y), (pairs.min(axis=1) ** 2).sum() + (pairs.min(axis=0) ** 2).sum(), rtol=1e-10
    )


def test_copies_have_no_novelty_and_fresh_data_has_one():
    rng = np.random.default_rng(3)
    training, unseen, fresh = rng.standard_normal((3, 1000, 2))
    assert novelty(training[:300], training, unseen) == 0
    assert novelty(fresh, training, unseen) == pytest.approx(1, abs=0.2)
    assert novelty(fresh + 5, training, unseen) > 10


@pytest.mark.parametrize("shape", [(2,), (8, 8)], ids=str)
def test_the_nearest_is_found_among_all(shape):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((7, *shape)), rng.standard_normal((11, *shape))
    each = [[np.linalg.norm(a - b) for b in y] for a in x]
    np.testing.assert_allclose(nearest_distance(x, y), np.min(each, axis=1), rtol=1e-12)
    assert (nearest_distance(y[:3], y) == 0).all()


def test_samples_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="^y: got shape"):
        energy_distance(np.zeros((3, 2)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="^x: got nan"):
        chamfer_distance(np.array([[np.nan]]), np.zeros((3, 1)))
