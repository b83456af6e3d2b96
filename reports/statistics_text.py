"""The statistics on a file as a person reads them: weights before and after, estimates, changes."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

ESTIMATE_COLUMNS = (
    "item",
    "statistic",
    "category",
    "domain",
    "domain_value",
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "unweighted_n",
    "design_effect",
)
CHANGE_COLUMNS = (
    *ESTIMATE_COLUMNS[:5],
    "estimate_from",
    "estimate_to",
    "change",
    "standard_error",
    "ci_low",
    "ci_high",
    "p_value",
    "overlap_n",
)
LONGEST_CELL = 44
FEW = 10  # categories named in a warning


def weights_text(summary: Mapping[str, Any], name: str, n: int) -> str:
    """Return a weighting as a table of its margins, and what it costs."""
    margins = pl.DataFrame(summary["margins"])
    return "\n".join(
        [
            f"{name}: {n:,} people weighted by {summary['method']}, converged in {summary['iterations']} "
            f"{'iteration' if summary['iterations'] == 1 else 'iterations'} "
            f"(largest relative gap {summary['max_relative_gap']:.1e}).",
            "",
            _table(margins, _population),
            "",
            f"Sum of weights {_population(summary['sum_of_weights'])}. Design effect {summary['design_effect']:.3f} "
            f"and effective n {summary['effective_n']:,.1f} (both Kish: what unequal weights alone cost).",
            f"Ratio of weight to base weight from {summary['min_ratio']:.4g} to {summary['max_ratio']:.4g}.",
        ]
    )


def replicates_text(kind: str, n_replicates: int, seed: int | None) -> str:
    """Return which replicate weights were made, with the seed where they were drawn at random."""
    drawn = f", seed {seed}" if kind in {"bootstrap", "jkgroups"} else ""
    return f"Replicate weights, each weighted anew ({kind}{drawn}): replicate_1 to replicate_{n_replicates}."


def small_categories_text(small: pl.DataFrame) -> list[str]:
    """Return the warning of categories that rest on few people; nothing where there are none."""
    if not small.height:
        return []
    named = [f"{row['margin']} {row['category']} ({row['unweighted_n']})" for row in small.to_dicts()]
    more = f" and {len(named) - FEW} more" if len(named) > FEW else ""
    return [f"fewer than 30 people in {', '.join(named[:FEW])}{more}: merge with a neighbour, or expect large weights"]


def estimates_text(rows: pl.DataFrame, files: Sequence[str], confidence: float) -> str:
    """Return estimates as a table; the columns that are left out are in the other formats."""
    method = ", ".join(rows["variance_method"].unique().sort().to_list())
    heading = f"{files[0]}: variance {method}; intervals at {confidence * 100:g} %."
    return f"{heading}\n\n{_table(_readable(rows, ESTIMATE_COLUMNS), _figure)}\n"


def changes_text(rows: pl.DataFrame, files: Sequence[str], confidence: float) -> str:
    """Return changes as a table under a sentence that says what was estimated."""
    what = {
        "net": "Net change in the population, the difference of two estimates with their own weights; the standard "
        "error counts the people in both.",
        "within_person": "Change within persons: the mean change of those who answered both, with the second "
        "file's weight. It is not the net change of the population.",
    }[rows["kind"][0]]
    heading = f"{files[0]} to {files[1]}. {what} Intervals at {confidence * 100:g} %."
    return f"{heading}\n\n{_table(_readable(rows, CHANGE_COLUMNS), _figure)}\n"


def _readable(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the columns a person reads, without those that are empty throughout."""
    return rows.select(
        column for column in columns if column in rows.columns and rows[column].null_count() < rows.height
    )


def _table(rows: pl.DataFrame, number: Callable[[float], str]) -> str:
    """Return rows as aligned columns of text."""
    columns = []
    for column in rows.columns:
        is_text = rows[column].dtype == pl.String
        cells = [column, *(_cell(value, number) for value in rows[column].to_list())]
        width = max(map(len, cells))
        columns.append([cell.ljust(width) if is_text else cell.rjust(width) for cell in cells])
    return "\n".join("  ".join(cells).rstrip() for cells in zip(*columns, strict=True))


def _cell(value: object, number: Callable[[float], str]) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, int):
        return f"{value:,}"
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def _population(number: float) -> str:
    """Return a population figure: whole persons where they are many."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:,.1f}" if abs(number) >= 10 else f"{number:.4f}"


def _figure(number: float) -> str:
    """Return an estimate with four digits after the point, fewer where it is large."""
    if number != 0 and abs(number) < 5e-5:
        return f"{number:.1e}"
    digits = max(0, 4 - max(0, math.floor(math.log10(abs(number))) if number else 0))
    return f"{number:,.{digits}f}"
