"""The nightly run, one Prefect flow: take in what came, redo what depends on it, publish once, say what was done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from prefect import flow

from pipeline import local_time, run_log
from pipeline.fingerprint import code_version, standing_hash, tree_hash
from pipeline.lock import hold
from pipeline.private_folder import make_private
from pipeline.requests import pending_requests
from pipeline.run_log import NightState
from pipeline.settings import Workspace, read_workspace
from pipeline.theme import read_theme


def _run_name() -> str:
    from prefect.runtime import flow_run

    parameters: dict[str, Any] = flow_run.parameters
    return f"nightly-{Path(parameters['directory']).name}"


@flow(name="nightly", flow_run_name=_run_name, validate_parameters=True)
def nightly(directory: str, full: bool = False, today: str | None = None, now: str | None = None) -> NightState:
    """Run one night on a workspace and return the state it leaves.

    Args:
        directory: the workspace.
        full: do everything again, also what is unchanged.
        today: ISO date to take as today's.
        now: ISO time with its offset to take as the present moment.

    Raises:
        WorkspaceBusyError: another run holds the workspace.
        UsageError: the folder for the file in full detail can be read by others.
        DefinitionError: a definition is wrong; nothing was changed.
    """
    workspace = read_workspace(Path(directory))
    if workspace.secure_file is not None:
        make_private(workspace.secure_file.parent)  # before hours of work, not after
    given = (date.fromisoformat(today) if today else None, datetime.fromisoformat(now) if now else None)
    day, moment = local_time.clock(workspace.time_zone, *given)
    started = datetime.now(UTC)
    with hold(workspace):
        quiet = None if full else run_log.state_if_nothing_new(workspace, day, moment)
        if quiet is not None:
            run_log.append_quiet_run(workspace, started, day)
            return quiet
        return _work(workspace, (day, moment), started, full)


def _work(workspace: Workspace, when: tuple[date, datetime], started: datetime, full: bool) -> NightState:
    """Do a night's work; the slow libraries are imported only here."""
    clock = time.perf_counter()
    from flows import figures, judge_responses, protect_members, publish
    from flows.build_tables import build_tables
    from flows.run_context import Night, in_progress
    from flows.take_in import take_in
    from pipeline import survey_files, warehouse

    standing = standing_hash(workspace)  # before anything is read: what is edited meanwhile is for the next night
    folders = survey_files.survey_folders(workspace.surveys)
    hashes = [tree_hash(folder) for folder in folders]
    surveys = {one.survey: one for one in survey_files.read_surveys(workspace.surveys)}
    read_theme(workspace.root)  # refused, if it has to be, before anything is done
    run_log.begin_work(workspace, started)
    with warehouse.open_warehouse(workspace.warehouse) as connection:
        night = Night(
            workspace=workspace,
            connection=connection,
            surveys=surveys,
            run_id=started.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            started_at=started,
            today=when[0],
            now=when[1],
            is_full=full,
            code_version=code_version(),
            standing_hash=standing,
            definitions_hash=dict(zip(surveys, hashes, strict=True)),
            requests=pending_requests(workspace),
        )
        night.seconds["imports"] = time.perf_counter() - clock
        with in_progress(night):
            warehouse.store_definitions(connection, list(surveys.values()))
            with timed(night, "staging and core"):
                build_tables()  # after a night that was cut off, what it took in is not in them yet
            with timed(night, "take in"):
                take_in()
            with timed(night, "staging and core"):
                build_tables(is_forced=full)
            with timed(night, "response quality"):
                for name in surveys:
                    judge_responses.judge_responses(name)
            with timed(night, "staging and core"):
                build_tables()  # again only where somebody was removed, or no longer is
            with timed(night, "figures"):
                for name in surveys:
                    protect_members.protect_members(name)
                    figures.make_figures(name)
            with timed(night, "publication and pages"):
                state = publish.publish_night()
            state = replace(state, seconds={part: round(spent, 3) for part, spent in night.seconds.items()})
    run_log.finish_work(workspace, state)
    return state


@contextmanager
def timed(night: Any, part: str) -> Iterator[None]:
    """Add the seconds of a block to a part of the night."""
    start = time.perf_counter()
    yield
    night.seconds[part] = night.seconds.get(part, 0.0) + time.perf_counter() - start
