"""A Parquet file as a delivery: native types as text, categories in their order, and the notes its writer left."""

import json
from io import BytesIO
from typing import Any

import polars as pl

from pipeline.data_tables.code_books import METADATA_KEY, CodeBook, books_from_text
from pipeline.errors import DeliveryError
from pipeline.wave_files.code_text import as_texts, code, numbered
from pipeline.wave_files.content import Content
from pipeline.wave_files.delivery import Delivery, Variable

MOST_CELLS = 1_000_000_000
NAMES_SHOWN = 5
LABEL_KEYS = (b"label", b"description", b"comment", b"question")  # of a field's metadata
ADVICE = "Export it again, or as CSV (UTF-8)."


def read_parquet(content: Content) -> Delivery:
    """Return the rows of a Parquet file.

    Raises:
        DeliveryError: it is damaged, has nested or binary columns, no row, or more cells than any delivery.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = BytesIO(content.all_bytes) if content.is_gzipped else content.path
    try:
        file = pq.ParquetFile(source)
        refuse_too_large(file.metadata.num_rows, file.metadata.num_columns, content.name)
        schema = file.schema_arrow
        refuse_nested(schema, content.name)
        table = file.read()
        table.validate(full=True)  # else a text that is none, or an offset past the end, ends this process
        plain = pa.schema([field.remove_metadata() for field in table.schema])  # Polars stops at notes in Latin-1
        values = pl.DataFrame(pa.Table.from_arrays(table.columns, schema=plain))
        texts = as_texts(values, as_enum=content.said.as_enums)
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DeliveryError(f"{content.name}: cannot be read as Parquet, it is cut off or damaged. {ADVICE}") from error
    if values.columns != table.column_names:
        raise DeliveryError(f"{content.name}: a column has no name, expected each to have one. {ADVICE}")
    frame, n_dropped = numbered(values.select(texts), content.name)
    books, labels = notes_of(schema, file.metadata.metadata or {})
    variables = [
        variable(one, categories_of(table.column(one.name)), books.get(one.name), labels.get(one.name, ""))
        for one in values
    ]
    return Delivery(
        frame=frame,
        file_name=content.name,
        n_blank_rows_dropped=n_dropped,
        format="parquet",
        variables=tuple(variables),
    )


def refuse_too_large(n_rows: int, n_columns: int, file_name: str) -> None:
    """Raise a DeliveryError when a file has more cells than any delivery, before any is unpacked."""
    if n_rows * n_columns > MOST_CELLS:
        raise DeliveryError(
            f"{file_name}: {n_rows:,} rows of {n_columns:,} columns, expected at most {MOST_CELLS:,} cells. Deliver "
            "the wave in parts."
        )


def refuse_nested(schema: Any, file_name: str) -> None:
    """Raise a DeliveryError that names the columns which hold lists, structures or bytes."""
    import pyarrow as pa

    def is_plain(kind: Any) -> bool:
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        is_bytes = pa.types.is_binary(inner) or pa.types.is_large_binary(inner) or pa.types.is_fixed_size_binary(inner)
        return not (pa.types.is_nested(inner) or is_bytes or pa.types.is_duration(inner))

    wrong = [f"{field.name} ({field.type})" for field in schema if not is_plain(field.type)]
    if wrong:
        more = f" and {len(wrong) - NAMES_SHOWN} more" if len(wrong) > NAMES_SHOWN else ""
        raise DeliveryError(
            f"{file_name}: {', '.join(wrong[:NAMES_SHOWN])}{more}: expected one value in each cell (text, a number, "
            "a date, true or false). Write each part into a column of its own, or leave the column out."
        )


def notes_of(schema: Any, told: dict[bytes, bytes]) -> tuple[dict[str, CodeBook], dict[str, str]]:
    """Return the code books of our own Parquet files, and labels of columns as Arrow's fields or pandas keep them."""
    books = _read_or_empty(lambda: books_from_text(told[METADATA_KEY.encode()].decode()))
    pandas = _read_or_empty(lambda: {one["name"]: one for one in json.loads(told[b"pandas"])["columns"]})
    labels = {}
    for field in schema:
        kept = pandas.get(field.name, {}).get("metadata") or {}
        about = {str(key).lower().encode(): value for key, value in kept.items()}
        about |= {key.lower(): value for key, value in (field.metadata or {}).items()}
        found = next((about[key] for key in LABEL_KEYS if about.get(key)), "")
        labels[field.name] = found.decode(errors="replace") if isinstance(found, bytes) else str(found)
    return books, labels


def _read_or_empty(read: Any) -> dict[str, Any]:
    """Return notes, none where there are none or somebody else's use the same key."""
    try:
        return dict(read())
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def variable(values: pl.Series, categories: list[str], book: CodeBook | None, label: str) -> Variable:
    """Return what a file says of a column; categories without a code book are their own labels."""
    labels = {code(one): str(words) for one, words in book.labels.items()} if book else {}
    labels = labels or {one: one for one in categories}
    missing = missing_of(values, book) if book else ()
    kind = kind_of(values.dtype, is_labelled=bool(set(labels) - set(missing)))
    return Variable(values.name, label, labels, missing, kind)


def categories_of(column: Any) -> list[str]:
    """Return the categories of a dictionary column, in the file's order; none of another."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return []
    found = (one for chunk in column.chunks for one in chunk.dictionary.to_pylist() if one is not None)
    return [one for one in dict.fromkeys(str(one).strip() for one in found) if one]


def missing_of(values: pl.Series, book: CodeBook) -> tuple[str, ...]:
    """Return the missing codes of a code book: single ones, and those of a range that occur or have a label."""
    known = [*(values.unique().drop_nulls().to_list() if values.dtype.is_numeric() else []), *book.labels]
    found = [low for low, high in book.missing if low == high]
    found += [
        one
        for one in known
        for low, high in book.missing
        if low != high and not isinstance(one, str) and float(low) <= one <= float(high)
    ]
    return tuple(dict.fromkeys(code(one) for one in found))


def kind_of(dtype: pl.DataType, *, is_labelled: bool) -> str:
    """Return what a column holds."""
    if dtype.is_temporal():
        return "date"
    if is_labelled:
        return "category"
    return "number" if dtype.is_numeric() else "text"
