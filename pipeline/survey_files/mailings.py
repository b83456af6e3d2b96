"""Whom the sending system invited: `mailings` of survey.yml, the columns of its exports and what it calls the waves."""

from collections.abc import Collection
from dataclasses import replace

from pipeline.definitions import Mailings
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.sources import read_source_keys, refuse_no_member_id
from pipeline.survey_files.waves import read_share

COLUMNS = ("panel_member_id", "invited_to", "invited_at", "channel", "outcome", "opened_at")


def read_mailings(survey: Block, waves: Collection[str]) -> Mailings | None:
    """Return how the exports of the sending system are delivered; None when nothing is declared."""
    block = survey.block("mailings")
    if block is None:
        return None
    source = read_source_keys(block, block.needed_text("file"))
    refuse_no_member_id(block, source)
    told = {**source.optional_columns, **source.columns}
    for name in told:
        block.value.is_among(name, COLUMNS, "what a column of mailings may mean")
    if "invited_to" not in source.columns:
        block.value.fault("no 'invited_to' under columns", "the column that names the wave", "Add it to 'columns'.")
    undeliverable = block.texts("undeliverable")
    if undeliverable and "outcome" not in told:
        block.value.fault("'undeliverable' without an 'outcome'", "both", "Name the column under 'columns'.")
    mailings = Mailings(
        source=replace(source, completed_at_format=block.text_or_none("invited_at_format")),
        waves={wave: wave for wave in waves} | read_wave_names(block, waves),
        undeliverable=undeliverable,
        row_tolerance=read_share(block, "row_tolerance"),
    )
    block.close()
    return mailings


def read_wave_names(block: Block, waves: Collection[str]) -> dict[str, str]:
    """Return what the sending system calls waves: its name, and ours."""
    found = block.get("waves")
    for value in ({} if found is None else found.entries()).values():
        value.is_among(value.text(), waves, "a wave")
    return block.text_map("waves")


def refuse_mailings_without_list(survey: Block, *, has_list: bool, has_own_ids: bool) -> None:
    """Note mailings where there is no member list with one id a person, whom an invitation could be joined to."""
    if "mailings" in survey.entries and (has_own_ids or not has_list):
        found = "mailings without a member list of ids that stay"
        survey.value.fault(found, "a roster, and no 'ids: of_each_wave'", "Remove mailings, or declare the roster.")
