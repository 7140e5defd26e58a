"""Lesson 07's second exercise: the terms of the bound."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.bound_parts import (
    LESSON,
    RIGHT,
    as_float32_and_lists,
    bound_inputs,
    by_arrays,
    jump,
    kl,
    kl_at_every_step,
    log_cost,
    models_own_pair,
    posterior_at_step_one,
    returned,
    sample_by_sample,
    terms,
)
from gradual import elbo

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
            terms(later=lambda m1, v1, m2, v2: kl(m2, v2, m1, v1)),
            "The two Gaussians of your KL are swapped. The true one, with x0 known, comes first; the model's comes second.",
        ),
        Misconception(
            "means_only",
            terms(later=lambda m1, v1, m2, v2: 0.5 * (m1 - m2) ** 2 / v2),
            "Only the distance of the means costs nats in your steps. The true Gaussian has the variance that q_posterior gives, the model's has σ_t²: where they differ, the KL counts that too.",
        ),
        Misconception(
            "standard_deviation_in_the_kl",
            terms(later=lambda m1, v1, m2, v2: kl(m1, np.sqrt(v1), m2, np.sqrt(v2))),
            "You gave standard deviations to the KL. It takes variances, and q_posterior and betas are variances already.",
        ),
        Misconception(
            "sign_of_the_first",
            terms(first=lambda *a: -log_cost(*a)),
            "The sign of L_0 is turned: a cost is −log p, and yours is log p.",
        ),
        Misconception(
            "constant_left_out",
            terms(first=lambda x0, mean, s2, x_t: 0.5 * (np.log(s2) + (x0 - mean) ** 2 / s2)),
            "L_0 lacks the 2π of a Gaussian's density: −log N = ½ (log(2π σ²) + (x − μ)²/σ²).",
        ),
        Misconception(
            "first_is_squares_only",
            terms(first=lambda x0, mean, s2, x_t: 0.5 * (x0 - mean) ** 2 / s2),
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
            terms(predict=lambda model, x_t, t, x0, noise: model(x_t, t - 1)),
            "You called eps_model with t − 1. It was made for x_t at timestep t, and t counts from 1 here.",
        ),
        Misconception(
            "x_one_step_early",
            terms(makes=lambda x0, t, alpha_bar, noise: jump(x0, t - 1, alpha_bar, noise)),
            "Your x_t is x_{t−1}: q_sample needs t, and alpha_bar[t] belongs to it.",
        ),
        Misconception(
            "model_sees_clean_data",
            terms(predict=lambda model, x_t, t, x0, noise: model(x0, t)),
            "You gave the clean data to the model. It sees x_t: eps_model(x_t, t).",
        ),
        Misconception(
            "true_noise_used",
            terms(predict=lambda model, x_t, t, x0, noise: noise),
            "You used the true noise where the model's prediction belongs. The model does not know it: its guess of x_0 comes from eps_model(x_t, t).",
        ),
        Misconception(
            "pair_not_taken_apart",
            models_own_pair,
            "q_posterior gives two things, a mean and a variance. Take them apart: mean, var = q_posterior(...).",
        ),
        Misconception(
            "beta_one_early",
            terms(beta=lambda betas, t: betas[t - 1]),
            "You used betas[t - 1] for σ_t². The step from x_t back has betas[t]; betas[0] is 0 and belongs to no step.",
        ),
        Misconception(
            "clean_data_compared",
            terms(compared=lambda true_mean, mean, x0, guess: (x0, guess)),
            "Your KL compares x_0 with its guess. A step back compares two means of x_{t−1}: both come from q_posterior.",
        ),
        Misconception(
            "squares_for_divergences",
            terms(later=lambda m1, v1, m2, v2: (m1 - m2) ** 2),
            "Your steps are squared distances, not nats. The cost of a step is the KL of two Gaussians, by normal_kl.",
        ),
        Misconception(
            "half_of_the_log_in_the_first",
            terms(first=lambda x0, mean, s2, x_t: 0.5 * (0.5 * np.log(2 * np.pi * s2) + (x0 - mean) ** 2 / s2)),
            "The log in your L_0 is half of what it should be: inside the ½ it is log(2π σ²), of the variance.",
        ),
        Misconception(
            "end_summed_over_the_batch",
            terms(average_last=np.sum),
            "L_T is summed over the batch. Like the other terms, divide it by the number of samples, len(x0).",
        ),
        Misconception(
            "end_averaged_over_entries",
            terms(average_last=np.mean),
            "L_T is averaged over a sample's entries too. Like the other terms, sum it over them, then divide by len(x0).",
        ),
        Misconception(
            "end_not_squeezed",
            terms(last=lambda x0, a, x_t: kl(x0, 1 - a[-1], 0, 1)),
            "Your L_T has x_0 itself as the mean. After T steps it has shrunk: the mean of q(x_T given x_0) is √ᾱ_T · x_0.",
        ),
        Misconception(
            "first_about_noisy_data",
            terms(first=lambda x0, mean, s2, x_t: log_cost(x_t, mean, s2)),
            "Your L_0 asks how probable x_1 is. It is x_0 that has to be described: x0 - mean.",
        ),
        Misconception(
            "end_of_one_draw",
            terms(last=lambda x0, a, x_t: kl(x_t, 1 - a[-1], 0, 1)),
            "Your L_T has the drawn x_T as a mean. q(x_T given x_0) has the mean √ᾱ_T · x_0, with no noise in it.",
        ),
        Misconception(
            "end_left_out",
            terms(last=lambda x0, a, x_t: 0 * x0),
            "L_T is missing. It is the KL from q(x_T given x_0) to N(0, 1): small, but not 0 while some signal is left.",
        ),
        Misconception(
            "end_turned_round",
            terms(last=lambda x0, a, x_t: kl(0 * x0, 1.0, np.sqrt(a[-1]) * x0, 1 - a[-1])),
            "The two Gaussians of your L_T are swapped: q(x_T given x_0) comes first, N(0, 1) second.",
        ),
        Misconception(
            "end_without_root",
            terms(last=lambda x0, a, x_t: kl(a[-1] * x0, 1 - a[-1], 0, 1)),
            "L_T scales x0 by ᾱ_T. The mean of q(x_T given x_0) is √ᾱ_T · x_0.",
        ),
        Misconception(
            "end_by_standard_deviation",
            terms(last=lambda x0, a, x_t: kl(np.sqrt(a[-1]) * x0, np.sqrt(1 - a[-1]), 0, 1)),
            "L_T has √(1 − ᾱ_T) where a variance belongs: q(x_T given x_0) has variance 1 − ᾱ_T.",
        ),
        Misconception(
            "end_without_mean",
            terms(last=lambda x0, a, x_t: kl(0 * x0, 1 - a[-1], 0, 1)),
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
        Misconception(
            "last_step_left_out",
            returned(lambda L_0, L_step, L_T: (L_0, L_step[:-1], L_T)),
            "The term of the last step, t = T, is missing: a range ends before its second number, so it is range(1, len(betas)).",
        ),
    ),
    alternatives=(RIGHT, by_arrays, sample_by_sample, as_float32_and_lists),
    hints=(
        "For each t: make x_t, let the model guess x_0, and ask q_posterior twice for the step back, once with the true x_0 and once with the guess. The KL between the two is the cost of this step. At t = 1 the true answer is one point, so its cost is −log of a density.",
        "L_{t−1} = normal_kl(true mean, β̃_t, model's mean, σ_t²). L_0 = ½ (log(2π σ_1²) + (x_0 − model's mean)²/σ_1²), with σ_1² = β_1. L_T = normal_kl(√ᾱ_T · x_0, 1 − ᾱ_T, 0, 1). Of each: np.sum(...) / len(x0).",
        "for t in range(1, len(betas)):\n    x_t = q_sample(x0, t, alpha_bar, noise[...])\n    guess = x0_from_eps(x_t, eps_model(...), t, alpha_bar)\n    true_mean, true_var = q_posterior(x0, x_t, ...)\n    mean, _ = q_posterior(guess, x_t, ...)",
    ),
)
