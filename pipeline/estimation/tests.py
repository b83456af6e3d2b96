"""Tests of change and association: corrections for many tests, verdicts in words, and Rao-Scott."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.shares import shares
from pipeline.estimation.spread import spread_of
from pipeline.estimation.values import DomainMask, ItemValues, domain_rows

__test__ = False  # a module about tests, not of tests

Array = NDArray[np.float64]

HOLM, BENJAMINI_HOCHBERG = "holm", "benjamini_hochberg"
ROSE, FELL, STEADY, NO_CLEAR_CHANGE = "rose", "fell", "steady", "no clear change"


def corrected_p_values(p_value: Array, correction: str) -> Array:
    """Return the p values of one family, corrected for their number; not a number is no test and stays.

    Args:
        correction: `holm` bounds the chance of any false claim, `benjamini_hochberg` the share of false
            ones among all claims.

    Raises:
        EstimationError: the correction is not known.

    Source: methodology C12; Holm (1979), Scand. J. Statistics 6; Benjamini and Hochberg (1995), JRSS B 57.
    """
    corrections = {HOLM: _holm, BENJAMINI_HOCHBERG: _benjamini_hochberg}
    if correction not in corrections:
        raise EstimationError(f"correction '{correction}' is not known. Use one of {', '.join(corrections)}.")
    p_value = np.asarray(p_value, np.float64)
    is_test = ~np.isnan(p_value)
    corrected = np.full(p_value.shape, np.nan)
    corrected[is_test] = corrections[correction](p_value[is_test])
    return corrected


def verdicts(change: Array, p_value_corrected: Array, *, level: float) -> list[str]:
    """Return `rose` or `fell` where the corrected p is below the level, otherwise `no clear change`."""
    is_clear = np.nan_to_num(p_value_corrected, nan=1.0) < level
    direction = np.where(change > 0, ROSE, np.where(change < 0, FELL, NO_CLEAR_CHANGE))
    return [str(verdict) for verdict in np.where(is_clear, direction, NO_CLEAR_CHANGE)]


def with_steady(said: Sequence[str], p_equivalence_corrected: Array, *, level: float) -> list[str]:
    """Return verdicts with `steady` for `no clear change` where a corrected test rules out a larger change."""
    is_ruled_out = np.nan_to_num(p_equivalence_corrected, nan=1.0) < level
    return [STEADY if one == NO_CLEAR_CHANGE and out else one for one, out in zip(said, is_ruled_out, strict=True)]


@dataclass(frozen=True)
class RaoScott:
    """A second-order corrected test of independence; `chi_square` is Pearson's on the weighted shares times n.

    The first-order test divides that by the mean generalised design effect and takes it for chi-square: simpler,
    and too ready to reject where design effects differ between cells.
    """

    f: float
    numerator_df: float
    denominator_df: float
    p_value: float
    chi_square: float
    first_order_chi_square: float
    first_order_df: int
    first_order_p_value: float


def rao_scott(design: SurveyDesign, rows: ItemValues, columns: ItemValues) -> RaoScott:
    """Return the Rao-Scott test that two items are independent, among those who answered both.

    Raises:
        EstimationError: a category of either item was given by nobody, so the table has an empty margin.

    Source: methodology C12; Rao and Scott (1984), Annals of Statistics 12; Thomas and Rao (1987), JASA 82.
    """
    from scipy.special import chdtrc, fdtrc

    cells, n, df = _cell_shares(design, rows, columns)
    table = cells.share.reshape(len(rows.categories), len(columns.categories))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    if not (expected > 0).all():
        raise EstimationError(
            f"nobody gave one of the answers to '{rows.item}' or '{columns.item}', so their independence "
            "cannot be tested. Merge the answer with a neighbour."
        )
    chi_square = float(n * (np.square(table - expected) / expected).sum())
    effects = _generalised_design_effects(cells, table.shape, n)
    trace = float(np.trace(effects))
    numerator_df = trace**2 / float(np.trace(effects @ effects))
    f = chi_square / trace
    denominator_df = numerator_df * df
    p_value = float(fdtrc(numerator_df, denominator_df, f))
    first_order = chi_square / (trace / len(effects))
    first_order_p = float(chdtrc(len(effects), first_order))
    return RaoScott(f, numerator_df, denominator_df, p_value, chi_square, first_order, len(effects), first_order_p)


def _holm(p_value: Array) -> Array:
    """Return step-down Holm p values."""
    order = np.argsort(p_value, kind="stable")
    steps = p_value[order] * np.arange(p_value.size, 0, -1)
    return _unsorted(np.minimum(np.maximum.accumulate(steps), 1.0), order)


def _benjamini_hochberg(p_value: Array) -> Array:
    """Return step-up Benjamini-Hochberg p values."""
    order = np.argsort(p_value, kind="stable")
    steps = p_value[order] * p_value.size / np.arange(1, p_value.size + 1)
    return _unsorted(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), order)


def _unsorted(values: Array, order: NDArray[np.int64]) -> Array:
    """Return sorted values in the order they had before."""
    unsorted = np.empty_like(values)
    unsorted[order] = values
    return unsorted


@dataclass(frozen=True)
class _CellShares:
    """Shares of all cells of a table, row by row, and their covariance."""

    share: Array  # (n_cells,)
    covariance: Array  # (n_cells, n_cells)


def _cell_shares(design: SurveyDesign, rows: ItemValues, columns: ItemValues) -> tuple[_CellShares, int, int]:
    """Return the cells' shares, the number who answered both, and the degrees of freedom."""
    if rows.codes is None or columns.codes is None:
        raise EstimationError(f"'{rows.item}' and '{columns.item}' must both have categories. Band numbers first.")
    n_columns = len(columns.categories)
    code = np.where(rows.is_answered & columns.is_answered, rows.codes.astype(np.int64) * n_columns + columns.codes, -1)
    cell = ItemValues("cell", codes=code, categories=("",) * (len(rows.categories) * n_columns))
    everyone = [DomainMask("all", "all", np.ones(design.n, np.bool_))]
    block = shares(spread_of(design), domain_rows(design, everyone), cell)
    covariance = block.spread()[0] @ block.spread()[0].T
    shares_of_cells = _CellShares(block.estimate[0], covariance)
    return shares_of_cells, int(block.base.unweighted_n[0]), int(block.base.degrees_of_freedom[0])


def _generalised_design_effects(cells: _CellShares, shape: tuple[int, int], n: int) -> Array:
    """Return (C'D^-1 C / n)^-1 (C'D^-1 V D^-1 C), C the interactions free of the main effects."""
    contrasts = _interaction_contrasts(*shape)
    weighted = contrasts * np.where(cells.share > 0, 1 / np.where(cells.share > 0, cells.share, 1.0), 0.0)[:, None]
    return np.asarray(np.linalg.solve(contrasts.T @ weighted / n, weighted.T @ cells.covariance @ weighted))


def _interaction_contrasts(n_rows: int, n_columns: int) -> Array:
    """Return the interaction columns of an n_rows x n_columns table, residuals on its main effects."""
    row, column = np.repeat(np.arange(n_rows), n_columns), np.tile(np.arange(n_columns), n_rows)
    by_row = (row[:, None] == np.arange(1, n_rows)).astype(np.float64)
    by_column = (column[:, None] == np.arange(1, n_columns)).astype(np.float64)
    main = np.hstack([np.ones((row.size, 1)), by_row, by_column])
    interactions = (by_row[:, :, None] * by_column[:, None, :]).reshape(row.size, -1)
    return np.asarray(interactions - main @ np.linalg.lstsq(main, interactions, rcond=None)[0])
