"""What a wrong answer is told, beyond the named misconceptions, and what must not count as wrong."""

import warnings

import numpy as np
import pytest

from autograder.exercise import Verdict
from autograder.exercises import find_exercise
from autograder.in_process import caller
from autograder.judge import judge_all, judge_hidden, judge_visible
from autograder.show import failure_lines

STEP, WALK, LEFT = (find_exercise(name) for name in ("q_step", "noise_trajectory", "structure_left"))
right_step = STEP.function.__wrapped__


def told(exercise, function, **more):
    verdict = judge_visible(exercise, caller({exercise.name: function, **more}))
    assert not verdict.passed and verdict.score == 0
    return verdict.message


def test_missing_function():
    assert "no function q_step yet" in judge_visible(STEP, caller({})).message


def test_a_number_of_that_name_is_no_function():
    assert "it is a int, not a function" in told(STEP, 3)


def test_forgotten_return():
    assert told(STEP, lambda x_prev, beta, noise: None) == "q_step returned nothing. Does its last line start with return?"


def test_wrong_shape_says_both_and_what_the_axes_mean():
    message = told(LEFT, lambda trajectory: np.ones((len(trajectory), 2)))
    assert "(6, 2); expected (6,)" in message and "one correlation for each time" in message


def test_nan_says_where():
    def with_nan(x_prev, beta, noise):
        x = right_step(x_prev, beta, noise)
        x[2, 1] = np.nan
        return x

    message = told(STEP, with_nan)
    assert "NaN" in message and "(2, 1)" in message


def test_nan_is_never_a_pass():
    assert "NaN" in told(LEFT, lambda trajectory: np.full(len(trajectory), np.nan))


def test_noise_of_its_own_is_told():
    rng = np.random.default_rng(0)
    message = told(STEP, lambda x_prev, beta, noise: right_step(x_prev, beta, rng.normal(size=x_prev.shape)))
    assert "draws random numbers of its own" in message and "x_prev, beta, noise" in message


def test_factor_and_sign_and_offset():
    assert "2.5 times" in told(STEP, lambda x, b, e: 2.5 * right_step(x, b, e))
    assert "wrong sign" in told(STEP, lambda x, b, e: -right_step(x, b, e))
    assert "− 0.25" in told(STEP, lambda x, b, e: right_step(x, b, e) - 0.25)


def test_right_only_at_the_start_says_from_where_it_is_wrong():
    def half(x0, betas, noise):
        states = WALK.function(x0, betas, noise)
        states[3:] = 0
        return states

    message = told(WALK, half)
    assert "right up to index 2 of T+1 and wrong from index 3" in message


def test_their_error_with_their_line_and_no_traceback_of_ours():
    def broken(x_prev, beta, noise):
        y = x_prev + 1
        return y / undefined_name  # noqa: F821

    message = told(STEP, broken)
    assert "NameError: name 'undefined_name' is not defined, at line 3 of the function" in message
    assert "return y / undefined_name" in message and "autograder" not in message


def test_a_numpy_name_without_np_is_told():
    def broken(x_prev, beta, noise):
        return sqrt(1 - beta) * x_prev  # noqa: F821

    assert "NumPy has it: np.sqrt." in told(STEP, broken)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return bend(x_prev)", "bend is defined nowhere yet: write it out here, or define it first."),
        ("return chain_log_prob(x_prev)", "Run the cell that starts with def chain_log_prob first."),
        ("return beta_t * x_prev", "use its parameters: x_prev, beta, noise."),
    ],
)
def test_an_unknown_name_is_told_by_what_it_stands_for(line, said, tmp_path):
    cell, namespace = tmp_path / "cell.py", {"np": np}
    cell.write_text(f"def q_step(x_prev, beta, noise):\n    {line}\n")
    exec(compile(cell.read_text(), cell, "exec"), namespace)
    assert said in judge_visible(STEP, caller(namespace)).message


def test_parts_are_counted_in_words():
    backward = find_exercise("mlp_backward")
    assert "it should return 1 thing: (" in told(backward, lambda params, cache, grad_output: [(0, 0)] * 4)


def test_exit_inside_a_function_is_only_an_error():
    def leaves(x_prev, beta, noise):
        raise SystemExit

    assert "stopped with SystemExit" in told(STEP, leaves)


def test_parameters_taken_away():
    assert "Keep its parameters as they were: (x_prev, beta, noise)" in told(STEP, lambda x_prev: x_prev)


def test_a_renamed_parameter_is_fine():
    assert judge_all(STEP, caller({"q_step": lambda x, b, e: right_step(x, b, e)})).passed


def test_object_and_text_are_refused_with_what_came():
    assert "returned a dict" in told(STEP, lambda x_prev, beta, noise: {})
    assert "a text" in told(STEP, lambda x_prev, beta, noise: "no")


def test_data_of_the_notebook_is_noticed():
    namespace = {"np": np, "beta_now": 0.01}
    exec("def q_step(x_prev, beta, noise):\n    return np.sqrt(1 - beta_now) * x_prev + beta_now * noise", namespace)
    verdict = judge_visible(STEP, caller(namespace))
    assert "reads beta_now from the notebook" in verdict.message


def test_failing_prerequisite_is_named_first():
    def walk(x0, betas, noise):
        states = [x0]
        for t in range(1, len(betas)):
            states.append(q_step(states[-1], betas[t], noise[t - 1]))  # noqa: F821
        return np.stack(states)

    walk.__globals__["q_step"] = wrong = STEP.misconceptions[0].function
    try:
        message = told(WALK, walk, q_step=wrong)
    finally:
        del walk.__globals__["q_step"]
    assert message == told(STEP, wrong).join(["noise_trajectory calls your q_step, which does not pass yet. Mend q_step first: ", ""])


def test_warnings_prints_and_numpy_complaints_cost_nothing(capsys):
    def noisy(x_prev, beta, noise):
        print("here")
        warnings.warn("watch out", stacklevel=1)
        np.log(-np.ones(2))
        return right_step(x_prev, beta, noise)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert judge_all(STEP, caller({"q_step": noisy})).passed
    assert capsys.readouterr() == ("", "")


def test_a_print_is_shown_when_the_check_fails():
    def noisy(x_prev, beta, noise):
        print("beta is", beta)
        return x_prev

    verdict = judge_visible(STEP, caller({"q_step": noisy}))
    assert "    beta is 0.3" in failure_lines(verdict)


def test_failure_says_sentence_then_case_then_numbers():
    verdict = judge_visible(STEP, caller({"q_step": STEP.misconceptions[0].function}))
    lines = failure_lines(verdict)
    assert lines[0].startswith("✘ Not yet. You scaled the noise by β.")
    place = [next(i for i, line in enumerate(lines) if text in line) for text in ("Seen on the case", "expected", "… and")]
    assert place == sorted(place)


def test_a_long_curve_is_drawn():
    verdict = judge_all(LEFT, caller({"structure_left": lambda trajectory: np.linspace(1, 0.5, len(trajectory)) ** 7}))
    hidden_only = judge_visible(LEFT, caller({"structure_left": lambda trajectory: np.linspace(1, 0.5, len(trajectory)) ** 7}))
    assert verdict.case == hidden_only.case
    long = LEFT.cases[3]
    from autograder.judge import judge

    text = "\n".join(failure_lines(judge(LEFT, caller({"structure_left": lambda s: np.linspace(1, 0, len(s))}), [long])))
    assert "yours     █" in text and "expected  █" in text


@pytest.mark.parametrize("odd", [[1.7e308, -1.7e308], [True, False], [0, 255], [5e-324, 0.0]])
def test_a_long_curve_of_odd_numbers_is_drawn_too(odd):
    values = np.tile(np.array(odd), 10)
    lines = failure_lines(Verdict("q_step", False, 0, "Wrong.", got=values, expected=1e308 * np.linspace(-1, 1, 20)))
    assert len(lines[-3].split()[1]) == len(lines[-2].split()[1]) == 20
    assert set(lines[-3].split()[1]) <= set("▁▂▃▄▅▆▇█")


def test_hidden_verdict_shows_no_numbers():
    verdict = judge_hidden(STEP, caller({"q_step": lambda x_prev, beta, noise: x_prev}), "a secret")
    assert not verdict.passed
    assert verdict.got is None and verdict.expected is None and verdict.printed == ""
    assert "expected" not in "\n".join(failure_lines(verdict))


def test_hidden_verdict_carries_no_input_out():
    def tells(x_prev, beta, noise):
        raise ValueError(f"beta was {beta}")

    verdict = judge_hidden(STEP, caller({"q_step": tells}), "a secret")
    assert "beta was" not in verdict.message and "not shown" in verdict.message


@pytest.mark.parametrize("secret", ["one", "two"])
def test_the_same_submission_always_gets_the_same_score(secret):
    call = caller({"q_step": STEP.misconceptions[1].function})
    assert judge_hidden(STEP, call, secret) == judge_hidden(STEP, call, secret)


def test_score_of_all_cases_is_what_the_two_cells_add_up_to():
    def only_two_axes(x_prev, beta, noise):
        return right_step(x_prev, beta, noise) if np.ndim(x_prev) == 2 else x_prev

    verdict = judge_all(STEP, caller({"q_step": only_two_axes}))
    assert (verdict.passed, verdict.score) == (False, STEP.visible_points)


BACKWARD = find_exercise("mlp_backward")


@pytest.mark.parametrize(("change", "said"), [
    (lambda grads: grads[:-1], "should return 3 things"),
    (lambda grads: [grads[0], (grads[1][0],), grads[2]], "The second result is (an array of shape (4, 4)); it should be 2 things"),
    (lambda grads: [grads[0], (grads[1][0][:3], grads[1][1]), grads[2]], "result[1][0] has shape (3, 4); expected (4, 4)"),
    (lambda grads: [*grads[:2], (grads[2][0], grads[2][1] + [0, 1, 0, 0])], "result[2][1] has the right shape, but it is wrong at 1"),
    (lambda grads: [grads[0], (grads[1][0], None), grads[2]], "result[1][1] is None; it should be an array of shape (4,)"),
])  # fmt: skip
def test_a_part_deep_in_an_answer_is_named(change, said):
    def backward(params, cache, grad_output):
        grads = BACKWARD.function(params, cache, grad_output)
        return change(grads) if len(grads) == 3 else grads

    verdict = judge_visible(BACKWARD, caller({"mlp_backward": backward}))
    assert not verdict.passed and verdict.misconception is None
    assert said in verdict.message


def test_a_change_inside_a_list_that_came_in_is_seen():
    def backward(params, cache, grad_output):
        grads = BACKWARD.function(params, cache, grad_output)
        cache[0][0][0] = 7.0
        return grads

    verdict = judge_visible(BACKWARD, caller({"mlp_backward": backward}))
    assert "changes its input cache" in verdict.message
