"""Lesson 07's second exercise: the terms of the bound."""

from __future__ import annotations

import numpy as np

from autograder.described import LinearModel
from autograder.exercise import Case, Exercise, Misconception
from gradual import elbo, forward, parameterization, posterior, schedules

LESSON = "07_elbo"


def schedule_of(rng, T):
    betas = np.concatenate([[0.0], np.linspace(0.05, 0.5, T) + rng.uniform(0, 0.05, T)])
    return betas, schedules.alpha_bar_from_betas(betas)


def small_model(rng, T):
    return LinearModel(rng.uniform(0.2, 0.8, T + 1), rng.normal(0, 0.3, T + 1))


def bound_inputs(T, shape, variance):
    def make(rng):
        betas, alpha_bar = schedule_of(rng, T)
        noise = rng.standard_normal((T, *shape))
        return {
            "x0": rng.normal(0.3, 1, shape),
            "eps_model": small_model(rng, T),
            "betas": betas,
            "alpha_bar": alpha_bar,
            "noise": noise,
            "variance": variance,
        }

    return make


def log_cost(x0, mean, sigma2):
    return 0.5 * (np.log(2 * np.pi * sigma2) + (x0 - mean) ** 2 / sigma2)


def at_the_end(x0, alpha_bar):
    return posterior.normal_kl(np.sqrt(alpha_bar[-1]) * x0, 1 - alpha_bar[-1], 0, 1)


def per_sample(nats):
    return np.sum(nats) / len(nats)


def terms(
    noise_of=lambda noise, t: noise[t - 1],
    makes=forward.q_sample,
    predict=lambda model, x_t, t: model(x_t, t),
    clean=parameterization.x0_from_eps,
    choose=lambda variance, t: variance == "posterior" and t > 1,
    first=log_cost,
    later=posterior.normal_kl,
    last=at_the_end,
    average=per_sample,
):
    """vlb_terms with one of its parts exchanged."""

    def vlb_terms(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
        costs = []
        for t in range(1, len(betas)):
            x_t = makes(x0, t, alpha_bar, noise_of(noise, t))
            true_mean, true_var = posterior.q_posterior(x0, x_t, t, betas, alpha_bar)
            guess = clean(x_t, predict(eps_model, x_t, t), t, alpha_bar)
            mean, _ = posterior.q_posterior(guess, x_t, t, betas, alpha_bar)
            sigma2 = true_var if choose(variance, t) else betas[t]
            costs.append(average(first(x0, mean, sigma2) if t == 1 else later(true_mean, true_var, mean, sigma2)))
        return costs[0], np.array(costs[1:]), average(last(x0, alpha_bar))

    return vlb_terms


RIGHT = terms()


def returned(change, **parts):
    """The right terms, or those of ``terms(**parts)``, handed back in another way."""
    return lambda *arguments: change(*terms(**parts)(*arguments))


def kl_at_every_step(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
    costs = []
    for t in range(1, len(betas)):
        x_t = forward.q_sample(x0, t, alpha_bar, noise[t - 1])
        true_mean, true_var = posterior.q_posterior(x0, x_t, t, betas, alpha_bar)
        guess = parameterization.x0_from_eps(x_t, eps_model(x_t, t), t, alpha_bar)
        sigma2 = true_var if variance == "posterior" and t > 1 else betas[t]
        mean, _ = posterior.q_posterior(guess, x_t, t, betas, alpha_bar)
        costs.append(per_sample(kl_of_any(true_mean, true_var, mean, sigma2)))
    return costs[0], np.array(costs[1:]), per_sample(at_the_end(x0, alpha_bar))


def kl_of_any(mean1, var1, mean2, var2):
    """normal_kl for a variance of 0 too, as a student's own has no checks."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.5 * (np.log(var2 / np.float64(var1)) + (var1 + (mean1 - mean2) ** 2) / np.float64(var2) - 1)


def posterior_at_step_one(x0, mean, sigma2):
    """What L_0 becomes with σ_1² = β̃_1 = 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return log_cost(x0, mean, np.float64(0))


def by_arrays(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
    """All steps written out by the errors of ε, with no other function."""
    T, B = len(betas) - 1, len(x0)
    a, b = alpha_bar[1:], betas[1:]
    squares = []
    for t in range(1, T + 1):
        x_t = np.sqrt(alpha_bar[t]) * x0 + np.sqrt(1 - alpha_bar[t]) * noise[t - 1]
        squares.append(((noise[t - 1] - eps_model(x_t, t)) ** 2).sum() / B)
    D = x0.size / B
    error = b**2 / ((1 - b) * (1 - a)) * np.array(squares)
    var = b * (1 - alpha_bar[:-1]) / (1 - a)
    sigma2 = np.where((np.arange(T) > 0) & (variance == "posterior"), var, b)
    ratio = var[1:] / sigma2[1:]
    L_0 = 0.5 * (D * np.log(2 * np.pi * b[0]) + error[0] / b[0])
    L_step = 0.5 * (D * (ratio - np.log(ratio) - 1) + error[1:] / sigma2[1:])
    return L_0, L_step, 0.5 * (a[-1] * (x0**2).sum() / B - D * a[-1] - D * np.log(1 - a[-1]))


def sample_by_sample(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
    each = [RIGHT(x0[i : i + 1], eps_model, betas, alpha_bar, noise[:, i : i + 1], variance) for i in range(len(x0))]
    return tuple(np.mean(np.array(part), axis=0) for part in zip(*each))


def as_float32_and_lists(*arguments):
    L_0, L_step, L_T = RIGHT(*arguments)
    return np.float32(L_0), [np.float32(cost) for cost in L_step], L_T


VLB_TERMS = Exercise(
    function=elbo.vlb_terms,
    lesson=LESSON,
    points=4,
    axes={"T−1": "the terms of the steps t = 2 … T, in this order"},
    cases=(
        Case("five steps, points in the plane, σ² = β̃", bound_inputs(5, (4, 2), "posterior")),
        Case("five steps, points in the plane, σ² = β", bound_inputs(5, (4, 2), "beta")),
        Case("two steps, one number", bound_inputs(2, (1, 1), "posterior")),
        Case("eight steps of small images, σ² = β̃", bound_inputs(8, (3, 2, 4), "posterior"), hidden=True),
        Case("six steps of three-dimensional points, σ² = β", bound_inputs(6, (5, 3), "beta"), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "noise_one_late",
            terms(noise_of=lambda noise, t: noise[t]),
            "There is no noise[T]: noise has T entries, from index 0. The noise that makes x_t is noise[t - 1].",
        ),
        Misconception(
            "first_noise_for_all",
            terms(noise_of=lambda noise, t: noise[0]),
            "You used noise[0] at every step. Each x_t has a noise of its own, noise[t - 1].",
        ),
        Misconception(
            "noise_one_early",
            terms(noise_of=lambda noise, t: noise[t - 2]),
            "Your x_t is made with the noise of another step. noise[0] makes x_1, so x_t is made with noise[t - 1].",
        ),
        Misconception(
            "kl_at_step_one",
            kl_at_every_step,
            "At t = 1 the true x_0 is one point: its variance β̃_1 is 0, and a KL to it is infinite. L_0 is another kind of term, −log of a Gaussian's density at x0.",
        ),
        Misconception(
            "no_variance_at_step_one",
            terms(first=posterior_at_step_one),
            "At t = 1 the posterior variance β̃_1 is 0, and no Gaussian has that. Use σ_1² = β_1 there, for both choices.",
        ),
        Misconception(
            "summed_over_the_batch",
            terms(average=np.sum),
            "You summed over the batch. Sum over the entries of each sample, and divide by the number of samples, len(x0).",
        ),
        Misconception(
            "averaged_over_entries",
            terms(average=np.mean),
            "You averaged over a sample's entries too. The nats of its entries add up: sum over all, then divide by the number of samples, len(x0).",
        ),
        Misconception(
            "variance_not_read",
            terms(choose=lambda variance, t: False),
            'You used σ_t² = β_t whatever variance says. With variance="posterior" it is the variance that q_posterior gives, from t = 2 on.',
        ),
        Misconception(
            "always_posterior",
            terms(choose=lambda variance, t: t > 1),
            'You used σ_t² = β̃_t whatever variance says. With variance="beta" it is betas[t].',
        ),
        Misconception(
            "choices_swapped",
            terms(choose=lambda variance, t: variance == "beta" and t > 1),
            'The two choices of σ² are swapped: "posterior" is the variance that q_posterior gives, "beta" is betas[t].',
        ),
        Misconception(
            "kl_turned_round",
            terms(later=lambda m1, v1, m2, v2: posterior.normal_kl(m2, v2, m1, v1)),
            "The two Gaussians of your KL are swapped. The true one, with x0 known, comes first; the model's comes second.",
        ),
        Misconception(
            "means_only",
            terms(later=lambda m1, v1, m2, v2: 0.5 * (m1 - m2) ** 2 / v2),
            "Only the distance of the means costs nats in your steps. The true Gaussian has the variance that q_posterior gives, the model's has σ_t²: where they differ, the KL counts that too.",
        ),
        Misconception(
            "standard_deviation_in_the_kl",
            terms(later=lambda m1, v1, m2, v2: posterior.normal_kl(m1, np.sqrt(v1), m2, np.sqrt(v2))),
            "You gave standard deviations to the KL. It takes variances, and q_posterior and betas are variances already.",
        ),
        Misconception(
            "sign_of_the_first",
            terms(first=lambda *a: -log_cost(*a)),
            "The sign of L_0 is turned: a cost is −log p, and yours is log p.",
        ),
        Misconception(
            "constant_left_out",
            terms(first=lambda x0, mean, s2: 0.5 * (np.log(s2) + (x0 - mean) ** 2 / s2)),
            "L_0 lacks the 2π of a Gaussian's density: −log N = ½ (log(2π σ²) + (x − μ)²/σ²).",
        ),
        Misconception(
            "first_is_squares_only",
            terms(first=lambda x0, mean, s2: 0.5 * (x0 - mean) ** 2 / s2),
            "Your L_0 is only the squared part. −log of a Gaussian's density also has ½ log(2π σ²), and that one can be negative.",
        ),
        Misconception(
            "half_left_out",
            terms(first=lambda *a: 2 * log_cost(*a)),
            "Your L_0 lacks its ½: −log N = ½ (log(2π σ²) + (x − μ)²/σ²).",
        ),
        Misconception(
            "noise_as_the_clean_data",
            terms(clean=lambda x_t, eps, t, alpha_bar: eps),
            "You gave the predicted noise to q_posterior as x0. First turn it into a guess of the clean data, with x0_from_eps.",
        ),
        Misconception(
            "model_one_step_early",
            terms(predict=lambda model, x_t, t: model(x_t, t - 1)),
            "You called eps_model with t − 1. It was made for x_t at timestep t, and t counts from 1 here.",
        ),
        Misconception(
            "x_one_step_early",
            terms(makes=lambda x0, t, alpha_bar, noise: forward.q_sample(x0, t - 1, alpha_bar, noise)),
            "Your x_t is x_{t−1}: q_sample needs t, and alpha_bar[t] belongs to it.",
        ),
        Misconception(
            "model_sees_clean_data",
            terms(predict=lambda model, x_t, t: model(0 * x_t, t)),
            "Your predicted noise does not depend on x_t. Call eps_model(x_t, t).",
        ),
        Misconception(
            "end_left_out",
            terms(last=lambda x0, alpha_bar: 0 * x0),
            "L_T is missing. It is the KL from q(x_T given x_0) to N(0, 1): small, but not 0 while some signal is left.",
        ),
        Misconception(
            "end_turned_round",
            terms(last=lambda x0, a: posterior.normal_kl(0 * x0, 1.0, np.sqrt(a[-1]) * x0, 1 - a[-1])),
            "The two Gaussians of your L_T are swapped: q(x_T given x_0) comes first, N(0, 1) second.",
        ),
        Misconception(
            "end_without_root",
            terms(last=lambda x0, a: posterior.normal_kl(a[-1] * x0, 1 - a[-1], 0, 1)),
            "L_T scales x0 by ᾱ_T. The mean of q(x_T given x_0) is √ᾱ_T · x_0.",
        ),
        Misconception(
            "end_by_standard_deviation",
            terms(last=lambda x0, a: posterior.normal_kl(np.sqrt(a[-1]) * x0, np.sqrt(1 - a[-1]), 0, 1)),
            "L_T has √(1 − ᾱ_T) where a variance belongs: q(x_T given x_0) has variance 1 − ᾱ_T.",
        ),
        Misconception(
            "end_without_mean",
            terms(last=lambda x0, a: posterior.normal_kl(0 * x0, 1 - a[-1], 0, 1)),
            "Your L_T forgets the mean of q(x_T given x_0), which is √ᾱ_T · x_0: that much of the data is still there.",
        ),
        Misconception(
            "steps_summed",
            returned(lambda L_0, L_step, L_T: (L_0, L_step.sum(), L_T)),
            "You summed the terms of the steps. Return them one by one, as an array (T−1,): where they are large is the point of the lesson.",
        ),
        Misconception(
            "first_among_the_steps",
            returned(lambda L_0, L_step, L_T: (L_0, np.append(L_0, L_step), L_T)),
            "L_0 is in your L_step too. L_step holds the steps t = 2 … T, so it has T − 1 entries.",
        ),
        Misconception(
            "steps_backwards",
            returned(lambda L_0, L_step, L_T: (L_0, L_step[::-1], L_T)),
            "Your L_step runs from T down to 2. Step t belongs at index t − 2.",
        ),
        Misconception(
            "ends_swapped",
            returned(lambda L_0, L_step, L_T: (L_T, L_step, L_0)),
            "You returned L_T first and L_0 last. The order is L_0, L_step, L_T.",
        ),
        Misconception(
            "counted_in_bits",
            returned(lambda *parts: tuple(part / np.log(2) for part in parts)),
            "These are bits. Nats are asked for: natural logarithms, np.log.",
        ),
    ),
    alternatives=(RIGHT, by_arrays, sample_by_sample, as_float32_and_lists),
    hints=(
        "For each t: make x_t, let the model guess x_0, and ask q_posterior twice for the step back, once with the true x_0 and once with the guess. The KL between the two is the cost of this step. At t = 1 the true answer is one point, so its cost is −log of a density.",
        "L_{t−1} = normal_kl(true mean, β̃_t, model's mean, σ_t²). L_0 = ½ (log(2π σ_1²) + (x_0 − model's mean)²/σ_1²), with σ_1² = β_1. L_T = normal_kl(√ᾱ_T · x_0, 1 − ᾱ_T, 0, 1). Of each: np.sum(...) / len(x0).",
        "for t in range(1, len(betas)):\n    x_t = q_sample(x0, t, alpha_bar, noise[...])\n    guess = x0_from_eps(x_t, eps_model(...), t, alpha_bar)\n    true_mean, true_var = q_posterior(x0, x_t, ...)\n    mean, _ = q_posterior(guess, x_t, ...)",
    ),
)
