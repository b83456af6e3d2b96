"""Validate a survey's deliveries, each beside what is known of its members and the waves before it."""

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.read_again import is_latest
from flows.run_context import Night, current
from pipeline import answer_shares, deliveries, intake, known_profile, validation, warehouse
from pipeline.definitions import MAILINGS
from pipeline.intake import Reading
from pipeline.member_lists import MemberList
from pipeline.rules import ROSTER
from pipeline.validation import ValidationReport


@task(task_run_name="validate-{survey}", cache_policy=NO_CACHE)
def validate_deliveries(survey: str, readings: list[Reading], known: list[Reading]) -> list[ValidationReport]:
    """Return a report for each delivery of a survey, in order; a held one is no measure for those after it.

    Args:
        known: what was accepted tonight already.
    """
    night = current()
    stored = warehouse.read(night.connection, known_profile.stored_sql(night.surveys[survey]), [survey])
    fixed = [known_profile.of_delivery(one.survey, one.source, one.frame, one.members) for one in [*readings, *known]]
    profile = known_profile.combined(night.surveys[survey], stored, fixed)
    panel = _panel(night, survey, known)
    accepted, reports = list(known), []
    with validation.judging() as judge:
        for one in readings:
            to_validate = intake.to_validate(
                one,
                profile,
                _rows_delivered(night, survey, one, accepted),
                panel,
                _shares(night, survey, accepted),
                _elsewhere(night, one),
                _list_before(night, one),
                _other_days(night, one),
                is_latest=is_latest(night, night.surveys[survey], one.source),
            )
            reports.append(judge(to_validate))
            accepted += [] if reports[-1].is_held else [one]
    return reports


def _list_before(night: Night, reading: Reading) -> MemberList | None:
    """Return the member list that another one, just read, would supersede, or superseded when it came."""
    if reading.source != ROSTER:
        return None
    told = {**reading.survey.roster.optional_columns, **reading.survey.roster.columns}
    return warehouse.list_before(night.connection, reading.survey.survey, reading.delivery_id, told.get("list_date"))


def _other_days(night: Night, reading: Reading) -> pl.DataFrame | None:
    """Return the days that the times of a delivery are judged beside."""
    asked = known_profile.other_days_query(reading.survey, reading.source, reading.delivery_id)
    return None if asked is None else warehouse.read(night.connection, *asked)


def _elsewhere(night: Night, reading: Reading) -> pl.DataFrame | None:
    """Return who answered in another part of the wave."""
    if not (reading.part and reading.survey.has_wave(reading.source)):
        return None
    if reading.survey.wave(reading.source).both_answered:
        return None
    wave = night.surveys[reading.survey.survey].wave(reading.source)
    people = warehouse.people_in_parts(night.connection, reading.survey.survey, wave)
    return people.filter(pl.col("part") != reading.part).select("panel_member_id", "part")


def _shares(night: Night, survey: str, accepted: list[Reading]) -> pl.DataFrame:
    """Return how often each answer was given in each wave; of a file read twice tonight, the last reading counts."""
    stored = warehouse.read(night.connection, answer_shares.STORED_SQL, [survey])
    new = {(one.source, one.part): one.answer_counts for one in accepted if one.survey.has_wave(one.source)}
    return answer_shares.combined(stored, new)


def _panel(night: Night, survey: str, known: list[Reading]) -> pl.DataFrame:
    """Return what the member list says of being in the panel: tonight's list, else the one in use."""
    for one in [] if any(one.source == MAILINGS for one in known) else known:  # then tables were built anew
        if one.source == ROSTER:
            return known_profile.of_member_list(one.survey, one.frame, one.members)
    return warehouse.read(night.connection, known_profile.PANEL_SQL, [survey])


def _rows_delivered(night: Night, survey: str, reading: Reading, accepted: list[Reading]) -> dict[str, int]:
    """Return how many rows came of each wave, tonight or before; of a part, those of the same part of other waves."""
    rows = warehouse.read(
        night.connection,
        "select source, part, n_delivered from raw.deliveries where survey = ? and status = 'accepted'",
        [survey],
    )
    counts = {(source, part): n for source, part, n in rows.iter_rows()}
    counts |= {(one.source, one.part): one.frame.height for one in accepted}
    wanted = deliveries.part_of(reading.part)
    found: dict[str, int] = {}
    for (source, part), n in counts.items():
        found[source] = found.get(source, 0) + (n if wanted in ("", deliveries.part_of(part)) else 0)
    return found
