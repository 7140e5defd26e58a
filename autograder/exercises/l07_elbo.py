"""Lesson 07, Count the cost of a denoiser: the ELBO as exact terms, and the loss that counts them otherwise."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.bound_parts import LESSON
from autograder.exercises.bound_terms import VLB_TERMS
from autograder.exercises.plain_loss import SIMPLE_LOSS
from autograder.exercises.two_gaussians import NORMAL_KL

EXERCISES = (NORMAL_KL, VLB_TERMS, SIMPLE_LOSS)

CHOICES = (
    Choice(
        "below_the_entropy",
        LESSON,
        "A colleague computes the bound for the four bells on a million fresh points, by Monte Carlo, and reports 0.91 nats; the entropy is 1.0007. What do you say?",
        (
            Option(
                "Well done: the denoiser must be better than the exact one.",
                "No denoiser is. The bound of any model, averaged over the data, is at least the entropy of the data.",
            ),
            Option(
                "Nats can be negative for continuous data, so any number is possible.",
                "They can be negative, but the entropy is the lowest of them on average, whatever its sign.",
            ),
            Option(
                "There is a mistake somewhere: averaged over the data, no bound lies below the entropy, and a million points leave no room for luck.",
                "Yes. Bound − entropy is a KL, and a KL is never negative. Twenty points can fall below by luck; a million cannot by 0.09. A term is missing, or the model saw x₀.",
                right=True,
            ),
            Option(
                "The noise schedule must be shorter than ours, which lowers the bound.",
                "Fewer steps make the bound higher here, and no schedule can push it below the entropy.",
            ),
        ),
    ),
    Choice(
        "which_variance",
        LESSON,
        r"For which data is $\sigma_t^2 = \tilde\beta_t$, the variance of $q(x_{t-1} \mid x_t, x_0)$, exactly the best choice?",
        (
            Option(
                "For data that is one single point.",
                "Yes. Then x₀ is known from the start, the exact denoiser makes no error, and the step back varies by β̃_t alone. For data from N(0, 1) it is β_t, and everything else lies between (Ho et al. 2020, section 3.2).",
                right=True,
            ),
            Option(
                "For data from a standard normal distribution.",
                "There x₀ stays as uncertain as it can be, which makes the step back wider: its variance is exactly β_t.",
            ),
            Option(
                "For any data, since it is the true posterior's variance.",
                "It is the variance when x₀ is known. The model knows x_t alone, and its own doubt about x₀ has to be added.",
            ),
            Option(
                "For images, where neighbouring pixels are alike.",
                "What counts is how much x_t leaves open about x₀, not whether entries resemble each other.",
            ),
        ),
    ),
    Choice(
        "same_minimum",
        LESSON,
        "The bound and L_simple weigh the steps differently. A denoiser that can be any function is trained to the end with one, and another with the other. How do they differ?",
        (
            Option(
                "The one trained with L_simple is better at small t, for it has more weight there.",
                "It is the bound that puts its weight on small t; and for a function that can be anything, weights do not matter.",
            ),
            Option(
                "They do not: at every t, both are least for E[ε given x_t].",
                "Yes. Every term is least at the same function, so no weights above 0 can move the minimum. They matter when one network, of limited size and training, has to share itself among all t.",
                right=True,
            ),
            Option(
                "The one trained with the bound is exact, and the other is an approximation of it.",
                "Both are least for the same function: each term is a positive number times the squared error of the noise at its t.",
            ),
        ),
    ),
)
