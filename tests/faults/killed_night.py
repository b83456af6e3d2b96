"""A night that kills itself: `python -m tests.faults.killed_night WORKSPACE TODAY SECONDS`, seconds into its work."""

import os
import signal
import sys
import threading
from datetime import datetime

from flows.cli import main
from pipeline import run_log
from pipeline.settings import Workspace


def kill_after(seconds: float) -> None:
    """Kill this process, without a chance to tidy up, so long after the night has begun to change things."""
    begin_work = run_log.begin_work

    def begin(workspace: Workspace, started_at: datetime) -> None:
        begin_work(workspace, started_at)
        timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()

    run_log.begin_work = begin


if __name__ == "__main__":
    kill_after(float(sys.argv[3]))
    sys.exit(main(["nightly", sys.argv[1], "--today", sys.argv[2]]))
