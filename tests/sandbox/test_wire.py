"""Plain values survive the way across; everything else is refused, whatever the bytes."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.described import LinearModel, Seed
from autograder.wire import DTYPES, Malformed, pack, unpack


def frame(tree, rest=b""):
    head = json.dumps(tree).encode()
    return struct.pack(">I", len(head)) + head + rest


def nested(depth):
    return {"list": [nested(depth - 1)]} if depth else 1


@pytest.mark.parametrize(
    "value", [None, True, "ε", 3, -0.0, float("inf"), 10**20, [1, [2.5]], (1, ("a", None)), {"a": [1]}, b"raw"]
)
def test_plain_values_come_back_the_same(value):
    back = unpack(pack(value))
    assert back == value and type(back) is type(value)


def test_not_a_number_comes_back():
    assert np.isnan(unpack(pack(float("nan"))))


@pytest.mark.parametrize("dtype", sorted(DTYPES))
@pytest.mark.parametrize("shape", [(), (0,), (3, 2), (2, 0, 4)])
def test_arrays_come_back_the_same(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    back = unpack(pack([array, array.T]))
    for one, two in zip(back, [array, array.T]):
        assert one.dtype == two.dtype and one.shape == two.shape and np.array_equal(one, two)


def test_described_arguments_come_back():
    model, seed = unpack(pack((LinearModel(np.arange(3.0), np.ones(3)), Seed(7))))
    assert seed == Seed(7) and np.array_equal(model.weight, [0, 1, 2]) and np.array_equal(model.bias, [1, 1, 1])


@pytest.mark.parametrize("value", [object(), print, np.array([None]), np.array(["a"]), {1, 2}, 1j])
def test_what_is_not_plain_cannot_be_sent(value):
    with pytest.raises(TypeError):
        pack(value)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\0\0", struct.pack(">I", 2**31), struct.pack(">I", 3) + b"[1", struct.pack(">I", 2) + b"\xff\xfe",
        frame([1]), frame({"list": 1}), frame({"dict": []}), frame({"a": 1, "b": 2}), frame({}), frame({"__init__": 1}),
        frame({"take": 5}), frame({"list": [[1]]}), frame({"array": ["|O", [1]]}, b"12345678"),
        frame({"array": ["<f8", [2]]}, b"12345678"), frame({"array": ["<f8", [1]]}, b"1234567890"),
        frame({"array": ["<f8", [-1]]}), frame({"array": ["<f8", [True]]}, b"12345678"), frame({"array": ["<f8", 1]}),
        frame({"array": ["<f8", [2**39] * 16]}), frame({"array": ["<f8", [0] * 17]}),
        frame({"array": ["<f8", [2**39, 2**39, 0]]}), frame({"array": "<f8"}),
        frame({"array": [["<f8"], [1]]}, b"12345678"), frame({"scalar": ["<f8", [1]]}, b"12345678"),
        frame({"bytes": -1}), frame({"bytes": 9}, b"1"), frame({"bytes": True}, b"1"), frame(1, b"rest"),
        frame({"linear": [1, 2]}), frame({"seed": -1}), frame({"seed": "x"}),
        frame(nested(12)),
        struct.pack(">I", 100_000) + b"[" * 100_000, struct.pack(">I", 10_000) + b"9" * 10_000,
        frame({"list": [1] * 300_000}),
    ],
)  # fmt: skip
def test_other_bytes_are_refused(body):
    with pytest.raises(Malformed):
        unpack(body)


def test_text_that_no_file_can_hold_is_mended():
    assert unpack(frame("\ud800")) == "?"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 80), st.integers(0, 255))
def test_changed_bytes_never_raise_anything_else(rest, place, byte):
    """Truth bent by a byte, and plain noise: a value or ``Malformed``, nothing else."""
    body = bytearray(pack({"a": [np.arange(3.0), (1, "x")], "b": b"12"}))
    body[place % len(body)] = byte
    for attempt in (bytes(body), bytes(body) + rest, rest, bytes(body[: place % len(body)])):
        try:
            unpack(attempt)
        except Malformed:
            pass
