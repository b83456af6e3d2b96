"""What the tests of the statistics on a file share."""

from pathlib import Path

import polars as pl
import pytest

from tests.flows.statistics_builders import AGE_AND_SEX, Panel, write_targets
from tests.golden.data import golden_people


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, with the golden people as CSV and the targets of G10."""
    monkeypatch.chdir(tmp_path)
    golden_people().with_columns(pl.lit(40).alias("psus_in_population")).write_csv("people.csv")
    write_targets("targets.csv", AGE_AND_SEX)
    return tmp_path


@pytest.fixture
def panel(folder: Path, capsys: pytest.CaptureFixture[str]) -> Panel:
    return Panel(capsys)
