"""A dry run of one delivery: read and validate it as the night would, print every fault, change nothing."""

from pathlib import Path

import polars as pl

from flows.workspaces import find_survey, refuse_unknown_part, refuse_unknown_wave
from pipeline import answer_shares, intake, known_profile, validation, warehouse
from pipeline.definitions import MAILINGS, Survey
from pipeline.deliveries import is_latest, match
from pipeline.fingerprint import file_hash
from pipeline.rules import ROSTER
from pipeline.settings import Workspace, read_workspace

_COUNTS = "from duckdb_tables() where table_name = 'answer_counts'"  # not in a store of an earlier version


def check_file(path: Path, survey: str, source: str, root: Path, part: str = "") -> int:
    """Print every fault of a delivery; return 0 when it would be accepted, 1 when it would be held.

    Args:
        part: of the wave that the file is of; '' finds it by the file's name.

    Raises:
        UsageError: no such survey, wave or part in the workspace.
        DeliveryError: the file cannot be read.
    """
    workspace = read_workspace(root)
    definition = find_survey(workspace, survey)
    refuse_unknown_wave(definition, source, ROSTER, *([MAILINGS] if definition.mailings else []))
    part = part or _part_by_name(definition, source, path.name)
    refuse_unknown_part(definition, source, part)
    stored = _stored(workspace, definition, source, path)
    reading = intake.read(
        workspace,
        definition,
        source,
        path,
        path.name,
        known=intake.KnownPeople(stored["members"]["panel_member_id"], {}),
        enrol=False,
        part=part,
    )
    fixed = known_profile.of_delivery(reading.survey, source, reading.frame, reading.members)
    profile = known_profile.combined(definition, stored["profile"], [fixed])
    rows_of = dict(stored["rows"].iter_rows())
    shares = answer_shares.combined(stored["shares"], {})
    latest = is_latest(definition, source, rows_of)
    to_validate = intake.to_validate(
        reading, profile, rows_of, stored["panel"], shares, other_days=stored.get("days"), is_latest=latest
    )
    report = validation.looked_up(to_validate)  # in a second; the night asks Great Expectations
    for note in reading.notes:
        print(f"Note: {note}.")
    for fault in report.faults:
        print(fault)
    if report.faults:
        print("Rows are counted from 1, below the column names.")
    n_refused = report.refused["row_number"].n_unique()
    if report.is_held:
        print(f"{path.name}: would be held; {reading.frame.height:,} rows read, nothing was changed.")
    else:
        print(f"{path.name}: would be accepted; {reading.frame.height - n_refused:,} rows, {n_refused:,} refused.")
    return 1 if report.is_held else 0


def _part_by_name(survey: Survey, source: str, file_name: str) -> str:
    """Return the part that a file is named for; '' when it is none, or its wave comes in one piece."""
    owner = match(file_name, [survey])
    return owner.part if owner is not None and owner.source == source else ""


def _stored(workspace: Workspace, survey: Survey, source: str, path: Path) -> dict[str, pl.DataFrame]:
    """Return what the warehouse knows: members, their profile, the rows of each wave, and who was invited when."""
    queries = {
        "panel": known_profile.PANEL_SQL,
        "shares": answer_shares.STORED_SQL,
        "members": "select panel_member_id from core.members where survey = ?",
        "profile": known_profile.stored_sql(survey),
        "rows": "select source, sum(n_delivered)::bigint as n_delivered from raw.deliveries "
        "where survey = ? and status = 'accepted' group by source",
    }
    told = ("panel_member_id", "joined_on", "left_on", "status")
    nothing = {
        "panel": pl.DataFrame(schema=dict.fromkeys(told, pl.String)),
        "shares": pl.DataFrame(schema=answer_shares.STORED),
        "members": pl.DataFrame(schema={"panel_member_id": pl.String}),
        "profile": pl.DataFrame(schema=known_profile.COLUMNS),
        "rows": pl.DataFrame(schema={"source": pl.String, "n_delivered": pl.Int64}),
    }
    if not workspace.warehouse.exists():
        return nothing
    with warehouse.open_read_only(workspace.warehouse) as connection:
        if not warehouse.read(connection, _COUNTS).height:
            del queries["shares"]
        known = {name: warehouse.read(connection, sql, [survey.survey]) for name, sql in queries.items()}
        days = known_profile.other_days_query(survey, source, file_hash(path))
        if days is not None:
            known["days"] = warehouse.read(connection, *days)
        return nothing | known
