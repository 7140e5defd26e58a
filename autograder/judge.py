"""Expected against returned, to a Verdict.

Pure and trusted: it knows nothing of processes, notebooks or displays. ``call(name, inputs)`` reaches the
student's function, wherever it lives, and gives back an ``Outcome``: plain values, never a verdict.
"""
