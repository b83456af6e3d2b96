"""A YAML value that remembers its file, line and key, and says what is wrong with it in those terms."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")  # read the same by YAML and by people
NAME, NAME_RULE = re.compile(r"[A-Za-z][A-Za-z0-9_]*"), "a letter, then letters, digits or _"
TRAPS = ("bool", "int", "float", "timestamp")
LONGEST_LIST = 12  # names of a list that an error spells out
MEANS = {
    "bool": "true or false",
    "timestamp": "a date",
    "null": "nothing",
    "int": "a number",
    "float": "a number",
}


@dataclass(frozen=True)
class Place:
    """Where something is declared; the key is that of YAML or a column's name."""

    file: str
    line: int = 1
    key: str = ""

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" + (f", '{self.key}'" if self.key else "")


@dataclass
class Faults:
    """Every fault found so far, in the order met."""

    messages: list[str] = field(default_factory=list)

    def add(self, place: Place, found: str, expected: str, fix: str) -> None:
        """Note one fault: where it is, what was found, what was expected, what to do."""
        self.messages.append(f"{place}: found {found}, expected {expected}. {fix}")


@dataclass(frozen=True)
class Value:
    """One YAML node and where it stands; a wrong value is noted as a fault and read as an empty one."""

    node: Node
    file: str
    key: str
    faults: Faults
    root: Path = Path()  # the folder that `file` is relative to

    @property
    def line(self) -> int:
        """Return the line of the file, from 1."""
        return self.node.start_mark.line + 1

    def fault(self, found: str, expected: str, fix: str) -> None:
        """Note a fault at this value."""
        self.faults.add(Place(self.file, self.line, self.key), found, expected, fix)

    def is_null(self) -> bool:
        """Return whether the value was left empty or written null."""
        return self.tag == "null" and not self.is_quoted

    @property
    def tag(self) -> str:
        """Return what YAML takes the value for: str, int, bool, timestamp, map, seq …"""
        return str(self.node.tag).rsplit(":", 1)[-1]

    @property
    def is_quoted(self) -> bool:
        """Return whether the author wrote quotes (or a block of text), so that it is text for certain."""
        return isinstance(self.node, ScalarNode) and bool(self.node.style)

    def describe(self) -> str:
        """Return the value as an error quotes it."""
        if isinstance(self.node, ScalarNode):
            return "nothing" if self.is_null() else f"'{self.node.value}'"
        return "a list" if isinstance(self.node, SequenceNode) else "a block of keys"

    def text(self) -> str:
        """Return the text as written; unquoted text that YAML reads as something else is a fault."""
        if not isinstance(self.node, ScalarNode) or self.is_null():
            self.fault(self.describe(), "text", "Write one line of text, in quotes.")
            return ""
        if not self.is_quoted and self.tag != "str" and not self._is_plain_number():
            meaning = f"as {yaml.safe_load(self.node.value)!s}" if self.tag in TRAPS else "otherwise"
            found = f"{self.node.value} without quotes, which YAML reads {meaning}"
            self.fault(found, "text", f'Quote it: "{self.node.value}".')
            return ""
        return str(self.node.value)

    def _is_plain_number(self) -> bool:
        return self.tag in ("int", "float") and PLAIN_NUMBER.fullmatch(str(self.node.value)) is not None

    def name(self, among: Collection[str], what: str) -> str:
        """Return the text, which must be one of the names `among`; `what` says in words what they name."""
        found = self.text()
        return found if found and self.is_among(found, among, what) else ""

    def is_among(self, found: str, among: Collection[str], what: str) -> bool:
        """Return whether a name exists; it is a fault of this value when not."""
        if found not in among:
            self.fault(f"'{found}'", f"{what}{spelled_out(among)}", closest(found, among))
        return found in among

    def number(self) -> float:
        """Return a number, written plainly."""
        if isinstance(self.node, ScalarNode) and not self.is_quoted and self.tag in ("int", "float"):
            try:
                return float(str(self.node.value))
            except ValueError:
                pass  # 1:30 and 0x1F are numbers to YAML only
        self.fault(self.describe(), "a number", "Write a plain number, without quotes.")
        return 0.0

    def whole(self) -> int:
        """Return a whole number from 1, written plainly."""
        if self.tag == "int" and not self.is_quoted and str(self.node.value).isdecimal() and int(self.node.value) > 0:
            return int(self.node.value)
        self.fault(self.describe(), "a whole number from 1", "Write digits only, without quotes.")
        return 1

    def above_zero(self) -> float:
        """Return a number above 0, written plainly."""
        before = len(self.faults.messages)
        number = self.number()
        if before == len(self.faults.messages) and not 0 < number < float("inf"):
            self.fault(self.describe(), "a number above 0", "Correct it.")
        return number

    def boolean(self) -> bool:
        """Return true or false; yes, no, on and off are refused."""
        if isinstance(self.node, ScalarNode) and self.node.value in ("true", "false") and not self.is_quoted:
            return bool(self.node.value == "true")
        self.fault(self.describe(), "true or false", "Write true or false, without quotes.")
        return False

    def day(self) -> date | None:
        """Return a date written year-month-day; None after a fault."""
        if isinstance(self.node, ScalarNode):
            try:
                return date.fromisoformat(str(self.node.value))
            except ValueError:
                pass  # reported below with what was found
        self.fault(self.describe(), "a date", "Write it as 2025-03-24.")
        return None

    def elements(self) -> list["Value"]:
        """Return the values of a list, each with its own line."""
        if not isinstance(self.node, SequenceNode):
            self.fault(self.describe(), "a list", "Write [first, second] or one '- ' line each.")
            return []
        return [Value(node, self.file, self.key, self.faults, self.root) for node in self.node.value]

    def entries(self) -> dict[str, "Value"]:
        """Return the values of a block by key; a key given twice is a fault, and so is an unquoted trap."""
        if not isinstance(self.node, MappingNode):
            self.fault(self.describe(), "a block of keys", "Write one 'key: value' line each.")
            return {}
        found: dict[str, Value] = {}
        for key_node, value_node in self.node.value:
            key = Value(key_node, self.file, self.key, self.faults, self.root)
            name = key.text()
            if name in found and name:
                key.fault(f"'{name}' a second time", "each key once", f"The first is in line {found[name].line}.")
            path = f"{self.key}.{name}" if self.key else name
            found.setdefault(name, Value(value_node, self.file, path, self.faults, self.root))
        return found


def spelled_out(names: Iterable[str]) -> str:
    """Return ' (a, b, c)', shortened when there are many; '' when there are none."""
    listed = [str(name) for name in names]
    more = f", … {len(listed)} in all" if len(listed) > LONGEST_LIST else ""
    return f" ({', '.join(listed[:LONGEST_LIST])}{more})" if listed else ""


def closest(found: str, names: Iterable[str]) -> str:
    """Return the advice for a name that does not exist: the nearest one that does."""
    near = get_close_matches(found, list(names), n=1)
    return f"Did you mean '{near[0]}'?" if near else "Correct the name, or declare it first."


def read_text(path: Path, root: Path, faults: Faults) -> str | None:
    """Return the text of a file; None, with the fault noted, when there is none or it is not UTF-8."""
    place = Place(path.relative_to(root).as_posix())
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        faults.add(place, "no such file", "one", "Add it, or copy it from a template.")
    except UnicodeDecodeError as error:
        faults.add(place, f"byte {error.start + 1}, which is not UTF-8", "UTF-8 text", "Save it as UTF-8.")
    return None


def read_value(path: Path, root: Path, faults: Faults) -> Value | None:
    """Return the content of a YAML file; None, with the fault noted, when it cannot be read."""
    text = read_text(path, root, faults)
    if text is None:
        return None
    file = path.relative_to(root).as_posix()
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
        has_tab = "\t" in line[: len(line) - len(line.lstrip())]
        advice = "Indent with spaces, not tabs." if has_tab else "Check indentation, quotes and colons there."
        faults.add(Place(file, mark.line + 1 if mark else 1), f"text that is no YAML ({problem})", "YAML", advice)
        return None
    if node is None:
        faults.add(Place(file), "an empty file", "definitions", "Fill it in, or remove it.")
        return None
    return Value(node, file, "", faults, root)
