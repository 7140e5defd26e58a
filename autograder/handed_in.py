"""The files of a folder or a zip that students filled: listed and read without following a link or trusting a name.

Nothing is unpacked. A file is read only when it is asked for, up to ``MAX_BYTES``, and its name is never a place to
write to. A file that is not to be read has a ``problem``, which is a sentence about it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.submission import MAX_BYTES

MAX_FILES = 200_000
MAX_DEPTH = 20
MAX_TOTAL = 20 * 2**30  # bytes read out of one zip
MAX_RATIO, RATIO_FROM = 400, 8 * 2**20  # a file this large that was packed this tightly is no notebook
JUNK = re.compile(
    r"^(__MACOSX|\.ipynb_checkpoints|__pycache__|\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$", re.IGNORECASE
)


class IntakeError(ValueError):
    """Why nothing can be taken in: one sentence for the instructor."""


class Unreadable(ValueError):
    """Why one file cannot be read: one sentence."""


@dataclass(frozen=True)
class HandedIn:
    """One file: its folders and name, and how it is read. ``problem`` says why it is not."""

    parts: tuple[str, ...]
    order: int
    open: Callable[[], bytes]
    problem: str = ""

    @property
    def name(self) -> str:
        return self.parts[-1]

    def read(self) -> bytes:
        """Its bytes. Raises ``Unreadable``."""
        if self.problem:
            raise Unreadable(self.problem)
        return self.open()


@contextlib.contextmanager
def files_in(source: Path):
    """The files of a folder or a zip, to be read while the context is open. Raises ``IntakeError``."""
    source = Path(source).resolve()
    if source.is_dir():
        root = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield _checked(_in_folder(root), source)
        finally:
            os.close(root)
        return
    try:
        archive = zipfile.ZipFile(source)
    except FileNotFoundError:
        raise IntakeError(f"There is no {source}.") from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise IntakeError(f"{source.name} is no folder, and no zip that can be read: {error}.") from None
    with archive:
        yield _checked(_in_zip(archive), source)


def _checked(found, source):
    files = []
    for file in found:
        if len(files) == MAX_FILES:
            raise IntakeError(f"{source.name} has more than {MAX_FILES} files: it is no class's submissions.")
        if not any(JUNK.match(part) for part in file.parts):
            files.append(file)
    return files


# --- A folder -------------------------------------------------------------------------------------------------


def _in_folder(root: int):
    order = 0
    for place, folders, names, descriptor in os.fwalk(".", dir_fd=root, onerror=_closed):
        above = tuple(part for part in place.split("/") if part != ".")
        for name in sorted([*names, *folders]):
            kind = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
            if stat.S_ISDIR(kind) and len(above) < MAX_DEPTH:
                continue
            parts, order = (*above, name), order + 1
            yield HandedIn(parts, order, lambda parts=parts: _read_below(root, parts), _problem(parts, kind))
        folders[:] = sorted(folders) if len(above) < MAX_DEPTH else []


def _closed(error: OSError):
    raise IntakeError(f"The folder {printable(str(error.filename))} cannot be read: {error.strerror}.")


def _problem(parts, kind) -> str:
    shown = printable(parts[-1])
    if stat.S_ISLNK(kind):
        return f"{shown} is a link; hand in the file itself."
    if stat.S_ISDIR(kind):
        return f"{shown} lies in more than {MAX_DEPTH} folders."
    return "" if stat.S_ISREG(kind) else f"{shown} is no file."


def _read_below(root: int, parts) -> bytes:
    """Each folder on the way is opened in the one above it and is no link, so that nothing can be swapped meanwhile."""
    shown, opened = printable(parts[-1]), []
    try:
        above = root
        for part in parts[:-1]:
            above = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
            opened.append(above)
        file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=above)
        with open(file, "rb") as reading:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise Unreadable(f"{shown} is no file.")
            return _small_enough(reading.read(MAX_BYTES + 1), shown)
    except OSError as error:
        raise Unreadable(f"{shown} cannot be read: {error.strerror}.") from None
    finally:
        for descriptor in opened:
            os.close(descriptor)


# --- A zip ----------------------------------------------------------------------------------------------------


def _in_zip(archive: zipfile.ZipFile):
    left = [MAX_TOTAL]
    for order, info in enumerate(archive.infolist()):
        if not info.is_dir():
            parts, leads_out = _inside(info.filename)
            problem = _entry_problem(info, printable(parts[-1]))
            if leads_out:
                problem = f"{printable(info.filename)} has a name that leads out of the zip."
            yield HandedIn(parts, order, lambda info=info: _read_entry(archive, info, left), problem)


def _inside(name: str) -> tuple[tuple[str, ...], bool]:
    """The folders and the name of an entry, and whether it tries to lie elsewhere."""
    pieces = name.replace("\\", "/").split("/")
    parts = tuple(piece for piece in pieces if piece not in ("", ".", ".."))
    leads_out = len(parts) != len(pieces) or re.match(r"^[A-Za-z]:", name) is not None
    return parts or ("?",), leads_out


def _entry_problem(info: zipfile.ZipInfo, shown: str) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return f"{shown} is a link; hand in the file itself."
    if kind not in (0, stat.S_IFREG):
        return f"{shown} is no file."
    if info.flag_bits & 1:
        return f"{shown} is encrypted; hand it in without a password."
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{shown} is packed in an unusual way that is not opened here."
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return (
            f"{shown} unpacks to {info.file_size / max(1, info.compress_size):.0f} times its size, and is not opened."
        )
    return _too_large(shown, info.file_size) if info.file_size > MAX_BYTES else ""


def _read_entry(archive, info, left) -> bytes:
    shown = printable(info.filename.rsplit("/", 1)[-1])
    try:
        with archive.open(info) as entry:
            data = _small_enough(entry.read(MAX_BYTES + 1), shown)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(f"{shown} is damaged in the zip, and cannot be read: {error}.") from None
    left[0] -= len(data)
    if left[0] < 0:
        raise Unreadable(f"{shown} was not read: the zip unpacks to more than {MAX_TOTAL // 2**30} GB.")
    return data


# --- Both -----------------------------------------------------------------------------------------------------


def _small_enough(data: bytes, shown: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise Unreadable(_too_large(shown))
    return data


def _too_large(shown, size=None) -> str:
    large = f"{size / 2**20:.0f} MB large" if size else "too large"
    return f"{shown} is {large}; at most {MAX_BYTES // 2**20} MB can be read. Clear the notebook's outputs."


def printable(name: str) -> str:
    """A name of a student's to show on one line of a terminal."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in name)
    return shown if len(shown) <= 120 else f"{shown[:117]}…"
