"""Provisional, final, corrected: what people ask of a wave, and when the night does it of itself."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.arrivals import parts_in_use
from flows.run_context import Night, current
from pipeline import deliveries, warehouse
from pipeline.definitions import Survey
from pipeline.fingerprint import text_hash

KEYS = ("weight_id", "item", "statistic", "category", "domain", "domain_value")
SAME = 1e-9  # figures this near are the same: sums in another order differ less


@dataclass(frozen=True)
class Release:
    """The newest release of a wave."""

    release_id: str
    release_status: str  # final | corrected
    figures_hash: str
    is_approved: bool
    notice: str | None
    embargo_until: datetime | None  # UTC, without its offset
    is_public: bool

    @property
    def number(self) -> int:
        """Return its place among the wave's releases, from 1."""
        return int(self.release_id.rsplit("-r", 1)[1])


def is_settled(night: Night, survey: str, wave: str, latest: Release | None) -> bool:
    """Return whether neither day nor figures ask for anything of a wave's release; `latest` is its newest."""
    return not is_due(night, survey, wave) if latest is None else not has_moved(night, survey, wave, latest)


def is_due(night: Night, survey: str, wave: str) -> bool:
    """Return whether a wave that nobody finalised becomes final of itself: fieldwork is over, and all parts came."""
    is_over = not night.surveys[survey].wave(wave).is_in_field(night.today)
    return night.workspace.auto_finalise and is_over and not missing_parts(night, survey, wave)


@task(task_run_name="release-{survey}-{wave}", cache_policy=NO_CACHE)
def settle_release(survey: str, wave: str, notice: str | None = None, is_asked: bool = False) -> None:
    """Make a wave final when its fieldwork is over, and a corrected release of it when its figures moved.

    Args:
        notice: what readers are told of a correction that somebody asked for; None when nobody did.
        is_asked: somebody asked to make the wave final.
    """
    night = current()
    latest = latest_release(night, survey, wave)
    if latest is None:
        if is_asked or is_due(night, survey, wave):
            _say_if_early(night, survey, wave)
            _add_release(night, survey, wave, number=1, status="final")
        if notice is not None:
            night.undone.append(f"{survey}, {wave}: there is no release to correct yet; `panel finalise` makes one.")
        return
    if is_asked:
        night.say(f"{survey}, {wave}: is {latest.release_status} already, release {latest.release_id}")
    is_new_notice = notice is not None and latest.notice != notice
    if is_new_notice or has_moved(night, survey, wave, latest):
        words = notice or "Figures were computed again after a new delivery, a changed definition or a new version."
        _add_release(night, survey, wave, number=latest.number + 1, status="corrected", notice=words)


def _say_if_early(night: Night, survey: str, wave: str) -> None:
    """Say of a wave whose declared fieldwork is not over what it means that it becomes final."""
    definition = night.surveys[survey].wave(wave)
    if definition.is_in_field(night.today) and definition.fieldwork_end is not None:
        night.say(
            f"{survey}, {wave}: final before its fieldwork was to end on {definition.fieldwork_end:%-d %B %Y}. "
            f"Give the true end in waves/{wave}.yml, which the newsletter prints; answers that still come make a "
            "corrected release"
        )


def has_moved(night: Night, survey: str, wave: str, latest: Release) -> bool:
    """Return whether figures differ from those released, by more than the last digits of a sum in another order."""
    revised = warehouse.read(
        night.connection,
        "select 1 as found from log.revisions where release_id = ? limit 1",
        [release_id(survey, wave, latest.number + 1)],
    )
    return revised.height > 0 and latest.figures_hash != figures_hash(night, survey, wave)


def provisional_waves(night: Night, survey: str, waves: Iterable[str]) -> frozenset[str]:
    """Return the waves whose figures are provisional tonight: no release of them, and none about to be made."""
    released = latest_releases(night, survey)
    unreleased = [wave for wave in waves if wave not in released and (survey, wave) not in night.to_finalise]
    return frozenset(wave for wave in unreleased if not is_due(night, survey, wave))


def missing_parts(night: Night, survey: str, wave: str) -> tuple[str, ...]:
    """Return the parts of a wave that no delivery in use is of: it does not become final of itself without them."""
    definition = night.surveys[survey].wave(wave)
    return deliveries.missing_parts(definition, parts_in_use(night, survey, wave)) if definition.parts else ()


def latest_release(night: Night, survey: str, wave: str) -> Release | None:
    """Return the newest release of a wave, None while it is provisional."""
    return latest_releases(night, survey).get(wave)


def latest_releases(night: Night, survey: str) -> dict[str, Release]:
    """Return the newest release of each wave that has one."""
    rows = warehouse.read(
        night.connection,
        """
        select wave, release_id, release_status, figures_hash, approved_at is not null as is_approved, notice,
            embargo_until, coalesce(is_public, false) as is_public
        from log.releases
        where survey = ?
        qualify row_number() over (
            partition by wave order by released_at desc, length(release_id) desc, release_id desc
        ) = 1
        """,
        [survey],
    )
    return {wave: Release(*release) for wave, *release in rows.iter_rows()}


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
        before.select(*KEYS, estimate_before="estimate", error_before="standard_error")
        .join(
            after.select(*KEYS, estimate_after="estimate", error_after="standard_error"),
            on=KEYS,
            how="full",
            nulls_equal=True,
            coalesce=True,
        )
        .filter(_differs("estimate") | _differs("error"))
        .drop("error_before", "error_after")
    )
    if moved.height:
        warehouse.append_rows(
            night.connection,
            "log.revisions",
            moved.with_columns(
                survey=pl.lit(survey),
                wave=pl.lit(wave),
                release_id=pl.lit(release_id(survey, wave, latest.number + 1)),
                revised_at=pl.lit(night.started_at.replace(tzinfo=None)),
                reason=pl.lit("new delivery, changed definition or new version of the code"),
            ),
        )
    return moved.height


def _differs(figure: str) -> pl.Expr:
    before, after = pl.col(f"{figure}_before").fill_nan(None), pl.col(f"{figure}_after").fill_nan(None)
    size = pl.max_horizontal(pl.lit(1.0), before.abs())
    return (before.is_null() != after.is_null()) | ((before - after).abs() > SAME * size).fill_null(False)


def release_id(survey: str, wave: str, number: int) -> str:
    """Return the citable name of a release."""
    return f"{survey}-{wave}-r{number}"


def _add_release(night: Night, survey: str, wave: str, *, number: int, status: str, notice: str = "") -> None:
    definition: Survey = night.surveys[survey]
    replaced = latest_release(night, survey, wave)
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
        "snapshot": f"{night.snapshot_name}.duckdb",
        "embargo_until": replaced.embargo_until if replaced and not replaced.is_public else None,
        "is_public": False,
    }
    warehouse.append_rows(night.connection, "log.releases", pl.DataFrame([row], infer_schema_length=None))
    night.say(f"{survey}, {wave}: release {row['release_id']} is {status}")
