"""Diagnostics as people and other programs read them: one value, several renderers.

In: diagnostics in order, the text of each file, and the folder that their names are relative to.  Out: text.
"""

from __future__ import annotations

from collections.abc import Callable

from rulelang.render.formats import render_github, render_json, render_junit, render_sarif
from rulelang.render.text import render_text, summary

# By the name that the command line knows them by.
RENDERERS: dict[str, Callable[..., str]] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
    "junit": render_junit,
}

__all__ = ["RENDERERS", "render_github", "render_json", "render_junit", "render_sarif", "render_text", "summary"]
