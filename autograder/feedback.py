"""A student's feedback page: nbgrader's own, readable without a network and with nothing active in it.

``nbgrader_config.py`` names `FeedbackExporter`, so ``nbgrader generate_feedback``, formgrader's button and ``gradual
feedback`` make the same page. Three things keep it inert, each enough by itself for most attacks: only known parts of
the notebook reach the page, its HTML keeps only known tags and attributes, and the page forbids scripts and requests.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

import nbgrader.server_extensions.formgrader
import nh3
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode, from_dict
from traitlets.config import Config

FORMGRADER = Path(nbgrader.server_extensions.formgrader.__file__).parent
TEMPLATES = [Path(__file__).parent / "templates", FORMGRADER / "templates"]
STYLES_FOLDER = FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"

LONGEST_TEXT = 50_000
LONGEST_FORMULA = 2_000
NBGRADER_KEYS = {"grade", "solution", "task", "locked", "grade_id", "points", "schema_version", "cell_type"}
PICTURES = ("image/png", "image/jpeg")
TEXTS = ("text/html", "text/markdown", "text/latex", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"
FONT_FILES = re.compile(r"@font-face\s*\{[^}]*\}")  # nbgrader's style asks for files that no student has
STYLE = """<style>
math { font-size: 1.1em; }
.rendered_html td, .rendered_html th { padding: 0.15em 0.8em 0.15em 0; vertical-align: top; }
math[display="block"] { margin: 0.8em 0; overflow-x: auto; overflow-y: hidden; }
.output_png img, .output_jpeg img, .rendered_html img { max-width: 100%; height: auto; border: none; }
</style>"""
TEST_CELL = re.compile(r'(<li><a href="#([\w-]+)">)Test cell<')  # in nbgrader's list of scores, each under this one name
BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")

MATHML = {
    "math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover", "none",
}  # fmt: skip
MATHML_ATTRIBUTES = {
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display", "displaystyle", "fence", "form",
    "height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines",
    "rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
TAGS = nh3.ALLOWED_TAGS - {"area", "map"} | MATHML
ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    **{tag: MATHML_ATTRIBUTES for tag in MATHML},
    **{tag: {"class", "style"} for tag in ("div", "p", "pre", "span")},
}
STYLES = {
    "border", "border-left", "color", "background-color", "font-style", "font-weight", "line-height", "padding", "text-align",
    "white-space",
}  # fmt: skip


class InertExporter(HTMLExporter):
    """A notebook as a page that needs no network, and in which nothing of the notebook's is active."""

    page: str
    """Its folder in ``templates/``."""

    policy: str
    """What the browser may run and fetch, whatever the page should hold."""

    @property
    def default_config(self):
        own = {
            "template_name": self.page,
            "extra_template_basedirs": [str(path) for path in TEMPLATES],
            "extra_template_paths": [str(STYLES_FOLDER)],
        }
        config = Config({type(self).__name__: own})
        config.merge(super().default_config)
        return config

    def from_notebook_node(self, nb, resources=None, **kw):
        page, resources = super().from_notebook_node(known_parts(nb), resources, **kw)
        head, end, body = page.partition("</head>")
        policy = f'<meta http-equiv="Content-Security-Policy" content="{self.policy}">'
        return f"{FONT_FILES.sub('', head)}{policy}\n{STYLE}\n{end}{body}", resources

    @pass_context
    def markdown2html(self, context, source):
        """The filter for text, comments and outputs in Markdown."""
        if len(source) > LONGEST_TEXT:
            return f"<pre>{html.escape(shortened(source))}</pre>"
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = MathMLRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
        return clean(MarkdownWithMath(renderer=renderer).render(source))


class FeedbackExporter(InertExporter):
    """What nbgrader makes feedback pages with."""

    page = "feedback_page"
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

    def from_notebook_node(self, nb, resources=None, **kw):
        page, resources = super().from_notebook_node(nb, resources, **kw)
        return TEST_CELL.sub(r"\1\2<", page), resources


class MathMLRenderer(IPythonRenderer):
    """Markdown with formulas that a browser shows by itself."""

    def image(self, text, url, title=None):
        name = url.removeprefix("attachment:")
        if name != url and not self.attachments.get(name):  # grading takes text alone: pasted pictures stay behind
            return f"<em>(A pasted picture, {html.escape(text or name)}: it is in the notebook as it was handed in.)</em>"
        return super().image(text, url, title)

    def block_math(self, body):
        return formula(body, "block")

    def inline_math(self, body):
        return formula(body, "inline")

    def latex_environment(self, name, body):
        return formula(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


def formula(tex: str, display: str) -> str:
    """TeX as MathML; as it was written where that cannot be."""
    if len(tex) <= LONGEST_FORMULA:
        try:
            return convert(tex, display=display)
        except Exception:  # what a student types as TeX can fail in any way
            pass
    return f"<code>{html.escape(shortened(tex))}</code>"


def clean(fragment: str) -> str:
    """HTML with the known tags and attributes of it, each tag closed."""
    return nh3.clean(
        fragment, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=allowed_value, filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "data"}, link_rel="noopener noreferrer nofollow",
    )  # fmt: skip


def allowed_value(tag, attribute, value):
    """The attribute's value, or None to drop it: pictures are in the page itself, and links lead to web pages."""
    if attribute == "class":
        return value if re.fullmatch(r"highlight|[a-z]{1,2}[0-9]?", value) else None  # the colours of code
    if attribute == "src":
        return value if re.match(r"data:image/(png|jpeg);base64,", value) else None
    if attribute in ("href", "cite"):
        return value if re.match(r"(https?:|mailto:|#)", value) else None
    return value


def known_parts(notebook: NotebookNode) -> NotebookNode:
    """The notebook's text, code, outputs and nbgrader's marks: a copy without anything else of it."""
    shown = [cell for cell in notebook.cells if cell.cell_type in ("code", "markdown")]
    cells = [known_cell(cell) | {"id": f"cell-{place}"} for place, cell in enumerate(shown)]
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    return from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": language, "cells": cells})


def known_cell(cell) -> dict:
    marks = {key: value for key, value in cell.metadata.get("nbgrader", {}).items() if key in NBGRADER_KEYS}
    if not re.fullmatch(r"[\w-]+", str(marks.get("grade_id", ""))):
        marks = {}
    known = {"cell_type": cell.cell_type, "metadata": {"nbgrader": marks} if marks else {}, "source": cell.source}
    if cell.cell_type == "markdown":
        return known | {"attachments": {name: pictures(data) for name, data in cell.get("attachments", {}).items()}}
    known["source"] = shortened(cell.source)
    outputs = [known_output(output) for output in cell.outputs]
    return known | {"execution_count": cell.execution_count, "outputs": [output for output in outputs if output]}


def known_output(output) -> dict | None:
    """One output, in the one form of it that the page shows."""
    if output.output_type == "stream":
        name = "stderr" if output.name == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": shortened(output.text)}
    if output.output_type == "error":
        lines = [shortened(line) for line in output.traceback] or [shortened(f"{output.ename}: {output.evalue}")]
        return {"output_type": "error", "ename": "", "evalue": "", "traceback": lines}
    form, content = shown_form(output.data)
    if form is None:
        return None
    return {"output_type": "display_data", "data": {form: content}, "metadata": {form: picture_marks(output, form)}}


def shown_form(data) -> tuple[str | None, str]:
    """Of a thing in many forms, the one to show: (its kind, the content)."""
    if WIDGET in data:
        return "text/plain", "(A picture that moves. It is in your notebook.)"
    forms = pictures(data) | {kind: shortened(data[kind]) for kind in TEXTS if isinstance(data.get(kind), str)}
    kind = next((kind for kind in PICTURES + TEXTS if kind in forms), None)
    if kind == "text/html":
        return kind, clean(forms[kind])
    if kind == "text/latex":
        return "text/markdown", forms[kind]  # its formulas stand between dollar signs
    return kind, forms.get(kind, "")


def pictures(data) -> dict[str, str]:
    """The pictures among the forms of a thing, where they are base64 and nothing else."""
    found = {kind: data[kind] for kind in PICTURES if isinstance(data.get(kind), str)}
    return {kind: "".join(text.split()) for kind, text in found.items() if BASE64.fullmatch(text)}


def picture_marks(output, form) -> dict:
    marks = output.get("metadata", {}).get(form, {})
    marks = marks if isinstance(marks, dict) else {}
    sizes = {key: marks[key] for key in ("width", "height") if isinstance(marks.get(key), int)}
    return sizes | ({"alt": marks["alt"]} if isinstance(marks.get("alt"), str) else {})


def shortened(text: str) -> str:
    left = len(text) - LONGEST_TEXT
    return text if left <= 0 else f"{text[:LONGEST_TEXT]}\n… and {left} more characters"
