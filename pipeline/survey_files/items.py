"""items.yml: the question bank, its scales, missing codes, headline answers and links between wordings."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from yaml.nodes import SequenceNode

from pipeline.definitions import MISSING_KINDS, AnswerOption, Item, ItemLink
from pipeline.quality_limits import Grid
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.routing import read_ballot, read_routes, refuse_unknown_routes
from pipeline.survey_files.values import Value

IDENTICAL = "identical"
LOW, MIDDLE, HIGH = "low", "middle", "high"  # sides of a scale, as charts draw them
COMPARABILITY = (IDENTICAL, "comparable_with_break", "not_comparable")
CATEGORY, NUMBER, TEXT = "category", "number", "text"


@dataclass(frozen=True)
class QuestionBank:
    """What items.yml declares."""

    items: dict[str, Item]
    links: tuple[ItemLink, ...]
    grids: dict[str, Grid]


def read_items(content: Value, research_questions: Collection[str]) -> QuestionBank:
    """Return the question bank of items.yml; what is wrong is noted with the value's faults."""
    block = Block(content)
    missing_kinds = read_missing_kinds(block)
    scales = {name: read_scale(scale, missing_kinds) for name, scale in block.blocks("scales").items()}
    items = {
        name: read_item(name, item, scales, missing_kinds, research_questions)
        for name, item in block.blocks("items").items()
    }
    if not items:
        content.fault("no items", "items: at least one", "Add the questions under 'items'.")
    refuse_unknown_routes(block, items)
    links = tuple(read_link(link, items) for link in block.list_of_blocks("links"))
    grids = {name: read_grid(value, items) for name, value in read_grid_values(block).items()}
    block.close()
    return QuestionBank(items, links, grids)


def read_grid_values(block: Block) -> dict[str, Value]:
    """Return what stands under each grid's name."""
    found = block.get("grids")
    return {} if found is None else found.entries()


def read_grid(value: Value, items: dict[str, Item]) -> Grid:
    """Return a grid: a list of items, or items with those that point the other way."""
    if isinstance(value.node, SequenceNode):
        grid = Grid(tuple(one.name(items, "an item") for one in value.elements()))
    else:
        block = Block(value)
        block.need("items", "a list of items")
        names = block.names("items", items, "an item")
        grid = Grid(names, block.names("reversed", names, "an item of the grid"))
        block.close()
    scales = {items[name].scale for name in grid.items if name in items}
    if len(scales) > 1 or None in scales:
        value.fault("items of several scales, or of none", "items of one scale", "Split the grid.")
    return grid


def read_missing_kinds(block: Block) -> dict[str, str]:
    """Return which kind of missing each missing code of the survey means."""
    found = block.get("missing_kinds")
    entries = {} if found is None else found.entries()
    return {code: value.name(MISSING_KINDS, "a kind of missing") for code, value in entries.items()}


def read_scale(scale: Block, missing_kinds: dict[str, str]) -> tuple[AnswerOption, ...]:
    """Return the options of a scale: answers in their order, then the missing codes."""
    codes = read_codes(scale.need("answers", "code: label"))
    sides = read_sides(scale, [code for code, _, _ in codes])
    answers = [AnswerOption(code, label, side=sides.get(code)) for code, label, _ in codes]
    missing = read_missing(scale, missing_kinds)
    scale.close()
    for code in {option.code for option in answers} & {option.code for option in missing}:
        scale.value.fault(f"code '{code}' as answer and as missing", "each code once", "Remove one of the two.")
    return (*answers, *missing)


def read_sides(scale: Block, codes: list[str]) -> dict[str, str]:
    """Return the side of each answer of a scale that has two; what is named in neither, between them, is the middle."""
    block = scale.block("sides")
    if block is None:
        return {}
    low, high = (block.names(side, codes, "an answer of the scale") for side in (LOW, HIGH))
    block.close()
    sides = dict.fromkeys(low, LOW) | dict.fromkeys(high, HIGH)
    order = [sides.get(code, MIDDLE) for code in codes]
    runs = [side for side, _ in groupby(order)]
    if (
        len(sides) < len(low) + len(high)
        or runs[:: len(runs) - 1 or 1] not in ([LOW, HIGH], [HIGH, LOW])
        or len(runs) > 3
    ):
        block.value.fault(
            f"low: {', '.join(low)}; high: {', '.join(high)}",
            "the answers of one end and those of the other, each once, with any middle between them",
            "Name each end's answers from the outermost inwards.",
        )
    return dict(zip(codes, order, strict=True))


def read_missing(block: Block, missing_kinds: dict[str, str]) -> tuple[AnswerOption, ...]:
    """Return the missing options a block declares under 'missing'; its own 'missing_kinds' go before the survey's."""
    options, missing_kinds = [], missing_kinds | read_missing_kinds(block)
    for code, label, value in read_codes(block.get("missing")):
        if code and code not in missing_kinds:
            value.fault(f"missing code '{code}'", "a code of missing_kinds", "Say there which kind of missing it is.")
        options.append(AnswerOption(code, label, missing_kinds.get(code)))
    return tuple(options)


def read_codes(found: Value | None) -> list[tuple[str, str, Value]]:
    """Return code, label and place of each option; in a list, the label is its own code."""
    if found is None:
        return []
    if isinstance(found.node, SequenceNode):
        labels = [(value.text(), value) for value in found.elements()]
        codes = [label for label, _ in labels]
        for label in sorted({code for code in codes if codes.count(code) > 1}):
            found.fault(f"'{label}' more than once", "each answer once", "Remove the copy.")
        return [(label, label, value) for label, value in labels]
    return [(code, value.text(), value) for code, value in found.entries().items()]


def read_item(
    name: str,
    block: Block,
    scales: dict[str, tuple[AnswerOption, ...]],
    missing_kinds: dict[str, str],
    research_questions: Collection[str],
) -> Item:
    """Return one item: on a scale, or a number or open text without one."""
    kind, scale = read_kind(block, scales)
    missing = read_missing(block, missing_kinds) if kind != CATEGORY else ()
    options = scales.get(scale, ()) if scale else missing
    wording = block.needed_text("wording")
    item = Item(
        item=name,
        wording=wording,
        kind=kind,
        label=block.text("label") or wording,
        options=options,
        scale=scale,
        headline=read_headline(block, options),
        topic=block.text_or_none("topic"),
        research_questions=block.names("research_questions", research_questions, "a research question"),
        feature=block.text_or_none("feature"),
        is_published=block.boolean("published", default=kind != TEXT),
        values=block.text_map("values") if kind == NUMBER else {},
        asked_if=read_routes(block),
        ballot=read_ballot(block),
    )
    if kind == TEXT and item.is_published:
        block.value.fault("published: true", "open text unpublished", "Remove 'published': text may name people.")
    block.close()
    return item


def read_kind(block: Block, scales: Collection[str]) -> tuple[str, str | None]:
    """Return the kind of an item and its scale; an item has exactly one of the two keys."""
    scale, kind = block.get("scale"), block.get("kind")
    if scale is not None and kind is not None:
        block.value.fault("both 'scale' and 'kind'", "one of them", "Keep 'scale' for a question with answers.")
    if scale is not None:
        return CATEGORY, scale.name(scales, "a scale") or None
    if kind is None:
        block.value.fault("neither 'scale' nor 'kind'", "one of them", "Add 'scale', or 'kind: number' or text.")
        return TEXT, None
    return kind.name((NUMBER, TEXT), "a kind of item") or TEXT, None


def read_headline(block: Block, options: tuple[AnswerOption, ...]) -> dict[str, tuple[str, ...]]:
    """Return the headlines of an item: a name and the answers it adds up."""
    codes = [option.code for option in options if option.missing is None]
    found = block.get("headline")
    entries = {} if found is None else found.entries()
    return {
        name: tuple(code.name(codes, "an answer of the scale") for code in value.elements())
        for name, value in entries.items()
    }


def read_link(block: Block, items: dict[str, Item]) -> ItemLink:
    """Return how a newer item relates to the one it follows; identical ones must have the same answers."""
    link = ItemLink(
        item_from=block.choice("from", items, "an item"),
        item_to=block.choice("to", items, "an item"),
        comparability=block.choice("comparability", COMPARABILITY, "a comparability"),
        note=block.text("note"),
    )
    if link.comparability == IDENTICAL and link.item_from in items and link.item_to in items:
        differing = unlike(items[link.item_from], items[link.item_to])
        if differing:
            found = f"'{link.item_from}' and '{link.item_to}' as identical, with {differing}"
            fix = "Give both one scale and headline, or declare comparable_with_break or not_comparable."
            block.value.fault(found, "the same kind, answers and headlines", fix)
    block.close()
    return link


def unlike(first: Item, second: Item) -> str:
    """Return, in words, in what two items are not one question; '' where they are."""
    if first.kind != second.kind:
        return f"the kinds {first.kind} and {second.kind}"
    ours, theirs = ([(option.code, option.label) for option in one.answers] for one in (first, second))
    if len(ours) != len(theirs):
        return f"{len(ours)} and {len(theirs)} answers"
    for one, other in zip(ours, theirs, strict=True):
        if one != other:
            return "the answers " + " and ".join(f'{code} "{label}"' for code, label in (one, other))
    return "" if first.headline == second.headline else "other headlines"
