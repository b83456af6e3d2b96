"""Prefect's surroundings: a home in the workspace, no telemetry, no noise, and the server to join if one runs."""

import json
import os
import socket
import urllib.error
import urllib.request

from pipeline.errors import UsageError
from pipeline.run_log import replace_text
from pipeline.settings import Workspace

SERVER_START_SECONDS = 120
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(SERVER_START_SECONDS),
    "OPENBLAS_NUM_THREADS": "1",  # threads spin on our small matrices
}


def prepare(workspace: Workspace) -> None:
    """Set this process's environment for Prefect; call it before anything imports Prefect.

    Raises:
        UsageError: the server that the environment names does not answer.
    """
    os.environ.update(QUIET)
    os.environ["PREFECT_HOME"] = str(workspace.prefect_home)
    workspace.prefect_home.mkdir(parents=True, exist_ok=True)
    named = os.environ.get("PREFECT_API_URL")
    if named and not answers(named, in_any_way=True):
        raise UsageError(
            f"PREFECT_API_URL names {named}, and no Prefect server answers there. Start it, or unset PREFECT_API_URL."
        )
    api = named or running_server(workspace)
    if api:
        os.environ["PREFECT_API_URL"] = api


def running_server(workspace: Workspace) -> str | None:
    """Return the API address of the server that `panel serve` left a note of, None unless it answers."""
    note = workspace.prefect_home / "server.json"
    try:
        api = str(json.loads(note.read_text(encoding="utf-8"))["api"])
    except (OSError, ValueError, KeyError):
        return None
    return api if answers(api) else None


def answers(api: str, *, in_any_way: bool = False) -> bool:
    """Return whether a Prefect server answers at that address; `in_any_way`, also by asking who we are."""
    try:
        with urllib.request.urlopen(f"{api}/health", timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return in_any_way
    except (OSError, ValueError):
        return False


def note_server(workspace: Workspace, api: str | None) -> None:
    """Leave a note of the running server in the workspace, or take it away."""
    note = workspace.prefect_home / "server.json"
    if api is None:
        note.unlink(missing_ok=True)
    else:
        replace_text(note, json.dumps({"api": api}) + "\n")


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
