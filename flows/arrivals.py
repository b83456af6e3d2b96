"""Which deliveries a night looks at: what came into the inbox, safe in the archive first, and what to read again."""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.run_context import Night, current
from pipeline import deliveries, warehouse
from pipeline.definitions import CROSSWALK, Survey
from pipeline.errors import DeliveryError
from pipeline.fingerprint import file_hash, inbox_files, text_hash
from pipeline.rules import ROSTER

HASH_LENGTH = 64  # of a SHA-256 in hexadecimal


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


def leave_inbox(night: Night, file_name: str, delivery_id: str) -> None:
    """Take a delivery that is safe in the archive out of the inbox, unless another one has taken its place."""
    waiting = night.workspace.inbox / file_name
    if waiting.exists() and file_hash(waiting) == delivery_id:
        waiting.unlink()
        night.waiting.pop(file_name, None)


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
