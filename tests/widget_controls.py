"""What the tests of every lesson's widgets do with a scene's controls."""

import numpy as np


def positions(control):
    """A slider's ends and middle; each choice of a menu."""
    if hasattr(control, "min"):
        return [control.min, type(control.value)((control.min + control.max) / 2), control.max]
    return [value for _, value in control.options]


def numbers_of(artists, reads):
    """The numbers behind the artists, by those of the methods ``reads`` that each has."""
    return [
        np.asarray(getattr(artist, read)(), dtype=float).tobytes()
        for artist in artists for read in reads if hasattr(artist, read)
    ]  # fmt: skip


def shapes_of(artists):
    """The outlines of collections, and the directions of arrows."""
    outlines = [path.vertices.tobytes() for artist in artists for path in getattr(artist, "get_paths", list)()]
    return outlines + [np.asarray(getattr(artist, "U", 0)).tobytes() for artist in artists]


def check_each_control_changes_all(scene, moved, positions=positions):
    """No two positions of a control give the same caption, the same picture, or the same ``moved(scene)``."""
    assert scene.error == "" and scene.caption
    for control in scene.controls.values():
        start, seen = control.value, []
        for value in positions(control):
            control.value = value
            assert scene.error == ""
            seen.append((scene.caption, scene.picture.value, moved(scene)))
        for kind in zip(*seen, strict=True):
            assert len(set(kind)) == len(seen)
        control.value = start


def check_each_control_tells_the_error(scene, positions=positions):
    """A scene whose function is wrong says so wherever a control stands, and still shows a picture."""
    for control in scene.controls.values():
        control.value = positions(control)[-1]
        assert scene.error and scene.picture.value
