"""Sliders that redraw in a blink: one module a lesson, each function returns a widget to display.

Every widget takes plain data and the functions that draw it. Pass the student's own, through
``autograder.yours``, and their code makes the picture.
"""
