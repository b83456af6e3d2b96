"""The weighting log as a page: every step from base weight to final weight, and the margins before and after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from reports import words
from reports.language import ENGLISH
from reports.published import label_of_weight

TEMPLATES = Path(__file__).parent / "templates"
WORSE = 1.5  # Kish's design effect from which the page points at the step that made it so


@dataclass(frozen=True)
class WeightLog:
    """One weight of a survey at one wave or wave set, ready for print."""

    wave: str
    is_newest: bool
    steps: list[dict[str, str]]
    margins: list[dict[str, str]]
    summary: str


@dataclass(frozen=True)
class WeightSection:
    """One declared weight, with its logs, the newest first."""

    survey: str
    weight_id: str
    anchor: str
    kind: str
    use_when: str
    inference: str
    logs: list[WeightLog]


def render_weights(
    weight_ids: pl.DataFrame, log: pl.DataFrame, margins: pl.DataFrame, *, title: str, generated_at: datetime
) -> str:
    """Return the page.

    Args:
        weight_ids, log, margins: rows of the published tables weight_ids, weighting_log and weighting_margins.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("weights.html").render(
        title=title,
        generated_at=f"{words.day(ENGLISH, generated_at.date())}, {generated_at:%H:%M} UTC",
        sections=list(_sections(weight_ids, log, margins)),
    )


def _sections(weight_ids: pl.DataFrame, log: pl.DataFrame, margins: pl.DataFrame) -> Iterator[WeightSection]:
    for weight in weight_ids.iter_rows(named=True):
        key = {"survey": weight["survey"], "weight_id": weight["weight_id"]}
        steps = log.filter(**key).sort("wave", "step_order", descending=[True, False])
        if steps.is_empty():
            continue
        waves = steps["wave"].unique(maintain_order=True).to_list()
        yield WeightSection(
            **key,
            anchor=f"{weight['survey']}-{weight['weight_id']}",
            kind=ENGLISH.text(f"weights.kinds.{weight['kind']}") + _set(weight["wave_set"]),
            use_when=weight["use_when"] or "",
            inference=ENGLISH.table("weights.rests_on").get(
                label_of_weight(weight["inference"] or "", weight["supplied"]), ""
            ),
            logs=[_log(steps.filter(wave=wave), margins.filter(**key, wave=wave), wave, waves[0]) for wave in waves],
        )


def _set(wave_set: str | None) -> str:
    return f", waves {', '.join(wave_set.split('+'))}" if wave_set else ", one for each wave"


def _log(steps: pl.DataFrame, margins: pl.DataFrame, wave: str, newest: str) -> WeightLog:
    last = steps.row(-1, named=True)
    people, effective = (words.count(ENGLISH, last[n]) for n in ("n", "effective_n"))
    summary = (
        f"{people} people, as precise as {effective} with equal weights "
        f"(design effect {_decimal(last['design_effect'])})"
    )
    return WeightLog(
        wave,
        wave == newest,
        [_step(row) for row in steps.to_dicts()],
        [_margin(row) for row in margins.to_dicts()],
        summary,
    )


def _step(row: dict[str, Any]) -> dict[str, str]:
    """Return one step as it is printed."""
    is_heavier = (row["design_effect"] or 0) >= WORSE > (row["design_effect_before"] or 0)
    return {
        "step": words.capital(row["step"]),
        "people": _from_to(words.count(ENGLISH, row["n_before"]), words.count(ENGLISH, row["n"])),
        "sum": _from_to(_sum(row["sum_before"]), _sum(row["sum_after"])),
        "factor": _from_to(_decimal(row["min_ratio"]), _decimal(row["max_ratio"]), joined_by=" to "),
        "design_effect": _from_to(_decimal(row["design_effect_before"]), _decimal(row["design_effect"])),
        "effective_n": words.count(ENGLISH, row["effective_n"]),
        "capped": "" if row["share_capped"] is None else f"{100 * row['share_capped']:.1f}%",
        "note": row["note"] or "",
        "mark": "heavier" if is_heavier else "",
    }


def _margin(row: dict[str, Any]) -> dict[str, str]:
    """Return one category of a margin as it is printed."""
    before = row["before"] / row["target"] if row["target"] else None
    return {
        "margin": row["margin"],
        "category": row["category"],
        "people": words.count(ENGLISH, row["unweighted_n"]),
        "target": _sum(row["target"]),
        "before": _sum(row["before"]),
        "after": _sum(row["after"]),
        "ratio": "" if before is None else f"{before:.3g}",
    }


def _from_to(before: str, after: str, *, joined_by: str = " → ") -> str:
    return after if before == after else f"{before}{joined_by}{after}"


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def _sum(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}" if abs(value) < 10_000 else f"{value:,.0f}"
