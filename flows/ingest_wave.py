"""Take deliveries in: archive every file as received, read it, validate it, and accept or hold it."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import Night, current
from pipeline import deliveries, intake, known_profile, validation, warehouse
from pipeline.definitions import Survey
from pipeline.errors import DeliveryError
from pipeline.fingerprint import file_hash, inbox_files
from pipeline.intake import Reading
from pipeline.rules import ROSTER
from pipeline.run_log import replace_text
from pipeline.validation import ValidationReport


@dataclass(frozen=True)
class Arrival:
    """One delivery to look at tonight: a new file, or an archived one whose definitions changed."""

    delivery_id: str
    survey: str
    source: str  # "roster" or a wave
    file_name: str
    archived: Path


def discover() -> list[Arrival]:
    """Archive what waits in the inbox and return the deliveries to look at, member lists first, waves in order."""
    night = current()
    arrivals = [arrival for path in inbox_files(night.workspace) if (arrival := _arrive(night, path))]
    arrivals += _changed_definitions(night, {(one.survey, one.source) for one in arrivals})
    return sorted(arrivals, key=lambda one: (one.survey, _place(night.surveys[one.survey], one.source)))


def _place(survey: Survey, source: str) -> int:
    return 0 if source == ROSTER else survey.wave(source).wave_number


def _arrive(night: Night, path: Path) -> Arrival | None:
    """Archive one file of the inbox; None when no definition names it, or it is here already."""
    name = path.relative_to(night.workspace.inbox).as_posix()
    owner = deliveries.match(name, list(night.surveys.values()))
    if owner is None:
        night.say(f"{name}: left in the inbox, no definition names it")
        return None
    survey, source = owner
    digest = file_hash(path)
    archived = night.workspace.archive / f"{digest}{''.join(path.suffixes[-2:])}"
    if not archived.exists():
        part = archived.with_name(archived.name + ".part")
        shutil.copyfile(path, part)
        part.rename(archived)
    known = warehouse.read(
        night.connection,
        "select status from raw.deliveries where delivery_id = ? and survey = ? and source = ?",
        [digest, survey, source],
    )
    if known.height and known["status"][0] == "accepted" and not night.is_full:
        night.say(f"{name}: the same file as before, nothing to do")
        path.unlink()
        return None
    return Arrival(digest, survey, source, name, archived)


def _changed_definitions(night: Night, arriving: set[tuple[str, str]]) -> list[Arrival]:
    """Return the newest archived delivery of every source whose survey's definitions changed since it was read."""
    found = []
    newest = warehouse.read(
        night.connection,
        """
        select delivery_id, survey, source, file_name
        from raw.deliveries
        qualify row_number() over (
            partition by survey, source order by received_at desc, (status = 'accepted') desc, delivery_id
        ) = 1
        """,
    )
    for row in newest.iter_rows(named=True):
        key = (row["survey"], row["source"])
        survey = night.surveys.get(row["survey"])
        if survey is None or key in arriving or not (row["source"] == ROSTER or survey.has_wave(row["source"])):
            continue
        done = warehouse.step_inputs(night.connection, row["survey"], f"ingest-{row['source']}")
        if night.is_full or done != ingest_inputs(night, row["survey"], row["delivery_id"]):
            archived = next(night.workspace.archive.glob(f"{row['delivery_id']}.*"))
            found.append(Arrival(row["delivery_id"], *key, row["file_name"], archived))
    return found


def ingest_inputs(night: Night, survey: str, delivery_id: str) -> str:
    """Return what the reading of a delivery depends on."""
    return f"{delivery_id} {night.definitions_hash[survey]} {night.code_version}"


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
            known=_members(night, survey),
            enrol=True,
        )
    except DeliveryError as error:
        _quarantine(night, arrival, str(error))
        return None
    if source == ROSTER:
        night.member_ids[survey] = reading.members.drop_nulls().to_list()
    return reading


def _members(night: Night, survey: str) -> list[str]:
    """Return the ids of the member list, read tonight or before."""
    if survey not in night.member_ids:
        rows = warehouse.read(night.connection, "select panel_member_id from core.members where survey = ?", [survey])
        night.member_ids[survey] = rows["panel_member_id"].to_list()
    known: list[str] = night.member_ids[survey]
    return known


def _quarantine(night: Night, arrival: Arrival, reason: str) -> None:
    """Keep an unreadable file with the reason beside it, and say so."""
    kept = night.workspace.quarantine / Path(arrival.file_name).name
    if kept.exists() and file_hash(kept) != arrival.delivery_id:
        kept = kept.with_name(f"{arrival.delivery_id[:12]}-{kept.name}")
    shutil.copyfile(arrival.archived, kept)
    replace_text(kept.with_name(kept.name + ".reason.txt"), reason + "\n")
    night.problems.append(f"{arrival.survey}, {arrival.source}: {reason}")
    night.say(f"{arrival.file_name}: put into quarantine. {reason}")
    leave_inbox(night, arrival)


def leave_inbox(night: Night, arrival: Arrival) -> None:
    """Take a delivery that is safe in the archive out of the inbox."""
    waiting = night.workspace.inbox / arrival.file_name
    if waiting.exists() and file_hash(waiting) == arrival.delivery_id:
        waiting.unlink()


@task(task_run_name="validate-{survey}", cache_policy=NO_CACHE)
def validate_deliveries(survey: str, readings: list[Reading]) -> list[ValidationReport]:
    """Return a report for each delivery of a survey, in order."""
    night = current()
    definition = night.surveys[survey]
    stored = warehouse.read(
        night.connection, "select panel_member_id, variable, value from core.profile where survey = ?", [survey]
    )
    fixed = [known_profile.of_delivery(definition, one.source, one.frame, one.members) for one in readings]
    profile = known_profile.combined(stored, fixed)
    rows_of = _rows_delivered(night, survey) | {one.source: one.frame.height for one in readings}
    return validation.validate([intake.to_validate(one, profile, rows_of) for one in readings])


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
    delivery = warehouse.Delivery(
        delivery_id=arrival.delivery_id,
        survey=survey,
        source=source,
        file_name=arrival.file_name,
        received_at=datetime.now(UTC).replace(tzinfo=None),
        status="held" if report.is_held else "accepted",
    )
    warehouse.load_delivery(night.connection, delivery, reading.with_pseudonyms, report.refused)
    inputs = ingest_inputs(night, survey, arrival.delivery_id)
    warehouse.remember_step(night.connection, survey, f"ingest-{source}", inputs)
    leave_inbox(night, arrival)
    _tell(night, report, reading.frame.height)
    return not report.is_held


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
