"""Columns put at the end of Parquet files of any producer: what was there stays, and any reader finds all of it."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data_files import NewColumns, write_with_columns
from pipeline.data_files.parquet_columns import read_footer
from pipeline.data_files.thrift import BINARY, I32, LIST, STRUCT, TRUE, Items, read_struct, struct_bytes

N = 1000
NAMES = ("weight", "replicate_1", "replicate_2")


def people() -> pa.Table:
    """Return columns of many types, some with gaps, some nested; two have names that are needed."""
    every = pa.array(range(N), pa.int32())
    answers = pa.array(["yes", None, "no", "don't know"] * (N // 4)).dictionary_encode()
    told = {b"label": b"Trust in the council"}
    return pa.table(
        [
            every,
            answers,
            pa.array([[1, 2], None, []] * (N // 3) + [[3]]),
            pa.array([{"a": 1, "b": {"c": "x"}}] * N),
            pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * N),
            pa.array(np.linspace(0, 1, N)),
            pa.array([True, None] * (N // 2)),
        ],
        schema=pa.schema(
            [
                pa.field("row", pa.int32()),
                pa.field("answer", answers.type, metadata=told),
                pa.field("list", pa.list_(pa.int64())),
                pa.field("replicate_2", pa.struct([("a", pa.int64()), ("b", pa.struct([("c", pa.string())]))])),
                pa.field("at", pa.timestamp("us", "UTC")),
                pa.field("weight", pa.float64()),
                pa.field("yes", pa.bool_()),
            ],
            metadata={b"kept": b"a producer's own"},
        ),
    )


def new_columns() -> NewColumns:
    """Return columns that hold the number of the row, and as many times more as the column's place."""
    return NewColumns(NAMES, lambda rows: np.outer(np.arange(3) + 1.0, np.arange(rows.start, rows.stop)))


def check(path: Path, before: pa.Table) -> None:
    """Read a file with three libraries, and find all that was there and all that came."""
    after = pq.read_table(path)
    old = before.rename_columns([f"{name}_delivered" if name in NAMES else name for name in before.column_names])
    assert after.column_names == [*old.column_names, *NAMES]
    for name in old.column_names:
        assert after[name].to_pylist() == old[name].to_pylist()
    polars, by_duckdb = pl.read_parquet(path), duckdb.sql(f"select * from '{path}'").pl()
    for place, name in enumerate(NAMES):
        expected = (np.arange(N) * (place + 1.0)).tolist()
        assert after[name].to_pylist() == polars[name].to_list() == by_duckdb[name].to_list() == expected
    assert polars["row"].to_list() == by_duckdb["row"].to_list() == list(range(N))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"row_group_size": 7},
        {"row_group_size": 300, "compression": "zstd", "data_page_version": "2.0"},
        {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False},
        {"write_page_index": True, "sorting_columns": [pq.SortingColumn(0)], "version": "1.0"},
    ],
)
def test_a_file_of_arrow_keeps_its_columns(tmp_path: Path, options: dict[str, object]) -> None:
    pq.write_table(people(), tmp_path / "data.parquet", **options)
    notes = write_with_columns(tmp_path / "data.parquet", tmp_path / "out.parquet", new_columns())
    assert notes == ["2 columns of the data ('replicate_2' …) stay under their name with _delivered added"]
    check(tmp_path / "out.parquet", pq.read_table(tmp_path / "data.parquet"))


def test_files_of_polars_and_duckdb_keep_their_columns(tmp_path: Path) -> None:
    flat = people().drop_columns(["list", "replicate_2"])
    pl.from_arrow(flat).write_parquet(tmp_path / "polars.parquet", row_group_size=333)  # type: ignore[union-attr]
    duckdb.sql(f"copy flat to '{tmp_path}/duckdb.parquet' (row_group_size 2048)")
    for name in ("polars", "duckdb"):
        write_with_columns(tmp_path / f"{name}.parquet", tmp_path / "out.parquet", new_columns())
        check(tmp_path / "out.parquet", flat)


def test_the_bytes_before_the_footer_are_those_of_the_data(tmp_path: Path) -> None:
    data, out = tmp_path / "data.parquet", tmp_path / "out.parquet"
    pq.write_table(people(), data)
    write_with_columns(data, out, new_columns())
    with data.open("rb") as file:
        end = read_footer(file)[1]
    assert out.read_bytes()[:end] == data.read_bytes()[:end]


def test_what_a_producer_noted_stays_but_for_what_pandas_says_of_its_columns(tmp_path: Path) -> None:
    people().to_pandas().drop(columns=["list", "replicate_2"]).to_parquet(tmp_path / "data.parquet")
    write_with_columns(tmp_path / "data.parquet", tmp_path / "out.parquet", new_columns())
    assert b"pandas" not in pq.read_metadata(tmp_path / "out.parquet").metadata
    pq.write_table(people(), tmp_path / "data.parquet")
    write_with_columns(tmp_path / "data.parquet", tmp_path / "out.parquet", new_columns())
    assert pq.read_metadata(tmp_path / "out.parquet").metadata[b"kept"] == b"a producer's own"


def test_columns_can_be_added_to_a_file_that_got_some_before(tmp_path: Path) -> None:
    pq.write_table(people(), tmp_path / "data.parquet")
    write_with_columns(tmp_path / "data.parquet", tmp_path / "once.parquet", new_columns())
    again = NewColumns(("later",), lambda rows: np.ones((1, rows.stop - rows.start)))
    write_with_columns(tmp_path / "once.parquet", tmp_path / "twice.parquet", again)
    check_names = pl.read_parquet(tmp_path / "twice.parquet")
    assert check_names["later"].sum() == N
    assert check_names["replicate_2"].sum() == 3.0 * sum(range(N))


def test_thrift_values_are_written_as_they_were_read() -> None:
    struct = {
        1: (I32, -3),
        40: (BINARY, b"a name"),
        41: (TRUE, True),
        42: (TRUE + 1, False),
        43: (LIST, Items(I32, [1, -(1 << 30), 0] * 6)),
        44: (STRUCT, {2: (7, 0.5), 3: (LIST, Items(STRUCT, [{1: (6, 1 << 60)}, {}]))}),
    }
    assert read_struct(struct_bytes(struct)) == struct


def test_bytes_that_end_too_early_are_no_footer() -> None:
    whole = struct_bytes({1: (BINARY, b"a name")})
    for end in range(len(whole)):
        with pytest.raises(ValueError, match="end within a value"):
            read_struct(whole[:end])
    with pytest.raises(ValueError, match="does not end as Parquet files do"):
        read_footer(BytesIO(b"no parquet"))
