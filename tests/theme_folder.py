"""A workspace's theme.toml with a logo, as tests write it, and files that are no logo."""

import struct
import zlib
from pathlib import Path

THEME = """\
organisation = "Anytown Council"
contact = "panel@anytown.example"

[logo]
file = "logo.svg"
alt = "Anytown: a bridge"

[colours]
accent = "#8a1f5c"
accent_dark = "#f0a3cf"
paper = "#f7f9f4"
paper_dark = "#101a14"

[fonts]
headings = ["Georgia"]
text = ["Verdana"]
"""
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60" width="120" height="60">'
    '<rect width="120" height="60" fill="#8a1f5c"/></svg>'
)


def png(width: int = 2, height: int = 1) -> bytes:
    """Return a whole PNG of black pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = zlib.compress((b"\0" + b"\0" * min(width, 9)) * min(height, 9))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def write_theme(folder: Path, *, change: tuple[str, str] | None = None, logo: bytes | None = None) -> Path:
    """Write theme.toml and its logo into a folder and return it; `change` is a text in the file and its replacement."""
    text = THEME
    if change is not None:
        assert change[0] in text, change[0]
        text = text.replace(change[0], change[1], 1)
    (folder / "theme.toml").write_text(text, encoding="utf-8")
    (folder / "logo.svg").write_bytes(LOGO.encode() if logo is None else logo)
    return folder
