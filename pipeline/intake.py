"""How a delivered file becomes rows of known members, ready to be validated."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import register_store, wave_files
from pipeline.definitions import Source, Survey
from pipeline.errors import DeliveryError, names_listed
from pipeline.member_ids import same_ids
from pipeline.rules import ROSTER, rules_for_roster, rules_for_wave
from pipeline.settings import Workspace, read_register_key
from pipeline.validation.rows import DeliveryToValidate

AS_DELIVERED = "as_delivered"


@dataclass(frozen=True)
class Reading:
    """A delivery as read, and whose rows they are."""

    survey: Survey
    source: str  # "roster" or a wave
    file_name: str  # relative to the inbox
    frame: pl.DataFrame  # row_number and every delivered column, as text
    members: pl.Series  # panel_member_id of each row, null when nobody in the member list

    @property
    def id_column(self) -> str:
        """Return the delivered column that holds the member's id."""
        return described(self.survey, self.source).columns["panel_member_id"]

    @property
    def with_pseudonyms(self) -> pl.DataFrame:
        """Return the frame with the pseudonym in place of the delivered id."""
        return self.frame.with_columns(self.members.alias(self.id_column))


def described(survey: Survey, source: str) -> Source:
    """Return what the definitions say of the member list or a wave's delivery."""
    return survey.roster if source == ROSTER else survey.wave(source).source


def read(
    workspace: Workspace, survey: Survey, source: str, path: Path, file_name: str, *, known: Iterable[str], enrol: bool
) -> Reading:
    """Return the rows of a delivered file with the member each belongs to.

    Args:
        known: the member list's ids, for a survey whose ids are used as delivered.
        enrol: give members of a member list pseudonyms; False in a dry run, which changes nothing.

    Raises:
        DeliveryError: the file cannot be read as a table, or has no column with the member's id.
    """
    definition = described(survey, source)
    expected = (*definition.columns.values(), *definition.required_columns)
    frame = wave_files.read_delivery(
        path,
        expected_columns=expected,
        file_name=Path(file_name).name,
        codebook=Path(definition.codebook) if definition.codebook else None,
        said=wave_files.Said(
            format=definition.format,
            encoding=definition.encoding,
            sheet=definition.sheet,
            header_row=definition.header_row,
            decimal_comma=definition.decimal_comma,
        ),
    ).frame
    id_column = definition.columns["panel_member_id"]
    if id_column not in frame.columns:
        raise DeliveryError(
            f"{file_name}: column '{id_column}', which holds the member's id, is missing; found "
            f"{names_listed(frame.columns[1:])}. Correct the export, or "
            f"columns.panel_member_id of {'the roster' if source == ROSTER else source} in the definition."
        )
    ids = same_ids(frame[id_column], survey.id_ignores)
    if survey.member_ids == AS_DELIVERED:
        members = ids if source == ROSTER else _known_only(ids, known)
    elif source == ROSTER and not enrol:
        members = ids
    else:
        members = _pseudonyms(workspace, ids, enrol=enrol and source == ROSTER)
    return Reading(survey, source, file_name, frame, members)


def to_validate(
    reading: Reading, profile: pl.DataFrame, rows_of: dict[str, int], panel: pl.DataFrame | None = None
) -> DeliveryToValidate:
    """Return a delivery with its rules and what is known from elsewhere.

    Args:
        profile: panel_member_id, variable, value.
        rows_of: rows delivered of each wave.
        panel: what the member list says of being in the panel (known_profile.of_member_list).
    """
    survey, source = reading.survey, reading.source
    before = (
        [] if source == ROSTER else [one for one in survey.waves if one.wave_number < survey.wave(source).wave_number]
    )
    previous = before[-1].wave if before else None
    numbers = {one.wave: one.wave_number for one in survey.waves}
    latest = max((numbers[one] for one in rows_of if one in numbers), default=0)
    return DeliveryToValidate(
        survey=survey,
        source=source,
        rules=rules_for_roster(survey) if source == ROSTER else rules_for_wave(survey, survey.wave(source)),
        file_name=reading.file_name,
        frame=reading.frame.drop("row_number"),
        members=reading.members,
        profile=profile,
        previous_rows=rows_of.get(previous) if previous else None,
        previous_wave=previous,
        panel=panel,
        is_latest=numbers.get(source, 0) >= latest,
    )


def _known_only(ids: pl.Series, known: Iterable[str]) -> pl.Series:
    """Return the ids that stand in the member list, null for others."""
    listed = pl.Series(list(known), dtype=pl.String)
    return pl.select(pl.when(ids.is_in(listed.implode())).then(ids)).to_series()


def _pseudonyms(workspace: Workspace, ids: pl.Series, *, enrol: bool) -> pl.Series:
    """Return the pseudonym of each id, null for a blank one or one the register does not know."""
    if not enrol and not workspace.register.exists():
        return pl.repeat(None, ids.len(), dtype=pl.String, eager=True)
    delivered = ids.drop_nulls().unique(maintain_order=True).to_list()
    found = register_store.pseudonyms(workspace.register, read_register_key(workspace), delivered, enrol=enrol)
    return ids.replace_strict(found, default=None, return_dtype=pl.String)
