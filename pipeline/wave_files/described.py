"""A delivery with all that its export tells of it: by its platform's habits, and by the codebook beside it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.errors import DeliveryError
from pipeline.triple_s import FIXED, SssSurvey
from pipeline.wave_files import reading
from pipeline.wave_files.bundles import is_bundle, unpacked_bundle
from pipeline.wave_files.codebook import Codebook, with_codebook
from pipeline.wave_files.codebook_files import read_codebook_file
from pipeline.wave_files.content import Content, Said
from pipeline.wave_files.csv_files import blanks_as_null, with_newlines
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery
from pipeline.wave_files.few_values import with_text
from pipeline.wave_files.fixed_width import read_fixed
from pipeline.wave_files.kobo import described_kobo, is_kobo
from pipeline.wave_files.limesurvey import described_limesurvey, is_limesurvey
from pipeline.wave_files.qualtrics import described_qualtrics, is_qualtrics
from pipeline.wave_files.triple_s_data import read_triple_s_data
from pipeline.wave_files.xml_text import is_xml

LONGEST_HEADER = 1 << 21  # bytes


@dataclass(frozen=True)
class Platform:
    """A survey platform: how its exports are recognised, and what their headings say."""

    is_its: Callable[[Delivery], bool]
    described: Callable[[Delivery, Sequence[str]], Delivery]


PLATFORMS = (
    Platform(is_qualtrics, described_qualtrics),
    Platform(is_limesurvey, described_limesurvey),
    Platform(is_kobo, described_kobo),
)


def read_delivery(
    path: Path,
    *,
    expected_columns: tuple[str, ...] = (),
    file_name: str | None = None,
    codebook: Path | None = None,
    said: Said | None = None,
) -> Delivery:
    """Return the rows of a delivered file, all text, numbered from 1, with what the export says of its columns.

    Args:
        path: the file, whatever its name ends in.
        expected_columns: columns that tell which delimiter fits, and whether line 1 is a header.
        file_name: the name to use in messages, where the file is kept under another one.
        codebook: the file that describes the columns, whatever its name ends in.
        said: what the definition says of the file where content may not tell: format, encoding, sheet …

    Raises:
        DeliveryError: the file, or its codebook, cannot be read; says what was found and what to do.
    """
    told = replace(said or Said(), expected_columns=expected_columns or (said.expected_columns if said else ()))
    content = Content(path, file_name or path.name, told)
    if not is_bundle(content):
        return read_one(content, codebook)
    with unpacked_bundle(content) as bundle:
        inside = Content(bundle.data, f"{content.name}, {bundle.data.name}", told)
        delivery = read_one(inside, codebook or bundle.codebook)
    return replace(delivery, file_name=content.name)


def read_one(content: Content, codebook: Path | None) -> Delivery:
    """Return the rows of a file that is no .zip of files."""
    book = None if codebook is None else read_codebook_file(codebook)
    if isinstance(book, SssSurvey):
        return read_triple_s_file(content, book)
    if book is not None and book.fields and not is_table(content, book):
        return read_fixed_file(content, book)
    return read_table(content, book)


def read_table(content: Content, book: Codebook | None) -> Delivery:
    """Return the rows of a table; the names that definitions use may be only a part of its headings, or their codes."""
    expected = content.said.expected_columns
    try:
        table = reading.read_delivery(content.path, file_name=content.name, said=content.said)
    except DeliveryError as fault:
        found = with_headings(content, book)
        if found is None:
            raise fault from None
        return found
    return by_codebook(by_platform(table, expected), book)


def by_codebook(delivery: Delivery, book: Codebook | None) -> Delivery:
    """Return a delivery with what its codebook says, where there is one."""
    return delivery if book is None else with_codebook(replace(delivery, frame=with_text(delivery.frame)), book)


def by_platform(delivery: Delivery, expected_columns: Sequence[str]) -> Delivery:
    """Return a delivery as the platform means it that it comes from; as it is when none is recognised."""
    if delivery.variables:
        return delivery  # a format that describes its columns itself
    found = next((one for one in PLATFORMS if one.is_its(delivery)), None)
    if found is None:
        return delivery
    return found.described(replace(delivery, frame=with_text(delivery.frame)), expected_columns)


def with_headings(content: Content, book: Codebook | None) -> Delivery | None:
    """Return a delivery in which no expected name stands in line 1; None when no platform names columns so."""
    expected = content.said.expected_columns
    if not expected:
        return None
    try:
        table = reading.read_delivery(
            content.path, file_name=content.name, said=replace(content.said, expected_columns=())
        )
    except DeliveryError:
        return None
    found = by_codebook(by_platform(table, expected), book)
    return found if set(expected) & set(found.frame.columns) else None


def first_line(content: Content) -> bytes:
    """Return the first line of a file, or as much of it as any header takes."""
    if content.is_gzipped:
        return content.all_bytes[:LONGEST_HEADER].partition(b"\n")[0]
    with content.opened() as file:
        return file.readline(LONGEST_HEADER)


def is_table(content: Content, book: Codebook) -> bool:
    """Return whether line 1 names the codebook's variables, so that the file is delimited, not of fixed width."""
    words = set(re.split(r"[^\w.]+", first_line(content).decode(errors="replace")))
    return len(words & {one.name for one in book.variables}) > len(book.variables) / 2


def read_fixed_file(content: Content, book: Codebook) -> Delivery:
    """Return the rows of a file of fixed width."""
    text, encoding = content.decoded
    cells = blanks_as_null(read_fixed(with_newlines(text), list(book.fields), content.name))
    numbers = pl.Series(ROW_NUMBER, range(1, cells.height + 1), dtype=pl.Int32)
    frame = cells.insert_column(0, numbers)
    return with_codebook(Delivery(frame, content.name, encoding, format="fixed"), book)


def read_triple_s_file(content: Content, survey: SssSurvey) -> Delivery:
    """Return the rows of a Triple-S data file."""
    if survey.format == FIXED and is_xml(content.all_bytes):
        raise DeliveryError(f"{content.name}: this is XML, expected the data file of the codebook. Exchange the two.")
    text, encoding = content.decoded
    return read_triple_s_data(text, survey, content.name, encoding)
