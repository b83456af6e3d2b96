"""Which stored deliveries would be read otherwise now: definitions, members or what they are compared with changed."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from flows.arrivals import HASH_LENGTH, Arrival, deliveries_in_use, note_fault, parts_in_use
from flows.run_context import Night, current
from pipeline import deliveries, warehouse
from pipeline.definitions import CROSSWALK, MAILINGS, Survey
from pipeline.errors import DeliveryError
from pipeline.fingerprint import text_hash
from pipeline.rules import ROSTER

Slot = tuple[str, str]  # source and part
UNDECLARED = "declared-part"  # the check that a delivery fails whose part the definitions no longer name


def to_read_again(survey: str, sources: Collection[str], arriving: Collection[Slot], done: set[str]) -> list[Arrival]:
    """Return the newest delivery of each part that would be read otherwise now: definitions or members changed.

    Args:
        sources: those to look at.
        arriving: source and part of what came and is still to be read.
        done: inputs of what was read again tonight already; those returned are added, so that nothing is read twice
            with the same inputs.
    """
    night = current()
    in_use, steps = deliveries_in_use(night, survey), warehouse.steps_done(night.connection, survey)
    found: dict[Slot, Arrival] = {}
    for arrival in _newest(night, survey):
        if arrival.source not in sources:
            continue
        inputs = ingest_inputs(night, arrival, in_use)
        if arrival.slot in arriving or arrival.slot in found or inputs in done:
            continue
        if night.is_full or steps.get(ingest_step(arrival)) != inputs:
            found[arrival.slot] = arrival
            done.add(inputs)
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
    elsewhere = survey.known_from - {arrival.source} if arrival.source != ROSTER else set()
    return text_hash(
        arrival.delivery_id,
        [in_use.get(one) for one in sorted(elsewhere)],
        _compared_with(night, survey, arrival, in_use),
        night.declared(arrival.survey).behind_reading(arrival.source),
        night.code_version,
    )


def _compared_with(night: Night, survey: Survey, arrival: Arrival, in_use: dict[str, list[str]]) -> list[str]:
    """Return the deliveries of the wave before and, where nobody may answer in two parts, of the other parts."""
    if not survey.has_wave(arrival.source):
        return []
    wave = survey.wave(arrival.source)
    before = [one.wave for one in survey.waves if one.wave_number < wave.wave_number]
    compared = in_use.get(before[-1], []) if before else []
    if not wave.parts or wave.both_answered:
        return compared
    parts = parts_in_use(night, arrival.survey, arrival.source)
    return [*compared, *sorted(one for part, one in parts.items() if part != arrival.part)]
