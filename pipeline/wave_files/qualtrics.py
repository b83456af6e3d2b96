"""Qualtrics exports: under the header stand the question texts and, in the newer form, the import ids as JSON."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline.errors import DeliveryError
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery, MultipleResponse, Variable

IMPORT_ID = '"ImportId"'
DATES = ("startDate", "endDate", "recordedDate")
NUMBERS = ("progress", "duration", "locationLatitude", "locationLongitude")
LEGACY_FIRST = ("V1", "V2")  # the names of a legacy export's own columns, described in the row below
LEGACY_WORDS = {"ResponseID", "ResponseSet", "StartDate", "EndDate", "Finished"}
CHOICE = re.compile(r"(?P<question>QID\d+)_(?P<choice>-?\d+)")  # import id of one choice of several
SELECTED = "Selected Choice"
ROW_MARK = " - "
HEADER_NOTES = {
    1: "the row below the header holds question texts, not answers",
    2: "the two rows below the header hold question texts and import ids, not answers",
}


def is_qualtrics(delivery: Delivery) -> bool:
    """Return whether the rows under the header are those of a Qualtrics export."""
    return is_current(delivery) or is_legacy(delivery)


def is_current(delivery: Delivery) -> bool:
    """Return whether the second row below the header, or a first one in its stead, is of import ids."""
    return any(IMPORT_ID in cell for row in header_cells(delivery, 2) for cell in row if cell)


def is_legacy(delivery: Delivery) -> bool:
    """Return whether the columns are V1, V2 … and the row below says which of Qualtrics' own they are."""
    names = delivery.frame.columns[1:]
    return tuple(names[:2]) == LEGACY_FIRST and len(LEGACY_WORDS & set(header_cells(delivery, 1)[0])) > 1


def header_cells(delivery: Delivery, n_rows: int) -> list[tuple[str | None, ...]]:
    """Return the first rows below the header."""
    return [row[1:] for row in delivery.frame.head(n_rows).rows()] or [()]


def described_qualtrics(delivery: Delivery, expected: Sequence[str] = ()) -> Delivery:
    """Return a Qualtrics export with its header rows read as labels, and the answers alone as rows.

    Raises:
        DeliveryError: the row of question texts or of import ids is missing, or there is no answer below them.
    """
    del expected  # Qualtrics' names are the codes already
    n_rows = 2 if is_current(delivery) else 1
    labels = header_cells(delivery, n_rows)[0]
    ids = import_ids(delivery) if n_rows == 2 else ("",) * len(labels)
    names = delivery.frame.columns[1:]
    frame = delivery.frame.slice(n_rows).drop(ROW_NUMBER)
    if frame.height == 0:
        raise DeliveryError(f"{delivery.file_name}: there are header rows and no answer below them. Export it again.")
    numbers = pl.Series(ROW_NUMBER, range(1, frame.height + 1), dtype=pl.Int32)
    variables = tuple(
        Variable(name, one_line(label or ""), kind=kind_of(import_id))
        for name, label, import_id in zip(names, labels, ids, strict=True)
    )
    return replace(
        delivery,
        frame=frame.insert_column(0, numbers),
        format="qualtrics",
        variables=variables,
        multiple_responses=multiple_sets(variables, ids, frame),
        notes=(*delivery.notes, HEADER_NOTES[n_rows]),
    )


def import_ids(delivery: Delivery) -> tuple[str, ...]:
    """Return the import id of each column, '' where a cell holds none."""
    rows = header_cells(delivery, 2)
    if len(rows) < 2 or any(IMPORT_ID in cell for cell in rows[0] if cell):
        raise DeliveryError(
            f"{delivery.file_name}: the row of question texts between the names and the import ids is missing. "
            "Export it from Qualtrics with all three header rows."
        )
    return tuple(
        import_id(cell or "", name, delivery) for cell, name in zip(rows[1], delivery.frame.columns[1:], strict=True)
    )


def import_id(cell: str, column: str, delivery: Delivery) -> str:
    """Return the id in one cell of JSON."""
    if not cell:
        return ""
    try:
        found = json.loads(cell)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "ImportId" not in found:
        raise DeliveryError(
            f"{delivery.file_name}: line 3, column '{column}' holds no import id, as the others there do. "
            "Export it from Qualtrics again, and change no header row."
        )
    return str(found["ImportId"])


def kind_of(import_id: str) -> str:
    """Return what one of Qualtrics' own columns holds; text for a question's, which the export says nothing of."""
    return "date" if import_id in DATES else "number" if import_id in NUMBERS else "text"


def one_line(label: str) -> str:
    """Return a question's text without its line breaks."""
    return " ".join(label.split())


def multiple_sets(
    variables: Sequence[Variable], ids: Sequence[str], frame: pl.DataFrame
) -> tuple[MultipleResponse, ...]:
    """Return the questions with several answers: choices of one question, each holding one value or nothing.

    A matrix has such ids too, but its columns hold several different answers; those stay apart.
    """
    columns: dict[str, list[tuple[Variable, str | None]]] = {}
    for variable, one_id in zip(variables, ids, strict=True):
        found = CHOICE.fullmatch(one_id)
        if found is not None:
            columns.setdefault(found["question"], []).append((variable, choice_value(variable, frame)))
    sets = [[(one, value) for one, value in found if value is not None] for found in columns.values()]
    whole = zip(sets, columns.values(), strict=True)
    return tuple(
        multiple_set(one) for one, every in whole if len(one) == len(every) > 1 and any(value for _, value in one)
    )


def choice_value(variable: Variable, frame: pl.DataFrame) -> str | None:
    """Return what the column of one choice holds where it was chosen: 1 or its text; None: it is no such column."""
    answers = frame[variable.name].drop_nulls().unique().to_list()
    choice = variable.label.rpartition(ROW_MARK)[2]
    if not answers:
        return ""
    return answers[0] if len(answers) == 1 and one_line(answers[0]) in ("1", choice) else None


def multiple_set(columns: Sequence[tuple[Variable, str]]) -> MultipleResponse:
    """Return one set; its columns hold 1 in a numeric export, and the choice's own words in one of choice texts."""
    first = columns[0][0]
    label = first.label.rpartition(ROW_MARK)[0].removesuffix(SELECTED).removesuffix(ROW_MARK).strip() or first.label
    counted = "1" if all(value in ("", "1") for _, value in columns) else None
    name = first.name.rpartition("_")[0] or first.name
    return MultipleResponse(name, label, tuple(one.name for one, _ in columns), counted)
