"""The schedule: a server of its own, a deployment that runs the night, one-off runs that join, and a clean end."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.nights import Panel, environment, panel_command

PATIENCE = 150  # seconds, on a busy machine


@pytest.fixture
def served(two_waves: Panel) -> Iterator[tuple[Panel, "subprocess.Popen[bytes]", str]]:
    """Serve a panel whose third wave waits in the inbox; yield it, the process and the API's address."""
    two_waves.deliver("w03", two_waves.w03())
    alone = {key: value for key, value in environment().items() if key != "PREFECT_API_URL"}
    with (two_waves.root / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            panel_command("serve", str(two_waves.root), "--cron", "0 2 * * *"), env=alone, stdout=log, stderr=log
        )
        note = two_waves.root / "var" / "prefect" / "server.json"
        wait_for(note.exists, server)
        try:
            yield two_waves, server, json.loads(note.read_text())["api"]
        finally:
            server.kill()
            server.wait()


def wait_for(what: Callable[[], Any], server: "subprocess.Popen[bytes]") -> Any:
    """Return what becomes true."""
    until = time.monotonic() + PATIENCE
    while not (found := what()):
        assert server.poll() is None, "panel serve ended"
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.5)
    return found


def ask(address: str, body: dict[str, Any] | None = None) -> Any:
    """Return what the server answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def is_alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def children(process: int) -> list[int]:
    """Return the processes below a process, all the way down."""
    below = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, below[::2]), map(int, below[1::2]), strict=True))
    return [one for one in parents if process in lineage(one, parents)]


def lineage(process: int, parents: dict[int, int]) -> list[int]:
    found = []
    while (process := parents.get(process, 0)) > 1:
        found.append(process)
    return found


def test_a_served_night_runs_shows_its_artifacts_and_ends_clean(
    served: tuple[Panel, "subprocess.Popen[bytes]", str],
) -> None:
    panel, server, api = served
    (deployment,) = wait_for(lambda: ask(f"{api}/deployments/filter", {}), server)
    schedule = deployment["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 2 * * *", "Europe/London")
    run = ask(f"{api}/deployments/{deployment['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})

    def ended() -> Any:
        state = ask(f"{api}/flow_runs/{run['id']}")["state"]
        return state if state["type"] in {"COMPLETED", "FAILED", "CRASHED"} else None

    assert wait_for(ended, server)["type"] == "COMPLETED", (panel.root / "serve.log").read_text()
    assert panel.sql("select n_respondents > 0 from waves where wave = 'w03'").item()
    names = {one["key"]: one["data"] for one in ask(f"{api}/artifacts/filter", {})}
    assert {row["wave"] for row in json.loads(names["deliveries"])} >= {"roster", "w03"}
    tasks = {one["name"] for one in ask(f"{api}/task_runs/filter", {})}
    assert {"read-citizens_panel-w03", "weight-citizens_panel-w03-cross_sectional"} <= tasks

    alone = {key: value for key, value in environment().items() if key != "PREFECT_API_URL"}
    before = len(ask(f"{api}/flow_runs/filter", {}))
    one_off = subprocess.run(
        panel_command("nightly", str(panel.root), "--full"), env=alone, capture_output=True, text=True, check=False
    )
    assert one_off.returncode == 0, one_off.stderr
    assert one_off.stderr == ""
    known = {one["id"]: one["name"] for one in ask(f"{api}/flow_runs/filter", {})}
    assert len(known) > before, "the one-off night did not join the running server"

    below = children(server.pid)
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait(timeout=60) in {0, 130}
    time.sleep(1)
    assert not [one for one in below if is_alive(one)]
    assert not (panel.root / "var" / "prefect" / "server.json").exists()
