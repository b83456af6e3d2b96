"""waves/*.yml: when each wave was fielded, where its answers are delivered, and which items it asked."""

import re
from pathlib import Path

from yaml.nodes import ScalarNode

from pipeline.definitions import Item, Source, Wave
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.item_columns import read_item_columns
from pipeline.survey_files.parts import read_wave_source
from pipeline.survey_files.values import NAME, NAME_RULE, Faults, Place, Value, read_value


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
    mode = block.text("mode")
    found, parts, both_answered = (
        read_wave_source(source, mode, columns, items) if source else (Source(file="", columns={}), (), ())
    )
    wave = Wave(
        wave=name,
        wave_number=number,
        fieldwork_start=dates.day("start") if dates else None,
        fieldwork_end=dates.day("end") if dates else None,
        is_closed=is_closed,
        mode=mode,
        source=found,
        items=columns,
        items_may_be_absent=may_be_absent,
        margins=block.texts("margins"),
        row_tolerance=read_share(block, "row_tolerance"),
        parts=parts,
        both_answered=both_answered,
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
