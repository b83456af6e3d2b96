"""Which tests need R with its package survey: they skip, and say so, where it is not installed."""

import shutil
import subprocess

import pytest


def has_r() -> bool:
    """Return whether R and its package survey can be run."""
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, check=False).returncode == 0


needs_r = pytest.mark.skipif(not has_r(), reason="R with package survey is absent")
