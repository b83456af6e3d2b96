"""How a workspace stands: last runs, what is held and why, response so far, what is published, disk use."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.summary import published_corrections
from pipeline import local_time, run_log, warehouse
from pipeline.fingerprint import inbox_files
from pipeline.settings import Workspace

LAST_RUNS = 5


def status_of(workspace: Workspace, *, today: date) -> dict[str, Any]:
    """Return the status as plain values, for JSON."""
    state = run_log.read_state(workspace)
    runs = run_log.read_runs(workspace)[-LAST_RUNS:]
    return {
        "workspace": str(workspace.root),
        "today": today.isoformat(),
        "runs": [{key: run.get(key) for key in ("started_at", "finished_at", "outcome", "exit_code")} for run in runs],
        "held": list(state.held) if state else [],
        "waiting_in_inbox": [path.relative_to(workspace.inbox).as_posix() for path in inbox_files(workspace)],
        "waves": _waves(workspace),
        "corrections": [
            {"survey": one.survey, "wave": one.wave, "release_id": one.release_id, "line": one.line}
            for one in published_corrections(workspace)
        ],
        "response_so_far": _response(workspace),
        "attrition_alerts": _alerts(workspace),
        "published": str(workspace.published_file) if workspace.published_file.exists() else None,
        "disk_use_mb": {
            folder.name: round(_size(folder) / 1e6, 1)
            for folder in (workspace.var, workspace.published, workspace.inbox)
        },
    }


def status_text(found: dict[str, Any]) -> str:
    """Return the status for people."""
    lines = [f"{found['workspace']} on {found['today']}", "", "Last runs"]
    lines += [f"  {run['started_at']}  {run['outcome']}" for run in found["runs"]] or ["  none yet"]
    lines += ["", "Held, and why"] + ([f"  {line}" for line in found["held"]] or ["  nothing"])
    lines += ["", "Waiting in the inbox"] + ([f"  {name}" for name in found["waiting_in_inbox"]] or ["  nothing"])
    lines += ["", "Waves"]
    lines += [
        f"  {wave['survey']} {wave['wave']}: {wave['release_status'] or 'not delivered'}"
        + (
            f", {wave['n_respondents']:,} of {wave['n_invited']:,} answered"
            if wave["n_respondents"] is not None
            else ""
        )
        + (f"; in use: {wave['parts_in_use']}" if wave["parts_in_use"] else "")
        + (f"; missing: {wave['parts_missing']}" if wave["parts_in_use"] and wave["parts_missing"] else "")
        + (f"; {wave['pages']}" if wave["pages"] else "")
        for wave in found["waves"]
    ] or ["  nothing published yet"]
    if found["corrections"]:
        lines += ["", "Corrected releases"] + [f"  {one['survey']}, {one['line']}" for one in found["corrections"]]
    if found["response_so_far"]:
        lines += ["", "In the field: answered so far, by age group"]
        lines += [
            f"  {row['survey']} {row['wave']} {row['domain_value']}: {row['n_respondents']:,} of {row['n_invited']:,}"
            for row in found["response_so_far"]
        ]
    if found["attrition_alerts"]:
        lines += ["", "Attrition alerts"]
        lines += [f"  {row['survey']} {row['message']}" for row in found["attrition_alerts"]]
    lines += ["", f"Published: {found['published'] or 'nothing yet'}"]
    lines += ["Disk use: " + ", ".join(f"{name} {size} MB" for name, size in found["disk_use_mb"].items())]
    return "\n".join(lines)


def _waves(workspace: Workspace) -> list[dict[str, Any]]:
    rows = _rows(
        workspace,
        "select waves.survey, waves.wave, fieldwork_start, fieldwork_end, n_invited, n_respondents, "
        "waves.release_status, parts_in_use, parts_missing, waves.is_public, "
        "approved_at is not null as is_approved, embargo_until "
        "from waves left join releases on waves.release_id = releases.release_id order by waves.survey, wave_number",
    )
    return [row | {"pages": _pages(row, workspace.time_zone)} for row in rows]


def _pages(row: dict[str, Any], time_zone: str) -> str:
    """Return what a release's pages wait for; nothing of those that are out, or of a wave without a release."""
    if row["release_status"] in (None, "provisional") or row["is_public"]:
        return ""
    embargo = row["embargo_until"] and local_time.said(datetime.fromisoformat(row["embargo_until"]), time_zone)
    if not row["is_approved"]:
        return "not approved" + (f", embargo until {embargo}" if embargo else "")
    return f"approved, embargo until {embargo}" if embargo else "approved, waits for the embargo on an earlier wave"


def _response(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the response by age group of waves in the field."""
    return _rows(
        workspace,
        "select survey, wave, domain_value, rate.n_invited, rate.n_respondents from response_rates as rate "
        "inner join waves using (survey, wave) "
        "where domain = 'age_group' and release_status = 'provisional' order by all",
    )


def _alerts(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the groups that leave or answer otherwise than the rest, or have few active members."""
    return _rows(
        workspace,
        "select survey, wave, domain, domain_value, measure, message from attrition_alerts where is_alert "
        "order by survey, measure = 'active', domain, domain_value, measure",
    )


def _rows(workspace: Workspace, sql: str) -> list[dict[str, Any]]:
    if not workspace.published_file.exists():
        return []
    rows = warehouse.read_published(workspace.published_file, sql).to_dicts()
    return [
        {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()} for row in rows
    ]


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
