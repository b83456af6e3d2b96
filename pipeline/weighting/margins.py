"""From a table of people and named margins to the level codes and targets that calibration takes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.cells import sums_by
from pipeline.weighting.targets import Targets, one_or_all

CROSSING = "*"  # margin 'a*b' has the categories 'x*y'
MISSING = -1


@dataclass(frozen=True)
class MarginLevels:
    """Everyone's category in each margin as codes; -1 where it is missing."""

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    levels: NDArray[np.int64]  # (n, n_margins)

    def rows(self, is_row: NDArray[np.bool_]) -> "MarginLevels":
        """Return the codes of some of the people."""
        return MarginLevels(self.names, self.labels, self.levels[is_row])

    def is_missing(self, name: str) -> NDArray[np.bool_]:
        """Return who has no category in that margin."""
        return np.equal(self.levels[:, self.names.index(name)], MISSING)

    def refuse_missing(self) -> None:
        """Raise a WeightingError with a count for each margin that somebody has no category in."""
        faults = [
            f"margin '{name}' is missing for {int(self.is_missing(name).sum())} people. Declare how missing "
            "answers are treated in calibration, or give them a category with a total."
            for name in self.names
            if self.is_missing(name).any()
        ]
        if faults:
            raise WeightingError(one_or_all("margins do not fit:", faults))

    def targets(self, totals: Mapping[str, Mapping[str, float]]) -> Targets:
        """Return the totals of margin and category in the order of the codes."""
        arrays = tuple(
            np.array([totals[name][label] for label in labels], np.float64)
            for name, labels in zip(self.names, self.labels, strict=True)
        )
        return Targets(self.names, self.labels, arrays)

    def weighted_totals(self, weight: NDArray[np.float64]) -> Targets:
        """Return the weighted totals of these people themselves; nobody may be missing."""
        arrays = tuple(
            sums_by(self.levels[:, column], weight, len(labels)) for column, labels in enumerate(self.labels)
        )
        return Targets(self.names, self.labels, arrays)


def margin_levels(people: pl.DataFrame, categories: Mapping[str, tuple[str, ...]]) -> MarginLevels:
    """Return the codes of everyone in every margin.

    Args:
        people: one row per person; a column for each margin, or for each part of a crossed one.
        categories: by margin, the categories in order; of a crossed margin those that have a total.

    Raises:
        WeightingError: a margin without a column, or people in categories that are not listed; all at once.
    """
    faults: list[str] = []
    columns = []
    for margin, labels in categories.items():
        missing = [part for part in margin.split(CROSSING) if part not in people.columns]
        if missing:
            faults.append(f"margin '{margin}' needs the column {', '.join(missing)}, which is not there.")
            continue
        code, unknown = _codes(_values(people, margin), labels)
        if unknown:
            faults.append(
                f"margin '{margin}' has no total for {unknown}. Add the total, or merge the category with a neighbour."
            )
        columns.append(code)
    if faults:
        raise WeightingError(one_or_all("margins do not fit:", faults))
    levels = np.column_stack(columns) if columns else np.zeros((people.height, 0), np.int64)
    return MarginLevels(tuple(categories), tuple(categories.values()), levels)


def observed_categories(people: pl.DataFrame, margin: str) -> tuple[str, ...]:
    """Return the categories of a margin that somebody has, in the order of an enum or of the alphabet."""
    return tuple(_values(people, margin).drop_nulls().unique().sort().cast(pl.String).to_list())


def with_largest_for_missing(margins: MarginLevels, weight: NDArray[np.float64], name: str) -> tuple[MarginLevels, str]:
    """Return the codes with a margin's missing answers counted as its largest category, and that category.

    The largest is the one with the largest weighted total among those who answered.
    """
    column = margins.names.index(name)
    level = margins.levels[:, column]
    is_missing = level == MISSING
    totals = sums_by(level[~is_missing], weight[~is_missing], len(margins.labels[column]))
    levels = margins.levels.copy()
    levels[is_missing, column] = totals.argmax()
    largest = margins.labels[column][int(totals.argmax())]
    return MarginLevels(margins.names, margins.labels, levels), largest


def _values(people: pl.DataFrame, margin: str) -> pl.Series:
    """Return a margin's categories, crossed ones joined; null where a part is missing."""
    parts = margin.split(CROSSING)
    if len(parts) == 1:
        return people[margin]
    return people.select(pl.concat_str([pl.col(part).cast(pl.String) for part in parts], separator=CROSSING))[parts[0]]


def _codes(values: pl.Series, labels: tuple[str, ...]) -> tuple[NDArray[np.int64], str]:
    """Return codes into `labels`, and a description of values that are not among them ('' if none)."""
    text = values if isinstance(values.dtype, pl.Enum | pl.Categorical) else values.cast(pl.String)
    found = text.cast(pl.Enum(labels), strict=False)
    n_unknown = found.null_count() - values.null_count()
    code = found.to_physical().cast(pl.Int64).fill_null(MISSING).to_numpy()
    if not n_unknown:
        return code, ""
    unknown = values.filter(found.is_null() & values.is_not_null()).cast(pl.String).unique().sort().to_list()
    return code, f"{', '.join(unknown)} ({n_unknown} people)"
