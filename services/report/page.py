"""A bulletin as one HTML file that needs nothing else: styles and plots stand in it, for a screen and for paper.

In: a `Bulletin`, a language.  Out: text. Whatever comes from data is escaped; the same bulletin gives the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from engine.texts import local_time_text, time_us
from services.points import points_text
from services.report.charts import COLOURS, bar, stacked
from services.report.gather import LEVELS, Bulletin, Standing
from services.report.score import CONDUCT, TIMELINESS, WEIGHTS
from services.report.words import words

LISTED_MAX = 100
"""Rows of one list in the page; all are in the CSV files."""
RULES_MAX = 15


def page(bulletin: Bulletin, language: str) -> str:
    """The page in a language (`en`, `zh`)."""
    said = words(language)
    environment = Environment(
        loader=PackageLoader("services.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = plain
    environment.filters["points"] = points_text
    environment.filters["moment"] = partial(moment_text, bulletin)
    names = {level: said[level] for level in LEVELS}
    template = environment.get_template("bulletin.html")
    return template.render(
        b=bulletin,
        w=said,
        language="zh-CN" if language == "zh" else "en",
        levels=LEVELS,
        names=names,
        colours=COLOURS,
        plot=lambda columns, title: stacked(columns, LEVELS, names, title),
        bar=bar,
        ahead=lambda standing: ahead(bulletin, standing, said),
        listed_max=LISTED_MAX,
        rules_max=RULES_MAX,
        unfinished=bulletin.now_us < bulletin.period.bounds_us(bulletin.zone)[1] - 1,
        formula=said["formula"].format(conduct=CONDUCT, timeliness=TIMELINESS),
        formula_terms=said["formula_terms"].format(timeliness=TIMELINESS, **WEIGHTS),
    )


def ahead(bulletin: Bulletin, standing: Standing, said: Mapping[str, str]) -> str:
    """The forecast in one line: the next level up while the first condition holds, and the next fall."""
    told = standing.forecast
    phrases = []
    for rise in told["rises"][:1]:
        step = rise["steps"][0]
        form = said["rise"] if step["before"] is None else said["rise_before"]
        phrases.append(form.format(level=said[rise["level"]], points=points_text(step["points"]), moment=_at(bulletin, step["before"])))
    for fall in told["falls"][:1]:
        form = said["fall_none"] if fall["level"] is None else said["fall"]
        level = said[fall["level"] or "none"]
        phrases.append(form.format(level=level, points=points_text(fall["leaving"]), moment=_at(bulletin, fall["time"])))
    return "; ".join(phrases)


def _at(bulletin: Bulletin, text: str | None) -> str:
    return "" if text is None else moment_text(bulletin, time_us(text))


def moment_text(bulletin: Bulletin, utc_us: int) -> str:
    """Local time, to the minute."""
    return local_time_text(bulletin.zone.local_us(utc_us))[: len("2026-03-02 12:10")]


def plain(text: Any) -> str:
    """Without what could turn the reading direction of a page or hide in it: such characters are shown as a mark."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t" else c for c in str(text))
