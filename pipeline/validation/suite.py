"""Rules as Great Expectations' expectations: which one checks a rule, and on which columns of the loaded rows."""

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.rules import Rule
from pipeline.validation.membership import ELSEWHERE, MEMBER, TOO_LATE, UNINVITED
from pipeline.validation.rows import (
    DAY,
    HAS_ID,
    NUMBER,
    PERSON,
    ROW,
    DeliveredRows,
    value_name,
)
from pipeline.validation.same_person import here_name, margin_name, there_name

COLUMN_CODES = ("required-column", "item-column")
Expected = tuple[str, dict[str, Any]]  # the expectation's name and its arguments


def expectations_of(rules: Sequence[Rule], rows: DeliveredRows) -> list[Any]:
    """Return the suite: an expectation carries the positions of its rules in `meta`, and the columns are one."""
    from great_expectations import expectations

    columns = [index for index, rule in enumerate(rules) if rule.code in COLUMN_CODES]
    wanted = sorted({_safe_name(rules[index], rows) for index in columns})
    suite = [expectations.ExpectTableColumnsToMatchSet(column_set=wanted, exact_match=False, meta={"rules": columns})]
    for index, rule in enumerate(rules):
        if rule.code in _EXPECTATIONS:
            kind, arguments = _EXPECTATIONS[rule.code](rule, rows)
            suite.append(getattr(expectations, kind)(**arguments, severity=rule.severity, meta={"rules": [index]}))
    return suite


def _safe_name(rule: Rule, rows: DeliveredRows) -> str:
    return rows.names.get(str(rule.column), f"absent {rule.column}")


def _row_count(rule: Rule, rows: DeliveredRows) -> Expected:
    fewest = int(rule.allowed[0]) if rule.allowed else 1
    return "ExpectTableRowCountToBeBetween", {"min_value": fewest}


def _declared_only(rule: Rule, rows: DeliveredRows) -> Expected:
    return "ExpectTableColumnsToMatchSet", {"column_set": rows.frame.columns, "exact_match": True}


def _in_set(rule: Rule, rows: DeliveredRows) -> Expected:
    return "ExpectColumnValuesToBeInSet", {"column": value_name(rule, rows.names), "value_set": list(rule.allowed)}


def _unique(rule: Rule, rows: DeliveredRows) -> Expected:
    return "ExpectColumnValuesToBeUnique", {"column": PERSON}


def _between_days(rule: Rule, rows: DeliveredRows) -> Expected:
    days = {"min_value": rule.first_day, "max_value": rule.last_day}
    return "ExpectColumnValuesToBeBetween", {"column": DAY, **days}


def _same_as_known(rule: Rule, rows: DeliveredRows) -> Expected:
    pair = {"column_A": here_name(str(rule.name)), "column_B": there_name(str(rule.name))}
    return "ExpectColumnPairValuesToBeEqual", {**pair, "ignore_row_if": "either_value_is_missing"}


def _all_categories(rule: Rule, rows: DeliveredRows) -> Expected:
    arguments = {"column": margin_name(str(rule.name)), "value_set": list(rule.allowed)}
    return "ExpectColumnDistinctValuesToContainSet", arguments


def _no_row_where(condition: str) -> Callable[[Rule, DeliveredRows], Expected]:
    def expectation(rule: Rule, rows: DeliveredRows) -> Expected:
        column = value_name(rule, rows.names)
        query = f"select {ROW} from {{batch}} where {condition.format(column=column)}"
        return "UnexpectedRowsExpectation", {"unexpected_rows_query": query}

    return expectation


_EXPECTATIONS: dict[str, Callable[[Rule, DeliveredRows], Expected]] = {
    "row-count": _row_count,
    "row-count-change": _row_count,
    "extra-column": _declared_only,
    "id-present": _no_row_where(f"not {HAS_ID}"),
    "id-unique": _unique,
    "member-known": _no_row_where(f"{HAS_ID} and {MEMBER} is null"),
    "one-part": _no_row_where(f"{ELSEWHERE} is not null"),
    "member-invited": _no_row_where(f"{UNINVITED} is not null"),
    "routing": _no_row_where('"{column}"'),
    "ballot": _no_row_where('"{column}"'),
    "constant-column": _in_set,
    "wave-known": _in_set,
    "invited-first": _no_row_where(TOO_LATE),
    "item-codes": _in_set,
    "profile-category": _in_set,
    "completed-in-fieldwork": _between_days,
    "date-format": _no_row_where(f'"{{column}}" is not null and {DAY} is null'),
    "number-format": _no_row_where(f"not regexp_full_match(\"{{column}}\", '{NUMBER}')"),
    "profile-drift": _same_as_known,
    "margin-category": _all_categories,
}
