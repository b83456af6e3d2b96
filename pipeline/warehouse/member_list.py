"""The member list in use as it was delivered: its file, its date and its members."""

from datetime import date

import duckdb

from pipeline.member_lists import MemberList, newest_date
from pipeline.warehouse.connection import quoted, read
from pipeline.warehouse.wide_tables import MEMBER, OF_DELIVERY, places_of, wide_table

_IN_USE = """
select delivery_id, file_name
from raw.deliveries
where survey = ? and source = 'roster' and status = 'accepted'
"""


def list_in_use(
    connection: duckdb.DuckDBPyConnection, survey: str, date_column: str | None
) -> tuple[str, MemberList] | None:
    """Return the delivery that the member list in use came as, and the list; None when there is none yet.

    Args:
        date_column: the delivered column that says of which day the list is.
    """
    found = read(connection, _IN_USE, [survey])
    if not found.height:
        return None
    delivery_id, file_name = found.row(0)
    key = {"survey": survey, "source": "roster", "delivery_id": delivery_id}
    refused = f"anti join (select row_number from raw.refused_rows where {OF_DELIVERY}) using (row_number)"
    rows = read(connection, f"select {MEMBER} from {wide_table(key)} {refused}", key)
    return delivery_id, MemberList(file_name, _dated(connection, key, date_column), rows[MEMBER])


def _dated(connection: duckdb.DuckDBPyConnection, key: dict[str, str], date_column: str | None) -> date | None:
    place = places_of(connection, key).get(date_column or "")
    if place is None:
        return None
    days = read(connection, f"select distinct {quoted(place)}::varchar as day from {wide_table(key)}")
    return newest_date(days["day"])
