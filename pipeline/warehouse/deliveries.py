"""Deliveries as received: every row kept, counted as accepted, refused or superseded."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipeline.warehouse.connection import delete_rows, execute, insert_rows, transaction

ACCEPTED, HELD, SUPERSEDED = "accepted", "held", "superseded"
_KEYS = "survey = $survey and source = $source and delivery_id = $delivery_id"

_COUNT_ROWS = """
with refused as (
    select
        delivery_id,
        count(distinct row_number) as n_rows
    from raw.refused_rows
    where survey = $survey and source = $source
    group by delivery_id
),

counts as (
    select
        delivery.delivery_id,
        if(delivery.status = 'held', delivery.n_delivered, coalesce(refused.n_rows, 0)) as n_refused
    from raw.deliveries as delivery
    left join refused
        on delivery.delivery_id = refused.delivery_id
    where delivery.survey = $survey and delivery.source = $source
)

update raw.deliveries as delivery
set n_refused = counts.n_refused,
    n_accepted = if(delivery.status = 'accepted', n_delivered - counts.n_refused, 0),
    n_superseded = if(delivery.status = 'superseded', n_delivered - counts.n_refused, 0)
from counts
where delivery.survey = $survey
    and delivery.source = $source
    and delivery.delivery_id = counts.delivery_id
"""


@dataclass(frozen=True)
class Delivery:
    """One delivered file of a survey's source (`roster` or a wave)."""

    delivery_id: str  # SHA-256 of the file
    survey: str
    source: str
    file_name: str
    received_at: datetime
    status: str = ACCEPTED  # or held: validation failed, no row is used

    @property
    def key(self) -> dict[str, str]:
        """Return what identifies the delivery; one file may serve two surveys."""
        return {"survey": self.survey, "source": self.source, "delivery_id": self.delivery_id}


def load_delivery(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, frame: pl.DataFrame, refused: pl.DataFrame
) -> None:
    """Store a delivery with all its rows, in one transaction; loading it again replaces it.

    Args:
        frame: every row delivered, as text: `row_number` from 1 and the delivered columns; blank is null. The
            id column holds pseudonyms already.
        refused: `row_number, rule, reason`, one row for each rule a row breaks.

    An accepted delivery supersedes the earlier accepted one of the same source.
    """
    cells = frame.unpivot(index="row_number", variable_name="column_name", value_name="value")
    rows = pl.concat([frame["row_number"].cast(pl.Int64), _row_numbers(refused)]).drop_nulls().n_unique()
    with transaction(connection):
        for table in ("raw.deliveries", "raw.cells", "raw.refused_rows"):
            delete_rows(connection, table, **delivery.key)
        insert_rows(connection, "raw.cells", _with_key(cells, delivery))
        insert_rows(connection, "raw.refused_rows", _with_key(refused, delivery))
        insert_rows(connection, "raw.deliveries", _delivery_row(delivery, rows))
        _apply_status(connection, delivery.key, delivery.status)


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
        source_key = {"survey": key["survey"], "source": key["source"]}
        execute(
            connection,
            "update raw.deliveries set status = 'superseded' "
            "where survey = $survey and source = $source and status = 'accepted'",
            source_key,
        )
    execute(connection, f"update raw.deliveries set status = $status where {_KEYS}", {**key, "status": status})
    _count_rows(connection, key["survey"], key["source"])


def _count_rows(connection: duckdb.DuckDBPyConnection, survey: str, source: str) -> None:
    """Count the rows of a source's deliveries by what became of them; a held delivery's are all refused."""
    execute(
        connection,
        _COUNT_ROWS,
        {"survey": survey, "source": source},
    )


def _delivery_row(delivery: Delivery, n_delivered: int) -> pl.DataFrame:
    counts = {"n_delivered": n_delivered, "n_accepted": 0, "n_refused": 0, "n_superseded": 0}
    named = {"file_name": delivery.file_name, "received_at": delivery.received_at, "status": HELD}
    return pl.DataFrame([{**delivery.key, **named, **counts}])


def _row_numbers(refused: pl.DataFrame) -> pl.Series:
    if refused.is_empty():
        return pl.Series("row_number", [], pl.Int64)
    return refused["row_number"].cast(pl.Int64)


def _with_key(frame: pl.DataFrame, delivery: Delivery) -> pl.DataFrame:
    return frame.with_columns(**{name: pl.lit(value) for name, value in delivery.key.items()})
