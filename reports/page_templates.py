"""Where every page, style sheet and printed document gets its template from, dressed in the workspace's theme."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from pipeline.theme import COLOURS, PLAIN, Theme
from reports.foreign_text import as_html, plain

TEMPLATES = Path(__file__).parent / "templates"
PDF_FONT = "Libertinus Serif"  # of the templates for print
_STACKS = {  # stacks of the templates: what a theme's own names stand before
    "headings": ('"Iowan Old Style", "Palatino Linotype"', "Georgia,'Times New Roman'"),
    "text": ('system-ui, -apple-system, "Segoe UI"', "Arial,Helvetica", "Arial, Helvetica"),
}
_POLICY = re.compile(r"(content=\"default-src 'none';(?![^\"]*img-src)[^\"]*)\"")


def template(name: str, theme: Theme = PLAIN) -> jinja2.Template:
    """Return a template that escapes what it is given and refuses what it is not."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda one: dressed(one, theme)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=as_html,
    )
    environment.filters["plain"] = plain
    environment.globals["theme"] = theme
    return environment.get_template(name)


def dressed(name: str, theme: Theme = PLAIN) -> str:
    """Return the text of a template with the colours and fonts of a theme in the place of the usual ones."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    if theme == PLAIN:
        return text
    usual = {colour: getattr(theme, key) for key, colour in COLOURS.items()}
    text = re.sub("|".join(usual), lambda found: str(usual[found.group()]), text)
    for key, stacks in _STACKS.items():
        for stack in stacks:
            quote = "'" if "'" in stack or "Arial,H" in stack else '"'
            own = "".join(f"{quote}{font}{quote}, " for font in getattr(theme, key))
            text = text.replace(stack, own + stack)
    return _POLICY.sub(r'\1; img-src data:"', text) if theme.logo else text


def printed(name: str, page: Mapping[str, Any], made: datetime, theme: Theme = PLAIN) -> bytes:
    """Return the PDF of a document: tagged, titled, with a language and a text for every picture.

    Args:
        name: of its template, which finds what it tells as JSON in `sys.inputs.page`.
        made: the date of the document; fonts are the renderer's and the theme's, so the bytes are the same anywhere.
    """
    import typst

    source, folders = _printed_source(name, theme)
    logo = theme.logo and {"bytes": list(theme.logo.content), "format": theme.logo.format, "alt": theme.logo.alt}
    brand = {"organisation": theme.organisation, "contact": theme.contact, "logo": logo}
    compiled = typst.compile(
        source,
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=folders),
        format="pdf",
        pdf_standards="ua-1",
        sys_inputs={"page": json.dumps({**page, "brand": brand}, ensure_ascii=False)},
        timestamp=int(made.timestamp()),
    )
    assert isinstance(compiled, bytes)
    return compiled


def _printed_source(name: str, theme: Theme) -> tuple[bytes, list[Path]]:
    """Return the source of a printed document, and the folders of the fonts it needs beside the renderer's own."""
    source = dressed("foreign_text.typ", theme) + dressed(name, theme)
    if theme.pdf_font is None:
        return source.encode(), []
    return source.replace(PDF_FONT, pdf_family(theme.pdf_font)).encode(), [theme.pdf_font.parent]


def pdf_family(font: Path) -> str:
    """Return the name of the family in a font's file."""
    import typst

    own = set(typst.Fonts(include_system_fonts=False, font_paths=[font.parent]).families())
    usual = set(typst.Fonts(include_system_fonts=False).families())
    return sorted(own - usual)[0] if own - usual else PDF_FONT
