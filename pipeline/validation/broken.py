"""Which rows of a delivery break a rule, and what stands in them: looked up for the rules that failed."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipeline.rules import Rule
from pipeline.validation.membership import ELSEWHERE, MEMBER, TOO_LATE, UNINVITED
from pipeline.validation.messages import Finding, moved_words, shown_values
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

NO_ROWS = pl.Series(ROW, [], dtype=pl.Int32)
_ASKING = ("routing", "ballot")
_QUOTING = ("item-codes", "constant-column", "number-format", "profile-category", "wave-known")


@dataclass(frozen=True)
class Broken:
    """What breaks one rule: the finding that a message tells, and the row numbers."""

    finding: Finding
    row_numbers: pl.Series


def broken(rule: Rule, rows: DeliveredRows) -> Broken:
    """Return what breaks the rule; nothing when the delivery keeps it."""
    if rule.code in _OF_THE_FILE:
        return Broken(_OF_THE_FILE[rule.code](rule, rows), NO_ROWS)
    if rule.code == "test-row":
        return Broken(Finding(n_checked(rule, rows), len(rows.test_rows)), rows.test_rows)
    if rule.code == "other-sample":
        return Broken(Finding(n_checked(rule, rows), len(rows.other_rows)), rows.other_rows)
    found = pl.when(_OF_A_ROW[rule.code](rule, rows.names)).then(_what(rule, rows.names)).alias("found")
    faults = rows.frame.select(ROW, PERSON, found).filter(pl.col("found").is_not_null())
    first_row = int(faults.item(0, ROW)) if faults.height else None
    finding = Finding(n_checked(rule, rows), faults.height, _found(rule, rows, faults), first_row)
    return Broken(finding, faults.get_column(ROW))


def n_checked(rule: Rule, rows: DeliveredRows) -> int:
    """Return how many things the rule was checked on: rows, columns or categories."""
    sizes = {"extra-column": len(rows.names), "margin-category": len(rule.allowed), "test-row": rows.n_delivered}
    sizes["other-sample"] = rows.n_delivered
    return 1 if rule.code in ("required-column", "item-column") else sizes.get(rule.code, rows.frame.height)


def _found(rule: Rule, rows: DeliveredRows, faults: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    if rule.code == "id-unique":
        return (("respondents", faults.get_column(PERSON).n_unique()),)
    counts = faults.group_by("found").len().sort("len", "found", descending=[True, False]).rows()
    if rule.code not in _QUOTING:
        return tuple(counts)
    return shown_values(counts, set(rows.ids.filter(rows.ids.is_in([value for value, _ in counts]))))


def before(rule: Rule) -> str:
    """Return under what interviews from before a wave's fieldwork are counted."""
    return f"before {rule.first_day}"


def _what(rule: Rule, names: dict[str, str]) -> pl.Expr:
    """Return what a broken row is counted under; a value itself only where values may be quoted."""
    if rule.code == "completed-in-fieldwork":
        early = pl.col(DAY) < pl.lit(rule.first_day, dtype=pl.Date)
        return pl.when(early).then(pl.lit(before(rule))).otherwise(pl.lit(f"after {rule.last_day}"))
    if rule.code in _QUOTING:
        return pl.col(value_name(rule, names)).cast(pl.String)
    if rule.code in ("member-invited", "one-part"):
        return pl.col(UNINVITED if rule.code == "member-invited" else ELSEWHERE)
    return pl.lit("row")


def _not_allowed(rule: Rule, names: dict[str, str]) -> pl.Expr:
    return ~pl.col(value_name(rule, names)).cast(pl.String).is_in(list(rule.allowed))


def _not_a_number(rule: Rule, names: dict[str, str]) -> pl.Expr:
    return ~pl.col(value_name(rule, names)).str.contains(f"^({NUMBER})$")


def _repeated(rule: Rule, names: dict[str, str]) -> pl.Expr:
    return pl.col(PERSON).is_not_null() & pl.col(PERSON).is_duplicated()


def _outside_fieldwork(rule: Rule, names: dict[str, str]) -> pl.Expr:
    first, last = pl.lit(rule.first_day, dtype=pl.Date), pl.lit(rule.last_day, dtype=pl.Date)
    return (pl.col(DAY) < first).fill_null(False) | (pl.col(DAY) > last).fill_null(False)


def _drifted(rule: Rule, names: dict[str, str]) -> pl.Expr:
    return pl.col(here_name(str(rule.name))) != pl.col(there_name(str(rule.name)))


_OF_A_ROW: dict[str, Callable[[Rule, dict[str, str]], pl.Expr]] = {
    "id-present": lambda rule, names: ~pl.col(HAS_ID),
    "id-unique": _repeated,
    "member-known": lambda rule, names: pl.col(HAS_ID) & pl.col(MEMBER).is_null(),
    "item-codes": _not_allowed,
    "profile-category": _not_allowed,
    "constant-column": _not_allowed,
    "wave-known": _not_allowed,
    "invited-first": lambda rule, names: pl.col(TOO_LATE),
    "number-format": _not_a_number,
    "date-format": lambda rule, names: pl.col(names[str(rule.column)]).is_not_null() & pl.col(DAY).is_null(),
    "completed-in-fieldwork": _outside_fieldwork,
    "profile-drift": _drifted,
    "member-invited": lambda rule, names: pl.col(UNINVITED).is_not_null(),
    "one-part": lambda rule, names: pl.col(ELSEWHERE).is_not_null(),
    **dict.fromkeys(_ASKING, lambda rule, names: pl.col(value_name(rule, names)).fill_null(False)),
}


def _no_rows(rule: Rule, rows: DeliveredRows) -> Finding:
    return Finding(n_checked(rule, rows), int(rows.frame.height == 0))


def _too_few_rows(rule: Rule, rows: DeliveredRows) -> Finding:
    return Finding(n_checked(rule, rows), int(rows.frame.height < int(rule.allowed[0])))


def _absent_column(rule: Rule, rows: DeliveredRows) -> Finding:
    return Finding(n_checked(rule, rows), int(rule.column not in rows.names))


def _undeclared_columns(rule: Rule, rows: DeliveredRows) -> Finding:
    """Names are quoted only where most columns are declared: else the header itself may be answers."""
    is_header = len(rows.undeclared) * 2 <= len(rows.names)
    quoted = [name for name in rows.undeclared if len(name) <= 60 and name.isprintable()] if is_header else []
    return Finding(n_checked(rule, rows), len(rows.undeclared), tuple((name, 1) for name in quoted))


def _empty_categories(rule: Rule, rows: DeliveredRows) -> Finding:
    answered = set(rows.frame.get_column(margin_name(str(rule.name))).drop_nulls().unique())
    empty = tuple((category, 0) for category in rule.allowed if category not in answered)
    return Finding(n_checked(rule, rows), len(empty), empty)


def _moved_answers(rule: Rule, rows: DeliveredRows) -> Finding:
    found = tuple((moved_words(move), move.n) for move in rows.moves[str(rule.item)])
    return Finding(n_checked(rule, rows), len(found), found)


def _of_the_list(rule: Rule, rows: DeliveredRows) -> Finding:
    found = [rows.list_faults[rule.code]] if rule.code in rows.list_faults else []
    return Finding(n_checked(rule, rows), sum(n for _, n in found), tuple(found))


_OF_THE_FILE: dict[str, Callable[[Rule, DeliveredRows], Finding]] = {
    "row-count": _no_rows,
    "row-count-change": _too_few_rows,
    "required-column": _absent_column,
    "item-column": _absent_column,
    "extra-column": _undeclared_columns,
    "margin-category": _empty_categories,
    "category-share-change": _moved_answers,
    "list-order": _of_the_list,
    "list-complete": _of_the_list,
}
