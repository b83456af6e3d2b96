"""An SPSS, Stata or SAS file as a delivery: codes as text, with labels, missing codes and multiple-response sets."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from pipeline.wave_files.code_text import as_text, code, numbered
from pipeline.wave_files.delivery import Delivery, MultipleResponse, Variable
from pipeline.wave_files.statistics_files import Code, StatisticsFile, read_statistics_file


def read_statistics_delivery(
    source: Path | bytes, kind: str, file_name: str, *, encoding: str | None = None, as_enums: bool = False
) -> Delivery:
    """Return the rows of an SPSS, Stata or SAS file.

    Args:
        as_enums: numbers of few different values are Enums of text.

    Raises:
        DeliveryError: it is damaged, has no row, or its text is in another encoding than it says.
    """
    stored = read_statistics_file(source, kind, file_name, encoding=encoding)
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        texts = pool.map(lambda name: column_text(stored, name, as_enum=as_enums), stored.frame.columns)
    text = pl.DataFrame(list(texts))
    frame, n_dropped = numbered(text, file_name)
    return Delivery(
        frame=frame,
        file_name=file_name,
        encoding=stored.notes.file_encoding or "",
        n_blank_rows_dropped=n_dropped,
        format=kind,
        variables=tuple(variable(stored, name, frame[name]) for name in text.columns),
        multiple_responses=multiple_responses(stored),
        notes=notes(stored),
    )


def column_text(stored: StatisticsFile, name: str, *, as_enum: bool = False) -> pl.Series:
    """Return a column as text, tagged missing values as .a to .z, numbers that are no moment as numbers."""
    values = stored.frame[name]
    if stored.storage(name) == "float" and values.dtype.is_float():
        values = values.cast(pl.Float32)  # 1.1 as Stata shows it, not 1.10000002384
    told = [one[name] for one in (stored.odd_moments, stored.tags) if name in one]
    text = as_text(values, as_enum=as_enum and not told)
    for others in told:
        text = text.zip_with(text.is_not_null(), as_text(others))
    return text.alias(name)


def variable(stored: StatisticsFile, name: str, text: pl.Series) -> Variable:
    """Return what the file says of a column."""
    labels = {code(one): label.strip() for one, label in stored.labels(name).items()}
    missing = missing_codes(stored, name, text, labels)
    return Variable(
        name=name,
        label=(stored.notes.column_names_to_labels.get(name) or "").strip(),
        values=labels,
        missing=missing,
        kind=kind_of(stored.frame.schema[name], is_labelled=bool(set(labels) - set(missing))),
    )


def kind_of(dtype: pl.DataType, *, is_labelled: bool) -> str:
    """Return what a column holds, from its type and whether an answer has a label."""
    if dtype.is_temporal():
        return "date"
    return "category" if is_labelled else "text" if dtype == pl.String else "number"


def missing_codes(stored: StatisticsFile, name: str, text: pl.Series, labels: dict[str, str]) -> tuple[str, ...]:
    """Return the codes declared missing: single ones, those of a range that occur or have a label, and tags."""
    ranges = stored.missing_ranges(name)
    candidates: dict[str, Code] = {code(low): low for low, high in ranges if low == high}
    if any(low != high for low, high in ranges):
        numbers = stored.odd_moments.get(name, stored.frame[name])
        values = numbers.unique().drop_nulls().sort().to_list() if numbers.dtype.is_numeric() else []
        known = [*values, *(one for one in stored.labels(name) if not isinstance(one, str))]
        candidates |= {code(one): one for one in known if is_within(one, ranges)}
    tags = set(stored.tags[name].drop_nulls()) if name in stored.tags else set()
    if stored.storage(name) != "string":
        tags |= {one for one in labels if one.startswith(".")}
    return (*sorted(candidates, key=lambda one: (isinstance(candidates[one], str), candidates[one])), *sorted(tags))


def is_within(value: float, ranges: tuple[tuple[Code, Code], ...]) -> bool:
    """Return whether a number lies in one of the ranges."""
    return any(low <= value <= high for low, high in ranges if not isinstance(low, str) and not isinstance(high, str))


def multiple_responses(stored: StatisticsFile) -> tuple[MultipleResponse, ...]:
    """Return the file's multiple-response sets; names of columns are the frame's, whatever their case."""
    by_name = {name.lower(): name for name in stored.frame.columns}
    return tuple(
        MultipleResponse(
            name=name.removeprefix("$"),
            label=(one["label"] or "").strip(),
            columns=tuple(by_name[column.lower()] for column in one["variable_list"] if column.lower() in by_name),
            counted=code(one["counted_value"]) if one["is_dichotomy"] else None,
        )
        for name, one in stored.notes.mr_sets.items()
    )


def notes(stored: StatisticsFile) -> tuple[str, ...]:
    """Return which dates and times were kept as the numbers they are stored as."""
    return tuple(
        f"column '{name}': {values.len() - values.null_count():,} cells are a missing code or no date or time; "
        "they stay the number that is stored"
        for name, values in stored.odd_moments.items()
    )
