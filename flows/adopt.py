"""An existing panel made a workspace: its member list and past exports read, matched, drafted, and put in place."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from flows.adopted_files import write_definitions
from flows.draft import words
from flows.workspaces import let_nothing_out
from pipeline import wave_files
from pipeline.adoption.assembly import MEMBER_FILE, Adopted, Found, roster_frame, survey_of, wave_names
from pipeline.adoption.decisions import Decision, decisions_text
from pipeline.adoption.fieldwork import fieldwork
from pipeline.adoption.findings import decisions_of
from pipeline.adoption.matching import Matched, match_ids
from pipeline.adoption.members import AGES, PROFILE, MemberList, prepared
from pipeline.adoption.names import identifier
from pipeline.adoption.population import PopulationPlan, with_totals, without_totals
from pipeline.adoption.producer_weights import producer_weight
from pipeline.adoption.published_totals import is_margins_table, published_rows
from pipeline.adoption.questions import DraftedDelivery, described, draft
from pipeline.adoption.repeats import question_bank
from pipeline.adoption.respondents import Respondents, as_waves_deliver, respondents
from pipeline.adoption.wave_ids import WaveIds, wave_ids
from pipeline.adoption.words import Words
from pipeline.errors import DeliveryError, UsageError
from pipeline.run_log import replace_text
from pipeline.settings import Workspace, create_workspace
from pipeline.wave_files import Delivery
from pipeline.wave_files.delivery import ROW_NUMBER

DECISIONS = "DECISIONS.md"


@dataclass(frozen=True)
class Given:
    """What a council brings."""

    members: Path | None
    exports: tuple[Path, ...]
    codebooks: tuple[Path, ...] = ()  # one for each export, or none
    margins: tuple[Path, ...] = ()
    area: str | None = None  # of published tables that have many
    title: str | None = None
    crosswalk: Path | None = None


@dataclass(frozen=True)
class People:
    """Who the members are: of a list, or those who answered; and how their ids meet those of the exports."""

    members: MemberList
    matched: Matched
    known: Respondents | None = None  # without a list
    wave_ids: WaveIds | None = None


def adopt(root: Path, given: Given, today: date) -> tuple[Workspace, tuple[Decision, ...]]:
    """Make a workspace of an existing panel; return it with what a person must decide.

    Raises:
        DeliveryError: a file cannot be read, or the ids of an export are not in the member list.
        UsageError: the folder holds something already.
    """
    refuse_a_panel(root)
    meaning = words()
    exports = _read(given)
    people = _people(given, exports, meaning, today)
    drafts = [
        _draft(exports[path], people.matched.exports[path.name].column, people, meaning) for path in given.exports
    ]
    waves = _in_time(exports, drafts, _codebooks(given))
    year = (waves[0].fieldwork.start if waves[0].fieldwork else today).year
    title = given.title or root.resolve().name.replace("-", " ").replace("_", " ").capitalize()
    population = _population(given, people.members, meaning, year, today)
    found = Found(
        survey=identifier(title, fallback="panel"),
        title=title,
        members=people.members,
        matched=people.matched,
        waves=waves,
        bank=question_bank([(one.wave, one.delivery.questions) for one in waves]),
        population=population if people.known is None else as_waves_deliver(population, people.known, year),
        words=meaning,
        wave_ids=people.wave_ids,
        crosswalk=given.crosswalk.name if given.crosswalk else None,
        partly_told=people.known.partly if people.known else {},
    )
    survey, decisions = survey_of(found), decisions_of(found)
    workspace = create_workspace(root, title)
    let_nothing_out(workspace, "auto_finalise", "auto_approve")
    write_definitions(workspace.surveys / survey.survey, survey, found)
    _copy_files(workspace, survey.survey, given, found)
    replace_text(workspace.root / DECISIONS, decisions_text(title, decisions))
    return workspace, decisions


def refuse_a_panel(root: Path) -> None:
    """Refuse a folder that is a panel already: what people wrote there must not be drafted over."""
    if (root / "panel.toml").exists():
        raise UsageError(
            f"{root}: a panel already, expected a new folder: adopting again would draft over what was decided there. "
            "For a further wave, write its definition with `panel draft-definition EXPORT --workspace DIR --survey "
            "SURVEY --wave W --write` and put the export into inbox/; a new member list goes into inbox/ as it is."
        )


def _copy_files(workspace: Workspace, survey: str, given: Given, found: Found) -> None:
    """Put codebooks beside the definitions, and list, crosswalk and exports into the inbox."""
    for book in given.codebooks:
        shutil.copyfile(book, workspace.surveys / survey / book.name)
    if found.has_member_list:
        roster_frame(found).write_csv(workspace.inbox / MEMBER_FILE)
    if given.crosswalk:
        shutil.copyfile(given.crosswalk, workspace.inbox / given.crosswalk.name)
    for path, one in zip(_paths(given, found.waves), found.waves, strict=True):
        shutil.copyfile(path, workspace.inbox / one.inbox_name)


def _read(given: Given) -> dict[Path, Delivery]:
    files = (*given.exports, *([given.crosswalk] if given.crosswalk else []))
    names = [path.name for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeliveryError(f"{twice[0]}: two files of that name, expected a name for each. Rename one.")
    if len(given.codebooks) not in (0, len(given.exports)):
        raise UsageError(
            f"{len(given.codebooks)} codebooks for {len(given.exports)} exports, expected one for each or none. Give "
            "--codebook once for each --export, in their order."
        )
    books = _codebooks(given)
    return {path: wave_files.read_delivery(path, codebook=books.get(path.name)) for path in given.exports}


def _people(given: Given, exports: dict[Path, Delivery], meaning: Words, today: date) -> People:
    """Return who the members are.

    Raises:
        DeliveryError: the ids of an export do not meet those of the list, or of the crosswalk.
        UsageError: a crosswalk beside a member list.
    """
    if given.members is not None:
        if given.crosswalk is not None:
            raise UsageError(
                "--crosswalk beside --members, expected one of them: a list with one id for each member needs no "
                "crosswalk. Where the list itself holds each wave's ids, give it as --crosswalk, without --members."
            )
        members = wave_files.read_delivery(given.members)
        matched = _matched(given.members, given, members, exports)
        return People(prepared(members, matched.member_column, meaning, today), matched)
    by_name = {path.name: delivery for path, delivery in exports.items()}
    crosswalk = wave_files.read_delivery(given.crosswalk) if given.crosswalk else None
    ids = wave_ids(by_name, meaning, crosswalk)
    known = respondents(by_name, ids.columns, meaning, today)
    return People(known.members, ids.matched(by_name), known, ids)


def _matched(path: Path, given: Given, members: Delivery, exports: dict[Path, Delivery]) -> Matched:
    """Return how ids meet; refuse exports whose respondents are not in the list."""
    matched = match_ids(members.frame, {path.name: delivery.frame for path, delivery in exports.items()})
    strange = [one.name for one in given.exports if matched is None or one.name not in matched.exports]
    if matched is None or strange:
        columns = members.frame.columns[1:9]
        raise DeliveryError(
            f"{', '.join(strange)}: no column in which at least half of the ids are in {path.name}, whatever "
            f"is made of spaces, capitals and leading zeros. Columns of the list: {', '.join(columns)}. Add the "
            "export's id to the list, or take out rows that are not of members. Where every wave has ids of its own, "
            "adopt without --members, and with a --crosswalk if there is one."
        )
    return matched


def _draft(delivery: Delivery, id_column: str, people: People, meaning: Words) -> DraftedDelivery:
    """Return an export's draft; what is known of people, and the ids of other waves, are no questions."""
    members = people.members
    if people.known is not None:
        linked = people.wave_ids.links.get(delivery.file_name, {}).values() if people.wave_ids else ()
        return draft(
            delivery, meaning, id_column=id_column, not_items=(*people.known.members.columns.values(), *linked)
        )
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
            weight=producer_weight(list(exports.values())[place], drafts[place].set_aside),
        )
        for number, (wave, place) in enumerate(zip(wave_names(len(drafts)), order, strict=True), start=1)
    )


def _paths(given: Given, waves: tuple[Adopted, ...]) -> list[Path]:
    by_name = {path.name: path for path in given.exports}
    return [by_name[one.delivery.file_name] for one in waves]


def _population(given: Given, members: MemberList, meaning: Words, year: int, today: date) -> PopulationPlan:
    if not given.margins:
        return without_totals(members, year)
    return with_totals(_totals(given, meaning), members, meaning, year, today.isoformat())


def _totals(given: Given, meaning: Words) -> str:
    """Return the tables of totals as one, those of a statistical office as margins of one area."""
    rows: list[dict[str, str]] = []
    for path in given.margins:
        frame = wave_files.read_delivery(path).frame.cast(pl.String)
        if is_margins_table(frame):
            rows += frame.drop(ROW_NUMBER).fill_null("").to_dicts()
        else:
            source = {"source": f"{path.name}{f', {given.area}' if given.area else ''}"}
            rows += [{**row, **source} for row in published_rows(frame, path.name, meaning, given.area)]
    return pl.DataFrame(rows, infer_schema_length=None).fill_null("").write_csv()
