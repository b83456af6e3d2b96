"""Answers side by side: a row for each respondent and wave, a column for each item, as most packages want them."""

from collections.abc import Callable

import duckdb
import polars as pl

from pipeline.warehouse.comments import TableComment
from pipeline.warehouse.connection import literal, quoted, read

_ITEMS = """
select
    item.item,
    item.kind,
    item.wording,
    list(option.label order by option.option_order) filter (where option.missing_kind is null) as labels
from definitions.items as item
left join definitions.answer_options as option
    on item.survey = option.survey
    and item.item = option.item
where item.survey = $survey and item.is_published and item.kind <> 'text'
group by item.item, item.kind, item.wording, item.item_order
order by item.item_order
"""
_KEYS = {
    "wave": "wave of the survey",
    "panel_member_id": "pseudonym of the panel member",
    "completed_at": "when the interview ended, as delivered",
}


def surveys_with_answers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the surveys that have published answers, by name."""
    return read(connection, "select distinct survey from marts.answers order by survey")["survey"].to_list()


def responses_table(
    connection: duckdb.DuckDBPyConnection, survey: str, participation: str
) -> tuple[str, Callable[[str], str], TableComment]:
    """Return name, select and comments of a survey's table of responses, with times as `participation` has them.

    The select is a function of the condition that selects waves.

    Labels are ENUM in scale order, numbers DOUBLE. Every kind of missing is null here; table answers tells them
    apart.
    """
    items = read(connection, _ITEMS, {"survey": survey})
    comment = TableComment(
        f"One row per respondent and wave of survey {survey}, one column per item; any kind of missing is null. "
        "Key: wave, panel_member_id.",
        {**_KEYS, **dict(items.select("item", "wording").iter_rows())},
    )
    return f"responses_{survey}", lambda those: _responses_select(survey, items, participation, those), comment


def _responses_select(survey: str, items: pl.DataFrame, participation: str, those: str) -> str:
    names = ", ".join(literal(item) for item in items["item"])
    columns = ",\n    ".join(_column(*row) for row in items.select("item", "kind", "labels").iter_rows())
    return f"""
with substantive as (
    select
        wave,
        panel_member_id,
        item,
        coalesce(cast(number as varchar), label) as answer
    from marts.answers
    where survey = {literal(survey)} and missing_kind is null and {those}
),

side_by_side as (
    pivot substantive
    on item in ({names})
    using any_value(answer)
    group by wave, panel_member_id
)

select
    participation.wave,
    participation.panel_member_id,
    participation.completed_at,
    {columns}
from (select * from {participation} where {those}) as participation
inner join core.waves as waves
    on participation.survey = waves.survey
    and participation.wave = waves.wave
left join side_by_side
    on participation.wave = side_by_side.wave
    and participation.panel_member_id = side_by_side.panel_member_id
where participation.survey = {literal(survey)} and participation.is_respondent
order by waves.wave_number, participation.panel_member_id
"""


def _column(item: str, kind: str, labels: list[str] | None) -> str:
    if kind == "number":
        type_name = "double"
    else:
        type_name = "enum(" + ", ".join(literal(label) for label in dict.fromkeys(labels or [])) + ")"
    return f"try_cast(side_by_side.{quoted(item)} as {type_name}) as {quoted(item)}"
