"""The command `panel`: parse, call, exit code."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from flows import commands, statistics_commands, statistics_options
from flows.arguments import ArgumentParser
from pipeline.errors import PanelError, storage_error
from pipeline.quiet_end import drop_leak_notices

BUG = 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1, 2, 3, 4, 5 or 70; `panel --help` says what each means."""
    drop_leak_notices()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is there: its threads spin on our small matrices
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except PanelError as error:
        return _tell(error, options)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("stopped; nothing is lost, the next run finishes the work", file=sys.stderr)
        return 130
    except OSError as error:
        return _tell(storage_error(error), options)
    except Exception:
        traceback.print_exc()
        print("panel: this is a bug, not your mistake; please report the lines above.", file=sys.stderr)
        return BUG


def _tell(error: PanelError, options: argparse.Namespace) -> int:
    """Print what went wrong, and return the exit code that says so."""
    if options.debug:
        traceback.print_exc()
    print(f"panel {options.command}: {error}", file=sys.stderr)
    return error.exit_code


Subparsers = argparse._SubParsersAction  # argparse has no public name for it


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="panel",
        description="A Citizens' Panel's data work: deliveries in, weighted estimates and newsletters out.",
        epilog="Exit codes: 0 done, 1 done but a wave is held or a check failed, 2 wrong usage, 3 bad input, "
        "4 statistically impossible, 5 another run holds the workspace, 70 a bug.",
    )
    parser.add_argument("--version", action="version", version=f"citizens-panel {version('citizens-panel')}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_making(subparsers)
    _add_nights(subparsers)
    _add_releases(subparsers)
    _add_reading(subparsers)
    _add_register(subparsers)
    _add_statistics(subparsers)
    return parser


def _add_making(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the commands that make a workspace."""
    demo = _add(
        subparsers,
        "demo",
        commands.demo,
        "make a simulated panel and run the nightly flow on it",
        "panel demo",
    )
    demo.add_argument("dir", nargs="?", type=Path, default=Path("demo-panel"), metavar="DIR")
    demo.add_argument("--members", type=int, default=3000, help="people recruited (default 3000)")
    demo.add_argument("--waves", type=int, default=8, help="waves, the last one in the field (default 8)")
    demo.add_argument("--seed", type=int, default=1, help="the same seed makes the same panel (default 1)")
    _add_today(demo)
    init = _add(
        subparsers,
        "init",
        commands.init,
        "make a new workspace from a survey template",
        "panel init gss --template gss_panel --deliveries exports/gss_panel_2006",
    )
    init.add_argument("dir", type=Path, metavar="DIR")
    init.add_argument("--template", required=True, metavar="NAME", help="a survey under surveys/")
    init.add_argument(
        "--deliveries", type=Path, metavar="FOLDER", help="files of it that a definition names are taken in"
    )

    draft = _add(
        subparsers,
        "draft-definition",
        commands.draft_definition,
        "write a first items.yml and wave file from an export's own labels and codes",
        "panel draft-definition export.sav --wave w01 --out my-panel/surveys/my_survey",
    )
    draft.add_argument("file", type=Path, metavar="FILE")
    draft.add_argument("--codebook", type=Path, metavar="FILE", help="the file that describes the columns")
    draft.add_argument("--wave", help="its name (default: w01, or the one after the survey's newest)")
    draft.add_argument("--survey", help="draft a further wave of this survey: items asked again keep their ids")
    draft.add_argument("--workspace", type=Path, default=Path(), metavar="DIR", help="of --survey (default: here)")
    draft.add_argument("--write", action="store_true", help="with --survey: write the wave, and add new items")
    draft.add_argument("--out", type=Path, metavar="DIR", help="the survey's folder (default: print them)")
    _add_adopt(subparsers)


def _add_adopt(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the command that makes a workspace out of what a panel has."""
    adopt = _add(
        subparsers,
        "adopt",
        commands.adopt,
        "make a workspace of an existing panel: its member list and past exports",
        "panel adopt my-panel --members members.csv --export wave1.csv --export wave2.csv --margins population.csv",
    )
    adopt.add_argument("dir", type=Path, metavar="DIR")
    adopt.add_argument("--members", type=Path, metavar="LIST", help="the member list; without it, those who answered")
    adopt.add_argument("--export", type=Path, required=True, action="append", metavar="FILE", help="one for each wave")
    adopt.add_argument(
        "--codebook", type=Path, action="append", default=[], metavar="FILE", help="of each export, in their order"
    )
    adopt.add_argument(
        "--crosswalk", type=Path, metavar="FILE", help="which ids of different waves are one person's: a column a wave"
    )
    adopt.add_argument(
        "--margins",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="population totals: margin,category,persons, or a published table; may be given several times",
    )
    adopt.add_argument("--area", help="the area whose totals to take from published tables, by name or code")
    adopt.add_argument("--title", help="the panel's name (default: the folder's)")
    adopt.add_argument("--no-night", action="store_true", help="make the workspace, and run no night on it")
    _add_today(adopt)


def _add_nights(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the commands that run, schedule and watch nights."""
    nightly = _add(subparsers, "nightly", commands.nightly, "run one night now", "panel nightly demo-panel")
    _add_dir(nightly)
    nightly.add_argument("--full", action="store_true", help="do everything again, also what is unchanged")
    _add_clock(nightly)
    serve = _add(
        subparsers,
        "serve",
        commands.serve,
        "schedule the nightly runs with Prefect until stopped",
        'panel serve demo-panel --cron "0 2 * * *"',
    )
    serve.add_argument("dirs", nargs="*", type=Path, default=[Path()], metavar="DIR")
    serve.add_argument("--cron", help="the schedule, in the workspace's time zone (default: panel.toml's)")
    serve.add_argument("--port", type=int, help="loopback port of the Prefect server (default: a free one)")
    check = _add(
        subparsers,
        "check",
        commands.check,
        "read and validate a delivery, changing nothing",
        "panel check w03.csv --survey citizens_panel --wave w03",
    )
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("--survey", required=True)
    check.add_argument("--wave", required=True, help="a wave, or 'roster' for the member list")
    check.add_argument("--part", default="", help="of a wave in parts, such as web; else told from the file's name")
    check.add_argument("--workspace", type=Path, default=Path(), metavar="DIR")
    status = _add(subparsers, "status", commands.status, "tell the last runs, held waves and response", "panel status")
    _add_dir(status)
    status.add_argument("--json", action="store_true")
    _add_clock(status)


def _add_releases(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the commands that let figures out."""
    for name, run, about in (
        ("finalise", commands.finalise, "close fieldwork of a wave and freeze it as a release"),
        ("approve", commands.approve, "let the newsletter of a final wave out"),
        ("correct", commands.correct, "replace a release by a corrected one with a notice"),
    ):
        command = _add(subparsers, name, run, about, f"panel {name} --survey citizens_panel --wave w03")
        _add_dir(command)
        _add_wave(command)
        _add_clock(command)
        if name == "approve":
            command.add_argument(
                "--embargo",
                metavar="TIME",
                help="let it out only then, 'YYYY-MM-DD HH:MM' where the panel is; 'now' ends an embargo",
            )
        if name == "correct":
            command.add_argument("--notice", required=True, help="what readers are told about the correction")


def _add_reading(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the commands that read what is published."""
    sql = _add(
        subparsers,
        "sql",
        commands.sql,
        "run a query read-only on the published file",
        'panel sql "from retention" demo-panel --format csv',
    )
    sql.add_argument("query", metavar="QUERY")
    _add_dir(sql)
    sql.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    sql.add_argument("--out", type=Path, metavar="FILE")
    _add_export(subparsers)
    report = _add(
        subparsers,
        "report",
        commands.report,
        "make a report again from what is published",
        "panel report newsletter --survey citizens_panel --wave w03",
    )
    kinds = ("newsletter", "tables", "methods", "explorer", "codebook", "attrition", "trends")
    report.add_argument("kind", choices=kinds, metavar="KIND", help=", ".join(kinds))
    _add_dir(report)
    report.add_argument("--survey", help="of a newsletter, tables, methods or attrition")
    report.add_argument("--wave", help="of a newsletter, tables or methods")


def _add_export(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the command that writes the published answers for other tools."""
    export = _add(
        subparsers,
        "export",
        commands.export,
        "write the published answers, with labels and weights, as a file of another tool",
        "panel export demo-panel --survey citizens_panel --wave w03 --format spss",
    )
    _add_dir(export)
    export.add_argument("--survey", required=True)
    export.add_argument("--wave", help="one wave (default: all of them, a row for each respondent and wave)")
    export.add_argument(
        "--format", required=True, choices=("spss", "stata", "parquet", "csv", "ddi", "triple-s", "r"), help="the tool"
    )
    export.add_argument("--replicates", action="store_true", help="the replicate weights too, a column each")
    export.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="(default: this folder)")


def _add_register(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the commands about who the members are."""
    refresh = _add(
        subparsers,
        "refresh-plan",
        commands.refresh_plan,
        "plan a refreshment: whom to chase, how many to recruit by age group",
        "panel refresh-plan demo-panel --survey citizens_panel --joining all=0.12",
    )
    _add_dir(refresh)
    refresh.add_argument("--survey", required=True)
    refresh.add_argument(
        "--waves", type=int, metavar="N", help="waves until the next refresh (default: those of a year)"
    )
    refresh.add_argument("--active", type=int, metavar="N", help="active members wanted then (default: as many as now)")
    refresh.add_argument(
        "--joining",
        action="append",
        default=[],
        metavar="GROUP=SHARE",
        help="of those invited who join, by group or all=SHARE (default: as the survey declares its recruitments)",
    )
    refresh.add_argument("--format", choices=("text", "json", "csv"), default="text")
    refresh.add_argument("--out", type=Path, metavar="FILE", help="write the plan there")
    refresh.add_argument("--chase", type=Path, metavar="CSV", help="write who is active and missed the newest wave")


def _add_statistics(subparsers: "Subparsers[ArgumentParser]") -> None:
    """Add the statistics on a file, which need no workspace."""
    for name, run, add_options, about, example in (
        (
            "weight",
            statistics_commands.weight,
            statistics_options.add_weight,
            "weight the rows of a data file to population totals",
            "panel weight survey.sav --targets targets.csv --out weighted.sav",
        ),
        (
            "estimate",
            statistics_commands.estimate,
            statistics_options.add_estimate,
            "estimate items of a data file, with standard errors",
            "panel estimate weighted.sav --item trust --by age_group --weight weight; "
            "panel estimate weighted.sav --grid 'q8_*' --multiple 'media=q5_*' --net 'q8_1:agree=4,5' --weight weight",
        ),
        (
            "change",
            statistics_commands.change,
            statistics_options.add_change,
            "estimate the change of items between two data files",
            "panel change w1.csv w2.csv --id member --item trust --net 'agree=4,5' --weight weight",
        ),
    ):
        add_options(_add(subparsers, name, run, about, example))


def _add(
    subparsers: "Subparsers[ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
    example: str,
) -> argparse.ArgumentParser:
    command = subparsers.add_parser(
        name, help=about, description=about[0].upper() + about[1:] + ".", epilog=f"Example: {example}"
    )
    command.set_defaults(run=run)
    command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return command


def _add_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "dir",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the workspace (default: this folder)",
    )


def _add_wave(command: argparse.ArgumentParser) -> None:
    command.add_argument("--survey", required=True)
    command.add_argument("--wave", required=True)


def _add_today(command: argparse.ArgumentParser) -> None:
    command.add_argument("--today", type=_day, metavar="YYYY-MM-DD", help="take this as today's date")


def _add_clock(command: argparse.ArgumentParser) -> None:
    _add_today(command)
    command.add_argument("--now", metavar="TIME", help="take this as the present moment, 'YYYY-MM-DD HH:MM'")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a date such as 2026-11-23") from None


if __name__ == "__main__":
    sys.exit(main())
