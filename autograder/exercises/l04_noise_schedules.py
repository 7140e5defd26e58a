"""Lesson 04, Choose how fast the noise comes: two schedules, the ratio that compares them, and a repair."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.beta_schedules import COSINE, LESSON, LINEAR
from autograder.exercises.signal_left import RESCALE, SNR

EXERCISES = (LINEAR, COSINE, SNR, RESCALE)

CHOICES = (
    Choice(
        "shorter_schedule",
        LESSON,
        "The linear schedule from 0.0001 to 0.02 ends near pure noise with T = 1000. You want only 250 steps, and the same end. What do you change?",
        (
            Option(
                "Nothing: the line runs from the same first β to the same last β, so it ends at the same ᾱ.",
                "The last *step* is the same, but ᾱ_T is a product over all steps. With a quarter of the factors, √ᾱ_T is 0.28 and not 0.006.",
            ),
            Option(
                "Multiply both ends by 4, so that a quarter of the steps adds up to about the same.",
                "Yes. For small β, log ᾱ_T is about −Σβ, so a quarter of the steps needs four times the β: from 0.0004 to 0.08, √ᾱ_T is 0.0057.",
                right=True,
            ),
            Option(
                "Divide both ends by 4, so that the steps stay gentle although there are fewer of them.",
                "Fewer *and* weaker steps destroy much less: √ᾱ_T would be about 0.73, and most of the data would still be there.",
            ),
            Option(
                "Multiply both ends by 2, because √4 is 2 and noise is scaled by √β.",
                "The variances multiply up, not the sizes: log ᾱ_T is about −Σβ, with no root. Twice the β leaves √ᾱ_T at about 0.08.",
            ),
        ),
    ),
    Choice(
        "log_snr_of_zero",
        LESSON,
        "At some step, the log SNR of a schedule is 0. What does x_t look like there?",
        (
            Option(
                "Half signal and half noise, by variance: ᾱ = 0.5.",
                "Yes. log 1 = 0, so signal and noise have equal variances, and these add up to 1. The sizes are both √0.5, about 0.71.",
                right=True,
            ),
            Option(
                "Nothing of the signal is left: x_t is pure noise, as at the end of the chain.",
                "Without signal the SNR itself is 0, and its logarithm is −∞, far below 0.",
            ),
            Option(
                "It is still clean: no noise has come in yet, as at the start of the chain.",
                "Without noise the SNR is infinite, and so is its logarithm.",
            ),
        ),
    ),
    Choice(
        "leftover_signal",
        LESSON,
        "A model is trained on a schedule that ends at √ᾱ_T = 0.28. Sampling then starts from N(0, I). What is wrong?",
        (
            Option(
                "Nothing: a trace this faint cannot be seen, and what cannot be seen cannot matter.",
                "The eye looks at single pixels. An average over thousands of pixels shows the trace clearly, and so a network can find it too.",
            ),
            Option(
                "The noise in training was too strong, so the model has forgotten the data when sampling starts.",
                "It was too weak: at step T, a good part of the signal was still there. And a model learns from all steps, not only the last.",
            ),
            Option(
                "In training, every x_T still carried a trace of an image, and the model learned to use it. The first input in sampling carries none.",
                "Yes. The model starts from inputs of a kind it never saw. Lin et al. (2024) show that it then clings to medium brightness, for pure noise has mean 0.",
                right=True,
            ),
        ),
    ),
)
