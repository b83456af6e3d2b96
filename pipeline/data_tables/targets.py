"""From a TARGETS table to what calibration takes: the margins' codes and totals, and numeric auxiliaries."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.table import DataTable, with_neighbour
from pipeline.errors import DefinitionError, UsageError, WeightingError, faults_message
from pipeline.weighting.calibration import checked_cells
from pipeline.weighting.cells import Cells, Codes
from pipeline.weighting.margins import CROSSING, MarginLevels, margin_levels, with_largest_for_missing
from pipeline.weighting.targets import Targets, one_or_all

COLUMNS = ("margin", "category", "persons")
ROWS_SHOWN = 5  # in messages
REFUSE, LARGEST = "refuse", "largest"
MISSING_RULES = (REFUSE, LARGEST)


@dataclass(frozen=True)
class TargetTotals:
    """Population totals as TARGETS lists them: by margin and category, and of numeric columns."""

    name: str  # the file's
    margins: dict[str, dict[str, float]] = field(default_factory=dict)
    numeric: dict[str, float] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Return the columns of the data that the totals are about."""
        parts = [part for margin in self.margins for part in margin.split(CROSSING)]
        return list(dict.fromkeys([*parts, *self.numeric]))


@dataclass(frozen=True)
class FittedTargets:
    """Targets, and where every row of a table stands in them."""

    targets: Targets
    levels: Codes  # (n, n_margins)
    cells: Cells  # of people who share their levels
    auxiliaries: NDArray[np.float64] | None  # (n, n_auxiliaries)
    notes: list[str]  # what was done about missing answers, in words


def target_totals(rows: pl.DataFrame, name: str) -> TargetTotals:
    """Return the totals of a TARGETS table with the columns margin, category and persons, all of them text.

    Raises:
        DefinitionError: columns are missing, a row has no margin or no total, or a category is listed twice.
    """
    rows = rows.rename({name: name.lower() for name in rows.columns if name.lower() in COLUMNS}, strict=False)
    absent = [column for column in COLUMNS if column not in rows.columns]
    if absent:
        raise DefinitionError(
            f"{name}: no column {', '.join(absent)}. It has {', '.join(rows.columns)}; expected {', '.join(COLUMNS)}."
        )
    text = rows.select(pl.col(COLUMNS).cast(pl.String).str.strip_chars())
    found, faults = TargetTotals(name), list(_row_faults(text))
    persons = text["persons"].cast(pl.Float64, strict=False).fill_null(0.0).to_list()
    for margin, category, total in zip(text["margin"], text["category"], persons, strict=True):
        faults += _added(found, margin or "", category or "", total)
    mixed = [margin for margin in found.numeric if margin in found.margins]
    faults += [f"margin '{margin}' has categories and an empty one, which is a column's total" for margin in mixed]
    if not text.height:
        faults.append("there is no row below the header")
    if faults:
        raise DefinitionError(faults_message(f"{name}: the targets cannot be read:", faults))
    return found


def fitted_targets(
    table: DataTable,
    totals: TargetTotals,
    base_weight: NDArray[np.float64],
    *,
    missing: str = REFUSE,
    reconcile_to: float | None = None,
) -> FittedTargets:
    """Return the targets with everyone's codes, once data and targets are known to meet.

    Args:
        base_weight: (n,) what everyone counts before calibration.
        missing: `refuse` a missing margin answer, or count it as the margin's `largest` category.
        reconcile_to: the population total that every margin is scaled to; None: they must agree.

    Raises:
        DefinitionError: margins without a column, answers missing, categories on one side only, margins that add
            up to different totals.
    """
    absent = [column for column in totals.columns if column not in table.frame.columns]
    if absent:
        known = table.file_columns or table.frame.columns
        named = ", ".join(with_neighbour(column, known) for column in absent)
        raise DefinitionError(
            f"{totals.name}: {table.name} has no column {named}, which margins are about. Name each margin as the "
            "column is."
        )
    auxiliaries = _auxiliaries(table, totals)
    try:
        levels, notes = _levels(table, totals, base_weight, missing)
        targets = _targets(levels, totals)
        if reconcile_to is not None:
            targets = targets.scaled_to(reconcile_to)
        cells = checked_cells(base_weight, levels.levels, targets)
    except WeightingError as error:
        raise DefinitionError(f"{table.name} and {totals.name} do not fit together: {error}") from error
    return FittedTargets(targets, levels.levels, cells, auxiliaries, notes)


def _row_faults(text: pl.DataFrame) -> Iterator[str]:
    """Yield what is wrong with single rows."""
    persons = text["persons"].cast(pl.Float64, strict=False)
    is_wrong = persons.is_null() | persons.is_nan() | persons.is_infinite()
    for heading, faulty in (
        ("without a margin", text["margin"].fill_null("") == ""),
        ("whose persons are no number", is_wrong),
    ):
        if faulty.any():
            numbers = [str(row + 2) for row in faulty.arg_true().to_list()]
            listed = ", ".join(numbers[:ROWS_SHOWN]) + (" …" if len(numbers) > ROWS_SHOWN else "")
            yield f"{len(numbers)} rows {heading} (row {listed})"
    if is_wrong.any():
        found = text["persons"].filter(is_wrong).drop_nulls()
        shown = f", found '{found[0]}'" if found.len() else ""
        yield (
            f"persons are plain digits with a point before decimals, as 410000 or 410000.5{shown}; shares go "
            "without a % sign, with --reconcile-to the population"
        )


def _added(found: TargetTotals, margin: str, category: str, total: float) -> list[str]:
    """Add one row, or return what is wrong with it."""
    if not category:
        is_twice = margin in found.numeric
        found.numeric[margin] = total
        return [f"the total of '{margin}' is listed twice"] if is_twice else []
    categories = found.margins.setdefault(margin, {})
    is_twice = category in categories
    categories[category] = total
    return [f"margin '{margin}' lists '{category}' twice"] if is_twice else []


def _auxiliaries(table: DataTable, totals: TargetTotals) -> NDArray[np.float64] | None:
    """Return the numeric columns whose totals are known."""
    if not totals.numeric:
        return None
    return np.column_stack([table.complete_number(column) for column in totals.numeric])


def _levels(
    table: DataTable, totals: TargetTotals, base_weight: NDArray[np.float64], missing: str
) -> tuple[MarginLevels, list[str]]:
    """Return everyone's margin codes, missing ones treated by the rule."""
    parts = list(dict.fromkeys(part for margin in totals.margins for part in margin.split(CROSSING)))
    people = pl.DataFrame({part: table.text(part) for part in parts})
    named = {margin: _named(table, margin, tuple(found)) for margin, found in totals.margins.items()}
    try:
        found = margin_levels(people, named)
    except WeightingError:
        _refuse_strangers(people, named)  # says more, where it applies
        raise
    if not named:
        found = MarginLevels((), (), np.zeros((table.n, 0), np.int64))
    levels = MarginLevels(tuple(totals.margins), found.labels, found.levels)
    notes = []
    for margin in levels.names:
        n_missing = int(levels.is_missing(margin).sum())
        if n_missing and missing == LARGEST:
            levels, largest = with_largest_for_missing(levels, base_weight, margin)
            notes.append(f"margin '{margin}' is missing for {n_missing} people: counted as '{largest}', its largest")
    levels.refuse_missing()
    return levels, notes


def _refuse_strangers(people: pl.DataFrame, named: dict[str, tuple[str, ...]]) -> None:
    """Raise a WeightingError where a margin has categories on both sides that the other side lacks: misspelt ones."""
    faults = []
    for margin, listed in named.items():
        held = people[margin].drop_nulls().unique().cast(pl.String).sort().to_list() if margin in people.columns else []
        strangers = [one for one in listed if one not in held]
        unlisted = [one for one in held if one not in listed]
        if held and strangers and unlisted:
            misspelt = ", ".join(with_neighbour(one, unlisted) for one in strangers)
            faults.append(
                f"margin '{margin}' lists {misspelt}, which nobody has; the data holds {', '.join(unlisted)}. "
                "Write each category as the data does, or as its code."
            )
    if faults:
        raise WeightingError(one_or_all("categories differ:", faults))


def _named(table: DataTable, margin: str, categories: tuple[str, ...]) -> tuple[str, ...]:
    """Return a margin's categories as the table calls them, where TARGETS lists codes of labelled columns."""
    parts = margin.split(CROSSING)
    known = [set(table.categories(part)) if part in table.books else set() for part in parts]
    return tuple(
        CROSSING.join(
            code if code in names else table.label_of_code(part, code)
            for part, names, code in zip(parts, known, _split(category, len(parts)), strict=True)
        )
        for category in categories
    )


def _split(category: str, n_parts: int) -> list[str]:
    """Return the parts of a crossed category.

    Raises:
        WeightingError: it has another number of parts than the margin.
    """
    parts = category.split(CROSSING) if n_parts > 1 else [category]
    if len(parts) != n_parts:
        raise WeightingError(
            f"category '{category}' has {len(parts)} parts, its margin {n_parts}. Write the category of a crossed "
            "margin a*b as x*y."
        )
    return parts


def _targets(levels: MarginLevels, totals: TargetTotals) -> Targets:
    """Return the totals in the order of the codes, numeric ones last."""
    return Targets(
        levels.names,
        levels.labels,
        tuple(np.array(list(found.values()), np.float64) for found in totals.margins.values()),
        tuple(totals.numeric),
        tuple(totals.numeric.values()),
    )


def refuse_method_without_use(method: str, bounds: tuple[float, float] | None, totals: TargetTotals) -> None:
    """Raise a UsageError where the method does not suit the targets or lacks its bounds."""
    if method == "logit" and bounds is None:
        raise UsageError("--method logit needs --bounds LOWER,UPPER on w/d, such as 0.3,3.")
    if method == "poststratify" and (len(totals.margins) != 1 or totals.numeric):
        raise UsageError(
            f"--method poststratify takes one margin; {totals.name} has {len(totals.margins)}"
            f"{' and numeric totals' if totals.numeric else ''}. Cross them (a*b), or use raking."
        )
