"""Lesson 03, Jump to any step: two steps merged into one, all of them into ᾱ, and the jump itself."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.jump import Q_SAMPLE
from autograder.exercises.merged_noise import ALPHA_BAR_FROM_BETAS, LESSON, MERGE_STEPS

EXERCISES = (MERGE_STEPS, ALPHA_BAR_FROM_BETAS, Q_SAMPLE)

CHOICES = (
    Choice(
        "same_in_distribution",
        LESSON,
        "One crowd walks 300 steps, another jumps to t = 300, and the two are equal in distribution. What does that say?",
        (
            Option(
                "Each point of the first crowd lands where its partner in the second lands.",
                "Even from one start, two points draw different noise and land in different places. What agrees is how often each region is hit.",
            ),
            Option(
                "The two crowds have the same mean and the same variance, and may differ in shape.",
                "They agree in everything that one time can show: mean, variance, every quantile, every bump. Two Gaussians with one mean and one variance are the same Gaussian.",
            ),
            Option(
                "Any region is hit with the same probability by both, though single points land in different places.",
                "Yes. That is all which a histogram at one time can show, and the derivation says that it holds exactly.",
                right=True,
            ),
            Option(
                "The two crowds took the same path, in different numbers of steps.",
                "The second crowd took no path at all: it has a start and an end. Equal distributions at one time say nothing about what happens in between.",
            ),
        ),
    ),
    Choice(
        "jump_twice",
        LESSON,
        "You jump from x₀ to t = 100, and from the same x₀ to t = 101, each with new noise. How do the two states compare with neighbours on a chain?",
        (
            Option(
                "They are far too different: each carries noise of its own, where the chain's neighbours share nearly all of it.",
                "Yes. Each state alone is distributed as it should be; together they are not, because x₁₀₁ was not made from x₁₀₀.",
                right=True,
            ),
            Option(
                "They are alike: t = 100 and t = 101 have nearly the same ᾱ.",
                "Nearly the same ᾱ gives nearly the same distribution. The noises are independent, though, so the two states differ as two strangers do.",
            ),
            Option(
                "They are exactly a pair of neighbours, since the jump is exact for every t.",
                "It is exact for each t on its own. A pair of neighbours also needs the right relation between the two, and the jump knows nothing of that.",
            ),
        ),
    ),
    Choice(
        "why_training_jumps",
        LESSON,
        "Training shows a network millions of noisy examples, each at a random t. Why may it jump?",
        (
            Option(
                "A network cannot see the small difference between a state that was walked to and one that was jumped to.",
                "There is no difference to see: the two have exactly the same distribution, so this is no approximation.",
            ),
            Option(
                "Each example is one state at one time, and for one time the jump gives exactly what walking gives.",
                "Yes. No example contains two times of one path, so nothing is lost, and hundreds of steps are saved for each example.",
                right=True,
            ),
            Option(
                "The network learns the jump backwards, from noise to data in one go, so it never needs the steps.",
                "It learns to guess the noise in one state. Going back in one go gives a blurred average; lesson 06 shows why the way back takes small steps.",
            ),
        ),
    ),
)
