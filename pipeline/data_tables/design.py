"""The sampling design that the columns of data tables describe."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.calibration import CalibrationColumns, calibrated_design
from pipeline.data_tables.table import DataTable, in_code_order
from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import DeliveryError, EstimationError

STRATA_SHOWN = 5


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
            design = calibrated_design(table, design, columns.calibration, is_given=columns.weight is not None)
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


def labelled_weight_notes(table: DataTable, column: str | None) -> list[str]:
    """Return that a weight is likely a question: every value of it has a label."""
    if column is None or not table.is_labelled(column):
        return []
    return [f"{table.name}: every value of the weight '{column}' has a label, as answers do; check that it is a weight"]


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
