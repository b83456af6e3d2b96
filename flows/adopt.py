"""An existing panel made a workspace: its member list and past exports read, matched, drafted, and put in place."""

import csv
import io
import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.draft import question_notes, words
from pipeline import survey_files, wave_files
from pipeline.adoption.assembly import MEMBER_FILE, Adopted, Found, roster_frame, survey_of, wave_names
from pipeline.adoption.decisions import Decision, decisions_text
from pipeline.adoption.fieldwork import fieldwork
from pipeline.adoption.findings import decisions_of
from pipeline.adoption.matching import Matched, match_ids
from pipeline.adoption.members import AGES, PROFILE, MemberList, prepared
from pipeline.adoption.names import identifier
from pipeline.adoption.population import PopulationPlan, with_totals, without_totals
from pipeline.adoption.questions import DraftedDelivery, described, draft
from pipeline.adoption.repeats import REVERSED, Bank, question_bank
from pipeline.adoption.words import Words
from pipeline.definitions import Survey
from pipeline.errors import DeliveryError, UsageError
from pipeline.run_log import replace_text
from pipeline.settings import Workspace, create_workspace
from pipeline.survey_files import Notes
from pipeline.survey_files.margins import COLUMNS as MARGIN_COLUMNS
from pipeline.wave_files import Delivery

DECISIONS = "DECISIONS.md"


@dataclass(frozen=True)
class Given:
    """What a council brings."""

    members: Path
    exports: tuple[Path, ...]
    codebooks: tuple[Path, ...] = ()  # one for each export, or none
    margins: Path | None = None
    title: str | None = None


def adopt(root: Path, given: Given, today: date) -> tuple[Workspace, tuple[Decision, ...]]:
    """Make a workspace of an existing panel; return it with what a person must decide.

    Raises:
        DeliveryError: a file cannot be read, or the ids of an export are not in the member list.
        UsageError: the folder holds something already.
    """
    meaning = words()
    members = wave_files.read_delivery(given.members)
    exports = _read(given)
    matched = _matched(given, members, exports)
    listed = prepared(members, matched.member_column, meaning, today)
    drafts = [_draft(exports[path], matched.exports[path.name].column, listed, meaning) for path in given.exports]
    waves = _in_time(exports, drafts, _codebooks(given))
    year = (waves[0].fieldwork.start if waves[0].fieldwork else today).year
    title = given.title or root.resolve().name.replace("-", " ").replace("_", " ").capitalize()
    found = Found(
        survey=identifier(title, fallback="panel"),
        title=title,
        members=listed,
        matched=matched,
        waves=waves,
        bank=question_bank([(one.wave, one.delivery.questions) for one in waves]),
        population=_population(given, listed, meaning, year, today),
        words=meaning,
    )
    survey, decisions = survey_of(found), decisions_of(found)
    workspace = create_workspace(root, title)
    _careful(workspace)
    folder = workspace.surveys / survey.survey
    write_definitions(folder, survey, found)
    for book in given.codebooks:
        shutil.copyfile(book, folder / book.name)
    roster_frame(found).write_csv(workspace.inbox / MEMBER_FILE)
    for path, one in zip(_paths(given, waves), waves, strict=True):
        shutil.copyfile(path, workspace.inbox / one.inbox_name)
    replace_text(workspace.root / DECISIONS, decisions_text(title, decisions))
    return workspace, decisions


def _read(given: Given) -> dict[Path, Delivery]:
    names = [path.name for path in given.exports]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeliveryError(f"{twice[0]}: two exports of that name, expected a name for each. Rename one.")
    if len(given.codebooks) not in (0, len(given.exports)):
        raise UsageError(
            f"{len(given.codebooks)} codebooks for {len(given.exports)} exports, expected one for each or none. Give "
            "--codebook once for each --export, in their order."
        )
    books = _codebooks(given)
    return {path: wave_files.read_delivery(path, codebook=books.get(path.name)) for path in given.exports}


def _matched(given: Given, members: Delivery, exports: dict[Path, Delivery]) -> Matched:
    """Return how ids meet; refuse exports whose respondents are not in the list."""
    matched = match_ids(members.frame, {path.name: delivery.frame for path, delivery in exports.items()})
    strange = [path.name for path in given.exports if matched is None or path.name not in matched.exports]
    if matched is None or strange:
        columns = members.frame.columns[1:9]
        raise DeliveryError(
            f"{', '.join(strange)}: no column in which at least half of the ids are in {given.members.name}, whatever "
            f"is made of spaces, capitals and leading zeros. Columns of the list: {', '.join(columns)}. Add the "
            "export's id to the list, or take out rows that are not of members."
        )
    return matched


def _draft(delivery: Delivery, id_column: str, members: MemberList, meaning: Words) -> DraftedDelivery:
    """Return an export's draft; what the member list tells of people is not asked again."""
    told = {*members.columns, *(AGES if members.has("birth_year") else ())}
    known = [
        name
        for name, variable in described(delivery).items()
        if (one := meaning.column_meaning(name, variable.label)) in told and one in (*PROFILE, *AGES, "cohort", "route")
    ]
    return draft(delivery, meaning, id_column=id_column, not_items=known)


def _codebooks(given: Given) -> dict[str, Path]:
    """Return the codebook of each export that has one, by the export's name."""
    return {path.name: book for path, book in zip(given.exports, given.codebooks, strict=False)}


def _in_time(
    exports: dict[Path, Delivery], drafts: list[DraftedDelivery], books: dict[str, Path]
) -> tuple[Adopted, ...]:
    """Return the waves in the order of their fieldwork; in the order given, where a file does not date it."""
    times = [
        fieldwork(delivery.frame[drafted.completed_at]) if drafted.completed_at else None
        for delivery, drafted in zip(exports.values(), drafts, strict=True)
    ]
    order = list(range(len(drafts)))
    if all(times):
        order.sort(key=lambda place: times[place].start)  # type: ignore[union-attr]
    return tuple(
        Adopted(
            wave=wave,
            number=number,
            delivery=drafts[place],
            inbox_name=drafts[place].file_name,
            fieldwork=times[place],
            codebook=books[drafts[place].file_name].name if drafts[place].file_name in books else None,
        )
        for number, (wave, place) in enumerate(zip(wave_names(len(drafts)), order, strict=True), start=1)
    )


def _paths(given: Given, waves: tuple[Adopted, ...]) -> list[Path]:
    by_name = {path.name: path for path in given.exports}
    return [by_name[one.delivery.file_name] for one in waves]


def _population(given: Given, members: MemberList, meaning: Words, year: int, today: date) -> PopulationPlan:
    if given.margins is None:
        return without_totals(members, year)
    try:
        text = given.margins.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeliveryError(f"{given.margins.name}: not UTF-8 text. Save it as CSV (UTF-8).") from error
    return with_totals(text, members, meaning, year, today.isoformat())


def _careful(workspace: Workspace) -> None:
    """Let nothing become final or go out of itself before a person has read DECISIONS.md."""
    path = workspace.root / "panel.toml"
    text = path.read_text(encoding="utf-8")
    for name in ("auto_finalise", "auto_approve"):
        text = text.replace(f"{name} = true ", f"{name} = false")
    path.write_text(text, encoding="utf-8")


def write_definitions(folder: Path, survey: Survey, found: Found) -> None:
    """Write the survey's files."""
    heading = "Drafted from what the panel had; DECISIONS.md says what to look at."
    replace_text(folder / "survey.yml", survey_files.survey_text(survey, Notes(heading=heading)))
    replace_text(folder / "items.yml", _items(survey, found, heading))
    for wave in survey.waves:
        notes = Notes(columns=_recodes(found.bank, wave.wave), heading=heading)
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


def _recodes(bank: Bank, wave: str) -> dict[str, list[str]]:
    """Return, for each item whose scale was turned round, the line that would make it the earlier item."""
    return {
        one.item: [
            f"'{one.earlier}' with its scale turned round? Then write instead of the next line:",
            f"  {one.earlier}: {{column: {json.dumps(one.column)}, recode: {json.dumps(one.recode)}}}",
        ]
        for one in bank.repeats
        if one.wave == wave and one.relation == REVERSED
    }


def match_lines(matched: Matched, n_members: int) -> list[str]:
    """Return how the ids met, one line for each export."""
    rule = f", {' and '.join(matched.ignores).replace('_', ' ')} ignored" if matched.ignores else ""
    return [
        f"{name}: {one.n_matched:,} of {one.n_ids:,} ids ({one.rate:.0%}) are in the list of {n_members:,}, by column "
        f"'{one.column}'{rule}"
        for name, one in matched.exports.items()
    ]
