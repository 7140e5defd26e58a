"""Lesson 01, Watch noise take over: one step, all steps, and what is left of the start."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.all_steps import NOISE_TRAJECTORY
from autograder.exercises.one_step import LESSON, Q_STEP
from autograder.exercises.structure import STRUCTURE_LEFT

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
