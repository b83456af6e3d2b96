"""Data-quality pages for a panel manager: what was taken in, what was refused, what is held and why.

Made from what validation found: item labels, counts and codes, never an answer with a person to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from pipeline.rules import RULE_KINDS
from reports import words
from reports.corrections import Correction
from reports.language import ENGLISH
from reports.quality_removal import removal_of
from reports.quality_source import CROSSWALK, MAILINGS, ROSTER, SourcePage, newest_delivery, plural
from reports.quality_trend import Trend, trend_of

TEMPLATES = Path(__file__).parent / "templates"
LISTS = (ROSTER, CROSSWALK, MAILINGS)
_ORDER = {code: place for place, code in enumerate(RULE_KINDS)}
_PARTS = pl.DataFrame(
    schema={
        **dict.fromkeys(("survey", "wave", "part", "mode"), pl.String),
        "part_order": pl.Int32,
        "adds": pl.Boolean,
    }
)


def render_quality(
    checks: pl.DataFrame,
    deliveries: pl.DataFrame,
    waves: pl.DataFrame,
    *,
    title: str,
    generated_at: datetime,
    items: pl.DataFrame | None = None,
    quality: pl.DataFrame | None = None,
    effects: pl.DataFrame | None = None,
    parts: pl.DataFrame | None = None,
    corrected: Sequence[Correction] = (),
) -> dict[str, str]:
    """Return the pages by relative path: `index.html`, and one for each member list, and each wave or part of one.

    Args:
        checks: rows of log.checks; of each delivery's source, the latest run counts.
        deliveries: rows of raw.deliveries.
        waves: survey, wave, wave_number, fieldwork_start, fieldwork_end; has_member_list where a survey may lack one.
        items: survey, item, label; without it items go by their ids.
        quality: rows of quality_by_wave, from which the trend of each survey is drawn.
        effects: rows of quality_effect, what the removal of respondents did.
        corrected: every corrected release.
        parts: survey, wave, part, part_order, mode, adds: of waves delivered in several parts.
    """
    newest = _latest(_in_parts(checks))
    pages = _source_pages(newest, _in_parts(deliveries), waves, _PARTS if parts is None else parts, items)
    if effects is not None:
        pages = [replace(page, removal=removal_of(effects, page.survey, page.source, page.labels)) for page in pages]
    store = newest.filter(pl.col("survey").is_null())
    common = {"title": title, "generated_at": f"{words.day(ENGLISH, generated_at.date())}, {generated_at:%H:%M} UTC"}
    environment = _environment()
    index = environment.get_template("quality_index.html").render(
        **common,
        surveys=_by_survey(pages, quality),
        corrected=corrected,
        summary=_summary(pages),
        pages=pages,
        store=store.to_dicts(),
    )
    one_page = environment.get_template("quality_page.html")
    return {"index.html": index} | {page.path: one_page.render(**common, page=page) for page in pages}


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = partial(words.count, ENGLISH)
    return environment


def _in_parts(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with their part, empty where none is told."""
    return rows if "part" in rows.columns else rows.with_columns(part=pl.lit(""))


def _latest(checks: pl.DataFrame) -> pl.DataFrame:
    """Return the checks of the latest run of each source, rules in the order in which they are declared."""
    file = pl.when(pl.col("part") != "").then("file_name")  # a part may have several files in use
    latest = pl.col("checked_at") == pl.col("checked_at").max().over("survey", "wave", "part", file)
    place = pl.col("rule").replace_strict(_ORDER, default=len(_ORDER), return_dtype=pl.Int64)
    return checks.filter(latest).sort(place, "item", "column_name", maintain_order=True)


def _source_pages(
    checks: pl.DataFrame, deliveries: pl.DataFrame, waves: pl.DataFrame, parts: pl.DataFrame, items: pl.DataFrame | None
) -> list[SourcePage]:
    of_source: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in checks.iter_rows(named=True):
        of_source.setdefault((row["survey"], row["wave"], row["part"]), []).append(row)
    labels: dict[str, dict[str, str]] = {}
    for item in items.iter_rows(named=True) if items is not None else ():
        labels.setdefault(item["survey"], {})[item["item"]] = item["label"]

    def page(survey: str, source: str, wave: dict[str, Any], part: dict[str, Any]) -> SourcePage:
        name, adds = part.get("part", ""), part.get("adds", False)
        return SourcePage(
            survey=survey,
            source=source,
            fieldwork=words.dates(ENGLISH, wave["fieldwork_start"], wave["fieldwork_end"]) if wave else "",
            **newest_delivery(deliveries, survey, source, name, adds=adds),
            checks=of_source.get((survey, source, name), []),
            labels=labels.get(survey, {}),
            part=name,
            mode=part.get("mode") or "",
            is_awaited=not adds,
        )

    found = []
    for survey, lists, own_waves in _sources(deliveries, waves):
        found += [page(survey, source, {}, {"adds": True} if source == MAILINGS else {}) for source in lists]
        for wave in own_waves:
            is_own = (pl.col("survey") == survey) & (pl.col("wave") == wave["wave"])
            own_parts = parts.filter(is_own).sort("part_order").to_dicts()
            found += [page(survey, wave["wave"], wave, part) for part in own_parts or [{}]]
    return found


def _sources(deliveries: pl.DataFrame, waves: pl.DataFrame) -> Iterator[tuple[str, list[str], list[dict[str, Any]]]]:
    """Yield each survey with its lists of people (the member list where there is one, a crosswalk) and its waves."""
    declared = waves.sort("survey", "wave_number")
    for survey in dict.fromkeys([*declared["survey"], *deliveries["survey"].sort()]):
        own = declared.filter(pl.col("survey") == survey).to_dicts()
        is_listed = not own or own[0].get("has_member_list", True)
        came = set(deliveries.filter(pl.col("survey") == survey)["source"])
        yield survey, [*([ROSTER] if is_listed else []), *(one for one in (CROSSWALK, MAILINGS) if one in came)], own


def _by_survey(
    pages: list[SourcePage], quality: pl.DataFrame | None
) -> list[tuple[str, list[SourcePage], Trend | None]]:
    names = dict.fromkeys(page.survey for page in pages)
    return [
        (name, [page for page in pages if page.survey == name], None if quality is None else trend_of(quality, name))
        for name in names
    ]


def _summary(pages: list[SourcePage]) -> str:
    """Return the state of everything in one sentence."""
    delivered = {(page.survey, page.source) for page in pages if page.delivery and page.source not in LISTS}
    used = {(page.survey, page.source) for page in pages if page.status == "accepted" and page.source not in LISTS}
    n_held = sum(page.status == "held" for page in pages)
    n_missing = sum(page.is_missing and (page.survey, page.source) in delivered for page in pages)
    told = f"{len(used)} of {len(delivered)} {plural('delivered wave', len(delivered))} in use"
    held = f"{n_held} {plural('file', n_held)} held" if n_held else "nothing is held"
    missing = f", {n_missing} {plural('part', n_missing)} of delivered waves missing" if n_missing else ""
    return f"{told}, {held}{missing}."
