"""The trend explorer: one page in every language that needs no network, from the published file alone."""

import json
from typing import Any

from pipeline.theme import PLAIN, Theme
from reports.explorer_data import explorer_data
from reports.explorer_texts import explorer_texts
from reports.foreign_text import has_foreign
from reports.language import Language, language
from reports.page_templates import template
from reports.published import Read, survey_languages
from reports.survey_texts import survey_texts


def render_explorer(read: Read, theme: Theme = PLAIN) -> str | None:
    """Return the page with every released wave of every survey; None when nothing is let out yet.

    Args:
        read: answers SQL with the rows of the published file.
    """
    surveys = explorer_data(read)
    if not surveys:
        return None
    codes = tuple(dict.fromkeys(code for one in surveys for code in survey_languages(read, one["id"])))
    told = {code: _told(read, surveys, language(code)) for code in codes}
    main = language(codes[0])
    return template("explorer.html", theme).render(
        words=main.table("explorer"),
        main=main,
        languages=[language(code) for code in codes],
        title=main.say("explorer.page_title", title=told[main.code]["surveys"][0]["title"]),
        data=_inside_script({"surveys": surveys, "told": told}),
    )


def _told(read: Read, surveys: list[dict[str, Any]], tongue: Language) -> dict[str, Any]:
    """Return all that the page says in a language: its own words, and the texts of each survey."""
    texts = [explorer_texts(read, survey, tongue) for survey in surveys]
    for survey, text in zip(surveys, texts, strict=True):
        text["review"] = survey_texts(read, survey["id"], tongue).notices(has_others=has_foreign(text))
    return {"locale": tongue.locale_tag, "words": tongue.table("explorer"), "surveys": texts}


def _inside_script(data: object) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
