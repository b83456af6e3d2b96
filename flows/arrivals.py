"""What came into the inbox, safe in the archive first: whose each file is, and in which order they are taken in."""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from flows.run_context import Night, current
from pipeline import deliveries, warehouse
from pipeline.definitions import Survey
from pipeline.fingerprint import file_hash, inbox_files
from pipeline.rules import CRITICAL

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
    part: str = ""  # of the wave (pipeline.deliveries)

    @property
    def slot(self) -> tuple[str, str]:
        """Return what the delivery would supersede an earlier one of."""
        return self.source, self.part

    @property
    def where(self) -> str:
        """Return how messages call it."""
        return f"{self.survey}, {deliveries.named(self.source, self.part)}"


def discover() -> list[Arrival]:
    """Archive what waits in the inbox and return what came, in the order of its names."""
    night = current()
    return [arrival for path in inbox_files(night.workspace) if (arrival := _arrive(night, path))]


def in_rounds(survey: Survey, arrivals: list[Arrival]) -> list[list[Arrival]]:
    """Return deliveries as they are taken in: waves in order of fielding, each source once a round.

    A later part of a wave, or a later file of the same name, is judged by what became of the one before.
    """
    waves = {wave.wave: wave for wave in survey.waves}

    def place(one: Arrival) -> tuple[int, tuple[int, str]]:
        wave = waves.get(one.source)
        return (wave.wave_number, deliveries.place_of(wave, one.part)) if wave else (0, (0, ""))

    rounds: list[list[Arrival]] = []
    for arrival in sorted(arrivals, key=place):
        free = [one for one in rounds if arrival.source not in {other.source for other in one}]
        if free:
            free[0].append(arrival)
        else:
            rounds.append([arrival])
    return rounds


def _arrive(night: Night, path: Path) -> Arrival | None:
    """Archive one file of the inbox; None when no definition names it, or it is here already."""
    name = path.relative_to(night.workspace.inbox).as_posix()
    owner = deliveries.match(name, list(night.surveys.values()))
    if owner is None:
        _leave_unnamed(night, path, name)
        return None
    archived = _archive(night, path)
    digest = archived.name[:HASH_LENGTH]
    night.waiting[name] = digest
    known = warehouse.read(
        night.connection,
        "select status, received_at from raw.deliveries where delivery_id = ? and survey = ? and source = ?",
        [digest, owner.survey, owner.source],
    )
    status = known["status"][0] if known.height else None
    if status == "accepted" and not night.is_full:
        night.say(f"{name}: the same file as before, nothing to do")
        leave_inbox(night, name, digest)
        return None
    if status == "superseded":
        taken = f"{known['received_at'][0]:%Y-%m-%d}"
        night.say(f"{name}: the file taken in on {taken} and superseded since; it is judged, and used, again")
    received_at = datetime.now(UTC).replace(tzinfo=None)
    return Arrival(digest, owner.survey, owner.source, name, archived, received_at, owner.part)


def _leave_unnamed(night: Night, path: Path, name: str) -> None:
    """Say of a file that no definition names that it waits; a copy of one in use, under another name, is no event."""
    digest = file_hash(path)
    night.waiting[name] = digest
    known = warehouse.read(
        night.connection,
        "select file_name from raw.deliveries where delivery_id = ? and status = 'accepted' order by all",
        [digest],
    )
    if known.height:
        night.say(f"{name}: the same file as {known['file_name'][0]}, which is in use; nothing to do")
        leave_inbox(night, name, digest)
        return
    night.say(f"{name}: left in the inbox, no definition names it")


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


def note_fault(night: Night, arrival: Arrival, rule: str, message: str) -> None:
    """Keep a fault of a whole file among the checks, in place of an earlier one of the same rule."""
    row = {
        "run_id": night.run_id,
        "survey": arrival.survey,
        "wave": arrival.source,
        "part": arrival.part,
        "file_name": arrival.file_name,
        "rule": rule,
        "severity": CRITICAL,
        "success": False,
        "n_checked": 1,
        "n_failed": 1,
        "message": message,
        "checked_at": night.started_at.replace(tzinfo=None),
    }
    key = {"survey": arrival.survey, "wave": arrival.source, "part": arrival.part, "rule": rule}
    warehouse.replace_rows(night.connection, "log.checks", pl.DataFrame([row]), **key)


def parts_in_use(night: Night, survey: str, source: str) -> dict[str, str]:
    """Return the accepted delivery of each part of a source."""
    rows = warehouse.read(
        night.connection,
        "select part, delivery_id from raw.deliveries where survey = ? and source = ? and status = 'accepted'",
        [survey, source],
    )
    return dict(rows.iter_rows())


def deliveries_in_use(night: Night, survey: str) -> dict[str, list[str]]:
    """Return the accepted deliveries of each source: one, or one of each part."""
    rows = warehouse.read(
        night.connection,
        "select source, list(delivery_id order by part, delivery_id) from raw.deliveries "
        "where survey = ? and status = 'accepted' group by source",
        [survey],
    )
    return dict(rows.iter_rows())
