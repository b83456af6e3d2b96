"""Estimates from one data table, and change between two: what the commands on a file print."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from pipeline.analysis_plans import NET, WITHIN_PERSON
from pipeline.data_tables.design import (
    DesignColumns,
    designs,
    labelled_weight_notes,
    refuse_lonely_strata,
    same_codes,
    with_weight,
)
from pipeline.data_tables.questions import COUNT, SHARE, Domains, Question, asked_items, domains
from pipeline.data_tables.replicate_columns import ReplicateColumns
from pipeline.data_tables.table import DataTable
from pipeline.design import SurveyDesign
from pipeline.errors import DeliveryError, EstimationError
from pipeline.estimation.change import WaveAnswers, net_change, within_person_change
from pipeline.estimation.estimates import estimate_items, estimate_quantiles, estimate_ratios, estimate_totals
from pipeline.estimation.values import DomainMask, ItemValues

STATISTICS = (SHARE, COUNT, "mean", "total", "ratio", "quantile")
USUAL_WEIGHT = "weight"
KINDS = (NET, WITHIN_PERSON)


@dataclass(frozen=True)
class Answer:
    """Rows of estimates or changes, and what the reader must know of the rows behind them."""

    rows: pl.DataFrame
    notes: list[str]


def table_estimates(
    table: DataTable, question: Question, columns: DesignColumns, replicates: ReplicateColumns | None = None
) -> Answer:
    """Return the estimates that a question asks for, with the columns of estimates.COLUMNS.

    Raises:
        UsageError: a column does not exist, or is not what the statistic needs.
        DeliveryError: design columns are missing somewhere.
        EstimationError: nobody answered, or a stratum has a single PSU under `fail`.
    """
    weighted, without_weight = with_weight(table, columns)
    design = _prepared([weighted], columns, replicates)[0]
    (asked,), answer_notes = asked_items([weighted], question)
    of = domains([weighted], question.by)[0]
    rows = _estimator(question, weighted)(design, asked, of.masks)
    _refuse_nothing(rows, table)
    weight_notes = _weight_notes(table, columns, without_weight)
    code_notes = _code_notes(weighted, question, asked)
    return Answer(rows, [*weight_notes, *answer_notes, *code_notes, *_domain_notes(weighted, of)])


def table_changes(
    tables: Sequence[DataTable],
    question: Question,
    columns: DesignColumns,
    *,
    person: str,
    kind: str = NET,
    replicates: ReplicateColumns | None = None,
) -> Answer:
    """Return the change from the first table to the second, with the kind and the columns of change.COLUMNS.

    Net change is the difference of both tables' estimates, each with its own weight; the covariance of the
    persons in both is in its standard error. Change within persons is the mean change of those who answered
    in both, with the second table's weight and design.

    Args:
        person: the column that holds the same value for a person in both tables.

    Raises:
        DeliveryError: persons are missing or twice in a table, or none is in both and within-person change is asked.
    """
    is_within = kind == WITHIN_PERSON
    weights_of = [DesignColumns() if is_within else columns, columns]
    weighted, without_weight = zip(*map(with_weight, tables, weights_of), strict=True)
    members = _members(weighted, person)
    changes = _within if is_within else _net
    rows, of, answer_notes = changes(weighted, members, question, columns, replicates)
    _refuse_nothing(rows, tables[0])
    notes = [
        note
        for table, n_without, one in zip(weighted, without_weight, of, strict=True)
        for note in (*_weight_notes(table, columns, n_without), *_domain_notes(table, one))
    ]
    notes += answer_notes
    return Answer(rows.with_columns(pl.lit(kind).alias("kind")).select("kind", *rows.columns), notes)


def _prepared(
    tables: Sequence[DataTable], columns: DesignColumns, replicates: ReplicateColumns | None
) -> list[SurveyDesign]:
    """Return the designs, with their replicate weights where there are any."""
    made = designs(tables, columns)
    if replicates is not None:
        return [replicates.added_to(design, table) for design, table in zip(made, tables, strict=True)]
    for design, table in zip(made, tables, strict=True):
        refuse_lonely_strata(table, design, columns.strata, "adjust, average or certainty")
    return made


def _estimator(question: Question, table: DataTable) -> Callable[..., pl.DataFrame]:
    """Return the function that estimates a question's statistic of a design, items and domains."""
    confidence, interval = question.confidence, question.interval
    if question.statistic == COUNT:
        return partial(_counts, confidence=confidence)
    if question.statistic == "total":
        return partial(estimate_totals, confidence=confidence)
    if question.statistic == "quantile":
        return partial(estimate_quantiles, q=question.quantiles, confidence=confidence, interval=interval)
    if question.statistic == "ratio" and question.denominator is not None:
        below = ItemValues(question.denominator, number=table.number(question.denominator))
        return lambda design, asked, masks: estimate_ratios(design, asked, below, masks, confidence=confidence)
    return partial(estimate_items, confidence=confidence, interval=interval)


def _counts(
    design: SurveyDesign, asked: Sequence[ItemValues], masks: Sequence[DomainMask], *, confidence: float
) -> pl.DataFrame:
    """Return how many people are behind each answer; the totals of answers, named for what was asked."""
    return estimate_totals(design, asked, masks, confidence=confidence).with_columns(statistic=pl.lit(COUNT))


Changes = tuple[pl.DataFrame, list[Domains], list[str]]


def _net(
    tables: Sequence[DataTable],
    members: Sequence[pl.Series],
    question: Question,
    columns: DesignColumns,
    replicates: ReplicateColumns | None,
) -> Changes:
    """Return net change, both tables' domains, and notes on the answers."""
    made = [
        replace(design, psu=member.to_numpy()) if design.psu is None else design
        for design, member in zip(_prepared(tables, columns, replicates), members, strict=True)
    ]
    (asked, notes), of = asked_items(tables, question), domains(tables, question.by)
    first, second = (
        WaveAnswers(design, member.to_numpy(), asked_of, one.masks)
        for design, member, asked_of, one in zip(made, members, asked, of, strict=True)
    )
    return net_change(first, second, confidence=question.confidence), of, notes


def _within(
    tables: Sequence[DataTable],
    members: Sequence[pl.Series],
    question: Question,
    columns: DesignColumns,
    replicates: ReplicateColumns | None,
) -> Changes:
    """Return change within persons: the second table's rows and weight, with the first's answers beside them."""
    first, second = tables
    design = _prepared([second], columns, replicates)[0]
    row_of = dict(zip(members[0].to_list(), range(first.n), strict=True))
    matched = [row_of.get(member) for member in members[1].to_list()]
    if all(row is None for row in matched):
        raise DeliveryError(f"nobody is in both {first.name} and {second.name}. Check --id.")
    beside = replace(first, frame=first.frame[pl.Series(matched, dtype=pl.UInt32)])
    (before, after), notes = asked_items([beside, second], question)
    of = domains([second], question.by)[0]
    rows = within_person_change(design, before, after, of.masks, confidence=question.confidence)
    return rows, [Domains([], {}), of], notes


def _members(tables: Sequence[DataTable], person: str) -> list[pl.Series]:
    """Return the persons of each table as codes that mean the same in both.

    Raises:
        DeliveryError: somebody has no id, or has rows twice.
    """
    texts = [table.text(person).cast(pl.String) for table in tables]
    for table, text in zip(tables, texts, strict=True):
        n_missing, n_again = text.null_count(), text.len() - text.n_unique()
        if n_missing:
            raise DeliveryError(f"{table.name}: '{person}' is missing in {n_missing} rows. Every person needs one.")
        if n_again:
            raise DeliveryError(f"{table.name}: '{person}' repeats in {n_again} rows, expected one row per person.")
    return same_codes(texts)


def _refuse_nothing(rows: pl.DataFrame, table: DataTable) -> None:
    """Raise where no domain has an answer."""
    if not rows.height:
        raise EstimationError(f"{table.name}: nobody who carries weight answered, so there is nothing to estimate.")


def _weight_notes(table: DataTable, columns: DesignColumns, n_without: int) -> list[str]:
    """Return how many rows hold no weight, or that a weight of the file is not used."""
    name = columns.weight or (columns.calibration.base_weight if columns.calibration else None)
    if name is None and columns.calibration is None and USUAL_WEIGHT in table.file_columns:
        return [f"{table.name}: everyone counts once; its column '{USUAL_WEIGHT}' is used with --weight {USUAL_WEIGHT}"]
    notes = labelled_weight_notes(table, name) if name in table.frame.columns else []
    if n_without:
        notes.append(f"{table.name}: {n_without} rows without a weight ('{name}') belong to no estimate")
    return notes


def _code_notes(table: DataTable, question: Question, asked: Sequence[ItemValues]) -> list[str]:
    """Return which totals add up codes of answers."""
    labelled = [item.item for item in asked if question.statistic == "total" and table.is_labelled(item.item)]
    return [
        f"{table.name}: the total of '{item}' adds up the codes of its answers; people are counted with --stat {COUNT}"
        for item in labelled
    ]


def _domain_notes(table: DataTable, of: Domains) -> list[str]:
    """Return how many rows belong to no value of each domain."""
    return [
        f"{table.name}: '{domain}' is missing in {n} rows, which are in none of its values"
        for domain, n in of.n_missing.items()
        if n
    ]
