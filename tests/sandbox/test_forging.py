"""Code that speaks on the protocol's own descriptor, or patches the worker: it can only hurt itself."""

import pytest
from conftest import EXERCISES

from autograder.grader import reply_outcome
from autograder.judge import judge_all

ALL = {exercise.name for exercise in EXERCISES}
FIND = """
import os, stat, struct, json, threading, time
def is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False
channel = next(filter(is_socket, range(64)))
def frame(message):
    head = json.dumps(message).encode()
    body = struct.pack('>I', len(head)) + head
    return struct.pack('>I', len(body)) + body
"""
VERDICT = "{'dict': {'nonce': 'x', 'kind': 'returned', 'value': 1.0, 'passed': True, 'score': 3}}"

# what a wrong q_step does with the channel when it is called
FORGERIES = {
    "a reply with a made-up nonce": f"os.write(channel, frame({VERDICT}))",
    "many replies ahead": f"os.write(channel, frame({VERDICT}) * 1000)",
    "a frame that claims four gigabytes": "os.write(channel, b'\\xff\\xff\\xff\\xff')",
    "half a frame": "os.write(channel, b'\\x00\\x00')",
    "noise": "os.write(channel, os.urandom(10_000))",
    "a header longer than its frame": "os.write(channel, struct.pack('>II', 4, 2**31))",
    "closes the channel": "os.close(channel)",
    "swallows the next request": "threading.Thread(target=lambda: os.read(channel, 10**6)).start()",
    "floods": "threading.Thread(target=lambda: [os.write(channel, b'\\0' * 65536) for _ in range(10**6)]).start()",
    "an array with a false shape": "os.write(channel, frame({'array': ['<f8', [2**39, 2**39]]}))",
    "an array of objects": "os.write(channel, frame({'array': ['|O', [1]]}))",
    "deep JSON": "os.write(channel, struct.pack('>II', 200_004, 200_000) + b'[' * 200_000)",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_frames_gain_nothing_and_cost_only_their_exercise(name, passed, honest):
    cell = FIND + f"def q_step(x_prev, beta, noise):\n    {FORGERIES[name]}\n    return x_prev + noise"
    assert passed([*honest, cell], ran=True) == ALL - {"q_step"}


def test_a_reply_to_the_request_of_another_function_is_a_value_only(grader, honest):
    """The worker answers each call with what q_step would give: wrong for the others, and no more than that."""
    cell = """
import autograder.worker.session as session
kept = session.call_function
session.call_function = lambda function, parameters, inputs: kept(lambda **k: 1.0, [], {})"""
    with grader.submission([*honest, cell]) as worker:
        assert not any(judge_all(exercise, worker.call).passed for exercise in EXERCISES)


def test_patched_encoder_cannot_send_more_than_plain_values(passed, honest):
    cell = """
import autograder.wire as wire, autograder.worker.session as session
session.Session.call = lambda self, request: {'kind': 'stopped', 'value': {'passed': True}, 'error': [1]}"""
    assert passed([*honest, cell]) == set()


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"kind": "passed"},
        {"kind": 7},
        {"kind": ["returned"]},
        {"kind": "returned", "value": {"a": 1}},
        {"kind": "returned", "value": b"x"},
        {"kind": "returned", "value": 1.0, "inputs_after": [1, 2]},
        {"kind": "raised", "error": {"kind": 5, "line_number": -3, "message": "\x1b[2J" * 5000}},
        {"kind": "raised"},
        {"kind": "missing", "note": 5, "data_read": "abc", "functions_read": [1, "a b", "x"]},
    ],
)
def test_odd_claims_become_an_outcome(reply):
    outcome = reply_outcome(reply)
    assert outcome.kind in {"returned", "raised", "missing", "unplain", "stopped"}
    assert all(name.isidentifier() for name in outcome.data_read + outcome.functions_read)
    assert outcome.error is None or ("\x1b" not in outcome.error.message and len(outcome.error.message) <= 2000)
