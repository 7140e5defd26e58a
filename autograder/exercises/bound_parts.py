"""What lesson 07's exercises share, and the terms of the bound with one part exchanged, or written otherwise."""

from __future__ import annotations

import inspect

import numpy as np

from autograder.described import LinearModel
from gradual import forward, parameterization, posterior, schedules

LESSON = "07_elbo"

# Without their checks of arguments, for speed: many mistakes are tried for each wrong answer.
jump, clean_from_eps = inspect.unwrap(forward.q_sample), inspect.unwrap(parameterization.x0_from_eps)
step_back, kl = inspect.unwrap(posterior.q_posterior), inspect.unwrap(posterior.normal_kl)


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


def log_cost(x0, mean, sigma2, x_t=None):
    return 0.5 * (np.log(2 * np.pi * sigma2) + (x0 - mean) ** 2 / sigma2)


def at_the_end(x0, alpha_bar, x_t=None):
    return kl(np.sqrt(alpha_bar[-1]) * x0, 1 - alpha_bar[-1], 0, 1)


def per_sample(nats):
    return np.sum(nats) / len(nats)


def terms(
    noise_of=lambda noise, t: noise[t - 1],
    makes=jump,
    predict=lambda model, x_t, t, x0, noise: model(x_t, t),
    clean=clean_from_eps,
    choose=lambda variance, t: variance == "posterior" and t > 1,
    first=log_cost,
    later=kl,
    last=at_the_end,
    average=per_sample,
    average_last=None,
    beta=lambda betas, t: betas[t],
    compared=lambda true_mean, mean, x0, guess: (true_mean, mean),
):
    """vlb_terms with one of its parts exchanged."""

    def vlb_terms(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
        costs = []
        for t in range(1, len(betas)):
            x_t = makes(x0, t, alpha_bar, noise_of(noise, t))
            true_mean, true_var = step_back(x0, x_t, t, betas, alpha_bar)
            guess = clean(x_t, predict(eps_model, x_t, t, x0, noise[t - 1]), t, alpha_bar)
            mean, _ = step_back(guess, x_t, t, betas, alpha_bar)
            sigma2 = np.float64(true_var if choose(variance, t) else beta(betas, t))
            mean1, mean2 = compared(true_mean, mean, x0, guess)
            with np.errstate(divide="ignore", invalid="ignore"):
                nats = first(x0, mean, sigma2, x_t) if t == 1 else later(mean1, true_var, mean2, sigma2)
            costs.append(average(nats))
        return costs[0], np.array(costs[1:]), (average_last or average)(last(x0, alpha_bar, x_t))

    return vlb_terms


RIGHT = terms()


def returned(change, **parts):
    """The right terms, or those of ``terms(**parts)``, handed back in another way."""
    return lambda *arguments: change(*terms(**parts)(*arguments))


def kl_at_every_step(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
    costs = []
    for t in range(1, len(betas)):
        x_t = jump(x0, t, alpha_bar, noise[t - 1])
        true_mean, true_var = step_back(x0, x_t, t, betas, alpha_bar)
        guess = clean_from_eps(x_t, eps_model(x_t, t), t, alpha_bar)
        sigma2 = true_var if variance == "posterior" and t > 1 else betas[t]
        mean, _ = step_back(guess, x_t, t, betas, alpha_bar)
        with np.errstate(divide="ignore", invalid="ignore"):
            costs.append(per_sample(kl(true_mean, np.float64(true_var), mean, sigma2)))
    return costs[0], np.array(costs[1:]), per_sample(at_the_end(x0, alpha_bar))


def posterior_at_step_one(x0, mean, sigma2, x_t):
    """What L_0 becomes with σ_1² = β̃_1 = 0."""
    return log_cost(x0, mean, np.float64(0))


def models_own_pair(x0, eps_model, betas, alpha_bar, noise, variance="posterior"):
    """Mean and variance from q_posterior, not taken apart."""
    x_t = jump(x0, 1, alpha_bar, noise[0])
    return log_cost(x0, step_back(x0, x_t, 1, betas, alpha_bar), betas[1])


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
