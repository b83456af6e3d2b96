"""A delivered file before anyone knows its format: its name, first bytes, bytes and text, and what was said of it."""

import gzip
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import DeliveryError
from pipeline.wave_files.text_encoding import decode

GZIP_MAGIC = b"\x1f\x8b"
HEAD = 4096
MOST_UNPACKED = 4 << 30  # bytes of a gzipped file
MOST_TIMES = 200  # as large as compressed; tables of codes come to 10 or 20
AT_ONCE = 1 << 24


@dataclass(frozen=True)
class Said:
    """What the definition says of a delivery, where content alone may not tell; None: found out."""

    expected_columns: tuple[str, ...] = ()
    format: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None  # from 1
    decimal_comma: bool | None = None
    words: frozenset[str] = frozenset()  # columns of codes or text, in which "1,3" is two answers and no number
    as_enums: bool = False  # columns of few different values may be Enums


@dataclass(frozen=True)
class Content:
    """A delivered file, unpacked when it is gzipped; read only as far as somebody asks."""

    path: Path
    name: str  # in messages
    said: Said = field(default_factory=Said)

    @cached_property
    def head(self) -> bytes:
        """Return the first bytes."""
        with self.opened() as file:
            start = file.read(HEAD)
        return self.all_bytes[:HEAD] if start.startswith(GZIP_MAGIC) else start

    @cached_property
    def is_gzipped(self) -> bool:
        """Return whether the file is gzipped."""
        with self.opened() as file:
            return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC

    @cached_property
    def all_bytes(self) -> bytes:
        """Return all of it."""
        with self.opened() as file:
            content = file.read()
        return unpacked(content, self.name) if content.startswith(GZIP_MAGIC) else content

    @property
    def source(self) -> Path | bytes:
        """Return what a library reads it from: the file, or the unpacked bytes."""
        return self.all_bytes if self.is_gzipped else self.path

    @cached_property
    def decoded(self) -> tuple[str, str]:
        """Return its text and the name of the encoding.

        Raises:
            DeliveryError: it is no text, or empty.
        """
        text, encoding = decode(self.all_bytes, self.name, encoding=self.said.encoding)
        if not text or text.isspace():
            raise DeliveryError(f"{self.name}: the file is empty, expected a header and rows. Export it again.")
        return text, encoding

    def opened(self) -> BinaryIO:
        """Return the file, open to be read."""
        try:
            return self.path.open("rb")
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise DeliveryError(f"{self.name}: {reason}. Check that the file is there and may be read.") from error


def unpacked(content: bytes, name: str) -> bytes:
    """Return the content of a gzipped file, a bounded number of bytes.

    Raises:
        DeliveryError: it is cut off, damaged, or larger than any delivery.
    """
    parts, size = [], 0
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as file:
            while part := file.read(AT_ONCE):
                parts.append(part)
                size += len(part)
                if size > MOST_UNPACKED or (size > AT_ONCE and size > MOST_TIMES * len(content)):
                    raise DeliveryError(
                        f"{name}: {len(content):,} compressed bytes unpack to more than {size:,}, which no table does. "
                        "Export it again, not compressed."
                    )
        return b"".join(parts)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DeliveryError(
            f"{name}: the compressed file is cut off or damaged, {len(content):,} bytes found. Copy or export it again."
        ) from error
