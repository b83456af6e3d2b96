"""What the statistics on a file do: read what is needed, compute, write. Heavy modules are imported in here."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.data_tables.answers import Answer
    from pipeline.data_tables.calibration import CalibrationColumns
    from pipeline.data_tables.design import DesignColumns
    from pipeline.data_tables.questions import Question
    from pipeline.data_tables.replicate_columns import ReplicateColumns
    from pipeline.data_tables.weights import TableWeights
    from pipeline.weighting.replicate_factors import ReplicatePlan

DEFAULT_REPLICATES = {"bootstrap": 500, "jkgroups": 100}


def weight(options: argparse.Namespace) -> int:
    """Weight the rows of a file to population totals; print what came of it, write the weights."""
    from pipeline.data_files import read_table, refuse_unwritable
    from pipeline.data_tables.design import DesignColumns
    from pipeline.data_tables.weights import table_weights

    if options.out is not None:
        refuse_unwritable(options.out, options.data)
    _refuse_picture(options.picture)
    plan = _replicate_plan(options)
    calibration = _calibration(options, options.targets)
    columns = DesignColumns(
        strata=options.strata,
        psu=options.psu,
        fpc=options.fpc,
        lonely_psu=options.lonely_psu,
        calibration=calibration,
    )
    table = read_table(
        options.data, lambda known: _present(columns.columns, calibration, known), missing=frozenset(options.missing)
    )
    made = table_weights(table, calibration, columns, plan)
    notes = [*made.notes, *(_write_weights(options, made) if options.out is not None else [])]
    if options.picture is not None:
        _draw(options.picture, made, table.name)
    _print_weights(options, made, table.name, notes)
    return 0


def estimate(options: argparse.Namespace) -> int:
    """Estimate items of a file, each with its standard error and interval."""
    from pipeline.data_files import read_table
    from pipeline.data_tables.answers import table_estimates

    question = replace(
        _question(options),
        denominator=options.denominator,
        quantiles=options.quantile or (0.5,),
        interval=options.interval,
    )
    _refuse_misfit(options)
    columns, replicates = _design(options), _replicate_columns(options)
    table = read_table(
        options.data,
        lambda known: _needed(columns, question, None, known, options.data.name),
        missing=frozenset(options.missing),
        later=None if replicates is None else lambda known: replicates.columns(known, options.data.name),
    )
    answer = table_estimates(table, question, columns, replicates)
    _print_answer(options, answer, "estimates_text", [options.data])
    return 0


def change(options: argparse.Namespace) -> int:
    """Estimate the change of items from one file to another."""
    from pipeline.analysis_plans import WITHIN_PERSON
    from pipeline.data_files import read_table
    from pipeline.data_tables.answers import table_changes
    from pipeline.data_tables.design import DesignColumns

    question = _question(options)
    _refuse_misfit(options)
    columns, replicates = _design(options), _replicate_columns(options)
    is_within = options.kind == WITHIN_PERSON
    tables = []
    for path, is_first in ((options.first, True), (options.second, False)):
        bare = is_within and is_first  # the answers of the first table are put beside the second's weights
        wanted = DesignColumns() if bare else columns
        asked = replace(question, by=()) if bare else question

        def choose(
            known: list[str],
            wanted: DesignColumns = wanted,
            asked: "Question" = asked,
            path: Path = path,
            bare: bool = bare,
        ) -> list[str]:
            return [options.id, *_needed(wanted, asked, None if bare else replicates, known, path.name)]

        tables.append(read_table(path, choose, missing=frozenset(options.missing)))
    answer = table_changes(tables, question, columns, person=options.id, kind=options.kind, replicates=replicates)
    _print_answer(options, answer, "changes_text", [options.first, options.second])
    return 0


def _question(options: argparse.Namespace) -> "Question":
    """Return what is asked, without what only estimates have.

    Raises:
        UsageError: nothing is asked, or what belongs to answers is asked of numbers.
    """
    from pipeline.data_tables.multiple import multiple_of
    from pipeline.data_tables.nets import net_of
    from pipeline.data_tables.questions import CATEGORICAL, Question

    if not (options.item or options.grid or options.multiple):
        raise UsageError("nothing is asked: give --item COL, --grid 'q8_*' or --multiple 'q5_*'.")
    of_answers = [name for name in ("net", "multiple") if getattr(options, name)]
    if of_answers and options.stat not in CATEGORICAL:
        raise UsageError(f"--{of_answers[0]} is about answers: use --stat {' or '.join(CATEGORICAL)}.")
    if options.chosen and not options.multiple:
        raise UsageError("--chosen says what chosen is in --multiple 'q5_*': give both.")
    return Question(
        options.item,
        options.by,
        options.stat,
        confidence=options.confidence,
        grids=options.grid,
        multiples=[multiple_of(text) for text in options.multiple],
        chosen_codes=options.chosen,
        nets=[net_of(text) for text in options.net],
    )


def _replicate_plan(options: argparse.Namespace) -> "ReplicatePlan | None":
    """Return which replicates to make; None if none are asked for."""
    from pipeline.weighting.replicate_factors import ReplicatePlan

    if options.replicates is None and options.replicate_type is None:
        return None
    kind = options.replicate_type or "bootstrap"
    if kind not in DEFAULT_REPLICATES and options.replicates is not None:
        raise UsageError(f"--replicate-type {kind} makes as many replicates as the design asks for: drop --replicates.")
    n_replicates = options.replicates or DEFAULT_REPLICATES.get(kind, 0)
    if kind in DEFAULT_REPLICATES and n_replicates < 2:
        raise UsageError("--replicates 1 cannot give a variance, expected 2 or more.")
    return ReplicatePlan(kind, n_replicates, options.seed, options.fay)


def _calibration(options: argparse.Namespace, targets: Path) -> "CalibrationColumns":
    """Return what to calibrate to, and how."""
    from pipeline.data_files import read_targets
    from pipeline.data_tables.calibration import CalibrationColumns
    from pipeline.data_tables.targets import refuse_method_without_use, target_totals
    from pipeline.weighting.calibration import CalibrationOptions
    from pipeline.weighting.trimming import Trimming

    totals = target_totals(read_targets(targets), targets.name)
    refuse_method_without_use(options.method, options.bounds, totals)
    return CalibrationColumns(
        totals,
        options.base_weight,
        CalibrationOptions(
            options.method,
            options.bounds,
            tolerance=options.tolerance,
            max_iterations=options.max_iterations,
            reconcile_to=options.reconcile_to,
        ),
        Trimming(options.trim, options.trim_ratio) if options.trim or options.trim_ratio else None,
        options.missing_margins,
        options.scale_base_weight,
    )


def _design(options: argparse.Namespace) -> "DesignColumns":
    """Return the columns that describe the design of estimates."""
    from pipeline.data_tables.design import DesignColumns

    is_calibrated = options.calibrated_to is not None
    return DesignColumns(
        options.weight,
        options.strata,
        options.psu,
        options.fpc,
        options.lonely_psu,
        _calibration(options, options.calibrated_to) if is_calibrated else None,
    )


def _replicate_columns(options: argparse.Namespace) -> "ReplicateColumns | None":
    from pipeline.data_tables.replicate_columns import ReplicateColumns

    if options.replicate_weights is None:
        return None
    kind = options.replicate_type or "bootstrap"
    return ReplicateColumns(options.replicate_weights, kind, options.fay, options.centre)


def _refuse_misfit(options: argparse.Namespace) -> None:
    """Raise a UsageError for options that mean nothing together."""
    is_ratio = options.stat == "ratio"
    if is_ratio != (getattr(options, "denominator", None) is not None):
        raise UsageError("--stat ratio and --denominator X go together.")
    if getattr(options, "quantile", None) and options.stat != "quantile":
        raise UsageError("--quantile is for --stat quantile.")
    if options.base_weight is not None and options.calibrated_to is None:
        raise UsageError("--base-weight says what is calibrated: give --calibrated-to TARGETS.csv, or use --weight.")
    if options.scale_base_weight and options.calibrated_to is None:
        raise UsageError("--scale-base-weight is of a calibration: give --calibrated-to TARGETS.csv.")
    if options.replicate_weights is not None and options.calibrated_to is not None:
        raise UsageError("--replicate-weights and --calibrated-to are two ways to one variance: choose one.")
    if options.replicate_type is not None and options.replicate_weights is None:
        raise UsageError("--replicate-type needs --replicate-weights 'replicate_*'.")
    _refuse_output(options)


def _present(wanted: Sequence[str], calibration: "CalibrationColumns", known: Sequence[str]) -> list[str]:
    """Return the columns wanted, without margins that the data lacks: those are named as faults of the targets."""
    margins = set(calibration.totals.columns) - set(known)
    return [column for column in wanted if column not in margins]


def _needed(
    columns: "DesignColumns",
    question: "Question",
    replicates: "ReplicateColumns | None",
    known: Sequence[str],
    name: str,
) -> list[str]:
    """Return all columns of a file that estimates need."""
    wanted = columns.columns
    if columns.calibration is not None:
        wanted = _present(wanted, columns.calibration, known)
    return [
        *wanted,
        *question.columns(known, name),
        *(replicates.columns(known, name) if replicates is not None else []),
    ]


def _write_weights(options: argparse.Namespace, made: "TableWeights") -> list[str]:
    """Write the data with its weights, and return what could not stay as it was."""
    from pipeline.data_files import NewColumns, write_with_columns

    return write_with_columns(options.data, options.out, NewColumns(made.column_names, made.columns))


def _refuse_picture(picture: Path | None) -> None:
    if picture is None:
        return
    if picture.suffix.lower() not in {".svg", ".png"}:
        raise UsageError(f"--picture {picture}: expected a name that ends in .svg or .png.")
    _refuse_no_folder("--picture", picture)


def _refuse_no_folder(option: str, path: Path) -> None:
    """Raise a UsageError for a file whose folder is not there, before any work is done."""
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: there is no folder {path.absolute().parent}. Make it first.")


def _refuse_output(options: argparse.Namespace) -> None:
    """Raise a UsageError where the answer cannot be written as asked."""
    if options.out is None:
        if options.format == "xlsx":
            raise UsageError("--format xlsx needs --out FILE.xlsx.")
        return
    _refuse_no_folder("--out", options.out)
    is_excel = options.out.suffix.lower() == ".xlsx"
    if is_excel != (options.format == "xlsx"):
        raise UsageError(f"--out {options.out} and --format {options.format} do not fit: a name in .xlsx is Excel's.")


def _draw(picture: Path, made: "TableWeights", name: str) -> None:
    from reports.weight_picture import Distribution, as_png, weight_picture

    svg = weight_picture(Distribution(**made.histogram()), name)
    if picture.suffix.lower() == ".png":
        picture.write_bytes(as_png(svg))
    else:
        picture.write_text(svg, encoding="utf-8")


def _print_weights(options: argparse.Namespace, made: "TableWeights", name: str, notes: Sequence[str]) -> None:
    """Print the readable table, or one JSON object with the notes beside it on standard error."""
    from reports.statistics_text import replicates_text, small_categories_text, weights_text

    warnings = [*notes, *small_categories_text(made.small_categories)]
    if options.json:
        print(json.dumps(made.summary(), indent=1, ensure_ascii=False))
        _tell(warnings)
        return
    print(weights_text(made.summary(), name, made.base_weight.size))
    if made.replicates is not None:
        print(replicates_text(made.replicates.kind, made.replicates.n_replicates, made.replicates.seed))
    for line in warnings:
        print(f"Note: {line}.")
    written = [str(path) for path in (options.out, options.picture) if path is not None]
    print(f"Written: {', '.join(written)}." if written else "Nothing is written: give --out OUT.parquet, .csv or .sav.")


def _print_answer(options: argparse.Namespace, answer: "Answer", text: str, files: Sequence[Path]) -> None:
    """Print rows in the format asked for, or write them; what is left out goes to standard error."""
    from reports import statistics_text
    from reports.query_output import as_csv, as_json

    _tell(answer.notes)
    if options.format == "xlsx":
        from pipeline.data_files import write_rows_to

        write_rows_to(options.out, answer.rows)
        return
    if options.format == "table":
        written = getattr(statistics_text, text)(answer.rows, [path.name for path in files], options.confidence)
    else:
        written = {"csv": as_csv, "json": as_json}[options.format](answer.rows)
    _write(written, options.out)


def _write(text: str, out: "Path | None") -> None:
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")


def _tell(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"Note: {note}.", file=sys.stderr)
