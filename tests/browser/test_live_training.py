"""Lesson 08's training in a real browser: Start, a live picture, other cells meanwhile, Stop, and on again."""

from __future__ import annotations

import re

import nbformat
import pytest
from lab import PANEL

SETUP = """
import time
from gradual import alpha_bar_from_betas, cosine_beta_schedule, network
from gradual.widgets.training import watch_training

clean = [1.0], [[0.3, -0.2]], [[[0.2, 0.1], [0.1, 0.2]]]
alpha_bar = alpha_bar_from_betas(cosine_beta_schedule(20))
"""
WATCH = """
{before}
watch_training(clean, alpha_bar, network.mlp_forward, {backward}, network.adam_step, network.timestep_embedding,
               steps={steps})
"""
BREAKS = """
calls = []
def my_backward(params, cache, grad_output):
    calls.append(1)
    if len(calls) > 30:
        raise IndexError("no such layer")
    return network.mlp_backward(params, cache, grad_output)
"""
SLOW = """
def my_backward(params, cache, grad_output):
    time.sleep(0.8)
    return network.mlp_backward(params, cache, grad_output)
"""


@pytest.fixture
def watch(open_notebook, tmp_path):
    """A notebook with one training widget; returns the notebook and what is on the page of the widget."""

    def show(steps=100_000, before="", backward="network.mlp_backward"):
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        sources = [SETUP, WATCH.format(before=before, backward=backward, steps=steps), "answer = 6 * 7\nprint(answer)"]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "training.ipynb")
        notebook = open_notebook(tmp_path / "training.ipynb")
        notebook.run_all()
        assert notebook.errors() == [] and notebook.widget_errors() == []
        return notebook, Buttons(notebook)

    return show


class Buttons:
    def __init__(self, notebook):
        self.page, (self.scene,) = notebook.page, notebook.scenes()

    def button(self, name):
        return self.scene.box.get_by_role("button", name=name, exact=True)

    def steps(self):
        """How many training steps the widget says it has taken."""
        return int(re.search(r"step (\d+) of", self.scene.box.inner_text())[1])

    def wait_for(self, text):
        self.scene.box.get_by_text(re.compile(text)).first.wait_for()

    def wait_beyond(self, step):
        while self.steps() <= step:
            self.page.wait_for_timeout(50)


def test_training_is_watched_stopped_and_gone_on_with(watch):
    notebook, widget = watch()
    untrained = widget.scene.seen()
    assert "Not trained yet" in untrained.caption and widget.button("Stop").is_disabled()
    widget.button("Start").click()
    widget.wait_beyond(100)
    live = widget.scene.seen()
    assert live.pixels != untrained.pixels and "training steps the loss is" in live.caption
    widget.button("Stop").click()
    widget.wait_for("stopped: step")
    at = widget.steps()
    widget.page.wait_for_timeout(1_000)
    assert at == widget.steps() < 100_000
    widget.button("Go on").click()
    widget.wait_beyond(at)
    widget.button("Stop").click()
    widget.wait_for("stopped: step")
    assert notebook.errors() == [] and notebook.widget_errors() == []


def test_other_cells_run_and_the_slider_moves_while_it_trains(watch):
    notebook, widget = watch()
    widget.button("Start").click()
    widget.wait_beyond(20)
    widget.page.evaluate(f"{PANEL}.content.activeCellIndex = 2")
    widget.page.evaluate(f"{PANEL}.content.activeCell.model.sharedModel.setSource('print(answer + 1)')")
    widget.page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    assert notebook.cells()[2]["outputs"][0]["text"] in ("43\n", ["43\n"])
    (slider,) = widget.scene.sliders()
    slider.focus()
    slider.press("End")
    widget.wait_for("At step 20 of 20 the learned noise")
    assert widget.button("Start").is_disabled()
    widget.button("Stop").click()
    widget.wait_for("stopped: step")


def test_training_ends_by_itself(watch):
    _, widget = watch(steps=80)
    widget.button("Start").click()
    widget.wait_for("done: step 80 of 80")
    assert widget.button("Stop").is_disabled() and widget.button("Start").is_enabled()


def test_an_error_in_a_students_function_is_told_in_the_widget(watch):
    notebook, widget = watch(before=BREAKS, backward="my_backward")
    widget.button("Start").click()
    widget.wait_for("Training stopped at step 31")
    (told,) = notebook.widget_errors()
    assert "IndexError: no such layer" in told and 'raise IndexError("no such layer")' in told
    assert widget.button("Start").is_enabled() and notebook.errors() == []


def test_stop_is_heard_between_the_steps_of_a_slow_function(watch):
    _, widget = watch(before=SLOW, backward="my_backward")
    widget.button("Start").click()
    widget.wait_beyond(1)
    widget.button("Stop").click()
    widget.wait_for("stopped: step")
    assert widget.steps() < 50
