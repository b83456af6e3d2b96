"""The methods and disclosure sheet of a wave: a page for people and the same as JSON, from the published file alone.

The page is in every language of the survey; the JSON, which is for machines, in its main one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from pipeline.translations import ANSWER, LABEL, TITLE, WORDING
from reports import method, published, words
from reports.disclosure_sheet import headings, regime_rows, releases
from reports.edition import Edition
from reports.foreign_text import has_foreign
from reports.language import ENGLISH, Language
from reports.page_templates import template
from reports.published import columns_of

PAGE = "methods.html"
PEOPLE = re.compile(r"\b\d+(?= people\b)")  # a count in a note, as `people` of weighting_log writes it


def render_methods(edition: Edition) -> dict[str, str]:
    """Return methods.html of one wave and, in the survey's main language, disclosure.json.

    Raises:
        DefinitionError: no such wave is published.
    """
    language, texts = edition.language, edition.texts
    facts = published.survey_facts(edition.read, edition.survey)
    sheet, asked, steps = headings(edition), questions(edition), weighting_steps(edition)
    told = {
        "headings": sheet,
        "questions": asked,
        "steps": steps,
        "margins": method.margin_rows(edition),
        "regimes": regime_rows(language, sheet, has_questions=bool(asked)),
    }
    page = {
        "language": language,
        "words": language.table("methods"),
        "provisional": language.text("newsletter.provisional_banner") if edition.is_provisional else "",
        "title": language.say(
            "methods.page_title", title=texts.text(facts["title"], TITLE), number=edition.facts["wave_number"]
        ),
        "told_in": texts.told_in(PAGE),
        "review": texts.notices(has_others=has_foreign(told)),
        **told,
    }
    files = {PAGE: template(PAGE, edition.theme).render(page)}
    return files | ({"disclosure.json": _json(edition, told)} if language.code == texts.main else {})


def questions(edition: Edition) -> list[dict[str, Any]]:
    """Return the items of a wave in the order in which it asked them: label, wording and answers."""
    sql = """
        select item, label, wording from items
        where survey = ? and list_contains(string_split(waves, '+'), ?) and is_published
        order by places[?], item_order
    """
    options = edition.read(
        "select item, code, label from answer_options where survey = ? order by item, option_order", [edition.survey]
    )
    texts = edition.texts
    answers = {
        str(item): [texts.text(label, ANSWER, str(item), code) for _, code, label in rows.iter_rows()]
        for (item,), rows in options.group_by("item", maintain_order=True)
    }
    return [
        {
            "item": item,
            "label": texts.text(label or item, LABEL, item),
            "wording": texts.text(wording or "", WORDING, item),
            "answers": answers.get(item, []),
        }
        for item, label, wording in edition.read(sql, [edition.survey, edition.wave, edition.wave]).iter_rows()
    ]


def weighting_steps(edition: Edition) -> list[dict[str, Any]]:
    """Return each step from base weight to final weight and what it did."""
    return steps_by_wave(edition, [edition.wave]).get(edition.wave, [])


def steps_by_wave(edition: Edition, waves: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the same of an edition's weight in each of these waves that it was made for."""
    if not columns_of(edition.read, "weighting_log"):
        return {}
    sql = """
        select * from weighting_log
        where survey = ? and weight_id = ? and list_contains(?, wave) order by wave, step_order
    """
    rows, language = edition.read(sql, [edition.survey, edition.weight_id, list(waves)]), edition.language
    steps: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        step = {
            "step": _step(edition, str(row["step"])),
            "members": words.count(language, edition.shown_count(row["n"])),
            "factors": _factors(language, row["min_ratio"], row["max_ratio"]),
            "design_effect": "–" if row["design_effect"] is None else language.decimal(row["design_effect"], 2),
            "note": edition.texts.untranslated(_note(edition, row["note"] or "")),
        }
        steps.setdefault(row["wave"], []).append(step)
    return steps


def _note(edition: Edition, note: str) -> str:
    """Return a note of the log, its counts of people as the profile lets them be told."""

    def shown(count: re.Match[str]) -> str:
        n = edition.shown_count(int(count.group()))
        fewer = ENGLISH.say("methods.fewer", n=edition.profile.count_below)
        return fewer if n is None else words.count(ENGLISH, n)

    return PEOPLE.sub(shown, note)


def _step(edition: Edition, step: str) -> str:
    """Return what a step is called; one with a name of its survey's has it after a colon."""
    known = edition.language.table("methods.weighting_steps")
    first, _, name = step.partition(" ")
    if step.replace(" ", "_") in known:
        return str(known[step.replace(" ", "_")])
    if first in known and name:
        return f"{known[first]}: {name}"
    return edition.texts.untranslated(words.capital(step.replace("_", " ")))


def _factors(language: Language, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    return language.say("explorer.range", low=language.decimal(low, 2), high=language.decimal(high, 2))


def _json(edition: Edition, told: Mapping[str, Any]) -> str:
    facts = edition.facts
    data = {
        "survey": edition.survey,
        "wave": edition.wave,
        "release_id": facts["release_id"],
        "release_status": facts["release_status"],
        "fieldwork": {"start": facts["fieldwork_start"], "end": facts["fieldwork_end"]},
        "elements": {
            heading.heading: {element.element: list(element.lines) for element in heading.elements}
            for heading in told["headings"]
        },
        "questions": told["questions"],
        "weight_id": edition.weight_id,
        "weighting_steps": told["steps"],
        "margins": told["margins"],
        "codes": told["regimes"],
        "releases": _release_rows(releases(edition)),
    }
    return json.dumps(data, indent=1, ensure_ascii=False, default=_written) + "\n"


def _release_rows(rows: pl.DataFrame) -> list[dict[str, Any]]:
    names = ("release_id", "release_status", "released_at", "figures_hash", "notice")
    return rows.select([name for name in names if name in rows.columns]).to_dicts()


def _written(value: object) -> str:
    assert isinstance(value, date), type(value)
    return value.isoformat()
