"""Nights cut off, nights at the same time, nights on a full disk, and readers all the while."""

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nights import Panel, assert_same_tables, demo_panel, environment, panel_command

READER = """
import sys, threading
import duckdb
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set())).start()
reads = 0
while not done.is_set() or reads == 0:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        rows = connection.sql("select count(*), count(distinct wave) from estimates").fetchall()
    assert rows[0][0] > 1000 and rows[0][1] == 2, rows
    reads += 1
print(reads)
"""


@pytest.fixture(scope="module")
def undisturbed(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Panel]:
    """Return a panel before its first night, whose members have their pseudonyms already, and the same after it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    fresh = demo_panel(folder / "fresh")
    done = fresh.copy_to(folder / "done")
    assert done.night().exit_code == 0
    for name in ("register.db", "register.key"):
        shutil.copyfile(done.root / "var" / name, fresh.root / "var" / name)
    return fresh, done


def killed(panel: Panel, seconds: float) -> int:
    """Run a night that is killed so many seconds into its work, and return how it ended."""
    command = [sys.executable, "-m", "tests.faults.killed_night", str(panel.root), str(panel.today), str(seconds)]
    return subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=False).returncode


def test_a_night_killed_again_and_again_is_finished_by_the_next(
    undisturbed: tuple[Panel, Panel], tmp_path: Path
) -> None:
    fresh, done = undisturbed
    panel = fresh.copy_to(tmp_path / "panel")
    length = sum(part for name, part in done.runs()[-1]["seconds"].items() if name != "great expectations")
    moments = random.Random(8)
    ends = [killed(panel, length * moments.uniform(low, low + 0.2)) for low in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert -signal.SIGKILL in ends
    ran = panel.night()
    assert ran.exit_code == 0, ran.text
    assert panel.inbox() == []
    assert len(list((panel.root / "var" / "archive").glob("*.csv"))) == 4
    assert_same_tables(panel.tables(), done.tables())
    assert "Nothing new" in panel.night().output


BREAKS = ["flows.ingest_wave.leave_inbox", "flows.figures.make_figures", "flows.publish.write_quality_pages"]


@pytest.mark.parametrize("moment", BREAKS)
def test_a_night_that_breaks_off_after_taking_in_a_file_leaves_work_for_the_next(
    two_waves: Panel, two_waves_run: Panel, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise RuntimeError("broken off")

    monkeypatch.setattr(moment, break_off)
    two_waves.deliver("w03", two_waves.w03())
    assert two_waves.night().exit_code == 70
    monkeypatch.undo()
    ran = two_waves.night()
    assert "Nothing new" not in ran.output
    assert ran.exit_code == 0
    assert two_waves.inbox() == []
    assert two_waves.sql("select count(*) from estimates where wave = 'w03'").item() > 1000
    drafts = two_waves.root / "var" / "drafts" / "citizens_panel"
    assert [path.name for path in drafts.iterdir()] == ["w03"]
    assert "Nothing new" in two_waves.night().output


def test_figures_that_moved_are_on_record_although_the_night_broke_off(
    two_waves: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import estimate_wave
    from tests.flows.test_redelivery import R2, corrected, w02

    def break_off(*_: object) -> None:
        raise RuntimeError("broken off")

    two_waves.deliver("w02", corrected(w02(two_waves)))
    monkeypatch.setattr(estimate_wave, "note_revisions", break_off)
    assert two_waves.night().exit_code == 70
    monkeypatch.undo()
    assert two_waves.night().exit_code == 0
    assert two_waves.sql("select distinct release_id from revisions").item() == R2


def test_a_second_night_at_the_same_time_is_refused_and_changes_nothing(demo: Panel) -> None:
    from pipeline.lock import hold
    from pipeline.settings import read_workspace

    with hold(read_workspace(demo.root)):
        files = sorted(demo.root.rglob("*"))
        second = subprocess.run(
            panel_command("nightly", str(demo.root), "--full"),
            env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        finalise = demo.wave_command("finalise", "w03")
        assert sorted(demo.root.rglob("*")) == files
    assert (second.returncode, finalise.exit_code) == (5, 5)
    assert f"another run holds this workspace (process {os.getpid()}, since " in second.stderr
    assert "nothing was changed" in second.stderr
    assert "Nothing new" in demo.night().output, "not even a request was left"


def test_readers_never_fail_while_a_night_runs(two_waves: Panel) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(two_waves.published)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(0.5)
    assert two_waves.night("--full").exit_code == 0
    output, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    assert int(output) > 3


def limit_files(megabytes: int) -> Callable[[], None]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (megabytes << 20, megabytes << 20))

    return limit


@pytest.mark.parametrize("megabytes", [1, 6])
def test_a_disk_that_takes_no_more_is_said_and_nothing_is_lost(
    undisturbed: tuple[Panel, Panel], tmp_path: Path, megabytes: int
) -> None:
    fresh, done = undisturbed
    panel = fresh.copy_to(tmp_path / "panel")
    ran = subprocess.run(
        panel_command("nightly", str(panel.root), "--today", str(panel.today)),
        env=environment(), capture_output=True, text=True, check=False, preexec_fn=limit_files(megabytes),
    )  # fmt: skip
    assert ran.returncode == 3, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "run the command again" in ran.stderr
    assert not panel.published.exists()
    assert panel.night().exit_code == 0
    assert_same_tables(panel.tables(), done.tables())


def test_a_full_disk_while_publishing_leaves_the_published_file(
    two_waves: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(two_waves.published))

    before = two_waves.published.read_bytes()
    two_waves.deliver("w03", two_waves.w03())
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.warehouse.publication.os.replace", full)
        ran = two_waves.night()
    assert ran.exit_code == 3
    assert f"{two_waves.published}: no space left on device. Make room on the disk" in ran.errors
    assert "Traceback" not in ran.text
    assert two_waves.published.read_bytes() == before
    assert two_waves.night().exit_code == 0
    assert two_waves.sql("select release_status from waves where wave = 'w03'").item() == "provisional"
