"""Data-quality pages for a panel manager: what was taken in, what was refused, what is held and why.

Made from what validation found: item labels, counts and codes, never an answer with a person to it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from pipeline.rules import CRITICAL, RULE_KINDS, WARNING
from reports import words
from reports.quality_removal import Removal, removal_of
from reports.quality_trend import Trend, trend_of

TEMPLATES = Path(__file__).parent / "templates"
ROSTER = "roster"
_ORDER = {code: place for place, code in enumerate(RULE_KINDS)}
_UNITS = {
    "extra-column": "column",
    "required-column": "column",
    "item-column": "column",
    "margin-category": "group",
    "category-share-change": "answer",
}
_EFFECTS = {CRITICAL: "holds the file", WARNING: "flagged"}
_STATES = {
    "accepted": ("In use", "good"),
    "held": ("Held", "bad"),
    "none": ("Nothing delivered yet", "quiet"),
}


@dataclass(frozen=True)
class SourcePage:
    """What is known of one survey's wave or member list: its newest delivery and the rules checked on it."""

    survey: str
    source: str
    fieldwork: str
    delivery: dict[str, Any]  # a row of deliveries; empty when nothing came
    checks: list[dict[str, Any]]
    labels: dict[str, str]  # item: label
    uses_earlier: bool  # held, but an earlier delivery stays in use
    removal: Removal | None = None  # of respondents, for how carefully they answered

    @property
    def name(self) -> str:
        """Return how the page calls it."""
        return "Member list" if self.source == ROSTER else f"Wave {self.source}"

    @property
    def path(self) -> str:
        """Return where the page is, relative to the index."""
        return f"{self.survey}/{self.source}.html"

    @property
    def status(self) -> str:
        """Return what became of the newest delivery: `accepted`, `held`, or `none` when there is none."""
        return str(self.delivery.get("status", "none"))

    @property
    def state(self) -> tuple[str, str]:
        """Return the state in words and as a style."""
        label, style = _STATES[self.status]
        return (f"{label}, earlier file in use" if self.uses_earlier else label), style

    @property
    def file_name(self) -> str:
        """Return the delivered file's name, as far as it is known."""
        named = [check["file_name"] for check in self.checks if check["file_name"]]
        return str(self.delivery.get("file_name") or (named[0] if named else "not known"))

    @property
    def reasons(self) -> list[str]:
        """Return why the delivery is held; empty when it is not."""
        return self._messages(CRITICAL) if self.status == "held" else []

    @property
    def remarks(self) -> list[str]:
        """Return what to look at although nothing is held."""
        tolerated = [] if self.reasons else self._messages(CRITICAL)
        return [*tolerated, *self._messages(WARNING)]

    @property
    def refused(self) -> list[tuple[str, str, str]]:
        """Return reason, item or column, and number of rows for whatever single rows were refused for."""
        rows = [one for one in self.checks if not one["success"] and _refuses_rows(one["rule"], one["severity"])]
        return [(_title(one["rule"]), self._what(one), words.count(one["n_failed"])) for one in rows]

    @property
    def rule_rows(self) -> list[dict[str, str]]:
        """Return one row for each kind of rule: what was looked for, on how much, and what was found."""
        codes = sorted({one["rule"] for one in self.checks}, key=lambda code: (_ORDER.get(code, len(_ORDER)), code))
        return [_rule_row(code, [one for one in self.checks if one["rule"] == code]) for code in codes]

    @property
    def item_rows(self) -> list[dict[str, str]]:
        """Return one row for each item: its label, its column, and what was found in it."""
        items = dict.fromkeys(one["item"] for one in self.checks if one["item"])
        return [self._item_row(item, [one for one in self.checks if one["item"] == item]) for item in items]

    def _messages(self, severity: str) -> list[str]:
        failed = [one for one in self.checks if not one["success"] and one["severity"] == severity]
        return [str(one["message"]) for one in failed]

    def _what(self, check: dict[str, Any]) -> str:
        if check["item"]:
            return self.labels.get(check["item"], str(check["item"]))
        return f"column {check['column_name']}" if check["column_name"] else "whole file"

    def _item_row(self, item: str, checks: list[dict[str, Any]]) -> dict[str, str]:
        rows = [one["n_failed"] for one in checks if one["rule"] not in _UNITS and not one["success"]]
        is_absent = any(one["rule"] == "item-column" and not one["success"] for one in checks)
        found = f"{words.count(max(rows))} {_plural('row', max(rows))} to correct" if rows else "as declared"
        return {
            "item": item,
            "label": self.labels.get(item, ""),
            "column": str(checks[0]["column_name"]),
            "found": "column missing" if is_absent else found,
            "style": "bad" if is_absent or rows else "good",
        }


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
) -> dict[str, str]:
    """Return the pages by relative path: `index.html`, and one for each member list and wave.

    Args:
        checks: rows of log.checks; of each delivery's source, the latest run counts.
        deliveries: rows of raw.deliveries.
        waves: survey, wave, wave_number, fieldwork_start, fieldwork_end.
        items: survey, item, label; without it items go by their ids.
        quality: rows of quality_by_wave, from which the trend of each survey is drawn.
        effects: rows of quality_effect, what the removal of respondents did.
    """
    pages = _source_pages(_latest(checks), deliveries, waves, items)
    if effects is not None:
        pages = [replace(page, removal=removal_of(effects, page.survey, page.source, page.labels)) for page in pages]
    store = _latest(checks).filter(pl.col("survey").is_null())
    common = {"title": title, "generated_at": f"{words.day(generated_at.date())}, {generated_at:%H:%M} UTC"}
    environment = _environment()
    index = environment.get_template("quality_index.html").render(
        **common,
        surveys=_by_survey(pages, quality),
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
    environment.filters["count"] = words.count
    return environment


def _latest(checks: pl.DataFrame) -> pl.DataFrame:
    """Return the checks of the latest run of each source, rules in the order in which they are declared."""
    latest = pl.col("checked_at") == pl.col("checked_at").max().over("survey", "wave")
    place = pl.col("rule").replace_strict(_ORDER, default=len(_ORDER), return_dtype=pl.Int64)
    return checks.filter(latest).sort(place, "item", "column_name", maintain_order=True)


def _source_pages(
    checks: pl.DataFrame, deliveries: pl.DataFrame, waves: pl.DataFrame, items: pl.DataFrame | None
) -> list[SourcePage]:
    declared = [(row["survey"], row["wave"], row) for row in waves.sort("survey", "wave_number").to_dicts()]
    surveys = dict.fromkeys([*(survey for survey, _, _ in declared), *deliveries["survey"].sort()])
    sources: list[tuple[str, str, dict[str, Any]]] = [(survey, ROSTER, {}) for survey in surveys] + declared
    order = list(surveys)
    rows = checks.to_dicts()
    labels = {(one["survey"], one["item"]): one["label"] for one in (items.to_dicts() if items is not None else [])}
    return [
        SourcePage(
            survey=survey,
            source=source,
            fieldwork=words.dates(wave["fieldwork_start"], wave["fieldwork_end"]) if wave else "",
            **_newest(deliveries, survey, source),
            checks=[one for one in rows if (one["survey"], one["wave"]) == (survey, source)],
            labels={item: label for (owner, item), label in labels.items() if owner == survey},
        )
        for survey, source, wave in sorted(sources, key=lambda one: order.index(one[0]))
    ]


def _newest(deliveries: pl.DataFrame, survey: str, source: str) -> dict[str, Any]:
    """Return the newest delivery of a source, and whether an earlier one is in use instead of it."""
    own = deliveries.filter((pl.col("survey") == survey) & (pl.col("source") == source))
    own = own.filter(pl.col("status") != "superseded").sort("received_at", "delivery_id", descending=[True, False])
    if not own.height:
        return {"delivery": {}, "uses_earlier": False}
    newest = own.row(0, named=True)
    return {"delivery": newest, "uses_earlier": newest["status"] == "held" and "accepted" in own["status"].to_list()}


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
    delivered = [page for page in pages if page.delivery and page.source != ROSTER]
    n_used = sum(page.status == "accepted" for page in delivered)
    n_held = sum(page.status == "held" for page in pages)
    used = f"{n_used} of {len(delivered)} {_plural('delivered wave', len(delivered))} in use"
    held = f"{n_held} {_plural('file', n_held)} held" if n_held else "nothing is held"
    return f"{used}, {held}."


def _rule_row(code: str, checks: list[dict[str, Any]]) -> dict[str, str]:
    failed = [one for one in checks if not one["success"]]
    severity = str(checks[0]["severity"])
    n_failed = sum(one["n_failed"] for one in failed)
    unit = _UNITS.get(code, "row")
    places = f" in {len(failed)} columns" if len(failed) > 1 and unit == "row" else ""
    return {
        "title": _title(code),
        "code": code,
        "n_columns": words.count(len(checks)),
        "found": f"{words.count(n_failed)} {_plural(unit, n_failed)}{places}" if failed else "none",
        "effect": "refuses the row" if _refuses_rows(code, severity) else _EFFECTS.get(severity, "noted"),
        "style": {CRITICAL: "bad", WARNING: "warn"}.get(severity, "quiet") if failed else "good",
    }


def _refuses_rows(code: str, severity: str) -> bool:
    return code in ("test-row", "other-sample") or (
        code in RULE_KINDS and RULE_KINDS[code].is_row_level and severity == CRITICAL
    )


def _title(code: str) -> str:
    return RULE_KINDS[code].title if code in RULE_KINDS else code


def _plural(noun: str, n: int) -> str:
    return noun if n == 1 else f"{noun}s"
