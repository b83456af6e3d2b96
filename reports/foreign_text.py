"""Text in another language than the page's: marked where it is met, and shown with its language where it is printed.

A mark is a pair of Unicode's isolates around the language's code and the text, so that it passes through sentences
and templates like any text. Whoever reads a page aloud then changes voice (WCAG 2.2, 3.1.2 Language of Parts).
"""

import json
import re
from dataclasses import is_dataclass

from markupsafe import Markup, escape

_START, _CODE_END, _END = "\u2068", "\u2063", "\u2069"
_MARKED = re.compile(f"{_START}([a-z]+){_CODE_END}([^{_END}]*){_END}")


def foreign(text: str, language: str) -> str:
    """Return a text marked as being in a language; one without a letter is of none."""
    return f"{_START}{language}{_CODE_END}{text}{_END}" if any(sign.isalpha() for sign in text) else text


def is_foreign(text: str) -> bool:
    """Return whether a text is marked from beginning to end."""
    return _MARKED.fullmatch(text) is not None


def has_foreign(page: object) -> bool:
    """Return whether anything that a page tells is marked."""
    return _START in json.dumps(
        page, ensure_ascii=False, default=lambda one: vars(one) if is_dataclass(one) else str(one)
    )


def plain(text: str) -> str:
    """Return a text without its marks, for a place that can hold no tag."""
    return _MARKED.sub(r"\2", text)


def as_html(value: object) -> object:
    """Return what a template prints: a marked text as HTML with the language of each part; anything else as it is."""
    if not isinstance(value, str) or isinstance(value, Markup) or _START not in value:
        return value
    return Markup(_MARKED.sub(r'<span lang="\1">\2</span>', str(escape(value))))
