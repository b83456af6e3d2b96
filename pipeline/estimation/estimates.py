"""Estimates of many items in many domains, each with its standard error, interval and base."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.blocks import Block, quotient, without_rounding
from pipeline.estimation.element_tables import element_tables, joined
from pipeline.estimation.intervals import normal_interval, proportion_interval
from pipeline.estimation.linearisation import Linearisation
from pipeline.estimation.means import means, ratios, totals
from pipeline.estimation.quantiles import quantiles
from pipeline.estimation.shares import share_totals, shares
from pipeline.estimation.spread import Spread, made_at_once, spread_of
from pipeline.estimation.tables import EstimateTable, as_frame
from pipeline.estimation.values import DomainMask, DomainRows, ItemValues, domain_rows

__all__ = ["DomainMask", "ItemValues", "estimate_items", "estimate_quantiles", "estimate_ratios", "estimate_totals"]

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

    A category item gives a `share` for every category of its frame and a `headline` for each headline, a
    multiple response the same as shares of those who answered; a number gives a `mean` (category null). A
    domain where nobody answered has no row. What is not defined is null: the interval below one degree of
    freedom, the design effect of a share of 0 or 1.

    The design says how variances are made: from its replicate weights if it has them, otherwise linearised.

    Args:
        items: answers of the design's rows; masks on it, as the domains are.
        interval: one of intervals.INTERVALS, for shares and headlines; means have the t interval.
    """
    spread, table = spread_of(design), EstimateTable()
    made = made_at_once(spread, lambda one: list(_blocks(one, domains, items)))
    for item, block in zip(items, made, strict=True):
        _add(table, item.item, block)
    low, high = _limits(table, confidence, interval)
    return _frame(table, domains, spread.variance_method, low, high)


def estimate_totals(
    design: SurveyDesign, items: Sequence[ItemValues], domains: Sequence[DomainMask], *, confidence: float = 0.95
) -> pl.DataFrame:
    """Return `total` rows with the columns of COLUMNS: of a number its total, of a category how many people.

    Headlines are counted like categories. A missing answer adds nothing.
    """
    spread, rows, table = spread_of(design), domain_rows(design, domains), EstimateTable()
    made = made_at_once(
        spread, lambda one: [(share_totals if item.number is None else totals)(one, rows, item) for item in items]
    )
    for item, block in zip(items, made, strict=True):
        _add(table, item.item, block)
    return _frame(table, domains, spread.variance_method, *_limits(table, confidence))


def estimate_ratios(
    design: SurveyDesign,
    items: Sequence[ItemValues],
    denominator: ItemValues,
    domains: Sequence[DomainMask],
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return `ratio` rows with the columns of COLUMNS: a number's total over the denominator's.

    Only those who gave both numbers count.

    Raises:
        EstimationError: an item is not a number, or the denominator's total is 0 in a domain.
    """
    spread, rows, table = spread_of(design), domain_rows(design, domains), EstimateTable()
    made = made_at_once(spread, lambda one: [ratios(one, rows, item, denominator) for item in items])
    for item, block in zip(items, made, strict=True):
        _add(table, item.item, block)
    return _frame(table, domains, spread.variance_method, *_limits(table, confidence))


def estimate_quantiles(
    design: SurveyDesign,
    items: Sequence[ItemValues],
    domains: Sequence[DomainMask],
    *,
    q: Sequence[float] = (0.5,),
    confidence: float = 0.95,
    interval: str = "logit",
) -> pl.DataFrame:
    """Return `quantile` rows with the columns of COLUMNS, the category being q: "0.5" for the median.

    Args:
        interval: one of intervals.INTERVALS, for the share below, whose limits Woodruff's method reads back.

    Raises:
        EstimationError: an item is not a number, or a q is not between 0 and 1.
    """
    spread, rows, table = spread_of(design), domain_rows(design, domains), EstimateTable()
    made = made_at_once(
        spread,
        lambda one: [
            (item.item, quantiles(one, rows, item, q=share, confidence=confidence, interval=interval))
            for item in items
            for share in q
        ],
    )
    for name, found in made:
        _add(table, name, found.block, ci_low=found.low, ci_high=found.high)
    return _frame(table, domains, spread.variance_method, table.column("ci_low"), table.column("ci_high"))


def block_of(spread: Spread, rows: DomainRows, item: ItemValues) -> Block:
    """Return the shares of a category item or the means of a number."""
    return shares(spread, rows, item) if item.number is None else means(spread, rows, item)


def _blocks(spread: Spread, domains: Sequence[DomainMask], items: Sequence[ItemValues]) -> Iterator[Block]:
    """Yield the block of each item: from tables of sums where a large sample allows, several items at a time."""
    tables = element_tables(spread, domains) if isinstance(spread, Linearisation) and items else []
    rows = domain_rows(spread.design, [] if tables and all(item.codes is not None for item in items) else domains)

    def block(item: ItemValues) -> Block:
        if item.codes is None or not tables:
            return block_of(spread, rows, item)
        return joined([one.shares(item) for one in tables])

    if not tables:
        yield from map(block, items)
        return
    yield block(items[0])  # what all items share is made once
    with ThreadPoolExecutor() as threads:  # NumPy's sums over rows let other threads go on
        yield from threads.map(block, items[1:])


def _add(table: EstimateTable, item: str, block: Block, **limits: Array) -> None:
    """Add the rows of one item, for domains with data."""
    table.add(
        item,
        block,
        np.flatnonzero(block.base.unweighted_n),
        estimate=block.estimate,
        standard_error=np.sqrt(without_rounding(block.variance, block.srs_variance, block.estimate)),
        degrees_of_freedom=block.base.degrees_of_freedom,
        unweighted_n=block.base.unweighted_n,
        sum_of_weights=block.base.sum_of_weights,
        unweighted_estimate=block.unweighted_estimate,
        srs_variance=block.srs_variance,
        kish_n=block.base.kish_n,
        **limits,
    )


def _frame(
    table: EstimateTable, domains: Sequence[DomainMask], variance_method: str, low: Array, high: Array
) -> pl.DataFrame:
    """Return the table with its intervals and design effects."""
    columns = {name: table.column(name) for name in table.numbers} or dict.fromkeys(COLUMNS, np.zeros(0))
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


def _limits(table: EstimateTable, confidence: float, interval: str = "logit") -> tuple[Array, Array]:
    """Return the limits of every row: proportions by the interval asked for, all others by t."""
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
