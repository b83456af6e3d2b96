"""One run at a time: the lock of a workspace, freed by the system when its holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pipeline.errors import WorkspaceBusyError
from pipeline.settings import Workspace


@contextmanager
def hold(workspace: Workspace) -> Iterator[None]:
    """Hold the workspace for the length of a `with` block.

    Raises:
        WorkspaceBusyError: another process holds it.
    """
    workspace.var.mkdir(parents=True, exist_ok=True)
    handle = os.open(workspace.var / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
            raise WorkspaceBusyError(
                f"{workspace.root}: another run holds this workspace ({holder or 'holder unknown'}). Wait until it "
                "has finished; nothing was changed."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M}".encode(), 0)
        yield
    finally:
        os.close(handle)
