"""A first definition of one delivered file: what each column is for, and the questions with their answers."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.adoption.code_frames import CATEGORY, EMPTY, NUMBER, TEXT, CodeFrame, code_frame
from pipeline.adoption.names import item_ids
from pipeline.adoption.scales import with_scales
from pipeline.adoption.words import Words, plain_words
from pipeline.definitions import Item
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery, Variable

ID, COMPLETED, STARTED, FINISHED = "member_id", "completed_at", "started_at", "finished"
SET_ASIDE = ("metadata", "contact", "weight", "selection_probability", STARTED, "stratum", "psu", "household")
OF_MEMBERS = (ID, "joined_on", "left_on", "exit_reason", "cohort", "route", "status")  # unless it has answers
UNIQUE_ENOUGH = 0.98  # share of different values in a column of ids; the rest are faults to be found
LONGEST_LABEL = 90  # characters of a label in a table


@dataclass(frozen=True)
class Question:
    """One item as drafted, where it was delivered, and what a person should look at."""

    column: str
    item: Item
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftedDelivery:
    """What one delivered file seems to hold."""

    file_name: str
    questions: tuple[Question, ...]
    id_column: str | None
    completed_at: str | None
    finished: tuple[str, tuple[str, ...]] | None  # column and the values of a complete interview
    set_aside: dict[str, str] = field(default_factory=dict)  # column: what it is
    n_rows: int = 0


def draft(
    delivery: Delivery, words: Words, *, id_column: str | None = None, not_items: Collection[str] = ()
) -> DraftedDelivery:
    """Return the first definition of a delivered file.

    Args:
        id_column: the member's id, where it is known; else found by name and uniqueness.
        not_items: columns that belong to something else, such as the profile.
    """
    variables = described(delivery)
    meanings = {name: words.column_meaning(name, variable.label) for name, variable in variables.items()}
    id_column = id_column or find_id(delivery.frame, meanings)
    completed = _first(meanings, COMPLETED)
    finished = _finished(delivery.frame, _first(meanings, FINISHED), words)
    aside = {name: str(meaning) for name, meaning in meanings.items() if meaning in SET_ASIDE}
    aside |= {name: str(one) for name, one in meanings.items() if one in OF_MEMBERS and not variables[name].values}
    aside |= {name: "time" for name, meaning in meanings.items() if meaning == COMPLETED and name != completed}
    aside |= dict.fromkeys(not_items, "profile")
    kept = {id_column, completed, finished[0] if finished else None, *aside}
    frames = {
        name: code_frame(variable, delivery.frame[name], words)
        for name, variable in variables.items()
        if name not in kept
    }
    aside |= {name: EMPTY for name, frame in frames.items() if frame.kind == EMPTY}
    aside |= {name: "date" for name in frames if variables[name].kind == "date"}
    asked = {name: frame for name, frame in frames.items() if name not in aside}
    return DraftedDelivery(
        file_name=delivery.file_name,
        questions=_questions(delivery, variables, asked),
        id_column=id_column,
        completed_at=completed,
        finished=finished,
        set_aside={name: what for name, what in aside.items() if name != id_column},
        n_rows=delivery.frame.height,
    )


def described(delivery: Delivery) -> dict[str, Variable]:
    """Return what is said of every delivered column, in their order; a bare name where nothing is."""
    said = {variable.name: variable for variable in delivery.variables}
    return {name: said.get(name, Variable(name)) for name in delivery.frame.columns if name != ROW_NUMBER}


def find_id(frame: pl.DataFrame, meanings: dict[str, str | None]) -> str | None:
    """Return the column that names the respondent: meant as an id, and different in nearly every row."""
    named = [name for name, meaning in meanings.items() if meaning == ID]
    fitting = [name for name in named if is_key(frame[name])]
    others = [name for name in meanings if "id" in plain_words(name).split() and is_key(frame[name])]
    return next(iter([*fitting, *others, *named]), None)


def is_key(values: pl.Series) -> bool:
    """Return whether a column has a value in nearly every row, and hardly one twice."""
    return values.len() > 0 and values.drop_nulls().n_unique() >= UNIQUE_ENOUGH * values.len()


def _first(meanings: dict[str, str | None], meaning: str) -> str | None:
    return next((name for name, found in meanings.items() if found == meaning), None)


def _finished(frame: pl.DataFrame, column: str | None, words: Words) -> tuple[str, tuple[str, ...]] | None:
    """Return the column that says whether an interview is complete, with the values that say yes."""
    if column is None:
        return None
    values = [str(value) for value in frame[column].drop_nulls().unique().sort()]
    complete = tuple(value for value in values if words.meaning("value", value) == "Yes")
    return (column, complete) if complete and len(values) <= 2 else None


def _questions(
    delivery: Delivery, variables: dict[str, Variable], frames: dict[str, CodeFrame]
) -> tuple[Question, ...]:
    names = item_ids(frames)
    in_set = {column: one for one in delivery.multiple_responses for column in one.columns}
    items = [_item(names[name], variables[name], frame) for name, frame in frames.items()]
    cautions = {name: _cautions(frame, in_set.get(name)) for name, frame in frames.items()}
    alone = {name for name, frame in frames.items() if name in in_set and len(frame.answers) == 1}
    return tuple(
        Question(column, replace(item, is_published=False) if column in alone else item, cautions[column])
        for column, item in zip(frames, with_scales(items), strict=True)
    )


def _item(name: str, variable: Variable, frame: CodeFrame) -> Item:
    wording = " ".join(variable.label.split()) or variable.name
    short = wording if len(wording) <= LONGEST_LABEL else f"{wording[: LONGEST_LABEL - 1].rsplit(' ', 1)[0]}…"
    return Item(
        item=name,
        wording=wording,
        kind=frame.kind,
        label=short,
        options=() if frame.kind == TEXT else frame.options,
        is_published=frame.kind != TEXT,
    )


def _cautions(frame: CodeFrame, of_set: object) -> tuple[str, ...]:
    """Return what a person should look at in one question."""
    found = []
    if frame.n_unlabelled and frame.kind == CATEGORY:
        found.append(f"codes without a label in the file: {frame.n_unlabelled}. Give them words")
    if frame.is_by_words:
        found.append("the file does not say in which order the answers stand: they are in alphabetical order")
    if of_set is not None and len(frame.answers) == 1:
        found.append("ticked or blank: the file does not tell not ticked from not asked, so it is not published")
    if frame.kind == NUMBER and frame.options:
        found.append("a number with missing codes")
    return tuple(found)
