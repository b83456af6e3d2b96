"""The only user of Great Expectations: rules become a suite, the suite runs on a DuckDB of its own."""

import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any

from pipeline.quiet_end import drop_leak_notices
from pipeline.rules import Rule
from pipeline.validation.rows import DeliveredRows
from pipeline.validation.suite import COLUMN_CODES, expectations_of
from pipeline.warehouse.arrivals import arrived

_DIALECT = "panel_duckdb"
_database_numbers = count(1)


@contextmanager
def expecting() -> Iterator[Callable[[list[Rule], DeliveredRows], set[int]]]:
    """Yield what runs rules on one delivery after the other, and returns the positions of those it breaks."""
    import_seconds()
    with _quiet():
        source, numbers = _data_source(), count()
        try:
            yield lambda rules, rows: _broken_rules(source, f"delivery_{next(numbers)}", rules, rows)
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
    return set(_broken_positions(run.results, rules, rows))


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
