"""A working store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import warehouse


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.open_warehouse(tmp_path / "var" / "warehouse.duckdb") as opened:
        yield opened
