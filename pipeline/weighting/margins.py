"""From a table of people and named margins to the level codes and targets that calibration takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.cells import Codes, sums_by
from pipeline.weighting.targets import Targets, one_or_all

CROSSING = "*"  # margin 'a*b' has the categories 'x*y'
MISSING = -1


@dataclass(frozen=True)
class MarginLevels:
    """Everyone's category in each margin as codes; -1 where it is missing.

    The codes have the smallest signed type that holds them, a byte as a rule, and a margin's codes lie side by
    side: calibration then reads a byte per person and margin. Widen them before any arithmetic.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    levels: Codes  # (n, n_margins)

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
        people: one row per person; a column for each margin, or for each part of a crossed one. Enum columns
            are read as they are; text is coded first, which takes ten times as long as the raking.
        categories: by margin, the categories in order; of a crossed margin those that have a total.

    Raises:
        WeightingError: a margin without a column, or people in categories that are not listed; all at once.
    """
    faults: list[str] = []
    widest = max((len(labels) for labels in categories.values()), default=0)
    levels = np.empty((people.height, len(categories)), _code_type(widest), order="F")
    enums = _as_enums(people, categories)
    for column, (margin, labels) in enumerate(categories.items()):
        missing = [part for part in margin.split(CROSSING) if part not in people.columns]
        if missing:
            faults.append(f"margin '{margin}' needs the column {', '.join(missing)}, which is not there.")
            continue
        coded = _coded(people, margin, enums.get(margin))
        levels[:, column] = coded.positions(labels)
        unknown = coded.outside(labels)
        if unknown:
            faults.append(
                f"margin '{margin}' has no total for {unknown}. Add the total, or merge the category with a neighbour."
            )
    if faults:
        raise WeightingError(one_or_all("margins do not fit:", faults))
    return MarginLevels(tuple(categories), tuple(categories.values()), levels)


def auxiliary_values(people: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the (n, n_names) values of numeric auxiliaries, for `calibrate(…, auxiliaries=…)`.

    Their totals go into `Targets(…, auxiliary_names=names, auxiliary_totals=totals)`, in the same order.

    Raises:
        WeightingError: a column that is not there, is not numeric, or misses a number; all at once.
    """
    faults = []
    for name in names:
        if name not in people.columns:
            faults.append(f"total of '{name}' needs the column {name}, which is not there.")
        elif not (people[name].dtype.is_numeric() or people[name].dtype == pl.Boolean):
            faults.append(f"total of '{name}': the column holds {people[name].dtype}, expected numbers.")
        elif n_missing := _n_without_number(people[name]):
            faults.append(
                f"'{name}' is missing for {n_missing} people, expected a number for everyone. Fill it in, or "
                "calibrate to its categories instead."
            )
    if faults:
        raise WeightingError(one_or_all("numeric totals do not fit:", faults))
    columns = [people[name].cast(pl.Float64).to_numpy() for name in names]
    return np.column_stack(columns) if columns else np.zeros((people.height, 0))


def observed_categories(people: pl.DataFrame, margin: str) -> tuple[str, ...]:
    """Return the categories of a margin that somebody has, in the order of an enum or of the alphabet."""
    return _coded(people, margin).observed()


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


@dataclass(frozen=True)
class _Coded:
    """A variable as codes into its own categories; `code` is only meant where nobody `is_missing`."""

    code: Codes  # (n,)
    categories: tuple[str, ...]
    is_missing: NDArray[np.bool_] | None  # (n,) None: nobody

    def counts(self) -> NDArray[np.int64]:
        """Return the (n_categories,) number of people in each category."""
        held = self.code if self.is_missing is None else self.code[~self.is_missing]
        return np.bincount(held, minlength=len(self.categories))

    def observed(self) -> tuple[str, ...]:
        """Return the categories that somebody has."""
        return tuple(label for label, count in zip(self.categories, self.counts(), strict=True) if count)

    def positions(self, labels: tuple[str, ...]) -> Codes:
        """Return everyone's position among the labels, -1 where it is missing or not among them."""
        code_type = _code_type(max(len(labels), len(self.categories)))
        if self.categories == labels[: len(self.categories)] and self.is_missing is None:
            return self.code
        place = {label: position for position, label in enumerate(labels)}
        look_up = np.array([place.get(label, MISSING) for label in self.categories] or [MISSING], code_type)
        positions = np.take(look_up, self.code, mode="clip")
        if self.is_missing is not None:
            positions[self.is_missing] = MISSING
        return positions

    def outside(self, labels: tuple[str, ...]) -> str:
        """Return a description of the categories that people have and that are not among the labels; '' if none."""
        if set(self.categories) <= set(labels):
            return ""
        counts = zip(self.categories, self.counts(), strict=True)
        unknown = {label: count for label, count in counts if count and label not in set(labels)}
        return f"{', '.join(sorted(unknown))} ({sum(unknown.values())} people)" if unknown else ""


def _as_enums(people: pl.DataFrame, categories: Mapping[str, tuple[str, ...]]) -> dict[str, pl.Series]:
    """Return columns that are no enums as enums of the categories expected, null where they hold others.

    Polars codes several columns at once.
    """
    wanted = {name: pl.Enum(labels) for name, labels in categories.items() if name in people.columns}
    coded = [
        pl.col(name).cast(pl.String).cast(kind, strict=False)
        for name, kind in wanted.items()
        if not isinstance(people.schema[name], pl.Enum)
    ]
    return {column.name: column for column in people.select(coded).iter_columns()} if coded else {}


def _coded(people: pl.DataFrame, margin: str, enum: pl.Series | None = None) -> _Coded:
    """Return a margin's codes; those of a crossed margin from the codes of its parts, not from joined text.

    Args:
        enum: the margin as an enum of the categories expected; used where they are all it holds.
    """
    parts = margin.split(CROSSING)
    if len(parts) == 1:
        return _coded_column(people[margin], enum)
    return _crossed([_coded_column(people[part]) for part in parts])


def _coded_column(values: pl.Series, enum: pl.Series | None = None) -> _Coded:
    """Return a column's codes: an enum's own, those of any other kind by its text."""
    if enum is not None and enum.null_count() == values.null_count():
        values = enum
    elif not isinstance(values.dtype, pl.Enum):
        text = values.cast(pl.String)
        values = text.cast(pl.Enum(text.drop_nulls().unique().sort()))
    assert isinstance(values.dtype, pl.Enum)
    is_missing = values.is_null().to_numpy() if values.null_count() else None
    physical = values.to_physical()
    code = (physical if is_missing is None else physical.fill_null(0)).to_numpy()
    return _Coded(code, tuple(values.dtype.categories.to_list()), is_missing)


def _crossed(parts: list[_Coded]) -> _Coded:
    """Return the joined categories that somebody has, in alphabetical order, and everyone's code among them."""
    code = np.zeros(parts[0].code.size, np.int64)
    n_codes = 1
    for part in parts:
        n_codes *= max(len(part.categories), 1)
        code = code * max(len(part.categories), 1) + part.code
    missing = [part.is_missing for part in parts if part.is_missing is not None]
    is_missing = np.logical_or.reduce(missing) if missing else None
    held = np.unique(code if is_missing is None else code[~is_missing])
    by_part = np.unravel_index(held, [max(len(part.categories), 1) for part in parts])
    labels = [
        CROSSING.join(part.categories[one] for part, one in zip(parts, ones, strict=True))
        for ones in zip(*by_part, strict=True)
    ]
    order = np.argsort(np.array(labels, dtype=object), kind="stable") if labels else np.zeros(0, np.int64)
    rank = np.empty(held.size, np.int64)
    rank[order] = np.arange(held.size)
    place = np.searchsorted(held, code)
    crossed = rank[np.minimum(place, held.size - 1)] if held.size else np.zeros_like(code)
    return _Coded(crossed, tuple(labels[one] for one in order), is_missing)


def _code_type(n_labels: int) -> type[np.signedinteger]:
    """Return the smallest signed integer type with room for so many codes and -1."""
    return next(kind for kind in (np.int8, np.int16, np.int32) if n_labels <= np.iinfo(kind).max)


def _n_without_number(values: pl.Series) -> int:
    """Return how many values are missing or not finite."""
    return values.len() - int(values.cast(pl.Float64).is_finite().sum() or 0)
