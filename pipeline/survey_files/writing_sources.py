"""Where deliveries come from, written as the reader reads it: the member list, a wave, and the parts of a wave."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pipeline.definitions import Item, ItemColumn, Part, RowFilter, Source, Wave
from pipeline.survey_files.yaml_text import Label

Block = dict[str, Any]
_ADDED = ("columns", "optional_columns", "constants")  # a part adds to these of its wave; others it replaces


def wave_source_block(wave: Wave, items: Mapping[str, Item]) -> Block:
    """Return where a wave comes from; of a wave in parts, what they share and what each has otherwise."""
    if not wave.parts:
        return source_block(wave.source)
    everywhere = set.intersection(*(set(part.source.columns) for part in wave.parts))
    columns = {name: column for name, column in wave.source.columns.items() if name in everywhere}
    shared = replace(wave.source, file="", columns=columns)
    block = source_block(shared)
    if wave.both_answered:
        block["both_answered"] = list(wave.both_answered)
    return {**block, "parts": {part.part: _part(part, wave, shared, items) for part in wave.parts}}


def _part(part: Part, wave: Wave, shared: Source, items: Mapping[str, Item]) -> Block:
    block: Block = {"file": Label(part.source.file)}
    if part.mode != wave.mode:
        block["mode"] = Label(part.mode)
    if part.adds:
        block["adds"] = True
    block |= _otherwise(part.source, shared)
    placed = {one.item: one for one in part.items}
    moved: Block = {
        one.item: _placed_in_part(placed[one.item], one, items.get(one.item)) if one.item in placed else None
        for one in wave.items
        if placed.get(one.item) != one
    }
    return block | ({"items": moved} if moved else {})


def _otherwise(own: Source, shared: Source) -> Block:
    """Return what a part's source declares beside or instead of its wave's."""
    usual = Source(file="", columns={})
    said: dict[str, Any] = {}
    for name in (one.name for one in fields(Source)):
        value, of_wave = getattr(own, name), getattr(shared, name)
        if name in _ADDED:
            said[name] = {key: one for key, one in value.items() if of_wave.get(key) != one}
        elif value != of_wave and name != "file":
            said[name] = value
    emptied: Block = {name: [] for name, value in said.items() if value == () and getattr(usual, name) == ()}
    return source_block(replace(usual, **said)) | emptied


def _placed_in_part(own: ItemColumn, of_wave: ItemColumn, item: Item | None) -> Block | str:
    """Return where a part holds an item, with the recodes and the split sample that are not the wave's."""
    block: Block = {}
    if own.recode != of_wave.recode:
        known = item.values if item else {}
        changed = {value: code for value, code in own.recode.items() if known.get(value) != code}
        block["recode"] = {Label(value): Label(code) for value, code in changed.items()}
    if own.ballot is not None and own.ballot != of_wave.ballot:
        block["ballot"] = filter_block(own.ballot)
    return {"column": own.column, **block} if block else own.column


def source_block(source: Source) -> Block:
    """Return where a delivery comes from, as a block of keys."""
    block: Block = {"file": Label(source.file)} if source.file else {}
    if source.columns:
        block["columns"] = dict(source.columns)
    if source.optional_columns:
        block["optional_columns"] = dict(source.optional_columns)
    if source.linked_ids:
        block["linked_ids"] = dict(source.linked_ids)
    for name in ("codebook", "completed_at_format", "format", "encoding", "sheet"):
        if getattr(source, name):
            block[name] = Label(getattr(source, name))
    for name in ("header_row", "decimal_comma"):
        if getattr(source, name) is not None:
            block[name] = getattr(source, name)
    for name in ("complete_when", "test_rows", "only_rows"):
        row_filter = getattr(source, name)
        if row_filter:
            block[name] = filter_block(row_filter)
    if source.constants:
        block["constants"] = {name: Label(value) for name, value in source.constants.items()}
    for name in ("required_columns", "ignored_columns"):
        if getattr(source, name):
            block[name] = list(getattr(source, name))
    return block


def filter_block(row_filter: RowFilter) -> Block:
    """Return the rows that a column's values pick out, as keys."""
    return {"column": row_filter.column, "in": [Label(value) for value in row_filter.values]}
