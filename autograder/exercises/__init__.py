"""The registry: every exercise and every multiple-choice question of the course, in the order of the lessons.

Each lesson has one module here, ``l01_gradual_noise.py`` and so on, with two tuples: ``EXERCISES`` and ``CHOICES``.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from autograder.exercise import Choice, Exercise


@functools.cache
def lesson_modules():
    """The lessons' modules, in order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("l"))
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


@functools.cache
def all_exercises() -> tuple[Exercise, ...]:
    return tuple(exercise for module in lesson_modules() for exercise in module.EXERCISES)


@functools.cache
def all_choices() -> tuple[Choice, ...]:
    return tuple(choice for module in lesson_modules() for choice in module.CHOICES)


def find_exercise(name: str) -> Exercise | None:
    return next((exercise for exercise in all_exercises() if exercise.name == name), None)


def find_choice(name: str) -> Choice | None:
    return next((choice for choice in all_choices() if choice.name == name), None)
