"""Take in what came tonight: member lists first, then the waves, each survey's deliveries validated together."""

import polars as pl
from prefect.artifacts import create_table_artifact

from flows import arrivals, ingest_wave, join_members, read_again, validate_deliveries
from flows.arrivals import Arrival
from flows.build_tables import build_tables
from flows.run_context import Night, current, unsearched
from pipeline import warehouse
from pipeline.definitions import CROSSWALK, MAILINGS, ROSTER, Survey
from pipeline.intake import Reading


def take_in() -> None:
    """Archive, read, validate and store every delivery that came, or that would be read otherwise now."""
    night = current()
    warehouse.drop_unlisted_rows(night.connection)
    came = arrivals.discover()
    night.arriving = {(one.survey, one.source) for one in came}
    for survey in night.surveys:
        _take_in_survey(night, survey, [one for one in came if one.survey == survey])
    _show(night)


def _take_in_survey(night: Night, survey: str, came: list[Arrival]) -> None:
    """Take in one survey's deliveries; waves wait in the inbox while there is no member list to know people by."""
    known: list[Reading] = []
    before = join_members.known_members(survey)
    for sources in _stages(night.surveys[survey]):
        here = [one for one in came if one.source in sources]
        if _waits_for_list(night, survey, sources):
            _wait(night, survey, here)
            continue
        while here := [*here, *_again(survey, sources, here)]:
            for those in arrivals.in_rounds(night.surveys[survey], here):
                known += _take_in_sources(night, survey, those, known)
            here = []
        if MAILINGS in sources and any(one.source == MAILINGS for one in known):
            build_tables()  # who was invited, by which the waves are judged
        join_members.join_members(survey)
    join_members.tell(survey, before)


def _again(survey: str, sources: set[str], arriving: list[Arrival]) -> list[Arrival]:
    """Return what is to be read again of these sources, beside what came."""
    return read_again.to_read_again(survey, sources, {one.slot for one in arriving})


def _waits_for_list(night: Night, survey: str, sources: set[str]) -> bool:
    """Return whether people cannot be known yet: there is to be a member list, and none is accepted."""
    is_listed = night.surveys[survey].has_member_list and not sources & {ROSTER, CROSSWALK}
    return is_listed and ROSTER not in arrivals.deliveries_in_use(night, survey)


def _stages(survey: Survey) -> list[set[str]]:
    """Return the lists of people, the waves where profiles are known from, and the others; those before judge each."""
    waves = {wave.wave for wave in survey.waves}
    telling = survey.known_from & waves
    return [{ROSTER}, {CROSSWALK}, {MAILINGS}, telling, waves - telling]


def _wait(night: Night, survey: str, waiting: list[Arrival]) -> None:
    for arrival in waiting:
        night.problems.append(
            f"{survey}, {arrival.source}: {arrival.file_name} waits, as the member list "
            f"({night.surveys[survey].roster.file}) has not been accepted. Deliver it."
        )
        night.say(night.problems[-1])


def _take_in_sources(night: Night, survey: str, new: list[Arrival], known: list[Reading]) -> list[Reading]:
    """Read, validate and store deliveries; return those accepted."""
    read = {one: ingest_wave.read_delivery(survey, one.source, one) for one in new}
    readings = {arrival: reading for arrival, reading in read.items() if reading is not None}
    if not readings:
        return []
    accepted = []
    together = (unsearched(list(readings.values())), unsearched(known))
    with ingest_wave.writing(readings) as written:
        reports = validate_deliveries.validate_deliveries(survey, *together)
        for (arrival, reading), report in zip(readings.items(), reports, strict=True):
            about = (unsearched(reading), unsearched(report), unsearched(written.get(arrival)))
            if ingest_wave.load_delivery(survey, arrival.source, arrival, *about):
                accepted.append(reading)
                if arrival.source == ROSTER:
                    is_refused = reading.frame["row_number"].is_in(report.refused["row_number"].implode())
                    night.member_ids[survey] = reading.members.filter(~is_refused).drop_nulls()
    return accepted


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
    """Return the newest delivery of each source and part: its rows, its status, and why it is held."""
    return warehouse.read(
        night.connection,
        """
        with newest as (
            select *
            from raw.deliveries
            qualify row_number() over (
                partition by survey, source, part order by received_at desc, (status = 'accepted') desc, delivery_id
            ) = 1
        ),

        reasons as (
            select survey, wave as source, part, string_agg(message, ' ' order by message) as reason
            from log.checks
            where not success and severity = 'critical'
            group by survey, wave, part
        )

        select
            newest.survey,
            newest.source || if(newest.part = '', '', ' (' || newest.part || ')') as wave,
            newest.file_name, newest.status,
            newest.n_delivered, newest.n_accepted, newest.n_refused,
            if(newest.status = 'held', coalesce(reasons.reason, 'too many rows refused'), '') as reason
        from newest
        left join reasons
            on newest.survey = reasons.survey and newest.source = reasons.source and newest.part = reasons.part
        order by newest.survey, newest.source, newest.part
        """,
    )
