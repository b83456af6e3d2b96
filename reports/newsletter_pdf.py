"""The newsletter for print: two pages of A4, tagged so that a screen reader can follow them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.theme import Theme
from reports.foreign_text import plain
from reports.page_templates import printed
from reports.pictures import Picture

CLEAR = ("rose", "fell")
PAGES = 2
CHART_WIDTHS = (100, 88, 76, 64)  # per cent of their column: the widest with which all is on two pages
_PAGE = re.compile(rb"/Type\s*/Page\b")


def newsletter_pdf(page: Mapping[str, Any], charts: Mapping[str, str], generated_at: datetime, theme: Theme) -> bytes:
    """Return the PDF of a newsletter.

    Args:
        page: what every format tells, of `newsletter_page`.
        charts: SVG by name, for print.
        generated_at: the date of the document.
    """
    content = _content(page, charts)
    for width in CHART_WIDTHS:
        pdf = printed("newsletter.typ", content | {"chart_width": width}, generated_at, theme)
        if len(_PAGE.findall(pdf)) <= PAGES:
            break
    return pdf


def _content(page: Mapping[str, Any], charts: Mapping[str, str]) -> dict[str, Any]:
    masthead, people = page["masthead"], page["people"]
    return {
        "language": page["language"].code,
        "words": page["words"],
        "title": plain(masthead["page_title"]),
        "review": [{"language": code, "text": text} for code, text in page["review"]],
        "masthead": {name: value for name, value in masthead.items() if isinstance(value, str | bool)},
        "editor": page["editor"],
        "findings": [_finding(one, charts[one.finding_id]) for one in page["findings"]],
        "others": [
            {"label": one.label, "answers": one.answers, "figure": one.figure, "range": one.range,
             "changes": " ".join(line.text for line in one.changes)}
            for one in page["others"]
        ],
        "answers": _picture(page["answers"], charts),
        "answers_heading": page["language"].text("pictures.answers_heading"),
        "groups": [_picture(one, charts) for one in page["groups"]],
        "groups_heading": page["language"].text("pictures.groups_heading"),
        "groups_note": page["groups_note"],
        "people": {
            "sentence": people.sentence,
            "chart": charts.get(people.chart_id, ""),
            "chart_key": people.chart_key,
            "curves": _picture(people.curves, charts),
        },
        "method": [{"heading": heading, "text": " ".join(lines)} for heading, lines in page["method"]],
    }  # fmt: skip


def _picture(picture: Picture | None, charts: Mapping[str, str]) -> dict[str, str] | None:
    if picture is None:
        return None
    told = {"title": picture.title, "key": picture.key, "alt": plain(f"{picture.title}. {picture.description}")}
    return told | {"chart": charts[picture.chart_id]}


def _finding(finding: Any, chart: str) -> dict[str, Any]:
    return {
        "label": finding.label,
        "figure": finding.figure,
        "range": finding.range,
        "sentence": finding.sentence,
        "changes": [{"text": line.text, "is_clear": line.verdict in CLEAR} for line in finding.changes],
        "base": finding.base,
        "chart": chart,
        "chart_alt": plain(f"{finding.label}: {finding.sentence}"),
        "chart_key": finding.chart_key,
    }
