"""Population tables as statistical offices publish them, for many areas at once, as margins: category and persons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.adoption.members import AGES, PROFILE
from pipeline.adoption.words import COLUMN, VALUE, Words, plain_words
from pipeline.errors import DefinitionError
from pipeline.wave_files.delivery import ROW_NUMBER

MARGIN_COLUMNS = ("margin", "category", "persons")
COUNT = r"^\d+(\.\d+)?([eE]\+?\d+)?$"
TOTAL_WORDS = {"total", "all", "sex", "persons", "usual", "residents"}  # of a heading, beside its category
NOT_APPLICABLE = "does not apply"
EXAMPLES = 4  # areas named in a message


@dataclass(frozen=True)
class Shape:
    """What the columns of a published table are."""

    margin: str
    category: str
    persons: str
    areas: tuple[str, ...]


def is_margins_table(frame: pl.DataFrame) -> bool:
    """Return whether a table is written as margins already."""
    return set(MARGIN_COLUMNS) <= set(frame.columns)


def published_rows(frame: pl.DataFrame, name: str, words: Words, area: str | None) -> list[dict[str, str]]:
    """Return margin, category and persons of one area of a published table.

    Args:
        frame: all cells text.
        area: its name or code; not needed where the table is of one area.

    Raises:
        DefinitionError: the table has no column of categories or of counts, or no such area, or several.
    """
    shape = _shape(frame, words)
    if shape is None:
        wide = _wide(frame, words)
        if wide is None:
            raise DefinitionError(_unknown(frame, name))
        row = _of_area(frame, _texts(frame), name, area).row(0, named=True)
        return [
            {"margin": "sex", "category": category, "persons": str(row[column])} for category, column in wide.items()
        ]
    rows = _of_area(frame, shape.areas, name, area)
    totals: dict[str, float] = {}
    for category, persons in rows.select(shape.category, shape.persons).drop_nulls().iter_rows():
        if plain_words(category) != NOT_APPLICABLE:
            totals[category] = totals.get(category, 0.0) + float(persons)
    return [
        {"margin": shape.margin, "category": category, "persons": f"{persons:.10g}"}
        for category, persons in totals.items()
        if persons > 0
    ]


def _texts(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the columns of words, those of codes and counts apart."""
    return tuple(
        name
        for name in frame.columns
        if name != ROW_NUMBER and not frame[name].drop_nulls().str.contains(r"^-?[\d.]*$").all()
    )


def _shape(frame: pl.DataFrame, words: Words) -> Shape | None:
    """Return what the columns are: one of categories, the last of counts, and what tells areas apart."""
    counts = [
        name for name in frame.columns if name != ROW_NUMBER and frame[name].drop_nulls().str.contains(COUNT).all()
    ]
    texts = _texts(frame)
    meanings = {name: words.meaning(COLUMN, re.sub(r"\(.*?\)", "", name)) for name in texts}
    told = [name for name in texts if meanings[name] in (*PROFILE, *AGES) and meanings[name] not in ("region", "area")]
    if not counts or len(told) != 1:
        return None
    margin = str(meanings[told[0]])
    areas = tuple(name for name in texts if name != told[0])
    return Shape("age_group" if margin in AGES else margin, told[0], counts[-1], areas)


def _wide(frame: pl.DataFrame, words: Words) -> dict[str, str] | None:
    """Return the column of each sex in a table with a column for each; None where it is not that."""
    found: dict[str, str] = {}
    for name in frame.columns:
        bare = " ".join(word for word in plain_words(name).split() if word not in TOTAL_WORDS)
        meaning = words.meaning(VALUE, bare) if bare else None
        if meaning in ("Female", "Male"):
            found.setdefault(str(meaning), name)
    return found if len(found) == 2 else None


def _of_area(frame: pl.DataFrame, areas: Sequence[str], name: str, area: str | None) -> pl.DataFrame:
    """Return the rows of one area; of all where the table has one alone."""
    if area is None:
        if all(frame[column].n_unique() <= 1 for column in areas):
            return frame
        column = areas[-1]
        examples = ", ".join(frame[column].drop_nulls().unique(maintain_order=True).head(EXAMPLES))
        raise DefinitionError(
            f"{name}: totals of {frame[column].n_unique():,} areas ('{column}': {examples} …), expected those of one. "
            "Name it with --area."
        )
    wanted = area.strip().casefold()
    is_it = pl.any_horizontal(pl.col(column).str.strip_chars().str.to_lowercase() == wanted for column in areas)
    rows = frame.filter(is_it) if areas else frame
    if rows.is_empty():
        told = ", ".join(f"'{column}'" for column in areas)
        raise DefinitionError(f"{name}: no area '{area}' in {told}. Write it as the table does, name or code.")
    return rows


def _unknown(frame: pl.DataFrame, name: str) -> str:
    columns: Mapping[str, None] = dict.fromkeys(one for one in frame.columns if one != ROW_NUMBER)
    return (
        f"{name}: found the columns {', '.join(list(columns)[:8])}, expected margin,category,persons, or a published "
        "table with one column of categories that is named for what it is (age group, sex, ethnic group, tenure …) and "
        "one of counts. Save the table so, one row for each category."
    )
