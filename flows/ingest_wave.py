"""Take deliveries in: archive every file as received, read it, validate it, and accept or hold it."""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import Night, current
from pipeline import answer_shares, deliveries, intake, known_profile, validation, warehouse
from pipeline.definitions import CROSSWALK, Survey
from pipeline.errors import DeliveryError
from pipeline.fingerprint import file_hash, inbox_files, text_hash
from pipeline.intake import Reading
from pipeline.rules import CRITICAL, ROSTER
from pipeline.run_log import replace_bytes, replace_text
from pipeline.validation import ValidationReport, check_rows

HASH_LENGTH = 64  # of a SHA-256 in hexadecimal
UNREADABLE = "readable-file"  # the check that a file fails which no rule could be tried on


@dataclass(frozen=True)
class Arrival:
    """One delivery to look at tonight: a new file, or an archived one whose definitions changed."""

    delivery_id: str
    survey: str
    source: str  # "roster" or a wave
    file_name: str
    archived: Path
    received_at: datetime  # UTC, without zone


def discover() -> list[Arrival]:
    """Archive what waits in the inbox and return what came, in the order of its names."""
    night = current()
    return [arrival for path in inbox_files(night.workspace) if (arrival := _arrive(night, path))]


def in_order(survey: Survey, arrivals: list[Arrival]) -> list[Arrival]:
    """Return deliveries as they are taken in: member lists first, then the waves as they were fielded."""
    place = {ROSTER: 0, CROSSWALK: 0} | {wave.wave: wave.wave_number for wave in survey.waves}
    return sorted(arrivals, key=lambda one: place[one.source])


def _arrive(night: Night, path: Path) -> Arrival | None:
    """Archive one file of the inbox; None when no definition names it, or it is here already."""
    name = path.relative_to(night.workspace.inbox).as_posix()
    owner = deliveries.match(name, list(night.surveys.values()))
    if owner is None:
        night.waiting[name] = file_hash(path)
        night.say(f"{name}: left in the inbox, no definition names it")
        return None
    survey, source = owner
    archived = _archive(night, path)
    digest = archived.name[:HASH_LENGTH]
    night.waiting[name] = digest
    known = warehouse.read(
        night.connection,
        "select status from raw.deliveries where delivery_id = ? and survey = ? and source = ?",
        [digest, survey, source],
    )
    if known.height and known["status"][0] == "accepted" and not night.is_full:
        night.say(f"{name}: the same file as before, nothing to do")
        leave_inbox(night, name, digest)
        return None
    return Arrival(digest, survey, source, name, archived, datetime.now(UTC).replace(tzinfo=None))


def _archive(night: Night, path: Path) -> Path:
    """Keep a copy under the hash of what was copied, even if the file is still being written, and return it."""
    part = night.workspace.archive / ".arriving.part"
    with path.open("rb") as delivered, part.open("wb") as copy:
        shutil.copyfileobj(delivered, copy)
        copy.flush()
        os.fsync(copy.fileno())
    archived = night.workspace.archive / f"{file_hash(part)}{''.join(path.suffixes[-2:])}"
    if archived.exists():
        part.unlink()
    else:
        os.replace(part, archived)
    return archived


def to_read_again(survey: str, arriving: set[str]) -> list[Arrival]:
    """Return the newest delivery of each source that would be read otherwise now: definitions or members changed.

    Args:
        arriving: sources of which something new came.
    """
    night = current()
    definition = night.surveys[survey]
    newest = warehouse.read(
        night.connection,
        """
        select delivery_id, source, file_name, received_at
        from raw.deliveries
        where survey = ?
        qualify row_number() over (
            partition by source order by received_at desc, (status = 'accepted') desc, delivery_id
        ) = 1
        """,
        [survey],
    )
    found = []
    for delivery_id, source, file_name, received_at in newest.iter_rows():
        if source in arriving or not (source in (ROSTER, CROSSWALK) or definition.has_wave(source)):
            continue
        done = warehouse.step_inputs(night.connection, survey, f"ingest-{source}")
        if night.is_full or done != ingest_inputs(night, survey, source, delivery_id):
            archived = _archived(night, survey, source, delivery_id)
            found.append(Arrival(delivery_id, survey, source, file_name, archived, received_at))
    return found


def _archived(night: Night, survey: str, source: str, delivery_id: str) -> Path:
    kept = sorted(night.workspace.archive.glob(f"{delivery_id}*"))
    if not kept:
        raise DeliveryError(
            f"{survey}, {source}: {night.workspace.archive} has no file {delivery_id[:12]}…, which the working store "
            "was made from. Restore it from a backup, or deliver the file again."
        )
    return kept[0]


def ingest_inputs(night: Night, survey: str, source: str, delivery_id: str) -> str:
    """Return what the reading of a delivery depends on: a wave's also on where members and their profile are known."""
    elsewhere = night.surveys[survey].known_from - {source} if source != ROSTER else set()
    in_use = deliveries_in_use(night, survey)
    known_from = [in_use.get(one) for one in sorted(elsewhere)]
    return text_hash(delivery_id, known_from, night.definitions_hash[survey], night.code_version)


def deliveries_in_use(night: Night, survey: str) -> dict[str, str]:
    """Return the accepted delivery of each source."""
    rows = warehouse.read(
        night.connection,
        "select source, delivery_id from raw.deliveries where survey = ? and status = 'accepted'",
        [survey],
    )
    return dict(rows.iter_rows())


@task(task_run_name="read-{survey}-{source}", cache_policy=NO_CACHE)
def read_delivery(survey: str, source: str, arrival: Arrival) -> Reading | None:
    """Read one delivery; put it into quarantine with its reason, and return None, when it cannot be read."""
    night = current()
    try:
        reading = intake.read(
            night.workspace,
            night.surveys[survey],
            source,
            arrival.archived,
            arrival.file_name,
            known=intake.KnownPeople(_members(night, survey), night.person_of.get(survey, {})),
            enrol=True,
        )
    except DeliveryError as error:
        _quarantine(night, arrival, str(error))
        return None
    return reading


def _members(night: Night, survey: str) -> list[str]:
    """Return the ids of the member list in use, taken in tonight or before."""
    if survey not in night.member_ids:
        rows = warehouse.read(night.connection, "select panel_member_id from core.members where survey = ?", [survey])
        night.member_ids[survey] = rows["panel_member_id"].to_list()
    return night.member_ids[survey]


def _quarantine(night: Night, arrival: Arrival, reason: str) -> None:
    """Keep an unreadable file with the reason beside it, and say so."""
    kept = night.workspace.quarantine / Path(arrival.file_name).name
    if kept.exists() and file_hash(kept) != arrival.delivery_id:
        kept = kept.with_name(f"{arrival.delivery_id[:12]}-{kept.name}")
    replace_bytes(kept, arrival.archived.read_bytes())
    replace_text(kept.with_name(kept.name + ".reason.txt"), reason + "\n")
    unreadable = {
        "run_id": night.run_id,
        "survey": arrival.survey,
        "wave": arrival.source,
        "file_name": arrival.file_name,
        "rule": UNREADABLE,
        "severity": CRITICAL,
        "success": False,
        "n_checked": 1,
        "n_failed": 1,
        "message": reason,
        "checked_at": night.started_at.replace(tzinfo=None),
    }
    key = {"survey": arrival.survey, "wave": arrival.source, "rule": UNREADABLE}
    warehouse.replace_rows(night.connection, "log.checks", pl.DataFrame([unreadable]), **key)
    night.say(f"{arrival.file_name}: put into quarantine. {reason}")
    leave_inbox(night, arrival.file_name, arrival.delivery_id)


def leave_inbox(night: Night, file_name: str, delivery_id: str) -> None:
    """Take a delivery that is safe in the archive out of the inbox, unless another one has taken its place."""
    waiting = night.workspace.inbox / file_name
    if waiting.exists() and file_hash(waiting) == delivery_id:
        waiting.unlink()
        night.waiting.pop(file_name, None)


@task(task_run_name="validate-{survey}", cache_policy=NO_CACHE)
def validate_deliveries(survey: str, readings: list[Reading], known: list[Reading]) -> list[ValidationReport]:
    """Return a report for each delivery of a survey, in order.

    Args:
        known: what was accepted tonight already and tells of members: their list.
    """
    night = current()
    definition = night.surveys[survey]
    stored = warehouse.read(
        night.connection, "select panel_member_id, variable, value from core.profile where survey = ?", [survey]
    )
    fixed = [known_profile.of_delivery(definition, one.source, one.frame, one.members) for one in [*readings, *known]]
    profile = known_profile.combined(stored, fixed)
    rows_of = _rows_delivered(night, survey) | {one.source: one.frame.height for one in readings}
    panel = _panel(night, survey, known)
    shares = _shares(night, survey, [*readings, *known])
    return validation.validate([intake.to_validate(one, profile, rows_of, panel, shares) for one in readings])


def _shares(night: Night, survey: str, readings: list[Reading]) -> pl.DataFrame:
    """Return how often each answer was given in each wave, those of tonight among them."""
    stored = warehouse.read(night.connection, answer_shares.STORED_SQL, [survey])
    waves = [one for one in readings if one.survey.has_wave(one.source)]
    new = [answer_shares.of_delivery(one.survey, one.survey.wave(one.source), one.frame, one.members) for one in waves]
    return answer_shares.combined(stored, new)


def _panel(night: Night, survey: str, known: list[Reading]) -> pl.DataFrame:
    """Return what the member list says of being in the panel: tonight's list, else the one in use."""
    for one in known:
        if one.source == ROSTER:
            return known_profile.of_member_list(one.survey, one.frame, one.members)
    return warehouse.read(night.connection, known_profile.PANEL_SQL, [survey])


def _rows_delivered(night: Night, survey: str) -> dict[str, int]:
    rows = warehouse.read(
        night.connection,
        "select source, n_delivered from raw.deliveries where survey = ? and status = 'accepted'",
        [survey],
    )
    return dict(rows.iter_rows())


@task(task_run_name="load-{survey}-{source}", cache_policy=NO_CACHE)
def load_delivery(survey: str, source: str, arrival: Arrival, reading: Reading, report: ValidationReport) -> bool:
    """Store a delivery with all its rows, accepted or held; return whether it is accepted."""
    night = current()
    night.seconds["great expectations"] = night.seconds.get("great expectations", 0.0) + report.seconds
    if report.is_held and deliveries_in_use(night, survey).get(source) == arrival.delivery_id:
        _freeze(night, arrival, report)
        return False
    delivery = warehouse.Delivery(
        delivery_id=arrival.delivery_id,
        survey=survey,
        source=source,
        file_name=arrival.file_name,
        received_at=arrival.received_at,
        status="held" if report.is_held else "accepted",
        id_column=intake.described(night.surveys[survey], source).columns.get("panel_member_id", ""),
    )
    found = check_rows([report], night.run_id, night.started_at.replace(tzinfo=None))
    with warehouse.transaction(night.connection):
        warehouse.load_delivery(night.connection, delivery, reading.with_pseudonyms, report.refused)
        warehouse.replace_rows(night.connection, "log.checks", found, survey=survey, wave=source)
        drifts = _drifts(arrival, reading, report)
        key = {"survey": survey, "source": source, "delivery_id": arrival.delivery_id}
        warehouse.replace_rows(night.connection, "raw.profile_drifts", drifts, **key)
        inputs = ingest_inputs(night, survey, source, arrival.delivery_id)
        warehouse.remember_step(night.connection, survey, f"ingest-{source}", inputs)
    leave_inbox(night, arrival.file_name, arrival.delivery_id)
    _tell(night, report, reading.frame.height)
    return not report.is_held


def _drifts(arrival: Arrival, reading: Reading, report: ValidationReport) -> pl.DataFrame:
    """Return the members of whom a delivery says otherwise than is known, and in which variable."""
    drifted = report.drifted
    return drifted.select(
        pl.lit(arrival.survey).alias("survey"),
        pl.lit(arrival.source).alias("source"),
        pl.lit(arrival.delivery_id).alias("delivery_id"),
        reading.members.gather(drifted["row_number"] - 1).alias("panel_member_id"),
        "variable",
    ).drop_nulls("panel_member_id")


def _freeze(night: Night, arrival: Arrival, report: ValidationReport) -> None:
    """Keep in use a delivery that breaks its rules since they changed; none of its figures is made again."""
    night.frozen.add((arrival.survey, arrival.source))
    where = f"{arrival.survey}, {arrival.source}"
    night.problems.append(
        f"{where}: held. The delivery in use breaks the rules as they are now; its figures stay as they were. "
        f"{' '.join(report.faults)}"
    )
    night.say(night.problems[-1])


def _tell(night: Night, report: ValidationReport, n_rows: int) -> None:
    """Say in plain words what became of a delivery."""
    where = f"{report.survey}, {report.wave}"
    if report.is_held:
        night.say(f"{where}: held, {n_rows:,} rows kept and not used")
        for fault in report.faults:
            night.say(f"  - {fault}")
        return
    n_refused = report.refused["row_number"].n_unique()
    night.say(f"{where}: {n_rows - n_refused:,} rows accepted, {n_refused:,} refused")
