"""Change between two waves: net change in the population, and change within the persons who answered both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.blocks import Base, Block, degrees_of_freedom, quotient, without_rounding
from pipeline.estimation.estimates import block_of
from pipeline.estimation.intervals import normal_interval, t_p_value
from pipeline.estimation.spread import Spread, spread_of
from pipeline.estimation.tables import EstimateTable, as_frame
from pipeline.estimation.values import DomainMask, DomainRows, ItemValues, domain_rows
from pipeline.estimation.variance import inner_products
from pipeline.estimation.waves import WaveAnswers, joint_spreads, with_psus

__all__ = ["WaveAnswers", "net_change", "within_person_change"]

Array = NDArray[np.float64]

COLUMNS: dict[str, type[pl.DataType]] = {
    "item": pl.String,
    "statistic": pl.String,
    "category": pl.String,
    "domain": pl.String,
    "domain_value": pl.String,
    "variance_method": pl.String,
    "estimate_from": pl.Float64,
    "estimate_to": pl.Float64,
    "change": pl.Float64,
    "standard_error": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "p_value": pl.Float64,
    "overlap_n": pl.Int64,
    "correlation": pl.Float64,
    "degrees_of_freedom": pl.Int64,
    "unweighted_n_from": pl.Int64,
    "unweighted_n_to": pl.Int64,
}


def net_change(first: WaveAnswers, second: WaveAnswers, *, confidence: float = 0.95) -> pl.DataFrame:
    """Return the difference of two waves' estimates, each with its own weights and calibration, with COLUMNS.

    Both waves' linearised values are summed over the union of PSUs, one absent from a wave adding 0, so the
    covariance of the overlap is in the standard error. Items and domains are those that both waves have; a
    domain has a row where somebody answered in both. `overlap_n` counts members who answered at both waves.

    Raises:
        EstimationError: an item has other categories or headlines in the second wave.

    Source: methodology C8; Berger (2004), Survey Methodology 30.
    """
    first, second = with_psus(first), with_psus(second)
    domains, first_masks, second_masks = _common_domains(first.domains, second.domains)
    prepared = joint_spreads([first.design, second.design])
    rows = domain_rows(first.design, first_masks), domain_rows(second.design, second_masks)
    in_both = _overlap(first, second, first_masks, second_masks)
    seconds = {item.item: item for item in second.items}
    table = EstimateTable()
    for item in first.items:
        if item.item not in seconds:
            continue
        other = seconds[item.item]
        _refuse_other_categories(item, other)
        blocks = block_of(prepared[0], rows[0], item), block_of(prepared[1], rows[1], other)
        _add(table, prepared, item.item, blocks, in_both.count(item, other))
    return _frame(table, domains, _method(prepared[0].variance_method, prepared[1].variance_method), confidence)


def within_person_change(
    design: SurveyDesign,
    first_items: Sequence[ItemValues],
    second_items: Sequence[ItemValues],
    domains: Sequence[DomainMask],
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return the mean of each holder's change between two waves, among those who answered both, with COLUMNS.

    For a category it is the mean of 1(answer at the second wave) - 1(answer at the first), for a number of
    the difference. Another estimand than net change: change among the stayers whom this weight describes.

    Args:
        design: everyone who holds the weight of the wave set.
        first_items: their answers at the first wave; second_items at the second, matched by item.

    Source: methodology C8.
    """
    spread, rows = spread_of(design), domain_rows(design, domains)
    seconds = {item.item: item for item in second_items}
    table = EstimateTable()
    for item in first_items:
        if item.item not in seconds:
            continue
        other = seconds[item.item]
        _refuse_other_categories(item, other)
        answered = item.is_answered & other.is_answered
        before = block_of(spread, rows, item.restricted_to(answered))
        after = block_of(spread, rows, other.restricted_to(answered))
        _add(table, (spread, spread), item.item, (before, after), before.base.unweighted_n)
    return _frame(table, domains, spread.variance_method, confidence)


@dataclass(frozen=True)
class _Overlap:
    """Rows of members who are in both waves, and the domains they belong to in both."""

    first_row: NDArray[np.int64]  # (n_common,)
    second_row: NDArray[np.int64]
    rows: DomainRows  # rows counted from 0 to n_common - 1

    def count(self, item: ItemValues, other: ItemValues) -> NDArray[np.int64]:
        """Return how many answered at both waves, in each domain."""
        return self.rows.where(item.is_answered[self.first_row] & other.is_answered[self.second_row]).count()


def _overlap(
    first: WaveAnswers,
    second: WaveAnswers,
    first_masks: Sequence[DomainMask],
    second_masks: Sequence[DomainMask],
) -> _Overlap:
    """Return the members who carry weight in both waves."""
    _, first_row, second_row = np.intersect1d(first.member, second.member, return_indices=True)
    carries = (first.design.weight[first_row] > 0) & (second.design.weight[second_row] > 0)
    both = SurveyDesign(weight=carries.astype(np.float64))
    masks = [
        replace(one, mask=one.mask[first_row] & other.mask[second_row])
        for one, other in zip(first_masks, second_masks, strict=True)
    ]
    return _Overlap(first_row, second_row, domain_rows(both, masks))


def _common_domains(
    first: Sequence[DomainMask], second: Sequence[DomainMask]
) -> tuple[list[DomainMask], list[DomainMask], list[DomainMask]]:
    """Return the domains that both waves have, and the mask of each in each wave."""
    seconds = {(one.domain, one.domain_value): one for one in second}
    kept = [one for one in first if (one.domain, one.domain_value) in seconds]
    return kept, kept, [seconds[one.domain, one.domain_value] for one in kept]


def _refuse_other_categories(item: ItemValues, other: ItemValues) -> None:
    """Refuse to compare an item whose categories or headlines are not the same at both waves."""
    if (item.categories, item.headlines) != (other.categories, other.headlines):
        raise EstimationError(
            f"item '{item.item}' has categories {item.categories} at one wave and {other.categories} at the "
            "other, or other headlines. Link the items, or recode them to one scale."
        )


def _method(first: str, second: str) -> str:
    """Return how the variance of a change was made, from how that of each wave was."""
    return first if first == second else f"{first}, {second}"


def _add(
    table: EstimateTable,
    spreads: Sequence[Spread],
    item: str,
    blocks: tuple[Block, Block],
    overlap_n: NDArray[np.int64],
) -> None:
    """Add one item's changes, for domains with data at both waves."""
    before, after = blocks
    first, second = before.spread(), after.spread()
    covariance = inner_products(first, second)
    first_variance = without_rounding(before.variance, before.srs_variance, before.estimate)
    second_variance = without_rounding(after.variance, after.srs_variance, after.estimate)
    difference = second - first
    variance = without_rounding(
        inner_products(difference, difference),
        before.srs_variance + after.srs_variance,
        np.maximum(np.abs(before.estimate), np.abs(after.estimate)),
    )
    table.add(
        item,
        before,
        np.flatnonzero((before.base.unweighted_n > 0) & (after.base.unweighted_n > 0)),
        estimate_from=before.estimate,
        estimate_to=after.estimate,
        change=after.estimate - before.estimate,
        standard_error=np.sqrt(variance),
        overlap_n=overlap_n,
        correlation=quotient(covariance, np.sqrt(first_variance * second_variance)),
        degrees_of_freedom=_freedom(spreads, before.base, after.base),
        unweighted_n_from=before.base.unweighted_n,
        unweighted_n_to=after.base.unweighted_n,
    )


def _freedom(spreads: Sequence[Spread], first: Base, second: Base) -> NDArray[np.int64]:
    """Return PSUs minus strata with data in either wave; of replicates the smaller of both waves'."""
    if spreads[0].design.replicates is not None:
        return np.minimum(first.degrees_of_freedom, second.degrees_of_freedom)
    assert first.has_data is not None
    assert second.has_data is not None
    return degrees_of_freedom(spreads[0].psus.of, first.has_data | second.has_data)


def _frame(
    table: EstimateTable, domains: Sequence[DomainMask], variance_method: str, confidence: float
) -> pl.DataFrame:
    """Return the table with its intervals and p values."""
    change, standard_error = table.column("change"), table.column("standard_error")
    freedom = table.column("degrees_of_freedom")
    low, high = normal_interval(change, standard_error, freedom, confidence=confidence)
    return as_frame(
        {name: table.column(name) for name in COLUMNS}
        | table.keys(domains)
        | {
            "variance_method": pl.repeat(variance_method, len(table.items), eager=True, dtype=pl.String),
            "ci_low": low,
            "ci_high": high,
            "p_value": t_p_value(change, standard_error, freedom),
        },
        COLUMNS,
    )
