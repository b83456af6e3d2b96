"""The methods and disclosure sheet of a wave: a page for people and the same as JSON, from the published file alone."""

import json
from datetime import date
from typing import Any

import polars as pl

from reports import method, published, words
from reports.disclosure_sheet import WORDS, Heading, headings, regime_rows, releases
from reports.edition import Edition
from reports.language import ENGLISH
from reports.page_templates import template
from reports.published import Read, columns_of


def render_methods(edition: Edition) -> dict[str, str]:
    """Return methods.html and disclosure.json of one wave.

    Raises:
        DefinitionError: no such wave is published.
    """
    read, survey, wave = edition.read, edition.survey, edition.wave
    facts = published.survey_facts(read, survey)
    sheet = headings(edition)
    asked = questions(read, survey, wave)
    steps = weighting_steps(edition)
    regimes = regime_rows(sheet, has_questions=bool(asked))
    page = {
        "words": WORDS,
        "provisional": ENGLISH.text("newsletter.provisional_banner") if edition.is_provisional else "",
        "title": WORDS["page_title"].format(title=facts["title"], number=edition.facts["wave_number"]),
        "headings": sheet,
        "questions": asked,
        "steps": steps,
        "margins": method.margin_rows(edition),
        "margin_words": ENGLISH.table("newsletter"),
        "regimes": regimes,
    }
    return {
        "methods.html": template("methods.html", edition.theme).render(page),
        "disclosure.json": _json(edition, sheet, asked, steps, regimes),
    }


def questions(read: Read, survey: str, wave: str) -> list[dict[str, Any]]:
    """Return the items of a wave in the order of the codebook: label, wording and answers."""
    sql = """
        select item, label, wording from items
        where survey = ? and list_contains(string_split(waves, '+'), ?) and is_published order by item_order
    """
    options = read("select item, label from answer_options where survey = ? order by item, option_order", [survey])
    answers = {str(item): rows["label"].to_list() for (item,), rows in options.group_by("item", maintain_order=True)}
    return [
        {"item": item, "label": label or item, "wording": wording or "", "answers": answers.get(item, [])}
        for item, label, wording in read(sql, [survey, wave]).iter_rows()
    ]


def weighting_steps(edition: Edition) -> list[dict[str, Any]]:
    """Return each step from base weight to final weight and what it did."""
    if not columns_of(edition.read, "weighting_log"):
        return []
    sql = "select * from weighting_log where survey = ? and weight_id = ? and wave = ? order by step_order"
    rows = edition.read(sql, [edition.survey, edition.weight_id, edition.wave])
    return [
        {
            "step": words.capital(str(row["step"]).replace("_", " ")),
            "members": words.count(ENGLISH, edition.shown_count(row["n"])),
            "factors": "–" if row["min_ratio"] is None else f"{row['min_ratio']:.2f} to {row['max_ratio']:.2f}",
            "design_effect": "–" if row["design_effect"] is None else f"{row['design_effect']:.2f}",
            "note": row["note"] or "",
        }
        for row in rows.iter_rows(named=True)
    ]


def _json(
    edition: Edition,
    sheet: list[Heading],
    asked: list[dict[str, Any]],
    steps: list[dict[str, Any]],
    regimes: list[dict[str, Any]],
) -> str:
    facts = edition.facts
    data = {
        "survey": edition.survey,
        "wave": edition.wave,
        "release_id": facts["release_id"],
        "release_status": facts["release_status"],
        "fieldwork": {"start": facts["fieldwork_start"], "end": facts["fieldwork_end"]},
        "elements": {
            heading.heading: {element.element: list(element.lines) for element in heading.elements} for heading in sheet
        },
        "questions": asked,
        "weight_id": edition.weight_id,
        "weighting_steps": steps,
        "margins": method.margin_rows(edition),
        "codes": regimes,
        "releases": _release_rows(releases(edition)),
    }
    return json.dumps(data, indent=1, ensure_ascii=False, default=_written) + "\n"


def _release_rows(rows: pl.DataFrame) -> list[dict[str, Any]]:
    names = ("release_id", "release_status", "released_at", "figures_hash", "notice")
    return rows.select([name for name in names if name in rows.columns]).to_dicts()


def _written(value: object) -> str:
    assert isinstance(value, date), type(value)
    return value.isoformat()
