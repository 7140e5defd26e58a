"""A submission's page in formgrader: drawn without a network, and with nothing active of the student's.

An instructor reads it with the rights of their own server, so a script in a written answer could give its author full
marks, or run anything on the machine. It is kept inert in the same ways as a feedback page (`InertExporter`).
"""

from __future__ import annotations

import base64
import hashlib
import re

from autograder.feedback import FORMGRADER, InertExporter


def own_scripts() -> list[str]:
    """What nbgrader's page runs in its body. All else that it runs stands in its head, before the policy holds."""
    macros = (FORMGRADER / "templates" / "formgrade" / "formgrade_macros.html.j2").read_text(encoding="utf-8")
    body = macros.partition("{% macro nav")[2]
    return re.findall(r"(?s)<script[^>]*>(.*?)</script>", body) + sorted(set(re.findall(r'onclick="(.*?)"', body)))


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


class SubmissionExporter(InertExporter):
    """What formgrader shows a submission with."""

    page = "submission_page"
    policy = (
        "default-src 'none'; connect-src 'self'; font-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'; "
        f"script-src 'unsafe-hashes' {' '.join(map(digest, own_scripts()))}; base-uri 'none'; form-action 'none'"
    )
