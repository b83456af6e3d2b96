"""Of whom an item is asked: routing by an earlier answer, and split samples."""

from collections.abc import Collection, Mapping

from yaml.nodes import SequenceNode

from pipeline.definitions import Item, ItemColumn, Route, RowFilter
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.values import Value


def read_routes(block: Block) -> tuple[Route, ...]:
    """Return the conditions under `asked_if`, one block or a list of them; () when everybody is asked."""
    found = block.get("asked_if")
    if found is None:
        return ()
    conditions = found.elements() if isinstance(found.node, SequenceNode) else [found]
    return tuple(_read_route(Block(condition)) for condition in conditions)


def read_ballot(block: Block) -> RowFilter | None:
    """Return the split sample under `ballot`; None when every sample is asked."""
    found = block.block("ballot")
    if found is None:
        return None
    found.need("in", "a list of values")
    ballot = RowFilter(found.needed_text("column"), found.texts("in"))
    found.close()
    return ballot


def refuse_unknown_routes(content: Block, items: Mapping[str, Item]) -> None:
    """Note routes of items.yml by an item that does not exist, or by an answer it does not have."""
    entries = content.value.entries().get("items")
    values = {} if entries is None else entries.entries()
    for name, item in items.items():
        _refuse(values[name], item.asked_if, items, items)


def refuse_absent_routes(block: Block, columns: Collection[ItemColumn], items: Mapping[str, Item]) -> None:
    """Note routes of a wave by an item that the wave does not ask."""
    asked = [placed.item for placed in columns]
    entries = block.value.entries()["items"].entries()
    for placed in columns:
        _refuse(entries[placed.item], placed.asked_if, items, asked)


def _read_route(block: Block) -> Route:
    block.need("in", "a list of answers")
    route = Route(block.needed_text("item"), block.texts("in"))
    block.close()
    return route


def _refuse(value: Value, routes: tuple[Route, ...], items: Mapping[str, Item], among: Collection[str]) -> None:
    for route in routes:
        if not value.is_among(route.item, among, "an item asked before") or not items[route.item].options:
            continue
        codes = [option.code for option in items[route.item].options]
        for code in route.codes:
            value.is_among(code, codes, f"a code of {route.item}")
