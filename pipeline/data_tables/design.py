"""The sampling design that the columns of data tables describe."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.table import DataTable, in_code_order
from pipeline.data_tables.targets import REFUSE, FittedTargets, TargetTotals, fitted_targets
from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import DeliveryError, EstimationError, UsageError, WeightingError
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.cells import sums_by
from pipeline.weighting.trimming import Trimming, calibrate_and_trim

STRATA_SHOWN = 5
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


@dataclass(frozen=True)
class DesignColumns:
    """The columns that say how people were drawn, and how many each stands for."""

    weight: str | None = None  # None: 1 for everyone, or the weight of the calibration
    strata: str | None = None
    psu: str | None = None
    fpc: str | None = None
    lonely_psu: str = "fail"
    calibration: CalibrationColumns | None = None

    @property
    def columns(self) -> list[str]:
        """Return all columns of the data that the design needs."""
        named = [self.weight, self.strata, self.psu, self.fpc]
        if self.calibration is not None:
            named += [self.calibration.base_weight, *self.calibration.totals.columns]
        return [column for column in named if column is not None]


def with_weight(table: DataTable, columns: DesignColumns) -> tuple[DataTable, int]:
    """Return the rows that hold a weight, and how many do not; a row without one belongs to no design of it."""
    name = columns.weight
    if name is None and columns.calibration is not None:
        name = columns.calibration.base_weight
    if name is None:
        return table, 0
    is_missing = np.isnan(table.number(name))
    return (table.rows(~is_missing), int(is_missing.sum())) if is_missing.any() else (table, 0)


def designs(tables: Sequence[DataTable], columns: DesignColumns) -> list[SurveyDesign]:
    """Return the design of each table; codes of strata and PSUs mean the same in all of them.

    Raises:
        DeliveryError: strata, PSUs, fpc or weights are missing, or no numbers, or negative.
        EstimationError: a stratum has a single PSU under `fail`.
        WeightingError: the weights cannot be calibrated.
    """
    strata = _codes(tables, columns.strata)
    psus = _codes(tables, columns.psu)
    made = []
    for number, table in enumerate(tables):
        design = SurveyDesign(
            weight=_weight(table, columns),
            strata=None if strata is None else strata[number],
            psu=None if psus is None else psus[number],
            fpc=None if columns.fpc is None else table.complete_number(columns.fpc),
            lonely_psu=columns.lonely_psu,
            calibration=None if columns.calibration is None else _empty_calibration(table.n),
        )
        if columns.calibration is not None:
            design = _calibrated(table, design, columns.calibration, is_given=columns.weight is not None)
        made.append(design)
    return made


def refuse_lonely_strata(table: DataTable, design: SurveyDesign, strata: str | None, instead: str) -> None:
    """Raise an EstimationError that names the strata with a single PSU as the table calls them, under `fail`.

    Args:
        instead: the other policies that could be declared, in words.
    """
    lonely = design.structure.lonely_strata
    if strata is None or design.lonely_psu != "fail" or not lonely.size:
        return
    first_rows = [int(np.flatnonzero(design.structure.stratum == code)[0]) for code in lonely[:STRATA_SHOWN]]
    named = ", ".join(table.text(strata).gather(first_rows).cast(pl.String).to_list())
    more = f" and {lonely.size - STRATA_SHOWN} more" if lonely.size > STRATA_SHOWN else ""
    raise EstimationError(
        f"{lonely.size} of {design.structure.n_strata} strata have a single PSU ({strata} {named}{more}), so their "
        f"variance cannot be estimated. Combine them with a neighbour, or use --lonely-psu {instead}."
    )


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


def labelled_weight_notes(table: DataTable, column: str | None) -> list[str]:
    """Return that a weight is likely a question: every value of it has a label."""
    if column is None or not table.is_labelled(column):
        return []
    return [f"{table.name}: every value of the weight '{column}' has a label, as answers do; check that it is a weight"]


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


def _weight(table: DataTable, columns: DesignColumns) -> NDArray[np.float64]:
    """Return the weight column, or 1 for everyone."""
    if columns.weight is None:
        return np.ones(table.n)
    weight = table.complete_number(columns.weight)
    n_negative = int((weight < 0).sum())
    if n_negative and columns.calibration is None:
        raise DeliveryError(
            f"{table.name}: the weight '{columns.weight}' is negative in {n_negative} rows, expected 0 or more. "
            "Correct it; of linear calibration say so with --calibrated-to."
        )
    return weight


def _empty_calibration(n: int) -> Calibration:
    """Return a calibration without auxiliaries, until the targets are fitted."""
    return Calibration(base_weight=np.ones(n))


def _calibrated(
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


def _codes(tables: Sequence[DataTable], column: str | None) -> list[NDArray[np.int64]] | None:
    """Return a column of each table as codes that mean the same in all: the numbers themselves where they are whole.

    Raises:
        DeliveryError: it is missing somewhere.
    """
    if column is None:
        return None
    texts = [table.text(column).cast(pl.String) for table in tables]
    for table, text in zip(tables, texts, strict=True):
        if text.null_count():
            raise DeliveryError(
                f"{table.name}: column '{column}' is missing in {text.null_count()} of {table.n} rows; every row "
                "belongs to a stratum and a PSU. Fill it in."
            )
    return [codes.to_numpy() for codes in same_codes(texts)]


def same_codes(texts: Sequence[pl.Series]) -> list[pl.Series]:
    """Return texts as whole numbers that mean the same in all of them: their own where they are whole numbers."""
    whole = [text.cast(pl.Int64, strict=False) for text in texts]
    if all(not number.null_count() and _is_plain(number, text) for number, text in zip(whole, texts, strict=True)):
        return whole
    known = in_code_order(pl.concat(texts).unique())
    codes = pl.Series(range(known.len()), dtype=pl.Int64)
    return [text.replace_strict(known, codes, return_dtype=pl.Int64) for text in texts]


def _is_plain(number: pl.Series, text: pl.Series) -> bool:
    """Return whether the numbers are written as we write them, so that 07 and 7 stay two."""
    return bool((number.cast(pl.String) == text).all())
