"""Scales shared between questions with equal answers, named for what they ask; the headline a scale suggests."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.adoption.names import identifier, unique
from pipeline.adoption.words import Words, plain_words
from pipeline.definitions import AnswerOption, Item

FEWEST_SHARED = 2  # answers that hold a word, for the scale to be named after it
SMALL_WORDS = frozenset({"not", "very", "neither", "nor", "some", "somewhat", "the", "more", "most", "than", "all"})
LARGEST_SCALE = 7  # answers of an ordered scale whose upper end makes a headline
Options = tuple[AnswerOption, ...]


def with_scales(items: Sequence[Item], named: dict[str, Options] | None = None) -> list[Item]:
    """Return the items with the name of a scale each, the same for equal answers and missing codes.

    Args:
        named: scales that have a name already.
    """
    names = {options: name for name, options in (named or {}).items()}
    used, found = {*names.values()}, []
    for item in items:
        if item.kind != "category":
            found.append(item)
            continue
        if item.options not in names:
            names[item.options] = unique(scale_name(item), used)
            used.add(names[item.options])
        found.append(replace(item, scale=names[item.options]))
    return found


def scale_name(item: Item) -> str:
    """Return yes_no, agree5 and the like; the item's own name when its answers share no word."""
    labels = [plain_words(option.label) for option in item.answers]
    if labels in (["yes", "no"], ["no", "yes"]):
        return "yes_no" if labels[0] == "yes" else "no_yes"
    if sorted(labels) == ["not selected", "selected"]:
        return "selected"
    stem = shared_stem(labels)
    return f"{identifier(stem)}{len(labels)}" if stem else f"{item.item}_answers"


def shared_stem(labels: Iterable[str]) -> str:
    """Return the word that most answers share, such as agree in disagree; '' when none does."""
    counts: Counter[str] = Counter()
    texts = list(labels)
    words = {word for text in texts for word in text.split() if len(word) > 3 and word not in SMALL_WORDS}
    for word in words:
        counts[word] = sum(word in text for text in texts)
    fitting = [
        (count, len(word), word) for word, count in counts.items() if count >= max(FEWEST_SHARED, len(texts) / 2)
    ]
    return max(fitting)[2] if fitting else ""


def suggested_headline(item: Item, words: Words) -> dict[str, tuple[str, ...]]:
    """Return the headline that an ordered scale suggests: its agreeing end, or yes; {} when nothing suggests itself."""
    answers, known = item.answers, words.scale(option.label for option in item.answers)
    if known is not None:
        top = known.answers[-known.n_headline :]
        codes = tuple(option.code for option in answers if plain_words(option.label) in top)
        return {known.headline: codes} if 0 < len(codes) < len(answers) else {}
    labels = [plain_words(option.label) for option in answers]
    if "yes" in labels:
        return {"yes": (answers[labels.index("yes")].code,)}
    stem = shared_stem(labels)
    if not stem or not 3 <= len(answers) <= LARGEST_SCALE:
        return {}
    whole = [position for position, text in enumerate(labels) if _says(stem, text)]
    ends = {0, len(answers) - 1} & set(whole)
    if len(ends) != 1 or len(whole) > (len(answers) + 1) // 2:
        return {}
    return {identifier(stem): tuple(answers[position].code for position in whole)}


def _says(stem: str, text: str) -> bool:
    """Return whether an answer affirms the word, on its own and not negated (agree, not disagree)."""
    is_whole = re.search(rf"\b{re.escape(stem)}\b", text) is not None
    return is_whole and re.search(r"\b(not|neither|nor|no|un|less|never|hardly)\b", text) is None
