"""What a workspace remembers between nights: the state of the last complete run, and a line for every run."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.fingerprint import inbox_hashes, night_fingerprint, standing_hash
from pipeline.settings import Workspace


@dataclass(frozen=True)
class NightState:
    """How the last complete night left the workspace."""

    fingerprint: str
    due: str | None = None  # ISO date on which something is to be done although nothing new came (a wave's end)
    due_at: str | None = None  # the same as a moment, ISO with its offset (an embargo's end)
    held: tuple[str, ...] = ()  # why, one line for each wave held or check failed
    summary: tuple[str, ...] = ()  # what there is and where, for people
    undone: tuple[str, ...] = ()  # what was asked of waves tonight and could not be done
    seconds: dict[str, float] = field(default_factory=dict)  # part of the night: seconds it took

    def is_due(self, today: date, now: datetime) -> bool:
        """Return whether the calendar or the clock alone asks for a run."""
        is_day = self.due is not None and today >= date.fromisoformat(self.due)
        return is_day or (self.due_at is not None and now >= datetime.fromisoformat(self.due_at))


def read_state(workspace: Workspace) -> NightState | None:
    """Return the state the last complete night left; None before the first, or when it cannot be read."""
    try:
        stored = json.loads(workspace.state.read_text(encoding="utf-8"))
        held, summary = tuple(stored["held"]), tuple(stored["summary"])
        return NightState(stored["fingerprint"], stored["due"], stored.get("due_at"), held, summary)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def ended_embargo(workspace: Workspace, now: datetime) -> str | None:
    """Return the time of an embargo that is over while no night has let its pages out yet; None for none."""
    state = read_state(workspace)
    is_over = state is not None and state.due_at is not None and now >= datetime.fromisoformat(state.due_at)
    return state.due_at if state and is_over else None


def state_if_nothing_new(workspace: Workspace, today: date, now: datetime) -> NightState | None:
    """Return the last night's state when a run now would change nothing, None when there is work."""
    state = read_state(workspace)
    if state is None or state.is_due(today, now) or not workspace.published_file.exists():
        return None
    if workspace.unfinished.exists() or any((workspace.var / "requests").glob("*.json")):
        return None
    tonight = night_fingerprint(standing_hash(workspace), inbox_hashes(workspace))
    return state if state.fingerprint == tonight else None


def begin_work(workspace: Workspace, started_at: datetime) -> None:
    """Note that a night is at work: until it has finished, no later one may believe that nothing is to be done."""
    replace_text(workspace.unfinished, f"{started_at.isoformat(timespec='seconds')}\n")


def finish_work(workspace: Workspace, state: NightState) -> None:
    """Keep the state a complete night leaves, and note that it is complete."""
    write_state(workspace, state)
    workspace.unfinished.unlink(missing_ok=True)


def write_state(workspace: Workspace, state: NightState) -> None:
    """Replace the state, whole or not at all."""
    replace_text(workspace.state, json.dumps(asdict(state), indent=1) + "\n")


def append_run(workspace: Workspace, row: dict[str, Any]) -> None:
    """Append one run to var/runs.jsonl, on the disk when this returns."""
    workspace.run_log.parent.mkdir(parents=True, exist_ok=True)
    with workspace.run_log.open("a+b") as file:
        start = b"" if _ends_a_line(file) else b"\n"  # a line cut off by a crash stays alone
        file.write(start + json.dumps(row).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def append_quiet_run(workspace: Workspace, started_at: datetime, today: date) -> None:
    """Append a night that changed nothing; the next publication copies it into `runs`."""
    append_run(
        workspace,
        {
            "run_id": started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "started_at": started_at.isoformat(timespec="seconds"),
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "today": today.isoformat(),
            "outcome": "nothing new",
        },
    )


def read_runs(workspace: Workspace) -> list[dict[str, Any]]:
    """Return every run so far, oldest first; a line cut off by a crash is left out."""
    if not workspace.run_log.exists():
        return []
    rows = []
    for line in workspace.run_log.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that a reader, or a crash, sees the old one or the new one."""
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
