"""Snapshots of the published file: one for each publication, those that releases name kept for ever."""

import hashlib
import os
import shutil
import stat
from collections.abc import Collection
from pathlib import Path

FOLDER, MANIFEST = "snapshots", "MANIFEST.sha256"


def keep_snapshot(new: Path, published: Path, name: str) -> None:
    """Keep a new file beside the published one as `snapshots/<name>.duckdb`, under a second name where possible.

    Its SHA-256 goes into the folder's manifest, which `sha256sum --check` reads.
    """
    snapshot = published.parent / FOLDER / f"{name}.duckdb"
    snapshot.parent.mkdir(mode=stat.S_IMODE(published.parent.stat().st_mode), parents=True, exist_ok=True)
    part = snapshot.with_name(f".{snapshot.name}.new")
    part.unlink(missing_ok=True)
    try:
        os.link(new, part)
    except OSError:  # a file system without hard links
        shutil.copy(new, part)  # with who may read it
        sync(part)
    os.replace(part, snapshot)
    _note(snapshot)
    sync(snapshot.parent)


def forget_snapshots(published: Path, *, newest: int, named: Collection[str]) -> list[str]:
    """Delete all snapshots but the newest ones and those that releases name; return the names of the deleted.

    Readers that have a deleted file open read on in it.
    """
    folder = published.parent / FOLDER
    old = sorted(path.name for path in folder.glob("*.duckdb"))[:-newest] if newest else []
    deleted = [name for name in old if name not in named]
    for name in deleted:
        (folder / name).unlink()
    if deleted:
        _write_manifest(folder, {name: one for name, one in _manifest(folder).items() if name not in deleted})
    return deleted


def sync(path: Path) -> None:
    """Make what was written to a file or folder survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _note(snapshot: Path) -> None:
    with snapshot.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _write_manifest(snapshot.parent, {**_manifest(snapshot.parent), snapshot.name: digest})


def _manifest(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each snapshot by its name."""
    path = folder / MANIFEST
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def _write_manifest(folder: Path, digests: dict[str, str]) -> None:
    part = folder / f".{MANIFEST}.new"
    part.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())), encoding="ascii")
    os.chmod(part, stat.S_IMODE(folder.stat().st_mode) & 0o666)
    os.replace(part, folder / MANIFEST)
