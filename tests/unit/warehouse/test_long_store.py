"""A store of the first schema, one row for each cell, opens as one of today's, and nothing is lost."""

from pathlib import Path

import duckdb

from pipeline import warehouse
from pipeline.warehouse.wide_tables import delivered_frame, wide_table
from tests.unit.warehouse.builders import load_small_panel

KEYS = [{"survey": "small", "source": source, "delivery_id": source} for source in ("roster", "w1", "w2")]
AS_THEN = """
create table raw.cells (
    delivery_id varchar not null,
    row_number integer not null,
    column_name varchar not null,
    value varchar,
    survey varchar not null,
    source varchar not null
);
drop view core.answers;
drop view core.understood_answers;
drop view staging.answers;
create table core.answers (survey varchar);
create table staging.parsed_times (format varchar);
drop table raw.columns;
alter table raw.deliveries drop column part;
"""


def make_long(path: Path) -> None:
    """Turn a store into what the first version would have made of the same deliveries."""
    with warehouse.open_warehouse(path) as connection:
        frames = [delivered_frame(connection, key) for key in KEYS]
    with duckdb.connect(str(path)) as connection:
        connection.execute(AS_THEN).fetchall()
        for key, rows in zip(KEYS, frames, strict=True):
            cells = rows.unpivot(index="row_number", variable_name="column_name")  # noqa: F841, DuckDB reads it
            keys = ", ".join(f"'{value}' as {name}" for name, value in key.items())
            connection.execute(f"insert into raw.cells by name select *, {keys} from cells").fetchall()
            connection.execute(f"drop table {wide_table(key)}").fetchall()


def test_a_long_store_becomes_wide_with_every_row_and_makes_the_same_marts(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    marts = "select * from marts.answers order by all", "select * from marts.panel_members order by all"
    with warehouse.open_warehouse(path) as connection:
        load_small_panel(connection)
        deliveries = [delivered_frame(connection, key) for key in KEYS]
        published = [warehouse.read(connection, mart) for mart in marts]
    make_long(path)
    with warehouse.open_warehouse(path) as connection:
        assert all(delivered_frame(connection, key).equals(rows) for key, rows in zip(KEYS, deliveries, strict=True))
        assert warehouse.read(connection, "select distinct part from raw.deliveries").rows() == [("",)]
        assert not warehouse.read(connection, "from duckdb_tables() where table_name = 'cells'").height
        warehouse.build(connection)
        warehouse.build_marts(connection)
        assert all(warehouse.read(connection, mart).equals(rows) for mart, rows in zip(marts, published, strict=True))


def test_a_delivery_without_rows_becomes_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with warehouse.open_warehouse(path) as connection:
        load_small_panel(connection)
    make_long(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from raw.cells where source = 'w2'").fetchall()
    with warehouse.open_warehouse(path) as connection:
        assert delivered_frame(connection, KEYS[2]).is_empty()
