"""Columns that are one question with several answers: which column is which answer, and who chose it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.patterns import fitting_columns
from pipeline.data_tables.table import CODE_SHOWN, DataTable, code_text, refuse_unknown_columns
from pipeline.errors import EstimationError, UsageError
from pipeline.estimation.values import ItemValues

CHOSEN = frozenset({"1", "yes", "y", "true", "selected", "chosen", "ticked", "checked", "mentioned"})
NOT_CHOSEN = frozenset(
    {"0", "no", "n", "false", *(f"{no}{one}" for no in ("not ", "un") for one in ("selected", "ticked", "checked"))}
    | {"not chosen", "not mentioned"}
)
STEM_ENDS = (" - ", ": ", " – ", " — ", "? ")  # where the question in front of every answer's label ends
SHOWN = 5
MOST_CODES = 20


@dataclass(frozen=True)
class MultipleResponse:
    """A question as it was asked for: `[NAME=]q5_*`."""

    patterns: tuple[str, ...]
    name: str

    def columns(self, known: Sequence[str], name: str) -> list[str]:
        """Return its columns in their natural order.

        Raises:
            UsageError: fewer than two columns fit.
        """
        found = fitting_columns(self.patterns, known, name, "--multiple")
        if len(found) < 2:
            raise UsageError(
                f"{name}: one column fits --multiple '{','.join(self.patterns)}', expected one for each answer of the "
                "question. A single column is an --item."
            )
        return found


def multiple_of(text: str) -> MultipleResponse:
    """Return the question that a text means: named, or called by its pattern without the star.

    Raises:
        UsageError: it names no columns.
    """
    name, _, columns = text.rpartition("=")
    patterns = tuple(part.strip() for part in columns.split(",") if part.strip())
    if not patterns:
        raise UsageError(f"--multiple '{text}': expected [NAME=]COLS, as 'q5_*' or 'media=q5_*'.")
    return MultipleResponse(patterns, name.strip() or columns.replace("*", "").strip(" _.,") or columns)


def multiple_values(
    tables: Sequence[DataTable], asked: MultipleResponse, chosen_codes: Sequence[str]
) -> tuple[list[ItemValues], list[str]]:
    """Return the question's answers in each table, and notes on who ticked nothing.

    Where no column holds anything that means "not chosen", a blank does, for everybody who ticked something;
    who ticked nothing cannot be told from who was not asked, and did not answer.

    Args:
        chosen_codes: codes or labels that mean chosen; none: those that usually do.

    Raises:
        UsageError: values mean neither chosen nor not; a table lacks a column that another has.
        EstimationError: nobody chose anything.
    """
    known = list(dict.fromkeys(column for table in tables for column in table.frame.columns))
    columns = asked.columns(known, tables[0].name)
    for table in tables:
        refuse_unknown_columns(columns, table.frame.columns, table.name)
    answers = [[_Answers(table, column) for column in columns] for table in tables]
    meanings = _meanings([[of[place] for of in answers] for place in range(len(columns))], asked, chosen_codes)
    is_ticked = all(meaning for of_column in meanings for meaning in of_column.values())
    made, notes, categories = [], [], _labels(tables, columns)
    for table, of_table in zip(tables, answers, strict=True):
        chosen = np.column_stack([one.coded(meaning) for one, meaning in zip(of_table, meanings, strict=True)])
        if is_ticked:
            has_any = np.asarray((chosen > 0).any(axis=1))
            chosen = np.where(has_any[:, None], np.maximum(chosen, 0), -1).astype(np.int8)
            if not has_any.all():
                notes.append(
                    f"{table.name}: {int((~has_any).sum())} rows tick nothing of '{asked.name}' and count as no answer"
                )
        made.append(ItemValues(asked.name, chosen=chosen, categories=categories))
    if not any((one.chosen >= 0).any() for one in made if one.chosen is not None):
        raise EstimationError(f"nobody answered '{asked.name}', so there is nothing to estimate.")
    return made, notes


class _Answers:
    """The values of one column, as text of their codes, and the label of each that occurs."""

    def __init__(self, table: DataTable, column: str) -> None:
        values = table.values(column)
        self.column = column
        self.text = code_text(values.cast(pl.String) if values.dtype == pl.Categorical else values)
        codes = self.text.drop_nulls().unique().sort().to_list()
        self.label_of = {code: table.label_of_code(column, code) for code in codes}

    def coded(self, meaning: dict[str, bool]) -> NDArray[np.int8]:
        """Return 1 where chosen, 0 where not, -1 where empty, (n,)."""
        if not meaning:
            return np.full(self.text.len(), -1, np.int8)
        places = pl.Series([int(one) for one in meaning.values()], dtype=pl.Int8)
        coded = self.text.replace_strict(list(meaning), places, default=-1, return_dtype=pl.Int8)
        return coded.fill_null(-1).to_numpy()


def _meanings(
    columns: Sequence[Sequence[_Answers]], asked: MultipleResponse, chosen_codes: Sequence[str]
) -> list[dict[str, bool]]:
    """Return of each column, seen over all tables, whether each of its codes means chosen."""
    labels = [{code: label for one in of for code, label in one.label_of.items()} for of in columns]
    if chosen_codes:
        wanted = {code.casefold() for code in chosen_codes}
        found = [
            {code: bool({code.casefold(), label.casefold()} & wanted) for code, label in of.items()} for of in labels
        ]
        if not any(any(of.values()) for of in found):
            raise UsageError(f"--chosen {' '.join(chosen_codes)}: no column of '{asked.name}' holds it.")
        return found
    plain = [{code: _usual(label) for code, label in of.items()} for of in labels]
    if all(meaning is not None for of in plain for meaning in of.values()):
        return [{code: bool(meaning) for code, meaning in of.items()} for of in plain]
    has_blank = any(one.text.null_count() for of in columns for one in of)
    if has_blank and all(len(of) <= 1 and False not in of.values() for of in plain):  # each holds the answer's own text
        return [dict.fromkeys(of, True) for of in plain]
    strange = list(dict.fromkeys(code for of in plain for code, meaning in of.items() if meaning is None))
    is_coded = len(strange) <= MOST_CODES  # more are ids or numbers, which no message may show
    shown = ", ".join(f"'{code}'" for code in strange[:SHOWN] if len(code) <= CODE_SHOWN and is_coded)
    raise UsageError(
        f"--multiple '{asked.name}': {len(strange)} codes mean neither chosen nor not chosen"
        f"{f' ({shown})' if shown else ''}. Say which code means chosen with --chosen CODE, and which mean missing "
        "with --missing."
    )


def _usual(label: str) -> bool | None:
    """Return whether a label or an unlabelled code usually means chosen; None if it means neither."""
    text = label.strip().casefold()
    return True if text in CHOSEN else False if text in NOT_CHOSEN else None


def _labels(tables: Sequence[DataTable], columns: Sequence[str]) -> tuple[str, ...]:
    """Return what each column is called: its label without the question in front, told apart by its name."""
    of_files = [next((t.column_labels[one] for t in tables if one in t.column_labels), "") for one in columns]
    labelled = [label for label in of_files if label]
    stems = [_stem(labelled[0], end) for end in STEM_ENDS] if len(labelled) > 1 else []
    stems = [stem for stem in stems if all(label.startswith(stem) for label in labelled)]
    stem = max(stems, key=len, default="")
    short = [label.removeprefix(stem).strip() or column for label, column in zip(of_files, columns, strict=True)]
    return tuple(
        f"{label} ({column})" if short.count(label) > 1 else label for label, column in zip(short, columns, strict=True)
    )


def _stem(label: str, end: str) -> str:
    """Return what stands before the first such end, and the end; nothing where there is none."""
    before, found, _ = label.partition(end)
    return before + found if found else ""
