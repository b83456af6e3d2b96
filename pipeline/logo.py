"""A logo: a PNG or SVG that is really one, small enough for an e-mail, and that asks for nothing else."""

import base64
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

LARGEST_BYTES = 200_000
LARGEST_SIDE = 4000  # pixels
PNG, SVG = "image/png", "image/svg+xml"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FORBIDDEN = {"script", "foreignObject", "iframe", "image", "use", "animate", "set", "a"}
_OUTSIDE = re.compile(r"@import|url\(\s*['\"]?(?!#)", re.IGNORECASE)

Problem = tuple[str, str]  # found, expected


@dataclass(frozen=True)
class Logo:
    """A logo that may stand on a page."""

    content: bytes
    media_type: str  # image/png | image/svg+xml
    alt: str

    @property
    def address(self) -> str:
        """Return the logo as an address of its own, so that a page asks for nothing else."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"

    @property
    def format(self) -> str:
        """Return png or svg."""
        return "png" if self.media_type == PNG else "svg"


def read_logo(path: Path, alt: str) -> tuple[Logo | None, Problem | None]:
    """Return the logo in a file, or what is wrong with it."""
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        return None, (f"{size:,} bytes", f"at most {LARGEST_BYTES:,}")
    content = path.read_bytes()
    is_png = content.startswith(_SIGNATURE)
    problem = _png_problem(content) if is_png else _svg_problem(content)
    return (None, problem) if problem else (Logo(content, PNG if is_png else SVG, alt), None)


def _png_problem(content: bytes) -> Problem | None:
    """Return what is wrong with a PNG: a chunk that is not whole, no picture in it, or one too large."""
    place, kinds = len(_SIGNATURE), list[bytes]()
    while place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, end = content[place + 4 : place + 8], place + 8 + length
        if content[end : end + 4] != struct.pack(">I", zlib.crc32(content[place + 4 : end])):
            break
        kinds.append(kind)
        place = end + 4
    if kinds[:1] != [b"IHDR"] or b"IDAT" not in kinds or kinds[-1:] != [b"IEND"]:
        return "a damaged PNG", "a whole PNG or SVG picture"
    width, height = struct.unpack(">II", content[16:24])
    if not 0 < max(width, height) <= LARGEST_SIDE:
        return f"{width} × {height} pixels", f"at most {LARGEST_SIDE} on either side"
    return None


def _svg_problem(content: bytes) -> Problem | None:
    """Return what is wrong with an SVG: none at all, a script, or something that it asks another place for."""
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError):
        return "no picture", "a PNG or SVG picture"
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        return f"<{_name(root.tag)}>", "a PNG or SVG picture"
    return next((problem for one in root.iter() if (problem := _part_problem(one))), None)


def _part_problem(part: Element) -> Problem | None:
    expected = "an SVG that holds all it shows and does nothing"
    if _name(part.tag) in _FORBIDDEN:
        return f"<{_name(part.tag)}>", expected
    if _name(part.tag) == "style" and _OUTSIDE.search(part.text or ""):
        return "a style that asks another place", expected
    for name, value in part.attrib.items():
        if _name(name).lower().startswith("on") or _name(name) == "href" or _OUTSIDE.search(value):
            return f"the attribute '{_name(name)}'", expected
    return None


def _name(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
