"""A table of survey data as an analyst has it: columns as delivered, with what the file says about their codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.code_books import Code, CodeBook
from pipeline.errors import DeliveryError, UsageError
from pipeline.weighting.replicate_columns import ScannedColumns

EXACT_INTEGERS = 2.0**53  # floats beyond it are not written as whole numbers
CODE_SHOWN = 12  # characters up to which a value is a code that a message may show
COLUMNS_SHOWN = 8


@dataclass(frozen=True)
class DataTable:
    """Rows of a data file, and the code books of those columns that have one.

    A value that is empty, not a number in a column of numbers, declared missing by the file, or listed in
    `missing` is missing; the frame itself keeps it as it was delivered.
    """

    frame: pl.DataFrame
    name: str = "data"  # how messages call it: the file's name
    books: Mapping[str, CodeBook] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()  # codes that mean missing in every column
    file_columns: tuple[str, ...] = ()  # all of the file's, also those that were not read
    column_labels: Mapping[str, str] = field(default_factory=dict)  # what the file calls its columns in words
    unread: ScannedColumns | None = None  # columns that stay in the file until rows of them are asked for

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return self.frame.height

    def rows(self, is_kept: NDArray[np.bool_]) -> "DataTable":
        """Return the same table with some of its rows."""
        unread = None if self.unread is None else self.unread.of(is_kept)
        return replace(self, frame=self.frame.filter(pl.Series(is_kept)), unread=unread)

    def values(self, column: str) -> pl.Series:
        """Return a column as delivered, null where it is missing.

        Raises:
            UsageError: there is no such column.
        """
        refuse_unknown_columns([column], self.frame.columns, self.name)
        values = self.frame[column]
        if values.dtype.is_float():
            values = values.fill_nan(None)
        elif values.dtype == pl.String and (values == "").any():
            values = values.zip_with(values != "", pl.Series([None], dtype=pl.String))
        is_missing = self._is_declared_missing(column, values)
        return values if is_missing is None else values.zip_with(~is_missing, pl.Series([None], dtype=values.dtype))

    def text(self, column: str) -> pl.Series:
        """Return a column as categories: value labels where the file has them, otherwise codes; enums stay."""
        values = self.values(column)
        if isinstance(values.dtype, pl.Enum | pl.Categorical):
            return values
        return self._labelled(column, code_text(values))

    def categories(self, column: str) -> tuple[str, ...]:
        """Return a column's categories in the order of its codes; those nobody gave, too, where they are declared."""
        values = self.values(column)
        if isinstance(values.dtype, pl.Enum):
            return tuple(values.dtype.categories.to_list())
        given = in_code_order(values.drop_nulls().unique())
        if isinstance(values.dtype, pl.Categorical):
            return tuple(given.cast(pl.String).to_list())
        labels = self._labels(column)
        codes = code_text(given).to_list()
        if labels and set(codes) <= set(labels):
            codes = [code for code in labels if not self._is_missing_code(column, code)]
        return tuple(labels.get(code, code) for code in codes)

    def codes(self, column: str, categories: Sequence[str]) -> NDArray[np.int64]:
        """Return a column as positions in categories (n,), -1 where it is missing or in none of them.

        Only the values that occur are made text, so a column of numbers costs one look-up a row.
        """
        values = self.values(column)
        if values.dtype == pl.Categorical:
            values = values.cast(pl.String)
        given = values.unique().drop_nulls()
        text = self._labelled(column, code_text(given)).to_list()
        position = {category: number for number, category in enumerate(categories)}
        codes = pl.Series([position.get(category, -1) for category in text], dtype=pl.Int64)
        found = values.replace_strict(given, codes, default=-1, return_dtype=pl.Int64)
        return found.fill_null(-1).to_numpy()

    def number(self, column: str) -> NDArray[np.float64]:
        """Return a column as numbers (n,), NaN where it is missing; labelled categories as their codes.

        Raises:
            DeliveryError: values that are no numbers.
        """
        values = self.values(column)
        if values.dtype.is_numeric() or values.dtype == pl.Boolean:
            number = values.cast(pl.Float64)
        elif isinstance(values.dtype, pl.String | pl.Enum | pl.Categorical) or values.dtype == pl.Null:
            number = self._parsed(column, values.cast(pl.String))
        else:
            raise DeliveryError(f"{self.name}: column '{column}' holds {values.dtype}, expected numbers.")
        found = number.fill_null(np.nan).to_numpy()
        n_infinite = int(np.isinf(found).sum())
        if n_infinite:
            raise DeliveryError(f"{self.name}: column '{column}' is infinite in {n_infinite} rows. Correct them.")
        return found

    def complete_number(self, column: str) -> NDArray[np.float64]:
        """Return a column as numbers (n,).

        Raises:
            DeliveryError: values are missing or no numbers.
        """
        number = self.number(column)
        n_missing = int(np.isnan(number).sum())
        if n_missing:
            raise DeliveryError(
                f"{self.name}: column '{column}' is missing in {n_missing} of {self.n} rows. Fill it in, or leave "
                "those rows out of the file."
            )
        return number

    def label_of_code(self, column: str, code: str) -> str:
        """Return the category that a code stands for; the text itself where it is no labelled code."""
        return self._labels(column).get(code, code)

    def code_labels(self, column: str) -> dict[str, str]:
        """Return the category of each labelled code of a column."""
        return self._labels(column)

    def is_labelled(self, column: str) -> bool:
        """Return whether every value of a column has a label: its numbers are codes of answers."""
        labels = self._labels(column)
        if not labels:
            return False
        given = self.values(column).drop_nulls().unique()
        return bool(given.len()) and set(code_text(given).to_list()) <= set(labels)

    def _parsed(self, column: str, text: pl.Series) -> pl.Series:
        """Return text as numbers, refusing what is none."""
        number = text.str.strip_chars().cast(pl.Float64, strict=False).fill_nan(None)
        is_wrong = number.is_null() & text.is_not_null() & (text.str.to_lowercase() != "nan")
        if is_wrong.any():
            wrong = text.filter(is_wrong)
            most_frequent = str(wrong.mode().sort()[0])
            shown = f", most often '{most_frequent}'" if len(most_frequent) <= CODE_SHOWN else ""
            raise DeliveryError(
                f"{self.name}: column '{column}' holds no number in {wrong.len()} rows{shown}. Declare codes that "
                "mean missing with --missing, or use the column as categories."
            )
        return number

    def _labels(self, column: str) -> dict[str, str]:
        """Return the labels by code as text, in the order of the codes; equal labels told apart by their code."""
        book = self.books.get(column)
        if book is None:
            return {}
        labels = {_text_of(code): label for code, label in sorted(book.labels.items(), key=_code_key)}
        names = list(labels.values())
        return {code: f"{label} ({code})" if names.count(label) > 1 else label for code, label in labels.items()}

    def _labelled(self, column: str, codes: pl.Series) -> pl.Series:
        labels = self._labels(column)
        return codes.replace(list(labels), list(labels.values())) if labels else codes

    def _is_missing_code(self, column: str, code: str) -> bool:
        declared = self.books[column].missing if column in self.books else ()
        return code in self.missing or any(_is_within(code, low, high) for low, high in declared)

    def _is_declared_missing(self, column: str, values: pl.Series) -> pl.Series | None:
        """Return where the file or the user declares a value missing; None if nothing is declared."""
        declared = self.books[column].missing if column in self.books else ()
        found = [values.is_between(low, high) for low, high in declared if _fits(low, values.dtype)]
        if self.missing:
            found.append(code_text(values).is_in(list(self.missing)))
        if not found:
            return None
        together = found[0]
        for one in found[1:]:
            together = together | one
        return together.fill_null(False)


def with_neighbour(name: str, known: Sequence[str]) -> str:
    """Return a name in quotes and, where there is one, the known name that it may have been meant for."""
    same = [one for one in known if one.strip().lower() == name.strip().lower()]
    near = same or get_close_matches(name, known, n=1)
    return f"'{name}'" + (f" (did you mean '{near[0]}'?)" if near else "")


def refuse_unknown_columns(wanted: Sequence[str], known: Sequence[str], name: str) -> None:
    """Raise a UsageError that names every column asked for that the data does not have, and what is near it."""
    unknown = [column for column in dict.fromkeys(wanted) if column not in known]
    if not unknown:
        return
    faults = [f"no column {with_neighbour(column, known)}" for column in unknown]
    more = f" and {len(known) - COLUMNS_SHOWN} more" if len(known) > COLUMNS_SHOWN else ""
    raise UsageError(f"{name}: {'; '.join(faults)}. It has {', '.join(known[:COLUMNS_SHOWN])}{more}.")


def code_text(values: pl.Series) -> pl.Series:
    """Return values as the text of their codes: 1.0 is "1"."""
    if values.dtype.is_float():
        is_whole = (values == values.round()) & (values.abs() < EXACT_INTEGERS)
        whole = values.zip_with(is_whole, pl.Series([None], dtype=values.dtype)).cast(pl.Int64).cast(pl.String)
        return whole.zip_with(is_whole.fill_null(False), values.cast(pl.String))
    return values.cast(pl.String)


def in_code_order(values: pl.Series) -> pl.Series:
    """Return unique values sorted: numbers by size, also where they are text; categorical ones by their text."""
    if values.dtype != pl.String:
        return values.sort()
    number = values.cast(pl.Float64, strict=False)
    if number.null_count():
        return values.sort()
    return pl.DataFrame({"value": values, "number": number}).sort("number", "value")["value"]


def _fits(code: Code, dtype: pl.DataType) -> bool:
    """Return whether a missing code can be a value of that type."""
    return dtype == pl.String if isinstance(code, str) else dtype.is_numeric()


def _is_within(code: str, low: Code, high: Code) -> bool:
    if isinstance(low, str) or isinstance(high, str):
        return code == low
    try:
        return low <= float(code) <= high
    except ValueError:
        return False


def _text_of(code: Code) -> str:
    """Return a code as text: 1.0 is "1"."""
    if isinstance(code, str):
        return code
    return str(int(code)) if float(code).is_integer() else str(float(code))


def _code_key(entry: tuple[Code, str]) -> tuple[int, float, str]:
    """Return the place of a labelled code: numbers by size, then text."""
    code = entry[0]
    return (1, 0.0, code) if isinstance(code, str) else (0, float(code), "")
