"""Provisional, final, corrected: what people ask of a wave, and when the night does it of itself."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import Night, current
from pipeline import warehouse
from pipeline.definitions import Survey
from pipeline.fingerprint import text_hash

KEYS = ("weight_id", "item", "statistic", "category", "domain", "domain_value")


@dataclass(frozen=True)
class Release:
    """The newest release of a wave."""

    release_id: str
    release_status: str  # final | corrected
    figures_hash: str
    is_approved: bool


@task(task_run_name="release-{survey}-{wave}", cache_policy=NO_CACHE)
def settle_release(survey: str, wave: str, notice: str = "", is_asked: bool = False) -> None:
    """Make a wave final when its fieldwork is over, and a corrected release of it when its figures moved."""
    night = current()
    definition = night.surveys[survey].wave(wave)
    latest = latest_release(night, survey, wave)
    if latest is None:
        is_over = not definition.is_in_field(night.today)
        if is_asked or (is_over and night.workspace.auto_finalise):
            _add_release(night, survey, wave, number=1, status="final", notice=notice)
    elif latest.figures_hash != figures_hash(night, survey, wave):
        number = int(latest.release_id.rsplit("-r", 1)[1]) + 1
        words = notice or "Figures were computed again after a new delivery, a changed definition or a new version."
        _add_release(night, survey, wave, number=number, status="corrected", notice=words)


@task(task_run_name="approve-{survey}-{wave}", cache_policy=NO_CACHE)
def approve_release(survey: str, wave: str) -> bool:
    """Approve the newest release of a wave; return whether there was one that waited for it."""
    night = current()
    latest = latest_release(night, survey, wave)
    if latest is None or latest.is_approved:
        return False
    warehouse.execute(
        night.connection,
        "update log.releases set approved_at = ? where release_id = ?",
        [night.started_at.replace(tzinfo=None), latest.release_id],
    )
    return True


def is_provisional(night: Night, survey: str, wave: str) -> bool:
    """Return whether a wave's figures are provisional tonight: no release of it, and none about to be made."""
    if latest_release(night, survey, wave) is not None or (survey, wave) in night.to_finalise:
        return False
    return not (night.workspace.auto_finalise and not night.surveys[survey].wave(wave).is_in_field(night.today))


def latest_release(night: Night, survey: str, wave: str) -> Release | None:
    """Return the newest release of a wave, None while it is provisional."""
    rows = warehouse.read(
        night.connection,
        """
        select release_id, release_status, figures_hash, approved_at is not null as is_approved
        from log.releases
        where survey = ? and wave = ?
        order by released_at desc, length(release_id) desc, release_id desc
        limit 1
        """,
        [survey, wave],
    )
    return Release(*rows.row(0)) if rows.height else None


def figures_hash(night: Night, survey: str, wave: str) -> str:
    """Return a hash of a wave's estimates, to 12 significant digits."""
    figures = warehouse.read(
        night.connection,
        f"""
        select {", ".join(KEYS)}, unweighted_n, printf('%.12g', estimate) as estimate,
            printf('%.9g', standard_error) as standard_error
        from analysis.estimates
        where survey = ? and wave = ?
        order by all
        """,
        [survey, wave],
    )
    return hashlib.sha256(figures.write_csv().encode()).hexdigest()


def note_revisions(night: Night, survey: str, wave: str, before: pl.DataFrame, after: pl.DataFrame) -> int:
    """Add a row to `revisions` for each figure of a released wave that moved; return how many did."""
    latest = latest_release(night, survey, wave)
    if latest is None or before.is_empty():
        return 0
    moved = (
        before.select(*KEYS, estimate_before="estimate")
        .join(
            after.select(*KEYS, estimate_after="estimate"),
            on=KEYS,
            how="full",
            nulls_equal=True,
            coalesce=True,
        )
        .filter(
            (pl.col("estimate_before") - pl.col("estimate_after")).abs().fill_null(1.0).fill_nan(1.0)
            > 1e-9 * pl.max_horizontal(pl.lit(1.0), pl.col("estimate_before").abs().fill_null(1.0))
        )
    )
    if moved.height:
        number = int(latest.release_id.rsplit("-r", 1)[1]) + 1
        warehouse.append_rows(
            night.connection,
            "log.revisions",
            moved.with_columns(
                survey=pl.lit(survey),
                wave=pl.lit(wave),
                release_id=pl.lit(release_id(survey, wave, number)),
                revised_at=pl.lit(night.started_at.replace(tzinfo=None)),
                reason=pl.lit("new delivery, changed definition or new version of the code"),
            ),
        )
    return moved.height


def release_id(survey: str, wave: str, number: int) -> str:
    """Return the citable name of a release."""
    return f"{survey}-{wave}-r{number}"


def _add_release(night: Night, survey: str, wave: str, *, number: int, status: str, notice: str) -> None:
    definition: Survey = night.surveys[survey]
    row = {
        "release_id": release_id(survey, wave, number),
        "survey": survey,
        "wave": wave,
        "release_status": status,
        "released_at": datetime.now(UTC).replace(tzinfo=None),
        "figures_hash": figures_hash(night, survey, wave),
        "definitions_hash": night.definitions_hash[survey],
        "margins_hash": text_hash(
            {name: (margin.totals, str(margin.reference_date)) for name, margin in definition.margins.items()}
        ),
        "code_version": night.code_version,
        "approved_at": night.started_at.replace(tzinfo=None) if night.workspace.auto_approve else None,
        "notice": notice or None,
    }
    warehouse.append_rows(night.connection, "log.releases", pl.DataFrame([row], infer_schema_length=None))
    night.say(f"{survey}, {wave}: release {row['release_id']} is {status}")
