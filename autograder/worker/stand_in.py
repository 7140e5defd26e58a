"""What a notebook imports from ``autograder`` while it is graded: nothing here judges, or knows an answer.

Inside the sandbox this file is ``autograder/__init__.py``.
"""

from __future__ import annotations

from gradual._edition import Withheld
from IPython import get_ipython


def check(name=None, **_):
    """Does nothing: the judge calls the functions itself, from outside."""


def hint(name=None, **_):
    """Does nothing."""


def progress(*_, **__):
    """Does nothing."""


class yours:  # noqa: N801
    """The submission's own function, looked up when it is called."""

    def __init__(self, name):
        self.__name__ = name
        self.note = ""

    def __call__(self, *args, **kwargs):
        function = get_ipython().user_ns.get(self.__name__)
        if not callable(function):
            raise Withheld(f"{self.__name__} is not defined in this notebook, so there is no picture of it.")
        return function(*args, **kwargs)
