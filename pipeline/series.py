"""Which items are one question asked again, and how far their figures compare: links between wordings obeyed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.definitions import ItemLink
from pipeline.estimation.values import ItemValues

IDENTICAL, WITH_BREAK, NOT_COMPARABLE = "identical", "comparable_with_break", "not_comparable"


@dataclass(frozen=True)
class Version:
    """The item that stands for a later one at an earlier wave, and how far the two may be compared."""

    item: str
    comparability: str  # IDENTICAL or WITH_BREAK


@dataclass(frozen=True)
class LinkedItems:
    """The items of two waves that may be compared, those of the first under the names of the second."""

    first: list[ItemValues]
    second: list[ItemValues]
    versions: dict[str, Version]  # by the name at the second wave

    def without_breaks(self) -> "LinkedItems":
        """Return those that are the same question at both waves."""
        kept = [place for place, one in enumerate(self.second) if self.versions[one.item].comparability == IDENTICAL]
        return LinkedItems([self.first[place] for place in kept], [self.second[place] for place in kept], self.versions)

    @property
    def only_headlines(self) -> list[str]:
        """Return the items whose answers changed, so that only headlines of the same name compare."""
        return [item.item for item in self.second if item.chosen is not None]


def earlier_version(item: str, links: Sequence[ItemLink], asked: Collection[str]) -> Version | None:
    """Return what was asked in an item's place, followed from link to link; None where nothing comparable was.

    An item that was asked itself is its own version. A path with one break has a break; one with a link that is
    not comparable leads nowhere.
    """
    if item in asked:
        return Version(item, IDENTICAL)
    for link in links:
        if link.item_to != item or link.comparability == NOT_COMPARABLE:
            continue
        others = [one for one in links if one is not link]  # so that a circle ends
        found = earlier_version(link.item_from, others, asked)
        if found is not None:
            is_broken = WITH_BREAK in (link.comparability, found.comparability)
            return Version(found.item, WITH_BREAK if is_broken else IDENTICAL)
    return None


def link_items(first: Sequence[ItemValues], second: Sequence[ItemValues], links: Sequence[ItemLink]) -> LinkedItems:
    """Return the items that two waves have in common, or that follow one another comparably.

    Where a break changed the answers too, both are told by the headlines of the same name; with none, the item is
    left out.
    """
    before = {one.item: one for one in first}
    linked = LinkedItems([], [], {})
    for item in second:
        version = earlier_version(item.item, links, before)
        pair = None if version is None else _comparable(before[version.item], item)
        if version is not None and pair is not None:
            linked.first.append(replace(pair[0], item=item.item))
            linked.second.append(pair[1])
            linked.versions[item.item] = version
    return linked


def _comparable(first: ItemValues, second: ItemValues) -> tuple[ItemValues, ItemValues] | None:
    """Return two items with the same answers: as they are, or by their common headlines; None without any."""
    if (first.categories, first.headlines) == (second.categories, second.headlines):
        return first, second
    names = [name for name in second.headlines if name in first.headlines]
    return (by_headlines(first, names), by_headlines(second, names)) if names else None


def by_headlines(item: ItemValues, names: Sequence[str]) -> ItemValues:
    """Return who gave one of each headline's answers, the headlines standing for the answers."""
    codes = np.asarray(item.codes)
    given = np.column_stack([np.isin(codes, item.headlines[name]) for name in names]).astype(np.int8)
    return ItemValues(
        item.item,
        chosen=np.where((codes >= 0)[:, None], given, -1).astype(np.int8),
        categories=tuple(names),
        headlines={name: (place,) for place, name in enumerate(names)},
    )


@dataclass(frozen=True)
class Stretch:
    """Consecutive waves of one question without a break, oldest first: its item at each, the newest giving the name."""

    item: str
    number: int  # 1 is the oldest stretch of the question
    waves: tuple[str, ...]
    items: tuple[str, ...]  # as asked at each wave


def stretches(asked: Mapping[str, Collection[str]], links: Sequence[ItemLink]) -> list[Stretch]:
    """Return every question as the stretches of waves between its breaks.

    Args:
        asked: wave: the items it asked; waves in order.
    """
    newest = [
        item
        for item in dict.fromkeys(item for items in asked.values() for item in items)
        if not any(_follows(other, item, links) for items in asked.values() for other in items if other != item)
    ]
    return [stretch for item in newest for stretch in _stretches_of(item, asked, links)]


def _follows(item: str, earlier: str, links: Sequence[ItemLink]) -> bool:
    """Return whether an item stands comparably for an earlier one."""
    return earlier_version(item, links, {earlier}) is not None


def _stretches_of(item: str, asked: Mapping[str, Collection[str]], links: Sequence[ItemLink]) -> list[Stretch]:
    """Return the stretches of one question, named by its newest item."""
    found: list[list[tuple[str, str]]] = []  # wave, item
    for wave, items in asked.items():
        version = earlier_version(item, links, items)
        if version is None:
            continue
        before = found[-1][-1][1] if found else None
        is_same = before is not None and _is_identical(version.item, before, links)
        if not is_same:
            found.append([])
        found[-1].append((wave, version.item))
    return [
        Stretch(item, number, tuple(wave for wave, _ in part), tuple(name for _, name in part))
        for number, part in enumerate(found, start=1)
    ]


def _is_identical(item: str, earlier: str, links: Sequence[ItemLink]) -> bool:
    version = earlier_version(item, links, {earlier})
    return version is not None and version.comparability == IDENTICAL
