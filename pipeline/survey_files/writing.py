"""Items and waves written as the files that the reader reads: items.yml and waves/*.yml of a drafted survey."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.definitions import AnswerOption, Item, ItemColumn, ItemLink, Route, RowFilter, Wave
from pipeline.quality_limits import Grid
from pipeline.survey_files.writing_sources import filter_block, wave_source_block
from pipeline.survey_files.yaml_text import Comment, Label, yaml_text

Block = dict[str, Any]


@dataclass(frozen=True)
class Notes:
    """Comments for a person, by what they belong to; the first line of each file under ''."""

    items: Mapping[str, Sequence[str]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of a wave: by item
    heading: str = ""


def items_text(
    items: Sequence[Item],
    links: Sequence[ItemLink] = (),
    notes: Notes | None = None,
    *,
    grids: Mapping[str, Grid] | None = None,
) -> str:
    """Return items.yml."""
    notes = notes or Notes()
    kinds = _missing_kinds(items)
    block: Block = {}
    if notes.heading:
        block[Comment(notes.heading)] = None
    if kinds:
        block["missing_kinds"] = kinds
    scales = {item.scale: item.options for item in items if item.scale}
    if scales:
        block["scales"] = {name: scale_block(options, kinds) for name, options in scales.items()}
    if grids:
        block["grids"] = {name: _grid(grid) for name, grid in grids.items()}
    block["items"] = {}
    for item in items:
        for note in notes.items.get(item.item, ()):
            block["items"][Comment(f"{item.item}: {note}")] = None
        block["items"][item.item] = item_block(item, kinds)
    if links:
        block["links"] = [_link(link) for link in links]
    return yaml_text(block) + "\n"


def _missing_kinds(items: Iterable[Item]) -> dict[str, str]:
    """Return what each missing code means in most scales; a scale that uses it otherwise says so itself."""
    counts: dict[tuple[str, str], int] = {}
    for options in dict.fromkeys(item.options for item in items):
        for option in options:
            if option.missing:
                counts[option.code, option.missing] = counts.get((option.code, option.missing), 0) + 1
    found: dict[str, str] = {}
    for code, kind in sorted(counts, key=lambda one: -counts[one]):
        found.setdefault(code, kind)
    return found


def scale_block(options: Sequence[AnswerOption], kinds: Mapping[str, str] | None = None) -> Block:
    """Return a scale as a block of keys.

    Args:
        kinds: kind of missing by code, where items.yml says it once for all scales.
    """
    kinds = kinds or {}
    answers = [option for option in options if option.missing is None]
    is_words = len(answers) > 0 and all(option.code == option.label for option in options)
    block: Block = {
        "answers": [Label(option.label) for option in answers] if is_words else _codes(answers),
    }
    return block | _sides(answers) | _missing(options, kinds, is_words=is_words)


def _sides(answers: Sequence[AnswerOption]) -> Block:
    """Return which answers are those of either end, of a scale that has two."""
    ends = {side: [option.code for option in answers if option.side == side] for side in ("low", "high")}
    return {"sides": ends} if all(ends.values()) else {}


def _codes(options: Iterable[AnswerOption]) -> Block:
    return {option.code: Label(option.label) for option in options}


def _missing(options: Sequence[AnswerOption], kinds: Mapping[str, str], *, is_words: bool = False) -> Block:
    missing = [option for option in options if option.missing is not None]
    if not missing:
        return {}
    block: Block = {"missing": [Label(option.label) for option in missing] if is_words else _codes(missing)}
    own = {option.code: str(option.missing) for option in missing if kinds.get(option.code) != option.missing}
    return block | ({"missing_kinds": own} if own else {})


def item_block(item: Item, kinds: Mapping[str, str] | None = None) -> Block:
    """Return an item as a block of keys."""
    block: Block = {"wording": Label(item.wording)}
    if item.label != item.wording:
        block["label"] = Label(item.label)
    if item.scale:
        block["scale"] = item.scale
    else:
        block["kind"] = item.kind
        block |= _missing(item.options, kinds or {})
    if item.values:
        block["values"] = {Label(key): Label(value) for key, value in item.values.items()}
    if item.headline:
        block["headline"] = {name: list(codes) for name, codes in item.headline.items()}
    for name in ("topic", "feature"):
        if getattr(item, name):
            block[name] = getattr(item, name)
    if item.research_questions:
        block["research_questions"] = list(item.research_questions)
    if not item.is_published:
        block["published"] = False
    return block | asked_block(item.asked_if, item.ballot)


def asked_block(asked_if: Sequence[Route], ballot: RowFilter | None) -> Block:
    """Return of whom an item is asked, as keys; none when it is of everybody."""
    routes = [{"item": route.item, "in": list(route.codes)} for route in asked_if]
    block: Block = {"asked_if": routes[0] if len(routes) == 1 else routes} if routes else {}
    return block | ({"ballot": filter_block(ballot)} if ballot else {})


def _grid(grid: Grid) -> Block | list[str]:
    names = list(grid.items)
    return {"items": names, "reversed": list(grid.reversed_items)} if grid.reversed_items else names


def _link(link: ItemLink) -> Block:
    block: Block = {"from": link.item_from, "to": link.item_to, "comparability": link.comparability}
    return block | ({"note": Label(link.note)} if link.note else {})


def wave_text(wave: Wave, notes: Notes | None = None, *, items: Mapping[str, Item] | None = None) -> str:
    """Return the file of one wave.

    Args:
        items: the bank; what a wave has from it (values, routing, split samples) is not written again.
    """
    notes = notes or Notes()
    block: Block = {Comment(notes.heading): None} if notes.heading else {}
    block["wave"] = wave.wave
    if not wave.wave.lstrip("abcdefghijklmnopqrstuvwxyz_").isdigit():
        block["wave_number"] = wave.wave_number
    dates = {"start": wave.fieldwork_start, "end": wave.fieldwork_end}
    block["fieldwork"] = "closed" if wave.is_closed else {name: day for name, day in dates.items() if day}
    if wave.mode:
        block["mode"] = Label(wave.mode)
    block["source"] = wave_source_block(wave, items or {})
    if wave.margins:
        block["margins"] = list(wave.margins)
    if wave.row_tolerance:
        block["row_tolerance"] = wave.row_tolerance
    block["items"] = "all" if wave.items_may_be_absent else {}
    for placed in () if wave.items_may_be_absent else wave.items:
        for note in notes.columns.get(placed.item, ()):
            block["items"][Comment(note)] = None
        block["items"][placed.item] = _placed(placed, (items or {}).get(placed.item))
    return yaml_text(block) + "\n"


def _placed(placed: ItemColumn, item: Item | None) -> Block | str:
    """Return where a wave delivers an item, with what this wave has otherwise than the bank."""
    known = item.values if item else {}
    recode = {
        Label(value): Label(code) for value, code in placed.recode.items() if value not in known or known[value] != code
    }
    block: Block = {"recode": recode} if recode else {}
    asked_if = () if item and placed.asked_if == item.asked_if else placed.asked_if
    ballot = None if item and placed.ballot == item.ballot else placed.ballot
    block |= asked_block(asked_if, ballot)
    return {"column": placed.column, **block} if block else placed.column
