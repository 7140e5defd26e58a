"""Values across the boundary between the judge and a submission: plain data, and nothing that can act.

A frame is a length, then a JSON header, then the raw bytes of the arrays in the order in which the header
names them. Both sides write frames; only the trusted side must be able to read ones made to hurt it. It
believes no length, type, shape or order: what does not fit exactly is ``Malformed``.
"""

from __future__ import annotations

import json
import math
import select
import struct
import time

import numpy as np

from autograder.described import LinearModel, Seed

MAX_DEPTH = 8
MAX_NODES = 200_000
MAX_DIMENSIONS = 16
MAX_HEADER = 4 * 2**20
POLL_SECONDS = 0.05
# bool, integers and floats; never objects, strings, dates or records
DTYPES = {np.dtype(code).str: np.dtype(code) for code in "?bhilqBHILQefd"}


class Malformed(ValueError):
    """What came is not a frame, or not one of plain data."""


class Closed(ConnectionError):
    """The other side is gone."""


def pack(value) -> bytes:
    """A frame's body. ``TypeError`` for what is not plain data."""
    blobs: list[bytes] = []
    header = json.dumps(_encode(value, blobs)).encode()
    return struct.pack(">I", len(header)) + header + b"".join(blobs)


def unpack(body: bytes):
    """The value in a frame's body. Raises ``Malformed`` for anything else."""
    if len(body) < 4:
        raise Malformed("a frame of under four bytes")
    size = struct.unpack(">I", body[:4])[0]
    if size > min(len(body) - 4, MAX_HEADER):
        raise Malformed("a header longer than its frame, or too long")
    try:
        tree = json.loads(body[4 : 4 + size])
    except (ValueError, RecursionError) as error:
        raise Malformed(f"a header that is not JSON: {type(error).__name__}") from None
    reader = _Reader(memoryview(body)[4 + size :])
    value = reader.decode(tree, MAX_DEPTH)
    if len(reader.rest):
        raise Malformed("bytes after the last array")
    return value


def _encode(value, blobs):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value, order="C", subok=False)
        dtype = array.dtype.newbyteorder("<")
        if dtype.str not in DTYPES:
            raise TypeError(f"an array of {array.dtype} is not plain data")
        blobs.append(array.astype(dtype).tobytes())
        return {"array" if isinstance(value, np.ndarray) else "scalar": [dtype.str, list(array.shape)]}
    if isinstance(value, (list, tuple)):
        return {"list" if isinstance(value, list) else "tuple": [_encode(entry, blobs) for entry in value]}
    if isinstance(value, dict):
        return {"dict": {str(key): _encode(entry, blobs) for key, entry in value.items()}}
    if isinstance(value, LinearModel):
        return {"linear": [_encode(value.weight, blobs), _encode(value.bias, blobs)]}
    if isinstance(value, Seed):
        return {"seed": value.value}
    if isinstance(value, bytes):
        blobs.append(value)
        return {"bytes": len(value)}
    raise TypeError(f"a {type(value).__name__} is not plain data")


class _Reader:
    """Walks a header and takes each array's bytes in turn."""

    def __init__(self, rest):
        self.rest, self.nodes = rest, 0

    def decode(self, tree, depth):
        self.nodes += 1
        if depth < 0 or self.nodes > MAX_NODES:
            raise Malformed("nested too deep, or too many entries")
        if tree is None or type(tree) in (bool, int, float):
            return tree
        if type(tree) is str:
            return tree.encode("utf-8", "replace").decode()  # half a surrogate pair could not be written to a file
        if type(tree) is not dict or len(tree) != 1:
            raise Malformed("not plain data")
        ((kind, content),) = tree.items()
        decode = getattr(self, f"_{kind}", None) if kind in KINDS else None
        if decode is None:
            raise Malformed("an unknown kind of value")
        return decode(content, depth)

    def _list(self, content, depth):
        if type(content) is not list:
            raise Malformed("a list that is none")
        return [self.decode(entry, depth - 1) for entry in content]

    def _tuple(self, content, depth):
        return tuple(self._list(content, depth))

    def _dict(self, content, depth):
        if type(content) is not dict:
            raise Malformed("a dict that is none")
        return {self.decode(key, 0): self.decode(entry, depth - 1) for key, entry in content.items()}

    def _array(self, content, depth):
        if type(content) is not list or len(content) != 2:
            raise Malformed("an array without type and shape")
        name, shape = content
        if type(name) is not str or name not in DTYPES:
            raise Malformed("an array of something else than numbers")
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
            raise Malformed("an array without a shape")
        if not all(type(size) is int and 0 <= size < 2**40 for size in shape):
            raise Malformed("a shape that is none")
        raw = self._take(math.prod(shape) * DTYPES[name].itemsize)
        try:
            return np.frombuffer(raw, dtype=DTYPES[name]).reshape(shape).copy()
        except ValueError:  # no entries, along axes too long to be counted
            raise Malformed("a shape that is none") from None

    def _scalar(self, content, depth):
        array = self._array(content, depth)
        if array.ndim:
            raise Malformed("a scalar with a shape")
        return array[()]

    def _bytes(self, content, depth):
        if type(content) is not int or content < 0:
            raise Malformed("bytes without a length")
        return bytes(self._take(content))

    def _linear(self, content, depth):
        parts = self._list(content, depth)
        if len(parts) != 2 or not all(type(part) is np.ndarray for part in parts):
            raise Malformed("a model that is none")
        return LinearModel(*parts)

    def _seed(self, content, depth):
        if type(content) is not int or content < 0:
            raise Malformed("a seed that is none")
        return Seed(content)

    def _take(self, size):
        if size > len(self.rest):
            raise Malformed("an array longer than its frame")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


KINDS = {"list", "tuple", "dict", "array", "scalar", "bytes", "linear", "seed"}


class Channel:
    """Frames over a connected socket."""

    def __init__(self, sock):
        self.socket = sock

    def send(self, value, seconds=None):
        body = pack(value)
        self.socket.settimeout(seconds)
        try:
            self.socket.sendall(struct.pack(">I", len(body)) + body)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self, cap, deadline=math.inf, watch=lambda: None):
        """The next value, of at most ``cap`` bytes; ``watch`` is called while it waits.

        Raises ``TimeoutError`` at ``deadline`` (of ``time.monotonic``), ``Closed`` or ``Malformed``.
        """
        size = struct.unpack(">I", self._exactly(4, deadline, watch))[0]
        if size > cap:
            raise Malformed(f"an answer above the limit of {cap:,} bytes")
        return unpack(self._exactly(size, deadline, watch))

    def pending(self) -> bool:
        """Whether something has come that was not asked for."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def _exactly(self, size, deadline, watch):
        data = bytearray()
        while len(data) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not select.select([self.socket], [], [], min(left, POLL_SECONDS))[0]:
                watch()
                continue
            try:
                chunk = self.socket.recv(min(size - len(data), 2**20))
            except OSError as error:
                raise Closed(str(error)) from None
            if not chunk:
                raise Closed("the process ended")
            data += chunk
        return bytes(data)
