"""What the removal of careless respondents did to a wave's estimates, as rows of a table on its quality page."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from reports import words
from reports.language import ENGLISH
from reports.quality_trend import small_percent

MOST_ROWS = 12  # of the largest differences; the published table has all of them
HIDDEN = "–"


@dataclass(frozen=True)
class Effect:
    """One estimate with the removed respondents and without them, in words."""

    label: str
    answer: str
    with_them: str
    same_weights: str
    without: str
    difference: str


@dataclass(frozen=True)
class Removal:
    """How many respondents were removed from a wave, and the estimates that this moved most."""

    n: str
    is_one: bool
    n_estimates: str
    effects: tuple[Effect, ...]


def removal_of(effects: pl.DataFrame, survey: str, wave: str, labels: dict[str, str]) -> Removal | None:
    """Return what was removed from a wave, under the first of its weights; None where nobody was.

    Args:
        effects: rows of the table quality_effect.
        labels: item: label.
    """
    own = effects.filter((pl.col("survey") == survey) & (pl.col("wave") == wave))
    if own.is_empty():
        return None
    own = own.filter(pl.col("weight_id") == own["weight_id"][0])
    shown = own.filter(~pl.col("is_suppressed")).sort(_size(), descending=True, maintain_order=True)
    n = int(own["n_removed"][0])
    rows = tuple(_effect(row, labels) for row in shown.head(MOST_ROWS).to_dicts())
    return Removal(words.count(ENGLISH, n), n == 1, words.count(ENGLISH, own.height), rows)


def _size() -> pl.Expr:
    """Return how large a difference is: of a share in points, of a mean beside the mean."""
    size = pl.col("difference").abs()
    return pl.when(pl.col("statistic") == "mean").then(size / pl.col("estimate_with").abs()).otherwise(size)


def _effect(row: dict[str, Any], labels: dict[str, str]) -> Effect:
    is_share = row["statistic"] != "mean"
    figures = [row[name] for name in ("estimate_with", "estimate_same_weights", "estimate_without")]
    with_them, same_weights, without = (small_percent(one) if is_share else f"{one:.2f}" for one in figures)
    return Effect(
        label=labels.get(row["item"], row["item"]),
        answer=str(row["category"] or "mean"),
        with_them=with_them,
        same_weights=same_weights,
        without=without,
        difference=_difference(row["difference"], row["difference_standard_error"], is_share),
    )


def _difference(difference: float, standard_error: float | None, is_share: bool) -> str:
    """Return a difference with its sign, and its standard error in brackets; of shares in points."""
    scale, digits = (100.0, 1) if is_share else (1.0, 2)
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    error = HIDDEN if standard_error is None else f"{scale * standard_error:.{digits}f}"
    return f"{sign}{abs(scale * difference):.{digits}f} ({error})"
