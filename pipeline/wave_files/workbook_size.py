"""How large a workbook is before it is unpacked: zip bombs and sheets of endless empty cells are refused."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

from pipeline.errors import DeliveryError

MOST_BYTES = 1 << 30  # of all parts, unpacked
MOST_TIMES = 150  # as large as packed; sheets of answers come to 5 to 20 times
LEAST_SUSPECT = 1 << 24  # bytes; below, any packing is harmless
MOST_CELLS = 40_000_000  # of the rectangle that a sheet spans
MOST_EMPTY = 5_000_000  # of them without content, where fewer than one in ten has any
CHUNK = 1 << 20
CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
ODS_ROW = re.compile(rb"<table:table-row\b")
ODS_ROWS = re.compile(rb'number-rows-repeated="(\d+)"')
ODS_CELL = re.compile(rb"<table:table-cell\b([^>]*)>")
ODS_COLUMNS = re.compile(rb'number-columns-repeated="(\d+)"')
ADVICE = "Save the answers alone in a new workbook, or export CSV (UTF-8)."


def refuse_too_large(source: Path | bytes, file_name: str) -> None:
    """Raise a DeliveryError when a zipped workbook would not fit, from its directory and its cells' addresses."""
    try:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as parts:
            _refuse_bomb(parts.infolist(), file_name)
            for part in parts.infolist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename, re.IGNORECASE):
                    _refuse_empty_rectangle(parts, part, file_name)
                elif part.filename == "content.xml":
                    _refuse_repeated_cells(parts.read(part), file_name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, EOFError, OSError) as error:
        raise DeliveryError(
            f"{file_name}: the workbook is cut off, damaged or locked by a password. {ADVICE}"
        ) from error
    except Exception as error:
        if type(error).__module__ != "zlib":
            raise
        raise DeliveryError(f"{file_name}: the workbook is damaged. {ADVICE}") from error


def _refuse_bomb(parts: list[zipfile.ZipInfo], file_name: str) -> None:
    size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if size > MOST_BYTES or (size > LEAST_SUSPECT and size > MOST_TIMES * max(packed, 1)):
        raise DeliveryError(
            f"{file_name}: {packed:,} bytes unpack to {size:,}, expected at most {MOST_BYTES:,} and {MOST_TIMES} times "
            f"the packed size. {ADVICE}"
        )


def _refuse_empty_rectangle(parts: zipfile.ZipFile, part: zipfile.ZipInfo, file_name: str) -> None:
    """Refuse a sheet whose outermost cells span far more cells than it has."""
    n_cells, last_row, last_column, rest = 0, 0, 0, b""
    with parts.open(part) as sheet:
        while chunk := sheet.read(CHUNK):
            text = rest + chunk
            whole = text.rfind(b"<")
            found, rest = CELL.findall(text[:whole]), text[whole:][:CHUNK]
            n_cells += len(found)
            last_row = max([last_row, *(int(row) for _, row in found)])
            last_column = max([last_column, *(_column(letters) for letters in {one for one, _ in found})])
    spanned = last_row * last_column
    if spanned > MOST_CELLS or (spanned - n_cells > MOST_EMPTY and n_cells < spanned / 10):
        raise DeliveryError(
            f"{file_name}: {Path(part.filename).stem} spans {last_row:,} rows of {last_column:,} columns with "
            f"{n_cells:,} cells in use, expected a table of at most {MOST_CELLS:,} cells. {ADVICE}"
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _refuse_repeated_cells(content: bytes, file_name: str) -> None:
    """Refuse an OpenDocument sheet that repeats filled cells beyond any table."""
    n_cells = 0
    for row in ODS_ROW.split(content)[1:]:
        repeated = ODS_ROWS.search(row, 0, max(row.find(b">"), 0))
        filled = [one for one in ODS_CELL.findall(row) if not one.endswith(b"/")]
        columns = sum(int(found.group(1)) if (found := ODS_COLUMNS.search(one)) else 1 for one in filled)
        n_cells += columns * (int(repeated.group(1)) if repeated else 1)
    if n_cells > MOST_CELLS:
        raise DeliveryError(f"{file_name}: {n_cells:,} cells, expected at most {MOST_CELLS:,}. {ADVICE}")
