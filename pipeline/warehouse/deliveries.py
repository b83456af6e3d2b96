"""Deliveries as received: every row kept, counted as accepted, refused or superseded."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipeline.warehouse.connection import delete_rows, execute, insert_rows, read, transaction
from pipeline.warehouse.wide_tables import (
    MEMBER,
    OF_DELIVERY,
    delivered_frame,
    list_columns,
    store_rows,
    wide_table,
    write_rows,
)

ACCEPTED, HELD, SUPERSEDED = "accepted", "held", "superseded"

_IN_USE = """
select delivery_id, part from raw.deliveries
where survey = $survey and source = $source and status = 'accepted'
order by part
"""

_SUPERSEDE = """
update raw.deliveries
set status = 'superseded'
where survey = $survey
    and source = $source
    and status = 'accepted'
    and (
        $part in ('', part)
        or starts_with(part, $part || '/')
    )
"""

_COUNT_ROWS = """
with refused as (
    select
        delivery_id,
        count(distinct row_number) as n_rows
    from raw.refused_rows
    where survey = $survey and source = $source
    group by delivery_id
),

superseded as (
    select
        delivery_id,
        count(distinct row_number) as n_rows
    from raw.superseded_rows
    where survey = $survey and source = $source
    group by delivery_id
),

counts as (
    select
        delivery.delivery_id,
        if(delivery.status = 'held', delivery.n_delivered, coalesce(refused.n_rows, 0)) as n_refused,
        coalesce(superseded.n_rows, 0) as n_superseded
    from raw.deliveries as delivery
    left join refused
        on delivery.delivery_id = refused.delivery_id
    left join superseded
        on delivery.delivery_id = superseded.delivery_id
    where delivery.survey = $survey and delivery.source = $source
)

update raw.deliveries as delivery
set n_refused = counts.n_refused,
    n_accepted = if(delivery.status = 'accepted', n_delivered - counts.n_refused - counts.n_superseded, 0),
    n_superseded = case delivery.status
        when 'accepted' then counts.n_superseded
        when 'superseded' then n_delivered - counts.n_refused
        else 0
    end
from counts
where delivery.survey = $survey
    and delivery.source = $source
    and delivery.delivery_id = counts.delivery_id
"""


@dataclass(frozen=True)
class Delivery:
    """One delivered file of a survey's source (`roster` or a wave), or of one part of it: web, paper, late returns."""

    delivery_id: str  # SHA-256 of the file
    survey: str
    source: str
    file_name: str
    received_at: datetime
    status: str = ACCEPTED  # or held: validation failed, no row is used
    id_column: str = ""  # the delivered column that holds the pseudonym of each row's member, if there is one
    part: str = ""  # of the wave; part/file for a file of a part that adds rows (pipeline.deliveries)

    @property
    def key(self) -> dict[str, str]:
        """Return what identifies the delivery; one file may serve two surveys."""
        return {"survey": self.survey, "source": self.source, "delivery_id": self.delivery_id}


def load_delivery(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    frame: pl.DataFrame,
    refused: pl.DataFrame,
    *,
    is_written: bool = False,
) -> None:
    """Store a delivery with all its rows, in one transaction; loading it again replaces it.

    Args:
        frame: every row delivered, as text: `row_number` from 1 and the delivered columns; blank is null. The
            id column holds pseudonyms already, null where nobody is known by the delivered id.
        refused: `row_number, rule, reason`, one row for each rule a row breaks.
        is_written: the frame's rows are written already (write_new_rows).

    An accepted delivery supersedes the earlier accepted one of the same source and part; one of the whole source
    supersedes all parts, and one of a part the single files that the part once had.
    """
    rows = pl.concat([frame["row_number"].cast(pl.Int64), _row_numbers(refused)]).drop_nulls().n_unique()
    with transaction(connection):
        for table in ("raw.deliveries", "raw.refused_rows", "raw.superseded_rows"):
            delete_rows(connection, table, **delivery.key)
        store = list_columns if is_written else store_rows
        store(connection, delivery.key, frame, delivery.id_column)
        insert_rows(connection, "raw.refused_rows", _with_key(refused, delivery))
        insert_rows(connection, "raw.deliveries", _delivery_row(delivery, rows))
        _apply_status(connection, delivery.key, delivery.status)


def write_new_rows(connection: duckdb.DuckDBPyConnection, delivery: Delivery, frame: pl.DataFrame) -> None:
    """Write the rows of a delivery that is not stored yet; nobody reads them before it is loaded."""
    write_rows(connection, delivery.key, frame, delivery.id_column)


def is_stored(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> bool:
    """Return whether a delivery was loaded before."""
    return read(connection, f"select 1 from raw.deliveries where {OF_DELIVERY}", delivery.key).height > 0


def drop_unlisted_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop rows that were written and never loaded, as a night was killed in between."""
    keys = read(connection, "select survey, source, delivery_id from raw.deliveries").iter_rows(named=True)
    tables = "select 'raw.' || table_name as name from duckdb_tables() where schema_name = 'raw'"
    written = read(connection, f"{tables} and starts_with(table_name, 'delivery_')")["name"]
    for table in sorted(set(written) - {wide_table(key) for key in keys}):
        execute(connection, f"drop table {table}")


def rows_in_use(connection: duckdb.DuckDBPyConnection, survey: str, source: str) -> list[tuple[str, pl.DataFrame]]:
    """Return the part and the rows of each accepted delivery of a source, as delivered but for the refused ones."""
    of_source = {"survey": survey, "source": source}
    accepted = read(connection, _IN_USE, of_source)
    frames = []
    for delivery_id, part in accepted.iter_rows():
        key = {**of_source, "delivery_id": delivery_id}
        refused = read(connection, f"select row_number from raw.refused_rows where {OF_DELIVERY}", key)
        frames.append((part, delivered_frame(connection, key).join(refused, on="row_number", how="anti")))
    return frames


def ids_in_use(connection: duckdb.DuckDBPyConnection, survey: str, source: str) -> set[str]:
    """Return every pseudonym that the accepted deliveries of a source hold as a row's own, links not followed."""
    of_source = {"survey": survey, "source": source}
    found: set[str] = set()
    for delivery_id, _ in read(connection, _IN_USE, of_source).iter_rows():
        table = wide_table({**of_source, "delivery_id": delivery_id})
        found |= set(read(connection, f"select distinct {MEMBER} from {table}")[MEMBER])
    return found


def set_delivery_status(
    connection: duckdb.DuckDBPyConnection, survey: str, source: str, delivery_id: str, status: str
) -> None:
    """Accept, hold or supersede a stored delivery and move its counts, in one transaction."""
    key = {"survey": survey, "source": source, "delivery_id": delivery_id}
    with transaction(connection):
        _apply_status(connection, key, status)


def _apply_status(connection: duckdb.DuckDBPyConnection, key: dict[str, str], status: str) -> None:
    """Set the status; what an accepted delivery replaces becomes superseded."""
    if status == ACCEPTED:
        part = read(connection, f"select part from raw.deliveries where {OF_DELIVERY}", key).item()
        execute(connection, _SUPERSEDE, {"survey": key["survey"], "source": key["source"], "part": part})
    execute(connection, f"update raw.deliveries set status = $status where {OF_DELIVERY}", {**key, "status": status})
    if status != ACCEPTED:
        delete_rows(connection, "raw.superseded_rows", **key)
    count_rows(connection, key["survey"], key["source"])


def count_rows(connection: duckdb.DuckDBPyConnection, survey: str, source: str) -> None:
    """Count the rows of a source's deliveries by what became of them; a held delivery's are all refused."""
    execute(
        connection,
        _COUNT_ROWS,
        {"survey": survey, "source": source},
    )


def _delivery_row(delivery: Delivery, n_delivered: int) -> pl.DataFrame:
    counts = {"n_delivered": n_delivered, "n_accepted": 0, "n_refused": 0, "n_superseded": 0}
    named = {name: getattr(delivery, name) for name in ("file_name", "received_at", "part")} | {"status": HELD}
    return pl.DataFrame([{**delivery.key, **named, **counts}])


def _row_numbers(refused: pl.DataFrame) -> pl.Series:
    if refused.is_empty():
        return pl.Series("row_number", [], pl.Int64)
    return refused["row_number"].cast(pl.Int64)


def _with_key(frame: pl.DataFrame, delivery: Delivery) -> pl.DataFrame:
    return frame.with_columns(**{name: pl.lit(value) for name, value in delivery.key.items()})
