"""Nets that an analyst names: several answers of an item as one category."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pipeline.data_tables.table import with_neighbour
from pipeline.errors import UsageError
from pipeline.estimation.values import ItemValues

SHOWN = 8  # answers named in a message
LONGEST = 40  # characters of each


@dataclass(frozen=True)
class Net:
    """A net as it was asked for: `[ITEM:]NAME=4,5`."""

    name: str
    answers: str  # labels or codes with commas between them; labels may hold commas
    item: str | None = None  # None: of every item

    @property
    def text(self) -> str:
        """Return the net as it was written."""
        return f"{'' if self.item is None else f'{self.item}:'}{self.name}={self.answers}"


def net_of(text: str) -> Net:
    """Return the net that a text means.

    Raises:
        UsageError: it has no name or no answers.
    """
    place, _, answers = text.partition("=")
    item, has_item, name = place.rpartition(":")
    if not (name.strip() and answers.strip()) or (has_item and not item.strip()):
        raise UsageError(f"--net '{text}': expected [ITEM:]NAME=ANSWERS, as 'agree=4,5' or 'q1:agree=4,5'.")
    return Net(name.strip(), answers, item.strip() if has_item else None)


def with_nets(item: ItemValues, nets: Sequence[Net], label_of: Mapping[str, str]) -> ItemValues:
    """Return the item with a headline for each net that is of it, or of every item.

    Args:
        label_of: the categories of codes.

    Raises:
        UsageError: an answer is unknown, or two nets have one name.
    """
    headlines: dict[str, tuple[int, ...]] = {}
    for net in nets:
        if net.item not in {None, item.item}:
            continue
        if net.name in headlines:
            raise UsageError(f"--net '{net.text}': '{item.item}' has a net '{net.name}' already. Choose another name.")
        answers = _answers(net, item, label_of)
        headlines[net.name] = tuple(dict.fromkeys(item.categories.index(answer) for answer in answers))
    return replace(item, headlines=headlines)


def refuse_nets_of_no_item(nets: Sequence[Net], items: Sequence[str]) -> None:
    """Raise a UsageError for a net of an item that is not asked for."""
    for net in nets:
        if net.item is not None and net.item not in items:
            raise UsageError(
                f"--net '{net.text}': no item {with_neighbour(net.item, items)} is asked for. Before a colon stands "
                f"an item: {', '.join(items[:SHOWN])}."
            )


def _answers(net: Net, item: ItemValues, label_of: Mapping[str, str]) -> Iterator[str]:
    """Yield the categories of a net: the longest run of comma parts that is one, then what follows it."""
    parts, start = net.answers.split(","), 0
    while start < len(parts):
        for end in range(len(parts), start, -1):
            found = _category(",".join(parts[start:end]).strip(), item.categories, label_of)
            if found is not None:
                yield found
                start = end
                break
        else:
            raise UsageError(_unknown(net, item, parts[start:]))


def _unknown(net: Net, item: ItemValues, parts: Sequence[str]) -> str:
    """Return that an item has no such answer, what it may have been meant for, and which it has."""
    texts = [",".join(parts[:end]).strip() for end in range(1, len(parts) + 1)]
    meant = next((text for text in texts if get_close_matches(text, item.categories, n=1)), texts[0])
    known = ", ".join(f"'{_shortened(one)}'" for one in item.categories[:SHOWN])
    more = f" and {len(item.categories) - SHOWN} more" if len(item.categories) > SHOWN else ""
    advice = "" if net.item else f" A net of one item among several is --net '{item.item}:{net.name}=…'."
    return (
        f"--net '{net.text}': '{item.item}' has no answer {with_neighbour(meant, item.categories)}. It has "
        f"{known}{more}.{advice}"
    )


def _category(text: str, categories: Sequence[str], label_of: Mapping[str, str]) -> str | None:
    """Return the category that a label, whatever its capitals, or a code means; None if it is neither."""
    if text in categories:
        return text
    if text in label_of:
        return label_of[text]
    same = [category for category in categories if category.casefold() == text.casefold()]
    return same[0] if len(same) == 1 else None


def _shortened(answer: str) -> str:
    return answer if len(answer) <= LONGEST else answer[: LONGEST - 1] + "…"
