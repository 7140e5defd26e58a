"""Lesson 09's one step back: ``ddpm_step``, and what goes wrong in it."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import samplers
from gradual.forward import expand_like

LESSON = "09_ddpm_sampling"
T = 8


def schedule_of(rng, steps=T):
    """An uneven schedule, so that neighbouring steps cannot be mistaken for each other."""
    betas = np.append(0, rng.uniform(0.05, 0.5, steps))
    return {"betas": betas, "alpha_bar": np.cumprod(1 - betas)}


def step_inputs(shape, t, variance=None):
    def make(rng):
        x_t, eps, noise = rng.normal(0, 1.3, (3, *shape))
        given = {"x_t": x_t, "eps": eps, "t": t, **schedule_of(rng), "noise": noise}
        return given if variance is None else {**given, "variance": variance}

    return make


def numbers_of(x_t, t, betas, alpha_bar):
    """β_t, 1 − ᾱ_t and 1 − ᾱ_{t−1}, each lined up with x_t."""
    return [expand_like(value, x_t) for value in (betas[t], 1 - alpha_bar[t], 1 - alpha_bar[np.subtract(t, 1)])]


def mean_of(x_t, eps, beta, left, before):
    return (x_t - beta / np.sqrt(left) * eps) / np.sqrt(1 - beta)


def sigma_of(beta, left, before, variance):
    return np.sqrt(beta if variance == "beta" else beta * before / left)


def going_on(x_t, t, betas):
    return expand_like(np.greater(t, 1), x_t)


def step(mean=mean_of, sigma=sigma_of, noisy=going_on):
    """A (possibly wrong) ddpm_step, from its mean, its standard deviation, and where noise is added."""

    def ddpm_step(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
        with np.errstate(all="ignore"):
            parts = numbers_of(x_t, t, betas, alpha_bar)
            return mean(x_t, eps, *parts) + noisy(x_t, t, betas) * sigma(*parts, variance) * noise

    return ddpm_step


def step_of_the_time_before(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    with np.errstate(all="ignore"):
        parts = numbers_of(x_t, np.subtract(t, 1), betas, alpha_bar)
        return mean_of(x_t, eps, *parts) + going_on(x_t, t, betas) * sigma_of(*parts, variance) * noise


def noise_shrunk_too(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    beta, left, before = numbers_of(x_t, t, betas, alpha_bar)
    added = going_on(x_t, t, betas) * sigma_of(beta, left, before, variance) * noise
    return (x_t - beta / np.sqrt(left) * eps + added) / np.sqrt(1 - beta)


def through_the_guess(x_t, eps, beta, left, before):
    return (x_t - np.sqrt(left) * eps) / np.sqrt(1 - left)


def not_lined_up(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    mean = (x_t - betas[t] / np.sqrt(1 - alpha_bar[t]) * eps) / np.sqrt(1 - betas[t])
    sigma2 = betas[t] if variance == "beta" else betas[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
    return mean + np.greater(t, 1) * np.sqrt(sigma2) * noise


def mask_not_lined_up(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    parts = numbers_of(x_t, t, betas, alpha_bar)
    return mean_of(x_t, eps, *parts) + sigma_of(*parts, variance) * noise * np.greater(t, 1)


def if_on_an_array(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    if t > 1:
        return RIGHT(x_t, eps, t, betas, alpha_bar, noise, variance)
    return RIGHT(x_t, eps, t, betas, alpha_bar, 0 * noise, variance)


def in_place(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    beta, left, before = numbers_of(x_t, t, betas, alpha_bar)
    x_t -= beta / np.sqrt(left) * eps
    x_t /= np.sqrt(1 - beta)
    x_t += going_on(x_t, t, betas) * sigma_of(beta, left, before, variance) * noise
    return x_t


def by_the_posterior(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    """The same mean by way of x₀, as lesson 06 has it."""
    beta, left, before = numbers_of(x_t, t, betas, alpha_bar)
    x0 = (x_t - np.sqrt(left) * eps) / np.sqrt(1 - left)
    mean = (np.sqrt(1 - before) * beta * x0 + np.sqrt(1 - beta) * before * x_t) / left
    return mean + np.where(going_on(x_t, t, betas), sigma_of(beta, left, before, variance), 0) * noise


def by_loop(x_t, eps, t, betas, alpha_bar, noise, variance="beta"):
    out = []
    for b, now in enumerate(np.broadcast_to(t, len(x_t))):
        row = (x_t[b] - betas[now] / np.sqrt(1 - alpha_bar[now]) * eps[b]) / np.sqrt(1 - betas[now])
        if now > 1:
            share = 1 if variance == "beta" else (1 - alpha_bar[now - 1]) / (1 - alpha_bar[now])
            row = row + (betas[now] * share) ** 0.5 * noise[b]
        out.append(row.tolist())
    return out


def on_a_copy(x_t, *others, **named):
    return in_place(x_t.copy(), *others, **named)


RIGHT = step()
EACH = np.array([5, 1, 8, 2])

DDPM_STEP = Exercise(
    function=samplers.ddpm_step,
    lesson=LESSON,
    points=4,
    axes={"B": "samples", "…": "the entries of a sample"},
    cases=(
        Case("four points, t = 5 of 8", step_inputs((4, 2), 5)),
        Case('four points, t = 5 of 8, variance="posterior"', step_inputs((4, 2), 5, "posterior")),
        Case("the last step, t = 1", step_inputs((4, 2), 1)),
        Case('images, each with a t of its own, variance="posterior"', step_inputs((4, 3, 3), EACH, "posterior")),
        Case("the first step, t = T", step_inputs((5, 3), T), hidden=True),
        Case('one image, t = 2, variance="posterior"', step_inputs((1, 4, 4), 2, "posterior"), hidden=True),
        Case("points, each with a t of its own", step_inputs((4, 5), EACH, "beta"), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "noise_at_the_last_step",
            step(noisy=lambda *a: 1.0),
            "You add noise in the last step too. What comes out at t = 1 is the finished sample, and nothing takes that noise away again: add noise only where t is above 1.",
        ),
        Misconception(
            "no_noise_at_all",
            step(sigma=lambda *a: 0.0),
            "The fresh noise is missing. Your result is the mean of the step: add σ_t · noise to it, except at t = 1.",
        ),
        Misconception(
            "variance_for_its_root",
            step(sigma=lambda *a: sigma_of(*a) ** 2),
            "You scaled the noise by σ². That is a variance; noise is scaled by its root.",
        ),
        Misconception(
            "variance_ignored",
            step(sigma=lambda beta, left, before, variance: np.sqrt(beta)),
            'With variance="beta" you are right. With variance="posterior", σ_t² is β_t · (1 − ᾱ_{t−1}) / (1 − ᾱ_t): look at the argument.',
        ),
        Misconception(
            "posterior_always",
            step(sigma=lambda beta, left, before, variance: np.sqrt(beta * before / left)),
            'With variance="posterior" you are right. With "beta", which is the default, σ_t² is β_t itself.',
        ),
        Misconception(
            "choices_swapped",
            step(sigma=lambda *a: sigma_of(*a[:-1], "beta" if a[-1] == "posterior" else "posterior")),
            'The two variances are swapped: "beta" is the larger one, β_t.',
        ),
        Misconception(
            "posterior_not_divided",
            step(sigma=lambda b, left, before, v: np.sqrt(b if v == "beta" else b * before)),
            "The posterior variance lacks its division by 1 − ᾱ_t. Without it the noise is too small at every step.",
        ),
        Misconception(
            "posterior_upside_down",
            step(sigma=lambda b, left, before, v: np.sqrt(b if v == "beta" else b * left / before)),
            "The fraction in the posterior variance is upside down: 1 − ᾱ_{t−1} stands above, 1 − ᾱ_t below, so that it is smaller than β_t.",
        ),
        Misconception(
            "posterior_of_the_signal",
            step(sigma=lambda b, left, before, v: np.sqrt(b if v == "beta" else b * (1 - before) / (1 - left))),
            "Your posterior variance divides ᾱ by ᾱ. It compares how much noise there is, 1 − ᾱ, before and after the step.",
        ),
        Misconception(
            "posterior_not_rooted",
            step(sigma=lambda b, left, before, v: np.sqrt(b) if v == "beta" else b * before / left),
            "With the posterior variance you scaled the noise by σ². Take the root for both choices.",
        ),
        Misconception(
            "not_scaled_up",
            step(mean=lambda x, e, b, left, before: x - b / np.sqrt(left) * e),
            "The division by √(1 − β_t) is missing. Going forward, a step shrinks the signal by that factor; going back, it has to grow again.",
        ),
        Misconception(
            "scaled_up_without_root",
            step(mean=lambda x, e, b, left, before: (x - b / np.sqrt(left) * e) / (1 - b)),
            "You divided by 1 − β_t. A forward step shrinks the signal by the root of that, √(1 − β_t).",
        ),
        Misconception(
            "shrunk_again",
            step(mean=lambda x, e, b, left, before: (x - b / np.sqrt(left) * e) * np.sqrt(1 - b)),
            "You multiplied by √(1 − β_t), as a step forward does. A step back divides by it.",
        ),
        Misconception(
            "scaled_up_by_all_steps",
            step(mean=lambda x, e, b, left, before: (x - b / np.sqrt(left) * e) / np.sqrt(1 - left)),
            "You divided by √ᾱ_t, which undoes the shrinking of all t steps. This is one step: divide by √(1 − β_t).",
        ),
        Misconception(
            "straight_to_x0",
            step(mean=through_the_guess),
            "That is the guess of x₀, all t steps in one jump. A step back takes away only β_t / √(1 − ᾱ_t) of the predicted noise, and divides by √(1 − β_t).",
        ),
        Misconception(
            "all_the_noise_taken",
            step(mean=lambda x, e, b, left, before: (x - np.sqrt(left) * e) / np.sqrt(1 - b)),
            "You took all the predicted noise away, √(1 − ᾱ_t) of it. One step takes β_t / √(1 − ᾱ_t).",
        ),
        Misconception(
            "as_if_one_step_made_the_noise",
            step(mean=lambda x, e, b, left, before: (x - np.sqrt(b) * e) / np.sqrt(1 - b)),
            "You took √β_t of the predicted noise away, as if the last forward step had made all of it. ε̂ is the noise of all t steps together: this one's share is β_t / √(1 − ᾱ_t).",
        ),
        Misconception(
            "share_without_root",
            step(mean=lambda x, e, b, left, before: (x - b / left * e) / np.sqrt(1 - b)),
            "You divided β_t by 1 − ᾱ_t. It is the root, √(1 − ᾱ_t), that scales ε in x_t.",
        ),
        Misconception(
            "share_of_roots",
            step(mean=lambda x, e, b, left, before: (x - np.sqrt(b / left) * e) / np.sqrt(1 - b)),
            "You took the root of β_t as well. In front of ε̂ stands β_t / √(1 − ᾱ_t): a root below, none above.",
        ),
        Misconception(
            "share_not_divided",
            step(mean=lambda x, e, b, left, before: (x - b * e) / np.sqrt(1 - b)),
            "You took β_t · ε̂ away. The division by √(1 − ᾱ_t) is missing.",
        ),
        Misconception(
            "share_of_the_signal",
            step(mean=lambda x, e, b, left, before: (x - b / np.sqrt(1 - left) * e) / np.sqrt(1 - b)),
            "You divided β_t by √ᾱ_t. What scales the noise in x_t is √(1 − ᾱ_t).",
        ),
        Misconception(
            "noise_put_in",
            step(mean=lambda x, e, b, left, before: (x + b / np.sqrt(left) * e) / np.sqrt(1 - b)),
            "You added the predicted noise. The way back takes it away: mind the sign.",
        ),
        Misconception(
            "alpha_in_front",
            step(mean=lambda x, e, b, left, before: (x - (1 - b) / np.sqrt(left) * e) / np.sqrt(1 - b)),
            "In front of ε̂ you have 1 − β_t. It is β_t / √(1 − ᾱ_t): one step has made only a little of the noise, so only a little is taken away.",
        ),
        Misconception(
            "noise_and_prediction_swapped",
            lambda x, e, t, betas, alpha_bar, noise, variance="beta": RIGHT(x, noise, t, betas, alpha_bar, e, variance),
            "eps and noise are swapped: eps, the predicted noise, is taken away, and noise, the fresh one, is added.",
        ),
        Misconception(
            "prediction_taken_as_it_is",
            lambda x, e, *others, **named: x - e,
            "You took the whole predicted noise away. x_t holds √(1 − ᾱ_t) of it, and one step takes only β_t / √(1 − ᾱ_t); then the result is scaled up, and fresh noise comes in.",
        ),
        Misconception(
            "brackets_missing",
            step(mean=lambda x, e, b, left, before: x - b / np.sqrt(left) * e / np.sqrt(1 - b)),
            "Only the predicted noise is divided by √(1 − β_t). Put brackets round the whole difference.",
        ),
        Misconception(
            "noise_scaled_up_too",
            noise_shrunk_too,
            "You divided the fresh noise by √(1 − β_t) as well. Scale the mean first, then add σ_t · noise.",
        ),
        Misconception(
            "time_off_by_one",
            step_of_the_time_before,
            "Your schedule is one step off: you used index t − 1. In this course betas[t] and alpha_bar[t] belong to step t; index 0 is the clean data.",
        ),
        Misconception(
            "no_noise_at_the_first_step",
            step(noisy=lambda x, t, betas: expand_like(np.less(t, len(betas) - 1), x)),
            "You leave the noise out at t = T, which is the first step of the way back. The one without noise is the last, t = 1.",
        ),
        Misconception(
            "if_on_an_array",
            if_on_an_array,
            "For one t you are right. t can also be an array, one for each sample, and then Python's if has no single answer: multiply the noise by np.greater(t, 1), lined up with expand_like.",
        ),
        Misconception(
            "mask_not_lined_up",
            mask_not_lined_up,
            "For one t you are right. For an array, np.greater(t, 1) has shape (B,) and needs expand_like too, as the coefficients do.",
        ),
        Misconception(
            "not_lined_up",
            not_lined_up,
            "For one t you are right. When t is an array, betas[t] has shape (B,) and does not line up with x_t (B, …): pass each coefficient through expand_like.",
        ),
        Misconception(
            "changed_its_input",
            in_place,
            "The numbers are right, but you changed x_t itself (with -= or +=), so the caller's state is gone. Make a new array.",
        ),
        Misconception(
            "beta_of_the_step_before",
            lambda x, e, t, betas, *others, **named: RIGHT(x, e, t, np.roll(betas, 1), *others, **named),
            "You used betas[t - 1]. The step that led to x_t is step t, so its variance is betas[t].",
        ),
    ),
    alternatives=(
        by_the_posterior,
        by_loop,
        on_a_copy,
        lambda *a, **named: np.float32(RIGHT(*a, **named)),
    ),
    hints=(
        "Two things happen: some of the predicted noise is taken away and what is left is scaled up (that is the mean), then fresh noise of standard deviation σ_t is added. Write the mean first, and check it on its own at t = 1.",
        "mean = (x_t − β/√(1 − ᾱ_t) · eps) / √(1 − β), with every coefficient passed through expand_like(…, x_t). σ² is β, or β · (1 − ᾱ_{t−1}) / (1 − ᾱ_t). np.greater(t, 1) is 0 where no noise belongs.",
        'sigma2 = beta if variance == "beta" else ...\nreturn mean + expand_like(np.greater(t, 1), x_t) * np.sqrt(...) * noise',
    ),
)
