"""Writing CSV and Parquet, and the codebook that goes beside a CSV."""

from pathlib import Path

import polars as pl

from pipeline.data_tables.code_books import METADATA_KEY, CodeBook, books_as_text
from pipeline.exchange.dataset import ExportedData, ExportedVariable

CODEBOOK = ("variable", "kind", "label", "question", "code", "code_label", "missing")


def write_csv(data: ExportedData, out: Path) -> list[str]:
    """Write the rows: codes as numbers, dates as YYYY-MM-DD, an empty cell for what was not in the questionnaire."""
    data.rows.write_csv(out)
    return []


def write_codebook(data: ExportedData, out: Path) -> list[str]:
    """Write one row for each variable and code: what it means, and whether it is a kind of missing."""
    rows = [
        (one.name, one.kind, one.label, one.question, *described) for one in data.variables for described in _codes(one)
    ]
    schema = dict.fromkeys(CODEBOOK, pl.String) | {"code": pl.Int64, "missing": pl.Boolean}
    pl.DataFrame(rows, schema=schema, orient="row").write_csv(out)
    return []


def _codes(variable: ExportedVariable) -> list[tuple[int | None, str | None, bool | None]]:
    """Return code, label and whether it is a kind of missing; one empty row for a variable without codes."""
    return [(code, label, code in variable.missing) for code, label in variable.all_labels.items()] or [
        (None, None, None)
    ]


def write_parquet(data: ExportedData, out: Path) -> list[str]:
    """Write the rows with labels and missing codes in the file's metadata, where panel estimate finds them."""
    books = {
        one.name: CodeBook(dict(one.all_labels.items()), tuple((code, code) for code in one.missing))
        for one in data.variables
        if one.all_labels
    }
    data.rows.write_parquet(out, compression="zstd", metadata={METADATA_KEY: books_as_text(books)})
    return []
