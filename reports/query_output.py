"""The rows of a query as a person or a program wants them: a table, CSV, JSON or Parquet."""

import json
import sys
from pathlib import Path

import polars as pl

from pipeline.errors import UsageError


def write_rows(rows: pl.DataFrame, form: str, out: Path | None) -> None:
    """Write rows to a file, or to standard output.

    Raises:
        UsageError: Parquet is asked for without a file.
    """
    if form == "parquet":
        if out is None:
            raise UsageError("--format parquet needs --out FILE.")
        rows.write_parquet(out)
        return
    text = {"table": as_table, "csv": as_csv, "json": as_json}[form](rows)
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")


def as_table(rows: pl.DataFrame) -> str:
    """Return rows as columns of text, every row and column shown."""
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_formatting="NOTHING",
        tbl_width_chars=-1,
        fmt_str_lengths=200,
        float_precision=4,
    ):
        return f"{rows}\n"


def as_csv(rows: pl.DataFrame) -> str:
    """Return rows as CSV; nested values as JSON text."""
    nested = [name for name, kind in rows.schema.items() if kind.is_nested()]
    flat = rows.with_columns(pl.col(name).map_elements(_json_text, return_dtype=pl.String) for name in nested)
    return str(flat.write_csv())


def as_json(rows: pl.DataFrame) -> str:
    """Return rows as a JSON array of objects, numbers in full precision, null where undefined."""
    defined = rows.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
    return json.dumps(defined.to_dicts(), default=str, indent=1, ensure_ascii=False) + "\n"


def _json_text(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
