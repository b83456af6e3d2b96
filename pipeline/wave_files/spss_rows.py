"""The rows of a large SPSS file, decoded many cells at a time; pyreadstat makes a Python object of each.

Names, labels and all other notes stay pyreadstat's, and so do files of the other byte order, with texts over 255 bytes,
or damaged. The layout is that which PSPP's developers describe as "System File Format":
https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import Struct, error, unpack_from

import numpy as np
import polars as pl
import pyarrow as pa

HEADER = Struct("<4s60sii i i i d 84x")  # kind, product, layout, slots a row, compression, weight, rows, bias
LAYOUTS, STORED, BYTE_CODED, ZIPPED = (2, 3), 0, 1, 2
KINDS = ((b"$FL2", STORED), (b"$FL2", BYTE_CODED), (b"$FL3", ZIPPED))
DIRECTORY = Struct("<qqq")  # before zipped rows: where it stands itself, where the list of blocks does, and its bytes
BLOCKS, BLOCK = Struct("<qqii"), Struct("<qqii")  # bias, 0, bytes of a block, blocks; where unzipped and zipped, bytes
VARIABLE, LABELS, LABELLED, DOCUMENT, EXTENSION, END = 2, 3, 4, 6, 7, 999
LONGEST_TEXT = 255
VERY_LONG_TEXTS = 14  # the extension that joins them
ENDED, RAW, BLANKS, NOTHING = 252, 253, 254, 255  # codes of a cell; 0 is none, and others are a number plus the bias
SLOT = 8  # bytes
SLOTS_AT_ONCE = 1 << 16  # which a processor's cache holds
HIGHEST = np.finfo(np.float64).max
MOST_CELLS = 250_000_000  # 2 GB; pyreadstat reads more in portions
UTF_8 = ("UTF-8", "UTF8", "ASCII", "US-ASCII")
LOWEST = np.nextafter(-HIGHEST, 0.0)
MISSING = (-HIGHEST, HIGHEST, LOWEST)  # system-missing, and the ends of open ranges: all as large as LOWEST or larger


@dataclass(frozen=True)
class Layout:
    """Where the rows begin, how they are coded, and the width of each variable: 0 of a number, bytes of a text."""

    start: int
    compression: int
    bias: float
    n_rows: int
    widths: tuple[int, ...]

    @property
    def slots(self) -> list[int]:
        """Return how many slots of eight bytes each variable takes."""
        return [-(-width // SLOT) if width else 1 for width in self.widths]


def spss_rows(content: bytes, storages: Mapping[str, str], encoding: str) -> pl.DataFrame | None:
    """Return all rows of an SPSS file: numbers, null where system-missing, and text without blanks at its end.

    Args:
        storages: how pyreadstat says that each column is stored, by its name, in the file's order.
        encoding: of the file's text.

    Returns:
        None when the file is one that only pyreadstat reads, or is damaged.
    """
    try:
        layout = _layout(content)
        if layout is None or len(layout.widths) != len(storages):
            return None
        cells = _cells(content, layout)
        if cells is None:
            return None
        columns, at = [], 0
        for name, width, slots in zip(storages, layout.widths, layout.slots, strict=True):
            if (storages[name] == "string") != bool(width):
                return None
            values = cells[at : at + slots]
            columns.append(_texts(name, values, width, encoding) if width else _numbers(name, values[0]))
            at += slots
    except (error, LookupError, ValueError, zlib.error, pa.ArrowException, pl.exceptions.PolarsError):
        return None
    return pl.DataFrame(columns)


def _layout(content: bytes) -> Layout | None:
    """Return where the rows of a file begin and what they hold; None for one of another kind."""
    kind, _, layout, _, compression, _, n_rows, bias = HEADER.unpack_from(content)
    if (kind, compression) not in KINDS or layout not in LAYOUTS or n_rows < 0:
        return None
    at, widths = HEADER.size, []
    while True:
        (record,) = unpack_from("<i", content, at)
        at += 4
        if record == VARIABLE:
            width, has_label, n_missing = unpack_from("<iii", content, at)
            at += 28
            if has_label:
                at += 4 + _padded(_count(content, at), 4)
            at += SLOT * abs(n_missing)
            if width > LONGEST_TEXT:
                return None
            widths += [width] * (width >= 0)  # -1: a further slot of the text before
        elif record == LABELS:
            n_labels = _count(content, at)
            at += 4
            for _ in range(n_labels):
                at += SLOT + _padded(1 + content[at + SLOT], SLOT)
        elif record == LABELLED:
            at += 4 + 4 * _count(content, at)
        elif record == DOCUMENT:
            at += 4 + 80 * _count(content, at)
        elif record == EXTENSION:
            subtype, size, count = unpack_from("<iii", content, at)
            at += 12 + size * count
            if subtype == VERY_LONG_TEXTS or size < 0 or count < 0:
                return None
        else:
            return Layout(at + 4, compression, bias, n_rows, tuple(widths)) if record == END else None


def _count(content: bytes, at: int) -> int:
    (count,) = unpack_from("<i", content, at)
    if count < 0:
        raise ValueError(f"{count} at byte {at}, expected 0 or more")
    return int(count)


def _padded(length: int, to: int) -> int:
    return -(-length // to) * to


def _cells(content: bytes, layout: Layout) -> np.ndarray | None:
    """Return the slots of all rows, one line a slot, as the eight bytes of a number; None when some are not there."""
    n_slots, n_rows = sum(layout.slots), layout.n_rows
    if n_rows * n_slots > MOST_CELLS:
        return None
    rows = memoryview(content)[layout.start :]
    if layout.compression == ZIPPED:
        rows = _unzipped(content, layout.start, at_most=(n_rows * n_slots + SLOT) * (1 + SLOT))
    if n_rows * n_slots > (len(rows) // SLOT if layout.compression == STORED else len(rows)):
        return None
    cells, row = np.empty((n_slots, n_rows)), 0
    for portion in _rows(rows, layout, n_slots):
        there = min(len(portion), n_rows - row)
        cells[:, row : row + there] = portion[:there].T
        row += there
    return cells if row == n_rows else None


def _unzipped(content: bytes, start: int, *, at_most: int) -> memoryview:
    """Return the coded rows of a .zsav file, unless they are more bytes than its rows can take."""
    _, place, _ = DIRECTORY.unpack_from(content, start)
    _, _, _, n_blocks = BLOCKS.unpack_from(content, place)
    listed = [BLOCK.unpack_from(content, place + BLOCKS.size + BLOCK.size * number) for number in range(n_blocks)]
    if sum(max(0, n_bytes) for _, _, n_bytes, _ in listed) > at_most:
        raise ValueError("more bytes than rows can take")
    rows = b"".join(
        zlib.decompressobj().decompress(content[at : at + n_zipped], max_length=n_bytes)
        for _, at, n_bytes, n_zipped in listed
        if n_bytes > 0
    )
    return memoryview(rows)


def _rows(rows: memoryview, layout: Layout, n_slots: int) -> Iterator[np.ndarray]:
    """Yield the rows in portions, a line each."""
    slots = np.frombuffer(rows, np.uint8, len(rows) // SLOT * SLOT).reshape(-1, SLOT)
    if layout.compression == STORED:
        yield slots[: layout.n_rows * n_slots].view("<f8").reshape(-1, n_slots)
        return
    meant = np.arange(256.0) - layout.bias
    meant[BLANKS], meant[NOTHING] = np.frombuffer(b" " * SLOT, "<f8")[0], -HIGHEST
    left = np.empty(0)
    for codes, raw in _portions(slots):
        found = meant.take(codes)
        found[codes == RAW] = raw
        found = np.concatenate([left, found])
        n_rows = len(found) // n_slots
        yield found[: n_rows * n_slots].reshape(n_rows, n_slots)
        left = found[n_rows * n_slots :]


def _portions(slots: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the codes of cells, and the numbers of those whose code is RAW."""
    start = 0
    while start < len(slots):
        some = slots[start : start + SLOTS_AT_ONCE]
        is_raw = _raw(some)
        if not len(is_raw):
            return
        start, some = start + len(is_raw), some[: len(is_raw)]
        codes, raw = some[~is_raw].ravel(), some[is_raw].view("<f8")[:, 0]
        ends = np.flatnonzero(codes == ENDED)
        if len(ends):
            codes = codes[: ends[0]]
            raw = raw[: np.count_nonzero(codes == RAW)]
        yield (codes if codes.all() else codes[codes != 0]), raw
        if len(ends):
            return


def _raw(slots: np.ndarray) -> np.ndarray:
    """Return which slots are numbers, of those whose meaning is known: eight codes come first, then what they announce.

    The last eight codes stay for the next portion when not all that they announce is in this one.
    """
    announced = np.bitwise_count((slots == RAW).view(np.uint64)[:, 0])
    places = np.flatnonzero(announced)  # of codes, unless a number's own bytes look like them
    codes, first = [], 0
    for place, n in zip(places.tolist(), announced[places].tolist(), strict=True):
        if place >= first:
            codes.append(place)
            first = place + n + 1
    if first > len(slots):
        slots = slots[: codes.pop()]
    starts = np.array(codes, np.intp)
    edges = np.zeros(len(slots) + 1, np.int8)
    edges[starts + 1] = 1
    edges[starts + 1 + announced[starts]] -= 1
    return np.cumsum(edges[:-1], dtype=np.int8).astype(np.bool)


def _numbers(name: str, values: np.ndarray) -> pl.Series:
    if (np.abs(values) < -LOWEST).all():
        return pl.Series(name, values)
    return pl.Series(name, np.where(np.isin(values, MISSING), np.nan, values), nan_to_null=True)


def _texts(name: str, slots: np.ndarray, width: int, encoding: str) -> pl.Series:
    """Return text of a width in bytes, from the slots that it takes."""
    lines = np.ascontiguousarray(slots.T).view(np.uint8)[:, :width]
    whole = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), len(lines), [None, pa.py_buffer(np.ascontiguousarray(lines))]
    )
    found = pl.Series(name, pa.array(whole).cast(pa.binary()))
    if encoding.upper() in UTF_8:
        return _trimmed(found.cast(pl.String))
    known = found.unique()
    return found.replace_strict(known, _trimmed(pl.Series([one.decode(encoding) for one in known])))


def _trimmed(text: pl.Series) -> pl.Series:
    """Return text without the blanks at its end."""
    if text.str.contains("\0", literal=True).any():
        raise ValueError("what bytes of zero in a text mean is pyreadstat's to say")
    return text.str.strip_chars_end(" ")
