"""Which files each format of an export is made of; all of them are written, or none."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import StorageError, UsageError
from pipeline.exchange.dataset import ExportedData
from pipeline.exchange.ddi import write_ddi
from pipeline.exchange.r_script import write_r
from pipeline.exchange.statistics_files import write_spss, write_stata
from pipeline.exchange.tables import write_codebook, write_csv, write_parquet
from pipeline.exchange.triple_s import write_triple_s

Writer = Callable[[ExportedData, Path], list[str]]


def _csv(data: ExportedData, folder: Path) -> list[str]:
    return write_csv(data, folder / f"{data.name}.csv") + write_codebook(data, folder / f"{data.name}_codebook.csv")


def _ddi(data: ExportedData, folder: Path) -> list[str]:
    write_csv(data, folder / f"{data.name}.csv")
    return write_ddi(data, folder / f"{data.name}.xml", f"{data.name}.csv")


def _r(data: ExportedData, folder: Path) -> list[str]:
    write_csv(data, folder / f"{data.name}.csv")
    return write_r(data, folder / f"{data.name}.R", f"{data.name}.csv")


FORMATS: dict[str, Writer] = {
    "spss": lambda data, folder: write_spss(data, folder / f"{data.name}.sav"),
    "stata": lambda data, folder: write_stata(data, folder / f"{data.name}.dta"),
    "parquet": lambda data, folder: write_parquet(data, folder / f"{data.name}.parquet"),
    "csv": _csv,
    "ddi": _ddi,
    "triple-s": lambda data, folder: write_triple_s(data, folder / f"{data.name}.sss", folder / f"{data.name}.csv"),
    "r": _r,
}


def write_export(data: ExportedData, format_name: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Write an export into a folder; return its files, and in words what could not stay as it was.

    Raises:
        UsageError: there is no such folder.
        StorageError: the disk takes no more; what lay in the folder before is there still.
    """
    if not folder.is_dir():
        raise UsageError(f"--out {folder}: there is no such folder. Make it first, or leave --out away.")
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as made:
            notes = FORMATS[format_name](data, Path(made))
            files = sorted(Path(made).iterdir())
            for file in files:
                os.replace(file, folder / file.name)
    except OSError as error:
        raise StorageError(f"{folder}: the export cannot be written: {error}. Make room, then try again.") from error
    return [folder / file.name for file in files], notes
