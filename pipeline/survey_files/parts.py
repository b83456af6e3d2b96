"""The parts in which a wave is delivered, such as web and paper: what each declares otherwise than the wave."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from pipeline.definitions import Item, ItemColumn, Part, Source
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.item_columns import read_item_column
from pipeline.survey_files.sources import read_source, read_source_keys, refuse_no_member_id
from pipeline.survey_files.values import NAME, NAME_RULE, Value

_JOINED = ("columns", "optional_columns", "constants")  # a part adds to these of its wave; others it replaces
WaveSource = tuple[Source, tuple[Part, ...], tuple[str, ...]]


def read_wave_source(block: Block, mode: str, columns: tuple[ItemColumn, ...], items: Mapping[str, Item]) -> WaveSource:
    """Return where a wave is delivered, its parts, and the order in which interviews of two parts count."""
    blocks = block.blocks("parts")
    if not blocks:
        return read_source(block), (), ()
    shared = read_source_keys(block, "")
    both_answered = read_both_answered(block, blocks)
    if block.get("file") is not None:
        block.value.fault("'file' beside 'parts'", "a file in each part", "Move it into the part it is of.")
    block.close()
    parts = tuple(read_part(name, one, shared, mode, columns, items) for name, one in blocks.items())
    return replace(shared, columns=parts[0].source.columns | shared.columns), parts, both_answered


def read_both_answered(block: Block, parts: Collection[str]) -> tuple[str, ...]:
    """Return in which order a person's interviews in several parts count; () refuses such people."""
    names = block.names("both_answered", parts, "a part of the wave")
    if names and sorted(names) != sorted(parts):
        found = f"{len(names)} of {len(parts)} parts in 'both_answered'"
        block.value.fault(found, "each part once", "List all parts, the one that counts first at the front.")
    return names


def read_part(
    name: str, block: Block, shared: Source, mode: str, columns: tuple[ItemColumn, ...], items: Mapping[str, Item]
) -> Part:
    """Return one part: the wave's source and items, but for what the part says."""
    if not NAME.fullmatch(name):
        block.value.fault(f"part '{name}'", NAME_RULE, "Name it as web or late_returns.")
    own = read_source_keys(block, block.needed_text("file"))
    part = Part(
        part=name,
        mode=block.text("mode") or mode,
        source=joined_source(shared, own, block.entries),
        items=read_part_items(block, columns, items),
        adds=block.boolean("adds"),
    )
    refuse_no_member_id(block, part.source)
    if not part.mode:
        block.need("mode", "how people were interviewed")
    block.close()
    return part


def joined_source(shared: Source, own: Source, declared: Collection[str]) -> Source:
    """Return the wave's source with what a part declares; columns are added to the wave's."""
    changes: dict[str, Any] = {}
    for name in (one.name for one in fields(Source) if one.name in declared):
        said = getattr(own, name)
        changes[name] = getattr(shared, name) | said if name in _JOINED else said
    return replace(shared, **changes)


def read_part_items(block: Block, columns: tuple[ItemColumn, ...], items: Mapping[str, Item]) -> tuple[ItemColumn, ...]:
    """Return where a part holds the items of its wave: `item: column` where it differs, null where it did not ask."""
    found = block.get("items")
    placed = {one.item: one for one in columns}
    for name, value in {} if found is None else found.entries().items():
        if not value.is_among(name, placed, "an item of the wave"):
            continue
        if value.is_null():
            del placed[name]
        else:
            placed[name] = read_part_item(value, placed[name], items[name])
    refuse_lost_routes(block, placed)
    return tuple(placed.values())


def refuse_lost_routes(block: Block, placed: Mapping[str, ItemColumn]) -> None:
    """Note items that a part asks by the answer to an item which it does not ask."""
    for one in placed.values():
        for route in one.asked_if:
            if route.item not in placed:
                found = f"'{one.item}', asked by the answer to '{route.item}', which this part does not ask"
                block.value.fault(found, "both items or neither", f"Write '{one.item}: null' too.")


def read_part_item(value: Value, of_wave: ItemColumn, item: Item) -> ItemColumn:
    """Return where a part holds one item; what it does not say of recodes, routing and samples is the wave's."""
    own = read_item_column(of_wave.item, value, item)
    said = {} if value.tag != "map" else value.entries()
    return ItemColumn(
        item=own.item,
        column=own.column,
        recode=own.recode if "recode" in said else of_wave.recode,
        asked_if=of_wave.asked_if,
        ballot=own.ballot if "ballot" in said else of_wave.ballot,
    )
