"""The night in progress: what every task of it shares, kept out of Prefect's parameters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar, cast

import polars as pl

from pipeline import warehouse
from pipeline.crosswalk import People
from pipeline.definitions import Survey
from pipeline.requests import Request
from pipeline.settings import Workspace
from pipeline.step_inputs import Declared
from reports.published import Read

Parameter = TypeVar("Parameter")


@dataclass
class Night:
    """One run: where it works, what it was given, and what it has found so far."""

    workspace: Workspace
    connection: Any  # of pipeline.warehouse
    surveys: dict[str, Survey]
    run_id: str
    started_at: datetime  # UTC
    today: date
    now: datetime  # UTC; what embargoes are held against
    is_full: bool
    code_version: str
    standing_hash: str  # of definitions, settings and code, as they were when the night began
    definitions_hash: dict[str, str]  # survey: hash of its folder
    requests: list[Request] = field(default_factory=list)  # what people asked of waves
    waiting: dict[str, str] = field(default_factory=dict)  # file in the inbox when the night looked: its hash
    accepted: list[tuple[str, str]] = field(default_factory=list)  # survey and wave whose delivery came in tonight
    frozen: set[tuple[str, str]] = field(default_factory=set)  # survey and source in use that now breaks its rules
    problems: list[str] = field(default_factory=list)  # what tonight could not be done, and why, for people
    undone: list[str] = field(default_factory=list)  # what was asked of waves and could not be done
    waves_done: set[tuple[str, str]] = field(default_factory=set)  # survey and wave whose figures were made again
    arriving: set[tuple[str, str]] = field(default_factory=set)  # survey and source of the files that came tonight
    read_with: set[tuple[str, str, str]] = field(
        default_factory=set
    )  # survey, step and inputs of what was read tonight
    member_ids: dict[str, pl.Series] = field(default_factory=dict)  # survey: ids of the member list in use
    person_of: dict[str, dict[str, str]] = field(default_factory=dict)  # survey: alias: member it belongs to
    people: dict[str, People] = field(default_factory=dict)  # survey: who is who by its links
    seconds: dict[str, float] = field(default_factory=dict)  # part of the night: seconds
    published: Read | None = None  # what tonight's pages are made from, once it is there
    texts: dict[str, Declared] = field(default_factory=dict)  # survey: what steps depend on in its definition

    @property
    def snapshot_name(self) -> str:
        """Return the name under which tonight's published file stays."""
        return self.run_id.replace(":", "").split(".")[0]

    @property
    def to_finalise(self) -> set[tuple[str, str]]:
        """Return the survey and wave of every wave somebody asked to finalise."""
        return {(one.survey, one.wave) for one in self.requests if one.act == "finalise"}

    def declared(self, survey: str) -> Declared:
        """Return what steps depend on in a survey's definition, made once for the night."""
        return self.texts.setdefault(survey, Declared(self.surveys[survey]))

    def say(self, line: str) -> None:
        """Print one line of progress at once."""
        print(line, flush=True)


_current: ContextVar[Night] = ContextVar("night")


def current() -> Night:
    """Return the night in progress; LookupError outside one."""
    return _current.get()


@contextmanager
def in_progress(night: Night) -> Iterator[Night]:
    """Make a night the one in progress for the length of a `with` block."""
    token = _current.set(night)
    try:
        yield night
    finally:
        _current.reset(token)


def unsearched(parameter: Parameter) -> Parameter:
    """Return a task's parameter wrapped so that Prefect does not look through all of it for results of other tasks.

    The task gets it unwrapped. Definitions, members and answers are large, and grow with every wave.
    """
    from prefect.utilities.annotations import quote

    return cast(Parameter, quote(parameter))


@contextmanager
def detailed_reader(workspace: Workspace) -> Iterator[Callable[[str, Any], pl.DataFrame]]:
    """Open what is known of members in full: for tests between groups, and for those who run the panel.

    Raises:
        WorkspaceBusyError: a night is writing it.
    """
    try:
        connection = current().connection
    except LookupError:
        with warehouse.open_read_only(workspace.warehouse) as connection:
            yield warehouse.marts_reader(connection)
    else:
        yield warehouse.marts_reader(connection)
