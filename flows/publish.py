"""Publish once, at the end: releases, checks, the file researchers open, quality pages and newsletters."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows import approvals, releases, take_in
from flows.ingest_wave import UNREADABLE
from flows.pages import (
    reading_published,
    write_attrition_pages,
    write_pages_of_all,
    write_trend_reports,
    write_wave_pages,
)
from flows.run_context import Night, current
from flows.summary import published_corrections, summary_lines
from pipeline import run_log, warehouse
from pipeline.estimation.intervals import t_table
from pipeline.fingerprint import night_fingerprint
from pipeline.private_folder import make_private
from pipeline.run_log import NightState
from pipeline.settings import Workspace
from reports.quality import render_quality
from reports.weights_page import render_weights

POWER = 0.8  # chance that a change is found, for which `power` tells how large it must be: usual in survey planning
TEXTS = ("run_id", "started_at", "finished_at", "outcome", "code_version", "fingerprint", "message")  # of a run


def publish_night() -> NightState:
    """Settle releases, publish what there is, and return the state the night leaves."""
    night = current()
    _settle(night)
    held = held_lines(night)
    publish_file(held)
    copy_examples(night.workspace)
    write_quality_pages()
    write_weights_page()
    with reading_published():
        for survey, rows in groupby(estimated_waves(night), key=itemgetter(0)):
            write_wave_pages(survey, [wave for _, wave in rows])
        write_pages_of_all()
        write_attrition_pages()
        write_trend_reports()
    for request in night.requests:
        request.path.unlink(missing_ok=True)
    lines = summary_lines(night)
    create_markdown_artifact(key="night", markdown="\n".join(f"- {line}" for line in [*held, *lines]))
    return NightState(
        fingerprint=fingerprint(night),
        due=_due(night),
        due_at=approvals.next_embargo(night),
        held=tuple(held),
        summary=tuple(lines),
        undone=tuple(night.undone),
    )


def fingerprint(night: Night) -> str:
    """Return what the night was made of; a file that came since it looked into the inbox is for the next one."""
    return night_fingerprint(night.standing_hash, night.waiting)


def _settle(night: Night) -> None:
    """Do what was asked of waves, and what the calendar and changed figures ask."""
    asked = {(one.survey, one.wave, one.act): one for one in night.requests}
    estimated = estimated_waves(night)
    for request in night.requests:
        if (request.survey, request.wave) not in estimated:
            where = f"{request.survey}, {request.wave}"
            night.undone.append(f"{where}: nothing to {request.act}, there are no figures of this wave yet.")
    newest = {survey: releases.latest_releases(night, survey) for survey in night.surveys}
    for survey, wave in estimated:
        correction = asked.get((survey, wave, "correct"))
        is_asked = (survey, wave) in night.to_finalise
        if correction or is_asked or not releases.is_settled(night, survey, wave, newest[survey].get(wave)):
            releases.settle_release(survey, wave, correction.notice if correction else None, is_asked)
        if (survey, wave, "approve") in asked:
            approvals.approve_release(survey, wave, asked[survey, wave, "approve"].embargo)
    approvals.let_out(night)


def estimated_waves(night: Night) -> list[tuple[str, str]]:
    """Return the surveys and waves that have estimates, in order."""
    rows = warehouse.read(night.connection, "select distinct survey, wave from analysis.estimates")
    known = [
        (survey, wave)
        for survey, wave in rows.iter_rows()
        if survey in night.surveys and night.surveys[survey].has_wave(wave)
    ]
    return sorted(known, key=lambda one: (one[0], night.surveys[one[0]].wave(one[1]).wave_number))


def held_lines(night: Night) -> list[str]:
    """Return why waves are held, what tonight could not be done, and which checks failed; one line each."""
    unreadable = warehouse.read(
        night.connection,
        "select survey, wave, message from log.checks where rule = ? and not success order by all",
        [UNREADABLE],
    )
    held = [f"{survey}, {wave}: held. {reason}" for survey, wave, reason in held_waves(night).iter_rows()]
    return held + [f"{row[0]}, {row[1]}: not readable. {row[2]}" for row in unreadable.iter_rows()] + night.problems


def held_waves(night: Night) -> pl.DataFrame:
    """Return survey, wave and reason of every source whose newest delivery is held."""
    return take_in.deliveries_table(night).filter(pl.col("status") == "held").select("survey", "wave", "reason")


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish_file(held: list[str]) -> None:
    """Check the warehouse, write the manifest of the night, and put the new published file in place."""
    night = current()
    if night.is_full:
        warehouse.forget_parts(night.connection)
    found = warehouse.run_checks(night.connection)
    rows = found.select(
        run_id=pl.lit(night.run_id),
        rule="check",
        severity=pl.lit("critical"),
        success=pl.col("n_offending") == 0,
        n_failed="n_offending",
        message="message",
        checked_at=pl.lit(night.started_at.replace(tzinfo=None)),
    )
    warehouse.replace_rows(night.connection, "log.checks", rows, survey=None)
    for line in rows.filter(~pl.col("success"))["message"]:
        held.append(f"check failed: {line}")
        night.say(held[-1])
    warehouse.replace_rows(night.connection, "log.runs", _runs(night, held))
    warehouse.replace_rows(night.connection, "analysis.t_distribution", _t_distribution(night))
    warehouse.build_marts(night.connection)
    named = warehouse.read(night.connection, "select distinct snapshot from log.releases where snapshot is not null")
    for path in (night.workspace.published_file, night.workspace.secure_file):
        if path is None:
            continue
        in_full = path == night.workspace.secure_file
        if in_full:
            make_private(path.parent)
            make_private(path.parent / "snapshots")
        warehouse.publish(night.connection, path, snapshot_name=night.snapshot_name, in_full=in_full)
        warehouse.forget_snapshots(path, newest=night.workspace.snapshots, named=set(named["snapshot"]))


def copy_examples(workspace: Workspace) -> None:
    """Put the scripts that get a published figure again in R and Python beside the published file."""
    for script in warehouse.example_scripts():
        run_log.replace_text(workspace.published / "examples" / script.name, script.read_text(encoding="utf-8"))


def _t_distribution(night: Night) -> pl.DataFrame:
    """Return Student's t for the degrees of freedom that replicates can give, and for any number of respondents."""
    drawn = warehouse.read(night.connection, "select max(n_replicates) as n from analysis.replicate_sets")["n"].item()
    people = warehouse.read(night.connection, "select count(distinct panel_member_id) as n from analysis.weights")
    freedom = max(int(drawn or 0) - 1, 1)
    table = t_table(max(freedom, people["n"].item()), night.workspace.confidence, POWER, tested=freedom)
    return pl.DataFrame(table, schema_overrides={"coefficients": pl.List(pl.Float64)}).with_columns(
        confidence=pl.lit(night.workspace.confidence)
    )


def _runs(night: Night, held: list[str]) -> pl.DataFrame:
    """Return every run so far, tonight's last; tonight's also goes into var/runs.jsonl."""
    counts = warehouse.read(
        night.connection,
        "select sum(n_delivered) as n_rows_delivered, sum(n_accepted) as n_rows_accepted, "
        "sum(n_refused) as n_rows_refused, sum(n_superseded) as n_rows_superseded from raw.deliveries",
    )
    tonight: dict[str, Any] = {
        "run_id": night.run_id,
        "started_at": night.started_at.isoformat(timespec="seconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "today": night.today.isoformat(),
        "outcome": "published",
        "exit_code": 1 if held else 0,
        "code_version": night.code_version,
        "fingerprint": fingerprint(night),
        "n_waves_done": len(night.waves_done),
        "n_waves_held": held_waves(night).height + len(night.frozen),
        **{name: int(value or 0) for name, value in counts.row(0, named=True).items()},
        "message": " ".join(held) or None,
        "seconds": {part: round(seconds, 3) for part, seconds in night.seconds.items()},
    }
    run_log.append_run(night.workspace, tonight)
    columns = {
        **dict.fromkeys(TEXTS, pl.String),
        **dict.fromkeys(("exit_code", "n_waves_done", "n_waves_held"), pl.Int64),
        **dict.fromkeys(counts.columns, pl.Int64),
    }
    rows = [{name: row.get(name) for name in columns} for row in run_log.read_runs(night.workspace)]
    times = [
        pl.col(name).str.to_datetime(time_zone="UTC").dt.replace_time_zone(None)
        for name in ("started_at", "finished_at")
    ]
    return pl.DataFrame(rows, schema=columns).with_columns(times)


@task(task_run_name="quality-pages", cache_policy=NO_CACHE)
def write_quality_pages() -> None:
    """Write the data-quality pages from what validation found."""
    night = current()

    def rows(table: str) -> pl.DataFrame:
        return warehouse.read(night.connection, f"select * from {table}")

    pages = render_quality(
        rows("marts.checks"),
        rows("marts.deliveries"),
        rows("marts.waves inner join (select survey, has_member_list from definitions.surveys) using (survey)"),
        title=night.workspace.name,
        generated_at=night.started_at,
        items=rows("marts.items"),
        quality=rows("marts.quality_by_wave"),
        effects=rows("marts.quality_effect"),
        parts=rows("definitions.parts"),
        corrected=published_corrections(night.workspace),
    )
    folder = night.workspace.published / "quality"
    for name, html in pages.items():
        run_log.replace_text(folder / name, html)
    for path in folder.rglob("*.html"):
        if path.relative_to(folder).as_posix() not in pages:
            path.unlink()  # of a source that is no longer declared


@task(task_run_name="weights-page", cache_policy=NO_CACHE)
def write_weights_page() -> None:
    """Write the weighting log as a page."""
    night = current()
    tables = [
        warehouse.read(night.connection, f"select * from marts.{name}")
        for name in ("weight_ids", "weighting_log", "weighting_margins")
    ]
    html = render_weights(*tables, title=night.workspace.name, generated_at=night.started_at)
    run_log.replace_text(night.workspace.published / "weights" / "index.html", html)


def _due(night: Night) -> str | None:
    """Return the first day on which the calendar alone changes something: a wave's fieldwork is over."""
    if not night.workspace.auto_finalise:
        return None
    ends = [
        wave.fieldwork_end
        for survey in night.surveys.values()
        for wave in survey.waves
        if wave.is_in_field(night.today) and wave.fieldwork_end is not None
    ]
    return (min(ends) + timedelta(days=1)).isoformat() if ends else None
