"""Reading a submitted notebook: source is taken, the rest is dropped, and what is broken has a plain reason."""

import copy
import json
import os

import pytest

from autograder.submission import MAX_BYTES, BrokenSubmission, Lesson, read_submission


def cell(kind, source, cell_id, grade_id=None, solution=False, grade=False, locked=False):
    metadata = (
        {"nbgrader": {"grade_id": grade_id, "solution": solution, "grade": grade, "locked": locked}} if grade_id else {}
    )
    shared = {"cell_type": kind, "source": source, "id": cell_id, "metadata": metadata}
    return shared | ({"outputs": [], "execution_count": None} if kind == "code" else {})


RELEASE = {
    "nbformat": 4, "nbformat_minor": 5, "metadata": {},
    "cells": [
        cell("markdown", "# Title", "cell-000"),
        cell("code", "import numpy as np", "cell-001"),
        cell("code", "def q_step(x, beta, noise):\n    raise NotImplementedError", "q_step", "q_step", solution=True),
        cell("code", 'check("q_step")', "q_step-check", "q_step-check", grade=True, locked=True),
        cell("markdown", "Your answer", "why", "why", solution=True, grade=True),
    ],
}  # fmt: skip
LESSON = Lesson.from_notebook("01_gradual_noise", RELEASE)
ANSWER = "def q_step(x, beta, noise):\n    return x"


@pytest.fixture
def submit(tmp_path):
    def write(change=None, text=None):
        notebook = copy.deepcopy(RELEASE)
        notebook["cells"][2]["source"] = ANSWER
        if change:
            notebook = change(notebook) or notebook
        path = tmp_path / "01_gradual_noise.ipynb"
        data = text if text is not None else json.dumps(notebook)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_submission(path, LESSON)

    return write


def test_source_is_taken_in_order_and_locked_cells_are_put_right(submit):
    def change(notebook):
        notebook["cells"][3]["source"] = "print('passed')"
        notebook["cells"][4]["source"] = ["Because ", "of β."]

    read = submit(change)
    assert read.sources == ["import numpy as np", ANSWER, 'check("q_step")']
    assert read.written == {"why": "Because of β."} and read.notes == ()


def test_added_split_and_reordered_cells_all_run(submit):
    def change(notebook):
        notebook["cells"].insert(2, cell("code", "helper = 1", "new"))
        notebook["cells"].append(cell("code", "later = 2", "q_step", "q_step", solution=True))
        notebook["cells"].insert(0, notebook["cells"].pop(3))

    assert submit(change).sources == [ANSWER, "import numpy as np", "helper = 1", 'check("q_step")', "later = 2"]


def strip(*names):
    def change(notebook):
        for one in notebook["cells"]:
            for name in names:
                one.pop(name, None)

    return change


@pytest.mark.parametrize("lost", [("id",), ("metadata",), ("id", "metadata"), ("outputs", "execution_count")])
def test_lost_ids_and_metadata_leave_the_function_known(lost, submit):
    read = submit(strip(*lost))
    assert read.sources[1] == ANSWER and read.cells[1].grade_id == "q_step"


def test_written_answer_is_known_by_its_cell_id_when_metadata_is_lost(submit):
    assert submit(strip("metadata")).written == {"why": "Your answer"}


def test_two_different_functions_of_one_name_are_told(submit):
    read = submit(lambda notebook: notebook["cells"].append(cell("code", ANSWER + " + 1", "again")))
    assert read.notes == ("q_step is defined more than once, differently; the last definition counts.",)
    assert submit(lambda notebook: notebook["cells"].append(cell("code", ANSWER + "\n", "again"))).notes == ()


def test_answer_that_is_there_twice_counts_where_it_was_changed(submit):
    def change(notebook):
        notebook["cells"].append(copy.deepcopy(notebook["cells"][4]))
        notebook["cells"][4]["source"] = "Changed"

    read = submit(change)
    assert read.written == {"why": "Changed"} and len(read.notes) == 1


def foreign(notebook):
    notebook["cells"] = [cell("code", "x = 1", "cell-900"), cell("markdown", "Other", "a", "other", solution=True)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "empty file"), (b"  \n ", "empty file"), (b"not json", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b"\xff\xfe\x00", "not UTF-8"), ("é".encode("latin-1"), "not UTF-8"), (b"[]", "no notebook"),
        (b"9" * 9000, "JSON"),
        (b'{"nbformat": 3, "worksheets": []}', "format version 3"), (b'{"nbformat": "4"}', "format version unknown"),
        (b'{"nbformat": 4}', "no list of cells"), (b'{"nbformat": 4, "cells": [1]}', "no list of cells"),
        (b'{"nbformat": 4, "cells": []}', "another notebook"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}', "no text"),
    ],
)  # fmt: skip
def test_broken_files_have_a_reason(text, reason, submit):
    with pytest.raises(BrokenSubmission, match=reason):
        submit(text=text)


def test_another_courses_notebook_is_told(submit):
    with pytest.raises(BrokenSubmission, match="none of the answers of 01_gradual_noise"):
        submit(foreign)


def test_byte_order_mark_is_read(submit):
    assert submit(text="\ufeff".encode() + json.dumps(RELEASE).encode()).sources


def test_links_folders_pipes_and_missing_files_are_refused(tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text(json.dumps(RELEASE))
    link, folder, pipe, loop = (tmp_path / name for name in ["link.ipynb", "folder.ipynb", "pipe.ipynb", "loop.ipynb"])
    link.symlink_to(secret)
    folder.mkdir()
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    for path, reason in [
        (link, "link"),
        (folder, "folder"),
        (pipe, "device"),
        (loop, "link"),
        (tmp_path / "no", "no notebook"),
    ]:
        with pytest.raises(BrokenSubmission, match=reason):
            read_submission(path, LESSON)


def test_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "huge.ipynb"
    with open(path, "wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(BrokenSubmission, match=f"200 MB large; at most {MAX_BYTES // 2**20} MB"):
        read_submission(path, LESSON)
