"""What staging takes out of the wide tables: rows under our names, cells of the member, answers and their values.

Which columns a delivery has is known only at run time, so these few statements are written here; everything after
them is a model in sql/.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from pipeline.warehouse.connection import delete_rows, execute, insert_rows, literal, read
from pipeline.warehouse.wide_tables import MEMBER, wide_table

TEXTS = (
    *("completed_at", "completed_year", "completed_month_day", "complete_when"),
    *("duration_seconds", "duration_minutes", "mode", "device", "list_date"),
    *("invited_to", "invited_at", "channel", "outcome", "opened_at"),
    *("joined_on", "left_on", "exit_reason", "cohort", "route", "status"),
)  # what columns may mean to the models; as delivered
CLOCKS = ("completed_at", "invited_at")  # times, of which a delivery says how they are written
_KEY = ("survey", "source", "delivery_id")
PART = "split_part(part, '/', 1)"  # the declared part; the rest names a file of a part that adds
_PERSON = f"coalesce(link.{MEMBER}, delivered.{MEMBER}) as {MEMBER}"  # links between ids of one person followed
_CELLS = (
    "survey varchar, source varchar, delivery_id varchar, row_number integer, panel_member_id varchar, "
    "column_name varchar, value varchar"
)
_IN_USE = f"""
select {", ".join(_KEY)}, {PART} as part
from raw.deliveries
where status = 'accepted'
order by survey, source, raw.deliveries.part
"""
_FORMER_TABLE = "from duckdb_tables() where schema_name = 'staging' and table_name = 'delivered_rows'"
_VALUES = "survey varchar, wave varchar, part varchar, item varchar, value varchar"
_PLACES = "select survey, source, delivery_id, column_name, stored_as from raw.columns order by position"
_NAMES = """
select survey, source, part, name, coalesce(format, '') as format, column_name
from definitions.source_columns
order by all
"""
_ITEM_COLUMNS = "select survey, wave as source, part, item, column_name from definitions.item_columns order by all"
_CELL_COLUMNS = f"""
select survey, source, part, column_name from definitions.source_columns
where name not in ({", ".join(map(literal, (MEMBER, *TEXTS)))})
union
select survey, source, null as part, column_name from definitions.profile
union
select survey, 'roster' as source, null as part, column_name from definitions.design_columns
union
select survey, 'roster' as source, null as part, column_name from definitions.eligibility_columns
union
select survey, 'roster' as source, null as part, column_name from definitions.number_columns
union
select survey, 'roster' as source, null as part, column_name from definitions.invitation_columns
union
select survey, wave as source, part, column_name from definitions.item_ballots
order by all
"""
_NO_ROWS = f"""
select
    null::varchar as survey,
    null::varchar as source,
    null::varchar as delivery_id,
    null::varchar as part,
    null::integer as row_number,
    null::varchar as panel_member_id,
    {", ".join(f"null::varchar as {name}" for name in TEXTS)},
    null::timestamp as on_clock
where false
"""
_NO_ANSWERS = """
select
    null::varchar as survey,
    null::varchar as wave,
    null::varchar as delivery_id,
    null::integer as row_number,
    null::varchar as panel_member_id,
    null::varchar as item,
    null::varchar as value,
    null::varchar as part
where false
"""


Row = tuple[Any, ...]
Source = tuple[str, str]  # survey, and the wave or other source of a delivery


@dataclass(frozen=True)
class Accepted:
    """A delivery in use: where its columns are stored, and what the definitions call them."""

    key: dict[str, str]
    part: str  # of the wave, as declared
    places: dict[str, str]  # delivered column: stored under
    names: dict[str, str]  # our name: stored under
    time_format: tuple[str, str] | None  # completed_at or invited_at, and how it is written
    items: dict[str, str]  # item: stored under
    cells: dict[str, str]  # delivered column of a profile, the design, eligibility or a number: stored under

    @property
    def source(self) -> Source:
        """Return the survey and the source."""
        return self.key["survey"], self.key["source"]

    @property
    def keys(self) -> str:
        """Return the key as selected columns."""
        return ", ".join(f"{literal(self.key[name])} as {name}" for name in _KEY)

    @property
    def rows(self) -> str:
        """Return the rows in use, as they stand after `from`: those refused, superseded or of no member left out."""
        of_delivery = " and ".join(f"{name} = {literal(self.key[name])}" for name in _KEY)
        return f"""{wide_table(self.key)} as delivered
            left join raw.member_links as link
                on link.survey = {literal(self.key["survey"])} and link.alias = delivered.{MEMBER}
            anti join (
                select row_number from raw.refused_rows where {of_delivery}
                union all
                select row_number from raw.superseded_rows where {of_delivery}
            ) as left_out
                on delivered.row_number = left_out.row_number
            where delivered.{MEMBER} is not null"""


def build_staging_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables and views of staging that no model makes, inside the caller's transaction."""
    if read(connection, _FORMER_TABLE).height:  # in a store of an earlier version; now a view
        execute(connection, "drop table staging.delivered_rows")
    execute(connection, f"create or replace table staging.cells ({_CELLS})")
    execute(connection, f"create or replace table staging.delivered_values ({_VALUES})")
    deliveries = accepted_deliveries(connection)
    _show(connection, deliveries)
    _fill(connection, deliveries)


def rewrite_staging_tables(connection: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> None:
    """Put what is delivered of these sources now in place of what was, in the caller's transaction."""
    for survey, source in sources:
        delete_rows(connection, "staging.cells", survey=survey, source=source)
        delete_rows(connection, "staging.delivered_values", survey=survey, wave=source)
    came = set(read(connection, "select distinct survey, source from raw.deliveries").rows())
    if came.isdisjoint(sources):
        return
    deliveries = accepted_deliveries(connection)
    _show(connection, deliveries)
    _fill(connection, [one for one in deliveries if one.source in sources])


def selects_of(deliveries: list[Accepted]) -> dict[str, str]:
    """Return what the two views are of these deliveries: name and query.

    Every branch of a view is planned whenever it is read; so what is about a few waves reads these of them alone.
    """
    rows = [_named_rows(delivery) for delivery in deliveries] or [_NO_ROWS]
    answers = [_answers(delivery) for delivery in deliveries if delivery.items] or [_NO_ANSWERS]
    return {"staging.delivered_rows": " union all by name ".join(rows), "staging.answers": " union all ".join(answers)}


def _show(connection: duckdb.DuckDBPyConnection, deliveries: list[Accepted]) -> None:
    for view, select in selects_of(deliveries).items():
        execute(connection, f"create or replace view {view} as {select}")


def _fill(connection: duckdb.DuckDBPyConnection, deliveries: list[Accepted]) -> None:
    """Add the cells and the values of deliveries."""
    for delivery in deliveries:
        if delivery.cells:
            execute(connection, f"insert into staging.cells by name {_cells(delivery)}")
        if delivery.items:
            insert_rows(connection, "staging.delivered_values", _values(connection, delivery))


def accepted_deliveries(
    connection: duckdb.DuckDBPyConnection, sources: Collection[Source] | None = None
) -> list[Accepted]:
    """Return the deliveries in use of these sources, None of all, in a fixed order."""
    keys = [row for row in read(connection, _IN_USE).iter_rows() if sources is None or row[:2] in sources]
    wanted = {"sources": sorted({source for _, source, *_ in keys})}
    stored, named, placed, told = (
        _by_source(read(connection, f"from ({query}) where list_contains($sources, source)", wanted))
        for query in (_PLACES, _NAMES, _ITEM_COLUMNS, _CELL_COLUMNS)
    )
    found = []
    for survey, source, delivery_id, part in keys:
        of_source = survey, source
        places = {column: place for one, column, place in stored[of_source] if one == delivery_id}
        names, items, cells = (
            [told for one, *told in rows[of_source] if one in (part, None) and told[-1] in places]
            for rows in (named, placed, told)
        )
        formats = [(name, layout) for name, layout, _ in names if name in CLOCKS and layout]
        found.append(
            Accepted(
                key={"survey": survey, "source": source, "delivery_id": delivery_id},
                part=part,
                places=places,
                names={name: places[column] for name, _, column in names if name != MEMBER},
                time_format=formats[0] if formats else None,
                items={item: places[column] for item, column in items},
                cells={column: places[column] for (column,) in cells},
            )
        )
    return found


def _by_source(rows: pl.DataFrame) -> dict[Source, list[Row]]:
    """Return rows that begin with survey and source, without these, by them."""
    found: dict[Source, list[Row]] = defaultdict(list)
    for survey, source, *rest in rows.iter_rows():
        found[survey, source].append(tuple(rest))
    return found


def _named_rows(delivery: Accepted) -> str:
    """Return the select of a delivery's rows with the columns that mean something, under our names."""
    names = delivery.names
    texts = [_text(names[name], name) if name in names else f"null::varchar as {name}" for name in TEXTS]
    clock = "null::timestamp"
    if delivery.time_format is not None:
        name, layout = delivery.time_format
        clock = f"try_strptime(delivered.{names[name]}::varchar, {literal(layout)})"
    keys = [delivery.keys, f"{literal(delivery.part)} as part", "delivered.row_number", _PERSON]
    columns = ", ".join([*keys, *texts, f"{clock} as on_clock"])
    return f"select {columns} from {delivery.rows}"


def _cells(delivery: Accepted) -> str:
    """Return the select of the cells that say something of the member: a profile, the design, a number."""
    return _unpivoted(delivery, delivery.cells, "column_name", delivery.keys)


def _answers(delivery: Accepted) -> str:
    keys = delivery.keys.replace(" as source", " as wave")
    select = _unpivoted(delivery, delivery.items, "item", keys)
    part = f"{literal(delivery.part)} as part"
    return f"select survey, wave, delivery_id, row_number, {MEMBER}, item, value, {part} from ({select})"


def _unpivoted(delivery: Accepted, wanted: Mapping[str, str], name: str, keys: str) -> str:
    taken = {one: f"cell_{number}" for number, one in enumerate(wanted)}
    texts = ", ".join(["delivered.row_number", _PERSON, *(_text(wanted[one], cell) for one, cell in taken.items())])
    ons = ", ".join(f"{cell} as {literal(one)}" for one, cell in taken.items())
    return f"""
        select {keys}, row_number, {MEMBER}, {name}, value
        from (select {texts} from {delivery.rows})
        unpivot include nulls (value for {name} in ({ons}))
    """


def _values(connection: duckdb.DuckDBPyConnection, delivery: Accepted) -> pl.DataFrame:
    """Return the different values of each item, null for a blank among them.

    Every value of an ENUM occurs, so that where every row is in use nobody need look at the cells.
    """
    table = wide_table(delivery.key)
    enums = _enums(connection, table) if _all_in_use(connection, delivery) else set()
    as_enums = {item: place for item, place in delivery.items.items() if place in enums}
    others = {item: place for item, place in delivery.items.items() if place not in enums}
    found = _enum_values(connection, table, as_enums) if as_enums else []
    if others:
        different = f"select distinct item, value from ({_unpivoted(delivery, others, 'item', delivery.keys)})"
        found += read(connection, different).rows()
    values = pl.DataFrame(found, {"item": pl.String, "value": pl.String}, orient="row")
    key = {"survey": delivery.key["survey"], "wave": delivery.key["source"], "part": delivery.part}
    return values.with_columns(**{name: pl.lit(one) for name, one in key.items()})


def _enum_values(connection: duckdb.DuckDBPyConnection, table: str, places: dict[str, str]) -> list[Row]:
    """Return each item with each value of its ENUM, and with null where a cell is blank."""
    ranges = ", ".join(f"enum_range({place})::varchar[] as {place}" for place in places.values())
    blanks = ", ".join(f"count(*) > count({place}) as {place}" for place in places.values())
    values = read(connection, f"select {ranges} from {table} limit 1").rows(named=True)
    is_blank = read(connection, f"select {blanks} from {table}").row(0, named=True)
    return [
        (item, value)
        for of_row in values
        for item, place in places.items()
        for value in [*of_row[place], *([None] if is_blank[place] else [])]
    ]


def _all_in_use(connection: duckdb.DuckDBPyConnection, delivery: Accepted) -> bool:
    """Return whether none of a delivery's rows is refused or of no member."""
    counts = f"select (select count(*) from {delivery.rows}) = (select count(*) from {wide_table(delivery.key)})"
    return bool(read(connection, counts).item())


def _enums(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Return the columns of a delivery's table that are ENUMs."""
    schema, name = table.split(".")
    columns = "select column_name from duckdb_columns() where schema_name = ? and table_name = ?"
    return set(read(connection, f"{columns} and data_type like 'ENUM%'", [schema, name])["column_name"])


def _text(place: str, name: str) -> str:
    return f"delivered.{place}::varchar as {name}"
