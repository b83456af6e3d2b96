"""People with interviews in several parts of a wave: who they are, and which of their rows counts."""

import duckdb
import polars as pl

from pipeline.definitions import Wave
from pipeline.deliveries import part_of, place_of
from pipeline.warehouse.connection import delete_rows, insert_rows, literal, quoted, read, transaction
from pipeline.warehouse.deliveries import count_rows
from pipeline.warehouse.wide_tables import MEMBER, OF_DELIVERY, places_of, wide_table

_IN_USE = "select delivery_id, part from raw.deliveries where survey = ? and source = ? and status = 'accepted'"
_SCHEMA = pl.Schema(
    {
        "delivery_id": pl.String,
        "part": pl.String,
        "row_number": pl.Int32,
        MEMBER: pl.String,
        "is_complete": pl.Boolean,
        "place": pl.Int32,
    }
)


def people_in_parts(connection: duckdb.DuckDBPyConnection, survey: str, wave: Wave) -> pl.DataFrame:
    """Return a row for each interview in the accepted parts of a wave, the refused ones left out.

    Returns:
        delivery_id, part, row_number, panel_member_id, is_complete, and place: that of its delivery among the parts.
    """
    in_use = sorted(read(connection, _IN_USE, [survey, wave.wave]).rows(), key=lambda one: place_of(wave, one[1]))
    frames = [
        _interviews(connection, {"survey": survey, "source": wave.wave, "delivery_id": delivery_id}, wave, part, place)
        for place, (delivery_id, part) in enumerate(in_use)
    ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *(frame.cast(_SCHEMA) for frame in frames)])


def supersede_rows(connection: duckdb.DuckDBPyConnection, survey: str, wave: Wave) -> int:
    """Let one interview of each person in several parts count, in one transaction; return how many do not.

    A complete interview goes before a partial one; among equals the part that `both_answered` names first. Nothing
    is superseded where no order is declared.
    """
    with transaction(connection):
        delete_rows(connection, "raw.superseded_rows", survey=survey, source=wave.wave)
        found = _superseded(people_in_parts(connection, survey, wave)) if wave.both_answered else None
        if found is not None:
            keyed = found.with_columns(survey=pl.lit(survey), source=pl.lit(wave.wave))
            insert_rows(connection, "raw.superseded_rows", keyed)
        count_rows(connection, survey, wave.wave)
    return 0 if found is None else found.height


def _superseded(people: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of each person but the one that counts, each with the part of that one."""
    ranked = people.sort(pl.col("is_complete").not_(), "place", "row_number", maintain_order=True)
    kept = pl.col("part").first().over(MEMBER)
    is_first = pl.int_range(pl.len()).over(MEMBER) == 0
    return ranked.with_columns(kept_part=kept).filter(~is_first).select("delivery_id", "row_number", "kept_part")


def _interviews(
    connection: duckdb.DuckDBPyConnection, key: dict[str, str], wave: Wave, part: str, place: int
) -> pl.DataFrame:
    rule = wave.in_part(part_of(part)).source.complete_when
    stored = places_of(connection, key)
    is_complete = "true"
    if rule is not None and rule.column in stored:
        values = ", ".join(map(literal, rule.values))
        is_complete = f"coalesce({quoted(stored[rule.column])}::varchar in ({values}), false)"
    return read(
        connection,
        f"""
        select
            {literal(key["delivery_id"])} as delivery_id, {literal(part)} as part, row_number,
            coalesce(link.{MEMBER}, delivered.{MEMBER}) as {MEMBER}, {is_complete} as is_complete, {place} as place
        from {wide_table(key)} as delivered
        left join raw.member_links as link
            on link.survey = {literal(key["survey"])} and link.alias = delivered.{MEMBER}
        anti join (select row_number from raw.refused_rows where {OF_DELIVERY}) as refused
            on delivered.row_number = refused.row_number
        where delivered.{MEMBER} is not null
        """,
        key,
    )
