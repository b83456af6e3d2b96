"""The macros that the published file carries: estimates with their errors from any client that opens it."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipeline.warehouse.comments import table_comment
from pipeline.warehouse.connection import execute, literal, read
from pipeline.warehouse.models import model_files

REPLICATE_SUMS = "replicate_sums"
_CALL = re.compile(r"(\w+)\(")
_NO_CODE = re.compile(r"--.*|'(?:[^']|'')*'")
_CREATE = re.compile(r"^create macro (\w+)\s*\(.*?\) as( table)?\s", re.MULTILINE | re.DOTALL)


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every macro of sql/macros, with its header as comment, in the database that is in use.

    One is not there: that of `create_replicate_sums`, which others call.
    """
    create_replicate_sums(connection)
    for path in macro_files():
        sql = path.read_text(encoding="utf-8")
        kind = "macro table" if is_table_macro(path) else "macro"
        execute(connection, sql)
        comment = table_comment(sql)
        parameters = "".join(f" {name}: {text}." for name, text in comment.columns.items())
        execute(connection, f"comment on {kind} {path.stem} is {literal(comment.table + parameters)}")


def macro_files() -> list[Path]:
    """Return the macros of sql/macros, each after those that it calls."""
    files = {path.stem: path for path in model_files("macros")}
    called = {name: set(_CALL.findall(_code(path))) for name, path in files.items()}
    order = TopologicalSorter({name: sorted(called[name] & files.keys() - {name}) for name in files})
    return [files[name] for name in order.static_order()]


def _code(path: Path) -> str:
    """Return a macro's SQL without comments and texts, which may name other macros."""
    return _NO_CODE.sub("", path.read_text(encoding="utf-8"))


def is_table_macro(path: Path) -> bool:
    """Return whether a macro returns rows."""
    found = _CREATE.search(path.read_text(encoding="utf-8"))
    assert found is not None, f"{path.name} is no macro"
    return found[2] is not None


def create_replicate_sums(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the aggregate that sums weight x factor x ratio in as many replicates as the file has.

    It names each of them: DuckDB has no vector sum, and that is several times faster than a row for each.
    """
    n_replicates = read(connection, "select coalesce(max(n_replicates), 1) as n from replicate_sets")["n"].item()
    sums = ", ".join(f"sum(weight * factors[{one}] * ratios[{one}])" for one in range(1, n_replicates + 1))
    execute(connection, f"create or replace macro {REPLICATE_SUMS}(weight, factors, ratios) as [{sums}]")
    comment = "Sums of weight x factor x ratio in each replicate, as a list; an aggregate."
    execute(connection, f"comment on macro {REPLICATE_SUMS} is {literal(comment)}")
