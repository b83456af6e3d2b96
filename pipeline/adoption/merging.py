"""Categories of a population table merged until a member list can meet them: by group, ages with a neighbour."""

from collections.abc import Mapping, Sequence

from pipeline.adoption.words import VALUE, Words, plain_words

Row = dict[str, str]
Ages = tuple[int | None, int | None]


def category_of(value: str, categories: Sequence[str], words: Words) -> str | None:
    """Return the margin's category that a member's value means: the same words, or a word for the same."""
    plain = {plain_words(name): name for name in categories}
    same = plain.get(plain_words(value))
    if same is not None:
        return same
    meaning = words.meaning(VALUE, value)
    known = next((name for name in categories if meaning and words.meaning(VALUE, name) == meaning), None)
    return known or _within(value, categories)


def merged_groups(
    table: Sequence[Row], values: Sequence[str], words: Words
) -> tuple[list[Row], dict[str, str | None], list[str]]:
    """Return a table's rows, what each value of the list is in them, and what was merged, in words.

    Published tables write a group before a colon ("White: Irish"). A group becomes one category where the list tells
    no more than the group, or has nobody in one of its categories.
    """
    categories = [row["category"] for row in table]
    groups = [_group(one) for one in categories]
    ours = {value: category_of(value, categories, words) for value in values}
    of_group = {
        value: category_of(value, list(dict.fromkeys(groups)), words) for value, to in ours.items() if to is None
    }
    reached = {to for to in ours.values() if to is not None}
    merged = {
        group
        for group in dict.fromkeys(groups)
        if groups.count(group) > 1
        and (
            group in of_group.values()
            or (
                any(_group(one) == group and one not in reached for one in categories)
                and any(_group(one) == group for one in reached)
            )
        )
    }
    rows: dict[str, Row] = {}
    for row, group in zip(table, groups, strict=True):
        name = group if group in merged else row["category"]
        persons = float(rows[name]["persons"]) if name in rows else 0.0
        rows[name] = {**row, "category": name, "persons": f"{persons + float(row['persons']):.10g}"}
    found: dict[str, str | None] = {}
    for value, to in ours.items():
        place = to or of_group[value]
        found[value] = _group(place) if place is not None and _group(place) in merged else to
    told = [
        f"the {groups.count(group)} categories of '{group}' are one: the list does not tell them all"
        for group in merged
    ]
    return list(rows.values()), found, told


def merged_ages(
    bands: Mapping[str, Ages], counts: Mapping[str, int], table: Sequence[Row]
) -> tuple[dict[str, Ages], list[Row], list[str]]:
    """Return age groups with members in each, their rows, and what was merged: an empty one joins the next younger."""
    ordered = sorted(bands, key=lambda name: bands[name][0] or 0)
    parts: list[list[str]] = []
    for name in ordered:
        if parts and not (counts.get(name) and any(counts.get(one) for one in parts[-1])):
            parts[-1].append(name)
        else:
            parts.append([name])
    rows = {row["category"]: row for row in table}
    ages: dict[str, Ages] = {}
    kept: list[Row] = []
    for part in parts:
        low, high = bands[part[0]][0], bands[part[-1]][1]
        name = part[0] if len(part) == 1 else f"{low or 0}+" if high is None else f"{low or 0}-{high}"
        ages[name] = (low, high)
        persons = sum(float(rows[one]["persons"]) for one in part)
        kept.append({**rows[part[0]], "category": name, "persons": f"{persons:.10g}"})
    several = [part for part in parts if len(part) > 1]
    told = [f"the age groups {', '.join(part)} are one: not each has a member in the list" for part in several]
    return ages, kept, told


def _group(category: str) -> str:
    return category.partition(":")[0].strip()


def _within(value: str, categories: Sequence[str]) -> str | None:
    """Return the one category whose words hold all of a value's; None where none or several do."""
    wanted = set(plain_words(value).split()) - {"or", "and"}
    fitting = [name for name in categories if wanted and wanted <= set(plain_words(name).split())]
    return fitting[0] if len(fitting) == 1 else None
