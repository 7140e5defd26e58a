"""Lesson 01, Watch noise take over: one step, all steps, and what is left of the start."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Choice, Exercise, Misconception, Option
from gradual import forward

LESSON = "01_gradual_noise"


# --- q_step ---------------------------------------------------------------------------------------------------


def step_inputs(shape, beta):
    return lambda rng: {"x_prev": rng.normal(2, 1, shape), "beta": beta, "noise": rng.normal(size=shape)}


def step_in_place(x_prev, beta, noise):
    x_prev *= np.sqrt(1 - beta)
    x_prev += np.sqrt(beta) * noise
    return x_prev


def step_one_entry_at_a_time(x_prev, beta, noise):
    pairs = zip(np.ravel(x_prev), np.ravel(noise))
    return np.array([(1 - beta) ** 0.5 * x + beta**0.5 * e for x, e in pairs]).reshape(np.shape(x_prev))


def step_on_a_copy(x_prev, beta, noise):
    x = np.array(x_prev, dtype=float)
    x *= np.sqrt(1 - beta)
    x += np.sqrt(beta) * noise
    return x


Q_STEP = Exercise(
    function=forward.q_step,
    lesson=LESSON,
    points=3,
    axes={"the batch": "one row a sample"},
    cases=(
        Case("a batch of five points, β = 0.3", step_inputs((5, 2), 0.3)),
        Case("β = 0 adds nothing and changes nothing", step_inputs((4, 2), 0.0)),
        Case("β = 1 leaves only noise", step_inputs((4, 2), 1.0)),
        Case("a batch of images, β = 0.02", step_inputs((3, 8, 8), 0.02), hidden=True),
        Case("a sound, β = 0.6", step_inputs((200,), 0.6), hidden=True),
        Case("one point, β = 0.0001", step_inputs((1, 2), 1e-4), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "beta_not_sqrt_beta",
            lambda x_prev, beta, noise: np.sqrt(1 - beta) * x_prev + beta * noise,
            "You scaled the noise by β. β is a variance, and noise is scaled by a standard deviation: √β.",
        ),
        Misconception(
            "signal_not_square_rooted",
            lambda x_prev, beta, noise: (1 - beta) * x_prev + np.sqrt(beta) * noise,
            "You scaled the data by 1 − β. That is the share of its variance that stays; the data itself is scaled by √(1 − β).",
        ),
        Misconception(
            "no_square_roots",
            lambda x_prev, beta, noise: (1 - beta) * x_prev + beta * noise,
            "You mixed with 1 − β and β, so the variances do not add up to 1. β is a variance: both factors need a square root.",
        ),
        Misconception(
            "coefficients_swapped",
            lambda x_prev, beta, noise: np.sqrt(beta) * x_prev + np.sqrt(1 - beta) * noise,
            "The two factors are swapped: with a small β, nearly all of x_prev should stay and a little noise should come.",
        ),
        Misconception(
            "signal_not_shrunk",
            lambda x_prev, beta, noise: x_prev + np.sqrt(beta) * noise,
            "You added the noise without shrinking the data. Each step would then make the variance larger; √(1 − β) keeps it in bounds.",
        ),
        Misconception(
            "beta_as_standard_deviation",
            lambda x_prev, beta, noise: np.sqrt(1 - beta**2) * x_prev + beta * noise,
            "You treated β as a standard deviation and squared it. β is the variance already: use √(1 − β) and √β.",
        ),
        Misconception(
            "noise_subtracted",
            lambda x_prev, beta, noise: np.sqrt(1 - beta) * x_prev - np.sqrt(beta) * noise,
            "The noise comes in with a minus sign. It is added: x_t = √(1 − β)·x + √β·ε.",
        ),
        Misconception(
            "noise_left_out",
            lambda x_prev, beta, noise: np.sqrt(1 - beta) * x_prev,
            "You shrank the data and added no noise. Add √β times the argument noise.",
        ),
        Misconception(
            "changed_its_input",
            step_in_place,
            "The numbers are right, but you changed x_prev itself (with *= or +=), and the caller still needs it. Make a new array.",
        ),
    ),
    alternatives=(
        step_one_entry_at_a_time,
        step_on_a_copy,
        lambda x_prev, beta, noise: (np.sqrt(1 - beta) * x_prev + np.sqrt(beta) * noise).astype(np.float32),
        lambda x_prev, beta, noise: (np.power(1 - beta, 0.5) * x_prev + np.power(beta, 0.5) * noise).tolist(),
        lambda x_prev, beta, noise: np.sqrt(beta) * (noise + np.sqrt((1 - beta) / beta) * x_prev) if beta else x_prev,
    ),
    hints=(
        "Two things happen in a step: the data shrinks a little, and a little noise is added, so that the total variance can stay the same.",
        "x_t = √(1 − β) · x_{t−1} + √β · ε. In code: x_{t−1} is x_prev, ε is noise, and the root is np.sqrt.",
        "return np.sqrt(...) * x_prev + np.sqrt(...) * noise",
    ),
)


# --- noise_trajectory -----------------------------------------------------------------------------------------


def walk_inputs(shape, steps, low=0.05, high=0.4):
    def make(rng):
        betas = np.concatenate([[0.0], rng.uniform(low, high, steps)])
        return {"x0": rng.normal(1, 1, shape), "betas": betas, "noise": rng.normal(size=(steps, *shape))}

    return make


def step(x, beta, noise):
    return np.sqrt(1 - beta) * x + np.sqrt(beta) * noise


def walk_without_start(x0, betas, noise):
    states, x = [], x0
    for t in range(1, len(betas)):
        x = step(x, betas[t], noise[t - 1])
        states.append(x)
    return np.stack(states)


def walk_noise_one_late(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t], noise[min(t, len(noise) - 1)]))
    return np.stack(states)


def walk_beta_one_early(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t - 1], noise[t - 1]))
    return np.stack(states)


def walk_always_from_start(x0, betas, noise):
    return np.stack([x0, *(step(x0, betas[t], noise[t - 1]) for t in range(1, len(betas)))])


def walk_one_noise(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t], noise[0]))
    return np.stack(states)


def walk_last_state_only(x0, betas, noise):
    return walk_without_start(x0, betas, noise)[-1]


def walk_stops_early(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas) - 1):
        states.append(step(states[-1], betas[t], noise[t - 1]))
    return np.stack(states)


def walk_noise_not_rooted(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(np.sqrt(1 - betas[t]) * states[-1] + betas[t] * noise[t - 1])
    return np.stack(states)


def walk_in_closed_form(x0, betas, noise):
    root = np.sqrt(np.cumprod(1 - np.asarray(betas)))
    states = [np.array(x0, dtype=float)]
    for t in range(1, len(betas)):
        pushes = [root[t] / root[s] * np.sqrt(betas[s]) * noise[s - 1] for s in range(1, t + 1)]
        states.append(root[t] * x0 + np.sum(pushes, axis=0))
    return states


def walk_preallocated(x0, betas, noise):
    states = np.empty((len(betas), *np.shape(x0)))
    states[0] = x0
    for t, (beta, push) in enumerate(zip(betas[1:], noise), start=1):
        states[t] = step(states[t - 1], beta, push)
    return states


def walk_recursive(x0, betas, noise):
    if len(betas) == 1:
        return [x0]
    before = walk_recursive(x0, betas[:-1], noise[:-1])
    return [*before, step(before[-1], betas[-1], noise[-1])]


NOISE_TRAJECTORY = Exercise(
    function=forward.noise_trajectory,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one state for each time, x_0 first", "the rest": "the shape of x0"},
    cases=(
        Case("five steps on a batch of points", walk_inputs((4, 2), 5)),
        Case("one step only", walk_inputs((3, 2), 1)),
        Case("six steps on two small images", walk_inputs((2, 3, 3), 6)),
        Case("forty steps on a batch of points", walk_inputs((6, 2), 40), hidden=True),
        Case("twelve steps on a sound", walk_inputs((50,), 12), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "start_left_out",
            walk_without_start,
            "The trajectory starts at x_1. It should start with the clean data x_0, so that it has T + 1 states.",
        ),
        Misconception(
            "noise_off_by_one",
            walk_noise_one_late,
            "The noise is one step late: step t uses noise[t-1], because noise has no entry for t = 0.",
        ),
        Misconception(
            "beta_off_by_one",
            walk_beta_one_early,
            "Step t uses betas[t], not betas[t-1]: betas[0] belongs to the clean data and is 0.",
        ),
        Misconception(
            "every_step_from_the_start",
            walk_always_from_start,
            "Every state was made from x0. A chain goes on from the state before: x_t is made from x_{t−1}.",
        ),
        Misconception(
            "same_noise_every_step",
            walk_one_noise,
            "Every step used the same noise. Step t has its own: noise[t-1].",
        ),
        Misconception(
            "last_state_only",
            walk_last_state_only,
            "You returned only the last state. Keep every state on the way, x_0 first, and stack them.",
        ),
        Misconception(
            "last_step_missing",
            walk_stops_early,
            "The last step is missing: t runs from 1 to T, and range(1, len(betas)) does that.",
        ),
        Misconception(
            "beta_not_sqrt_beta",
            walk_noise_not_rooted,
            "The noise of a step is scaled by √β: β is its variance.",
        ),
    ),
    alternatives=(walk_in_closed_form, walk_preallocated, walk_recursive),
    hints=(
        "Start a list with x0. For each t from 1 to T, make the next state from the last one in the list, and append it.",
        "x_t = √(1 − β_t) · x_{t−1} + √β_t · ε_t, where β_t is betas[t] and ε_t is noise[t-1]. At the end, np.stack makes one array of the list.",
        "for t in range(1, len(betas)):\n    x_prev = trajectory[-1]\n    trajectory.append(...)",
    ),
)


# --- structure_left -------------------------------------------------------------------------------------------


def path_inputs(shape, steps, offset=3.0):
    def make(rng):
        states = [rng.normal(offset, 1, shape)]
        for _ in range(steps):
            states.append(0.8 * states[-1] + 0.6 * rng.normal(1, 1, shape))
        return {"trajectory": np.stack(states)}

    return make


def rows_of(trajectory):
    return trajectory.reshape(len(trajectory), -1)


def cosine(rows, start):
    return rows @ start / np.sqrt((rows**2).sum(axis=1) * (start @ start))


def left_not_centred(trajectory):
    rows = rows_of(trajectory)
    return cosine(rows, rows[0])


def left_covariance(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows @ rows[0] / rows.shape[1]


def left_of_the_step_before(trajectory):
    rows = rows_of(trajectory)
    return np.array([1.0, *(np.corrcoef(rows[t], rows[t - 1])[0, 1] for t in range(1, len(rows)))])


def left_against_the_end(trajectory):
    rows = rows_of(trajectory)
    return np.array([np.corrcoef(row, rows[-1])[0, 1] for row in rows])


def left_squared(trajectory):
    return np.array([np.corrcoef(row, rows_of(trajectory)[0])[0, 1] ** 2 for row in rows_of(trajectory)])


def left_centred_over_time(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean()
    return cosine(rows, rows[0])


def left_divided_by_start_only(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows @ rows[0] / (rows[0] @ rows[0])


def left_by_standard_scores(trajectory):
    flat = rows_of(trajectory)
    scores = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    return (scores * scores[0]).mean(axis=1)


STRUCTURE_LEFT = Exercise(
    function=forward.structure_left,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one correlation for each time"},
    cases=(
        Case("six states of a batch of points", path_inputs((10, 2), 5)),
        Case("four states of two small images", path_inputs((2, 4, 4), 3)),
        Case("a start against itself", path_inputs((8, 2), 0)),
        Case("thirty states of a sound", path_inputs((100,), 29, 1.0), hidden=True),
        Case("ten states of points around zero", path_inputs((20, 2), 9, 0.2), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "mean_not_subtracted",
            left_not_centred,
            "You did not subtract each state's own mean. Without that, two states that only share an offset look alike.",
        ),
        Misconception(
            "covariance_not_correlation",
            left_covariance,
            "That is the covariance. Divide by both standard deviations, so that the start has correlation 1 with itself.",
        ),
        Misconception(
            "compared_with_the_step_before",
            left_of_the_step_before,
            "You compared each state with the one before it. Compare each with the start, trajectory[0].",
        ),
        Misconception(
            "compared_with_the_end",
            left_against_the_end,
            "You compared each state with the last one. Compare each with the start, trajectory[0].",
        ),
        Misconception(
            "correlation_squared",
            left_squared,
            "You squared the correlation. structure_left is the correlation itself, which keeps its sign.",
        ),
        Misconception(
            "one_mean_for_all_times",
            left_centred_over_time,
            "You subtracted one mean for the whole trajectory. Each state has a mean of its own.",
        ),
        Misconception(
            "divided_by_the_start_only",
            left_divided_by_start_only,
            "You divided by the start's variance only. Pearson's correlation divides by both standard deviations.",
        ),
    ),
    alternatives=(
        lambda trajectory: [np.corrcoef(np.ravel(x), np.ravel(trajectory[0]))[0, 1] for x in trajectory],
        left_by_standard_scores,
        lambda trajectory: np.corrcoef(rows_of(trajectory))[0] if len(trajectory) > 1 else np.ones(1),
    ),
    hints=(
        "Make one long row of numbers out of each state, subtract its mean, and ask how well it lines up with the first row.",
        "r_t = Σ a·b / √(Σ a² · Σ b²), where a is state t less its mean and b is state 0 less its mean. trajectory.reshape(len(trajectory), -1) gives the rows.",
        "rows = rows - rows.mean(axis=1, keepdims=True)\nreturn rows @ rows[0] / np.sqrt(... * ...)",
    ),
)

EXERCISES = (Q_STEP, NOISE_TRAJECTORY, STRUCTURE_LEFT)

CHOICES = (
    Choice(
        "corruption_and_markov",
        LESSON,
        "What best describes how gradual corruption and the Markov property work together?",
        (
            Option(
                "Each step removes a fixed part of the data, so the steps can be taken in any order without changing the path.",
                "Nothing is cut out, and a path is ordered in time: x_t is made from x_{t−1}. What is true is that the *total* noise depends only on the product of the 1 − β.",
            ),
            Option(
                "Every state is made from the clean data with fresh noise, so the steps need not know of each other.",
                "That would give the right amount of noise at each time, but the states would not be a chain: x_t would not be made from x_{t−1}.",
            ),
            Option(
                "Each step adds a little noise to the state before it and needs nothing older, so one small step is all there is to learn to undo.",
                "Yes. The corruption is gradual, so each step is small and easy to undo; the chain is Markov, so undoing it step by step loses nothing.",
                right=True,
            ),
            Option(
                "The chain remembers all its earlier states, and that memory is what later lets us recover the data.",
                "The next state looks only at the present one. What is recovered later is learned from many examples of data, not stored in the chain.",
            ),
        ),
    ),
    Choice(
        "why_shrink",
        LESSON,
        "A step multiplies the data by √(1 − β) before it adds noise of variance β. Why?",
        (
            Option(
                "So that data of variance 1 keeps variance 1: (1 − β)·1 + β = 1.",
                "Yes. The variances of independent parts add up, and they add up to 1 at every step: the chain neither explodes nor dies out.",
                right=True,
            ),
            Option(
                "So that the noise is removed again at the next step.",
                "No step removes noise. The shrinking weakens old noise and signal alike, and new noise comes on top.",
            ),
            Option(
                "So that the values stay between −1 and 1, as in an image.",
                "Gaussian noise has no bounds, so values beyond 1 do appear. What is kept is the variance.",
            ),
        ),
    ),
    Choice(
        "what_correlation_says",
        LESSON,
        "structure_left of a digit after 1000 steps is 0.01. What does that say?",
        (
            Option(
                "The last state is a little darker than the first.",
                "Correlation takes each state's mean and size out, so brightness does not matter to it.",
            ),
            Option(
                "One per cent of the pixels still have their old values.",
                "Every pixel has changed. The number says how well the whole pattern lines up with the start, not how many pixels stayed.",
            ),
            Option(
                "Almost nothing of the start can be seen in the last state: it lines up with the start about as well as pure noise would.",
                "Yes. With 64 pixels, pure noise has correlations of about ±0.12 with any image, so 0.01 cannot be told from none.",
                right=True,
            ),
        ),
    ),
)
