"""Every exercise of the course: the reference passes, the stub fails, every mistake is named, every other way passes."""

import pytest

from autograder.exercises import all_choices, all_exercises, find_exercise
from autograder.in_process import caller
from autograder.judge import judge_all, judge_hidden, judge_visible

EXERCISES = all_exercises()
MISCONCEPTIONS = [(exercise, wrong) for exercise in EXERCISES for wrong in exercise.misconceptions]
ALTERNATIVES = [(exercise, i) for exercise in EXERCISES for i in range(len(exercise.alternatives))]


def call_of(exercise, function):
    return caller({exercise.name: function})


def by_name(pair):
    return f"{pair[0].name}-{getattr(pair[1], 'name', pair[1])}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_reference_passes(exercise):
    call = call_of(exercise, exercise.function.__wrapped__)
    assert judge_visible(exercise, call).passed
    assert judge_hidden(exercise, call, "another secret").passed
    assert judge_all(exercise, call).score == exercise.points


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_stub_fails_and_is_told_so(exercise):
    def stub(*args, **kwargs):
        raise NotImplementedError

    verdict = judge_all(exercise, call_of(exercise, stub))
    assert (verdict.passed, verdict.score) == (False, 0)
    assert "not written yet" in verdict.message


@pytest.mark.parametrize("pair", MISCONCEPTIONS, ids=by_name)
def test_misconception_fails_everywhere_and_is_named(pair):
    exercise, wrong = pair
    call = call_of(exercise, wrong.function)
    for verdict in (
        judge_visible(exercise, call),
        judge_all(exercise, call),
        *(judge_hidden(exercise, call, secret) for secret in ("one", "two", "three")),
    ):
        assert not verdict.passed
        assert verdict.misconception == wrong.name
        assert verdict.message == wrong.sentence


@pytest.mark.parametrize("pair", ALTERNATIVES, ids=by_name)
def test_another_way_to_write_it_passes(pair):
    exercise, i = pair
    call = call_of(exercise, exercise.alternatives[i])
    for verdict in (judge_all(exercise, call), judge_hidden(exercise, call, "another secret")):
        assert verdict.passed, verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_exercise_is_complete(exercise):
    assert len(exercise.cases) >= 4
    assert sum(case.hidden for case in exercise.cases) >= 2
    assert len(exercise.misconceptions) >= 5
    assert len(exercise.alternatives) >= 3
    assert len(exercise.hints) == 3
    assert len({case.title for case in exercise.cases}) == len(exercise.cases)
    assert len({wrong.name for wrong in exercise.misconceptions}) == len(exercise.misconceptions)
    assert all(1 <= wrong.sentence.count(". ") + 1 <= 3 for wrong in exercise.misconceptions)
    assert exercise.points >= 2


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_secret_decides_the_inputs(exercise):
    case = exercise.cases[0]
    same, again, other = (repr(exercise.inputs(case, secret)) for secret in ("one", "one", "two"))
    assert same == again != other


def test_names_are_unique_in_the_course():
    names = [one.name for one in (*EXERCISES, *all_choices())]
    assert len(names) == len(set(names))
    assert find_exercise("no_such_exercise") is None


@pytest.mark.parametrize("choice", all_choices(), ids=lambda c: c.name)
def test_choice_has_one_right_option_and_explains_each(choice):
    assert sum(option.right for option in choice.options) == 1
    assert 3 <= len(choice.options) <= 5
    explanations = [option.explanation for option in choice.options]
    assert len(set(explanations)) == len(explanations) and all(len(text) > 20 for text in explanations)


@pytest.mark.parametrize("lesson", sorted({exercise.lesson for exercise in EXERCISES}))
def test_right_answers_are_not_all_the_same_letter(lesson):
    letters = {choice.answer for choice in all_choices() if choice.lesson == lesson}
    assert len(letters) >= 2


