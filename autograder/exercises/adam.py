"""Lesson 08's last exercise: one step of Adam."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.time_waves import LESSON
from gradual import network


def state(shape, step, scale=1.0, start=False, **other):
    """Parameters, gradient and running means as they could be after some steps; at the first step both means are 0."""

    def make(rng):
        grad = scale * rng.standard_normal(shape)
        m, v = scale * rng.standard_normal(shape), scale**2 * rng.uniform(0.2, 2, shape)
        m, v = (0 * m, 0 * v) if start else (m, v)
        return {"param": rng.standard_normal(shape), "grad": grad, "m": m, "v": v, "step": step, **other}

    return make


def with_a_zero(make):
    def made(rng):
        inputs = make(rng)
        inputs["grad"][0] = 0.0
        return inputs

    return made


def adam(
    new_m=lambda m, g, b: b * m + (1 - b) * g,
    new_v=lambda v, g, b: b * v + (1 - b) * g**2,
    correct=lambda mean, b, step: mean / (1 - b**step),
    move=lambda m_hat, v_hat, eps: m_hat / (np.sqrt(v_hat) + eps),
    give=lambda param, m, v, m_hat, v_hat: (param, m, v),
    sign=-1,
):
    """A (possibly wrong) adam_step."""

    def step_of(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        m, v = new_m(m, grad, beta1), new_v(v, grad, beta2)
        m_hat, v_hat = correct(m, beta1, step), correct(v, beta2, step)
        return give(param + sign * lr * move(m_hat, v_hat, eps), m, v, m_hat, v_hat)

    return step_of


RIGHT = adam()


def adam_in_place(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * grad**2
    param -= lr * (m / (1 - beta1**step)) / (np.sqrt(v / (1 - beta2**step)) + eps)
    return param, m, v


def adam_with_old_means(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    _, new_m, new_v = RIGHT(param, grad, m, v, step, lr, beta1, beta2, eps)
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), new_m, new_v


def adam_by_loop(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    rows = [RIGHT(*entry, step, lr, beta1, beta2, eps) for entry in zip(*map(np.ravel, (param, grad, m, v)))]
    return tuple(np.reshape(part, np.shape(param)) for part in zip(*rows))


def adam_as_published(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """The paper's faster order: the corrections go into the learning rate, and eps is scaled with it."""
    m, v = m + (1 - beta1) * (grad - m), v + (1 - beta2) * (grad * grad - v)
    root = np.sqrt(1 - beta2**step)
    return param - lr * root / (1 - beta1**step) * m / (np.sqrt(v) + eps * root), m, v


def with_constants(**fixed):
    """adam_step with some of its arguments overruled in the body."""

    def step_of(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        given = {"step": step, "lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps}
        return RIGHT(param, grad, m, v, **{**given, **{name: change(given) for name, change in fixed.items()}})

    return step_of


def only_one_corrected(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    _, m, v = RIGHT(param, grad, m, v, step, lr, beta1, beta2, eps)
    return param - lr * m / (1 - beta1**step) / (np.sqrt(v) + eps), m, v


def plain_descent(param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    _, m, v = RIGHT(param, grad, m, v, step, lr, beta1, beta2, eps)
    return param - lr * grad, m, v


ADAM_STEP = Exercise(
    function=network.adam_step,
    lesson=LESSON,
    points=3,
    cases=(
        Case("the twentieth step, with its own lr and betas", state((6,), 20, lr=0.02, beta1=0.8, beta2=0.95)),
        Case("the first step, from m = v = 0", state((3, 4), 1, start=True)),
        Case("gradients as small as eps, and one that is 0", with_a_zero(state((5,), 1, 3e-8, start=True))),
        Case("the thousandth step of a matrix", state((4, 3), 1000), hidden=True),
        Case("a large eps", state((7,), 3, eps=0.1, lr=0.5), hidden=True),
        Case("large gradients", state((2, 2, 2), 7, 1e4, beta1=0.5), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "means_not_corrected",
            adam(correct=lambda mean, b, step: mean),
            "You used m and v as they are. Both start at 0 and are too small at first: divide them by 1 − β^step before the step.",
        ),
        Misconception(
            "only_m_corrected",
            only_one_corrected,
            "You corrected m and not v. v starts at 0 too: divide it by 1 − β₂^step.",
        ),
        Misconception(
            "correction_multiplied",
            adam(correct=lambda mean, b, step: mean * (1 - b**step)),
            "You multiplied by 1 − β^step, which makes the means smaller still. They are too small at first: divide.",
        ),
        Misconception(
            "correction_not_to_the_power",
            adam(correct=lambda mean, b, step: mean / (1 - b)),
            "You divided by 1 − β at every step. What is missing of the mean shrinks as steps go by: 1 − β to the power step, β**step.",
        ),
        Misconception(
            "correction_times_step",
            adam(correct=lambda mean, b, step: mean / (1 - b * step)),
            "You wrote β · step. After each step the start counts β times less, so it is a power: β**step.",
        ),
        Misconception(
            "brackets_around_the_correction",
            adam(correct=lambda mean, b, step: mean / 1 - b**step),
            "Python reads m / 1 - β**step as (m / 1) − β**step. Put the denominator in brackets.",
        ),
        Misconception(
            "step_counted_from_zero",
            adam(correct=lambda mean, b, step: mean / (1 - b ** (step + 1))),
            "You corrected with step + 1. step counts from 1 already, so the power is step itself.",
        ),
        Misconception(
            "step_before",
            adam(correct=lambda mean, b, step: np.divide(mean, 1 - b ** (step - 1))),
            "You corrected with step − 1, which divides by 0 at the first step. step counts from 1, so the power is step itself.",
        ),
        Misconception(
            "corrected_means_returned",
            adam(give=lambda param, m, v, m_hat, v_hat: (param, m_hat, v_hat)),
            "The step is right, but you returned the corrected means m̂ and v̂. The next step needs m and v as they are.",
        ),
        Misconception(
            "corrected_in_place_of_the_mean",
            adam(give=lambda param, m, v, m_hat, v_hat: (param, m, v_hat)),
            "The step is right, but the v that you returned is the corrected one. The next step needs v as it is.",
        ),
        Misconception(
            "gradient_not_squared",
            adam(new_v=lambda v, g, b: b * v + (1 - b) * g),
            "v is the running mean of the squared gradient, g²; you took g.",
        ),
        Misconception(
            "m_squared_instead",
            lambda param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: adam(
                new_v=lambda old, g, b: b * old + (1 - b) * (beta1 * m + (1 - beta1) * g) ** 2
            )(param, grad, m, v, step, lr, beta1, beta2, eps),
            "You squared m for the mean v. It is the mean of the squared gradient itself, g².",
        ),
        Misconception(
            "betas_swapped",
            lambda param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: RIGHT(
                param, grad, m, v, step, lr, beta2, beta1, eps
            ),
            "β₁ and β₂ are swapped: m goes with β₁, v with β₂.",
        ),
        Misconception(
            "old_and_new_swapped",
            adam(lambda m, g, b: (1 - b) * m + b * g, lambda v, g, b: (1 - b) * v + b * g**2),
            "The two parts of the running means are swapped: the old mean counts β, the new gradient 1 − β.",
        ),
        Misconception(
            "new_gradient_in_full",
            adam(lambda m, g, b: b * m + g, lambda v, g, b: b * v + g**2),
            "You added the whole gradient. In a running mean the old part counts β and the new one 1 − β, together 1.",
        ),
        Misconception(
            "root_left_out",
            adam(move=lambda m_hat, v_hat, eps: m_hat / (v_hat + eps)),
            "You divided by v̂. It is a squared gradient; the gradient's size is its root, √v̂.",
        ),
        Misconception(
            "eps_inside_the_root",
            adam(move=lambda m_hat, v_hat, eps: m_hat / np.sqrt(v_hat + eps)),
            "eps stands inside the root, where it counts far more for a small gradient. Add it to √v̂, after the root.",
        ),
        Misconception(
            "eps_left_out",
            adam(move=lambda m_hat, v_hat, eps: np.divide(m_hat, np.sqrt(v_hat))),
            "Where a gradient has always been 0, you divide 0 by 0. eps belongs into the denominator, inside its brackets: √v̂ + eps.",
        ),
        Misconception(
            "the_move_alone",
            lambda param, *rest, **options: (
                param - RIGHT(param, *rest, **options)[0],
                *RIGHT(param, *rest, **options)[1:],
            ),
            "You returned the step in place of the parameters: subtract it from param.",
        ),
        Misconception(
            "uphill",
            adam(sign=1),
            "You walk uphill: the gradient points to where the loss grows, so subtract the step.",
        ),
        Misconception(
            "old_means_used",
            adam_with_old_means,
            "You took the step with the old m and v. Bring both up to date first, then step with the new ones.",
        ),
        Misconception(
            "gradient_instead_of_its_mean",
            lambda param, grad, m, v, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8: adam(
                move=lambda m_hat, v_hat, small: grad / (np.sqrt(v_hat) + small)
            )(param, grad, m, v, step, lr, beta1, beta2, eps),
            "You stepped along this gradient alone. Adam steps along the mean of the gradients so far, m̂.",
        ),
        Misconception(
            "plain_descent",
            plain_descent,
            "That is plain gradient descent, lr · g. Adam steps along m̂, divided by √v̂ + eps.",
        ),
        Misconception(
            "lr_written_in",
            with_constants(lr=lambda given: 1e-3),
            "Your learning rate is always 0.001. Use the argument lr.",
        ),
        Misconception(
            "betas_written_in",
            with_constants(beta1=lambda given: 0.9, beta2=lambda given: 0.999),
            "Your betas are always 0.9 and 0.999. Use the arguments beta1 and beta2.",
        ),
        Misconception(
            "only_the_parameters",
            adam(give=lambda param, *_: param),
            "You returned the parameters alone. The next step needs the running means too: return param, m and v.",
        ),
        Misconception(
            "changed_its_input",
            adam_in_place,
            "The numbers are right, but you changed the arrays you were given (with *=, += or -=), which the caller may still need. Make new ones.",
        ),
        Misconception(
            "bracket_to_the_power",
            adam(correct=lambda mean, b, step: mean / (1 - b) ** step),
            "You raised 1 − β to the power. Only β is: 1 - beta1**step, without brackets around 1 - beta1.",
        ),
    ),
    alternatives=(
        adam_by_loop,
        adam_as_published,
        lambda *a, **k: [np.float32(part) for part in RIGHT(*a, **k)],
        lambda *a, **k: tuple(part.tolist() for part in RIGHT(*a, **k)),
    ),
    hints=(
        "Two running means: m remembers which way the gradient has pointed, v how large it has been. Walk along the first, in the unit that the second gives. At the start both are too small, since they began at 0.",
        "New m = β₁ m + (1 − β₁) g, new v = β₂ v + (1 − β₂) g². Then m̂ = m / (1 − β₁**step) and v̂ = v / (1 − β₂**step), and the step is lr · m̂ / (√v̂ + eps), downhill.",
        "m = beta1 * m + ...\nv = beta2 * v + ...\nm_hat, v_hat = m / (1 - ...), v / (1 - ...)\nreturn param - lr * ... / (... + eps), m, v",
    ),
)
