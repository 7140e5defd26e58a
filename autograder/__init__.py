"""Exercises, checks, the builder, and the grading of a class. A notebook imports ``check``, ``hint``, ``progress``, ``yours``."""

__all__ = ["check", "hint", "progress", "yours"]


def __getattr__(name):
    """Load the notebook's side only when it is asked for: the command line starts without it."""
    if name in __all__:
        from autograder import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
