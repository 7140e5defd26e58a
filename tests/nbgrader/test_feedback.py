"""Feedback pages in a real browser: readable without a network, and nothing in them is a student's to run."""

import re
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.feedback import FeedbackExporter, clean, formula, known_parts
from autograder.formgrader_page import SubmissionExporter
from tests.nbgrader.course import LESSONS, REPO, Course, released, solution, without_pictures

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from lab import chromium, find_chromium  # noqa: E402

pytestmark = pytest.mark.nbgrader
in_a_browser = pytest.mark.skipif(not find_chromium(), reason="needs Chromium")

LESSON = "01_gradual_noise"
FIRE = "alert(1)"
ELSEWHERE = "http://127.0.0.1:9/"

IN_TEXT = {
    "script": f"<script>{FIRE}</script>",
    "handler": f'<img src=x onerror="{FIRE}">',
    "remote_picture": f"<img src={ELSEWHERE}a.png>\n\n![]({ELSEWHERE}b.png)",
    "link": f'<a id="go" href="javascript:{FIRE}">press</a> [press](javascript:{FIRE})',
    "data_link": '<a href="data:text/html,<script>1</script>">press</a>',
    "frame": f'<iframe srcdoc="<script>parent.{FIRE}</script>"></iframe><iframe src={ELSEWHERE}></iframe>',
    "style": f"<style>body {{ display: none; background: url({ELSEWHERE}) }}</style>",
    "link_style": f'<link rel="stylesheet" href="{ELSEWHERE}a.css">',
    "inline_style": f'<p style="position:fixed;inset:0;background:url({ELSEWHERE}c)">over it all</p>',
    "svg": f'<svg onload="{FIRE}"><script>{FIRE}</script><a xlink:href="javascript:{FIRE}"><text>x</text></a></svg>',
    "mathml": f'<math href="javascript:{FIRE}"><mtext><table><mglyph><style><img src onerror="{FIRE}"></style></mglyph></table>'
    "</mtext></math>",
    "on_anything": f'<details open ontoggle="{FIRE}"><summary>x</summary></details><input autofocus onfocus="{FIRE}">',
    "refresh": f'<meta http-equiv="refresh" content="0;url={ELSEWHERE}"><base href="{ELSEWHERE}">',
    "form": f'<form action="{ELSEWHERE}"><button formaction="javascript:{FIRE}">press</button></form>',
    "objects": f'<object data="{ELSEWHERE}"></object><embed src="{ELSEWHERE}"><video src="{ELSEWHERE}" autoplay></video>',
    "closing": f"</div></div></body></html><script>{FIRE}</script>",
    "in_a_formula": f"$\\text{{</math><script>{FIRE}</script>}}$ and $$<img src=x onerror={FIRE}>$$",
    "in_an_attribute": f'<a title="$\\text{{x}}$" href="#">a</a> <i title="$\\text{{" onmouseover={FIRE} x="}}$">b</i>',
    "mutation": f'<noscript><p title="</noscript><img src=x onerror={FIRE}>"></noscript>',
}
IN_CODE = f"""
from IPython.display import HTML, SVG, Image, IFrame, Javascript, Markdown, display
display(HTML("<b>An honest table</b><script>{FIRE}</script><img src=x onerror='{FIRE}'>"))
display(HTML("<script>{FIRE}</script>", metadata={{"isolated": True}}))
display(Javascript("{FIRE}"))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="{FIRE}"><script>{FIRE}</script></svg>'))
display(Markdown("**honest** <script>{FIRE}</script>"))
display(IFrame("{ELSEWHERE}", 100, 100))
display({{"image/png": "x\\" onerror=\\"{FIRE}"}}, raw=True)
display({{"application/vnd.jupyter.widget-view+json": {{"model_id": "</script><script>{FIRE}</script>"}}}}, raw=True)
display({{"text/latex": "<script>{FIRE}</script>", "text/vnd.mermaid": "x"}}, raw=True)
print("<script>{FIRE}</script>")
raise ValueError("<script>{FIRE}</script>")
"""
FIGURE = """
from matplotlib.figure import Figure
figure = Figure(figsize=(4, 2))
figure.subplots().plot([1, 2])
figure.savefig("figure.png")
Image("figure.png")
"""


def hostile(lesson):
    """A solved lesson with every payload in its written answer and in outputs, and a raw cell; some honest things too."""
    notebook = without_pictures(solution(lesson))
    (answer,) = [cell for cell in notebook.cells if cell.cell_type == "markdown" and cell.metadata.nbgrader.solution]
    answer.source = "My honest answer.\n\n" + "\n\n".join(IN_TEXT.values()) + "\n\nIt ends with $\\sqrt{\\beta}$."
    notebook.cells += [nbformat.v4.new_code_cell(IN_CODE), nbformat.v4.new_code_cell(FIGURE)]
    raw = nbformat.v4.new_raw_cell(f"<script>{FIRE}</script>", metadata={"raw_mimetype": "text/html"})
    notebook.cells.append(raw)
    notebook.cells[-2].metadata["tags"] = [f'"><script>{FIRE}</script>']
    return notebook, answer.metadata.nbgrader.grade_id


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A hostile submission that plain nbgrader graded, with a comment in the gradebook; the course."""
    from nbgrader.api import Gradebook

    course = Course(tmp_path_factory.mktemp("course"), [LESSON], stock=True)
    course.release(LESSON)
    notebook, written = hostile(LESSON)
    course.submit("eve", LESSON, notebook)
    course.autograde(LESSON)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "gradual") as book:
        comment = book.find_comment(written, LESSON, LESSON, "eve")
        comment.manual_comment = f"Read $x_t$ again. <script>{FIRE}</script>"
        grade = book.find_grade(written, LESSON, LESSON, "eve")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    return course


@pytest.fixture(scope="module")
def browser():
    with chromium() as context:
        yield context


MARKS = {"nbgrader": dict(notebook=LESSON, score=0, max_score=0, late_penalty=0), "metadata": {"name": LESSON}}


def page_of(course, student, *options):
    course.run("nbgrader", "generate_feedback", LESSON, f"--student={student}", "--force", *options)
    return course.root / "feedback" / student / LESSON / f"{LESSON}.html"


class Visit:
    """A page opened from disk: what it asked for, and what ran in it."""

    def __init__(self, browser, path):
        self.requests, self.fired = [], 0
        self.page = browser.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", self.alerted)
        self.page.goto(path.as_uri(), wait_until="load")
        for link in self.page.locator("a:not([href^='#']), button").all():
            link.dispatch_event("click")
        for element in self.page.locator("[title]").all():
            element.dispatch_event("mouseover")
        self.page.wait_for_load_state("networkidle")
        self.address = path.as_uri()

    def alerted(self, dialog):
        self.fired += 1
        dialog.dismiss()

    @property
    def asked_for(self):
        return [url for url in self.requests if not url.startswith("data:") and url.split("#")[0] != self.address]


@pytest.mark.slow
@pytest.mark.browser
@in_a_browser
def test_nothing_of_a_hostile_submission_runs_or_loads(attacked, browser):
    path = page_of(attacked, "eve")
    visit = Visit(browser, path)
    assert visit.fired == 0
    assert visit.asked_for == []
    active = "script, iframe, object, embed, video, form, button, input, svg, link, base, meta[http-equiv=refresh]"
    assert visit.page.locator(active).count() == 0
    attributes = visit.page.evaluate(
        "[...document.body.querySelectorAll('*')].flatMap(e => [...e.attributes]).map(a => a.name + '=' + a.value)"
    )
    assert [one for one in attributes if re.match(r"on|(href|src)=\s*(javascript|data:text|http)|style=.*(url|position)", one)] == []
    assert visit.page.locator("body").is_visible()


@pytest.mark.slow
@pytest.mark.browser
@in_a_browser
def test_the_page_tells_scores_messages_comments_and_shows_figures(attacked, browser):
    path = page_of(attacked, "eve")
    page = Visit(browser, path).page
    text = page.locator("body").inner_text()
    for wanted in ("Score: 13.5 / 14.0", "Score: 1.5 / 2.0", "q_step-hidden (Score: 2.0 / 2.0)", "Passed."):
        assert wanted in text, wanted
    for wanted in ("My honest answer.", "Comments:", "again.", "An honest table", "honest", "ValueError"):
        assert wanted in text, wanted
    assert page.locator("math").count() >= 2
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert widths[-1] > 100  # the figure; the picture before it was none


@pytest.mark.slow
@pytest.mark.browser
@in_a_browser
def test_the_payloads_do_fire_in_a_page_of_plain_nbgrader(attacked, browser):
    path = page_of(attacked, "eve", "--GenerateFeedback.exporter_class=nbconvert.exporters.HTMLExporter")
    visit = Visit(browser, path)
    assert visit.fired > 3
    assert any(url.startswith(ELSEWHERE) for url in visit.asked_for)


@pytest.mark.browser
@in_a_browser
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_formula_of_a_lesson_is_drawn(tmp_path, lesson, browser):
    text = nbformat.v4.new_notebook(cells=[cell for cell in solution(lesson).cells if cell.cell_type == "markdown"])
    formulas = sum(len(re.findall(r"(?s)\$\$.+?\$\$|(?<!\$)\$[^$]+\$", cell.source)) for cell in text.cells)
    for cell in text.cells:
        cell.metadata.pop("nbgrader", None)
    page, _ = FeedbackExporter().from_notebook_node(text, dict(MARKS))
    path = tmp_path / "page.html"
    path.write_text(page)
    visit = Visit(browser, path)
    assert visit.asked_for == []
    boxes = visit.page.evaluate("[...document.querySelectorAll('math')].map(one => one.getBoundingClientRect().toJSON())")
    shown = visit.page.locator("body").inner_text()
    assert len(boxes) == formulas > 0
    assert all(box["width"] > 3 and box["height"] > 5 for box in boxes)
    assert "$" not in shown and not re.search(r"\\[a-z]", shown)


@pytest.mark.parametrize("payload", IN_TEXT.values(), ids=IN_TEXT)
def test_cleaning_alone_leaves_nothing_active(payload):
    left = clean(payload)
    tags = set(re.findall(r"<([a-z]+)", left))
    assert not tags & {"script", "iframe", "style", "svg", "form", "button", "input", "meta", "base", "object", "embed", "video", "link"}
    assert not re.search(r"<[^>]*\s(on\w+|srcdoc|formaction|action)=|<[^>]*(javascript:|data:text|url\()|<img[^>]*http", left)


@pytest.mark.parametrize("tex", [r"\frac{", r"\left(", "a" * 5000, r"\begin{pmatrix} 1", "{" * 900, "x_" * 400])
def test_tex_that_cannot_be_converted_is_shown_as_it_is(tex):
    shown = clean(formula(tex, "inline"))
    assert shown.startswith(("<math", "<code>"))
    assert "<script" not in clean(formula(tex + "<script>", "inline"))


def test_only_known_parts_of_a_notebook_reach_the_page():
    notebook = released(LESSON)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": "<script>"}}
    notebook.metadata["title"] = "<script>"
    notebook.cells[1].metadata.update(tags=["<script>"], nbgrader={"grade_id": '"><script>', "grade": True})
    notebook.cells[0]["attachments"] = {"a.png": {"image/svg+xml": "<svg/>", "image/png": 'x" onerror="1'}}
    known = known_parts(notebook)
    assert "<script>" not in nbformat.writes(known) and "onerror" not in nbformat.writes(known)
    nbformat.validate(known)
    assert [cell.source for cell in known.cells] == [cell.source for cell in notebook.cells]


@pytest.mark.parametrize("exporter", [FeedbackExporter, SubmissionExporter])
@pytest.mark.parametrize("attachments", [{}, {"sketch.png": {}}, {"sketch.png": {"image/svg+xml": f"<svg onload='{FIRE}'/>"}}])
def test_a_pasted_picture_that_did_not_come_along_is_a_line_in_its_place(exporter, attachments):
    text = "Before it. ![my <b>sketch](attachment:sketch.png) ![](attachment:sketch.png) After it."
    cell = nbformat.v4.new_markdown_cell(text, attachments=attachments)
    page, _ = exporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]), MARKS | {"index": 0, "total": 1})
    shown = re.search("Before it.*After it", page)[0]
    assert "(A pasted picture, my &lt;b&gt;sketch: it is in the notebook as it was handed in.)" in shown
    assert "(A pasted picture, sketch.png: it is" in shown and "<img" not in shown and "svg" not in shown


def test_a_pasted_picture_that_is_there_is_shown():
    cell = nbformat.v4.new_markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": "QUJD"}})
    page, _ = FeedbackExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]), dict(MARKS))
    assert 'src="data:image/png;base64,QUJD"' in page


def test_what_is_endless_is_cut_with_a_word_that_says_so():
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="a" * 1_000_000)])
    (known,) = known_parts(nbformat.v4.new_notebook(cells=[cell])).cells
    assert len(known.outputs[0].text) < 60_000 and known.outputs[0].text.endswith("… and 950000 more characters")


def test_settings_name_this_exporter_in_a_part_that_plain_nbgrader_has_too():
    settings = (REPO / "nbgrader_config.py").read_text()
    assert "autograder.feedback.FeedbackExporter" in settings.split("# --- Safe grading")[0]
