"""Which questions of several waves are one item: the same words and answers; everything else is linked, and told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pipeline.adoption.names import unique
from pipeline.adoption.questions import Question
from pipeline.adoption.scales import with_scales
from pipeline.adoption.words import plain_words
from pipeline.definitions import Item, ItemLink

SAME_WORDING = 0.93  # likeness of two wordings: above, they differ by a typing slip at most
LIKE_WORDING = 0.70  # above, one may be the other in new words
SAME, BY_NAME = "same", "same name"  # the second: the file has no wording, only the column's name
FEWEST_WORDS = 3  # of a heading that is a question, and not a column's name
REVERSED, OTHER_SCALE, OTHER_WORDING = "reversed scale", "other scale", "other wording"
MERGED = (SAME, BY_NAME)
COMPARABILITY = {REVERSED: "not_comparable", OTHER_SCALE: "not_comparable", OTHER_WORDING: "comparable_with_break"}


@dataclass(frozen=True)
class Repeat:
    """How a wave's question relates to an item asked before; `recode` would turn a reversed scale round."""

    wave: str
    column: str
    item: str  # the item it became
    earlier: str
    relation: str
    recode: dict[str, str] | None = None


@dataclass(frozen=True)
class Bank:
    """One bank of items over all waves, where each wave delivered them, and what was noticed."""

    items: tuple[Item, ...]
    columns: dict[str, dict[str, str]]  # wave: item: column
    links: tuple[ItemLink, ...]
    repeats: tuple[Repeat, ...]


def question_bank(waves: Sequence[tuple[str, Sequence[Question]]]) -> Bank:
    """Return the items of all waves; only equal wording with equal answers makes two questions one item."""
    items: dict[str, Item] = {}
    columns: dict[str, dict[str, str]] = {}
    repeats: list[Repeat] = []
    for wave, questions in waves:
        placed: dict[str, str] = {}
        pairs = _pairs(questions, list(items.values()))
        for question in questions:
            earlier, relation = pairs.get(question.column, (None, ""))
            if earlier is not None and relation in MERGED:
                name = earlier.item
            else:
                name = unique(question.item.item, items)
                items[name] = replace(question.item, item=name)
            placed[name] = question.column
            if earlier is not None:
                recode = reversal(question.item, earlier) if relation == REVERSED else None
                repeats.append(Repeat(wave, question.column, name, earlier.item, relation, recode))
        columns[wave] = placed
    scaled = tuple(with_scales(list(items.values())))
    return Bank(scaled, columns, tuple(_link(one) for one in repeats if one.relation not in MERGED), tuple(repeats))


def relation_of(new: Item, earlier: Item, *, same_name: bool) -> tuple[str, float] | None:
    """Return how a question relates to an item, and how alike they read; None when they are two questions."""
    alike = likeness(new.wording, earlier.wording)
    if new.kind != earlier.kind or alike < LIKE_WORDING:
        return None
    words = plain_words(new.wording)
    is_bare = words == plain_words(new.item) and not same_name and len(words.split()) < FEWEST_WORDS
    if is_bare or (alike < SAME_WORDING and not same_scale(new, earlier)):
        return None
    if alike < SAME_WORDING:
        return OTHER_WORDING, alike
    if same_scale(new, earlier):
        return (BY_NAME if same_name and plain_words(new.wording) == plain_words(new.item) else SAME), alike
    return (REVERSED if reversal(new, earlier) else OTHER_SCALE), alike


def likeness(one: str, other: str) -> float:
    """Return how alike two wordings read, from 0 to 1."""
    first, second = plain_words(one), plain_words(other)
    if first == second:
        return 1.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= LIKE_WORDING <= matcher.quick_ratio() else 0.0


def same_scale(one: Item, other: Item) -> bool:
    """Return whether two items have the same codes with the same labels, and no missing code that disagrees.

    An export in words, whose answers are all labels of the earlier item, is that item too: a delivery may hold either.
    """
    if _is_in_words(one) and not _is_in_words(other):
        return {option.label for option in one.options} <= {option.label for option in other.options}
    first = {option.code: (plain_words(option.label), option.missing) for option in one.options}
    second = {option.code: (plain_words(option.label), option.missing) for option in other.options}
    answers = [{option.code for option in item.answers} for item in (one, other)]
    return answers[0] == answers[1] and all(first[code] == second[code] for code in first.keys() & second.keys())


def _is_in_words(item: Item) -> bool:
    """Return whether an item's codes are its labels, as in an export without codes."""
    return bool(item.answers) and all(option.code == option.label for option in item.options)


def reversal(new: Item, earlier: Item) -> dict[str, str] | None:
    """Return the recode that turns a scale round: the same labels under other codes; None when it is not that."""
    before = {plain_words(option.label): option.code for option in earlier.answers}
    now = {option.code: plain_words(option.label) for option in new.answers}
    if len(before) < 2 or sorted(before) != sorted(now.values()):
        return None
    recode = {code: before[label] for code, label in now.items()}
    return recode if any(code != target for code, target in recode.items()) else None


def _pairs(questions: Sequence[Question], items: Sequence[Item]) -> dict[str, tuple[Item, str]]:
    """Return the item each question goes with, the most alike first; no item twice."""
    found = []
    for question in questions:
        for item in items:
            relation = relation_of(question.item, item, same_name=question.item.item == item.item)
            if relation is not None:
                same_name = question.item.item == item.item
                found.append((relation[0] in MERGED, relation[1], same_name, question.column, item, relation[0]))
    pairs: dict[str, tuple[Item, str]] = {}
    used: set[str] = set()
    for *_, column, item, relation_name in sorted(found, key=lambda one: one[:3], reverse=True):
        if column not in pairs and item.item not in used:
            pairs[column] = (item, relation_name)
            used.add(item.item)
    return pairs


def _link(repeat: Repeat) -> ItemLink:
    note = f"Proposed when the panel was adopted: {repeat.relation} ({repeat.wave}, column {repeat.column})."
    return ItemLink(repeat.earlier, repeat.item, COMPARABILITY[repeat.relation], note)
