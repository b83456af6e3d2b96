"""What a workspace remembers between nights: the state of the last complete run, and a line for every run."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.settings import Workspace


@dataclass(frozen=True)
class NightState:
    """How the last complete night left the workspace."""

    fingerprint: str
    due: str | None = None  # ISO date on which something is to be done although nothing new came (a wave's end)
    held: tuple[str, ...] = ()  # why, one line for each wave held or check failed
    summary: tuple[str, ...] = field(default=())  # what there is and where, for people

    def is_due(self, today: date) -> bool:
        """Return whether the calendar alone asks for a run."""
        return self.due is not None and today >= date.fromisoformat(self.due)


def read_state(workspace: Workspace) -> NightState | None:
    """Return the state the last complete night left, None before the first."""
    if not workspace.state.exists():
        return None
    stored = json.loads(workspace.state.read_text(encoding="utf-8"))
    return NightState(
        stored["fingerprint"], stored["due"], tuple(stored["held"]), tuple(stored.get("summary", ()))
    )


def write_state(workspace: Workspace, state: NightState) -> None:
    """Replace the state, whole or not at all."""
    replace_text(workspace.state, json.dumps(asdict(state), indent=1) + "\n")


def append_run(workspace: Workspace, row: dict[str, Any]) -> None:
    """Append one run to var/runs.jsonl, on the disk when this returns."""
    workspace.run_log.parent.mkdir(parents=True, exist_ok=True)
    with workspace.run_log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())


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
