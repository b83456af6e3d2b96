"""Names of items and scales made from an export's own: valid, unique and readable."""

import re
from collections.abc import Collection, Iterable

from pipeline.adoption.words import plain_words

LONGEST = 48  # characters of a name
TAKEN = ("wave", "panel_member_id", "completed_at", "all")  # columns of the table of responses, and everyone


def item_ids(columns: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Return an item id for each column: `Q7` is q7, `trust[SQ1]` is trust_sq1; no two alike."""
    names: dict[str, str] = {}
    used = {*taken, *TAKEN}
    for column in columns:
        names[column] = unique(identifier(column), used)
        used.add(names[column])
    return names


def identifier(text: str, *, fallback: str = "item") -> str:
    """Return lower-case words joined by _, beginning with a letter."""
    name = re.sub(r"[^a-z0-9]+", "_", plain_words(text)).strip("_")[:LONGEST].rstrip("_")
    if not name:
        return fallback
    return name if name[0].isalpha() else f"q_{name}"


def unique(name: str, used: Collection[str]) -> str:
    """Return the name, or the first of name_2, name_3 … that is not in use."""
    number, found = 1, name
    while found in used:
        number += 1
        found = f"{name[: LONGEST - 4]}_{number}"
    return found
