"""Given rows, expected rows: an empty working store, and one model run on what a test puts into it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.warehouse import build, build_marts, open_warehouse
from pipeline.warehouse.connection import SQL_FOLDER, insert_rows
from pipeline.warehouse.models import run_model


class Store:
    """The working store of one test; everything put into it is of survey `s` unless a row says otherwise."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def given(self, table: str, *rows: dict[str, Any], **common: Any) -> None:
        """Put rows into a table; a column that a row lacks is null."""
        complete = [{"survey": "s", **common, **row} for row in rows]
        insert_rows(self.connection, table, pl.DataFrame(complete, infer_schema_length=None))

    def given_delivery(
        self, source: str, *rows: dict[str, str | None], delivery_id: str = "d", status: str = "accepted"
    ) -> None:
        """Put a delivery and its cells into raw, rows numbered from 1."""
        n_rows = len(rows)
        counts = {"n_delivered": n_rows, "n_accepted": n_rows, "n_refused": 0, "n_superseded": 0}
        self.given("raw.deliveries", counts, delivery_id=delivery_id, source=source, status=status)
        for number, row in enumerate(rows, start=1):
            cells = [{"column_name": column, "value": value} for column, value in row.items()]
            self.given("raw.cells", *cells, delivery_id=delivery_id, source=source, row_number=number)

    def given_cells(self, source: str, member: str, row_number: int = 1, /, **cells: str | None) -> None:
        """Put one member's row into staging.cells."""
        rows = [{"column_name": column, "value": value} for column, value in cells.items()]
        self.given("staging.cells", *rows, source=source, row_number=row_number, panel_member_id=member)

    def rows(self, model: str, *columns: str) -> list[tuple[Any, ...]]:
        """Run one model and return these columns of its rows, sorted."""
        run_model(self.connection, SQL_FOLDER / f"{model.replace('.', '/')}.sql")
        frame = self.connection.sql(f"select {', '.join(columns)} from {model} order by all").pl()
        return frame.rows()

    def offending(self, check: str) -> list[tuple[Any, ...]]:
        """Return the rows that break a check, sorted."""
        sql = (SQL_FOLDER / "checks" / f"{check}.sql").read_text(encoding="utf-8")
        return self.connection.sql(f"select * from (\n{sql}) order by all").pl().rows()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path: Path = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        build(connection)
        build_marts(connection)
        yield connection


@pytest.fixture
def store(empty_store: duckdb.DuckDBPyConnection) -> Iterator[Store]:
    """Return an empty store with every table; what a test does to it is undone."""
    empty_store.execute("begin transaction").fetchall()
    yield Store(empty_store)
    empty_store.execute("rollback").fetchall()
