"""Weights for the rows of a data table: calibrated to population totals, with replicates that are calibrated anew."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.calibration import CalibrationColumns, calibration_result, fitted_calibration
from pipeline.data_tables.design import DesignColumns, designs, labelled_weight_notes, refuse_lonely_strata
from pipeline.data_tables.table import DataTable
from pipeline.data_tables.targets import FittedTargets, refuse_method_without_use
from pipeline.design import SurveyDesign
from pipeline.weighting.calibration import CalibrationResult
from pipeline.weighting.diagnostics import kish_design_effect, margins_table, ratio_range
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    repeated_replicates,
    uncalibrated_replicates,
)

Floats = NDArray[np.float64]
FEW_PEOPLE = 30  # methodology B2.8: categories below this are worth merging
BARS = 40
ROWS_TURNED = 1024  # of replicate weights, from rows to columns at a time


@dataclass(frozen=True)
class TableWeights:
    """The weights of a table's rows, and how they came about."""

    base_weight: Floats  # (n,)
    result: CalibrationResult
    replicates: Replicates | None
    notes: list[str]  # what was done about missing answers and failed replicates, in words

    @cached_property
    def margins(self) -> pl.DataFrame:
        """Return margin, category, target, before, after, unweighted_n."""
        return margins_table(self.result)

    @property
    def small_categories(self) -> pl.DataFrame:
        """Return the rows of `margins` that rest on few people."""
        return self.margins.filter((pl.col("category") != "") & (pl.col("unweighted_n") < FEW_PEOPLE))

    @property
    def column_names(self) -> list[str]:
        """Return the names of the columns that `columns` makes."""
        n_replicates = 0 if self.replicates is None else self.replicates.n_replicates
        return ["weight", *(f"replicate_{number + 1}" for number in range(n_replicates))]

    def columns(self, rows: slice) -> Floats:
        """Return the (n_columns, n_rows) weight and replicate weights of some rows; never those of everyone at once."""
        weight = self.result.weight[rows]
        if self.replicates is None:
            return weight[None]
        made = np.empty((1 + self.replicates.n_replicates, weight.size))
        made[0] = weight
        _turn(self.replicates, rows, made[1:])
        return made

    @property
    def _weight_held(self) -> Floats:
        """Return the weights of those with a base weight."""
        has_all = self.base_weight.min(initial=np.inf) > 0
        return self.result.weight if has_all else self.result.weight[self.base_weight > 0]

    def histogram(self) -> dict[str, Any]:
        """Return how weights are spread, in units of their mean: edges and counts of bars, lowest and highest."""
        weight = self._weight_held
        relative = weight / weight.mean()
        counts, edges = np.histogram(relative, bins=BARS)
        return {
            "edges": edges.tolist(),
            "counts": counts.tolist(),
            "lowest": float(relative.min()),
            "highest": float(relative.max()),
            "design_effect": kish_design_effect(weight),
        }

    def summary(self) -> dict[str, Any]:
        """Return what a program wants to know of the weighting, as plain values."""
        weight = self._weight_held
        design_effect = kish_design_effect(weight)
        low, high = ratio_range(self.result.ratio, self.base_weight)
        return {
            "method": self.result.method,
            "converged": True,
            "iterations": self.result.iterations,
            "max_relative_gap": self.result.max_relative_gap,
            "sum_of_weights": float(weight.sum()),
            "design_effect": design_effect,
            "effective_n": weight.size / design_effect,
            "min_ratio": low,
            "max_ratio": high,
            "margins": self.margins.to_dicts(),
        }


def table_weights(
    table: DataTable,
    calibration: CalibrationColumns,
    columns: DesignColumns,
    plan: ReplicatePlan | None = None,
) -> TableWeights:
    """Return calibrated weights of a table's rows, and replicates of them where a plan is given.

    Args:
        columns: strata, PSUs and fpc, which only the replicates need.

    Raises:
        DefinitionError: data and targets do not meet.
        WeightingError: no weights within the bounds and caps meet the targets, or too many replicates fail.
    """
    options = calibration.options
    refuse_method_without_use(options.method, options.bounds, calibration.totals)
    base, fitted = fitted_calibration(table, calibration)
    calibration = replace(calibration, options=replace(options, reconcile_to=None))  # the targets are scaled by now
    result = calibration_result(base, fitted, calibration.options, calibration.trimming)
    notes = [*labelled_weight_notes(table, calibration.base_weight), *fitted.notes]
    if plan is None:
        return TableWeights(base, result, None, notes)
    design = replace(designs([table], replace(columns, weight=None, calibration=None))[0], weight=base)
    refuse_lonely_strata(table, design, columns.strata, "certainty")
    replicates = _replicates(design, fitted, calibration, plan)
    return TableWeights(base, result, replicates, [*notes, *_failures(replicates)])


def _replicates(
    design: SurveyDesign, fitted: FittedTargets, calibration: CalibrationColumns, plan: ReplicatePlan
) -> Replicates:
    """Return replicates, each calibrated and trimmed anew: on cells where the weighting factors into them."""
    drawn = uncalibrated_replicates(design.weight, replicate_factors(design, plan))
    if calibration.trimming is None and fitted.auxiliaries is None:
        return calibrated_replicates(drawn, fitted.levels, CalibrationPlan(fitted.targets, calibration.options))

    def weighted(base: Floats) -> Floats:
        return calibration_result(base, fitted, calibration.options, calibration.trimming).weight

    return repeated_replicates(drawn, weighted)


def _turn(replicates: Replicates, rows: slice, turned: Floats) -> None:
    """Fill in the (n_replicates, n_rows) replicate weights, in blocks that stay in the cache."""
    start, stop, _ = rows.indices(replicates.base_weight.size)
    for first in range(start, stop, ROWS_TURNED):
        last = min(first + ROWS_TURNED, stop)
        turned[:, first - start : last - start] = replicates.weights(slice(first, last)).T


def _failures(replicates: Replicates) -> list[str]:
    if not replicates.n_failed:
        return []
    return [f"{replicates.n_failed} replicates could not be calibrated and are left out; the others stand for them"]
