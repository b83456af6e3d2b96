"""What is known of members before a delivery is judged: profile values in our words, from where they are fixed."""

from collections.abc import Sequence

import polars as pl

from pipeline.definitions import ANY_WAVE, CROSSWALK, MAILINGS, ROSTER, Source, Survey

MEMBERS_SQL = """
select
    member.panel_member_id,
    member.joined_on,
    member.exit_reason,
    any_value(try_cast(profile.value as double)) as age
from core.members as member
left join core.profile as profile
    on member.survey = profile.survey
    and member.panel_member_id = profile.panel_member_id
    and profile.variable = $age
where member.survey = $survey
group by all
order by member.panel_member_id
"""
PANEL_SQL = """
with uninvited as (
    select
        survey,
        panel_member_id,
        list(wave) as waves
    from staging.uninvited
    group by survey, panel_member_id
)

select
    member.panel_member_id,
    cast(member.joined_on as varchar) as joined_on,
    cast(member.left_on as varchar) as left_on,
    member.status,
    coalesce(uninvited.waves, []) as uninvited
from core.members as member
left join uninvited
    on member.survey = uninvited.survey
    and member.panel_member_id = uninvited.panel_member_id
where member.survey = ?
"""
INVITED_SQL = """
select
    panel_member_id,
    wave,
    cast(min(invited_at) as date) as day
from staging.invitations
where survey = ? and wave = ?
group by panel_member_id, wave
"""
ANSWERED_SQL = """
with before as (
    select
        survey,
        wave,
        panel_member_id,
        cast(min(invited_at) as date) as day
    from staging.invitations
    where delivery_id <> ?
    group by survey, wave, panel_member_id
)

select
    answered.panel_member_id,
    answered.wave,
    cast(min(answered.completed_at) as date) as day
from staging.wave_rows as answered
left join before
    on answered.survey = before.survey
    and answered.wave = before.wave
    and answered.panel_member_id = before.panel_member_id
    and before.day <= cast(answered.completed_at as date)
where answered.survey = ? and answered.completed_at is not null and before.day is null
group by answered.panel_member_id, answered.wave
"""
_UNDATED_SQL = """
select
    panel_member_id,
    variable,
    value,
    null::integer as known_year
from core.profile
where survey = ?
"""
_DATED_SQL = """
select
    profile.panel_member_id,
    profile.variable,
    profile.value,
    cast(coalesce(year(wave.fieldwork_start), year(member.joined_on)) as integer) as known_year
from core.profile as profile
left join definitions.profile as declared using (survey, variable)
left join core.waves as wave on profile.survey = wave.survey and declared.source = wave.wave
left join core.members as member on profile.survey = member.survey and profile.panel_member_id = member.panel_member_id
where profile.survey = ?
"""
COLUMNS = {"panel_member_id": pl.String, "variable": pl.String, "value": pl.String, "known_year": pl.Int32}
_KEY = ["panel_member_id", "variable"]


def stored_sql(survey: Survey) -> str:
    """Return the query of what is stored of a survey's members; years only where an age is compared by them."""
    return _DATED_SQL if any(one.measure for one in survey.profile) else _UNDATED_SQL


def other_days_query(survey: Survey, source: str, delivery_id: str) -> tuple[str, list[str]] | None:
    """Return what to ask, with its parameters, for the days that the times in a delivery are judged beside.

    Beside a wave, when each member was first invited; beside mailings, when those without an earlier invitation
    answered. None where no mailings are declared.
    """
    if survey.mailings is None or source in (ROSTER, CROSSWALK):
        return None
    return (
        (ANSWERED_SQL, [delivery_id, survey.survey]) if source == MAILINGS else (INVITED_SQL, [survey.survey, source])
    )


def of_delivery(survey: Survey, source: str, frame: pl.DataFrame, members: pl.Series) -> pl.DataFrame:
    """Return the profile values that a delivery fixes: panel_member_id, variable, value, known_year.

    Args:
        source: `roster` or the wave of the delivery.
        frame: delivered columns as text.
        members: the panel_member_id of each row, null when nobody in the member list.
    """
    parts = [pl.DataFrame(schema=COLUMNS)]
    years = years_of(survey, source, frame)
    for variable in survey.profile:
        is_here = variable.source == source or (variable.source == ANY_WAVE and source != ROSTER)
        if is_here and variable.column in frame.columns:
            delivered = frame[variable.column].cast(pl.String)
            ours = delivered.replace(dict(variable.values)) if variable.values else delivered
            told = pl.DataFrame({"panel_member_id": members, "value": ours.cast(pl.String), "known_year": years})
            part = told.filter(pl.col("value") != "").drop_nulls(["panel_member_id", "value"])
            parts.append(part.select("panel_member_id", pl.lit(variable.name).alias("variable"), "value", "known_year"))
    return pl.concat(parts).unique(_KEY, keep="first", maintain_order=True)


def of_member_list(survey: Survey, frame: pl.DataFrame, members: pl.Series) -> pl.DataFrame:
    """Return what a member list says of being in the panel: panel_member_id, joined_on, left_on, status, uninvited.

    The last are the waves to which the list says the member was not invited.
    """
    told = {**survey.roster.optional_columns, **survey.roster.columns}
    columns = {
        name: pl.col(told[name]).cast(pl.String) if told.get(name) in frame.columns else pl.lit(None, dtype=pl.String)
        for name in ("joined_on", "left_on", "status")
    }
    values = list(survey.invitations.values)
    lists = [
        pl.when(~pl.col(column).cast(pl.String).is_in(values).fill_null(False)).then(pl.lit(wave))
        for wave, column in survey.invitations.columns.items()
        if column in frame.columns
    ]
    none = pl.lit(None, dtype=pl.String)
    uninvited = pl.concat_list(lists or [none]).list.drop_nulls()
    return frame.select(members.alias("panel_member_id"), **columns, uninvited=uninvited).drop_nulls("panel_member_id")


def years_of(survey: Survey, source: str, frame: pl.DataFrame) -> pl.Series:
    """Return the year in which each row of a delivery was true: of its interview, or of joining; null when not known.

    Args:
        source: `roster` or the wave of the delivery.
        frame: delivered columns as text.
    """
    nowhere = pl.repeat(None, frame.height, dtype=pl.Int32, eager=True)
    if source != ROSTER and not survey.has_wave(source):
        return nowhere
    definition = survey.roster if source == ROSTER else survey.wave(source).source
    told = {**definition.optional_columns, **definition.columns}
    column = next(
        (told[name] for name in ("completed_year", "completed_at", "joined_on") if told.get(name) in frame.columns),
        None,
    )
    years = nowhere if column is None else _years(frame[column].cast(pl.String), definition, told)
    start = None if source == ROSTER else survey.wave(source).fieldwork_start
    return years.fill_null(start.year) if start else years


def _years(values: pl.Series, definition: Source, told: dict[str, str]) -> pl.Series:
    """Return the year that a time begins with, or has in the declared layout."""
    begins = values.str.slice(0, 4).cast(pl.Int32, strict=False)
    layout = definition.completed_at_format if "completed_at" in told else None
    if layout is None:
        return begins
    return values.str.strptime(pl.Datetime, layout, strict=False).dt.year().cast(pl.Int32).fill_null(begins)


def combined(survey: Survey, stored: pl.DataFrame, delivered: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return stored and newly delivered values together; a newly delivered one counts.

    A variable that declares the day on which it was true has that day's year.
    """
    known = stored.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    told = [one for one in delivered if one.height]
    both = pl.concat([*told, known]).unique(_KEY, keep="first", maintain_order=True) if told else known
    declared = {one.name: one.known_on.year for one in survey.profile if one.known_on is not None}
    year = (
        pl.col("variable").replace_strict(declared, default=None, return_dtype=pl.Int32) if declared else pl.lit(None)
    )
    return both.with_columns(known_year=pl.coalesce(year, "known_year"))
