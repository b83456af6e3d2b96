"""Take in what came tonight: member lists first, then the waves, each survey's deliveries validated together."""

import polars as pl
from prefect.artifacts import create_table_artifact

from flows import ingest_wave
from flows.ingest_wave import Arrival
from flows.run_context import Night, current
from pipeline import warehouse
from pipeline.intake import Reading
from pipeline.rules import ROSTER
from pipeline.validation import ValidationReport, check_rows


def take_in() -> None:
    """Archive, read, validate and store every delivery that came or whose definitions changed."""
    night = current()
    arrivals = ingest_wave.discover()
    for survey in night.surveys:
        _take_in_survey(night, survey, [one for one in arrivals if one.survey == survey])
    _show(night)


def _take_in_survey(night: Night, survey: str, arrivals: list[Arrival]) -> None:
    """Take in one survey's deliveries; waves wait in the inbox while there is no member list to know people by."""
    rosters = [one for one in arrivals if one.source == ROSTER]
    waves = [one for one in arrivals if one.source != ROSTER]
    read = _read(survey, rosters)
    if not read and not _has_roster(night, survey):
        for arrival in waves:
            night.problems.append(
                f"{survey}, {arrival.source}: {arrival.file_name} waits, as the member list "
                f"({night.surveys[survey].roster.file}) has not been accepted. Deliver it."
            )
        return
    read |= _read(survey, waves)
    if not read:
        return
    reports = ingest_wave.validate_deliveries(survey, list(read.values()))
    for (arrival, reading), report in zip(read.items(), reports, strict=True):
        if ingest_wave.load_delivery(survey, arrival.source, arrival, reading, report) and arrival.source != ROSTER:
            night.accepted.append((survey, arrival.source))
        night.seconds["great expectations"] = night.seconds.get("great expectations", 0.0) + report.seconds
    _store_checks(night, survey, list(read.values()), reports)


def _read(survey: str, arrivals: list[Arrival]) -> dict[Arrival, Reading]:
    read = {one: ingest_wave.read_delivery(survey, one.source, one) for one in arrivals}
    return {arrival: reading for arrival, reading in read.items() if reading is not None}


def _has_roster(night: Night, survey: str) -> bool:
    rows = warehouse.read(
        night.connection,
        "select 1 as found from raw.deliveries where survey = ? and source = 'roster' and status = 'accepted'",
        [survey],
    )
    return rows.height > 0


def _store_checks(night: Night, survey: str, readings: list[Reading], reports: list[ValidationReport]) -> None:
    """Replace what validation found of these sources by what it found tonight."""
    found = check_rows(reports, night.run_id, night.started_at.replace(tzinfo=None))
    with warehouse.transaction(night.connection):
        for reading in readings:
            warehouse.delete_rows(night.connection, "log.checks", survey=survey, wave=reading.source)
        warehouse.insert_rows(night.connection, "log.checks", found)


def _show(night: Night) -> None:
    """Show in the Prefect UI what became of every delivery: accepted, refused, held and why."""
    rows = deliveries_table(night)
    if rows.height:
        create_table_artifact(
            key="deliveries",
            table=rows.to_dicts(),
            description="Every delivery: rows accepted and refused, and why it is held.",
        )


def deliveries_table(night: Night) -> pl.DataFrame:
    """Return each survey and source's newest delivery: its rows, its status, and why it is held."""
    return warehouse.read(
        night.connection,
        """
        with newest as (
            select *
            from raw.deliveries
            qualify row_number() over (
                partition by survey, source order by received_at desc, (status = 'accepted') desc, delivery_id
            ) = 1
        ),

        reasons as (
            select survey, wave as source, string_agg(message, ' ' order by message) as reason
            from log.checks
            where not success and severity = 'critical'
            group by survey, wave
        )

        select
            newest.survey, newest.source as wave, newest.file_name, newest.status,
            newest.n_delivered, newest.n_accepted, newest.n_refused,
            if(newest.status = 'held', coalesce(reasons.reason, 'too many rows refused'), '') as reason
        from newest
        left join reasons on newest.survey = reasons.survey and newest.source = reasons.source
        order by newest.survey, newest.source
        """,
    )
