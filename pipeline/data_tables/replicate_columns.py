"""Replicate weights that a data table brings along: which columns they are, and what each one's deviation counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.patterns import natural_order
from pipeline.data_tables.table import DataTable
from pipeline.design import SurveyDesign
from pipeline.errors import DeliveryError, UsageError
from pipeline.weighting.replicate_columns import ScannedColumns
from pipeline.weighting.replicates import supplied_replicates

STRATIFIED_JACKKNIFE = "jkn"
MOST_HELD = 1 << 25  # rows × replicates in memory, 256 MB; more stay in their file


@dataclass(frozen=True)
class ReplicateColumns:
    """Which columns hold replicate weights, and how they were made."""

    patterns: Sequence[str]  # such as `replicate_*`
    kind: str
    fay: float = 0.5  # what the lighter half keeps of its weight
    centre: str = "estimate"  # of the deviations; or the mean of the `replicates`

    def columns(self, known: Sequence[str], name: str) -> list[str]:
        """Return the columns that the patterns mean, in the order of their numbers.

        Raises:
            UsageError: fewer than two columns fit.
        """
        found = [column for column in known if any(fnmatchcase(column, pattern) for pattern in self.patterns)]
        if len(found) < 2:
            raise UsageError(
                f"{name}: {len(found)} columns fit --replicate-weights {' '.join(self.patterns)}, expected 2 or more."
            )
        return natural_order(found)

    def added_to(self, design: SurveyDesign, table: DataTable) -> SurveyDesign:
        """Return the design with the table's replicate weights, from which all variances are then made.

        Raises:
            DeliveryError: replicate weights are missing, or do not leave out a PSU of one stratum each, as jkn does.
        """
        weights = self._scanned(table) or self._held(table)
        if self.kind == STRATIFIED_JACKKNIFE and isinstance(weights, pl.DataFrame):
            coefficient = _of_left_out_strata(design, weights, table.name)
        else:
            coefficient = self._coefficient(design, weights.shape[1])
        made = supplied_replicates(design.weight, weights, coefficient, kind=self.kind, centre=self.centre)
        return replace(design, replicates=made)

    def _scanned(self, table: DataTable) -> ScannedColumns | None:
        """Return the columns to leave in the file: where they are many numbers, and need no look beforehand."""
        unread = table.unread
        if unread is None or table.missing or table.books.keys() & set(unread.names):
            return None
        is_large = unread.shape[0] * unread.shape[1] > MOST_HELD and self.kind != STRATIFIED_JACKKNIFE
        return unread if is_large and set(unread.rows.collect_schema().dtypes()) == {pl.Float64} else None

    def _held(self, table: DataTable) -> pl.DataFrame:
        """Return the columns in memory; as they are, where they are numbers without a gap."""
        if table.unread is not None:
            table = replace(table, frame=table.unread.frame(), unread=None)
        names = self.columns(table.frame.columns, table.name)
        weights = table.frame.select(names)
        if _is_complete(weights) and not table.missing:
            return weights
        return pl.DataFrame({name: table.complete_number(name) for name in names})

    def _coefficient(self, design: SurveyDesign, n_replicates: int) -> NDArray[np.float64]:
        """Return what the squared deviation of each replicate counts, (n_replicates,); jkn's depend on the stratum.

        Source: methodology C6; Wolter (2007), Introduction to Variance Estimation, chapters 3 to 5.
        """
        count = {
            "bootstrap": 1 / n_replicates,
            "jk1": (n_replicates - 1) / n_replicates * (1 - float(design.structure.sampling_fraction[0])),
            "jkgroups": (n_replicates - 1) / n_replicates,
            "brr": 1 / n_replicates,
            "fay": 1 / (n_replicates * (1 - self.fay) ** 2),
        }[self.kind]
        return np.full(n_replicates, count)


def _is_complete(weights: pl.DataFrame) -> bool:
    """Return whether all columns are numbers without a gap; they are then used without a copy."""
    if any(kind != pl.Float64 for kind in weights.dtypes):
        return False
    return all(weights.select((pl.all().is_finite() & pl.all().is_not_null()).all()).row(0))


def _of_left_out_strata(design: SurveyDesign, weights: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """Return (1 - f_h)(n_h - 1) / n_h, n_h replicates leaving out a PSU of stratum h: its rows weigh 0 there."""
    structure, carries = design.structure, design.weight != 0
    stratum = np.zeros(weights.width, np.int64)
    for number, column in enumerate(weights.get_columns()):
        left_out = np.unique(structure.stratum[(column.to_numpy() == 0) & carries])
        if left_out.size != 1:
            raise DeliveryError(
                f"{name}: '{column.name}' leaves out rows of {left_out.size} strata, expected one PSU of one stratum, "
                "as jkn does. Give --strata as the replicates were made, or another --replicate-type."
            )
        stratum[number] = left_out[0]
    n_h = np.bincount(stratum, minlength=structure.n_strata)[stratum]
    return np.asarray((1 - structure.sampling_fraction[stratum]) * (n_h - 1) / n_h)
