"""What many tests share: one Prefect server for all of them, and small simulated panels to copy."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from flows.environment import QUIET, answers, free_port
from tests.nights import Panel, Ran, demo_panel, run

settings.register_profile("untimed", suppress_health_check=[HealthCheck.too_slow])  # else a busy machine fails a test
settings.load_profile("untimed")
os.environ.update(QUIET)  # before a test's module imports Prefect, which reads its settings once


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run one Prefect server on loopback, which every night of this session joins."""
    from prefect.context import refresh_global_settings_context

    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    home = tmp_path_factory.mktemp("prefect")
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
        env={key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"} | {"PREFECT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 300
    while not answers(api):
        assert server.poll() is None, "the Prefect server ended"
        assert time.monotonic() < until, "the Prefect server does not answer"
        time.sleep(0.2)
    before = os.environ.get("PREFECT_API_URL")
    os.environ["PREFECT_API_URL"] = api
    refresh_global_settings_context()  # else each night of a worker whose tests imported Prefect starts a server
    yield api
    os.environ.pop("PREFECT_API_URL")
    if before is not None:
        os.environ["PREFECT_API_URL"] = before
    server.terminate()
    server.wait(timeout=30)


@pytest.fixture(scope="session")
def demo_run(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Ran]:
    """Make a demonstration panel of three waves, the last in the field, and return it with what was printed."""
    panel = Panel(tmp_path_factory.mktemp("demo") / "panel")
    options = ("--members", "400", "--waves", "3", "--seed", "1", "--today", str(panel.today))
    return panel, run("demo", str(panel.root), *options)


@pytest.fixture(scope="session")
def two_waves_run(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Make a published panel whose third wave is not delivered yet: its file waits beside the inbox."""
    panel = demo_panel(tmp_path_factory.mktemp("two_waves") / "panel")
    (panel.root / "inbox" / panel.delivered_name("w03")).rename(panel.root / "w03.csv")
    assert panel.night().exit_code == 0
    return panel


@pytest.fixture
def demo(demo_run: tuple[Panel, Ran], tmp_path: Path) -> Panel:
    """Return a copy of the demonstration panel, to do with as a test likes."""
    return demo_run[0].copy_to(tmp_path / "panel")


@pytest.fixture
def two_waves(two_waves_run: Panel, tmp_path: Path) -> Panel:
    """Return a copy of the panel whose third wave is not delivered yet."""
    return two_waves_run.copy_to(tmp_path / "panel")
