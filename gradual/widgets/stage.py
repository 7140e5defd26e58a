"""The picture behind a slider: a figure built once, of which only what moves is drawn again.

Everything that stands still (axes, ticks, titles) is drawn once and kept as pixels. For each frame these are
put back, the few artists that move are drawn over them, and the result goes out as one compressed image.
"""

from __future__ import annotations

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

PIXELS_PER_POINT = 1.0
"""Image pixels for each pixel of the page. More looks finer on a dense screen, and costs each move of a slider its share."""


class Stage:
    """A figure of ``width`` × ``height`` hundreds of page pixels that is redrawn in a few milliseconds.

        stage = Stage(9, 3)
        ax = label(stage.figure.add_subplot(), "Points", "x₁", "x₂")
        ax.set(xlim=(-3, 3), ylim=(-3, 3))             # limits stay fixed
        (points,) = stage.moving(ax.plot([], [], "o"))

    Then, for each frame: ``points.set_data(...)`` and ``stage.frame()``.
    """

    def __init__(self, width=9, height=3):
        self.figure = Figure((width, height), dpi=100 * PIXELS_PER_POINT, facecolor="white", layout="constrained")
        self.figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        self.canvas = FigureCanvasAgg(self.figure)
        self.artists = []
        self._background = None

    @property
    def width(self):
        """The width on the page, in pixels."""
        return round(100 * self.figure.get_figwidth())

    def moving(self, artists):
        """Mark artists as moving: what ``ax.plot`` and its like return, one or a list. Returns the same."""
        for artist in np.ravel(np.array(artists, dtype=object)):
            artist.set_animated(True)
            self.artists.append(artist)
        return artists

    def still_changed(self):
        """Draw anew what stands still before the next frame: something was added to it."""
        self._background = None

    def frame(self, blank=False):
        """The picture as it is now, as JPEG bytes; with ``blank``, only what stands still."""
        if self._background is None:
            self.canvas.draw()
            self._background = self.canvas.copy_from_bbox(self.figure.bbox)
            # The layout is settled; laying out again would only cost time.
            self.figure.set_layout_engine("none")
        self.canvas.restore_region(self._background)
        for artist in () if blank else sorted(self.artists, key=lambda artist: artist.get_zorder()):
            (artist.axes or self.figure).draw_artist(artist)
        return self._encode()

    def _encode(self):
        # JPEG without colour subsampling: lines stay sharp, in a fifth of the time that a PNG takes.
        image = Image.frombuffer("RGBX", self.canvas.get_width_height(), self.canvas.buffer_rgba(), "raw", "RGBX", 0, 1)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=92, subsampling=0)
        return buffer.getvalue()
