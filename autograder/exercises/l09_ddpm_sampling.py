"""Lesson 09, Turn noise into data: the sampler, and how well it does."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.reverse_step import DDPM_STEP, LESSON
from autograder.exercises.sample_distance import ENERGY_DISTANCE
from autograder.exercises.whole_way_back import SAMPLE

EXERCISES = (DDPM_STEP, SAMPLE, ENERGY_DISTANCE)

CHOICES = (
    Choice(
        "why_fresh_noise",
        LESSON,
        "A step back takes noise away, and then adds some. Someone leaves the fresh noise out, in every step of the very same loop. What comes out?",
        (
            Option(
                "The same samples, a little sharper: noise can only blur.",
                "Try it: set the noise to 0 in your ddpm_step and run the picture again. The points gather in too few places, because each step heads for a mean.",
            ),
            Option(
                "Samples that vary too little: each step heads for a mean, and the spread around it is lost.",
                "Yes. x_{t−1} given x_t is a whole distribution, and its mean alone is too narrow. A sampler without fresh noise exists, and it needs other coefficients (lesson 10).",
                right=True,
            ),
            Option(
                "Nothing that is like the data, since the network has never seen states without noise in them.",
                "The states still hold the noise that they started with. What they lack is spread, and the picture shows it: the samples come near the data, in too few places.",
            ),
            Option(
                "The same samples, after more steps.",
                "More steps do not bring the spread back: each of them heads for a mean again.",
            ),
        ),
    ),
    Choice(
        "at_the_floor",
        LESSON,
        "A sampler's energy distance to true data is exactly that of two true samples. What do you know?",
        (
            Option(
                "It has learned the distribution, since no sampler can do better than the floor.",
                "A sampler that hands out stored training points is at the floor as well, and has learned nothing.",
            ),
            Option(
                "It overfits: a trained network always stays above the floor.",
                "A good network can come so near that this number cannot tell. Whether it copies is another question, for another number.",
            ),
            Option(
                "By this number, its samples cannot be told from true ones; whether they are copies, it does not say.",
                "Yes. Copies of the training data are true points too. That is why novelty, the distance to the nearest training point, is measured beside it.",
                right=True,
            ),
        ),
    ),
)
