"""The course's secret: made once, never replaced, found from any folder of the course."""

from autograder.secret import course_secret, init_course


def test_secret_is_made_once_and_kept(tmp_path):
    file, new = init_course(tmp_path)
    secret = course_secret(tmp_path)
    assert new and len(secret) == 64 and file.stat().st_mode & 0o077 == 0
    assert init_course(tmp_path) == (file, False)
    assert course_secret(tmp_path) == secret


def test_secret_is_found_from_a_folder_below_and_differs_from_course_to_course(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    below = first / "autograded" / "student"
    below.mkdir(parents=True)
    second.mkdir()
    assert course_secret(below) is None
    init_course(first)
    init_course(second)
    assert course_secret(below) == course_secret(first) != course_secret(second)
