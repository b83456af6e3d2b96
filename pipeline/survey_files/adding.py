"""Items added to an items.yml that people have written in: what is there stays as it stands, comments too."""

import re
from collections.abc import Mapping, Sequence

from pipeline.definitions import Item
from pipeline.errors import DefinitionError
from pipeline.survey_files.writing import item_block, scale_block
from pipeline.survey_files.yaml_text import Comment, yaml_text

TOP_KEY = re.compile(r"[A-Za-z_]+:")


def with_items(text: str, items: Sequence[Item], notes: Mapping[str, Sequence[str]], scales: set[str]) -> str:
    """Return items.yml with further items, and the scales they need, at the end of their blocks.

    Args:
        notes: comments for a person, by item.
        scales: names of the scales that are there.

    Raises:
        DefinitionError: a block is written on one line, so that nothing can be put at its end.
    """
    needed = {str(item.scale): scale_block(item.options) for item in items if item.scale and item.scale not in scales}
    lines: dict[object, object] = {}
    for item in items:
        for note in notes.get(item.item, ()):
            lines[Comment(f"{item.item}: {note}")] = None
        lines[item.item] = item_block(item)
    text = _at_end_of("scales", text, yaml_text(needed, indent=2)) if needed else text
    return _at_end_of("items", text, yaml_text(lines, indent=2)) if lines else text  # type: ignore[arg-type]


def _at_end_of(key: str, text: str, added: str) -> str:
    """Return a file with lines added at the end of a top-level block, which is begun where there is none."""
    lines = text.rstrip("\n").split("\n")
    start = next((number for number, line in enumerate(lines) if line.startswith(f"{key}:")), None)
    if start is None:
        place = next((number for number, line in enumerate(lines) if line.startswith("items:")), len(lines))
        return "\n".join([*lines[:place], f"{key}:", added, *lines[place:]]) + "\n"
    if lines[start].split("#")[0].strip() != f"{key}:":
        raise DefinitionError(
            f"items.yml, line {start + 1}: '{key}' is written on one line, expected a block with a line for each. "
            "Write one '  name: …' line below it for each, then draft again."
        )
    after = [number for number in range(start + 1, len(lines)) if TOP_KEY.match(lines[number])]
    end = after[0] if after else len(lines)
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1  # blank lines and comments before the next block belong to it
    return "\n".join([*lines[:end], added, *lines[end:]]) + "\n"
