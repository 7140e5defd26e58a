"""Lesson 09's loop: ``sample``, from pure noise to data, and what goes wrong on the way."""

from __future__ import annotations

import numpy as np

from autograder.described import LinearModel, Seed
from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.reverse_step import LESSON, schedule_of
from gradual import samplers


def sample_inputs(shape, steps):
    """A schedule, and the exact noise predictor of Gaussian data N(m, s²)."""

    def make(rng):
        schedule = schedule_of(rng, steps)
        m, s2 = rng.uniform(-1, 1), rng.uniform(0.3, 2)
        a = schedule["alpha_bar"]
        slope = np.sqrt(1 - a) / (a * s2 + 1 - a)
        model = LinearModel(slope, -slope * np.sqrt(a) * m)
        return {"eps_model": model, "shape": shape, **schedule, "rng": Seed(int(rng.integers(1_000_000)))}

    return make


def back(x, eps, t, betas, alpha_bar):
    """The mean of one step."""
    return (x - betas[t] / np.sqrt(1 - alpha_bar[t]) * eps) / np.sqrt(1 - betas[t])


def beta_noise(x, eps, t, betas, alpha_bar, rng):
    return np.sqrt(betas[t]) * rng.standard_normal(x.shape)


def normal_start(shape, rng):
    return rng.standard_normal(shape)


def downwards(T):
    return range(T, 0, -1)


def walk(times=downwards, start=normal_start, mean=back, noise=beta_noise, asked=lambda t: t, last=1):
    """A (possibly wrong) sample: which times it visits, where it starts, its mean and noise, and what t it asks at."""

    def sample(eps_model, shape, betas, alpha_bar, rng):
        with np.errstate(all="ignore"):
            x = start(shape, rng)
            for t in times(len(betas) - 1):
                eps = eps_model(x, asked(t))
                new = mean(x, eps, t, betas, alpha_bar)
                if t > last:
                    new = new + noise(x, eps, t, betas, alpha_bar, rng)
                x = new
            return x

    return sample


def one_noise_for_all(eps_model, shape, betas, alpha_bar, rng):
    x, z = rng.standard_normal((2, *shape))
    for t in range(len(betas) - 1, 0, -1):
        x = back(x, eps_model(x, t), t, betas, alpha_bar) + (t > 1) * np.sqrt(betas[t]) * z
    return x


def start_noise_again(eps_model, shape, betas, alpha_bar, rng):
    x = z = rng.standard_normal(shape)
    for t in range(len(betas) - 1, 0, -1):
        x = back(x, eps_model(x, t), t, betas, alpha_bar) + (t > 1) * np.sqrt(betas[t]) * z
    return x


def noises_first(eps_model, shape, betas, alpha_bar, rng):
    noises = [rng.standard_normal(shape) for _ in range(len(betas) - 2)]
    x = rng.standard_normal(shape)
    for t in range(len(betas) - 1, 0, -1):
        x = back(x, eps_model(x, t), t, betas, alpha_bar)
        if t > 1:
            x = x + np.sqrt(betas[t]) * noises[len(betas) - 1 - t]
    return x


def asks_about_the_start(eps_model, shape, betas, alpha_bar, rng):
    x = first = rng.standard_normal(shape)
    for t in range(len(betas) - 1, 0, -1):
        x = back(x, eps_model(first, t), t, betas, alpha_bar)
        if t > 1:
            x = x + np.sqrt(betas[t]) * rng.standard_normal(shape)
    return x


def asked_once(eps_model, shape, betas, alpha_bar, rng):
    x = rng.standard_normal(shape)
    eps = eps_model(x, len(betas) - 1)
    return walk(start=lambda shape, rng: x)(lambda x, t: eps, shape, betas, alpha_bar, rng)


def shape_for_the_mean(eps_model, shape, betas, alpha_bar, rng):
    def noise(x, eps, t, betas, alpha_bar, rng):
        return np.sqrt(betas[t]) * rng.normal(shape)

    return walk(start=lambda shape, rng: rng.normal(shape), noise=noise)(eps_model, shape, betas, alpha_bar, rng)


def all_states(eps_model, shape, betas, alpha_bar, rng):
    return np.array([*samplers.ddpm_trajectory(eps_model, shape, betas, alpha_bar, rng)])


def one_generator(make):
    """A right sample that ignores the generator it is given."""
    return lambda eps_model, shape, betas, alpha_bar, rng: walk()(eps_model, shape, betas, alpha_bar, make())


def posterior_noise(x, eps, t, betas, alpha_bar, rng):
    return np.sqrt((1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])) * beta_noise(x, eps, t, betas, alpha_bar, rng)


def by_ddpm_step(eps_model, shape, betas, alpha_bar, rng):
    x = rng.standard_normal(shape)
    for t in reversed(range(1, len(betas))):
        x = samplers.ddpm_step(x, eps_model(x, t), t, betas, alpha_bar, rng.standard_normal(shape))
    return x


def by_while(eps_model, shape, betas, alpha_bar, rng):
    x, t = rng.normal(size=shape), len(alpha_bar) - 1
    while t >= 1:
        alpha = 1 - betas[t]
        z = rng.normal(size=shape) if t > 1 else np.zeros(shape)
        x = alpha**-0.5 * (x - (1 - alpha) * (1 - alpha_bar[t]) ** -0.5 * eps_model(x, t)) + betas[t] ** 0.5 * z
        t -= 1
    return x


def in_place(eps_model, shape, betas, alpha_bar, rng):
    x = rng.standard_normal(shape)
    for t in range(len(betas) - 1, 0, -1):
        x -= betas[t] / np.sqrt(1 - alpha_bar[t]) * eps_model(x, t)
        x /= np.sqrt(1 - betas[t])
        if t != 1:
            x += np.sqrt(betas[t]) * rng.standard_normal(shape)
    return x


SAMPLE = Exercise(
    function=samplers.sample,
    lesson=LESSON,
    points=4,
    axes={"B": "samples", "…": "the entries of a sample"},
    cases=(
        Case("three points, five steps", sample_inputs((3, 2), 5)),
        Case("two images, three steps", sample_inputs((2, 3, 3), 3)),
        Case("a single step, T = 1", sample_inputs((4, 2), 1)),
        Case("one sample, twelve steps", sample_inputs((1, 3), 12), hidden=True),
        Case("twenty numbers, forty steps", sample_inputs((20, 1), 40), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "noise_at_the_last_step",
            walk(last=0),
            "You add noise in the last step too (if t > 0 is always true in this loop). The finished sample keeps that noise: add it only while t > 1.",
        ),
        Misconception(
            "no_noise_on_the_way",
            walk(last=10**9),
            "The fresh noise is missing. Each step but the last adds √β_t · z, with a new z from rng.",
        ),
        Misconception(
            "stops_at_two",
            walk(times=lambda T: range(T, 1, -1)),
            "Your loop stops before t = 1: a range ends before its second number. Go on until t = 1 is done, or the samples keep the noise of the first step.",
        ),
        Misconception(
            "starts_one_late",
            walk(times=lambda T: range(T - 1, 0, -1)),
            "Your loop starts at T − 1. betas has T + 1 entries, so the last step is T = len(betas) − 1.",
        ),
        Misconception(
            "goes_on_to_zero",
            walk(times=lambda T: range(T, -1, -1)),
            "Your loop goes on to t = 0, which is the clean data: there 1 − ᾱ is 0, and 0/0 is NaN. The last step is t = 1.",
        ),
        Misconception(
            "starts_beyond_the_end",
            walk(times=lambda T: range(T + 1, 0, -1)),
            "Your loop starts at len(betas), one beyond the end. The last step is T = len(betas) − 1.",
        ),
        Misconception(
            "goes_forward",
            walk(times=lambda T: range(1, T + 1)),
            "Your loop runs from 1 up to T. The way back starts in the noise, at t = T, and ends at 1.",
        ),
        Misconception(
            "asked_one_step_off",
            walk(asked=lambda t: t - 1),
            "You ask the model at t − 1, about a state that is at t. It then expects less noise than there is, and leaves some behind: pass t.",
        ),
        Misconception(
            "one_noise_for_all",
            one_noise_for_all,
            "You draw one z before the loop and use it in each step. Then the noises do not average out: draw a new one in every step.",
        ),
        Misconception(
            "start_noise_again",
            start_noise_again,
            "You add the noise that you started from in each step. Every step needs a fresh z from rng.",
        ),
        Misconception(
            "predicted_noise_as_fresh",
            walk(noise=lambda x, eps, t, betas, alpha_bar, rng: np.sqrt(betas[t]) * eps),
            "You use the predicted noise as the fresh noise, so you put back what you took away. The z comes from rng.",
        ),
        Misconception(
            "beta_for_its_root",
            walk(noise=lambda x, eps, t, betas, alpha_bar, rng: betas[t] * rng.standard_normal(x.shape)),
            "You scaled the fresh noise by β_t. β is a variance: scale by √β_t.",
        ),
        Misconception(
            "one_number_for_all_entries",
            walk(noise=lambda x, eps, t, betas, alpha_bar, rng: np.sqrt(betas[t]) * rng.standard_normal()),
            "Your z is one number for all entries. Every entry of every sample has noise of its own: rng.standard_normal(shape).",
        ),
        Misconception(
            "noise_of_the_step_before",
            walk(noise=lambda x, eps, t, betas, alpha_bar, rng: np.sqrt(betas[t - 1]) * rng.standard_normal(x.shape)),
            "You scaled the fresh noise by √β_{t−1}. The step from t to t − 1 has β_t: betas[t].",
        ),
        Misconception(
            "shape_unpacked",
            walk(start=lambda shape, rng: rng.standard_normal(*shape)),
            "shape is one argument: rng.standard_normal(shape), without a star.",
        ),
        Misconception(
            "posterior_variance",
            walk(noise=posterior_noise),
            "You used the posterior variance. It is a good choice, and sample uses the other: σ_t² = β_t.",
        ),
        Misconception(
            "starts_at_zero",
            walk(start=lambda shape, rng: np.zeros(shape)),
            "You start from zeros. x_T is pure noise: rng.standard_normal(shape).",
        ),
        Misconception(
            "uniform_start",
            walk(start=lambda shape, rng: rng.random(shape)),
            "You start from uniform numbers between 0 and 1. x_T comes from N(0, 1): rng.standard_normal(shape).",
        ),
        Misconception(
            "uniform_noise",
            walk(noise=lambda x, eps, t, betas, alpha_bar, rng: np.sqrt(betas[t]) * rng.random(x.shape)),
            "The fresh noise is uniform between 0 and 1, so it pushes everything one way. It comes from N(0, 1): rng.standard_normal(shape).",
        ),
        Misconception(
            "noises_before_the_start",
            noises_first,
            "Your numbers come from rng in another order: draw x_T first, then one z for each step from T down to 2.",
        ),
        Misconception(
            "always_asks_about_the_start",
            asks_about_the_start,
            "You ask the model about x_T in every step. Ask it about the state as it is now.",
        ),
        Misconception(
            "not_scaled_up",
            walk(mean=lambda x, eps, t, betas, alpha_bar: x - betas[t] / np.sqrt(1 - alpha_bar[t]) * eps),
            "The division by √(1 − β_t) is missing in each step, so the samples come out too small.",
        ),
        Misconception(
            "share_without_root",
            walk(mean=lambda x, eps, t, b, a: (x - b[t] / (1 - a[t]) * eps) / np.sqrt(1 - b[t])),
            "In front of the predicted noise stands β_t / √(1 − ᾱ_t): the root is missing.",
        ),
        Misconception(
            "straight_to_x0",
            walk(mean=lambda x, eps, t, b, a: (x - np.sqrt(1 - a[t]) * eps) / np.sqrt(a[t])),
            "Each of your steps jumps to the guess of x₀. Take one step: (x − β_t/√(1 − ᾱ_t) · ε̂) / √(1 − β_t).",
        ),
        Misconception(
            "noise_put_in",
            walk(mean=lambda x, eps, t, b, a: back(x, -eps, t, b, a)),
            "You added the predicted noise. The way back takes it away: mind the sign.",
        ),
        Misconception(
            "all_states_returned",
            all_states,
            "You returned all states. Return the last one, in the shape that was asked for.",
        ),
        Misconception(
            "returns_after_one_step",
            walk(times=lambda T: range(T, T - 1, -1)),
            "Only one step is taken. Is your return inside the loop? Move it out, under the for.",
        ),
        Misconception(
            "a_generator_of_its_own",
            one_generator(lambda: np.random.default_rng(0)),
            "You made a generator of your own. Draw from rng, the argument: whoever calls the function sets the seed.",
        ),
        Misconception(
            "a_generator_with_seed_42",
            one_generator(lambda: np.random.default_rng(42)),
            "You made a generator of your own, seeded with 42. Draw from rng, the argument: whoever calls the function sets the seed.",
        ),
        Misconception(
            "asked_once",
            asked_once,
            "You ask the model once, before the loop. In each step it sees another state, and finds other noise in it: ask inside the loop.",
        ),
        Misconception(
            "model_asked_the_wrong_way_round",
            lambda eps_model, shape, betas, alpha_bar, rng: eps_model(len(betas) - 1, rng.standard_normal(shape)),
            "The model takes the state first, then the time: eps_model(x, t).",
        ),
        Misconception(
            "shape_for_the_mean",
            shape_for_the_mean,
            "rng.normal takes its first argument for the mean, so shape became numbers. Write rng.standard_normal(shape).",
        ),
    ),
    alternatives=(by_ddpm_step, by_while, in_place, lambda *a: np.float32(walk()(*a)), lambda *a: walk()(*a).tolist()),
    hints=(
        "Start from noise of the shape asked for. Then one loop, from t = T down to 1: ask the model, take one step back, and add fresh noise unless it was the last step. You may call your ddpm_step.",
        "T is len(betas) − 1, and range(T, 0, −1) counts down to 1. In the loop: x = (x − betas[t] / √(1 − alpha_bar[t]) · eps_model(x, t)) / √(1 − betas[t]); then, if t > 1, add √betas[t] times a fresh rng.standard_normal(shape).",
        "x = rng.standard_normal(shape)\nfor t in range(..., 0, -1):\n    x = ...\n    if t > 1:\n        x = x + ... * rng.standard_normal(shape)\nreturn x",
    ),
)
