"""Columns put at the end of a Parquet file, of which not a byte is read or written anew.

A Parquet file is its columns' pages, and a footer that says where in the file they lie. So the pages of new columns
are written where the footer was, and a footer that tells of them, too, comes after. What the data holds stays as its
producer wrote it, and a number of a new column takes eight bytes, so it is known beforehand where each page of
doubles lies: blocks of rows are made and written in any order, by two threads, and memory does not grow with them.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.data_files.thrift import BINARY, I32, I64, LIST, STRUCT, Items, Struct, read_struct, struct_bytes
from pipeline.weighting.threads import in_threads

Floats = NDArray[np.float64]
MAGIC = b"PAR1"
TAIL = 8  # the footer's length and the magic
PAGE_ROWS = 1 << 17  # of a page, at most: 1 MB
MOST_CELLS = 1 << 21  # rows × columns made at a time by a thread: 16 MB

# what parquet.thrift numbers them
FILE_SCHEMA, FILE_GROUPS, FILE_NOTES, FILE_ORDERS = 2, 4, 5, 7
ELEMENT_TYPE, ELEMENT_REPETITION, ELEMENT_NAME, ELEMENT_CHILDREN = 1, 3, 4, 5
GROUP_CHUNKS, GROUP_BYTES, GROUP_ROWS, GROUP_COMPRESSED = 1, 2, 3, 6
CHUNK_OFFSET, CHUNK_META = 2, 3
META_PATH, DOUBLE_TYPE, REQUIRED, PLAIN, RLE, UNCOMPRESSED, DATA_PAGE = 3, 5, 0, 0, 3, 0, 0


@dataclass(frozen=True)
class NewColumns:
    """Columns of numbers to write beside a file's own, made a block of rows at a time."""

    names: Sequence[str]
    values: Callable[[slice], Floats]  # the (n_columns, n_rows) numbers of some rows, called by two threads


@dataclass(frozen=True)
class _Page:
    """Some rows of a row group, and where their page of the first new column begins."""

    rows: slice
    header: bytes
    offset: int
    stride: int  # from a column's chunk to the next one's


def read_footer(file: BinaryIO) -> tuple[Struct, int]:
    """Return what a Parquet file's footer says, and where it begins.

    Raises:
        ValueError: it has none that can be read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    start = size - TAIL - int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or start < len(MAGIC):
        raise ValueError("the file does not end as Parquet files do")
    file.seek(start)
    return read_struct(file.read(size - TAIL - start)), start


def notes_of(file: BinaryIO) -> dict[str, str]:
    """Return a Parquet file's own metadata, texts by key."""
    notes = _items(read_footer(file)[0], FILE_NOTES)
    return {one[1][1].decode(): one[2][1].decode() for one in notes if 2 in one}


def append_columns(path: Path, new: NewColumns, *, renamed: Mapping[str, str], notes: Mapping[str, str | None]) -> None:
    """Put columns at the end of a Parquet file.

    Args:
        renamed: new names of columns that the file has.
        notes: by key, text of the file's own metadata that is to be replaced, or dropped.
    """
    with path.open("rb") as file:
        footer, end = read_footer(file)
    _rename(footer, renamed)
    pages: list[_Page] = []
    for group in _items(footer, FILE_GROUPS):
        of_group, end = _with_chunks(group, new.names, pages[-1].rows.stop if pages else 0, end)
        pages += of_group
    _add_to_schema(footer, new.names)
    _annotate(footer, notes)
    with path.open("r+b") as file:
        _write_pages(file.fileno(), pages, new)
        file.truncate(end)
        file.seek(end)
        closing = struct_bytes(footer)
        file.write(closing + len(closing).to_bytes(4, "little") + MAGIC)


def _with_chunks(group: Struct, names: Sequence[str], first_row: int, start: int) -> tuple[list[_Page], int]:
    """Add the new columns to a row group; return its pages and where the next one's begin."""
    n_rows = _number(group, GROUP_ROWS)
    together = max(1, min(PAGE_ROWS, MOST_CELLS // max(1, len(names))))
    parts = [slice(one, min(one + together, n_rows)) for one in range(0, n_rows, together)]
    headers = [_page_header(part.stop - part.start) for part in parts]
    sizes = [len(header) + 8 * (part.stop - part.start) for part, header in zip(parts, headers, strict=True)]
    stride = sum(sizes)
    chunks = _items(group, GROUP_CHUNKS)
    chunks += [_chunk(name, n_rows, start + number * stride, stride) for number, name in enumerate(names)]
    for field in (GROUP_BYTES, GROUP_COMPRESSED):
        if field in group:
            group[field] = I64, _number(group, field) + stride * len(names)
    offsets = np.cumsum([start, *sizes])[:-1].tolist()
    pages = [
        _Page(slice(first_row + part.start, first_row + part.stop), header, offset, stride)
        for part, header, offset in zip(parts, headers, offsets, strict=True)
    ]
    return pages, start + stride * len(names)


def _page_header(n_rows: int) -> bytes:
    """Return what stands before the numbers of a page: they are plain, and none is missing."""
    of_data: Struct = {1: (I32, n_rows), 2: (I32, PLAIN), 3: (I32, RLE), 4: (I32, RLE)}
    return struct_bytes({1: (I32, DATA_PAGE), 2: (I32, 8 * n_rows), 3: (I32, 8 * n_rows), 5: (STRUCT, of_data)})


def _chunk(name: str, n_rows: int, start: int, size: int) -> Struct:
    """Return where the pages of a new column lie in a row group."""
    meta: Struct = {
        1: (I32, DOUBLE_TYPE),
        2: (LIST, Items(I32, [PLAIN, RLE])),
        META_PATH: (LIST, Items(BINARY, [name.encode()])),
        4: (I32, UNCOMPRESSED),
        5: (I64, n_rows),
        6: (I64, size),
        7: (I64, size),
        9: (I64, start),
    }
    return {CHUNK_OFFSET: (I64, 0), CHUNK_META: (STRUCT, meta)}


def _write_pages(file: int, pages: Sequence[_Page], new: NewColumns) -> None:
    """Make and write the pages of all new columns, a block of rows at a time."""

    def write(page: _Page) -> None:
        for number, values in enumerate(np.ascontiguousarray(new.values(page.rows), "<f8")):
            _write_at(file, [page.header, memoryview(values).cast("B")], page.offset + number * page.stride)

    for _ in in_threads(write, pages):
        pass


def _write_at(file: int, parts: list[Any], offset: int) -> None:
    """Write parts one after the other at a place; a disk that is filling up takes less than all at once."""
    wanted = sum(len(part) for part in parts)
    done = os.pwritev(file, parts, offset)
    if done < wanted:
        left = b"".join(parts)[done:]
        while left:
            done += (n := os.pwrite(file, left, offset + done))
            left = left[n:]


def _add_to_schema(footer: Struct, names: Sequence[str]) -> None:
    """Add the new columns to the schema, whose first element is the root, and to the order of each column's values."""
    elements = _items(footer, FILE_SCHEMA)
    elements[0][ELEMENT_CHILDREN] = I32, _number(elements[0], ELEMENT_CHILDREN) + len(names)
    elements += [
        {
            ELEMENT_TYPE: (I32, DOUBLE_TYPE),
            ELEMENT_REPETITION: (I32, REQUIRED),
            ELEMENT_NAME: (BINARY, name.encode()),
        }
        for name in names
    ]
    if FILE_ORDERS in footer:
        _items(footer, FILE_ORDERS).extend({1: (STRUCT, {})} for _ in names)


def _rename(footer: Struct, renamed: Mapping[str, str]) -> None:
    """Give columns of the file other names, in its schema and where each row group says whose pages they are."""
    for element in _columns_of(_items(footer, FILE_SCHEMA)):
        name = element[ELEMENT_NAME][1].decode()
        element[ELEMENT_NAME] = BINARY, renamed.get(name, name).encode()
    for group in _items(footer, FILE_GROUPS) if renamed else ():
        for chunk in _items(group, GROUP_CHUNKS):
            path = chunk[CHUNK_META][1][META_PATH][1].values
            path[0] = renamed.get(path[0].decode(), path[0].decode()).encode()


def _columns_of(elements: Sequence[Struct]) -> Iterator[Struct]:
    """Yield the elements below the root: the tree of a schema is written down from the root, children first."""

    def skip(place: int) -> int:
        """Return the place after an element and all below it."""
        children = _number(elements[place], ELEMENT_CHILDREN)
        place += 1
        for _ in range(children):
            place = skip(place)
        return place

    place = 1
    while place < len(elements):
        yield elements[place]
        place = skip(place)


def _annotate(footer: Struct, notes: Mapping[str, str | None]) -> None:
    """Replace or drop some of the file's own metadata, texts by key."""
    keys = {key.encode() for key in notes}
    kept: list[Any] = [one for one in _items(footer, FILE_NOTES) if one[1][1] not in keys]
    added = [{1: (BINARY, key.encode()), 2: (BINARY, text.encode())} for key, text in notes.items() if text is not None]
    footer[FILE_NOTES] = LIST, Items(STRUCT, [*kept, *added])


def _items(struct: Struct, field: int) -> list[Any]:
    """Return a field's list, which can be added to; a list that is not there has nothing in it."""
    values: list[Any] = struct.get(field, (LIST, Items(STRUCT)))[1].values
    return values


def _number(struct: Struct, field: int) -> int:
    """Return a field's number, 0 if it is not there."""
    return int(struct.get(field, (I32, 0))[1])
