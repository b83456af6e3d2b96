"""What a delivery's rules found: which are broken, by how many rows, in which words.

Great Expectations decides which rules a delivery breaks. It caps the counts of what it found, so the rows behind
a broken rule are looked up in the delivery itself; the two must agree.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pipeline.definitions import MAILINGS
from pipeline.rules import CRITICAL, Rule
from pipeline.validation.broken import before, broken, n_checked
from pipeline.validation.expected import expecting
from pipeline.validation.membership import ELSEWHERE, TOO_LATE, UNINVITED
from pipeline.validation.messages import Finding, message
from pipeline.validation.report import RuleResult, ValidationReport
from pipeline.validation.rows import (
    DeliveredRows,
    DeliveryToValidate,
    delivered_rows,
)
from pipeline.validation.same_person import here_name, margin_name, there_name
from pipeline.validation.suite import COLUMN_CODES

ANOTHER_WAVE = 0.9  # share of interviews from before fieldwork that holds a file
_FILE_CODES = (*COLUMN_CODES, "row-count", "row-count-change", "extra-column", "list-order", "list-complete")
_KNOWN_COLUMNS = {"one-part": ELSEWHERE, "member-invited": UNINVITED, "invited-first": TOO_LATE}
FindsBroken = Callable[[list[Rule], DeliveredRows], set[int]]  # the positions of the rules that a delivery breaks


def validate(deliveries: Sequence[DeliveryToValidate]) -> list[ValidationReport]:
    """Return a report for each delivery, in order; nothing is written anywhere."""
    if not deliveries:
        return []
    with judging() as judge:
        return [judge(delivery) for delivery in deliveries]


@contextmanager
def judging() -> Iterator[Callable[[DeliveryToValidate], ValidationReport]]:
    """Yield what validates one delivery after the other, so that each may be judged by what became of those before."""
    with expecting() as broken_rules:
        yield lambda delivery: _report(delivery, broken_rules)


def looked_up(delivery: DeliveryToValidate) -> ValidationReport:
    """Return the report that `validate` would give, every rule looked up in the rows.

    For a dry run, which ends before Great Expectations would be imported.
    """
    return _report(delivery, _broken_by_rows)


def _broken_by_rows(rules: list[Rule], rows: DeliveredRows) -> set[int]:
    found = (index for index, rule in enumerate(rules) if rule.code != "category-share-change")
    return {index for index in found if broken(rules[index], rows).finding.n_failed}


def _report(delivery: DeliveryToValidate, broken_rules: FindsBroken) -> ValidationReport:
    rows = delivered_rows(delivery)
    rules = [rule for rule in _with_context(delivery) if _can_be_checked(rule, rows)]
    start = time.perf_counter()
    by_rows = broken_rules(rules, rows)
    seconds = time.perf_counter() - start
    are_broken = by_rows | _broken_by_count(rules, rows)
    results = (
        _result(rule, is_broken=index in are_broken, rows=rows, file_name=delivery.file_name)
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
    """Return the result of a rule; what breaks it is looked up only where it is known to be broken."""
    if not is_broken:
        return RuleResult(rule, True, n_checked(rule, rows))
    faults = broken(rule, rows)
    finding = faults.finding
    if not finding.n_failed:
        raise RuntimeError(f"rule {rule.code} ({rule.column}): broken, but no row is found that breaks it")
    if not rule.declared_severity and _is_of_before(rule, finding):
        rule = replace(rule, declared_severity=CRITICAL)
    words = message(rule, finding, file_name)
    return RuleResult(rule, False, finding.n_checked, finding.n_failed, finding.found, words, faults.row_numbers)


def _is_of_before(rule: Rule, finding: Finding) -> bool:
    """Return whether nearly all interviews are older than the wave: the file is an earlier wave's."""
    n_before = dict(finding.found).get(before(rule), 0)
    return rule.code == "completed-in-fieldwork" and n_before >= ANOTHER_WAVE * finding.n_checked


def _broken_by_count(rules: list[Rule], rows: DeliveredRows) -> set[int]:
    """Return the positions of the broken rules that are not about the rows which Great Expectations sees."""
    return {index for index, rule in enumerate(rules) if _is_broken_by_count(rule, rows)}


def _is_broken_by_count(rule: Rule, rows: DeliveredRows) -> bool:
    """Return whether the delivery breaks a rule that is not about the rows which Great Expectations sees."""
    if rule.code == "category-share-change":
        return bool(rows.moves[str(rule.item)])
    if rule.code in rows.list_faults:
        return True
    left_out = {"test-row": rows.test_rows, "other-sample": rows.other_rows}
    return rule.code in left_out and len(left_out[rule.code]) > 0
