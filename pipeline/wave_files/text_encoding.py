"""Which characters a delivered file's bytes stand for: UTF-8, UTF-16 or the Windows code page of old exports."""

import codecs
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DeliveryError

UTF_8, UTF_8_MARKED, WINDOWS = "utf-8", "utf-8-sig", "cp1252"
MARKS = (
    (codecs.BOM_UTF8, UTF_8_MARKED),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DOUBLY = re.compile("Ã[\x80-\xbf]|â€")
TAB, SHIFT_OUT, SPACE, DELETE = 0x09, 0x0E, 0x20, 0x7F  # controls are below the first, between the next two, the last
AT_HAND = 1 << 18  # bytes
SAMPLE = 4096  # bytes that show whether every second one is zero
MOST_ZEROS = 0.3  # of the bytes of UTF-16 text in our alphabets, nearly half are zero
ADVICE = "Export it again as CSV in UTF-8."


def decode(content: bytes, file_name: str, *, encoding: str | None = None) -> tuple[str, str]:
    """Return a file's text and the name of its encoding, which is found out unless the definition says it.

    Raises:
        DeliveryError: the bytes are no text, or text in several encodings at once.
    """
    encoding = encoding or marked_encoding(content) or unmarked_utf_16(content)
    if encoding is None:
        text, encoding = decode_unmarked(content, file_name)
    else:
        text = decode_as(content, encoding, file_name)
    found = CONTROL.search(text) if may_hold_controls(content, encoding) else None
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise DeliveryError(
            f"{file_name}: line {line} holds a control character (code {ord(found.group())}), so this is not "
            f"plain text. {ADVICE}"
        )
    return text, encoding


def doubly_decoded(text: str) -> int:
    """Return how often a text shows a letter of UTF-8 that was taken for two of Windows, such as “Ã©” for “é”."""
    return len(_DOUBLY.findall(text)) if any(sign in text for sign in ("Ã", "â€")) else 0


def may_hold_controls(content: bytes, encoding: str) -> bool:
    """Return whether there may be a control character; bytes tell only where ASCII's are its characters."""
    is_ascii_like = encoding in (UTF_8, UTF_8_MARKED, WINDOWS)
    return not is_ascii_like or any(_is_control(part).any() for part in _parts(content))


def count_of(character: int, content: bytes) -> int:
    """Return how often a byte occurs, in a seventh of the time of bytes.count where that is often."""
    return sum(int(np.count_nonzero(part == character)) for part in _parts(content))


def _is_control(part: NDArray[np.uint8]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (part < TAB) | (part - SHIFT_OUT < SPACE - SHIFT_OUT) | (part == DELETE)
    return found


def _parts(content: bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield a file's bytes, as many at a time as a processor keeps at hand."""
    for start in range(0, len(content), AT_HAND):
        yield np.frombuffer(content, np.uint8, count=min(AT_HAND, len(content) - start), offset=start)


def marked_encoding(content: bytes) -> str | None:
    """Return the encoding that the first bytes announce; None when they announce none."""
    return next((encoding for mark, encoding in MARKS if content.startswith(mark)), None)


def unmarked_utf_16(content: bytes) -> str | None:
    """Return which UTF-16 a file is in that does not announce it; None when it is not."""
    sample = content[:SAMPLE]
    if not sample or sample.count(0) < MOST_ZEROS * len(sample):
        return None
    is_little_endian = sample[1::2].count(0) > sample[::2].count(0)
    return "utf-16-le" if is_little_endian else "utf-16-be"


def decode_as(content: bytes, encoding: str, file_name: str) -> str:
    """Return the text of a file whose encoding is known."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        says = "file's start" if marked_encoding(content) or unmarked_utf_16(content) else "definition"
        raise DeliveryError(
            f"{file_name}: byte {error.start + 1:,} is not {encoding.upper()}, as the {says} says. {ADVICE}"
        ) from error


def decode_unmarked(content: bytes, file_name: str) -> tuple[str, str]:
    """Return text and encoding: UTF-8 if all of it is, else the Windows code page if none of it is UTF-8."""
    try:
        return content.decode(UTF_8), UTF_8
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        if may_hold_controls(content, UTF_8):
            raise DeliveryError(
                f"{file_name}: line {line} holds a byte that is not UTF-8, and there are control characters, so this "
                f"is not plain text. {ADVICE}"
            ) from error
        if has_utf_8_letters(content):
            raise DeliveryError(
                f"{file_name}: line {line} holds a byte that is not UTF-8, though the rest of the file is. {ADVICE}"
            ) from error
    try:
        return content.decode(WINDOWS), WINDOWS
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DeliveryError(
            f"{file_name}: line {line} holds a byte that is neither UTF-8 nor Windows-1252 text. {ADVICE} "
            "Or name its encoding, as mac_roman, as 'encoding' under 'source' in the definition."
        ) from error


def has_utf_8_letters(content: bytes) -> bool:
    """Return whether some letters beyond ASCII are UTF-8; Windows text has such pairs of bytes hardly ever."""
    return not content.decode(UTF_8, errors="ignore").isascii()
