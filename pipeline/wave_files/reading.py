"""Any delivered file: which format it is in, told by its content, and the reader of that format."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from pipeline.errors import DeliveryError
from pipeline.wave_files.content import Content, Said
from pipeline.wave_files.csv_files import read_csv_text
from pipeline.wave_files.decimal_commas import with_decimal_points
from pipeline.wave_files.delivery import Delivery
from pipeline.wave_files.excel import read_workbook
from pipeline.wave_files.parquet_files import read_parquet
from pipeline.wave_files.spss_stata import read_statistics_delivery
from pipeline.wave_files.statistics_files import SAS, SPSS, SPSS_PORTABLE, STATA
from pipeline.wave_files.text_encoding import doubly_decoded

STATA_VERSIONS = {102, 103, 104, 105, 108, 110, 111, 112, 113, 114, 115}  # first byte of files before Stata 13
PORTABLE_SIGN = b"SPSSPORT"  # after 200 bytes of character tables and 256 more
ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SAS_SIGN = b"HEADER RECORD*******LIB"
UNREADABLE = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old document of Office",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a word-processor document",
    b"<!DOCTYPE html": "a web page",
    b"<html": "a web page",
}
XML = (b"<?xml", b"<sss")  # of Triple-S, DDI and the like


@dataclass(frozen=True)
class Format:
    """A format of deliveries: its name in definitions, how content shows it, and its reader."""

    name: str
    is_in: Callable[[Content], bool]
    read: Callable[[Content], Delivery]


def starts_with(*signs: bytes) -> Callable[[Content], bool]:
    """Return the test whether a file starts with one of the signs."""
    return lambda content: content.head.startswith(signs)


def statistics(kind: str) -> Callable[[Content], Delivery]:
    """Return the reader of one of pyreadstat's formats."""
    return lambda content: read_statistics_delivery(
        content.source, kind, content.name, encoding=content.said.encoding, as_enums=content.said.as_enums
    )


def is_stata(content: Content) -> bool:
    """Return whether a file starts as Stata's do, the binary header of old versions included."""
    head = content.head
    is_old = len(head) > 4 and head[0] in STATA_VERSIONS and head[1] in (1, 2) and head[2] == 1
    return head.startswith(b"<stata_dta>") or is_old


def is_workbook(content: Content) -> bool:
    """Return whether a file is an Excel or OpenDocument workbook, old Excel's included."""
    if content.head.startswith(OLD_OFFICE):
        return True
    source = content.source
    try:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as parts:
            names = parts.namelist()
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError):
        return content.head.startswith(ZIP) and any(sign in content.head for sign in (b"xl/", b"[Content_Types].xml"))
    return content.head.startswith(ZIP) and any(
        name.lower() in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in names
    )


def read_csv(content: Content) -> Delivery:
    """Return the rows of delimited text."""
    text, encoding = content.decoded
    delivery = read_csv_text(
        text,
        expected_columns=content.said.expected_columns,
        file_name=content.name,
        encoding=encoding,
        as_enums=content.said.as_enums,
    )
    said = content.said
    frame, notes = with_decimal_points(
        delivery.frame, delivery.delimiter, declared=said.decimal_comma, words=said.words
    )
    return replace(delivery, frame=frame, notes=(*delivery.notes, *notes, *_garbled(text)))


def _garbled(text: str) -> tuple[str, ...]:
    """Return a note on letters that were garbled before the file was written; nothing can be done about them here."""
    n_garbled = doubly_decoded(text)
    if not n_garbled:
        return ()
    times = "once" if n_garbled == 1 else f"{n_garbled:,} times"
    return (f"letters garbled before the file was written, such as “Ã©” for “é”: {times}. Export it again in UTF-8",)


FORMATS = (  # in the order they are tried; delimited text is what nothing else recognises
    Format(SPSS, starts_with(b"$FL2", b"$FL3"), statistics(SPSS)),
    Format(SPSS_PORTABLE, lambda content: PORTABLE_SIGN in content.head[:600], statistics(SPSS_PORTABLE)),
    Format(STATA, is_stata, statistics(STATA)),
    Format(SAS, starts_with(SAS_SIGN), statistics(SAS)),
    Format("parquet", starts_with(b"PAR1"), read_parquet),
    Format("excel", is_workbook, read_workbook),
    Format("csv", lambda content: True, read_csv),
)


def read_delivery(
    path: Path, *, expected_columns: tuple[str, ...] = (), file_name: str | None = None, said: Said | None = None
) -> Delivery:
    """Return the rows of a delivered file, all text, numbered from 1.

    Args:
        path: the file, whatever its name ends in; it may be gzipped.
        expected_columns: columns that tell which delimiter fits, which sheet, and whether line 1 is a header.
        file_name: the name to use in messages, where the file is kept under another one.
        said: what the definition says of it beyond that.

    Raises:
        DeliveryError: the file cannot be read as a table; says what was found and what to do.
    """
    told = replace(said or Said(), expected_columns=expected_columns or (said.expected_columns if said else ()))
    content = Content(path, file_name or path.name, told)
    found = format_of(content)
    return replace(found.read(content), format=found.name)


def format_of(content: Content) -> Format:
    """Return the format of a file: the one the definition names, or the first that recognises it.

    Raises:
        DeliveryError: it is in none that is read.
    """
    named = next((one for one in FORMATS if one.name == content.said.format), None)
    if named is not None:
        return named
    found = next(one for one in FORMATS if one.is_in(content))
    if found is FORMATS[-1]:
        refuse_unreadable(content)
    return found


def refuse_unreadable(content: Content) -> None:
    """Raise a DeliveryError when a file is something else than text."""
    start = content.head.lstrip().lower()
    for sign, words in UNREADABLE.items():
        if start.startswith(sign.lower()):
            raise DeliveryError(f"{content.name}: this is {words}, expected a table. Export it as CSV (UTF-8).")
    if start.startswith(XML):
        raise DeliveryError(
            f"{content.name}: this is XML, expected a table. If it describes the columns of another file (Triple-S, "
            "DDI), give that file, and name this one as its codebook."
        )
