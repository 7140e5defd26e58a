"""A real JupyterLab in a real Chromium: what the browser tests and the slider benchmark drive.

    with JupyterLab(folder) as lab, chromium() as browser:
        notebook = lab.open(browser, "lesson.ipynb")
        notebook.run_all()
        notebook.errors()      # [] when no cell failed

``folder`` is the server's root, served with a token from an isolated configuration, so neither the
machine's Jupyter settings nor another running server can change what is seen.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TESTS_ONLY = ("MPLBACKEND", "PYTEST_VERSION", "PYTEST_CURRENT_TEST")
"""What a test run sets and a student's machine does not."""
SETTINGS = {
    # Full windowing takes cells that are out of sight, and their sliders, out of the page.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
}


def find_chromium() -> str | None:
    """The path of a Chromium that Playwright can drive, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextlib.contextmanager
def chromium(scale=1):
    """A headless browser; ``scale`` is the device pixel ratio of its pages."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, device_scale_factor=scale)
        context.set_default_timeout(60_000)
        try:
            yield context
        finally:
            browser.close()


class JupyterLab:
    """A JupyterLab server on ``folder``, stopped with all its kernels at the end of the ``with``."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.private = self.folder.parent / f"{self.folder.name}-jupyter"
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_settings()
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        environment = {
            **{name: value for name, value in os.environ.items() if name not in TESTS_ONLY},
            **{name: str(self.private / place) for name, place in places.items()},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GRADUAL_PROGRESS": str(self.private / "progress.json"),
        }
        self.log = open(self.private / "server.log", "w")
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--ServerApp.root_dir={self.folder}", f"--ServerApp.port={self.port}"]
        command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        command += ["--LabApp.expose_app_in_browser=True"]
        # nbgrader looks for its settings where the server starts.
        self.process = subprocess.Popen(command, env=environment, cwd=self.folder, stdout=self.log, stderr=self.log)
        self._wait()
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def _write_settings(self):
        page_config = self.private / "config" / "labconfig" / "page_config.json"
        page_config.parent.mkdir(parents=True, exist_ok=True)
        disabled = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        page_config.write_text(json.dumps(disabled))
        for plugin, values in SETTINGS.items():
            path = self.private / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))

    def _wait(self, seconds=180):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/api/status?token={self.token}", timeout=2)
                return
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start; its log:\n{Path(self.log.name).read_text()[-3000:]}")

    def open(self, browser, name):
        """Open the notebook ``name`` (a path inside the folder) in a page of its own, kernel ready."""
        page = browser.new_page()
        workspace = secrets.token_hex(4)
        page.goto(f"{self.url}/lab/workspaces/{workspace}/tree/{name}?token={self.token}")
        page.wait_for_function(KERNEL_READY)
        return Notebook(page)


PANEL = "window.jupyterapp.shell.currentWidget"
KERNEL_READY = f"""() => {{
    const panel = window.jupyterapp && {PANEL};
    const kernel = panel && panel.sessionContext && panel.sessionContext.session?.kernel;
    return Boolean(kernel && kernel.status === 'idle' && panel.content?.widgets?.length);
}}"""


class Notebook:
    """A notebook open in JupyterLab: run it, read its cells, move its sliders."""

    def __init__(self, page):
        self.page = page

    def run_all(self, seconds=120):
        """Run every cell, as far as the first error that no tag announces, and wait until all is drawn."""
        finished = self.page.evaluate(RUN_ALL, seconds)
        if not finished:
            raise TimeoutError(f"the notebook was still running after {seconds} s")
        self.wait_idle(seconds)

    def wait_idle(self, seconds=60):
        """Wait until the kernel has nothing left to do and the page has not changed for a moment."""
        # Between two cells the kernel is idle for an instant, and "Run All" counts as finished at the first error,
        # even one that is announced: so it must still be idle after the page has settled.
        idle = False
        while not idle:
            self.page.wait_for_function(KERNEL_READY, timeout=1000 * seconds)
            self.page.evaluate(SETTLED)
            idle = self.page.evaluate(KERNEL_READY)

    def cells(self):
        """The notebook's cells as they are now, in nbformat's form, with their outputs."""
        return self.page.evaluate(f"{PANEL}.content.model.toJSON().cells")

    def errors(self, expected=False):
        """(cell number, error text) of each error output; those tagged ``raises-exception`` only if ``expected``."""
        found = []
        for number, cell in enumerate(self.cells()):
            on_purpose = "raises-exception" in cell["metadata"].get("tags", [])
            for output in cell.get("outputs", []):
                if output["output_type"] == "error" and on_purpose == expected:
                    found.append((number, f"{output['ename']}: {output['evalue']}"))
        return found

    def widget_errors(self):
        """What widgets say went wrong: the course's while they drew, or the browser while it showed one."""
        shown = self.page.locator(".gradual-error, .jupyter-widgets-error-widget").all_inner_texts()
        return [text for text in shown if text.strip()]

    def scenes(self):
        """Every widget of ``gradual.widgets`` on the page."""
        return [SceneOnPage(self, box) for box in self.page.locator(".gradual-scene").all()]

    def theme(self, dark):
        """Switch JupyterLab to its dark or its light theme."""
        name = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_function(
            "light => document.body.dataset.jpThemeLight === light", arg="false" if dark else "true"
        )

    def close(self):
        """Shut the kernel down and close the page."""
        self.page.evaluate(f"{PANEL}.sessionContext.shutdown()")
        self.page.close()

    def screenshots(self, folder, name):
        """Each widget in the light and in the dark theme, as PNG files in ``folder``."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        for dark in (False, True):
            self.theme(dark)
            for number, scene in enumerate(self.scenes()):
                path = Path(folder) / f"{name}-{number}-{'dark' if dark else 'light'}.png"
                scene.box.screenshot(path=path)


RUN_ALL = """seconds => Promise.race([
    window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => true, () => true),
    new Promise(resolve => setTimeout(() => resolve(false), 1000 * seconds)),
])"""
SETTLED = """() => new Promise(resolve => {
    const done = () => { observer.disconnect(); resolve(); };
    let timer = setTimeout(done, 400);
    const observer = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, 400); });
    const watch = {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['src']};
    observer.observe(document.querySelector('.jp-Notebook'), watch);
})"""


class Seen(NamedTuple):
    """What a widget shows at one moment."""

    pixels: str
    caption: str


class SceneOnPage:
    """One widget of the course, as a person meets it: sliders, lists, a picture, a caption."""

    def __init__(self, notebook, box):
        self.notebook, self.box, self.page = notebook, box, notebook.page

    def sliders(self):
        """The handles of the sliders; each has the ARIA role "slider" and takes the keyboard."""
        return self.box.get_by_role("slider").all()

    def lists(self):
        """The drop-down lists."""
        return self.box.locator("select").all()

    def options(self, chosen):
        return chosen.locator("option").all_inner_texts()

    def enabled(self, slider):
        return slider.evaluate("handle => !handle.closest('.noUi-target').hasAttribute('disabled')")

    def seen(self):
        """The picture's bytes (a frame that is sent again has a new address, and the same bytes) and the caption."""
        pixels = self.box.locator("img.gradual-picture").evaluate(PICTURE_BYTES)
        caption = self.box.locator(".gradual-caption")
        return Seen(pixels, caption.inner_text() if caption.count() else "")

    def press(self, slider, key):
        """Press a key on a slider (Home and End go to its ends), wait for the new picture, and see."""
        slider.focus()
        return self._after(lambda: slider.press(key), lambda: slider.get_attribute("aria-valuenow"))

    def select(self, chosen, option):
        """Choose an option of a list by its text, wait for the new picture, and see."""
        return self._after(lambda: chosen.select_option(label=option), chosen.input_value)

    def _after(self, act, value):
        image = self.box.locator("img.gradual-picture").element_handle()
        address, before = image.get_attribute("src"), value()
        act()
        if value() != before:
            self.page.wait_for_function("([image, old]) => image.src !== old", arg=[image, address], timeout=60_000)
        self.notebook.wait_idle()
        return self.seen()


PICTURE_BYTES = """async image => {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}"""
