"""A folder that is its owner's alone, for files that nobody else may read."""

import os
import stat
from pathlib import Path

from pipeline.errors import UsageError

OWNER_ONLY = 0o700
OTHERS = 0o077  # what a mode allows to the group and to everybody


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can enter, unless it is there and is one.

    Raises:
        UsageError: it is a link or no folder, belongs to somebody else, or others may enter it.
    """
    if not (folder.exists() or folder.is_symlink()):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=OWNER_ONLY)
        folder.chmod(OWNER_ONLY)  # whatever the umask says
    refuse_others(folder)


def refuse_others(folder: Path) -> None:
    """Refuse a folder that somebody else could read, or put another one in the place of.

    Raises:
        UsageError: as above.
    """
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        _refuse(folder, "is a link", "Name the folder itself, or remove the link")
    if not stat.S_ISDIR(found.st_mode):
        _refuse(folder, "is no folder", "Name another one, or remove it")
    if found.st_uid != os.geteuid():
        _refuse(folder, f"belongs to user {found.st_uid}", "Name a folder of the user who runs the night")
    if found.st_mode & OTHERS:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        _refuse(folder, f"can be read or entered by others (mode {mode})", f"Run `chmod 700 {folder}`")


def _refuse(folder: Path, found: str, fix: str) -> None:
    raise UsageError(
        f"{folder}: {found}, expected a folder of mode 0700 that is its owner's alone, for the file in full detail. "
        f"{fix}, or set secure_folder in panel.toml to another folder. Nothing was written there."
    )
