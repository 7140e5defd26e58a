"""A course with lesson 01 released, made once, and copies of it to hand in to."""

import shutil

import pytest

from tests.grading import class_course


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    root = tmp_path_factory.mktemp("released") / "course"
    class_course.release(root)
    return root


@pytest.fixture(scope="session")
def new_course(released_course):
    """Makes a course in a folder, with the whole class's submissions."""

    def make(folder):
        shutil.copytree(released_course, folder / "course")
        return class_course.ClassCourse(folder / "course").fill()

    return make
