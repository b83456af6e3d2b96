"""A further wave of a survey drafted from its export: items asked again under their ids, new ones to be added."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.adopted_files import recode_notes
from flows.draft import question_notes, words
from flows.workspaces import find_survey
from pipeline import survey_files, wave_files
from pipeline.adoption.fieldwork import fieldwork
from pipeline.adoption.next_wave import NextWave, known_id_column, next_wave
from pipeline.adoption.questions import draft
from pipeline.adoption.repeats import COMPARABILITY, REVERSED, Repeat
from pipeline.definitions import Survey
from pipeline.errors import DeliveryError, UsageError
from pipeline.run_log import replace_text
from pipeline.settings import read_workspace
from pipeline.survey_files import Notes
from pipeline.survey_files.yaml_text import flow


def draft_next_wave(
    path: Path, *, codebook: Path | None, survey_name: str, wave: str | None, root: Path, is_written: bool
) -> str:
    """Return what a further wave needs, in words and as files; write it into the workspace when that is asked.

    Raises:
        DeliveryError: the file cannot be read, or holds no question.
        UsageError: no such survey, or the wave is there already.
        DefinitionError: the new items do not fit into items.yml as it is written.
    """
    workspace = read_workspace(root)
    survey = find_survey(workspace, survey_name)
    name = wave or f"w{survey.waves[-1].wave_number + 1:02d}"
    if survey.has_wave(name):
        raise UsageError(f"{survey_name}: wave {name} is defined already. Give another name with --wave.")
    found, notes = _drafted(path, codebook, survey, name)
    folder = next(
        one for one in survey_files.survey_folders(workspace.surveys) if survey_files.read_survey(one) == survey
    )
    items = survey_files.with_items(
        (folder / "items.yml").read_text(encoding="utf-8-sig"),
        found.items,
        notes,
        {str(item.scale) for item in survey.items.values() if item.scale},
    )
    recodes = Notes(columns=recode_notes(found.changed, name), heading=f"Drafted from {path.name}: read it through.")
    placed = survey_files.wave_text(found.wave, recodes, items=survey.items)
    files = {Path("items.yml"): items, Path("waves") / f"{name}.yml": placed}
    _refuse_what_does_not_read(folder, files)
    told = _told(found, name)
    if is_written:
        for place, text in files.items():
            replace_text(folder / place, text)
        return f"{told}\nWritten: {folder / 'waves' / f'{name}.yml'}, {folder / 'items.yml'}. Read them through."
    new = survey_files.items_text(found.items, notes=Notes(notes)) if found.items else "# nothing new\n"
    return f"{told}\n# to add to items.yml (--write does it)\n{new}\n# waves/{name}.yml\n{placed}"


def _drafted(path: Path, codebook: Path | None, survey: Survey, name: str) -> tuple[NextWave, dict[str, Sequence[str]]]:
    """Return the wave as drafted, and what to look at in its new items."""
    delivery = wave_files.read_delivery(path, codebook=codebook)
    meaning = words()
    columns = delivery.frame.columns
    profile = [variable.column for variable in survey.profile if variable.column in columns]
    drafted = draft(delivery, meaning, id_column=known_id_column(survey, columns), not_items=profile)
    if not drafted.questions:
        raise DeliveryError(f"{path.name}: no column holds answers, expected at least one question. Export it again.")
    times = fieldwork(delivery.frame[drafted.completed_at]) if drafted.completed_at else None
    found = next_wave(survey, drafted, name, times)
    new = {item.item for item in found.items}
    notes: dict[str, Sequence[str]] = {}
    by_column = {placed.column: placed.item for placed in found.wave.items if placed.item in new}
    told = question_notes(drafted.questions, meaning)
    for question in drafted.questions:
        if question.column in by_column and question.item.item in told:
            notes[by_column[question.column]] = told[question.item.item]
    for one in found.changed:
        notes[one.item] = [*notes.get(one.item, ()), _link_note(one)]
    return found, notes


def _link_note(one: Repeat) -> str:
    link = {"from": one.earlier, "to": one.item, "comparability": COMPARABILITY[one.relation]}
    return f"like '{one.earlier}', {one.relation}: to link the two, add under links: - {flow(link)}"


def _refuse_what_does_not_read(folder: Path, files: dict[Path, str]) -> None:
    """Read the survey as it would be; its faults are told before anything is written."""
    with TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.name
        shutil.copytree(folder, copy)
        for place, text in files.items():
            (copy / place).write_text(text, encoding="utf-8")
        survey_files.read_survey(copy)


def _told(found: NextWave, name: str) -> str:
    """Return in words what the wave asks again, asks otherwise, and asks for the first time."""
    turned = sum(one.relation == REVERSED for one in found.changed)
    lines = [
        f"{name}: {found.n_again} {'item' if found.n_again == 1 else 'items'} asked again, {len(found.items)} new"
        + (f"; {len(found.changed)} of these like an earlier one" if found.changed else "")
        + (f", {turned} with the scale turned round" if turned else "")
        + "."
    ]
    if found.wave.source.columns["panel_member_id"] == "ID_COLUMN":
        lines.append("No column of ids was found: name it in place of ID_COLUMN.")
    return "\n".join(lines)
