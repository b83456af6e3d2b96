"""What each workspace command does; heavy modules are imported where they are needed, so that the rest is quick."""

import argparse
import json
import sys
import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

from pipeline import local_time, run_log
from pipeline.errors import UsageError
from pipeline.lock import hold
from pipeline.run_log import NightState
from pipeline.settings import Workspace, read_workspace

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


REPORT_FILES = {"newsletter": "newsletter.html", "tables": "tables.xlsx", "methods": "methods.html"}


def nightly(options: argparse.Namespace) -> int:
    """Run one night now; a night with nothing new ends before anything slow is imported."""
    workspace = read_workspace(options.dir)
    return _tell(night_state(workspace, clock_of(workspace, options), full=options.full))


def run_night(workspace: Workspace, *, today: date | None = None) -> int:
    """Run the nightly flow on a workspace, print what came of it, and return the exit code."""
    return _tell(night_state(workspace, local_time.clock(workspace.time_zone, today)))


def clock_of(workspace: Workspace, options: argparse.Namespace) -> tuple[date, datetime]:
    """Return the date and the moment that the options --today and --now give, else those that are."""
    now = local_time.moment(options.now, workspace.time_zone, what="--now") if options.now else None
    return local_time.clock(workspace.time_zone, options.today, now)


def _tell(state: NightState) -> int:
    """Print how a night left the workspace, and return the exit code that says so."""
    if state.held:
        print("Held, or not done, and why:")
        print("\n".join(f"  - {line}" for line in state.held))
    print("\n".join(state.summary))
    return 1 if state.held else 0


def night_state(workspace: Workspace, clock: tuple[date, datetime], *, full: bool = False) -> NightState:
    """Run the nightly flow, unless there is nothing new, and return the state it leaves."""
    started, (today, now) = datetime.now(UTC), clock
    with hold(workspace):
        state = None if full else run_log.state_if_nothing_new(workspace, today, now)
        if state is not None:
            run_log.append_quiet_run(workspace, started, today)
    if state is None:
        from flows import environment

        environment.prepare(workspace)
        from flows.nightly import nightly as nightly_flow

        warm_up()
        state = nightly_flow(str(workspace.root), full=full, today=today.isoformat(), now=now.isoformat())
        return cast(NightState, state)
    print("Nothing new since the last run: nothing was changed.")
    return state


def warm_up() -> None:
    """Import Great Expectations beside the start of Prefect's server, as the two take equally long."""
    from pipeline.validation import import_seconds

    threading.Thread(target=import_seconds, daemon=True).start()


def demo(options: argparse.Namespace) -> int:
    """Make a workspace with a simulated panel and run the nightly flow on it."""
    from flows.demo import make_demo

    today = options.today or date.today()
    workspace = make_demo(options.dir, members=options.members, waves=options.waves, seed=options.seed, today=today)
    return run_night(workspace, today=options.today)


def init(options: argparse.Namespace) -> int:
    """Make a new workspace from a survey under surveys/."""
    from flows.workspaces import make_workspace

    taken, ignored = make_workspace(options.dir, options.template, options.deliveries)
    print(f"{options.dir}: a new workspace from the template '{options.template}'.")
    if options.deliveries:
        print(f"Deliveries the first nightly run will take in: {', '.join(taken) or 'none'}.")
        if ignored:
            print(f"Ignored, as no definition names them: {', '.join(ignored)}.")
    print("Nothing becomes public before `panel approve`: auto_approve in panel.toml is false.")
    print(
        f"Sponsor, contact and methods that newsletters and methods sheets tell are the template's: write yours under "
        f"'statement' and 'methods_note' of {options.dir / 'surveys' / options.template / 'survey.yml'}."
    )
    print(f"Next: panel nightly {options.dir}")
    return 0


def draft_definition(options: argparse.Namespace) -> int:
    """Write a first items.yml and wave file from an export's own labels and codes, or a further wave of a survey."""
    if options.survey is not None:
        from flows.draft_wave import draft_next_wave

        print(
            draft_next_wave(
                options.file,
                codebook=options.codebook,
                survey_name=options.survey,
                wave=options.wave,
                root=options.workspace,
                is_written=options.write,
            )
        )
        return 0
    from flows.draft import draft_definition as drafted

    wave = options.wave or "w01"
    text = drafted(options.file, codebook=options.codebook, wave=wave, out=options.out)
    print(text if options.out is None else f"Written: {options.out / 'items.yml'}, {wave}.yml. Read them through.")
    return 0


def adopt(options: argparse.Namespace) -> int:
    """Make a workspace of an existing panel, tell what a person must decide, and run the first night."""
    from flows.adopt import Given
    from flows.adopt import adopt as adopted
    from pipeline.adoption.decisions import decision_lines

    given = Given(
        members=options.members,
        exports=tuple(options.export),
        codebooks=tuple(options.codebook),
        margins=tuple(options.margins),
        area=options.area,
        title=options.title,
        crosswalk=options.crosswalk,
    )
    workspace, decisions = adopted(options.dir, given, options.today or date.today())
    print("\n".join([f"{options.dir}: to decide (also in DECISIONS.md):", *decision_lines(decisions)]))
    if options.no_night:
        print(f"Next: panel nightly {options.dir}")
        return 0
    return run_night(workspace, today=options.today)


def serve(options: argparse.Namespace) -> int:
    """Schedule the nightly runs until stopped."""
    from flows.serve import serve_workspaces

    serve_workspaces([read_workspace(one) for one in options.dirs], cron=options.cron, port=options.port)
    return 0


def check(options: argparse.Namespace) -> int:
    """Read and validate one delivery without changing anything."""
    from flows.check import check_file

    return check_file(options.file, options.survey, options.wave, options.workspace, options.part)


def status(options: argparse.Namespace) -> int:
    """Print the last runs, what is held, what is in the field, what is published."""
    from flows.status import status_of, status_text

    workspace = read_workspace(options.dir)
    found = status_of(workspace, today=clock_of(workspace, options)[0])
    print(json.dumps(found, indent=1) if options.json else status_text(found))
    return 0


def finalise(options: argparse.Namespace) -> int:
    """Close fieldwork of a wave and freeze it as a release."""
    return _release("finalise", options)


def approve(options: argparse.Namespace) -> int:
    """Let the newsletter of a final wave out, at once or when its embargo is over."""
    return _release("approve", options)


def correct(options: argparse.Namespace) -> int:
    """Replace a release by a corrected one with a notice."""
    return _release("correct", options)


def _release(act: str, options: argparse.Namespace) -> int:
    from flows.workspaces import find_survey, refuse_unknown_wave
    from pipeline.requests import add_request

    workspace = read_workspace(options.dir)
    refuse_unknown_wave(find_survey(workspace, options.survey), options.wave)
    clock = clock_of(workspace, options)
    about = {"notice": getattr(options, "notice", ""), "embargo": _embargo(workspace, options, clock[1])}
    with hold(workspace):
        add_request(workspace, act, options.survey, options.wave, **about)
    state = night_state(workspace, clock)
    exit_code = _tell(state)
    if state.undone:
        raise UsageError(" ".join(state.undone))
    return exit_code


def _embargo(workspace: Workspace, options: argparse.Namespace, now: datetime) -> str:
    """Return the embargo that an approval was given, in UTC; "now" and every past time are over; "" for none given."""
    text = getattr(options, "embargo", None)
    if not text:
        return ""
    until = now if text == "now" else local_time.moment(text, workspace.time_zone, what="--embargo")
    return until.isoformat()


def sql(options: argparse.Namespace) -> int:
    """Run a query read-only on the published file."""
    from pipeline.warehouse import answer
    from reports.query_output import write_rows

    workspace = read_workspace(options.dir)
    write_rows(answer(workspace.published_file, options.query), options.format, options.out)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write the published answers, with labels and weights, as a file of another tool."""
    from pipeline.exchange.writing import write_export
    from pipeline.warehouse import connect_published, read
    from reports.export_data import export_data

    workspace = read_workspace(options.dir)
    with connect_published(workspace.published_file) as connection:

        def rows(sql: str, parameters: list[object]) -> "pl.DataFrame":
            return read(connection, sql, parameters)

        data = export_data(rows, options.survey, options.wave, with_replicates=options.replicates)
    files, notes = write_export(data, options.format, options.out)
    print("\n".join([*(str(file) for file in files), *(f"note: {note}" for note in (*notes, *data.notes[1:]))]))
    return 0


def report(options: argparse.Namespace) -> int:
    """Make a report again from what is published."""
    from flows import environment

    workspace = read_workspace(options.dir)
    if not workspace.published_file.exists():
        raise UsageError(f"{workspace.published_file}: nothing is published yet. Run `panel nightly` first.")
    environment.prepare(workspace)
    print(_written_report(workspace, options))
    return 0


def _written_report(workspace: Workspace, options: argparse.Namespace) -> "Path | str":
    """Make a report and return where it is."""
    from flows.pages import write_codebook, write_explorer, write_newsletter

    if options.kind in ("explorer", "codebook"):
        write = write_explorer if options.kind == "explorer" else write_codebook
        return write(workspace) or "No wave is let out yet: run panel approve, then try again."
    if options.kind in ("attrition", "trends"):
        return _written_of_survey(workspace, options)
    from flows.workspaces import find_survey, refuse_unknown_wave

    if not (options.survey and options.wave):
        raise UsageError(f"panel report {options.kind} needs --survey and --wave.")
    refuse_unknown_wave(find_survey(workspace, options.survey), options.wave)
    page = write_newsletter(workspace, options.survey, options.wave)
    return page.with_name(REPORT_FILES[options.kind])


def _written_of_survey(workspace: Workspace, options: argparse.Namespace) -> "Path | str":
    """Make a page on all waves of a survey and return where it is."""
    from flows.pages import write_attrition, write_trend_report
    from flows.workspaces import find_survey

    if not options.survey:
        raise UsageError(f"panel report {options.kind} needs --survey.")
    find_survey(workspace, options.survey)
    if options.kind == "trends":
        return write_trend_report(workspace, options.survey) or "No wave is let out yet: run panel approve."
    return write_attrition(workspace, options.survey) or "Nothing is known of who leaves yet: no wave is over."


def refresh_plan(options: argparse.Namespace) -> int:
    """Plan a refreshment from the published file, and say whom to chase until then."""
    from flows.refresh import Asked, planned, shares_by_group, write_absent, written

    if options.active is not None and options.active < 1:
        raise UsageError(f"--active {options.active}: expected 1 active member or more.")
    asked = Asked(options.waves, options.active, shares_by_group(options.joining))
    plan = planned(read_workspace(options.dir), options.survey, asked)
    text = written(plan, options.format)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
        print(f"Written: {options.out}")
    else:
        print(text, end="")
    if options.chase:
        write_absent(plan, options.chase)
        print(f"Written: {options.chase}, {plan.absent.height:,} members", file=sys.stderr)
    return 0
