"""Lesson 02, Test the chain for memory: an impostor, a test that unmasks it, and the density of a path."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.foil_and_memory import LESSON, PARTIAL_CORRELATION, SHARED_NOISE_PATH
from autograder.exercises.path_densities import CHAIN_LOG_PROB, TRANSITION_LOG_PROB

EXERCISES = (SHARED_NOISE_PATH, PARTIAL_CORRELATION, TRANSITION_LOG_PROB, CHAIN_LOG_PROB)

CHOICES = (
    Choice(
        "what_markov_means",
        LESSON,
        "In the forward chain x_0 → x_1 → … → x_T, what does the Markov property say about x_0 and x_T?",
        (
            Option(
                "They are independent: the chain has forgotten where it started.",
                "Not by the Markov property. x_0 and x_T are correlated, by √ᾱ_T for data of variance 1; the noise makes that small, and no T makes it exactly 0.",
            ),
            Option(
                "Once a state between them is known, x_0 says nothing more about x_T.",
                "Yes. All that x_0 can tell of x_T goes through the state between them; whoever knows that state has it already.",
                right=True,
            ),
            Option(
                "x_T has the same distribution whatever x_0 was, because each step adds fresh noise.",
                "That holds nearly, for large T, and for another reason: ᾱ_T is small. The Markov property holds for T = 2 as well, where x_0 still shows.",
            ),
            Option(
                "x_0 can be computed from x_T if all betas are known.",
                "The noise that was drawn is not known, so x_0 cannot be computed. The foil is another matter: two of its states give x_0 away.",
            ),
        ),
    ),
    Choice(
        "zero_partial_correlation",
        LESSON,
        "You are given paths of an unknown process. For all the times you try, the partial correlation of past and future given the present is 0, within chance. What may you conclude?",
        (
            Option(
                "The process is a Markov chain.",
                "Memory can hide where straight lines do not see it: the process with memory in its spread passes this test.",
            ),
            Option(
                "Each state is independent of the one before it.",
                "Nothing was said about neighbours. In the forward chain they are strongly correlated, and the test still gives 0.",
            ),
            Option(
                "No straight-line memory was found. Other memory is not excluded.",
                "Yes. The test looks at correlation after straight-line prediction, and at nothing else.",
                right=True,
            ),
        ),
    ),
    Choice(
        "too_probable",
        LESSON,
        "A path of 200 steps scores a log density far above that of any of 5000 real chains. Was it made by the chain?",
        (
            Option(
                "Hardly. Real noise has ε² of about 1 at a step, and almost no real path is that smooth.",
                "Yes. The highest density is at no noise at all, and a chain never goes there: far too few paths look like that. Both tails are suspicious.",
                right=True,
            ),
            Option(
                "Yes, with more confidence than for any other path: it is the most probable one of all.",
                "A high density at one path is not a high probability of paths like it. Toss a biased coin 200 times: all heads is the likeliest sequence, and you never see it.",
            ),
            Option(
                "It cannot be said, because a density can be above 1 and is no probability.",
                "A density may be above 1, true. But the log densities of real chains have a known mean and spread, and this path lies far outside.",
            ),
        ),
    ),
)
