"""Thrift's compact protocol as far as a Parquet footer uses it: structs as dicts by field number, read and written.

What a field means is not known here, so fields of later versions of Parquet are kept as they are.

Source: Apache Thrift, "Thrift Compact protocol encoding"; Apache Parquet, parquet.thrift.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)

Struct = dict[int, tuple[int, Any]]  # by field number: the type and the value; text is bytes


@dataclass
class Items:
    """A list of values of one type."""

    kind: int
    values: list[Any] = field(default_factory=list)


def read_struct(data: bytes) -> Struct:
    """Return the struct that bytes begin with.

    Raises:
        ValueError: they hold what a Parquet footer does not.
    """
    try:
        return _Reader(data).struct()
    except (IndexError, RecursionError) as error:
        raise ValueError("the bytes end within a value") from error


def struct_bytes(struct: Struct) -> bytes:
    """Return a struct as bytes."""
    written = bytearray()
    _write_struct(written, struct)
    return bytes(written)


class _Reader:
    """A place in bytes that values are read from."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0
        self.readers: dict[int, Callable[[], Any]] = {
            BYTE: self.byte,
            I16: self.integer,
            I32: self.integer,
            I64: self.integer,
            DOUBLE: lambda: unpack_from("<d", self.bytes(8))[0],
            BINARY: lambda: self.bytes(self.size()),
            LIST: self.items,
            SET: self.items,
            STRUCT: self.struct,
        }

    def struct(self) -> Struct:
        found: Struct = {}
        number = 0
        while head := self.byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self.integer()
            found[number] = kind, self.value(kind, is_element=False)
        return found

    def value(self, kind: int, *, is_element: bool) -> Any:
        if kind in (TRUE, FALSE):  # a field's type is its value
            return (self.byte() if is_element else kind) == TRUE
        if kind not in self.readers:
            raise ValueError(f"a value of type {kind} is not known")
        return self.readers[kind]()

    def items(self) -> Items:
        head = self.byte()
        size = head >> 4 if head < 0xF0 else self.size()
        return Items(head & 15, [self.value(head & 15, is_element=True) for _ in range(size)])

    def byte(self) -> int:
        byte = self.data[self.place]
        self.place += 1
        return byte

    def bytes(self, size: int) -> bytes:
        self.place += size
        if self.place > len(self.data):
            raise IndexError
        return self.data[self.place - size : self.place]

    def size(self) -> int:
        found, shift = 0, 0
        while True:
            byte = self.byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7

    def integer(self) -> int:
        zigzag = self.size()
        return (zigzag >> 1) ^ -(zigzag & 1)


def _write_struct(written: bytearray, struct: Struct) -> None:
    last = 0
    for number, (kind, value) in sorted(struct.items()):
        head = (TRUE if value else FALSE) if kind in (TRUE, FALSE) else kind
        step = number - last
        written.append(((step if 0 < step < 16 else 0) << 4) | head)
        if not 0 < step < 16:
            _write_size(written, _zigzag(number))
        if kind not in (TRUE, FALSE):
            _write(written, kind, value)
        last = number
    written.append(0)


def _write(written: bytearray, kind: int, value: Any) -> None:
    if isinstance(value, dict):
        _write_struct(written, value)
    elif isinstance(value, Items):
        n = len(value.values)
        written.append(((n if n < 15 else 15) << 4) | value.kind)
        if n >= 15:
            _write_size(written, n)
        for one in value.values:
            _write(written, value.kind, one)
    elif isinstance(value, bytes):
        _write_size(written, len(value))
        written += value
    elif isinstance(value, float):
        written += pack("<d", value)
    elif kind in (TRUE, FALSE):
        written.append(TRUE if value else FALSE)
    elif kind == BYTE:
        written.append(value)
    else:
        _write_size(written, _zigzag(value))


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _write_size(written: bytearray, size: int) -> None:
    while size >= 128:
        written.append((size & 127) | 128)
        size >>= 7
    written.append(size)
