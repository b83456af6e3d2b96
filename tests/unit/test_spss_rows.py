"""Rows of SPSS files decoded many at a time are those that pyreadstat reads, of whole files and of damaged ones."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import statistics_files
from pipeline.wave_files.spss_rows import spss_rows
from pipeline.wave_files.statistics_files import SPSS, read_statistics_file

REAL_DATA = Path(os.environ.get("PANEL_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
N = 60
COLUMNS = {
    "id": [f"P{number:04d}" for number in range(N)],
    "code": [float(number % 5 + 1) for number in range(N)],
    "measured": np.random.default_rng(2).normal(size=N).tolist(),
    "gaps": [None if number % 3 == 0 else -1.0 for number in range(N)],
    "text": ["é" * (number % 20) + " z" for number in range(N)],
    "none": [""] * N,
    "large": [1e9 + number for number in range(N)],
    "again": [2.0] * N,
    "long": ["a b " * 63] * N,
}
CODES_ALONE = {"a": [1.0, 2.0] * N, "b": [None, 3.0] * N}


COMPRESSIONS = [{}, {"row_compress": True}, {"compress": True}]


def sav(folder: Path, columns: dict[str, list], compression: dict[str, bool]) -> bytes:
    path = folder / "w.sav"
    pyreadstat.write_sav(pl.DataFrame(columns), str(path), **compression)
    return path.read_bytes()


def both(content: bytes, monkeypatch: pytest.MonkeyPatch) -> list[pl.DataFrame | None]:
    """Return the rows as they are read after the first five, and as pyreadstat alone reads them; None if refused."""
    found: list[pl.DataFrame | None] = []
    for reader in (spss_rows, lambda *_: None):
        monkeypatch.setattr(statistics_files, "spss_rows", reader)
        try:
            found.append(read_statistics_file(content, SPSS, "w.sav").frame)
        except DeliveryError:
            found.append(None)
    return found


@pytest.fixture
def few_first_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_files, "FIRST_ROWS", 5)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("columns", [COLUMNS, CODES_ALONE])
@pytest.mark.usefixtures("few_first_rows")
def test_rows_are_those_of_pyreadstat(
    columns: dict[str, list], compression: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sav(tmp_path, columns, compression)
    ours, theirs = both(content, monkeypatch)
    assert theirs is not None
    assert theirs.height == len(next(iter(columns.values())))
    assert ours is not None
    assert ours.equals(theirs)
    storages = {name: "string" if dtype == pl.String else "double" for name, dtype in theirs.schema.items()}
    alone = spss_rows(content, storages, "UTF-8")
    assert alone is not None
    assert alone.equals(theirs)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.usefixtures("few_first_rows")
@pytest.mark.filterwarnings("ignore:column .* is duplicated")
def test_a_file_with_any_byte_changed_is_read_as_pyreadstat_reads_it(
    compression: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sav(tmp_path, COLUMNS, compression)
    n_read = 0
    for place in range(0, len(content), 97):
        for value in (0, 253, content[place] ^ 32):
            ours, theirs = both(content[:place] + bytes([value]) + content[place + 1 :], monkeypatch)
            assert (ours is None) == (theirs is None), place
            assert ours is None or ours.equals(theirs), place
            n_read += ours is not None
    assert n_read > 50


@pytest.mark.usefixtures("few_first_rows")
def test_rows_that_are_cut_off_are_not_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for compression in COMPRESSIONS:
        content = sav(tmp_path, COLUMNS, compression)
        for n_bytes in range(len(content) - 400, len(content), 41):
            ours, theirs = both(content[:n_bytes], monkeypatch)
            assert (ours is None) == (theirs is None), n_bytes


@pytest.mark.usefixtures("few_first_rows")
def test_real_files_are_read_as_pyreadstat_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(REAL_DATA.rglob("*.*sav"))
    if not files:
        pytest.skip(f"real data is not at {REAL_DATA}; set PANEL_REAL_DATA to the folder")
    assert len(files) > 5
    for path in files:
        ours, theirs = both(path.read_bytes(), monkeypatch)
        assert theirs is not None
        assert ours is not None
        assert ours.equals(theirs), path.name


@pytest.mark.parametrize("change", [(0, b"$FL3"), (64, b"\0\0\0\2"), (72, b"\3\0\0\0")])
def test_other_kinds_of_files_are_left_to_pyreadstat(change: tuple[int, bytes], tmp_path: Path) -> None:
    content = sav(tmp_path, CODES_ALONE, COMPRESSIONS[1])
    at, put = change
    assert spss_rows(content, {"a": "double", "b": "double"}, "UTF-8") is not None
    assert spss_rows(content[:at] + put + content[at + len(put) :], {"a": "double", "b": "double"}, "UTF-8") is None


@pytest.mark.parametrize("n_rows", [-1, 2**31 - 1])
def test_a_number_of_rows_that_cannot_be_makes_no_room_for_them(n_rows: int, tmp_path: Path) -> None:
    content = sav(tmp_path, CODES_ALONE, COMPRESSIONS[2])
    assert spss_rows(content, {"a": "double", "b": "double"}, "UTF-8") is not None
    changed = content[:80] + n_rows.to_bytes(4, "little", signed=True) + content[84:]
    assert spss_rows(changed, {"a": "double", "b": "double"}, "UTF-8") is None


def test_a_record_that_leads_back_ends(tmp_path: Path) -> None:
    content = sav(tmp_path, CODES_ALONE, COMPRESSIONS[1])
    looping = content[:176] + (4).to_bytes(4, "little") + (-2).to_bytes(4, "little", signed=True) + content[184:]
    assert spss_rows(looping, {"a": "double", "b": "double"}, "UTF-8") is None
