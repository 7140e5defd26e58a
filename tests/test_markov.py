"""Densities against SciPy's, partial correlation against the inverse covariance, and the Markov test of the course."""

import numpy as np
import pytest

from gradual import (
    alpha_bar_from_betas,
    chain_log_prob,
    linear_beta_schedule,
    noise_trajectory,
    partial_correlation,
    q_sample,
    q_step,
    shared_noise_path,
    transition_log_prob,
)

SHAPES = [(5, 2), (5, 4, 4), (5,)]


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("beta", [1e-4, 0.3, 1])
def test_transition_density_is_scipys(rng, shape, beta):
    stats = pytest.importorskip("scipy.stats")
    x_prev = rng.normal(size=shape)
    x_t = q_step(x_prev, beta, rng.normal(size=shape))
    for row, log_prob in enumerate(transition_log_prob(x_t, x_prev, beta)):
        mean = np.sqrt(1 - beta) * np.atleast_1d(x_prev[row]).ravel()
        expected = stats.multivariate_normal(mean, beta * np.eye(len(mean))).logpdf(np.atleast_1d(x_t[row]).ravel())
        np.testing.assert_allclose(log_prob, expected, rtol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_chain_density_is_scipys_joint_gaussian(rng, shape):
    """All of x_1 … x_T at once, from the covariance of the joint Gaussian, with no chain rule."""
    stats = pytest.importorskip("scipy.stats")
    T = 6
    betas = np.concatenate([[0], rng.uniform(0.05, 0.5, T)])
    trajectory = noise_trajectory(rng.normal(size=shape), betas, rng.normal(size=(T, *shape)))
    weights = noise_trajectory(np.zeros(T), betas, np.eye(T))[1:]
    joint = stats.multivariate_normal(np.zeros(T), weights @ weights.T)
    left = np.sqrt(np.cumprod(1 - betas[1:]))
    flat = trajectory.reshape(T + 1, shape[0], -1)
    for row, log_prob in enumerate(chain_log_prob(trajectory, betas)):
        expected = sum(joint.logpdf(path[1:] - left * path[0]) for path in flat[:, row].T)
        np.testing.assert_allclose(log_prob, expected, rtol=1e-10)


@pytest.mark.parametrize("k", [1, 3])
def test_partial_correlation_comes_from_the_inverse_covariance(rng, k):
    mixing = rng.normal(size=(k + 2, k + 2))
    a, b, *given = 5 + mixing @ rng.normal(size=(k + 2, 300))
    precision = np.linalg.inv(np.cov(np.stack([a, b, *given])))
    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    given = np.stack(given, axis=1)
    np.testing.assert_allclose(partial_correlation(a, b, given if k > 1 else given[:, 0]), expected, rtol=1e-9)


def test_partial_correlation_of_a_textbook_example(rng):
    """Two noisy copies of one variable: correlated, and no longer once it is known; 1/√(n − 3) is one σ."""
    n = 20_000
    cause = rng.normal(size=n)
    a, b = 3 + 2 * cause + rng.normal(size=n), 1 - cause + rng.normal(size=n)
    assert np.corrcoef(a, b)[0, 1] < -0.6
    assert abs(partial_correlation(a, b, cause)) < 5 / np.sqrt(n - 3)


def test_the_forward_chain_forgets_and_the_foil_does_not(rng):
    """On the chain 0, with a standard error of 1/√(n − 3) = 0.0022; −1 where one noise serves every t."""
    n, kept = 200_000, {}
    betas = linear_beta_schedule(1000)
    x0 = np.where(rng.random(n) < 0.5, -1.0, 1.0) + 0.1 * rng.standard_normal(n)
    x = x0
    for t in range(1, 501):
        x = q_step(x, betas[t], rng.standard_normal(n))
        if t in (100, 250, 500):
            kept[t] = x
    assert np.corrcoef(kept[100], kept[500])[0, 1] > 0.2
    assert abs(partial_correlation(kept[100], kept[500], kept[250])) < 5 / np.sqrt(n - 3)

    alpha_bar = alpha_bar_from_betas(betas)
    foil = shared_noise_path(x0, alpha_bar[[0, 100, 250, 500]], rng.standard_normal(n))
    np.testing.assert_allclose(partial_correlation(foil[1], foil[3], foil[2]), -1, atol=1e-9)
    for path, t in zip(foil[1:], (100, 250, 500)):  # the same marginals: mean, variance, and fourth moment
        for power in (1, 2, 4):
            theirs, ours = path**power, kept[t] ** power
            assert abs(theirs.mean() - ours.mean()) < 5 * np.sqrt((theirs.var() + ours.var()) / n)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_state_of_the_foil_is_a_jump_with_the_same_noise(rng, shape):
    x0, noise = rng.normal(size=(2, *shape))
    alpha_bar = alpha_bar_from_betas(linear_beta_schedule(20))
    path = shared_noise_path(x0, alpha_bar, noise)
    assert path.shape == (21, *shape)
    np.testing.assert_array_equal(path[0], x0)
    for t in range(21):
        np.testing.assert_allclose(path[t], q_sample(x0, t, alpha_bar, noise), rtol=1e-14)


def test_inputs_stay_as_they_were(rng):
    x, noise, given = rng.normal(size=(3, 9))
    alpha_bar, betas = np.array([1, 0.9, 0.5]), np.array([0, 0.1, 0.4])
    trajectory = rng.normal(size=(3, 9, 2))
    for array in (x, noise, given, alpha_bar, betas, trajectory):
        array.setflags(write=False)
    transition_log_prob(x, noise, 0.1)
    chain_log_prob(trajectory, betas)
    partial_correlation(x, noise, given)
    assert not np.shares_memory(shared_noise_path(x, alpha_bar, noise), x)


X, V = np.arange(8.0).reshape(4, 2), np.array([1.0, 2, 4, 9])
GOOD = {
    transition_log_prob: dict(x_t=X, x_prev=X, beta=0.1),
    chain_log_prob: dict(trajectory=np.stack([X, X, X]), betas=np.array([0, 0.1, 0.2])),
    partial_correlation: dict(a=V, b=V**2, given=np.array([0.0, 1, 0, 1])),
    shared_noise_path: dict(x0=X, alpha_bar=np.array([1, 0.9, 0.7]), noise=X),
}
BAD = [
    (transition_log_prob, "beta", 0),
    (transition_log_prob, "beta", 1.5),
    (transition_log_prob, "x_prev", X[:2]),
    (transition_log_prob, "x_t", 1.0),
    (transition_log_prob, "x_t", X * np.nan),
    (chain_log_prob, "betas", np.array([0, 0.1, 0])),
    (chain_log_prob, "betas", np.array([0.1, 0.1, 0.2])),
    (chain_log_prob, "betas", np.array([0, 2, 0.2])),
    (chain_log_prob, "trajectory", np.stack([X, X])),
    (chain_log_prob, "trajectory", np.zeros(3)),
    (partial_correlation, "a", X),
    (partial_correlation, "b", V[:3]),
    (partial_correlation, "given", V[:3]),
    (partial_correlation, "given", np.full(4, np.nan)),
    (partial_correlation, "a", np.ones(4)),
    (partial_correlation, "b", np.array([3.0, 5, 3, 5])),
    (shared_noise_path, "alpha_bar", np.array([0.9, 0.7])),
    (shared_noise_path, "alpha_bar", np.array([1, -0.1])),
    (shared_noise_path, "noise", V),
]


@pytest.mark.parametrize(("function", "argument", "value"), BAD)
def test_bad_input_is_named(function, argument, value):
    function(**GOOD[function])
    with pytest.raises(ValueError, match=rf"^{argument}: got .*, expected "):
        function(**{**GOOD[function], argument: value})
