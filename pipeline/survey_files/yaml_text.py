"""YAML as the project writes it: names plain, labels quoted, short blocks on one line, each comment in its place."""

import json
import re
from collections.abc import Mapping
from datetime import date

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|-?(0|[1-9]\d{0,14})")
TRAPS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"})
WIDTH = 118  # characters of a line


class Label(str):
    """Text for people, quoted whatever it is."""


class Comment(str):
    """A key that stands for a comment at this place; its value does not matter."""


def yaml_text(block: "Mapping[str, object]", *, indent: int = 0) -> str:
    """Return a block of keys as YAML text."""
    lines: list[str] = []
    margin = " " * indent
    for key, value in block.items():
        if isinstance(key, Comment):
            lines += [f"{margin}# {line}".rstrip() for line in key.splitlines()]
            continue
        lines.append(_entry(f"{margin}{scalar(key)}:", value, indent))
    return "\n".join(lines)


def _entry(head: str, value: object, indent: int) -> str:
    """Return a key with its value: on the same line when that fits, else as a block below."""
    if not isinstance(value, (Mapping, list, tuple)):
        return f"{head} {scalar(value)}"
    if _is_short(value):
        line = f"{head} {flow(value)}"
        if len(line) <= WIDTH:
            return line
    if isinstance(value, Mapping):
        return f"{head}\n{yaml_text(value, indent=indent + 2)}"
    return "\n".join([head, *(f"{' ' * (indent + 2)}- {flow(one)}" for one in value)])


def _is_short(value: object) -> bool:
    """Return whether a block may stand on one line: no blocks within it, and no comments."""
    if isinstance(value, Mapping):
        nested = any(isinstance(one, Mapping) for one in value.values())
        return not nested and not any(isinstance(key, Comment) for key in value)
    return isinstance(value, (list, tuple)) and not any(isinstance(one, Mapping) for one in value)


def flow(value: object) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items() if not isinstance(key, Comment))
        return f"{{{pairs}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(flow(one) for one in value)}]"
    return scalar(value)


def scalar(value: object) -> str:
    """Return one value: a name or a number as it is, a label in quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    is_plain = PLAIN.fullmatch(text) and text.lower() not in TRAPS and text != "-0"
    return text if is_plain and not isinstance(value, Label) else quoted(text)


def _number(value: float) -> str:
    """Return a number; YAML takes 1e-06 for text, and 1.0e-06 for a number."""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e6:
        return f"{value:g}"
    mantissa, sign, exponent = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent}" if sign else mantissa


def quoted(text: str) -> str:
    """Return the text in double quotes; what YAML would take for the end of a line is written as a code."""
    return "".join(one if _is_printed(one) else f"\\u{ord(one):04x}" for one in json.dumps(text, ensure_ascii=False))


def _is_printed(one: str) -> bool:
    return one.isprintable() or ord(one) > 0xFFFF
