"""The codebook as a page: every item with wording, versions, weighted answers by wave and kinds of missing.

One file that needs no network, made from the published file alone; only waves whose release is let out are in it,
and the disclosure rules are those of the explorer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline import disclosure
from pipeline.theme import PLAIN, Theme
from reports import words
from reports.codebook_texts import CodebookTexts, own_words
from reports.explorer_data import explorer_data
from reports.language import Language, language
from reports.missing_answers import missing_answers
from reports.page_templates import template
from reports.published import Read

Figures = dict[tuple[int, int, int], list[Any]]
SHADES = 7  # of codebook.html
BAR_WIDTH, BAR_HEIGHT, BAR_GAP, LABEL_ROOM = 360, 13, 5, 34


def render_codebook(read: Read, theme: Theme = PLAIN) -> str | None:
    """Return the page with every published item of every survey; None when no wave is let out yet.

    Args:
        read: answers SQL with the rows of the published file.
    """
    found = [CodebookTexts(read, survey) for survey in explorer_data(read)]
    if not found:
        return None
    codes = tuple(dict.fromkeys(code for texts in found for code in texts.codes))
    own = own_words(codes)
    surveys = [_survey(read, texts, own) for texts in found]
    titles = {
        code: own["page_title"][code].format(title=surveys[0]["titles"].get(code, surveys[0]["titles"][codes[0]]))
        for code in codes
    }
    languages = [(code, language(code).name) for code in codes]
    return str(
        template("codebook.html", theme).render(
            main=codes[0], words=own, titles=titles, surveys=surveys, languages=languages
        )
    )


def _survey(read: Read, texts: CodebookTexts, own: Mapping[str, Any]) -> dict[str, Any]:
    survey = texts.main
    profile = disclosure.disclosure_profile(survey["profile"])
    missing = missing_answers(read, survey["id"], [wave["id"] for wave in survey["waves"]], profile)
    codebook = {row["item"]: row for row in read("select * from items where survey = ?", [survey["id"]]).to_dicts()}
    topics: dict[str, dict[str, Any]] = {}
    for place, item in enumerate(survey["items"]):
        names = texts.of_item(place, "topic") if item["topic"] else own["other"]
        topic = topics.setdefault(item["topic"], {"names": names, "items": []})
        topic["items"].append(_item(place, codebook[item["id"]], texts, missing.filter(item=item["id"]), own))
    return {
        "titles": texts.of_survey("title"),
        "populations": texts.of_survey("population"),
        "reviews": texts.reviews,
        "methods": texts.of_survey("inference", "small_groups"),
        "topics": list(topics.values()),
    }


def _item(
    place: int, about: Mapping[str, Any], texts: CodebookTexts, missing: pl.DataFrame, own: Mapping[str, Any]
) -> dict[str, Any]:
    survey, item, tongue = texts.main, texts.main["items"][place], language(texts.codes[0])
    series: list[dict[str, Any]] = item["series"]
    figures = [figures_of(one, everyone_alone=True) for one in series]
    shares = [number for number, one in enumerate(series) if one["key"].startswith("share:")]
    others = [number for number, _ in enumerate(series) if number not in shares]
    asked = sorted({point[2] for one in series for point in one["points"] if point[:2] == [0, 0]})
    labels = texts.of_item(place, "label")
    shaded = [*zip(_shades(len(shares)), shares, strict=True), *((None, number) for number in others)]
    return {
        "id": item["id"],
        "labels": labels,
        "wordings": texts.of_item(place, "wording"),
        "kinds": own["kinds"].get(about["kind"], {texts.codes[0]: about["kind"]}),
        "scale": str(about["scale"] or ""),
        "waves": [
            {"names": texts.of_wave(wave), "short": survey["waves"][wave]["label"].split()[-1]} for wave in asked
        ],
        "links": [_link(place, number, texts, own) for number, _ in enumerate(item["links"])],
        "rows": [
            {
                "shade": shade,
                "labels": texts.figure(place, number),
                "cells": [shown_figure(series[number], figures[number].get((0, 0, wave)), tongue) for wave in asked],
            }
            for shade, number in shaded
        ],
        "base": [_base(figures[0].get((0, 0, wave)), tongue) for wave in asked],
        "missing": _missing_rows(missing, [survey["waves"][wave]["id"] for wave in asked], own, tongue),
        "chart": _chart([figures[number] for number in shares], asked, survey) if shares else "",
        "chart_size": (BAR_WIDTH, len(asked) * (BAR_HEIGHT + BAR_GAP)),
        "chart_names": {
            code: text.format(label=labels.get(code, labels[texts.codes[0]]), n=len(asked))
            for code, text in own["chart"].items()
        },
        "n_answers": len(shares),
    }


def _link(place: int, number: int, texts: CodebookTexts, own: Mapping[str, Any]) -> dict[str, Any]:
    link = texts.main["items"][place]["links"][number]
    forms = own["version_earlier" if link["when"] == "earlier" else "version_later"]
    other = next((at for at, one in enumerate(texts.main["items"]) if one["id"] == link["item"]), None)
    labels = {} if other is None else texts.of_item(other, "label")
    return {
        "item": link["item"],
        "texts": {
            code: forms[code].format(
                label=labels.get(code, labels.get(texts.codes[0], link["item"])),
                comparability=own["comparability"][link["comparability"]][code],
            )
            for code in texts.codes
        },
        "notes": texts.note(place, number),
    }


def figures_of(series: Mapping[str, Any], *, everyone_alone: bool = False) -> Figures:
    """Return estimate, lower, upper, base by the places of domain, value and wave; [] where hidden."""
    points = series["points"]
    if everyone_alone:
        points = [point for point in points if point[0] == 0 and point[1] == 0]
    return {(domain, value, wave): figures for domain, value, wave, *figures in points}


def shown_figure(series: Mapping[str, Any], point: list[Any] | None, tongue: Language) -> str:
    """Return a figure in print: a dash where nothing was asked, a mark where it is hidden."""
    if point is None:
        return "–"
    if not point:
        return tongue.text("codebook.hidden")
    if series["kind"] == "number":
        return tongue.decimal(point[0], 2)
    return words.short_percent(tongue, point[0] / 100)


def _base(point: list[Any] | None, tongue: Language) -> str:
    return words.count(tongue, point[3]) if point else tongue.text("codebook.hidden")


def _missing_rows(
    found: pl.DataFrame, waves: Sequence[str], own: Mapping[str, Any], tongue: Language
) -> list[dict[str, Any]]:
    rows = []
    for kind, labels in own["missing_kinds"].items():
        shares = {row["wave"]: row["share"] for row in found.filter(missing_kind=kind).iter_rows(named=True)}
        if shares:
            rows.append({"labels": labels, "cells": [_missing_share(shares.get(wave, 0.0), tongue) for wave in waves]})
    return rows


def _missing_share(share: float | None, tongue: Language) -> str:
    return tongue.text("codebook.few") if share is None else words.short_percent(tongue, share)


def _chart(shares: Sequence[Figures], asked: Sequence[int], survey: Mapping[str, Any]) -> str:
    """Return one bar for each wave, cut into the answers' shares from the first of the scale to the last."""
    parts = []
    for place, wave in enumerate(asked):
        y, x = place * (BAR_HEIGHT + BAR_GAP), float(LABEL_ROOM)
        label = survey["waves"][wave]["label"].split()[-1]
        parts.append(f'<text x="{LABEL_ROOM - 6}" y="{y + BAR_HEIGHT - 2}" text-anchor="end">{label}</text>')
        for shade, figures in zip(_shades(len(shares)), shares, strict=True):
            point = figures.get((0, 0, wave))
            if point:
                width = (BAR_WIDTH - LABEL_ROOM) * point[0] / 100
                size = f'width="{max(width - 1, 0):.1f}" height="{BAR_HEIGHT}"'
                parts.append(f'<rect class="s{shade}" x="{x:.1f}" y="{y}" {size}/>')
                x += width
    return "".join(parts)


def _shades(n_answers: int) -> list[int]:
    """Return a colour for each answer: from one end to the other, grey only for a middle one."""
    few = {1: [4], 2: [0, 4], 3: [0, 2, 4], 4: [0, 1, 3, 4]}
    return few.get(n_answers) or [place % SHADES for place in range(n_answers)]
