"""nbgrader's settings for this course. nbgrader, formgrader and `gradual` all read this file."""

import sys
from pathlib import Path

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "gradual"
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "lessons"
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    ".pytest_cache",
    # A lesson's source stands beside the notebook that nbgrader reads, and would be copied into the release.
    "*.py",
]

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"

try:
    import autograder  # noqa: F401
except ModuleNotFoundError:
    print(
        "Gradual is not installed in this Python, so every check would fail: run `python -m pip install .` in the "
        "course's folder before you grade.",
        file=sys.stderr,
    )
else:
    # --- Feedback pages: readable without a network, and nothing active in them
    c.GenerateFeedback.exporter_class = "autograder.feedback.FeedbackExporter"

    # --- Late work: "none", "zero" (no points) or "per_day" (percent_per_day of the lesson's points for each day begun)
    c.AssignLatePenalties.plugin_class = "autograder.late.LatePenalty"
    c.LatePenalty.penalty_method = "none"
    c.LatePenalty.percent_per_day = 10
    c.LatePenalty.extensions_file = str(Path(__file__).with_name("extensions.csv"))  # noqa: F821

# --- Safe grading: each submission runs in a sandbox and only returns values. docs/grading-security.md
try:
    from autograder.nbgrader_plugin import install

    install()
except Exception as error:  # nbgrader would go on with its own grading, in which a submission can do anything
    raise SystemExit(f"Gradual's safe grading could not be set up, so nothing is graded: {error!r}") from error
