"""What lets a release out: somebody's approval, or the workspace's, and the end of its embargo."""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.releases import Release, latest_release, latest_releases
from flows.run_context import Night, current
from pipeline import local_time, warehouse


@task(task_run_name="approve-{survey}-{wave}", cache_policy=NO_CACHE)
def approve_release(survey: str, wave: str, embargo: str = "") -> None:
    """Approve the newest release of a wave, to be let out at once or when its embargo is over.

    Args:
        embargo: the time until which it stays in, ISO with its offset; "" leaves that of an earlier approval.
    """
    night = current()
    until = _utc(datetime.fromisoformat(embargo)) if embargo else None
    latest = latest_release(night, survey, wave)
    if latest is None:
        night.undone.append(f"{survey}, {wave}: is provisional, only a final wave can be approved; finalise it first.")
        return
    if latest.is_public or (latest.is_approved and until is None):
        _say_approved_already(night, survey, wave, latest, until)
        return
    until = until or latest.embargo_until
    warehouse.execute(
        night.connection,
        "update log.releases set approved_at = ?, embargo_until = ? where release_id = ?",
        [night.started_at.replace(tzinfo=None), until, latest.release_id],
    )
    night.say(f"{survey}, {wave}: release {latest.release_id} is approved{_embargo_words(night, until)}")


def _say_approved_already(night: Night, survey: str, wave: str, latest: Release, until: datetime | None) -> None:
    """Say of an approved release that it is; nothing that is out can be taken back by an embargo."""
    release = f"{survey}, {wave}: release {latest.release_id}"
    if latest.is_public and until is not None and until > _utc(night.now):
        night.undone.append(f"{release} is out already, an embargo cannot take it back.")
        return
    night.say(
        f"{release} is approved already{_embargo_words(night, None if latest.is_public else latest.embargo_until)}"
    )


def _embargo_words(night: Night, until: datetime | None) -> str:
    """Return what is said of an embargo after "is approved"; nothing of one that is over."""
    if until is None or until <= _utc(night.now):
        return ""
    return f", embargo until {local_time.said(until, night.workspace.time_zone)}"


def _utc(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(tzinfo=None)


def let_out(night: Night) -> None:
    """Make every approved release public that no embargo holds: its own, or that of an earlier wave.

    Pages of a wave tell the figures of those before it, so that they wait for them.
    """
    warehouse.execute(  # of a store made before there were embargoes
        night.connection, "update log.releases set is_public = true where is_public is null and approved_at is not null"
    )
    for survey, definition in night.surveys.items():
        held_by, releases = "", latest_releases(night, survey)
        for wave in sorted(definition.waves, key=lambda one: one.wave_number):
            newest = releases.get(wave.wave)
            if newest is None or newest.is_public:
                continue
            if is_under_embargo(night, newest):
                held_by = held_by or wave.wave
            elif newest.is_approved and not held_by:
                _make_public(night, survey, wave.wave, newest)
            elif newest.is_approved:
                night.say(f"{survey}, {wave.wave}: release {newest.release_id} waits for the embargo on {held_by}")


def _make_public(night: Night, survey: str, wave: str, newest: Release) -> None:
    warehouse.execute(
        night.connection, "update log.releases set is_public = true where release_id = ?", [newest.release_id]
    )
    if newest.embargo_until is not None:
        night.say(f"{survey}, {wave}: no embargo on release {newest.release_id} any more, its pages go out")


def is_under_embargo(night: Night, release: Release) -> bool:
    """Return whether a release has an embargo that is not over."""
    return release.embargo_until is not None and release.embargo_until > _utc(night.now)


def next_embargo(night: Night) -> str | None:
    """Return the first moment, ISO with its offset, at which an embargo ends; None while there is none."""
    newest = [
        release
        for survey, definition in night.surveys.items()
        for wave, release in latest_releases(night, survey).items()
        if definition.has_wave(wave)
    ]
    ends = [one.embargo_until for one in newest if one.embargo_until and is_under_embargo(night, one)]
    return min(ends).replace(tzinfo=UTC).isoformat() if ends else None
