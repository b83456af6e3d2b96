"""The files of an adopted panel: definitions with what a person should look at."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

from flows.draft import question_notes
from pipeline import survey_files
from pipeline.adoption.assembly import Found
from pipeline.adoption.repeats import REVERSED, Repeat
from pipeline.definitions import Survey
from pipeline.run_log import replace_text
from pipeline.survey_files import Notes
from pipeline.survey_files.margins import COLUMNS as MARGIN_COLUMNS


def write_definitions(folder: Path, survey: Survey, found: Found) -> None:
    """Write the survey's files."""
    heading = "Drafted from what the panel had; DECISIONS.md says what to look at."
    replace_text(folder / "survey.yml", survey_files.survey_text(survey, Notes(heading=heading)))
    replace_text(folder / "items.yml", _items(survey, found, heading))
    for wave in survey.waves:
        notes = Notes(columns=recode_notes(found.bank.repeats, wave.wave), heading=heading)
        replace_text(folder / "waves" / f"{wave.wave}.yml", survey_files.wave_text(wave, notes))
    if found.population.rows:
        text = io.StringIO()
        writer = csv.DictWriter(text, MARGIN_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found.population.rows)
        replace_text(folder / "margins" / "adopted.csv", text.getvalue())


def _items(survey: Survey, found: Found, heading: str) -> str:
    by_column = {
        (one.wave, column): item for one in found.waves for item, column in found.bank.columns[one.wave].items()
    }
    notes: dict[str, list[str]] = {}
    for one in found.waves:
        for name, lines in question_notes(one.delivery.questions, found.words).items():
            column = next(q.column for q in one.delivery.questions if q.item.item == name)
            notes.setdefault(by_column[one.wave, column], lines)
    declared = {name for name, item in survey.items.items() if item.headline}
    shown = {
        name: [line for line in lines if name not in declared or "add: headline" not in line]
        for name, lines in notes.items()
    }
    return survey_files.items_text(list(survey.items.values()), survey.item_links, Notes(shown, heading=heading))


def recode_notes(repeats: Iterable[Repeat], wave: str) -> dict[str, list[str]]:
    """Return, for each item whose scale was turned round, the line that would make it the earlier item."""
    return {
        one.item: [
            f"'{one.earlier}' with its scale turned round? Then write instead of the next line:",
            f"  {one.earlier}: {{column: {json.dumps(one.column)}, recode: {json.dumps(one.recode)}}}",
        ]
        for one in repeats
        if one.wave == wave and one.relation == REVERSED
    }
