"""How a delivered file becomes rows of known members, ready to be validated."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from pipeline import answer_shares, register_store, wave_files
from pipeline.definitions import CROSSWALK, MAILINGS, Source, Survey
from pipeline.deliveries import part_of
from pipeline.errors import DeliveryError, names_listed
from pipeline.member_ids import same_ids
from pipeline.member_lists import MemberList, list_faults, newest_date
from pipeline.rules import (
    ROSTER,
    Rule,
    rules_for_crosswalk,
    rules_for_mailings,
    rules_for_part,
    rules_for_roster,
    rules_for_wave,
)
from pipeline.settings import Workspace, read_register_key
from pipeline.validation.rows import DeliveryToValidate
from pipeline.wave_files.few_values import with_enums

AS_DELIVERED = "as_delivered"


@dataclass(frozen=True)
class Reading:
    """A delivery as read, and whose rows they are."""

    survey: Survey
    source: str  # "roster", "crosswalk", "mailings" or a wave
    file_name: str  # relative to the inbox
    frame: pl.DataFrame  # row_number and every delivered column, as text; of few different values as an Enum of text
    members: pl.Series  # panel_member_id of each row, null when nobody in the member list
    aliases: dict[str, pl.Series]  # column of ids: the pseudonym of each, before links between waves are followed
    part: str = ""  # of the wave, when it is delivered in several (pipeline.deliveries)
    notes: tuple[str, ...] = ()  # what was read otherwise than one might expect, in words
    delivery_id: str = ""  # SHA-256 of the file

    @property
    def with_pseudonyms(self) -> pl.DataFrame:
        """Return the frame with pseudonyms in place of the delivered ids."""
        return self.frame.with_columns(ids.alias(column) for column, ids in self.aliases.items())

    @cached_property
    def answer_counts(self) -> pl.DataFrame:
        """Return how often each answer was given (answer_shares.COLUMNS)."""
        if not self.survey.has_wave(self.source):
            return pl.DataFrame(schema=answer_shares.COLUMNS)
        return answer_shares.of_delivery(self.survey, self.survey.wave(self.source), self.frame, self.members)


@dataclass(frozen=True)
class KnownPeople:
    """Who is known before a delivery is read."""

    members: pl.Series  # panel_member_id of the member list in use
    person_of: Mapping[str, str]  # pseudonym of an id that links join to another one: the member


NOBODY = KnownPeople(pl.Series(dtype=pl.String), {})


def described(survey: Survey, source: str) -> Source:
    """Return what the definitions say of the member list, the crosswalk, the mailings or a wave's delivery."""
    if source == MAILINGS and survey.mailings is not None:
        return survey.mailings.source
    if source == CROSSWALK and survey.crosswalk is not None:
        return Source(survey.crosswalk.file, columns={}, linked_ids=survey.crosswalk.ids)
    return survey.roster if source == ROSTER else survey.wave(source).source


def linked_columns(survey: Survey, source: str) -> dict[str, str]:
    """Return the columns whose ids are one person's, by the wave (or roster) they are ids of; {} when none are."""
    definition = described(survey, source)
    own = definition.columns.get("panel_member_id")
    if not definition.linked_ids:
        return {}
    return definition.linked_ids | ({source: own} if own else {})


def read(
    workspace: Workspace,
    survey: Survey,
    source: str,
    path: Path,
    file_name: str,
    *,
    known: KnownPeople,
    enrol: bool,
    part: str = "",
) -> Reading:
    """Return the rows of a delivered file with the member each belongs to.

    Args:
        enrol: give people who are new pseudonyms; False in a dry run, which changes nothing.
        part: of the wave that the file is of, when it is delivered in several.

    Raises:
        DeliveryError: the file cannot be read as a table, or has no column with the member's id.
    """
    survey = survey.in_part(source, part_of(part))
    definition = described(survey, source)
    id_columns = _id_columns(survey, source)
    delivered = wave_files.read_delivery(
        path,
        expected_columns=(*definition.columns.values(), *definition.required_columns, *id_columns),
        file_name=Path(file_name).name,
        codebook=Path(definition.codebook) if definition.codebook else None,
        said=wave_files.Said(
            format=definition.format,
            encoding=definition.encoding,
            sheet=definition.sheet,
            header_row=definition.header_row,
            decimal_comma=definition.decimal_comma,
            words=_columns_of_words(survey, source),
            as_enums=True,
        ),
    )
    frame = delivered.frame
    for column in id_columns:
        _refuse_missing_column(column, frame, source, file_name)
    frame = with_enums(frame.with_columns(pl.col(column).cast(pl.String) for column in id_columns), but=id_columns)
    aliases = {
        column: _aliases(workspace, survey, whose, same_ids(frame[column], survey.id_ignores), enrol=enrol)
        for column, whose in id_columns.items()
    }
    if source == CROSSWALK:
        nobody = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        return Reading(survey, source, file_name, frame, nobody, aliases, notes=delivered.notes)
    id_column = definition.columns["panel_member_id"]
    members = _members(survey, source, aliases[id_column], known)
    if not survey.has_ids_of_each_wave:
        aliases[id_column] = members
    return Reading(survey, source, file_name, frame, members, aliases, part, delivered.notes)


def _columns_of_words(survey: Survey, source: str) -> frozenset[str]:
    """Return the columns that hold codes or text: in them "1,3" is two answers, or a code, and no number."""
    placed = survey.wave(source).items if survey.has_wave(source) else ()
    items = {one.column for one in placed if survey.items[one.item].kind != "number"}
    profile = {one.column for one in survey.profile if not one.is_number}
    numbers = {one.column for one in placed if survey.items[one.item].kind == "number"}
    return frozenset((items | profile) - numbers)


def _id_columns(survey: Survey, source: str) -> dict[str, str]:
    """Return the columns that hold ids, each with the wave (or roster) that its ids are of."""
    own = described(survey, source).columns.get("panel_member_id")
    linked = {column: whose for whose, column in linked_columns(survey, source).items()}
    return linked | ({own: source} if own else {})


def _members(survey: Survey, source: str, aliases: pl.Series, known: KnownPeople) -> pl.Series:
    """Return the member each row belongs to, links followed; null for one who is not in the member list."""
    members = aliases.replace(dict(known.person_of)) if known.person_of else aliases
    is_listed = survey.has_member_list and source != ROSTER
    is_judged = survey.has_ids_of_each_wave or survey.member_ids == AS_DELIVERED
    return _known_only(members, known.members) if is_listed and is_judged else members


def _refuse_missing_column(column: str, frame: pl.DataFrame, source: str, file_name: str) -> None:
    if column not in frame.columns:
        where = f"the {source}" if source in (ROSTER, CROSSWALK, MAILINGS) else source
        raise DeliveryError(
            f"{file_name}: column '{column}', which holds the member's id, is missing; found "
            f"{names_listed(frame.columns[1:])}. Correct the export, or "
            f"{'ids' if source == CROSSWALK else 'columns.panel_member_id'} of {where} in the definition."
        )


def to_validate(
    reading: Reading,
    profile: pl.DataFrame,
    rows_of: dict[str, int],
    panel: pl.DataFrame | None = None,
    shares: pl.DataFrame | None = None,
    elsewhere: pl.DataFrame | None = None,
    list_before: MemberList | None = None,
    other_days: pl.DataFrame | None = None,
    *,
    is_latest: bool = True,
) -> DeliveryToValidate:
    """Return a delivery with its rules and what is known from elsewhere.

    Args:
        profile: panel_member_id, variable, value.
        rows_of: rows delivered of each wave, in use.
        panel: what the member list says of being in the panel (known_profile.of_member_list).
        shares: how often each answer was given in other waves (answer_shares).
        elsewhere: who answered in another part of the wave: panel_member_id, part.
        list_before: the member list that this one would supersede, or superseded.
        other_days: of a wave, when people were invited; of mailings, when they answered: panel_member_id, wave, day.
        is_latest: no later wave was delivered.
    """
    survey, source = reading.survey, reading.source
    before = (
        [one for one in survey.waves if one.wave_number < survey.wave(source).wave_number]
        if survey.has_wave(source)
        else []
    )
    previous = before[-1].wave if before else None
    return DeliveryToValidate(
        survey=survey,
        source=source,
        rules=_rules(survey, source, reading.part),
        file_name=reading.file_name,
        frame=reading.frame.drop("row_number"),
        members=reading.members,
        profile=profile,
        previous_rows=rows_of.get(previous) if previous else None,
        previous_wave=previous,
        panel=panel,
        shares=shares,
        answer_counts=reading.answer_counts if survey.has_wave(source) else None,
        is_latest=is_latest,
        part=reading.part,
        elsewhere=elsewhere,
        list_faults=list_faults(_member_list(reading), list_before) if source == ROSTER else {},
        other_days=other_days,
    )


def _member_list(reading: Reading) -> MemberList:
    told = {**reading.survey.roster.optional_columns, **reading.survey.roster.columns}
    dated = newest_date(reading.frame[told["list_date"]] if told.get("list_date") in reading.frame.columns else None)
    return MemberList(reading.file_name, dated, reading.aliases[told["panel_member_id"]])


def _rules(survey: Survey, source: str, part: str) -> tuple[Rule, ...]:
    if source == CROSSWALK:
        return rules_for_crosswalk(survey)
    if source == MAILINGS:
        return rules_for_mailings(survey)
    if source == ROSTER:
        return rules_for_roster(survey)
    wave = survey.wave(source)
    for one in wave.parts:
        if one.part == part_of(part):
            return rules_for_part(survey, wave, one)
    return rules_for_wave(survey, wave)


def _known_only(ids: pl.Series, known: pl.Series) -> pl.Series:
    """Return the ids that stand in the member list, null for others."""
    return pl.select(pl.when(ids.is_in(known.implode())).then(ids)).to_series()


def _aliases(workspace: Workspace, survey: Survey, whose: str, ids: pl.Series, *, enrol: bool) -> pl.Series:
    """Return what stands for each id before links are followed: a pseudonym, or the id itself where ids are published.

    Args:
        whose: the wave (or roster) that the ids are of; ids of each wave are people of that wave only.
    """
    prefix = f"{whose}:" if survey.has_ids_of_each_wave else ""
    if survey.member_ids == AS_DELIVERED:
        return prefix + ids if prefix else ids
    tells_of_members = whose == ROSTER or survey.has_ids_of_each_wave or not survey.has_member_list
    if tells_of_members and not enrol:
        return ids if not prefix else prefix + ids
    return _pseudonyms(workspace, prefix + ids if prefix else ids, enrol=tells_of_members)


def _pseudonyms(workspace: Workspace, ids: pl.Series, *, enrol: bool) -> pl.Series:
    """Return the pseudonym of each id, null for a blank one or one the register does not know."""
    if not enrol and not workspace.register.exists():
        return pl.repeat(None, ids.len(), dtype=pl.String, eager=True)
    return register_store.pseudonyms(workspace.register, read_register_key(workspace), ids, enrol=enrol)
