"""The calibration that a data table's columns and a table of targets describe, and the weights it leads to."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.data_tables.table import DataTable
from pipeline.data_tables.targets import REFUSE, FittedTargets, TargetTotals, fitted_targets
from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import DeliveryError, UsageError, WeightingError
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.cells import sums_by
from pipeline.weighting.trimming import Trimming, calibrate_and_trim

FAR = 2.0  # times another total from which two sums of weights are on different scales


@dataclass(frozen=True)
class CalibrationColumns:
    """What to calibrate to, from which column, and how."""

    totals: TargetTotals
    base_weight: str | None = None  # None: 1 for everyone
    options: CalibrationOptions = field(default_factory=CalibrationOptions)
    trimming: Trimming | None = None
    missing: str = REFUSE  # rule for missing margin answers
    scales_base_weight: bool = False  # to the population total, before any bound on w/d is looked at


def base_weight(table: DataTable, column: str | None) -> NDArray[np.float64]:
    """Return the weight before calibration (n,): a column, or 1 for everyone.

    Raises:
        DeliveryError: it is missing or negative somewhere, or nobody has any.
    """
    if column is None:
        return np.ones(table.n)
    weight = table.complete_number(column)
    n_negative = int((weight < 0).sum())
    if n_negative or not weight.sum() > 0:
        found = f"negative in {n_negative} rows" if n_negative else "0 in every row"
        raise DeliveryError(f"{table.name}: the base weight '{column}' is {found}, expected 0 or more. Correct it.")
    return weight


def fitted_calibration(table: DataTable, calibration: CalibrationColumns) -> tuple[NDArray[np.float64], FittedTargets]:
    """Return the base weights (n,), scaled to the population where that is asked, and the targets they go to.

    Raises:
        UsageError: targets without margins have no population to scale to.
    """
    base, options = base_weight(table, calibration.base_weight), calibration.options
    fitted = fitted_targets(
        table, calibration.totals, base, missing=calibration.missing, reconcile_to=options.reconcile_to
    )
    if not calibration.scales_base_weight:
        return base, fitted
    if not fitted.targets.totals:
        raise UsageError(f"--scale-base-weight: {calibration.totals.name} has no margin that says how many people.")
    return base * (fitted.targets.totals[0].sum() / base.sum()), fitted


def calibration_result(
    base: NDArray[np.float64], fitted: FittedTargets, options: CalibrationOptions, trimming: Trimming | None
) -> CalibrationResult:
    """Return the weights nearest to the base weights that meet the targets, and the caps where they are trimmed.

    Raises:
        WeightingError: there are none; where bounds are on another scale than the base weights, it says so.
    """
    try:
        if trimming is None:
            return calibrate(
                base, fitted.levels, fitted.targets, options, auxiliaries=fitted.auxiliaries, cells=fitted.cells
            )
        return calibrate_and_trim(
            base, fitted.levels, fitted.targets, options, trimming, auxiliaries=fitted.auxiliaries
        )
    except WeightingError as error:
        raise WeightingError(f"{error}{_scale_advice(base, fitted, options)}") from error


def calibrated_design(
    table: DataTable, design: SurveyDesign, calibration: CalibrationColumns, *, is_given: bool
) -> SurveyDesign:
    """Return the design with its calibration; the weight is made here unless the data has it.

    Raises:
        DeliveryError: the weight of the data does not meet the targets.
    """
    options = calibration.options
    base, fitted = fitted_calibration(table, calibration)
    if is_given:
        weight = design.weight
        _refuse_unmet(table, weight, fitted, calibration)
    else:
        plain = replace(options, reconcile_to=None)
        weight = calibration_result(base, fitted, plain, calibration.trimming).weight
    levels = fitted.levels.astype(np.int64) if fitted.levels.shape[1] else None
    return replace(design, weight=weight, calibration=Calibration(base, levels=levels, auxiliaries=fitted.auxiliaries))


def _scale_advice(base: NDArray[np.float64], fitted: FittedTargets, options: CalibrationOptions) -> str:
    """Return how to make bounds mean something where base weights do not add up to about the population."""
    if options.bounds is None or not fitted.targets.totals:
        return ""
    population = float(fitted.targets.totals[0].sum())
    if population < FAR * base.sum() and base.sum() < FAR * population:
        return ""
    return (
        f" The base weights add up to {base.sum():,.6g}, the population to {population:,.6g}: with --scale-base-weight "
        "bounds are on the ratio to base weights that add up to the population."
    )


def _refuse_unmet(
    table: DataTable, weight: NDArray[np.float64], fitted: FittedTargets, calibration: CalibrationColumns
) -> None:
    """Raise where a weight that is said to be calibrated misses a target by more than the tolerance."""
    targets = fitted.targets
    reached: list[NDArray[np.float64]] = [
        sums_by(fitted.levels[:, column], weight, size) for column, size in enumerate(targets.n_levels)
    ]
    if fitted.auxiliaries is not None:
        reached.append(weight @ fitted.auxiliaries)
    found = np.concatenate(reached)
    gap = np.abs(found - targets.vector) / np.maximum(1, np.abs(targets.vector))
    if gap.max(initial=0.0) > calibration.options.tolerance:
        worst = int(gap.argmax())
        raise DeliveryError(
            f"{table.name}: the weight does not meet {calibration.totals.name}: {targets.descriptions[worst]}: "
            f"{found[worst]:.8g} of {targets.vector[worst]:.8g}. Leave --weight out to calibrate from the base "
            "weight, or allow a larger --tolerance."
        )
