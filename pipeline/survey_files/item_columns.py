"""Which items a wave asked, and which column of its delivery holds each."""

from yaml.nodes import ScalarNode

from pipeline.definitions import Item, ItemColumn
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.routing import read_ballot, read_routes, refuse_absent_routes
from pipeline.survey_files.values import Value


def read_item_columns(block: Block, items: dict[str, Item]) -> tuple[tuple[ItemColumn, ...], bool]:
    """Return where the delivery holds each item asked; `all` means every item, any of which may be absent."""
    found = block.need("items", "item: column, or all")
    if found is None:
        return (), False
    if isinstance(found.node, ScalarNode):
        found.name(("all",), "a block of item: column, or the word all")
        return tuple(placed_as_declared(item, item.item) for item in items.values()), True
    columns = [
        read_item_column(name, value, items[name])
        for name, value in found.entries().items()
        if name and value.is_among(name, items, "an item of items.yml")
    ]
    refuse_absent_routes(block, columns, items)
    _refuse_shared_columns(found.entries(), columns)
    return tuple(columns), False


def _refuse_shared_columns(values: dict[str, Value], columns: list[ItemColumn]) -> None:
    """Note a column that two items read, unless each is asked of some respondents only."""
    seen: dict[str, ItemColumn] = {}
    for one in columns:
        other = seen.setdefault(one.column, one)
        is_split = all(both.ballot or both.asked_if for both in (one, other))
        if other is not one and one.column and not is_split:
            found = f"column '{one.column}' for {one.item} and for {other.item}"
            values[one.item].fault(found, "a column of its own for each item", "Correct one of the two.")


def read_item_column(name: str, value: Value, item: Item) -> ItemColumn:
    """Return the column of one item, and how delivered values become its codes in this wave."""
    if isinstance(value.node, ScalarNode):
        return placed_as_declared(item, value.text())
    block = Block(value)
    recodes = block.get("recode")
    codes = [option.code for option in item.options]
    if recodes is not None and item.scale is not None:
        for recode in recodes.entries().values():
            recode.name(codes, f"a code of {name}")
    column = ItemColumn(
        name,
        block.needed_text("column"),
        item.values | block.text_map("recode"),
        read_routes(block) or item.asked_if,
        read_ballot(block) or item.ballot,
    )
    block.close()
    return column


def placed_as_declared(item: Item, column: str) -> ItemColumn:
    """Return an item asked as the question bank has it."""
    return ItemColumn(item.item, column, item.values, item.asked_if, item.ballot)
