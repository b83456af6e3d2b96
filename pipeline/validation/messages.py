"""What a broken rule says: what is wrong and where, what was found, what was expected, what to do next.

Counts and codes only: a value is quoted when it is a code, or when several rows share it; an id or what
somebody typed never is.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pipeline.answer_shares import Move
from pipeline.definitions import MAILINGS
from pipeline.deliveries import named, part_of
from pipeline.rules import ROSTER, Rule

HIDDEN = "a value that is not shown"
BLANK = "blank"
MOST_QUOTED = 5  # different values quoted in one message; the rest are counted
SHARED_BY = 5  # rows that must share a text before it is quoted: fewer may be what one person typed
LONGEST_QUOTED = 30  # characters: a label; an open answer is longer
MOST_DIGITS = 4  # in a quoted text: more may be a telephone number, a date or an id
_CODE = re.compile(r"-?\d{1,3}")
_SHORT_CODE = re.compile(r"-?\d{1,2}")


@dataclass(frozen=True)
class Finding:
    """How a delivery broke one rule; `found` are values that may be shown, each with its number of rows."""

    n_checked: int
    n_failed: int
    found: tuple[tuple[str, int], ...] = ()
    first_row: int | None = None


def message(rule: Rule, finding: Finding, file_name: str) -> str:
    """Return the one sentence or two that tell a panel manager what is wrong and what to do."""
    return f"{named(rule.source, rule.part)}{_MESSAGES[rule.code](rule, finding, file_name)}"


def shown_values(counts: Sequence[tuple[str, int]], ids: Collection[str]) -> tuple[tuple[str, int], ...]:
    """Return the values that may be quoted, most frequent first; the others added up without their text.

    Args:
        counts: (value, number of rows) as delivered.
        ids: the respondents' ids in the same file, none of which is quoted unless it is a code of two digits.
    """
    safe = sorted((pair for pair in counts if _may_be_shown(*pair, ids)), key=lambda pair: (-pair[1], pair[0]))
    n_rest = sum(n_rows for _, n_rows in counts) - sum(n_rows for _, n_rows in safe[:MOST_QUOTED])
    rest = "another value" if len(safe) > MOST_QUOTED else HIDDEN
    return (*safe[:MOST_QUOTED], *(((rest, n_rest),) if n_rest else ()))


def _may_be_shown(value: str, n_rows: int, ids: Collection[str]) -> bool:
    if value == BLANK or _SHORT_CODE.fullmatch(value):
        return True
    is_personal = value in ids or "@" in value or sum(map(str.isdigit, value)) > MOST_DIGITS
    if is_personal or len(value) > LONGEST_QUOTED or not value.isprintable():
        return False
    return n_rows >= SHARED_BY or _CODE.fullmatch(value) is not None


def counted(n: int, noun: str) -> str:
    """Return the number with its noun: `1 row`, `1,200 rows`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _found_words(finding: Finding) -> str:
    words = ", ".join(
        f"{value if _is_plain(value) else repr(value)} in {counted(n_rows, 'row')}" for value, n_rows in finding.found
    )
    return words if finding.first_row is None else f"{words} (first in row {finding.first_row:,})"


def _is_plain(value: str) -> bool:
    return _CODE.fullmatch(value) is not None or value in {HIDDEN, "another value", BLANK}


def _one_part(rule: Rule, finding: Finding, file_name: str) -> str:
    found = ", ".join(f"{counted(n_rows, 'respondent')} in '{part_of(part)}'" for part, n_rows in finding.found)
    return (
        f": {found} too (first in row {finding.first_row:,}), expected each respondent in one part. Take them out of "
        f"{file_name}, or declare both_answered, the parts in the order in which they count, in {_definition(rule)}."
    )


def _list_order(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f": {file_name} {finding.found[0][0]}, expected a newer list, so that nobody is rolled back. Deliver the "
        "newest list. To go back on purpose, give list-order the severity warning under 'rules' in survey.yml, with "
        "the reason."
    )


def _list_complete(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f": {finding.found[0][0]} are not in {file_name}, expected all of them, those who left with the day they left. "
        "Whoever is on no list counts in no wave; check that the list is whole and the newest."
    )


def _definition(rule: Rule) -> str:
    return "survey.yml" if rule.source in (ROSTER, MAILINGS) else f"the definition of {rule.source}"


def _where(rule: Rule) -> str:
    if rule.item is not None:
        return f", item '{rule.item}'"
    return f", profile '{rule.name}'"


def _row_count(rule: Rule, finding: Finding, file_name: str) -> str:
    return f": no rows in {file_name}, expected at least one. Export the file again."


def _row_count_change(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f": {counted(finding.n_checked, 'row')} in {file_name}, expected {rule.expected}. "
        "Check that the export is complete."
    )


def _required_column(rule: Rule, finding: Finding, file_name: str) -> str:
    meaning = f" ({rule.name})" if rule.name not in (None, rule.column) else ""
    return (
        f", column '{rule.column}'{meaning}: not in {file_name}, expected one column of this name. "
        f"Export the file again with it, or correct {_definition(rule)}."
    )


def _extra_column(rule: Rule, finding: Finding, file_name: str) -> str:
    names = ", ".join(f"'{name}'" for name, _ in finding.found[:MOST_QUOTED])
    more = f" and {finding.n_failed - MOST_QUOTED:,} more" if names and finding.n_failed > MOST_QUOTED else ""
    listed = f": {names}{more}" if names else ""
    return (
        f": {counted(finding.n_failed, 'column')} of {file_name} not declared{listed}; expected declared "
        f"columns only. Kept as delivered and not used: declare them as items, or list them under "
        f"ignored_columns in {_definition(rule)}."
    )


def _item_column(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f"{_where(rule)}: column '{rule.column}' is not in {file_name}, expected one column of this name. "
        f"Export the file again with it, or correct {_definition(rule)}."
    )


def _item_codes(rule: Rule, finding: Finding, file_name: str) -> str:
    place = f"scale '{rule.detail}'" if rule.detail else f"item '{rule.item}'"
    return (
        f"{_where(rule)}: answer {_found_words(finding)}, expected {rule.expected}. "
        f"Add the code to {place}, or correct column '{rule.column}' of {file_name}."
    )


def _id_present(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f", column '{rule.column}': no id in {counted(finding.n_failed, 'row')} (first in row "
        f"{finding.first_row:,}), expected an id in every row. Complete the ids in {file_name}."
    )


def _id_unique(rule: Rule, finding: Finding, file_name: str) -> str:
    n_people = finding.found[0][1]
    people = "1 respondent appears" if n_people == 1 else f"{n_people:,} respondents appear"
    return (
        f", column '{rule.column}': {people} more than once, in {counted(finding.n_failed, 'row')} (first in "
        f"row {finding.first_row:,}), expected one row a respondent. Decide which row counts and take the "
        f"others out of {file_name}."
    )


def _member_known(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f", column '{rule.column}': an id that is not in the member list in "
        f"{counted(finding.n_failed, 'row')} (first in row {finding.first_row:,}), expected members only. "
        f"Deliver the complete member list, or correct the ids in {file_name}."
    )


def _member_invited(rule: Rule, finding: Finding, file_name: str) -> str:
    found = ", ".join(f"{reason} in {counted(n_rows, 'row')}" for reason, n_rows in finding.found)
    return (
        f", column '{rule.column}': answers of members who were not invited: {found} (first in row "
        f"{finding.first_row:,}), expected members in the panel in fieldwork. Correct the dates or statuses of the "
        f"member list, or the ids in {file_name}."
    )


def _not_asked(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f"{_where(rule)}: answered in {counted(finding.n_failed, 'row')} (first in row {finding.first_row:,}) that "
        f"were not asked it, expected an answer only where {rule.expected}. Such an answer counts as not asked; check "
        f"the routing in {file_name}, or correct {_definition(rule)}."
    )


def moved_words(move: Move) -> str:
    """Return how often an answer was given now and in the wave before."""
    return (
        f"'{move.label}' is {move.share:.0%} of {counted(move.n, 'answer')}, after {move.share_before:.0%} of "
        f"{move.n_before:,} in {move.wave_before}"
    )


def _category_share_change(rule: Rule, finding: Finding, file_name: str) -> str:
    found = "; ".join(words for words, _ in finding.found[:MOST_QUOTED])
    more = f"; and {finding.n_failed - MOST_QUOTED:,} more" if finding.n_failed > MOST_QUOTED else ""
    return (
        f"{_where(rule)} ({rule.detail}): {found}{more}; expected {rule.expected}. Check column '{rule.column}' of "
        f"{file_name} for swapped or recoded answers; if people changed their minds, there is nothing to do."
    )


def _constant_column(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f", column '{rule.column}': {_found_words(finding)}, expected {rule.expected}. Check that "
        f"{file_name} belongs here, or correct constants in {_definition(rule)}."
    )


def _invited_first(rule: Rule, finding: Finding, file_name: str) -> str:
    rows = f"{counted(finding.n_failed, 'row')} (first in row {finding.first_row:,})"
    if rule.source == MAILINGS:
        return (
            f", column '{rule.column}': dated after the member's interview in {rows}, expected invitations before it. "
            f"Correct the dates in {file_name}, or deliver the first invitations too."
        )
    return (
        f", column '{rule.column}': completed before the member was invited in {rows}, expected the invitation "
        f"first. Check the ids and dates in {file_name}, and those of the mailings."
    )


def _wave_known(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f", column '{rule.column}': {_found_words(finding)}, expected {rule.expected}. Say under 'waves' of "
        f"'mailings' in survey.yml which wave it is, or correct {file_name}."
    )


def _completed_in_fieldwork(rule: Rule, finding: Finding, file_name: str) -> str:
    found = ", ".join(f"{when} in {counted(n_rows, 'row')}" for when, n_rows in finding.found)
    days = f"{rule.first_day or 'any day'} to {rule.last_day or 'any day'}"
    return (
        f", column '{rule.column}': {found} (first in row {finding.first_row:,}), expected {days}. Correct the "
        f"fieldwork dates in {_definition(rule)}, or the dates in {file_name}."
    )


def _date_format(rule: Rule, finding: Finding, file_name: str) -> str:
    layout = f"the format '{rule.detail}'" if rule.detail else "a date such as 2025-03-24"
    return (
        f", column '{rule.column}': no readable date in {counted(finding.n_failed, 'row')} (first in row "
        f"{finding.first_row:,}), expected {layout}. Correct completed_at_format in {_definition(rule)}, "
        f"or the dates in {file_name}."
    )


def _number_format(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f"{_where(rule)}: {_found_words(finding)}, expected a number. Say in the definitions which number "
        f"it stands for, or correct column '{rule.column}' of {file_name}."
    )


def _profile_category(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f"{_where(rule)}: {_found_words(finding)}, expected {rule.expected}. Add it to the values of "
        f"'{rule.name}' in survey.yml, or correct column '{rule.column}' of {file_name}; until then these "
        "members count in totals only."
    )


def _profile_drift(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f"{_where(rule)}: another value than in {_source_words(rule.detail)} in "
        f"{counted(finding.n_failed, 'row')} (first in row {finding.first_row:,}), expected the same. The "
        f"value of {_source_words(rule.detail)} is used; check the ids in {file_name}."
    )


def _source_words(source: str) -> str:
    return "the member list" if source == ROSTER else source


def _margin_category(rule: Rule, finding: Finding, file_name: str) -> str:
    empty = [category for category, _ in finding.found]
    totals = "that population total" if len(empty) == 1 else "those population totals"
    merge = "Merge the category" if len(empty) == 1 else "Merge each category"
    return (
        f", {file_name}: margin '{rule.name}' has no respondents in {_alternatives(empty)}, so no weight can "
        f"reach {totals}. {merge} with a neighbour."
    )


def _alternatives(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _test_row(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f", column '{rule.column}': {counted(finding.n_failed, 'test row')} in {file_name}, taken out. Nothing to do."
    )


def _other_sample(rule: Rule, finding: Finding, file_name: str) -> str:
    return (
        f", column '{rule.column}': {counted(finding.n_failed, 'row')} of another sample in {file_name}, kept and not "
        "used. Nothing to do."
    )


_MESSAGES: dict[str, Callable[[Rule, Finding, str], str]] = {
    "row-count": _row_count,
    "row-count-change": _row_count_change,
    "required-column": _required_column,
    "extra-column": _extra_column,
    "item-column": _item_column,
    "item-codes": _item_codes,
    "id-present": _id_present,
    "id-unique": _id_unique,
    "member-known": _member_known,
    "list-order": _list_order,
    "list-complete": _list_complete,
    "one-part": _one_part,
    "member-invited": _member_invited,
    "routing": _not_asked,
    "ballot": _not_asked,
    "category-share-change": _category_share_change,
    "constant-column": _constant_column,
    "invited-first": _invited_first,
    "wave-known": _wave_known,
    "completed-in-fieldwork": _completed_in_fieldwork,
    "date-format": _date_format,
    "number-format": _number_format,
    "profile-category": _profile_category,
    "profile-drift": _profile_drift,
    "margin-category": _margin_category,
    "test-row": _test_row,
    "other-sample": _other_sample,
}
