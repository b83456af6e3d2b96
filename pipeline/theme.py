"""How a workspace's pages look, as its theme.toml says: organisation, logo, colours and fonts, each checked."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.logo import Logo, read_logo

FILE = "theme.toml"
TEMPLATE = """\
# How this panel's pages look; every line may be left out. Texts must keep a contrast of at least 4.5 : 1.

# organisation = "Anytown Council"
# contact = "panel@anytown.example, 01234 567890"

# [logo]
# file = "logo.svg"            # PNG or SVG in this folder, at most 200 kB; an SVG without scripts and links
# alt = "Anytown Council"      # what it shows, for people who cannot see it

# [colours]                    # on light pages, and on dark ones where readers ask for them
# accent = "#0b5f94"
# accent_dark = "#74bdea"
# paper = "#fdfcf9"
# paper_dark = "#14181c"

# [fonts]                      # names of fonts, the first that a reader's computer has; a usual one is added last
# headings = ["Iowan Old Style", "Georgia"]
# text = ["Source Sans 3", "Arial"]
# pdf = "fonts/Anytown.ttf"    # file of the font of the PDF, in this folder
"""
LEAST_CONTRAST = 4.5  # of a text and its ground, WCAG 2.2, 1.4.3
INK, QUIET, WHITE = "#17202a", "#59636e", "#ffffff"  # texts on light paper; the paper of print and easy read
INK_DARK, QUIET_DARK = "#ece8e0", "#a5adb5"  # texts on dark paper
COLOURS = {"accent": "#0b5f94", "accent_dark": "#74bdea", "paper": "#fdfcf9", "paper_dark": "#14181c"}
_KEYS = {"": ("organisation", "contact", "logo", "colours", "fonts"), "logo": ("file", "alt"),
         "colours": tuple(COLOURS), "fonts": ("headings", "text", "pdf")}  # fmt: skip
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FONT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .-]*")
_STEP = 0.02  # towards black or white, when a colour that passes is looked for


@dataclass(frozen=True)
class Theme:
    """The look of a workspace's pages; as it is here where nothing is said."""

    organisation: str = ""
    contact: str = ""
    logo: Logo | None = None
    accent: str = COLOURS["accent"]
    accent_dark: str = COLOURS["accent_dark"]
    paper: str = COLOURS["paper"]
    paper_dark: str = COLOURS["paper_dark"]
    headings: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    pdf_font: Path | None = None


PLAIN = Theme()


def read_theme(root: Path) -> Theme:
    """Return the theme of a workspace; the plain one where there is no theme.toml.

    Raises:
        UsageError: something in it is unknown, unreadable or cannot be read on its ground; every fault is named.
    """
    path = root / FILE
    if not path.exists():
        return PLAIN
    try:
        text = path.read_text(encoding="utf-8")
        stated = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}. Correct that line.") from error
    reader = _Reader(path, text)
    theme = reader.theme(stated)
    if reader.faults:
        raise UsageError("\n".join(reader.faults))
    return theme


class _Reader:
    """Reads one theme.toml and notes what is wrong with it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines, self.faults = path, text.splitlines(), list[str]()

    def theme(self, stated: dict[str, Any]) -> Theme:
        self._refuse_unknown("", stated)
        tables = {name: self._table(stated, name) for name in ("logo", "colours", "fonts")}
        colours = {name: self._colour(tables["colours"], name) for name in COLOURS}
        if not self.faults:
            self._refuse_faint(colours)
        return Theme(
            organisation=self._text(stated, "organisation"),
            contact=self._text(stated, "contact"),
            logo=self._logo(tables["logo"]),
            headings=self._fonts(tables["fonts"], "headings"),
            text=self._fonts(tables["fonts"], "text"),
            pdf_font=self._font_file(tables["fonts"]),
            **colours,
        )

    def _fault(self, key: str, found: str, expected: str, todo: str) -> None:
        pattern = re.compile(rf"\s*\[?\s*{re.escape(key)}\s*[=\]]")
        line = next((number for number, one in enumerate(self.lines, 1) if pattern.match(one)), 1)
        self.faults.append(f"{self.path}, line {line}, '{key}': found {found}, expected {expected}. {todo}")

    def _refuse_unknown(self, table: str, stated: dict[str, Any]) -> None:
        for key in sorted(set(stated) - set(_KEYS[table])):
            self._fault(key, f"'{key}'", f"one of {', '.join(_KEYS[table])}", "Correct or remove it.")

    def _table(self, stated: dict[str, Any], name: str) -> dict[str, Any]:
        found = stated.get(name, {})
        if not isinstance(found, dict):
            self._fault(name, repr(found), f"a table [{name}]", "Write its keys under that heading.")
            return {}
        self._refuse_unknown(name, found)
        return found

    def _text(self, stated: dict[str, Any], key: str) -> str:
        found = stated.get(key, "")
        if not isinstance(found, str) or "\n" in found:
            self._fault(key, repr(found), "one line of text", "Put it in quotes.")
            return ""
        return found.strip()

    def _colour(self, stated: dict[str, Any], key: str) -> str:
        found = stated.get(key, COLOURS[key])
        if not isinstance(found, str) or not _COLOUR.fullmatch(found):
            self._fault(key, repr(found), "a colour such as '#0b5f94'", "Write # and six hexadecimal digits.")
            return COLOURS[key]
        return found.lower()

    def _refuse_faint(self, colours: dict[str, str]) -> None:
        """Note every colour that texts could not be read in, or on, with the nearest one in which they could."""
        for key, others in (
            ("paper", (INK, QUIET)),
            ("paper_dark", (INK_DARK, QUIET_DARK)),
            ("accent", (colours["paper"], WHITE)),
            ("accent_dark", (colours["paper_dark"],)),
        ):
            ratio, against = min((contrast(colours[key], other), other) for other in others)
            if ratio < LEAST_CONTRAST:
                near = nearest_readable(colours[key], others)
                todo = f"Take {near}, the nearest that passes." if near else "Take another colour."
                self._fault(key, f"'{colours[key]}', contrast {ratio:.2f} : 1 against {against}",
                            f"at least {LEAST_CONTRAST} : 1", todo)  # fmt: skip

    def _fonts(self, stated: dict[str, Any], key: str) -> tuple[str, ...]:
        found = stated.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) and _FONT.fullmatch(one) for one in found):
            self._fault(key, repr(found), 'a list of names of fonts such as ["Georgia"]', "Use letters and digits.")
            return ()
        return tuple(found)

    def _font_file(self, stated: dict[str, Any]) -> Path | None:
        name = self._text(stated, "pdf")
        if not name:
            return None
        path = self.path.parent / name
        is_font = path.is_file() and path.read_bytes()[:4] in (b"\x00\x01\x00\x00", b"OTTO", b"true")
        if not is_font or not path.resolve().is_relative_to(self.path.parent.resolve()):
            self._fault("pdf", f"'{name}'", "a TrueType or OpenType font in this folder", "Copy the font's file here.")
            return None
        return path

    def _logo(self, stated: dict[str, Any]) -> Logo | None:
        name, alt = self._text(stated, "file"), self._text(stated, "alt")
        if not name:
            return None
        if not alt:
            self._fault("file", "no 'alt' beside it", "a text that says what the logo shows", "Add 'alt'.")
        path = self.path.parent / name
        if not path.is_file() or not path.resolve().is_relative_to(self.path.parent.resolve()):
            self._fault("file", f"'{name}'", "a file in this folder", "Copy the logo here.")
            return None
        logo, problem = read_logo(path, alt)
        if problem:
            self._fault("file", f"'{name}': {problem[0]}", problem[1], "Save the logo again.")
        return logo


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Source: WCAG 2.2, definition of contrast ratio.
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def nearest_readable(colour: str, others: tuple[str, ...]) -> str | None:
    """Return the colour, made as much darker or lighter as it takes to be read against all others; None for none."""
    steps = [step * _STEP for step in range(1, round(1 / _STEP) + 1)]
    mixed = (_mixed(colour, end, part) for part in steps for end in (0, 255))
    return next((one for one in mixed if all(contrast(one, other) >= LEAST_CONTRAST for other in others)), None)


def _mixed(colour: str, end: int, part: float) -> str:
    channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(one + (end - one) * part):02x}" for one in channels)
