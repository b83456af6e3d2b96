"""Who moved between which answers: tables of two waves for the persons one weight describes."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.blocks import Block, without_rounding
from pipeline.estimation.shares import shares
from pipeline.estimation.spread import spread_of
from pipeline.estimation.values import DomainMask, ItemValues, domain_rows

Array = NDArray[np.float64]

COLUMNS: dict[str, type[pl.DataType]] = {
    "item": pl.String,
    "category_from": pl.String,
    "category_to": pl.String,
    "unweighted_n": pl.Int64,
    "weighted_count": pl.Float64,
    "joint_share": pl.Float64,
    "row_share": pl.Float64,
    "standard_error": pl.Float64,
    "joint_share_standard_error": pl.Float64,
}


def transition_table(design: SurveyDesign, first: ItemValues, second: ItemValues) -> pl.DataFrame:
    """Return one row per pair of answers, those nobody gave included, with the columns of COLUMNS.

    Only those who answered at both waves count. `joint_share` is of all of them, `row_share` of those with
    the same first answer: a domain ratio, null with its standard error where nobody gave that answer.
    `standard_error` is that of the row share.

    Args:
        design: everyone who holds the weight of the wave set.
        first: their answers at the first wave; second: at the second.

    Raises:
        EstimationError: the item is a number.

    Source: methodology C11 and C4.
    """
    if first.codes is None or second.codes is None:
        raise EstimationError(
            f"item '{first.item}' is a number or a multiple response and has no transition table. Band numbers first."
        )
    answered = first.is_answered & second.is_answered
    joint = _joint(design, first, second, answered)
    rows = _rows(design, first, second, answered)
    is_empty = np.repeat(rows.base.unweighted_n == 0, len(second.categories))
    n_answered, weight = joint.base.unweighted_n[0], joint.base.sum_of_weights[0]
    cells = np.rint(joint.unweighted_estimate.ravel() * n_answered).astype(np.int64)
    columns = {
        "item": [first.item] * cells.size,
        "category_from": np.repeat(np.array(first.categories, object), len(second.categories)).tolist(),
        "category_to": list(second.categories) * len(first.categories),
        "unweighted_n": cells,
        "weighted_count": joint.estimate.ravel() * weight,
        "joint_share": joint.estimate.ravel() if n_answered else np.full(cells.size, np.nan),
        "row_share": np.where(is_empty, np.nan, rows.estimate.ravel()),
        "standard_error": np.where(is_empty, np.nan, _standard_error(rows)),
        "joint_share_standard_error": _standard_error(joint) if n_answered else np.full(cells.size, np.nan),
    }
    return pl.DataFrame(columns).cast(pl.Schema(COLUMNS)).with_columns(pl.col(pl.Float64).fill_nan(None))


def _joint(design: SurveyDesign, first: ItemValues, second: ItemValues, answered: NDArray[np.bool_]) -> Block:
    """Return the shares of all pairs of answers."""
    assert first.codes is not None
    assert second.codes is not None
    n_second = len(second.categories)
    pairs = tuple(str(pair) for pair in range(len(first.categories) * n_second))
    code = np.where(answered, first.codes.astype(np.int64) * n_second + second.codes, -1)
    everyone = [DomainMask("all", "all", np.ones(design.n, np.bool_))]
    item = ItemValues(first.item, codes=code, categories=pairs)
    return shares(spread_of(design), domain_rows(design, everyone), item)


def _rows(design: SurveyDesign, first: ItemValues, second: ItemValues, answered: NDArray[np.bool_]) -> Block:
    """Return the shares of second answers among those with the same first answer."""
    codes = np.asarray(first.codes)
    by_first = [DomainMask("from", category, np.equal(codes, code)) for code, category in enumerate(first.categories)]
    item = ItemValues(second.item, codes=second.restricted_to(answered).codes, categories=second.categories)
    return shares(spread_of(design), domain_rows(design, by_first), item)


def _standard_error(block: Block) -> Array:
    """Return the standard errors of a block's shares, domain by domain."""
    return np.sqrt(without_rounding(block.variance, block.srs_variance)).ravel()
