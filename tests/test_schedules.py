"""Schedules against the published numbers, closed forms and diffusers."""

import warnings

import numpy as np
import pytest

from gradual import (
    alpha_bar_from_betas,
    cosine_beta_schedule,
    linear_beta_schedule,
    rescale_zero_terminal_snr,
    snr,
)


def test_linear_schedule_of_ho_et_al():
    betas = linear_beta_schedule(1000)
    alpha_bar = alpha_bar_from_betas(betas)
    assert betas.shape == alpha_bar.shape == (1001,)
    assert betas[0] == 0 and alpha_bar[0] == 1
    published = [0.9999, 0.897018145675, 0.524085373825, 0.0785872428818, 0.00335055043894, 4.03582976538e-5]
    np.testing.assert_allclose(alpha_bar[[1, 100, 250, 500, 750, 1000]], published, rtol=1e-11)
    assert np.argmax(alpha_bar < 0.5) == 260


def test_cosine_schedule_of_nichol_and_dhariwal():
    betas = cosine_beta_schedule(1000)
    alpha_bar = alpha_bar_from_betas(betas)
    np.testing.assert_allclose(betas[1], 4.128422482e-5, rtol=1e-9)
    np.testing.assert_allclose(alpha_bar[[250, 500, 750]], [0.847012161, 0.493843590, 0.144272102], rtol=3e-9)
    np.testing.assert_allclose(alpha_bar[1000], 2.42876690703e-9, rtol=1e-11)
    assert (betas == 0.999).sum() == 1
    assert np.argmax(alpha_bar < 0.5) == 497


@pytest.mark.parametrize("T", [1, 2, 7, 100])
def test_schedules_start_clean_and_have_T_steps(T):
    for betas in (linear_beta_schedule(T, 0.1, 0.3), cosine_beta_schedule(T), cosine_beta_schedule(T, s=0)):
        assert betas.shape == (T + 1,) and betas[0] == 0
        assert (betas[1:] > 0).all() and (betas <= 0.999).all()
    assert linear_beta_schedule(T, 0.1, 0.3)[1] == 0.1


def test_cosine_alpha_bar_is_the_squared_cosine_where_no_beta_is_clipped():
    T, s = 400, 0.02
    t = np.arange(T)
    expected = (np.cos((t / T + s) / (1 + s) * np.pi / 2) / np.cos(s / (1 + s) * np.pi / 2)) ** 2
    alpha_bar = alpha_bar_from_betas(cosine_beta_schedule(T, s=s, max_beta=1))
    np.testing.assert_allclose(alpha_bar[:-1], expected, rtol=1e-9)
    assert abs(alpha_bar[-1]) < 1e-15


@pytest.mark.parametrize(
    ("betas", "left"),
    [
        (linear_beta_schedule(50), 0.776),
        (linear_beta_schedule(150), 0.468),
        (np.r_[0, np.full(100, 0.01511)], 0.467),
        (linear_beta_schedule(250), 0.282),
        (linear_beta_schedule(500), 0.080),
        (linear_beta_schedule(1000), 0.0064),
    ],
)
def test_signal_left_at_the_end_of_well_known_tutorials(betas, left):
    digits = 4 if left < 0.01 else 3
    assert round(np.sqrt(alpha_bar_from_betas(betas)[-1]), digits) == left


def test_snr_is_signal_over_noise_and_infinite_without_noise():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(snr(np.array([1, 0.9, 0.5, 0])), [np.inf, 9, 1, 0], rtol=1e-12)
        assert snr(1.0) == np.inf
    assert snr(0.75) == 3
    alpha_bar = alpha_bar_from_betas(cosine_beta_schedule(1000))[1:]
    log_snr = np.log(snr(alpha_bar))
    np.testing.assert_allclose(1 / (1 + np.exp(-log_snr)), alpha_bar, rtol=1e-12)  # Kingma et al.: ᾱ = sigmoid(log SNR)


@pytest.mark.parametrize("betas", [linear_beta_schedule(1000), linear_beta_schedule(50), cosine_beta_schedule(20)])
def test_rescaling_keeps_the_first_step_and_ends_without_signal(betas):
    alpha_bar = alpha_bar_from_betas(betas)
    rescaled = rescale_zero_terminal_snr(alpha_bar)
    assert rescaled[0] == 1 and rescaled[-1] == 0
    np.testing.assert_allclose(rescaled[1], alpha_bar[1], rtol=1e-12)
    assert (np.diff(rescaled) < 0).all()
    stretch = np.diff(np.sqrt(rescaled[1:])) / np.diff(np.sqrt(alpha_bar[1:]))  # Lin et al.: √ᾱ is mapped linearly
    np.testing.assert_allclose(stretch, stretch[0], rtol=1e-6)


@pytest.mark.oracle
def test_schedules_agree_with_diffusers():
    """diffusers computes in float32, so agreement ends there: 1e-6 for β, and a thousand roundings more for ᾱ."""
    pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    for name, betas in [("linear", linear_beta_schedule(1000)), ("squaredcos_cap_v2", cosine_beta_schedule(1000))]:
        theirs = diffusers.DDPMScheduler(beta_schedule=name)
        np.testing.assert_allclose(betas[1:], theirs.betas.numpy(), rtol=1e-6)
        np.testing.assert_allclose(alpha_bar_from_betas(betas)[1:], theirs.alphas_cumprod.numpy(), rtol=1e-4)


@pytest.mark.oracle
def test_rescaling_agrees_with_diffusers():
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip("diffusers.schedulers.scheduling_ddim").rescale_zero_terminal_snr
    betas = linear_beta_schedule(1000)
    expected = np.cumprod(1 - theirs(torch.tensor(betas[1:])).numpy())
    rescaled = rescale_zero_terminal_snr(alpha_bar_from_betas(betas))
    np.testing.assert_allclose(rescaled[1:], expected, rtol=1e-9, atol=1e-15)


def test_inputs_stay_as_they_were():
    betas = linear_beta_schedule(10)
    alpha_bar = alpha_bar_from_betas(betas)
    for array in (betas, alpha_bar):
        array.setflags(write=False)
    results = [alpha_bar_from_betas(betas), snr(alpha_bar), rescale_zero_terminal_snr(alpha_bar)]
    assert not any(np.shares_memory(result, array) for result in results for array in (betas, alpha_bar))


BAD = [
    (alpha_bar_from_betas, "betas", (np.array([0.1, 0.2]),)),
    (alpha_bar_from_betas, "betas", (np.array([0, -0.2]),)),
    (alpha_bar_from_betas, "betas", (np.array([0, 1.2]),)),
    (alpha_bar_from_betas, "betas", (np.array([0, np.nan]),)),
    (alpha_bar_from_betas, "betas", ([0, 0.1],)),
    (linear_beta_schedule, "T", (0,)),
    (linear_beta_schedule, "T", (10.0,)),
    (linear_beta_schedule, "T", (True,)),
    (linear_beta_schedule, "beta_start", (10, -0.1)),
    (linear_beta_schedule, "beta_end", (10, 0.1, 1.5)),
    (cosine_beta_schedule, "T", (-3,)),
    (cosine_beta_schedule, "s", (10, -0.008)),
    (cosine_beta_schedule, "max_beta", (10, 0.008, 1.1)),
    (snr, "alpha_bar", (1.5,)),
    (snr, "alpha_bar", (np.array([1, -0.5]),)),
    (snr, "alpha_bar", (np.nan,)),
    (rescale_zero_terminal_snr, "alpha_bar", (np.array([0.9, 0.5, 0.1]),)),
    (rescale_zero_terminal_snr, "alpha_bar", (np.array([1, 0.5]),)),
    (rescale_zero_terminal_snr, "alpha_bar", (np.array([1, 0.5, 0.1, 0.3]),)),
    (rescale_zero_terminal_snr, "alpha_bar", (np.array([1, 0.5, 0.5]),)),
]


@pytest.mark.parametrize(("function", "argument", "values"), BAD)
def test_bad_input_is_named(function, argument, values):
    with pytest.raises(ValueError, match=rf"^{argument}: got .*, expected "):
        function(*values)
