"""The codebook as a page: every item with wording, versions, weighted answers by wave and kinds of missing.

One file that needs no network, made from the published file alone; only waves whose release is let out are in it,
and the disclosure rules are those of the explorer.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import polars as pl

from pipeline import disclosure
from pipeline.theme import PLAIN, Theme
from pipeline.translations import POPULATION, TITLE
from reports import published, words
from reports.codebook_texts import ByLanguage, CodebookTexts, codebook_texts, own_words
from reports.explorer_data import explorer_data, released_waves
from reports.language import ENGLISH, language
from reports.missing_answers import missing_answers
from reports.page_templates import template
from reports.published import Read

WORDS: Mapping[str, Any] = ENGLISH.table("codebook")
SHADES = 7  # of codebook.html
BAR_WIDTH, BAR_HEIGHT, BAR_GAP, LABEL_ROOM = 360, 13, 5, 34


def render_codebook(read: Read, theme: Theme = PLAIN) -> str | None:
    """Return the page with every published item of every survey; None when no wave is let out yet.

    Args:
        read: answers SQL with the rows of the published file.
    """
    found = [(survey, codebook_texts(read, survey["id"])) for survey in explorer_data(read)]
    if not found:
        return None
    codes = tuple(dict.fromkeys(code for _, texts in found for code in texts.codes))
    words = own_words(codes)
    surveys = [_survey(read, survey, texts, words) for survey, texts in found]
    title = words["page_title"][codes[0]].format(title=surveys[0]["title"])
    languages = [(code, language(code).name) for code in codes]
    return str(
        template("codebook.html", theme).render(
            main=codes[0], words=words, title=title, surveys=surveys, languages=languages, told=language(codes[0])
        )
    )


def _survey(read: Read, survey: dict[str, Any], texts: CodebookTexts, words: Mapping[str, Any]) -> dict[str, Any]:
    profile = disclosure.disclosure_profile(str(published.survey_facts(read, survey["id"])["disclosure_profile"]))
    missing = missing_answers(read, survey["id"], released_waves(read, survey["id"])["wave"].to_list(), profile)
    labels = {item["id"]: texts.label(item["id"], item["label"]) for item in survey["items"]}
    items = [_item(item, texts, survey, missing, labels, words) for item in survey["items"]]
    topics = list(dict.fromkeys(item["topic"] for item in items))
    return {
        "title": survey["title"],
        "titles": texts.of_survey(survey["title"], TITLE),
        "populations": texts.of_survey(survey["population"], POPULATION),
        "main": texts.codes[0],
        "method": " ".join(filter(None, [survey["inference"], survey["small_groups"]])),
        "topics": [{"topic": topic, "items": [one for one in items if one["topic"] == topic]} for topic in topics],
    }


def _item(
    item: dict[str, Any],
    texts: CodebookTexts,
    survey: dict[str, Any],
    missing: pl.DataFrame,
    labels: Mapping[str, ByLanguage],
    words: Mapping[str, Any],
) -> dict[str, Any]:
    about = texts.items[item["id"]]
    shares = [one for one in item["series"] if one["key"].startswith("share:")]
    others = [one for one in item["series"] if not one["key"].startswith("share:")]
    asked = sorted({point[2] for one in item["series"] for point in one["points"] if point[:2] == [0, 0]})
    waves = [survey["waves"][wave] for wave in asked]
    return {
        "id": item["id"],
        "labels": labels[item["id"]],
        "topic": item["topic"],
        "wordings": texts.wording(item["id"], item["wording"]),
        "kinds": words["kinds"].get(about["kind"], {texts.codes[0]: about["kind"]}),
        "scale": str(about["scale"] or ""),
        "waves": [
            {"label": wave["label"], "short": wave["label"].split()[-1], "dates": wave["dates"]} for wave in waves
        ],
        "links": [_link(item["id"], link, texts, labels, words) for link in item["links"]],
        "rows": [
            _row(one, asked, shade) | {"labels": texts.answer(item["id"], one["label"])}
            for shade, one in [*zip(_shades(len(shares)), shares, strict=True), *((None, one) for one in others)]
        ],
        "base": [_base(item["series"][0], wave) for wave in asked],
        "missing": _missing_rows(missing.filter(item=item["id"]), [wave["id"] for wave in waves], words),
        "chart": _chart(item, shares, asked, survey) if shares else "",
    }


def _link(
    item: str,
    link: Mapping[str, str],
    texts: CodebookTexts,
    labels: Mapping[str, ByLanguage],
    words: Mapping[str, Any],
) -> dict[str, Any]:
    template_texts = words["version_earlier" if link["when"] == "earlier" else "version_later"]
    label, main = labels.get(link["item"], {}), texts.codes[0]
    return {
        "item": link["item"],
        "texts": {
            code: template_texts[code].format(
                label=label.get(code, label.get(main, link["item"])),
                comparability=words["comparability"][link["comparability"]][code],
            )
            for code in texts.codes
        },
        "notes": texts.note(item, link["item"], link["note"]),
    }


def figure_of(series: Mapping[str, Any], wave: int, domain: int = 0, value: int = 0) -> list[Any] | None:
    """Return estimate, lower, upper, base in a wave, of everyone or of a group; [] for hidden, None for not asked."""
    return next((point[3:] for point in series["points"] if point[:3] == [domain, value, wave]), None)


def _row(series: Mapping[str, Any], asked: Sequence[int], shade: int | None) -> dict[str, Any]:
    return {
        "shade": shade,
        "cells": [shown_figure(series, figure_of(series, wave)) for wave in asked],
    }


def shown_figure(series: Mapping[str, Any], point: list[Any] | None) -> str:
    """Return a figure in print: a dash where nothing was asked, a mark where it is hidden."""
    if point is None:
        return "–"
    if not point:
        return str(WORDS["hidden"])
    if series["kind"] == "number":
        return f"{point[0]:.2f}"
    return words.short_percent(ENGLISH, point[0] / 100)


def _base(series: Mapping[str, Any], wave: int) -> str:
    point = figure_of(series, wave)
    return words.count(ENGLISH, point[3]) if point else str(WORDS["hidden"])


def _missing_rows(found: pl.DataFrame, waves: Sequence[str], words: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for kind, labels in words["missing_kinds"].items():
        shares = {row["wave"]: row["share"] for row in found.filter(missing_kind=kind).iter_rows(named=True)}
        if shares:
            cells = [_missing_share(shares[wave]) if wave in shares else "0%" for wave in waves]
            rows.append({"labels": labels, "cells": cells})
    return rows


def _missing_share(share: float | None) -> str:
    return str(WORDS["few"]) if share is None else words.short_percent(ENGLISH, share)


def _chart(
    item: Mapping[str, Any], shares: Sequence[Mapping[str, Any]], asked: Sequence[int], survey: Mapping[str, Any]
) -> str:
    """Return one bar for each wave, cut into the answers' shares from the first of the scale to the last."""
    height = len(asked) * (BAR_HEIGHT + BAR_GAP)
    parts = []
    for place, wave in enumerate(asked):
        y, x = place * (BAR_HEIGHT + BAR_GAP), float(LABEL_ROOM)
        label = survey["waves"][wave]["label"].split()[-1]
        parts.append(f'<text x="{LABEL_ROOM - 6}" y="{y + BAR_HEIGHT - 2}" text-anchor="end">{label}</text>')
        for shade, series in zip(_shades(len(shares)), shares, strict=True):
            point = figure_of(series, wave)
            if point:
                width = (BAR_WIDTH - LABEL_ROOM) * point[0] / 100
                size = f'width="{max(width - 1, 0):.1f}" height="{BAR_HEIGHT}"'
                parts.append(f'<rect class="s{shade}" x="{x:.1f}" y="{y}" {size}/>')
                x += width
    name = WORDS["chart"].format(label=item["label"], n=len(asked))
    return (
        f'<svg viewBox="0 0 {BAR_WIDTH} {height}" role="img" aria-label="{escape(name)}" '
        f'data-answers="{len(shares)}">{"".join(parts)}</svg>'
    )


def _shades(n_answers: int) -> list[int]:
    """Return a colour for each answer: from one end to the other, grey only for a middle one."""
    few = {1: [4], 2: [0, 4], 3: [0, 2, 4], 4: [0, 1, 3, 4]}
    return few.get(n_answers) or [place % SHADES for place in range(n_answers)]
