"""Lesson 08, Learn to denoise: a network, its gradient by hand, and the floor that its loss cannot go below."""

from __future__ import annotations

from autograder.exercise import Choice, Option
from autograder.exercises.adam import ADAM_STEP
from autograder.exercises.network_backward import MLP_BACKWARD
from autograder.exercises.network_forward import MLP_FORWARD
from autograder.exercises.time_waves import LESSON, TIMESTEP_EMBEDDING

EXERCISES = (TIMESTEP_EMBEDDING, MLP_FORWARD, MLP_BACKWARD, ADAM_STEP)

CHOICES = (
    Choice(
        "loss_at_the_floor",
        LESSON,
        "Your network's loss, measured on fresh data, has come down to 0.34, where the floor is 0.33. A friend says that a network ten times as large would bring it to 0.1. What do you answer?",
        (
            Option(
                "Yes, if it also trains ten times as long: more parameters can always fit more.",
                "More parameters help a network to come nearer to E[ε given x_t]. That function itself has the loss 0.33 on fresh data, and nothing that sees only x_t and t does better.",
            ),
            Option(
                "No, since a larger network would need a smaller learning rate to train at all.",
                "The learning rate decides how fast training gets down, and whether it does. It does not move the floor.",
            ),
            Option(
                "No: the floor is the error of the best guess itself, and no network guesses better than that.",
                "Yes. Many clean points could have led to one x_t, each with its own noise. The best guess is their mean, and how far they lie around it is the floor. It comes from the data and the schedule, not from the network.",
                right=True,
            ),
            Option(
                "Yes, but only at the late steps, where almost everything is noise.",
                "There the floor is almost 0 already: x_t is almost the noise itself. It is the early steps that keep the mean up, and they have a floor of their own.",
            ),
        ),
    ),
    Choice(
        "what_a_gradient_check_proves",
        LESSON,
        "Your gradient check shows relative errors of about 1e-9 for every parameter, at one network, one batch and h = 1e-5. What do you know?",
        (
            Option(
                "mlp_backward gives the gradient of what mlp_forward computes, there. It says nothing about whether mlp_forward is right.",
                "Yes. Both sides of the comparison run the same mlp_forward, so a mistake in it is in both. That is why the course checks the two apart.",
                right=True,
            ),
            Option(
                "The network will train well.",
                "A right gradient is needed for that, and it is not enough: the learning rate, the size of the network and the data decide as well.",
            ),
            Option(
                "Nothing yet: an error that is not exactly 0 means that something is still wrong.",
                "A finite difference is itself only good to about nine digits here: the step h bends a little, and float64 rounds. Agreement to that is all that can be had.",
            ),
        ),
    ),
)
