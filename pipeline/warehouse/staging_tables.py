"""What staging takes out of the wide tables: rows under our names, cells of the member, answers and their values.

Which columns a delivery has is known only at run time, so these few statements are written here; everything after
them is a model in sql/.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import duckdb

from pipeline.warehouse.connection import delete_rows, execute, literal, read
from pipeline.warehouse.wide_tables import MEMBER, places_of, wide_table

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
_FORMER_TABLE = "from duckdb_tables() where schema_name = 'staging' and table_name = 'delivered_rows'"
_VALUES = "survey varchar, wave varchar, part varchar, item varchar, value varchar"
_CELL_COLUMNS = f"""
select column_name from definitions.source_columns
where survey = $survey and source = $source and part = $part
    and name not in ({", ".join(map(literal, (MEMBER, *TEXTS)))})
union
select column_name from definitions.profile where survey = $survey and source = $source
union
select column_name from definitions.design_columns where survey = $survey and $source = 'roster'
union
select column_name from definitions.eligibility_columns where survey = $survey and $source = 'roster'
union
select column_name from definitions.number_columns where survey = $survey and $source = 'roster'
union
select column_name from definitions.invitation_columns where survey = $survey and $source = 'roster'
union
select column_name from definitions.item_ballots where survey = $survey and wave = $source and part = $part
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


def accepted_deliveries(connection: duckdb.DuckDBPyConnection) -> list[Accepted]:
    """Return every delivery in use, in a fixed order."""
    keys = read(
        connection,
        f"select {', '.join(_KEY)}, {PART} as part from raw.deliveries where status = 'accepted' "
        "order by survey, source, raw.deliveries.part",
    )
    return [_accepted(connection, dict(zip(_KEY, row[:-1], strict=True)), row[-1]) for row in keys.iter_rows()]


def build_staging_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables and views of staging that no model makes, inside the caller's transaction."""
    if read(connection, _FORMER_TABLE).height:  # in a store of an earlier version; now a view
        execute(connection, "drop table staging.delivered_rows")
    execute(connection, f"create or replace table staging.cells ({_CELLS})")
    execute(connection, f"create or replace table staging.delivered_values ({_VALUES})")
    _fill(connection, accepted_deliveries(connection), None)


def rewrite_staging_tables(connection: duckdb.DuckDBPyConnection, waves: Collection[tuple[str, str]]) -> None:
    """Put what is delivered for these waves (survey, wave) now in place of what was, in the caller's transaction."""
    for survey, wave in waves:
        delete_rows(connection, "staging.cells", survey=survey, source=wave)
        delete_rows(connection, "staging.delivered_values", survey=survey, wave=wave)
    _fill(connection, accepted_deliveries(connection), waves)


def _fill(
    connection: duckdb.DuckDBPyConnection, deliveries: list[Accepted], waves: Collection[tuple[str, str]] | None
) -> None:
    """Add the cells and values of the deliveries of these waves, None of all; the views are of all deliveries."""
    for delivery in deliveries:
        if waves is not None and (delivery.key["survey"], delivery.key["source"]) not in waves:
            continue
        if delivery.cells:
            execute(connection, f"insert into staging.cells by name {_cells(delivery)}")
        for select in _values(connection, delivery):
            execute(connection, f"insert into staging.delivered_values by name {select}")
    rows = [_named_rows(delivery) for delivery in deliveries] or [_NO_ROWS]
    answers = [_answers(delivery) for delivery in deliveries if delivery.items] or [_NO_ANSWERS]
    execute(connection, f"create or replace view staging.delivered_rows as {' union all by name '.join(rows)}")
    execute(connection, f"create or replace view staging.answers as {' union all '.join(answers)}")


def _accepted(connection: duckdb.DuckDBPyConnection, key: dict[str, str], part: str) -> Accepted:
    places = places_of(connection, key)
    of_source = {"survey": key["survey"], "source": key["source"], "part": part}

    def declared(sql: str) -> list[tuple[str, ...]]:
        return [row for row in read(connection, sql, of_source).iter_rows() if row[-1] in places]

    named = "select name, coalesce(format, ''), column_name from definitions.source_columns where "
    names = declared(named + "survey = $survey and source = $source and part = $part order by name")
    formats = [(name, time_format) for name, time_format, _ in names if name in CLOCKS and time_format]
    placed = (
        "select item, column_name from definitions.item_columns "
        "where survey = $survey and wave = $source and part = $part"
    )
    return Accepted(
        key=key,
        part=part,
        places=places,
        names={name: places[column] for name, _, column in names if name != MEMBER},
        time_format=formats[0] if formats else None,
        items={item: places[column] for item, column in declared(f"{placed} order by item")},
        cells={column: places[column] for (column,) in declared(f"{_CELL_COLUMNS} order by column_name")},
    )


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


def _values(connection: duckdb.DuckDBPyConnection, delivery: Accepted) -> Iterator[str]:
    """Yield selects of the different values of each item, null for a blank among them.

    Every value of an ENUM occurs, so that where every row is in use nobody need look at the cells.
    """
    table = wide_table(delivery.key)
    enums = _enums(connection, table) if delivery.items and _all_in_use(connection, delivery) else set()
    for item, place in delivery.items.items():
        keys = f"{literal(delivery.key['survey'])} as survey, {literal(delivery.key['source'])} as wave"
        keys += f", {literal(delivery.part)} as part, {literal(item)} as item"
        if place in enums:
            yield f"""
                select {keys}, unnest(of_enum) as value
                from (select enum_range({place})::varchar[] as of_enum from {table} limit 1)
                union all
                from (select {keys}, null::varchar as value from {table} where {place} is null limit 1)
            """
        else:
            yield f"select distinct {keys}, {_text(place, 'value')} from {delivery.rows}"


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
