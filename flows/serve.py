"""The schedule: a loopback Prefect server, started or joined, and the nightly runs of one or more workspaces."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType
from typing import Any
from uuid import UUID

from flows import environment
from pipeline import run_log
from pipeline.errors import PanelError, UsageError
from pipeline.settings import Workspace

EMBARGO_LOOK_SECONDS = 15


def serve_workspaces(workspaces: list[Workspace], *, cron: str | None, port: int | None) -> None:
    """Schedule the nightly run of each workspace in its time zone until the process is stopped.

    Raises:
        UsageError: the cron text is not a schedule.
        PanelError: the server did not start.
    """
    environment.prepare(workspaces[0])
    api = os.environ.get("PREFECT_API_URL")
    server = None
    signal.signal(signal.SIGTERM, _stop)
    try:
        if api is None:
            server, api = _start_server(port or environment.free_port())
            os.environ["PREFECT_API_URL"] = api
        for workspace in workspaces:
            environment.note_server(workspace, api)
        print(f"Prefect: {api.removesuffix('/api')}", flush=True)
        _serve(workspaces, cron)
    finally:
        if server is not None:
            for workspace in workspaces:
                environment.note_server(workspace, None)
            _end(server)


def _start_server(port: int) -> tuple["subprocess.Popen[bytes]", str]:
    """Start a server on loopback and wait until it answers."""
    api = f"http://127.0.0.1:{port}/api"
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"},
    )
    until = time.monotonic() + environment.SERVER_START_SECONDS
    while time.monotonic() < until:
        if environment.answers(api):
            return server, api
        if server.poll() is not None:
            raise PanelError(
                f"the Prefect server did not start on port {port} (exit {server.returncode}). Is the port taken? "
                "Choose another with --port."
            )
        time.sleep(0.25)
    _end(server)
    raise PanelError(f"the Prefect server did not answer within {environment.SERVER_START_SECONDS} s on port {port}.")


def _serve(workspaces: list[Workspace], cron: str | None) -> None:
    """Register one deployment for each workspace and run them on their schedules."""
    from prefect.deployments.runner import EntrypointType
    from prefect.runner import Runner
    from prefect.schedules import Cron

    from flows.nightly import nightly

    class PanelRunner(Runner):  # type: ignore[misc]
        def handle_sigterm(self, *_: Any, **__: Any) -> None:
            """End as after Ctrl-C, which awaits what has to be awaited."""
            signal.raise_signal(signal.SIGINT)

    runner = PanelRunner(pause_on_shutdown=True)
    deployed = {}
    for workspace, name in zip(workspaces, deployment_names(workspaces), strict=True):
        schedule = cron or workspace.schedule
        try:
            when = Cron(schedule, timezone=workspace.time_zone)
        except ValueError as error:
            raise UsageError(f"'{schedule}' is not a cron schedule such as '0 2 * * *': {error}") from error
        deployment_id = runner.add_deployment(
            nightly.to_deployment(
                name=name,
                schedule=when,
                parameters={"directory": str(workspace.root)},
                entrypoint_type=EntrypointType.MODULE_PATH,  # from whichever folder it is served
            )
        )
        deployed[deployment_id] = workspace
        print(f"{name}: nightly at '{schedule}', {workspace.time_zone}", flush=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(runner, deployed))
    print("Stopped: no more nights are scheduled.", flush=True)


async def _run(runner: Any, deployed: Mapping[UUID, Workspace]) -> None:
    """Run what is scheduled, and a night beside the schedule when an embargo ends, until stopped."""
    watch = asyncio.create_task(_let_out_on_time(deployed))
    try:
        await runner.start()
    finally:
        watch.cancel()


async def _let_out_on_time(deployed: Mapping[UUID, Workspace]) -> None:
    """Ask for a night of each workspace as soon as an embargo of it is over: once for each embargo."""
    from httpx import HTTPError
    from prefect.client.orchestration import get_client

    while True:
        await asyncio.sleep(EMBARGO_LOOK_SECONDS)
        for deployment_id, workspace in deployed.items():
            ended = run_log.ended_embargo(workspace, datetime.now(UTC))
            if ended is not None:
                with suppress(HTTPError):  # a busy server: asked again at the next look
                    async with get_client() as client:
                        await client.create_flow_run_from_deployment(deployment_id, idempotency_key=f"embargo {ended}")


def deployment_names(workspaces: list[Workspace]) -> list[str]:
    """Return a name of its own for each workspace's deployment, with none of the characters Prefect refuses."""
    names = [workspace.name for workspace in workspaces]
    folders = [workspace.root.as_posix().strip("/") for workspace in workspaces]
    own = [name if names.count(name) == 1 else folder for name, folder in zip(names, folders, strict=True)]
    return [re.sub(r"[/%&<>]", "-", name) for name in own]


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End the server and what it started, politely first."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
