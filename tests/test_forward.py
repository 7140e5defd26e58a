"""The forward process against closed forms, SciPy and diffusers."""

import numpy as np
import pytest

from gradual import (
    alpha_bar_from_betas,
    expand_like,
    linear_beta_schedule,
    merge_steps,
    noise_trajectory,
    q_sample,
    q_step,
    structure_left,
)

SHAPES = [(5, 2), (5, 4, 4), (5,), (5, 3, 4, 4)]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_step_scales_signal_and_noise(rng, shape):
    x, noise = rng.normal(size=(2, *shape))
    np.testing.assert_allclose(q_step(x, 0.36, noise), 0.8 * x + 0.6 * noise, rtol=1e-14)


def test_a_step_ends_in_the_data_or_in_the_noise(rng):
    x, noise = rng.normal(size=(2, 5, 2))
    np.testing.assert_array_equal(q_step(x, 0, noise), x)
    np.testing.assert_array_equal(q_step(x, 1, noise), noise)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_trajectory_is_linear_in_data_and_noises(rng, shape):
    """Unrolled: x_T = Π√(1−β) x_0 + Σ_s √β_s Π_{r>s} √(1−β_r) ε_s."""
    betas = np.array([0, 0.1, 0.3, 0.2])
    x0, noise = rng.normal(size=shape), rng.normal(size=(3, *shape))
    trajectory = noise_trajectory(x0, betas, noise)
    assert trajectory.shape == (4, *shape)
    np.testing.assert_array_equal(trajectory[0], x0)
    np.testing.assert_allclose(trajectory[1], np.sqrt(0.9) * x0 + np.sqrt(0.1) * noise[0], rtol=1e-13)
    expected = (
        np.sqrt(0.9 * 0.7 * 0.8) * x0
        + np.sqrt(0.1 * 0.7 * 0.8) * noise[0]
        + np.sqrt(0.3 * 0.8) * noise[1]
        + np.sqrt(0.2) * noise[2]
    )
    np.testing.assert_allclose(trajectory[3], expected, rtol=1e-13)


def test_structure_left_is_pearsons_correlation(rng):
    stats = pytest.importorskip("scipy.stats")
    trajectory = 3 + rng.normal(size=(6, 5, 4, 4)).cumsum(axis=0)
    expected = [stats.pearsonr(state.ravel(), trajectory[0].ravel()).statistic for state in trajectory]
    np.testing.assert_allclose(structure_left(trajectory), expected, rtol=1e-12)


def test_structure_left_expects_root_alpha_bar_of_standard_data(rng):
    """For data of variance 1, corr(x_t, x_0) = √ᾱ_t; the standard error over n entries is (1 − ρ²)/√n."""
    betas, n = linear_beta_schedule(50, 0.01, 0.1), 40_000
    trajectory = noise_trajectory(rng.normal(size=(n, 1)), betas, rng.normal(size=(50, n, 1)))
    root = np.sqrt(alpha_bar_from_betas(betas))
    assert (abs(structure_left(trajectory) - root) <= 5 * (1 - root**2) / np.sqrt(n) + 1e-12).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_one_time_for_all_or_one_for_each(rng, shape):
    x0, noise = rng.normal(size=(2, *shape))
    alpha_bar = alpha_bar_from_betas(linear_beta_schedule(100))
    times = np.array([0, 1, 50, 99, 100])
    each = q_sample(x0, times, alpha_bar, noise)
    for row, t in enumerate(times):
        expected = alpha_bar[t] ** 0.5 * x0 + (1 - alpha_bar[t]) ** 0.5 * noise
        np.testing.assert_allclose(each[row], expected[row], rtol=1e-14)
        np.testing.assert_allclose(q_sample(x0, int(t), alpha_bar, noise), expected, rtol=1e-14)
        np.testing.assert_allclose(q_sample(x0, t, alpha_bar, noise), expected, rtol=1e-14)


def test_jumping_and_stepping_have_the_same_mean_and_variance():
    """The effect of every single input, one at a time: they are independent, so squares of weights add up."""
    T = 30
    betas = linear_beta_schedule(T, 0.01, 0.2)
    alpha_bar = alpha_bar_from_betas(betas)
    signal = noise_trajectory(np.array([1.0]), betas, np.zeros((T, 1)))[:, 0]
    weights = noise_trajectory(np.zeros(T), betas, np.eye(T))
    for t in range(T + 1):
        np.testing.assert_allclose(signal[t], q_sample(np.ones(1), t, alpha_bar, np.zeros(1))[0], rtol=1e-12)
        jump = q_sample(np.zeros(1), t, alpha_bar, np.ones(1))[0]
        np.testing.assert_allclose((weights[t] ** 2).sum(), jump**2, rtol=1e-12, atol=1e-15)


def test_merged_steps_do_what_two_steps_do():
    for beta_1, beta_2 in [(0.1, 0.3), (0, 0.2), (1, 0.5), (1e-4, 2e-2)]:
        one, zero = np.ones(1), np.zeros(1)
        signal = q_step(q_step(one, beta_1, zero), beta_2, zero)[0]
        first, second = q_step(q_step(zero, beta_1, one), beta_2, zero)[0], q_step(zero, beta_2, one)[0]
        beta = merge_steps(beta_1, beta_2)
        np.testing.assert_allclose(1 - beta, signal**2, rtol=1e-12)
        np.testing.assert_allclose(beta, first**2 + second**2, rtol=1e-12)


def test_merging_a_whole_schedule_in_any_grouping_gives_the_jump():
    betas = linear_beta_schedule(1000)
    left = 0.0
    for beta in betas[1:]:
        left = merge_steps(left, beta)
    pairs = list(betas[1:])
    while len(pairs) > 1:
        pairs = [merge_steps(*pairs[i : i + 2]) if i + 1 < len(pairs) else pairs[i] for i in range(0, len(pairs), 2)]
    np.testing.assert_allclose([1 - left, 1 - pairs[0]], 4.03582976538e-5, rtol=1e-9)


@pytest.mark.parametrize("x_shape", [(3, 2), (3, 4, 4), (3,)])
def test_expand_like_meets_a_batch_row_by_row(x_shape):
    x = np.ones(x_shape)
    each = expand_like(np.array([1.0, 2.0, 3.0]), x) * x
    np.testing.assert_array_equal(each.reshape(3, -1)[:, 0], [1, 2, 3])
    assert each.shape == (2.0 * x).shape == (expand_like(2.0, x) * x).shape


@pytest.mark.oracle
def test_q_sample_agrees_with_diffusers(rng):
    torch, diffusers = pytest.importorskip("torch"), pytest.importorskip("diffusers")
    alpha_bar = alpha_bar_from_betas(linear_beta_schedule(1000))
    scheduler = diffusers.DDPMScheduler()
    scheduler.alphas_cumprod = torch.tensor(alpha_bar[1:])  # diffusers keeps float32; this compares the formula
    x0, noise = rng.normal(size=(2, 4, 3, 8, 8))
    t = np.array([1, 77, 500, 1000])
    theirs = scheduler.add_noise(torch.tensor(x0), torch.tensor(noise), torch.tensor(t - 1)).numpy()
    np.testing.assert_allclose(q_sample(x0, t, alpha_bar, noise), theirs, rtol=1e-12)


def test_inputs_stay_as_they_were(rng):
    x0, noise = rng.normal(size=(2, 4, 2))
    steps, betas = rng.normal(size=(3, 4, 2)), np.array([0, 0.1, 0.2, 0.3])
    alpha_bar, t = alpha_bar_from_betas(betas), np.array([0, 1, 2, 3])
    inputs = [x0, noise, steps, betas, alpha_bar, t]
    for array in inputs:
        array.setflags(write=False)
    q_step(x0, 0.1, noise)
    structure_left(noise_trajectory(x0, betas, steps))
    result = q_sample(x0, t, alpha_bar, noise)
    assert not any(np.shares_memory(result, array) for array in inputs)


X, BETAS, ALPHA_BAR = np.arange(8.0).reshape(4, 2), np.array([0, 0.1, 0.2]), np.array([1, 0.9, 0.72])
GOOD = {
    q_step: dict(x_prev=X, beta=0.1, noise=X),
    noise_trajectory: dict(x0=X, betas=BETAS, noise=np.zeros((2, 4, 2))),
    structure_left: dict(trajectory=np.stack([X, X + 1])),
    expand_like: dict(coefficient=0.5, x=X),
    q_sample: dict(x0=X, t=1, alpha_bar=ALPHA_BAR, noise=X),
    merge_steps: dict(beta_1=0.1, beta_2=0.2),
}
BAD = [
    (q_step, "beta", -0.1),
    (q_step, "beta", 1.1),
    (q_step, "beta", np.nan),
    (q_step, "beta", np.array([0.1, 0.2])),
    (q_step, "noise", X[:2]),
    (q_step, "noise", X.T),
    (q_step, "x_prev", np.full((4, 2), np.inf)),
    (q_step, "x_prev", "x"),
    (q_step, "x_prev", [[0.0, 1.0]] * 4),
    (noise_trajectory, "betas", np.array([0.1, 0.1, 0.2])),
    (noise_trajectory, "betas", np.array([0, -0.1, 0.2])),
    (noise_trajectory, "betas", np.array([0, 0.1, np.nan])),
    (noise_trajectory, "betas", np.zeros((3, 1))),
    (noise_trajectory, "betas", 0.1),
    (noise_trajectory, "noise", np.zeros((3, 4, 2))),
    (noise_trajectory, "noise", X),
    (structure_left, "trajectory", X[0]),
    (structure_left, "trajectory", np.stack([X, 0 * X])),
    (structure_left, "trajectory", np.stack([X, np.nan * X])),
    (expand_like, "coefficient", np.ones(3)),
    (expand_like, "coefficient", np.ones((4, 2))),
    (q_sample, "t", 3),
    (q_sample, "t", -1),
    (q_sample, "t", 1.0),
    (q_sample, "t", True),
    (q_sample, "t", np.array([0, 1, 2])),
    (q_sample, "t", np.array([0, 1, 2, 3])),
    (q_sample, "alpha_bar", np.array([0.9, 0.8, 0.7])),
    (q_sample, "alpha_bar", np.array([1, 1.1, 0.7])),
    (q_sample, "noise", X[0]),
    (merge_steps, "beta_1", 2),
    (merge_steps, "beta_2", -1e-9),
]


@pytest.mark.parametrize(("function", "argument", "value"), BAD)
def test_bad_input_is_named(function, argument, value):
    function(**GOOD[function])
    with pytest.raises(ValueError, match=rf"^{argument}: got .*, expected "):
        function(**{**GOOD[function], argument: value})
