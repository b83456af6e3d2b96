"""Which format a data file has, and how the notes of an SPSS file travel in a Parquet one."""

import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.data_tables.table import CodeBook
from pipeline.errors import DeliveryError

CSV, PARQUET, SPSS, STATA = ".csv", ".parquet", ".sav", ".dta"
READABLE = {
    CSV: CSV,
    ".tsv": CSV,
    ".txt": CSV,
    PARQUET: PARQUET,
    ".pq": PARQUET,
    SPSS: SPSS,
    ".zsav": SPSS,
    STATA: STATA,
}
METADATA_KEY = "citizens_panel.code_books"  # in the key-value metadata of a Parquet file


def format_of(path: Path) -> str:
    """Return the format of a file that is to be read, by its ending.

    Raises:
        DeliveryError: there is no such file, or it is in no format that is read.
    """
    if not path.is_file():
        raise DeliveryError(f"{path}: there is no such file.")
    found = READABLE.get(path.suffix.lower())
    if found is None:
        raise DeliveryError(
            f"{path}: files ending in '{path.suffix}' are not read. Save it as CSV, Parquet, SPSS .sav or Stata .dta."
        )
    return found


def books_as_text(books: Mapping[str, CodeBook]) -> str:
    """Return code books as JSON, codes as they are: numbers or text."""
    return json.dumps(
        {
            column: {"labels": list(book.labels.items()), "missing": [list(pair) for pair in book.missing]}
            for column, book in books.items()
        }
    )


def books_from_text(text: str) -> dict[str, CodeBook]:
    """Return the code books that `books_as_text` wrote."""
    return {
        column: CodeBook(dict(book["labels"]), tuple((low, high) for low, high in book["missing"]))
        for column, book in json.loads(text).items()
    }
