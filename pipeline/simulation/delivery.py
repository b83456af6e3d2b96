"""The files a survey platform exports: other delimiters, encodings, labels and extra columns from wave to wave."""

import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from pipeline.definitions import DONT_KNOW, NOT_ASKED, REFUSED, SKIPPED, Item, ItemColumn, RowFilter, Survey
from pipeline.definitions import Wave as WaveDefinition
from pipeline.simulation.assumptions import Assumptions, Flags, Integers, answers_of
from pipeline.simulation.interviews import Interviews

N_TEST_ROWS = 2
MISSING_FROM_THE_END = (SKIPPED, NOT_ASKED, REFUSED, DONT_KNOW)  # the order of the places in attitudes
NOT_COMPLETE = {"1": "0", "Y": "N", "Yes": "No", "True": "False", "110": "120"}  # 110, 120: AAPOR outcome codes
NO_TEST = {"Status": "IP Address", "DistributionChannel": "email"}
NO_TEST_DEFAULT = "live"
OPENS, CLOSES = 7, 22  # o'clock, between which interviews end


@dataclass(frozen=True)
class Export:
    """How a platform writes a file."""

    separator: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"
    has_labels: bool = False  # answers in words, not codes
    has_blank_row: bool = False  # cells without content below the last row


EXPORTS = (
    Export(),
    Export(separator=";", encoding="utf-8-sig", newline="\r\n", has_blank_row=True),
    Export(encoding="cp1252", newline="\r\n", has_labels=True),
    Export(separator="\t", has_blank_row=True),
    Export(separator=";", encoding="cp1252", newline="\r\n"),
    Export(encoding="utf-8-sig"),
    Export(has_labels=True, has_blank_row=True),
    Export(separator=";", newline="\r\n"),
)


def export_wave(
    survey: Survey,
    assumptions: Assumptions,
    template: WaveDefinition,
    wave: str,
    start: date,
    interviews: Interviews,
    export: Export,
    rng: np.random.Generator,
) -> bytes:
    """Return the delivered file of one wave: the columns of its definition, with another wave's name if needed."""
    source = template.source
    ended = completion_times(start, interviews.day, rng)
    written = [one.strftime(source.completed_at_format or "%Y-%m-%d %H:%M:%S") for one in ended]
    columns: dict[str, list[str | None]] = {source.columns["panel_member_id"]: [*interviews.member_ids]}
    columns |= platform_columns(template, ended, interviews, rng)
    columns |= {name: [value.replace(template.wave, wave)] * interviews.n for name, value in source.constants.items()}
    if "completed_at" in source.columns:
        columns[source.columns["completed_at"]] = [*written]
    columns |= flag_column(source.complete_when, interviews.is_complete)
    columns |= flag_column(source.test_rows, np.zeros(interviews.n, bool))
    for placed in template.items:
        item = survey.items[placed.item]
        columns[placed.column] = (
            interviews.comments[placed.item]
            if item.kind == "text"
            else written_answers(item, placed, assumptions, interviews.answers[placed.item], export.has_labels)
        )
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return as_bytes(with_test_rows(frame, template, rng), export)


def completion_times(start: date, days: Integers, rng: np.random.Generator) -> list[datetime]:
    """Return when each interview ended, in order."""
    seconds = rng.integers(OPENS * 3600, CLOSES * 3600, days.size)
    midnight = datetime.combine(start, time())
    moments = np.sort(days * 86_400 + seconds)
    return [midnight + timedelta(seconds=int(moment)) for moment in moments]


def flag_column(rows: RowFilter | None, is_in: Flags) -> dict[str, list[str | None]]:
    """Return the column of a row filter: its first value where the rows are in it, another one elsewhere."""
    if rows is None:
        return {}
    inside = rows.values[0]
    outside = NOT_COMPLETE.get(inside) or NO_TEST.get(rows.column, NO_TEST_DEFAULT)
    return {rows.column: [inside if flag else outside for flag in is_in]}


def written_answers(
    item: Item, placed: ItemColumn, assumptions: Assumptions, places: Integers, has_labels: bool
) -> list[str | None]:
    """Return answers as the platform writes them: labels, or codes with the wave's recode turned round."""
    delivered = {code: value for value, code in placed.recode.items()}
    words = {option.code: option.label for option in item.options}
    missing = {option.missing: option.code for option in item.options if option.missing}
    codes = [
        *answers_of(item, assumptions.answers[item.item]),
        None,
        *(missing.get(kind) for kind in MISSING_FROM_THE_END),
    ]
    cells = [
        None if code is None else words.get(code, code) if has_labels else delivered.get(code, code) for code in codes
    ]
    return [cells[place] for place in places]


def platform_columns(
    template: WaveDefinition, ended: list[datetime], interviews: Interviews, rng: np.random.Generator
) -> dict[str, list[str | None]]:
    """Return the columns that no definition uses, filled by what their names begin with."""
    n = interviews.n
    minutes = np.round(rng.lognormal(2.5, 0.4, n)).astype(int) + 1
    written = template.source.completed_at_format or "%Y-%m-%d %H:%M:%S"
    started = [
        (end - timedelta(minutes=int(length))).strftime(written) for end, length in zip(ended, minutes, strict=True)
    ]
    is_by_telephone = "telephone" in template.mode
    telephone = rng.random(n) < 0.1 * is_by_telephone
    filled: dict[str, list[str | None]] = {
        "startlang": ["en" if value < 0.98 else "cy" for value in rng.random(n)],
        "start": [*started],
        "duration_min": [str(length) for length in minutes],
        "duration": [str(60 * length) for length in minutes],
        "interviewtime": [f"{60 * length:.2f}" for length in minutes],
        "progress": ["100" if complete else "63" for complete in interviews.is_complete],
        "interview_mode": ["telephone" if one else "web" for one in telephone],
        "interviewer": ["T07" if one else None for one in telephone],
        "userlanguage": ["EN-GB" if value < 0.98 else "CY" for value in rng.random(n)],
        "lang": ["English" if value < 0.98 else "Cymraeg" for value in rng.random(n)],
        "device": ["Mobile" if value < 0.6 else "Desktop" for value in rng.random(n)],
        "distributionchannel": ["email"] * n,
        "ballot": ["A" if value < 0.5 else "B" for value in interviews.ballot],
    }
    return {
        column: next((cells for begins, cells in filled.items() if column.lower().startswith(begins)), [None] * n)
        for column in (*template.source.ignored_columns, *template.source.optional_columns.values())
    }


def with_test_rows(frame: pl.DataFrame, template: WaveDefinition, rng: np.random.Generator) -> pl.DataFrame:
    """Return the frame with the platform's test interviews on top: copies with an id and a mark of their own."""
    marked = template.source.test_rows
    n = min(N_TEST_ROWS, frame.height)
    if marked is None or n == 0:
        return frame
    copies = frame[np.sort(rng.choice(frame.height, n, replace=False)).tolist()].with_columns(
        pl.Series(template.source.columns["panel_member_id"], [f"TEST-{place + 1}" for place in range(n)]),
        pl.lit(marked.values[0]).alias(marked.column),
    )
    with_copies: pl.DataFrame = pl.concat([copies, frame])
    return with_copies


def as_bytes(frame: pl.DataFrame, export: Export) -> bytes:
    """Return the frame as the platform writes it."""
    text = io.StringIO()
    frame.write_csv(text, separator=export.separator, line_terminator=export.newline)
    blank_row = export.separator * (frame.width - 1) + export.newline if export.has_blank_row else ""
    return (text.getvalue() + blank_row).encode(export.encoding)
