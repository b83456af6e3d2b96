"""Which stored deliveries would be read otherwise now: definitions, members or what they are compared with changed."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from flows.arrivals import HASH_LENGTH, Arrival, deliveries_in_use, note_fault, parts_in_use
from flows.run_context import Night, current
from pipeline import deliveries, known_profile, warehouse
from pipeline.definitions import CROSSWALK, MAILINGS, Survey
from pipeline.errors import DeliveryError
from pipeline.fingerprint import text_hash
from pipeline.rules import ROSTER
from pipeline.step_inputs import waves_compared_with

Slot = tuple[str, str]  # source and part
UNDECLARED = "declared-part"  # the check that a delivery fails whose part the definitions no longer name


def to_read_again(survey: str, sources: Collection[str], arriving: Collection[Slot]) -> list[Arrival]:
    """Return the newest delivery of each part that would be read otherwise now: definitions or members changed.

    Args:
        sources: those to look at.
        arriving: source and part of what came and is still to be read.

    Nothing is read twice in a night with the same inputs.
    """
    night = current()
    in_use, steps = deliveries_in_use(night, survey), warehouse.steps_done(night.connection, survey)
    found: dict[Slot, Arrival] = {}
    for arrival in _newest(night, survey):
        if arrival.source not in sources:
            continue
        inputs = ingest_inputs(night, arrival, in_use)
        step = ingest_step(arrival)
        if arrival.slot in arriving or arrival.slot in found or (survey, step, inputs) in night.read_with:
            continue
        if night.is_full or steps.get(step) != inputs:
            found[arrival.slot] = arrival
            night.read_with.add((survey, step, inputs))
    return list(found.values())


def _newest(night: Night, survey: str) -> list[Arrival]:
    """Return the newest delivery of each part that the definitions still know, newest first."""
    definition = night.surveys[survey]
    rows = warehouse.read(
        night.connection,
        """
        select delivery_id, source, part, file_name, received_at, status
        from raw.deliveries
        where survey = ?
        qualify row_number() over (
            partition by source, part order by received_at desc, (status = 'accepted') desc, delivery_id
        ) = 1
        order by received_at desc, delivery_id
        """,
        [survey],
    )
    newest, kept = [], _archived_files(night)
    for delivery_id, source, stored, file_name, received_at, status in rows.iter_rows():
        if not (source in (ROSTER, CROSSWALK, MAILINGS) or definition.has_wave(source)):
            continue
        archived = _archived(night, kept, f"{survey}, {source}", delivery_id)
        arrival = Arrival(delivery_id, survey, source, file_name, archived, received_at, stored)
        part = deliveries.part_now(definition, source, file_name, stored)
        if part is None:
            _set_aside(night, arrival, status)
        else:
            newest.append(replace(arrival, part=part))
    return newest


def _set_aside(night: Night, arrival: Arrival, status: str) -> None:
    """Hold a delivery whose part is no longer declared, and say why."""
    if status != "accepted":
        return
    wave = night.surveys[arrival.survey].wave(arrival.source)
    parts = ", ".join(one.part for one in wave.parts) or "one piece"
    reason = (
        f"{arrival.file_name} was delivered as {deliveries.part_of(arrival.part) or 'the whole wave'}, which the "
        f"definition of {arrival.source} no longer declares (it has {parts}); none of its rows is used. Declare the "
        "part again, or give a part a file pattern that fits the name."
    )
    key = {"survey": arrival.survey, "source": arrival.source, "delivery_id": arrival.delivery_id}
    with warehouse.transaction(night.connection):
        warehouse.set_delivery_status(night.connection, **key, status="held")
        note_fault(night, arrival, UNDECLARED, reason)
    night.say(f"{arrival.where}: held. {reason}")


def _archived_files(night: Night) -> dict[str, Path]:
    """Return every archived file by the hash that its name begins with."""
    return {path.name[:HASH_LENGTH]: path for path in sorted(night.workspace.archive.iterdir(), reverse=True)}


def _archived(night: Night, kept: dict[str, Path], where: str, delivery_id: str) -> Path:
    if delivery_id not in kept:
        raise DeliveryError(
            f"{where}: {night.workspace.archive} has no file {delivery_id[:12]}…, which the working store "
            "was made from. Restore it from a backup, or deliver the file again."
        )
    return kept[delivery_id]


def ingest_step(arrival: Arrival) -> str:
    """Return the step under which is remembered what a delivery was last read with."""
    return f"ingest-{arrival.source}-{arrival.part}" if arrival.part else f"ingest-{arrival.source}"


def ingest_inputs(night: Night, arrival: Arrival, in_use: dict[str, list[str]]) -> str:
    """Return what the reading of a delivery depends on: where members are known from, and what it is compared with."""
    survey = night.surveys[arrival.survey]
    compared = waves_compared_with(survey, arrival.source, in_use)
    elsewhere = survey.known_from - {arrival.source} if arrival.source != ROSTER else set()
    return text_hash(
        arrival.delivery_id,
        [in_use.get(one) for one in sorted(elsewhere)],
        [in_use.get(wave) for wave in compared],
        _other_parts(night, survey, arrival),
        is_latest(night, survey, arrival.source) if survey.uninvited_statuses else None,
        _invited(night, survey, arrival.source),
        night.declared(arrival.survey).behind_reading(arrival.source, compared),
        night.code_version,
    )


def _invited(night: Night, survey: Survey, source: str) -> str | None:
    """Return who was first invited to a wave on which day by its mailings, as a hash."""
    if survey.mailings is None or not survey.has_wave(source):
        return None
    first_days = f"select {warehouse.rows_hash('panel_member_id, day')} from ({known_profile.INVITED_SQL})"
    return str(warehouse.read(night.connection, first_days, [survey.survey, source]).item())


def is_latest(night: Night, survey: Survey, source: str) -> bool:
    """Return whether no later wave was delivered, so that the statuses of the member list are those of this one."""
    rows = warehouse.read(night.connection, "select source from raw.deliveries where survey = ?", [survey.survey])
    arriving = {one for of, one in night.arriving if of == survey.survey}
    return deliveries.is_latest(survey, source, arriving | set(rows["source"]))


def _other_parts(night: Night, survey: Survey, arrival: Arrival) -> list[str]:
    """Return the deliveries of the other parts, where nobody may answer in two."""
    if not survey.has_wave(arrival.source):
        return []
    wave = survey.wave(arrival.source)
    if not wave.parts or wave.both_answered:
        return []
    parts = parts_in_use(night, arrival.survey, arrival.source)
    return sorted(one for part, one in parts.items() if part != arrival.part)
