"""Where the real exports are."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FORMATS = Path(os.environ.get("PANEL_REAL_DATA") or PROJECT.parent / "shared" / "data") / "survey_formats"


def real(name: str) -> Path:
    """Return a real export's path; the test is skipped where the folder is not."""
    if not FORMATS.exists():
        pytest.skip("survey_formats is not here: set PANEL_REAL_DATA to the folder that holds it")
    return FORMATS / name
