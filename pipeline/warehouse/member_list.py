"""The member list that another one supersedes, or superseded, as it was delivered: its file, its date, its members."""

from datetime import date

import duckdb

from pipeline.member_lists import MemberList, newest_date
from pipeline.warehouse.connection import quoted, read
from pipeline.warehouse.wide_tables import MEMBER, OF_DELIVERY, places_of, wide_table

_BEFORE = """
with used as (
    select delivery_id, file_name, received_at, status
    from raw.deliveries
    where survey = $survey and source = 'roster' and status in ('accepted', 'superseded')
)

select delivery_id, file_name
from used
where delivery_id <> $delivery_id
    and received_at < coalesce(
        (select received_at from used where delivery_id = $delivery_id and status = 'accepted'),
        'infinity'::timestamp
    )
order by status = 'accepted' desc, received_at desc, delivery_id
limit 1
"""


def list_before(
    connection: duckdb.DuckDBPyConnection, survey: str, delivery_id: str, date_column: str | None
) -> MemberList | None:
    """Return the list in use before this one: what a new list would supersede, and the one in use did; None if none.

    Args:
        date_column: the delivered column that says of which day the list is.
    """
    found = read(connection, _BEFORE, {"survey": survey, "delivery_id": delivery_id})
    if not found.height:
        return None
    delivery_id, file_name = found.row(0)
    key = {"survey": survey, "source": "roster", "delivery_id": delivery_id}
    refused = f"anti join (select row_number from raw.refused_rows where {OF_DELIVERY}) using (row_number)"
    rows = read(connection, f"select {MEMBER} from {wide_table(key)} {refused}", key)
    return MemberList(file_name, _dated(connection, key, date_column), rows[MEMBER])


def _dated(connection: duckdb.DuckDBPyConnection, key: dict[str, str], date_column: str | None) -> date | None:
    place = places_of(connection, key).get(date_column or "")
    if place is None:
        return None
    days = read(connection, f"select distinct {quoted(place)}::varchar as day from {wide_table(key)}")
    return newest_date(days["day"])
