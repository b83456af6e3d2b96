"""Weights and plans taken out of a survey.yml that name waves it is not to have: all else stays, comments too."""

from collections.abc import Collection, Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

SECTIONS = ("weights", "changes", "transitions", "families", "trends")  # what may name waves, or a weight that does
Lines = tuple[int, int]


def without_waves(text: str, absent: Collection[str]) -> str:
    """Return survey.yml without the weights that name an absent wave, and the plans that name it or such a weight.

    A section of which nothing is left goes, too.
    """
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(document, MappingNode)
    sections = {key.value: (key, value) for key, value in document.value if key.value in SECTIONS}
    lines, gone = text.split("\n"), set(absent)
    taken: list[Lines] = []
    for key, section in (sections[name] for name in SECTIONS if name in sections):
        entries = [(one, _named(one) & gone) for one in _entries(section)]
        gone |= {one[0].value for one, names in entries if names and isinstance(one[0], ScalarNode)}
        places = [_place(one, lines) for one, names in entries if names]
        whole = _place((key, section), lines)
        taken += [whole] if places and len(places) == len(entries) else places
    return "\n".join(line for number, line in enumerate(lines) if not any(at <= number < to for at, to in taken))


def _entries(section: Node) -> list[tuple[Node, ...]]:
    """Return the entries of a block: key and value of each, or the elements of a list."""
    if isinstance(section, MappingNode):
        return [tuple(pair) for pair in section.value]
    return [(element,) for element in section.value] if isinstance(section, SequenceNode) else []


def _named(nodes: tuple[Node, ...]) -> set[str]:
    """Return every word that stands alone in an entry."""
    return {word for node in nodes for word in _words(node)}


def _words(node: Node) -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield str(node.value)
        return
    for one in node.value:
        for part in one if isinstance(one, tuple) else (one,):
            yield from _words(part)


def _place(nodes: tuple[Node, ...], lines: list[str]) -> Lines:
    """Return the lines of an entry with the comments right above it; those before the next entry are the next one's."""
    start, end = nodes[0].start_mark.line, _last_of(nodes[-1]) + 1
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start, end


def _last_of(node: Node) -> int:
    """Return the last line of a node: where its last word ends, a list on one line with its bracket."""
    if isinstance(node, ScalarNode) or getattr(node, "flow_style", False):
        mark = node.end_mark
        return int(mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line)
    last = node.value[-1]
    return _last_of(last[-1] if isinstance(last, tuple) else last)
