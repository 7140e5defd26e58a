"""How long a slider takes: from a key press to the new picture on screen, in JupyterLab in headless Chromium.

    python benchmarks/slider_latency.py [--moves 60]

Lesson 01's first widget, and the same picture done with ``interact`` and a new Matplotlib figure a move, in one
notebook, in turns. A move is timed in the page, by its own clock: from the arrow key's event to the end of the
frame that paints the new picture. A third slider sends a small ready picture at each move and draws nothing: what
the machine, the browser and Jupyter take by themselves.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import JupyterLab, chromium  # noqa: E402

DATA = """
import numpy as np
from gradual import data, forward
images, labels = data.digits()
points = data.swiss_roll(600, np.random.default_rng(0))
samples, rate = data.sound()
years, series = data.time_series()
betas = np.concatenate([[0], np.linspace(1e-3, 0.08, 100)])
"""
COURSE = """
from gradual.widgets.gradual_noise import dissolve
dissolve(images[0], points, (samples, rate), series, betas, q_step=forward.q_step)
"""
INTERACT = """
import ipywidgets, matplotlib.pyplot as plt
noise = np.random.default_rng(0).standard_normal
starts = images[0], points, samples[:320], series
states = [forward.noise_trajectory(x0, betas, noise((100, *x0.shape))) for x0 in starts]

def picture(t):
    figure = plt.figure(figsize=(9, 3), layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=[1, 1, 1.4])
    image, cloud, sound, line = (state[t] for state in states)
    figure.add_subplot(grid[:, 0], title="Image").imshow(image, cmap="gray_r", vmin=-1, vmax=1)
    figure.add_subplot(grid[:, 1], title="Points", xlim=(-3.4, 3.4), ylim=(-3.4, 3.4)).plot(*cloud.T, "o", ms=2.5)
    figure.add_subplot(grid[0, 2], title="Sound", ylim=(-4.5, 4.5)).plot(sound, lw=1)
    figure.add_subplot(grid[1, 2], title="Time series", ylim=(-4.5, 4.5)).plot(line, lw=1.2)
    plt.show()

ipywidgets.interact(picture, t=ipywidgets.IntSlider(0, 0, 100));
"""
LEAST = """
scene = dissolve(images[0], points[:9], (samples, rate), series, betas, q_step=forward.q_step)
ready = bytes(scene.picture.value)
tiny = ipywidgets.Image(value=ready, format="jpeg", layout={"width": "40px"})
slider = ipywidgets.IntSlider(0, 0, 100)
# The same bytes, one longer at each move: no drawing, and still a new picture for the page.
slider.observe(lambda change: setattr(tiny, "value", ready + bytes(change.new)), "value")
ipywidgets.VBox([slider, tiny])
"""
# Resolves to the milliseconds from the next key press to the end of the frame that paints its new picture.
WATCH = """output => {
    const before = new Set(Array.from(output.querySelectorAll('img'), image => image.src));
    window.gradualMove = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('no new picture in 10 s')), 10000);
        let start = null;
        output.addEventListener('keydown', event => { start = event.timeStamp; }, {capture: true, once: true});
        const painted = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
        const look = () => {
            const image = Array.from(output.querySelectorAll('img')).find(image => !before.has(image.src));
            if (start === null || !image) return;
            observer.disconnect();
            if (image.complete) painted(); else image.addEventListener('load', painted, {once: true});
        };
        const observer = new MutationObserver(look);
        observer.observe(output, {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
    });
}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=60, help="moves of each slider that are timed")
    moves = parser.parse_args().moves
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "root"
        folder.mkdir()
        cells = [nbformat.v4.new_code_cell(source.strip()) for source in (DATA, COURSE, INTERACT, LEAST)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "slider.ipynb")
        with JupyterLab(folder) as lab, chromium() as browser:
            notebook = lab.open(browser, "slider.ipynb")
            notebook.run_all()
            assert not notebook.errors(), notebook.errors()
            assert not notebook.widget_errors(), notebook.widget_errors()
            times = measure(notebook, moves)
    report(*times)


def measure(notebook, moves, warm_up=5, block=10):
    """Milliseconds a move, for each slider, in alternating blocks so that all meet the same machine."""
    outputs = notebook.page.locator(".jp-Cell-outputWrapper")
    sliders = [output for output in outputs.all() if output.get_by_role("slider").count()]
    times = [[] for _ in sliders]
    for start in range(0, moves + warm_up, block):
        for output, taken in zip(sliders, times, strict=True):
            handle = output.get_by_role("slider").first
            handle.scroll_into_view_if_needed()
            handle.focus()
            taken += [move(notebook.page, output) for _ in range(min(block, moves + warm_up - start))]
    return [np.array(taken[warm_up:]) for taken in times]


def move(page, output):
    """One step to the right, timed; then a short rest, as between a hand's movements."""
    output.evaluate(WATCH)
    page.keyboard.press("ArrowRight")
    taken = page.evaluate("window.gradualMove")
    page.wait_for_timeout(60)
    return taken


def report(course, interact, least):
    names = "gradual, lesson 01", "interact, new figure", "nothing drawn"
    for name, taken in zip(names, (course, interact, least), strict=True):
        low, high = np.percentile(taken, [50, 95])
        print(f"{name:22} median {low:6.1f} ms   95th percentile {high:6.1f} ms   ({len(taken)} moves)")
    print(f"ratio of medians: {np.median(interact) / np.median(course):.1f}")


if __name__ == "__main__":
    main()
