"""Lesson 06, Take one step back: Bayes' rule for one step, and four names for what a network predicts."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.conversions import EPS_FROM_X0, X0_FROM_EPS
from autograder.exercises.one_step_back import LESSON, Q_POSTERIOR
from autograder.exercises.velocity_and_score import SCORE_FROM_EPS, V_FROM_EPS

EXERCISES = (Q_POSTERIOR, X0_FROM_EPS, EPS_FROM_X0, V_FROM_EPS, SCORE_FROM_EPS)

CHOICES = (
    Choice(
        "gaussian_step_back",
        LESSON,
        "Diffusion models learn the step back from x_t to x_{t−1} as a Gaussian, although the data are anything but. Why does that work?",
        (
            Option(
                "Every step forward is Gaussian, and undoing a Gaussian step gives a Gaussian.",
                "Your slider says otherwise: with β = 0.9 the step forward is Gaussian, and the step back has two peaks.",
            ),
            Option(
                "After enough steps the data have become Gaussian, so all steps back are Gaussian as well.",
                "Only near t = T. Further down the data have their peaks again, and it is there that the size of the step decides.",
            ),
            Option(
                "Steps are small: x_t then leaves only a narrow stretch for x_{t−1}, over which the density hardly bends.",
                "Yes. Bayes multiplies a narrow Gaussian with a density that is nearly a straight slope on the log scale, and that is again close to a Gaussian.",
                right=True,
            ),
            Option(
                "The network knows x₀, and once x₀ is known the step back is exactly Gaussian.",
                "The second half is true, and it is why training can use q_posterior. But when samples are made nobody knows x₀.",
            ),
        ),
    ),
    Choice(
        "noise_error_grows",
        LESSON,
        "A network predicts ε, off by 0.1 at every t. You compute x̂₀ with x0_from_eps. At which t is x̂₀ furthest off?",
        (
            Option(
                "At large t: the error is multiplied by √(1 − ᾱ_t)/√ᾱ_t, which grows without end as ᾱ_t goes to 0.",
                "Yes. It is 1 over the root of the signal-to-noise ratio: little signal is left, and every error is blown up with it. In the picture the dashed line lies almost flat.",
                right=True,
            ),
            Option(
                "At small t: there is hardly any noise in x_t, so ε is hard to tell and x̂₀ suffers.",
                "ε is hard to tell there, but it hardly matters: it comes in with √(1 − ᾱ_t), which is small at small t.",
            ),
            Option(
                "At no t: ε and x₀ are the same thing in other words, so both are off by 0.1 everywhere.",
                "They hold the same information on different scales. The factor between the two errors depends on t.",
            ),
        ),
    ),
)
