"""The only user of Great Expectations: rules become a suite, the suite runs on DuckDB, a report comes back.

Great Expectations decides which rules a delivery breaks. It caps the counts of what it found, so the rows behind
a broken rule are looked up in the delivery itself; the two must agree.
"""

import logging
import math
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

from pipeline.definitions import MAILINGS
from pipeline.quiet_end import drop_leak_notices
from pipeline.rules import Rule
from pipeline.validation.broken import broken, n_checked
from pipeline.validation.membership import ELSEWHERE, TOO_LATE, UNINVITED
from pipeline.validation.messages import message
from pipeline.validation.report import RuleResult, ValidationReport
from pipeline.validation.rows import (
    DeliveredRows,
    DeliveryToValidate,
    delivered_rows,
)
from pipeline.validation.same_person import here_name, margin_name, there_name
from pipeline.validation.suite import COLUMN_CODES, expectations_of
from pipeline.warehouse.arrivals import arrived

_DIALECT = "panel_duckdb"
_FILE_CODES = (*COLUMN_CODES, "row-count", "row-count-change", "extra-column", "list-order", "list-complete")
_KNOWN_COLUMNS = {"one-part": ELSEWHERE, "member-invited": UNINVITED, "invited-first": TOO_LATE}
_database_numbers = count(1)


def validate(deliveries: Sequence[DeliveryToValidate]) -> list[ValidationReport]:
    """Return a report for each delivery, in order; nothing is written anywhere."""
    if not deliveries:
        return []
    import_seconds()
    with _quiet():
        source = _data_source()
        try:
            return [_report(source, number, delivery) for number, delivery in enumerate(deliveries)]
        finally:
            _close(source)


@cache
def import_seconds() -> float:
    """Import Great Expectations, silently and without analytics, and return how long that took."""
    start = time.perf_counter()
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    drop_leak_notices()
    with _quiet():
        import great_expectations  # noqa: F401
    return time.perf_counter() - start


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' warnings and log lines off the terminal."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


def _data_source() -> Any:
    """Return a Great Expectations data source on an in-memory DuckDB of its own."""
    import great_expectations
    from great_expectations.data_context.types import base
    from sqlalchemy.dialects import registry

    registry.impls[_DIALECT] = _dialect
    config = base.DataContextConfig(store_backend_defaults=base.InMemoryStoreBackendDefaults())  # no Data Docs
    context = great_expectations.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}
    url = f"{_DIALECT}:///:memory:validation_{next(_database_numbers)}"
    return context.data_sources.add_sql("deliveries", connection_string=url, create_temp_table=False)


@cache
def _dialect() -> type[Any]:
    """Return DuckDB's dialect without transactions: a ROLLBACK would drop the result being read."""
    from duckdb_engine import Dialect

    class PanelDialect(Dialect):  # type: ignore[misc]
        def do_begin(self, connection: Any) -> None:
            """Begin nothing."""

        def do_commit(self, connection: Any) -> None:
            """Commit nothing."""

        def do_rollback(self, connection: Any) -> None:
            """Roll nothing back."""

    return PanelDialect


def _close(source: Any) -> None:
    for engine in (source.get_execution_engine().engine, source.get_engine()):
        engine.dispose()


def _report(source: Any, number: int, delivery: DeliveryToValidate) -> ValidationReport:
    rows = delivered_rows(delivery)
    rules = [rule for rule in _with_context(delivery) if _can_be_checked(rule, rows)]
    start = time.perf_counter()
    broken_rules = _broken_rules(source, f"delivery_{number}", rules, rows)
    seconds = time.perf_counter() - start
    results = (
        _result(rule, is_broken=index in broken_rules, rows=rows, file_name=delivery.file_name)
        for index, rule in enumerate(rules)
    )
    return ValidationReport(
        survey=delivery.survey.survey,
        wave=delivery.source,
        file_name=delivery.file_name,
        results=tuple(results),
        n_delivered=rows.n_delivered,
        row_tolerance=_row_tolerance(delivery),
        part=delivery.part,
        seconds=seconds,
    )


def _row_tolerance(delivery: DeliveryToValidate) -> float:
    survey, source = delivery.survey, delivery.source
    if source == MAILINGS and survey.mailings is not None:
        return survey.mailings.row_tolerance
    return survey.wave(source).row_tolerance if survey.has_wave(source) else 0.0


def _with_context(delivery: DeliveryToValidate) -> Iterator[Rule]:
    """Yield the rules that apply, the comparison with the wave before with its number filled in."""
    for rule in delivery.rules:
        if rule.code != "row-count-change":
            yield rule
        elif delivery.previous_rows:
            share = delivery.survey.comparison.fewest_rows
            fewest = math.ceil(delivery.previous_rows * share)
            part = "half" if share == 0.5 else f"{share:.0%}"
            words = f"at least {fewest:,}, {part} of the {delivery.previous_rows:,} of {delivery.previous_wave}"
            yield replace(rule, allowed=(str(fewest),), expected=words)


def _can_be_checked(rule: Rule, rows: DeliveredRows) -> bool:
    """Return whether what the rule speaks of was delivered: a missing column is another rule's fault."""
    if rule.code in _FILE_CODES:
        return True
    if not rows.frame.height or rule.code == "margin-category":
        margin = margin_name(str(rule.name))
        return margin in rows.frame.columns and rows.frame.get_column(margin).count() > 0
    if rule.code == "profile-drift":
        return {here_name(str(rule.name)), there_name(str(rule.name))} <= set(rows.frame.columns)
    if rule.code in _KNOWN_COLUMNS:
        return _KNOWN_COLUMNS[rule.code] in rows.frame.columns
    if rule.code == "category-share-change":
        return rule.item in rows.moves
    return rule.column in rows.names and all(column in rows.names for column, _ in rule.conditions)


def _result(rule: Rule, *, is_broken: bool, rows: DeliveredRows, file_name: str) -> RuleResult:
    """Return the result of a rule; what breaks it is looked up only when Great Expectations says so."""
    if not is_broken:
        return RuleResult(rule, True, n_checked(rule, rows))
    faults = broken(rule, rows)
    finding = faults.finding
    if not finding.n_failed:
        raise RuntimeError(f"rule {rule.code} ({rule.column}): broken, but no row is found that breaks it")
    words = message(rule, finding, file_name)
    return RuleResult(rule, False, finding.n_checked, finding.n_failed, finding.found, words, faults.row_numbers)


def _broken_rules(source: Any, table: str, rules: list[Rule], rows: DeliveredRows) -> set[int]:
    """Run the rules as one suite and return the positions of those that the delivery breaks."""
    import great_expectations

    _load(source, table, rows)
    asset = source.add_table_asset(table, table_name=table)
    batch = asset.add_batch_definition_whole_table(table).get_batch()
    suite = great_expectations.ExpectationSuite(name=table, expectations=expectations_of(rules, rows))
    run = batch.validate(suite, result_format="BOOLEAN_ONLY")
    source.delete_asset(table)
    _execute(source, f"drop table {table}")
    counted = {index for index, rule in enumerate(rules) if _is_broken_by_count(rule, rows)}
    return counted | set(_broken_positions(run.results, rules, rows))


def _is_broken_by_count(rule: Rule, rows: DeliveredRows) -> bool:
    """Return whether the delivery breaks a rule that is not about the rows which Great Expectations sees."""
    if rule.code == "category-share-change":
        return bool(rows.moves[str(rule.item)])
    if rule.code in rows.list_faults:
        return True
    left_out = {"test-row": rows.test_rows, "other-sample": rows.other_rows}
    return rule.code in left_out and len(left_out[rule.code]) > 0


def _broken_positions(results: list[Any], rules: list[Rule], rows: DeliveredRows) -> Iterator[int]:
    for result in results:
        if _is_kept(result):
            continue
        for index in result.expectation_config.meta["rules"]:
            if rules[index].code not in COLUMN_CODES or rules[index].column not in rows.names:
                yield index


def _is_kept(result: Any) -> bool:
    """Return the verdict; an expectation that could not be run at all is a bug, not a fault of the data."""
    raised = [one for one in _raised(result.exception_info) if one.get("raised_exception")]
    if raised:
        meta = result.expectation_config.meta
        raise RuntimeError(f"Great Expectations could not check {meta}: {raised[0]['exception_message']}")
    return bool(result.success)


def _raised(information: dict[str, Any]) -> list[dict[str, Any]]:
    return [information] if "raised_exception" in information else list(information.values())


def _load(source: Any, table: str, rows: DeliveredRows) -> None:
    """Put the rows into DuckDB; a single column stands for all undeclared ones."""
    present = ", null::varchar as undeclared" if rows.undeclared else ""
    connection = source.get_execution_engine().engine.raw_connection()
    try:
        duck = connection.driver_connection
        duck.execute("select 1").fetchall()
        with arrived(duck, rows.frame) as arrivals:
            duck.execute(f"create table {table} as select *{present} from {arrivals}").fetchall()
    finally:
        connection.close()


def _execute(source: Any, query: str) -> None:
    connection = source.get_execution_engine().engine.raw_connection()
    try:
        connection.driver_connection.execute(query).fetchall()
    finally:
        connection.close()
