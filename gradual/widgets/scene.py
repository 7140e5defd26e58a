"""A widget of the course: controls, a picture that follows them, and a caption in words.

A new widget is a function that builds a ``Stage``, writes ``draw`` and returns a ``Scene``:

    def wave(function=np.sin):
        stage = Stage(9, 3)
        ax = label(stage.figure.add_subplot(), "A wave", "x", "y")
        x = np.linspace(0, 6, 200)
        ax.set(xlim=(0, 6), ylim=(-1.2, 1.2))
        (line,) = stage.moving(ax.plot(x, 0 * x))

        def draw(speed):
            y = drawable("your wave", function(speed * x), x.shape)
            line.set_data(x, y)
            return f"At speed {speed:.1f} the wave peaks at {y.max():.2f}."

        return Scene(stage, draw, {"speed": slider("speed", 0.5, 4, 1)}, [function])

What is slow or random is done once: outside ``draw``, or, where it calls a student's function, in a
``functools.cache`` inside it, so that an error is shown in the widget.
"""

from __future__ import annotations

import base64
import html
import os
import traceback

import ipywidgets as widgets
import numpy as np
from traitlets import CFloat, CInt

STYLE = """<style>
.gradual-scene {padding: 4px 0; overflow: hidden; contain: content}
.gradual-scene img.gradual-picture {background: white; border-radius: 6px; object-fit: contain; align-self: flex-start}
.gradual-caption, .gradual-note, .gradual-error {
  font-family: var(--jp-content-font-family, sans-serif); font-size: var(--jp-content-font-size1, 14px);
  line-height: 1.5; color: var(--jp-content-font-color1, inherit); max-width: 900px; white-space: normal}
.gradual-note {color: var(--jp-content-font-color2, inherit); font-style: italic}
.gradual-error {border-left: 4px solid var(--jp-error-color1, #D55E00); padding: 4px 10px}
</style>"""


class Scene(widgets.VBox):
    """Controls, picture, caption, and a line about whose function drew it.

    Parameters
    ----------
    stage : Stage, the picture
    draw : callable, ``draw(**values)`` moves the stage's artists to the controls' values and returns the
        caption: one or two sentences that say what is seen, for those who cannot see it
    controls : dict, the widgets by the names of ``draw``'s arguments (``slider``, ``step_slider``, ``choice``)
    functions : the callables that ``draw`` uses; if one has a ``note`` (``autograder.yours`` gives one), it is shown
    play : str, the name of the slider that gets a Play button
    extra : widgets to put under the picture

    Attributes
    ----------
    controls : dict, as given
    caption, note, error : str, the texts now on display
    picture : the image widget; ``picture.value`` is the frame
    """

    def __init__(self, stage, draw, controls, functions=(), play=None, extra=()):
        self.stage, self.draw, self.controls, self.functions = stage, draw, controls, functions
        self.picture = widgets.Image(format="jpeg", layout={"width": "100%", "max_width": f"{stage.width}px"})
        self.picture.add_class("gradual-picture")
        self._caption, self._note, self._error = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.caption = self.note = self.error = ""
        for control in controls.values():
            control.observe(self.redraw, "value")
        rows = [_with_play(control) if name == play else control for name, control in controls.items()]
        box = widgets.Box(rows, layout={"flex_flow": "row wrap", "max_width": f"{stage.width}px"})
        lines = [self.picture, self._error, self._caption, self._note]
        super().__init__([widgets.HTML(STYLE, layout={"display": "none"}), box, *lines, *extra])
        self.add_class("gradual-scene")
        self.redraw()

    @property
    def values(self):
        """The controls' values by name, as ``draw`` gets them."""
        return {name: control.value for name, control in self.controls.items()}

    def redraw(self, change=None):
        """Draw for the controls' present values; whatever goes wrong is told in the widget."""
        try:
            self.caption, self.error = self.draw(**self.values), ""
            frame = self.stage.frame()
        except Exception as error:
            self.caption, self.error = "", explain(error)
            frame = self.stage.frame(blank=True)
        self.note = " ".join(dict.fromkeys(filter(None, (getattr(f, "note", "") for f in self.functions))))
        # The picture goes first: it is what the eye waits for.
        self.picture.value = frame
        self._show(self._caption, self.caption, 'class="gradual-caption" role="status" aria-live="polite"')
        self._show(self._error, self.error, 'class="gradual-error" role="alert"')
        self._show(self._note, self.note, 'class="gradual-note"')

    def _repr_mimebundle_(self, **options):
        """The widget; where ``GRADUAL_STILL`` is set, as for a notebook that is only read, its present picture."""
        if not os.environ.get("GRADUAL_STILL"):
            return super()._repr_mimebundle_(**options)
        picture = {"image/jpeg": base64.b64encode(self.picture.value).decode(), "text/plain": self.caption}
        return picture, {"image/jpeg": {"width": self.stage.width}}

    @staticmethod
    def _show(widget, text, attributes):
        widget.value = f"<div {attributes}>{html.escape(text)}</div>" if text else ""


def _with_play(control):
    """The slider with a Play button before it. While it plays, and only then, the two are linked in the browser.

    A lasting link would pull the slider back at the kernel's late answers, or send a second message at each of its
    moves, ahead of the picture.
    """
    step = max(1, (control.max - control.min) // 100)
    play = widgets.Play(min=control.min, max=control.max, step=step, value=control.value, interval=80)
    link = None

    def played(change):
        nonlocal link
        if change["new"]:
            play.value = control.value
            link = widgets.jsdlink((play, "value"), (control, "value"))
        elif link:
            link.unlink()
            link.close()
            link = None

    def stopped(change):
        if not play.playing:
            control.value = play.value

    def moved(change):
        if not play.playing:  # so that Stop, which goes back to the start, is a change
            play.value = control.value

    play.observe(played, "playing")
    play.observe(stopped, "value")
    control.observe(moved, "value")  # after the picture, whose observer came first
    return widgets.HBox([play, control])


class _FloatSlider(widgets.FloatSlider):
    """A slider whose kernel does not send each value back: that message would go ahead of the picture."""

    value = CFloat(0.0).tag(sync=True, echo_update=False)


class _IntSlider(widgets.IntSlider):
    """The same for whole numbers."""

    value = CInt(0).tag(sync=True, echo_update=False)


def slider(text, low, high, value, step=None, digits=2):
    """A labelled slider for a number; arrow keys move it, Home and End go to its ends."""
    step = step or (high - low) / 100
    return _FloatSlider(
        value=value, min=low, max=high, step=step, description=text, readout_format=f".{digits}f",
        style={"description_width": "initial"}, layout={"width": "420px", "max_width": "100%"},
    )  # fmt: skip


def step_slider(T, value=0, text="step t", low=0, step=1):
    """A labelled slider for a whole number, from ``low`` to ``T``."""
    return _IntSlider(
        value=value, min=low, max=T, step=step, description=text,
        style={"description_width": "initial"}, layout={"width": "480px", "max_width": "100%"},
    )  # fmt: skip


def choice(text, options, value=None):
    """A labelled drop-down list; ``options`` are texts or ``(text, value)`` pairs."""
    first = options[0][1] if isinstance(options[0], tuple) else options[0]
    return widgets.Dropdown(
        options=options, value=first if value is None else value, description=text,
        style={"description_width": "initial"}, layout={"width": "auto"},
    )  # fmt: skip


def drawable(name, value, shape):
    """``value`` as an array that can be drawn, or a ``ValueError`` whose sentence is shown in the widget."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} returned {type(value).__name__}, and the picture needs numbers.") from None
    if array.shape != tuple(shape):
        raise ValueError(f"{name} returned shape {array.shape}, and the picture needs {tuple(shape)}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} returned nan or inf, which cannot be drawn.")
    return array


def explain(error):
    """What an exception says, with the line of the notebook that raised it, if it was one."""
    text = str(error) or type(error).__name__
    if not isinstance(error, ValueError):
        text = f"{type(error).__name__}: {text}"
    cells = [frame for frame in traceback.extract_tb(error.__traceback__) if "ipykernel" in frame.filename]
    where = [f for f in cells if f.line and "site-packages" not in f.filename]
    return f"{text} In your line: {where[-1].line}" if where else text
