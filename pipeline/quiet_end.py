"""How a process ends without the notices that DuckDB's binding writes about objects other libraries still hold."""

import atexit
import os
import sys
from functools import cache


@cache
def drop_leak_notices() -> None:
    """Close the error channel at the very end of this process; exit handlers run last to first, so call it early."""
    atexit.register(_close_error_channel)


def _close_error_channel() -> None:
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
