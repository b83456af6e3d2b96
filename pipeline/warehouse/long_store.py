"""A working store of the first schema, which kept one row for each cell: its deliveries become wide tables."""

import duckdb

from pipeline.warehouse.connection import execute, read
from pipeline.warehouse.wide_tables import MEMBER, OF_DELIVERY, store_rows

_IS_LONG = "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'cells'"
_ID_COLUMN = """
select column_name from definitions.source_columns
where survey = $survey and source = $source and name = 'panel_member_id'
"""


def widen(connection: duckdb.DuckDBPyConnection) -> None:
    """Store every delivery of a long store anew, inside the caller's transaction; a wide store stays as it is.

    What was made of the deliveries is dropped; the next night makes it again.
    """
    if not read(connection, _IS_LONG).height:
        return
    deliveries = read(connection, "select survey, source, delivery_id from raw.deliveries order by all")
    for key in deliveries.iter_rows(named=True):
        _widen_delivery(connection, key)
    execute(connection, "drop table raw.cells")
    for schema in ("staging", "core"):
        execute(connection, f"drop schema {schema} cascade")
        execute(connection, f"create schema {schema}")


def _widen_delivery(connection: duckdb.DuckDBPyConnection, key: dict[str, str]) -> None:
    cells = read(
        connection, f"select row_number, column_name, value from raw.cells where {OF_DELIVERY} order by rowid", key
    )
    ids = read(connection, _ID_COLUMN, {name: key[name] for name in ("survey", "source")})
    frame = cells.pivot(on="column_name", index="row_number", values="value").sort("row_number")
    store_rows(connection, key, frame, ids.item(0, 0) if ids.height else MEMBER)
