"""Any delivered file: its bytes, unpacked, handed to the reader of its format."""

import gzip
import zlib
from pathlib import Path

from pipeline.errors import DeliveryError
from pipeline.wave_files.csv_files import read_csv_text
from pipeline.wave_files.delivery import Delivery
from pipeline.wave_files.text_encoding import decode

GZIP_MAGIC = b"\x1f\x8b"
OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"$FL2": "an SPSS file",
    b"$FL3": "an SPSS file",
    b"<stata_dta>": "a Stata file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a word-processor document",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
}


def read_delivery(path: Path, *, expected_columns: tuple[str, ...] = (), file_name: str | None = None) -> Delivery:
    """Return the rows of a delivered file, all text, numbered from 1.

    Args:
        path: the file; CSV or gzipped CSV, whatever its name ends in.
        expected_columns: columns that tell which delimiter fits, and whether line 1 is a header.
        file_name: the name to use in messages, where the file is kept under another one.

    Raises:
        DeliveryError: the file cannot be read as a table; says what was found and what to do.
    """
    name = file_name or path.name
    content = unpacked(read_bytes(path, name), name)
    for magic, format_name in OTHER_FORMATS.items():
        if content.lstrip().lower().startswith(magic.lower()):
            raise DeliveryError(f"{name}: this is {format_name}, expected CSV. Export it as CSV (UTF-8).")
    text, encoding = decode(content, name)
    if not text.strip():
        raise DeliveryError(f"{name}: the file is empty, expected a header and rows. Export it again.")
    return read_csv_text(text, expected_columns=expected_columns, file_name=name, encoding=encoding)


def read_bytes(path: Path, name: str) -> bytes:
    """Return a file's bytes."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise DeliveryError(f"{name}: {reason}. Check that the file is there and may be read.") from error


def unpacked(content: bytes, name: str) -> bytes:
    """Return the content of a gzipped file, or the bytes themselves."""
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DeliveryError(
            f"{name}: the compressed file is cut off or damaged, {len(content):,} bytes found. Copy or export it again."
        ) from error
