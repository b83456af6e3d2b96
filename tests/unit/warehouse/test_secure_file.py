"""The file in full detail: in a folder that is its owner's alone, or nowhere."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import warehouse
from pipeline.errors import UsageError
from pipeline.private_folder import make_private
from tests.unit.warehouse.builders import load_small_panel

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that everybody may enter, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def can_be_read_by_others(path: Path) -> bool:
    """Return whether another user of this machine can read a file; only root can try."""
    command = ["/usr/bin/env", "head", "-c", "1", str(path)]
    tried = subprocess.run(command, check=False, user=NOBODY, capture_output=True, cwd="/")
    return tried.returncode == 0


def publish_both(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[Path, Path]:
    load_small_panel(connection)
    shared, secure = folder / "shared" / "panel.duckdb", folder / "secure" / "panel.duckdb"
    make_private(secure.parent)
    for path in (shared, secure):
        warehouse.publish(connection, path, snapshot_name="first", in_full=path == secure)
    return shared, secure


def test_file_snapshot_and_manifest_are_readable_by_their_owner_alone(
    connection: duckdb.DuckDBPyConnection, open_folder: Path
) -> None:
    _, secure = publish_both(connection, open_folder)
    folders = [secure.parent, secure.parent / "snapshots"]
    files = [secure, folders[1] / "first.duckdb", folders[1] / "MANIFEST.sha256"]
    assert [mode(one) for one in folders] == [0o700] * 2
    assert [mode(one) for one in files] == [0o600] * 3
    assert sorted(one.name for one in secure.parent.iterdir()) == ["panel.duckdb", "snapshots"]


def test_another_user_can_read_the_shared_file_and_not_the_secure_one(
    connection: duckdb.DuckDBPyConnection, open_folder: Path
) -> None:
    shared, secure = publish_both(connection, open_folder)
    if os.geteuid() == 0:
        assert can_be_read_by_others(shared)
        assert not can_be_read_by_others(secure)
    assert mode(shared) & 0o044
    assert not mode(secure) & 0o077


def test_a_second_publication_is_as_private_as_the_first(
    connection: duckdb.DuckDBPyConnection, open_folder: Path
) -> None:
    _, secure = publish_both(connection, open_folder)
    held = secure.open("rb")
    warehouse.publish(connection, secure, snapshot_name="second", in_full=True)
    assert held.read(16), "who has the old file open reads on"
    held.close()
    assert {mode(one) for one in secure.parent.rglob("*") if one.is_file()} == {0o600}


def test_the_secure_file_has_strata_psus_and_the_profile_in_full(
    connection: duckdb.DuckDBPyConnection, open_folder: Path
) -> None:
    shared, secure = publish_both(connection, open_folder)
    named = "select column_name from duckdb_columns() where column_name in ('stratum', 'psu') order by all"
    assert warehouse.read_published(secure, named)["column_name"].to_list() == ["psu", "stratum"]
    assert warehouse.read_published(shared, named).is_empty()


@pytest.mark.parametrize("allowed", [0o750, 0o705, 0o770, 0o711])
def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, allowed: int) -> None:
    folder = tmp_path / "secure"
    folder.mkdir()
    folder.chmod(allowed)
    with pytest.raises(UsageError, match=rf"can be read or entered by others \(mode {allowed:04o}\).*chmod 700"):
        make_private(folder)


def test_a_link_and_a_file_in_place_of_the_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    for name, found in (("link", "is a link"), ("dangling", "is a link"), ("file", "is no folder")):
        with pytest.raises(UsageError, match=found):
            make_private(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_of_another_user_is_refused(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_private(open_folder / "secure")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UsageError, match="belongs to user"):
        make_private(open_folder / "secure")


def test_the_folder_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "deep" / "secure")
    finally:
        os.umask(before)
    assert mode(tmp_path / "deep" / "secure") == 0o700
