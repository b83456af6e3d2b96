"""What people ask the next night to do with a wave: finalise, approve, correct; one small file each until done."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.run_log import replace_text
from pipeline.settings import Workspace


@dataclass(frozen=True)
class Request:
    """One wish, and the file it waits in."""

    act: str  # finalise | approve | correct
    survey: str
    wave: str
    notice: str
    embargo: str  # of an approval: UTC in ISO form; "" when no time was given
    path: Path


def add_request(workspace: Workspace, act: str, survey: str, wave: str, *, notice: str = "", embargo: str = "") -> None:
    """Leave a request for the next night."""
    path = workspace.var / "requests" / f"{survey}-{wave}-{act}.json"
    wish = {"act": act, "survey": survey, "wave": wave, "notice": notice, "embargo": embargo}
    replace_text(path, json.dumps(wish) + "\n")


def pending_requests(workspace: Workspace) -> list[Request]:
    """Return what waits, in order of name."""
    found = []
    for path in sorted((workspace.var / "requests").glob("*.json")):
        stored = json.loads(path.read_text(encoding="utf-8"))
        wish = {name: stored.get(name, "") for name in ("act", "survey", "wave", "notice", "embargo")}
        found.append(Request(**wish, path=path))
    return found
