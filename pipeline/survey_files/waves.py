"""waves/*.yml: when each wave was fielded, where its answers are delivered, and which items it asked."""

import codecs
import re
from pathlib import Path, PurePosixPath

from yaml.nodes import ScalarNode

from pipeline.definitions import DELIVERY_FORMATS, Item, ItemColumn, RowFilter, Source, Wave
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.routing import read_ballot, read_routes, refuse_absent_routes
from pipeline.survey_files.values import Faults, Place, Value, read_value

NAME, NAME_RULE = re.compile(r"[A-Za-z][A-Za-z0-9_]*"), "a letter, then letters, digits or _"
MEMBER_ID = "panel_member_id"


def read_wave_files(folder: Path, faults: Faults) -> list[Value | None]:
    """Return the content of every wave's file; None for one that cannot be read."""
    paths = sorted((folder / "waves").glob("*.yml"))
    if not paths:
        faults.add(Place(f"{folder.name}/waves"), "no wave", "one .yml file per wave", "Add w01.yml.")
    return [read_value(path, folder.parent, faults) for path in paths]


def read_waves(contents: list[Value], items: dict[str, Item]) -> list[tuple[Wave, Value]]:
    """Return the waves in order of their numbers, each with the content of its own file."""
    waves = [(read_wave(content, items), content) for content in contents]
    refuse_twins(waves)
    return sorted(waves, key=lambda wave: wave[0].wave_number)


def refuse_twins(waves: list[tuple[Wave, Value]]) -> None:
    """Note waves that share a name or a number."""
    seen: dict[str | int, str] = {}
    for wave, content in waves:
        for key in (wave.wave, wave.wave_number):
            if key in seen:
                content.fault(f"wave {key} again", "each wave once", f"It is also in {seen[key]}.")
            seen[key] = content.file


def read_wave(content: Value, items: dict[str, Item]) -> Wave:
    """Return one wave."""
    block = Block(content)
    name, number = read_name(block)
    fieldwork = block.get("fieldwork")
    is_closed = fieldwork is not None and isinstance(fieldwork.node, ScalarNode)
    if fieldwork is None:
        block.need("fieldwork", "{start, end}, or closed")
    elif is_closed:
        fieldwork.name(("closed",), "start and end, or the word closed")
    dates = None if fieldwork is None or is_closed else Block(fieldwork)
    columns, may_be_absent = read_item_columns(block, items)
    source = block.needed_block("source")
    wave = Wave(
        wave=name,
        wave_number=number,
        fieldwork_start=dates.day("start") if dates else None,
        fieldwork_end=dates.day("end") if dates else None,
        is_closed=is_closed,
        mode=block.text("mode"),
        source=read_source(source) if source else Source(file="", columns={}),
        items=columns,
        items_may_be_absent=may_be_absent,
        margins=block.texts("margins"),
        row_tolerance=read_share(block, "row_tolerance"),
    )
    check_dates(wave, dates)
    block.close()
    return wave


def read_name(block: Block) -> tuple[str, int]:
    """Return a wave's name and number; the number is in the name unless it is given."""
    name, given = block.needed_text("wave"), block.get("wave_number")
    if name and not NAME.fullmatch(name):
        block.value.fault(f"wave '{name}'", NAME_RULE, "Name it as w03.")
    digits = re.search(r"\d+", name)
    if given is None and digits is None and name:
        block.value.fault(f"no number in wave '{name}'", "one", "Add 'wave_number', or name it as w03.")
    return name, given.whole() if given is not None else int(digits.group()) if digits else 0


def read_share(block: Block, key: str, default: float = 0.0) -> float:
    """Return a share; the default when absent."""
    found = block.get(key)
    share = default if found is None else found.number()
    if found is not None and not 0 <= share <= 1:
        found.fault(found.describe(), "a share from 0 to 1", "Write 0.02 for two in a hundred.")
    return share


def check_dates(wave: Wave, dates: Block | None) -> None:
    """Note fieldwork that ends before it starts, or has no start."""
    if dates is None:
        return
    dates.need("start", "the first day of fieldwork")
    dates.close()
    if wave.fieldwork_start and wave.fieldwork_end and wave.fieldwork_end < wave.fieldwork_start:
        found = f"fieldwork from {wave.fieldwork_start} to {wave.fieldwork_end}"
        dates.value.fault(found, "a start before the end", "Correct one of the dates.")


def read_item_columns(block: Block, items: dict[str, Item]) -> tuple[tuple[ItemColumn, ...], bool]:
    """Return where the delivery holds each item asked; `all` means every item, any of which may be absent."""
    found = block.need("items", "item: column, or all")
    if found is None:
        return (), False
    if isinstance(found.node, ScalarNode):
        found.name(("all",), "a block of item: column, or the word all")
        return tuple(_placed(item, item.item) for item in items.values()), True
    columns = [
        read_item_column(name, value, items[name])
        for name, value in found.entries().items()
        if name and value.is_among(name, items, "an item of items.yml")
    ]
    refuse_absent_routes(block, columns, items)
    return tuple(columns), False


def read_item_column(name: str, value: Value, item: Item) -> ItemColumn:
    """Return the column of one item, and how delivered values become its codes in this wave."""
    if isinstance(value.node, ScalarNode):
        return _placed(item, value.text())
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


def _placed(item: Item, column: str) -> ItemColumn:
    """Return an item asked as the question bank has it."""
    return ItemColumn(item.item, column, item.values, item.asked_if, item.ballot)


def read_source(block: Block) -> Source:
    """Return where a delivery comes from and what its columns mean; the member id is among them."""
    columns = block.text_map("columns")
    if MEMBER_ID not in columns:
        block.value.fault(f"no '{MEMBER_ID}' under columns", "the member id's column", "Add it to 'columns'.")
    source = Source(
        file=block.needed_text("file"),
        columns=columns,
        required_columns=block.texts("required_columns"),
        ignored_columns=block.texts("ignored_columns"),
        complete_when=read_filter(block, "complete_when"),
        test_rows=read_filter(block, "test_rows"),
        constants=block.text_map("constants"),
        completed_at_format=block.text_or_none("completed_at_format"),
        optional_columns=block.text_map("optional_columns"),
        codebook=read_codebook(block),
        format=read_format(block),
        encoding=read_encoding(block),
        sheet=block.text_or_none("sheet"),
        header_row=found.whole() if (found := block.get("header_row")) else None,
        decimal_comma=found.boolean() if (found := block.get("decimal_comma")) else None,
        only_rows=read_filter(block, "only_rows"),
        linked_ids=block.text_map("linked_ids"),
    )
    block.close()
    return source


def read_format(block: Block) -> str | None:
    """Return the format that a delivery is said to have; None: its content tells."""
    found = block.get("format")
    return (found.name(DELIVERY_FORMATS, "a format of deliveries") or None) if found else None


def read_encoding(block: Block) -> str | None:
    """Return the encoding that a delivery's text is said to have; None: its content tells."""
    found = block.get("encoding")
    if found is None:
        return None
    name = found.text()
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        found.fault(f"'{name}'", "an encoding", "Write it as utf-8, utf-16, cp1252, latin-1 or mac_roman.")
    return None


def read_codebook(block: Block) -> str | None:
    """Return the path of the codebook, which is written relative to the survey's folder; None when there is none."""
    found = block.get("codebook")
    if found is None:
        return None
    written = found.text()
    folder = found.root / PurePosixPath(found.file).parts[0]
    path = folder / written
    is_inside = path.resolve().is_relative_to(folder.resolve())
    if written and not (is_inside and path.is_file()):
        fix = f"Put the codebook into {folder.name}/, and write its path from there."
        found.fault(f"'{written}'", f"a file in {folder.name}/", fix)
        return None
    return path.as_posix() if written else None


def read_filter(block: Block, key: str) -> RowFilter | None:
    """Return the rows that a column's values pick out; None when the key is absent."""
    found = block.block(key)
    if found is None:
        return None
    found.need("in", "a list of values")
    row_filter = RowFilter(found.needed_text("column"), found.texts("in"))
    found.close()
    return row_filter
