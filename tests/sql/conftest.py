"""Given rows, expected rows: an empty working store, and one model run on what a test puts into it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.warehouse import build, build_marts, open_warehouse
from pipeline.warehouse.connection import SQL_FOLDER, insert_rows
from pipeline.warehouse.models import run_model
from pipeline.warehouse.staging_tables import build_staging_tables
from pipeline.warehouse.wide_tables import store_rows

VIEWS = (
    "staging.delivered_rows",
    "staging.answers",
    "core.understood_answers",
    "core.answers",
)  # tables here, so that tests can fill them


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
        """Put a delivery and its rows, numbered from 1, into raw; column ID holds the member."""
        n_rows = len(rows)
        counts = {"n_delivered": n_rows, "n_accepted": n_rows, "n_refused": 0, "n_superseded": 0}
        self.given("raw.deliveries", counts, delivery_id=delivery_id, source=source, status=status)
        frame = pl.DataFrame(rows, infer_schema_length=None).with_row_index("row_number", 1)
        store_rows(self.connection, {"survey": "s", "source": source, "delivery_id": delivery_id}, frame, "ID")

    def given_cells(self, source: str, member: str, row_number: int = 1, /, **cells: str | None) -> None:
        """Put one member's row into staging.cells."""
        rows = [{"column_name": column, "value": value} for column, value in cells.items()]
        self.given("staging.cells", *rows, source=source, row_number=row_number, panel_member_id=member)

    def given_row(self, source: str, member: str, row_number: int = 1, /, **texts: str | datetime | None) -> None:
        """Put one member's row into staging.delivered_rows, under our names."""
        self.given("staging.delivered_rows", texts, source=source, row_number=row_number, panel_member_id=member)

    def make(self, model: str) -> None:
        """Run one model, a view in place of the table that stands for it here."""
        if model in VIEWS:
            self.connection.execute(f"drop table if exists {model}").fetchall()
        run_model(self.connection, SQL_FOLDER / f"{model.replace('.', '/')}.sql")

    def rows(self, model: str, *columns: str) -> list[tuple[Any, ...]]:
        """Run one model and return these columns of its rows, sorted."""
        self.make(model)
        return self.connection.sql(f"select {', '.join(columns)} from {model} order by all").pl().rows()

    def staged(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of what staging takes out of the deliveries, sorted."""
        for view in ("staging.delivered_rows", "staging.answers"):
            self.connection.execute(f"drop table {view}").fetchall()
        build_staging_tables(self.connection)
        return self.connection.sql(f"select {', '.join(columns)} from staging.{table} order by all").pl().rows()

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
        for view in VIEWS:
            connection.execute(f"create table filled as from {view} limit 0").fetchall()
            connection.execute(f"drop view {view}").fetchall()
            connection.execute(f"create table {view} as from filled").fetchall()
            connection.execute("drop table filled").fetchall()
        yield connection


@pytest.fixture
def store(empty_store: duckdb.DuckDBPyConnection) -> Iterator[Store]:
    """Return an empty store with every table; what a test does to it is undone."""
    empty_store.execute("begin transaction").fetchall()
    yield Store(empty_store)
    empty_store.execute("rollback").fetchall()
    empty_store.execute("use main").fetchall()
