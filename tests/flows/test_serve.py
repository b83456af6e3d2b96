"""The schedule: a server of its own, a deployment in the workspace's time zone, and a clean end."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.serve import deployment_names
from pipeline.settings import Workspace, create_workspace, read_workspace
from tests.nights import SURVEY, Panel, environment, panel_command

SECONDS = 120
BUSY = 503


def ask(api: str, path: str, body: dict[str, Any]) -> Any:
    """Return the answer of Prefect's REST API."""
    request = urllib.request.Request(
        f"{api}{path}", data=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    return wait_for(lambda: answered(request))[0]


def answered(request: urllib.request.Request) -> tuple[Any] | None:
    """Return what the server answers, None while it is busy: its clients too ask again after a 503."""
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return (json.load(response),)
    except urllib.error.HTTPError as error:
        if error.code != BUSY:
            raise
        return None


def wait_for(found: Callable[[], Any]) -> Any:
    """Return the first answer that is not nothing."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        answer = found()
        if answer:
            return answer
        time.sleep(0.3)
    raise AssertionError("waited in vain")


def processes(session: int) -> list[int]:
    """Return the processes that the given one started, and those they started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
    found = [session]
    for known in found:
        found += [one for one, parent in parents.items() if parent == known]
    return found[1:]


@pytest.fixture(scope="module")
def served(two_waves_run: Panel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Panel, str]]:
    """Serve a panel whose third wave waits in the inbox, from another folder; end it cleanly afterwards."""
    folder = tmp_path_factory.mktemp("served")
    panel = two_waves_run.copy_to(folder / "panel")
    panel.settings(time_zone='"Europe/Lisbon"', schedule='"30 3 * * *"')
    panel.deliver("w03", panel.w03())
    kept = {key: value for key, value in environment().items() if key != "PREFECT_API_URL"}
    server = subprocess.Popen(
        panel_command("serve", str(panel.root)),
        cwd=folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    note = panel.root / "var" / "prefect" / "server.json"
    wait_for(lambda: note.exists() or server.poll() is not None)
    assert server.poll() is None, server.stdout and server.stdout.read()
    yield panel, json.loads(note.read_text())["api"]
    children = processes(server.pid)
    assert children
    server.send_signal(signal.SIGTERM)
    output, _ = server.communicate(timeout=60)
    assert server.returncode == 0, output
    assert "Traceback" not in output
    assert "Warning" not in output
    assert not note.exists()
    left = [one for one in children if Path(f"/proc/{one}").exists()]
    assert left == []


def test_the_deployment_has_the_schedule_and_time_zone_of_the_workspace(served: tuple[Panel, str]) -> None:
    panel, api = served
    (deployment,) = wait_for(lambda: ask(api, "/deployments/filter", {}))
    assert deployment["parameters"] == {"directory": str(panel.root)}
    (schedule,) = deployment["schedules"]
    assert schedule["active"]
    assert schedule["schedule"]["cron"] == "30 3 * * *"
    assert schedule["schedule"]["timezone"] == "Europe/Lisbon"
    assert api.startswith("http://127.0.0.1:")


def test_a_scheduled_night_does_the_work_and_shows_what_became_of_each_delivery(served: tuple[Panel, str]) -> None:
    panel, api = served
    (deployment,) = wait_for(lambda: ask(api, "/deployments/filter", {}))
    body = {"parameters": {"directory": str(panel.root), "today": str(panel.today)}}
    run = ask(api, f"/deployments/{deployment['id']}/create_flow_run", body)

    def ended() -> Any:
        (now,) = ask(api, "/flow_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
        return now if now["state_type"] in ("COMPLETED", "FAILED", "CRASHED") else None

    done = wait_for(ended)
    assert done["state_type"] == "COMPLETED"
    assert done["name"] == "nightly-panel"
    assert panel.inbox() == []
    assert panel.sql("select release_status from waves where wave = 'w03'").item() == "provisional"
    artifacts = ask(api, "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}})
    shown = {one["key"]: one["data"] for one in artifacts}
    assert set(shown) == {"deliveries", "night"}
    rows = json.loads(shown["deliveries"])
    assert [(row["wave"], row["status"]) for row in rows] == [
        ("roster", "accepted"),
        ("w01", "accepted"),
        ("w02", "accepted"),
        ("w03", "accepted"),
    ]
    names = {one["name"] for one in ask(api, "/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})}
    assert {
        "read-citizens_panel-w03",
        "load-citizens_panel-w03",
        "estimate-citizens_panel-w03-cross_sectional",
        "publish",
        "newsletter-citizens_panel-w03",
    } <= names


def test_a_night_by_hand_joins_the_server_that_runs(served: tuple[Panel, str]) -> None:
    panel, api = served
    before = len(ask(api, "/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}))
    kept = {key: value for key, value in environment().items() if key != "PREFECT_API_URL"}
    done = subprocess.run(
        panel_command("nightly", str(panel.root), "--full", "--today", str(panel.today)),
        env=kept, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    after = len(ask(api, "/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}))
    assert after == before + 1


def test_an_embargo_ends_on_time_not_at_the_next_scheduled_night(served: tuple[Panel, str]) -> None:
    panel, api = served
    panel.settings(auto_approve="false")
    about = ("--survey", SURVEY, "--wave", "w03")
    assert panel.panel("finalise", *about).exit_code == 0
    until = datetime.now(UTC) + timedelta(seconds=45)
    assert panel.panel("approve", *about, "--embargo", until.isoformat(timespec="seconds")).exit_code == 0
    page = panel.root / "published" / "public" / SURVEY / "w03" / "newsletter.html"
    assert not page.exists()
    wait_for(page.exists)
    assert datetime.now(UTC) >= until
    running = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
    wait_for(lambda: not ask(api, "/flow_runs/filter", running))


def test_a_schedule_that_is_none_is_wrong_usage(two_waves: Panel) -> None:
    done = subprocess.run(
        panel_command("serve", str(two_waves.root), "--cron", "every night"),
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'every night' is not a cron schedule such as '0 2 * * *'" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_workspaces_of_one_name_are_deployed_apart(tmp_path: Path) -> None:
    def workspace(folder: str, name: str) -> Workspace:
        create_workspace(tmp_path / folder, name)
        return read_workspace(tmp_path / folder)

    same = [workspace("north", "panel"), workspace("south", "panel"), workspace("east", "East/West")]
    names = deployment_names(same)
    assert len(set(names)) == 3
    assert names[2] == "East-West"
    assert not any(os.sep in name for name in names)
