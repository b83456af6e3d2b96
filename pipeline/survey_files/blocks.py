"""A block of YAML keys, read key by key; what was not asked for at the end is an unknown key."""

from collections.abc import Collection
from datetime import date

from pipeline.survey_files.values import Value, closest, spelled_out


class Block:
    """The keys of one YAML block. Optional keys take a default; a missing required key is a fault."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self.entries = value.entries()
        self.asked: dict[str, None] = {}

    def get(self, key: str) -> Value | None:
        """Return the value of a key that may be absent or null."""
        self.asked[key] = None
        found = self.entries.get(key)
        return None if found is None or found.is_null() else found

    def need(self, key: str, expected: str) -> Value | None:
        """Return the value of a key that must be there; its absence is a fault of the block."""
        found = self.get(key)
        if found is None:
            self.value.fault(f"no '{key}'", f"{key}: {expected}", f"Add '{key}'.")
        return found

    def close(self) -> None:
        """Note every key that nothing asked for, with the nearest one that exists."""
        for key, value in self.entries.items():
            if key and key not in self.asked:
                value.fault(f"unknown key '{key}'", f"a known key{spelled_out(self.asked)}", closest(key, self.asked))

    def text(self, key: str) -> str:
        """Return a text that may be absent; '' then."""
        found = self.get(key)
        return "" if found is None else found.text()

    def text_or_none(self, key: str) -> str | None:
        """Return a text that may be absent; None then."""
        return self.text(key) or None

    def needed_text(self, key: str) -> str:
        """Return a text that must be there."""
        found = self.need(key, "text")
        return "" if found is None else found.text()

    def choice(self, key: str, among: Collection[str], what: str) -> str:
        """Return one of the names `among`; it must be there."""
        found = self.need(key, f"{what}{spelled_out(among)}")
        return "" if found is None else found.name(among, what)

    def choice_or(self, key: str, among: Collection[str], what: str, default: str) -> str:
        """Return one of the names `among`; the default when absent."""
        found = self.get(key)
        return default if found is None else found.name(among, what)

    def number(self, key: str, default: float) -> float:
        """Return a number that may be absent."""
        found = self.get(key)
        return default if found is None else found.number()

    def above_zero(self, key: str, default: float) -> float:
        """Return a number above 0 that may be absent."""
        found = self.get(key)
        return default if found is None else found.above_zero()

    def whole(self, key: str, default: int) -> int:
        """Return a whole number from 1 that may be absent."""
        found = self.get(key)
        return default if found is None else found.whole()

    def boolean(self, key: str, default: bool = False) -> bool:
        """Return true or false; the default when absent."""
        found = self.get(key)
        return default if found is None else found.boolean()

    def day(self, key: str) -> date | None:
        """Return a date that may be absent."""
        found = self.get(key)
        return None if found is None else found.day()

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; () when absent."""
        found = self.get(key)
        return () if found is None else tuple(value.text() for value in found.elements())

    def names(self, key: str, among: Collection[str], what: str) -> tuple[str, ...]:
        """Return a list of names that must all be among those declared; () when absent."""
        found = self.get(key)
        return () if found is None else tuple(value.name(among, what) for value in found.elements())

    def text_map(self, key: str) -> dict[str, str]:
        """Return a block of texts by key; a null value is read as ''."""
        found = self.get(key)
        if found is None:
            return {}
        return {name: "" if value.is_null() else value.text() for name, value in found.entries().items()}

    def block(self, key: str) -> "Block | None":
        """Return the block under a key; None when absent."""
        found = self.get(key)
        return None if found is None else Block(found)

    def needed_block(self, key: str) -> "Block | None":
        """Return the block under a key that must be there."""
        found = self.need(key, "a block of keys")
        return None if found is None else Block(found)

    def blocks(self, key: str) -> dict[str, "Block"]:
        """Return the named blocks under a key; {} when absent."""
        found = self.get(key)
        return {} if found is None else {name: Block(value) for name, value in found.entries().items()}

    def list_of_blocks(self, key: str) -> list["Block"]:
        """Return the blocks of a list; [] when absent."""
        found = self.get(key)
        return [] if found is None else [Block(value) for value in found.elements()]
