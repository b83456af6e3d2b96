"""Estimates of many items in many domains, each with its standard error, interval and base."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.blocks import Block, without_rounding
from pipeline.estimation.intervals import normal_interval, proportion_interval
from pipeline.estimation.linearisation import Linearisation, linearisation
from pipeline.estimation.means import means
from pipeline.estimation.shares import shares
from pipeline.estimation.tables import EstimateTable, as_frame
from pipeline.estimation.values import DomainMask, DomainRows, ItemValues, domain_rows
from pipeline.estimation.variance import variance_of_totals

__all__ = ["DomainMask", "ItemValues", "estimate_items"]

Array = NDArray[np.float64]

COLUMNS: dict[str, type[pl.DataType]] = {
    "item": pl.String,
    "statistic": pl.String,
    "category": pl.String,
    "domain": pl.String,
    "domain_value": pl.String,
    "variance_method": pl.String,
    "estimate": pl.Float64,
    "standard_error": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "degrees_of_freedom": pl.Int64,
    "unweighted_n": pl.Int64,
    "sum_of_weights": pl.Float64,
    "design_effect": pl.Float64,
    "effective_n": pl.Float64,
    "unweighted_estimate": pl.Float64,
}


def estimate_items(
    design: SurveyDesign,
    items: Sequence[ItemValues],
    domains: Sequence[DomainMask],
    *,
    confidence: float = 0.95,
    interval: str = "logit",
) -> pl.DataFrame:
    """Return one row per item, statistic, category and domain, with the columns of COLUMNS.

    A category item gives a `share` for every category of its frame and a `headline` for each headline; a
    number gives a `mean` (category null). A domain where nobody answered has no row. What is not defined
    is null: the interval below one degree of freedom, the design effect of a share of 0 or 1.

    Args:
        items: answers of the design's rows; masks on it, as the domains are.
        interval: one of intervals.INTERVALS, for shares and headlines; means have the t interval.
    """
    prepared = linearisation(design)
    rows = domain_rows(design, domains)
    table = EstimateTable()
    for item in items:
        _add(table, design, item.item, block_of(prepared, rows, item))
    return _frame(
        table,
        domains,
        variance_method=prepared.variance_method,
        confidence=confidence,
        interval=interval,
    )


def block_of(prepared: Linearisation, rows: DomainRows, item: ItemValues) -> Block:
    """Return the shares of a category item or the means of a number."""
    return means(prepared, rows, item) if item.codes is None else shares(prepared, rows, item)


def standard_error_of(variance: Array, srs_variance: Array) -> Array:
    """Return the standard error; exactly 0 where only rounding is left, as for a calibrated margin."""
    return np.sqrt(without_rounding(variance, srs_variance))


def _add(table: EstimateTable, design: SurveyDesign, item: str, block: Block) -> None:
    """Add the rows of one item, for domains with data."""
    table.add(
        item,
        block,
        np.flatnonzero(block.base.unweighted_n),
        estimate=block.estimate,
        standard_error=standard_error_of(variance_of_totals(design, block.psu_totals), block.srs_variance),
        degrees_of_freedom=block.base.degrees_of_freedom(design),
        unweighted_n=block.base.unweighted_n,
        sum_of_weights=block.base.sum_of_weights,
        unweighted_estimate=block.unweighted_estimate,
        srs_variance=block.srs_variance,
        kish_n=block.base.kish_n,
    )


def _frame(
    table: EstimateTable,
    domains: Sequence[DomainMask],
    *,
    variance_method: str,
    confidence: float,
    interval: str,
) -> pl.DataFrame:
    """Return the table with its intervals and design effects."""
    columns = {name: table.column(name) for name in table.numbers} or dict.fromkeys(COLUMNS, np.zeros(0))
    low, high = _limits(table, confidence, interval)
    design_effect = quotient(np.square(table.column("standard_error")), table.column("srs_variance"))
    return as_frame(
        columns
        | table.keys(domains)
        | {
            "variance_method": pl.repeat(variance_method, len(table.items), eager=True, dtype=pl.String),
            "ci_low": low,
            "ci_high": high,
            "design_effect": design_effect,
            "effective_n": quotient(table.column("unweighted_n"), design_effect),
        },
        COLUMNS,
    )


def quotient(numerator: Array, denominator: Array) -> Array:
    """Return numerator / denominator; not a number where the denominator is not above 0."""
    defined = denominator > 0
    return np.where(defined, numerator / np.where(defined, denominator, 1.0), np.nan)


def _limits(table: EstimateTable, confidence: float, interval: str) -> tuple[Array, Array]:
    """Return the limits of every row: proportions by the interval asked for, means by t."""
    estimate, standard_error = table.column("estimate"), table.column("standard_error")
    freedom, is_proportion = table.column("degrees_of_freedom"), table.is_proportion()
    low, high = normal_interval(estimate, standard_error, freedom, confidence=confidence)
    low[is_proportion], high[is_proportion] = proportion_interval(
        estimate[is_proportion],
        standard_error[is_proportion],
        freedom[is_proportion],
        unweighted_n=table.column("unweighted_n")[is_proportion],
        kish_n=table.column("kish_n")[is_proportion],
        confidence=confidence,
        method=interval,
    )
    return low, high
