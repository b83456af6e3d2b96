"""A delivery as its rules see it: each declared column beside what is known of the member who sent the row.

Columns get names of our own (`c0`, `c1`, …), so that whatever stands in a delivered header cannot matter.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

from pipeline import answer_shares
from pipeline.definitions import ANY_WAVE, CROSSWALK, MAILINGS, Domain, ProfileVariable, RowFilter, Source, Survey
from pipeline.rules import ROSTER, Rule, is_known_column
from pipeline.validation.membership import MEMBER, with_invitations, with_order, with_other_parts
from pipeline.validation.messages import BLANK
from pipeline.validation.same_person import (
    blank_as_null,
    category,
    interview_years,
    known_name,
    margin_name,
    ours_name,
    with_comparison,
    with_ours,
    with_profile,
    year_name,
)

NUMBER = r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"  # the whole of a cell that is a number
ROW, HAS_ID, PERSON, DAY = "row_number", "has_id", "person", "completed_on"
DAY_CODES = ("completed-in-fieldwork", "date-format")
_OF_COLUMNS = ("item-column", "required-column", "category-share-change")  # rules that look at no cell


@dataclass(frozen=True)
class DeliveryToValidate:
    """A delivered file as read, its rules, and what is known from elsewhere.

    Args of note:
        source: `roster` or the wave.
        frame: every delivered column as text, an empty cell blank or null, rows in file order.
        members: the panel_member_id of each row, null where the id is blank or not in the member list.
        profile: what is known of members from other sources: panel_member_id, variable, value (our words), known_year.
        previous_rows: rows delivered for `previous_wave`, None when there is none.
        panel: what the member list says of being in the panel, as text: panel_member_id, joined_on, left_on, status.
        shares: how often each answer was given in other waves: wave, item, code, n (pipeline.answer_shares).
        answer_counts: the same of this delivery; None when there is nothing to compare it with.
        is_latest: no later wave was delivered, so that the statuses of the list are those of this one.
        part: of the wave, when it is delivered in several.
        list_faults: what is wrong with a member list beside the one in use, by rule (pipeline.member_lists).
        elsewhere: who has an interview in another part of the wave: panel_member_id, part.
        other_days: of a wave, when people were invited; of mailings, when they answered: panel_member_id, wave, day.
    """

    survey: Survey
    source: str
    rules: tuple[Rule, ...]
    file_name: str
    frame: pl.DataFrame
    members: pl.Series
    profile: pl.DataFrame | None = None
    previous_rows: int | None = None
    previous_wave: str | None = None
    panel: pl.DataFrame | None = None
    shares: pl.DataFrame | None = None
    answer_counts: pl.DataFrame | None = None
    is_latest: bool = True
    part: str = ""
    elsewhere: pl.DataFrame | None = None
    list_faults: dict[str, tuple[str, int]] = field(default_factory=dict)
    other_days: pl.DataFrame | None = None

    @property
    def definition(self) -> Source:
        """Return what the definitions say of this file."""
        if self.source == CROSSWALK:
            return Source(file="", columns={})
        if self.source == MAILINGS and self.survey.mailings is not None:
            return self.survey.mailings.source
        return self.survey.roster if self.source == ROSTER else self.survey.wave(self.source).source


@dataclass(frozen=True)
class DeliveredRows:
    """The rows that rules speak of, test rows apart, under names of our own.

    `names` maps a delivered column to its name here; `undeclared` are the delivered columns of no rule; `moves` are
    the answers that became more or less frequent, by item, for the items of which earlier answers are known.
    """

    frame: pl.DataFrame
    names: dict[str, str]
    undeclared: tuple[str, ...]
    n_delivered: int
    test_rows: pl.Series  # row numbers
    other_rows: pl.Series  # row numbers, of another sample
    ids: pl.Series  # as delivered
    moves: dict[str, tuple[answer_shares.Move, ...]]
    list_faults: dict[str, tuple[str, int]] = field(default_factory=dict)


def delivered_rows(delivery: DeliveryToValidate) -> DeliveredRows:
    """Return the delivery with, for each row, the member and all values that its rules compare."""
    names = {column: f"c{position}" for position, column in enumerate(delivery.frame.columns)}
    wanted = {rule.column for rule in delivery.rules} | set(_filter_columns(delivery.definition))
    wanted |= {column for rule in delivery.rules for column, _ in rule.conditions}
    as_they_are = _counted_only(delivery)
    text = delivery.frame.select(
        pl.int_range(1, delivery.frame.height + 1, dtype=pl.Int32, eager=True).alias(ROW),
        *(
            (pl.col(column) if column in as_they_are else blank_as_null(pl.col(column).cast(pl.String))).alias(
                names[column]
            )
            for column in delivery.frame.columns
            if column in wanted
        ),
    )
    rows = _with_members(text, delivery, names)
    is_test = _fits(delivery.definition.test_rows, names, default=False)
    test_rows = rows.filter(is_test).get_column(ROW)
    is_other = ~_fits(delivery.definition.only_rows, names, default=True) & ~is_test
    other_rows = rows.filter(is_other).get_column(ROW)
    are_left_out = len(test_rows) + len(other_rows) > 0
    kept = _with_known(rows.filter(~is_test & ~is_other) if are_left_out else rows, delivery, names)
    id_column = names.get(delivery.definition.columns.get("panel_member_id", ""))
    ids = rows.get_column(id_column) if id_column else pl.Series([], dtype=pl.String)
    undeclared = _undeclared(delivery)
    moves = _moves(delivery)
    return DeliveredRows(
        kept, names, undeclared, delivery.frame.height, test_rows, other_rows, ids, moves, delivery.list_faults
    )


def value_name(rule: Rule, names: dict[str, str]) -> str:
    """Return the column that holds the values a rule compares."""
    column = names[str(rule.column)] if rule.column is not None else ""
    prefixes = {"number-format": "number_", "constant-column": "constant_", "routing": "routing_", "ballot": "ballot_"}
    prefixes["wave-known"] = "wave_"
    if rule.code == "profile-category":
        return ours_name(str(rule.name))
    return f"{prefixes[rule.code]}{rule.item or rule.name or column}" if rule.code in prefixes else column


def _undeclared(delivery: DeliveryToValidate) -> tuple[str, ...]:
    known = [rule.allowed for rule in delivery.rules if rule.code == "extra-column"]
    if not known:
        return ()
    return tuple(column for column in delivery.frame.columns if not is_known_column(column, known[0]))


def _moves(delivery: DeliveryToValidate) -> dict[str, tuple[answer_shares.Move, ...]]:
    """Return the answers that moved since the wave before."""
    if delivery.shares is None or delivery.shares.is_empty() or delivery.answer_counts is None:
        return {}
    wave = delivery.survey.wave(delivery.source)
    return answer_shares.moves(delivery.survey, wave, delivery.answer_counts, delivery.shares)


def _counted_only(delivery: DeliveryToValidate) -> set[str]:
    """Return the Enums of which rules ask nothing but whether their values are allowed; the others become text."""
    enums = {name for name, dtype in delivery.frame.schema.items() if isinstance(dtype, pl.Enum)}
    other = {rule.column for rule in delivery.rules if rule.code not in ("item-codes", *_OF_COLUMNS)}
    conditions = {column for rule in delivery.rules for column, _ in rule.conditions}
    return enums - other - conditions - set(_filter_columns(delivery.definition))


def _filter_columns(source: Source) -> Iterable[str]:
    return (one.column for one in (source.complete_when, source.test_rows, source.only_rows) if one is not None)


def _with_members(text: pl.DataFrame, delivery: DeliveryToValidate, names: dict[str, str]) -> pl.DataFrame:
    id_column = names.get(delivery.definition.columns.get("panel_member_id", ""))
    delivered_id = pl.col(id_column) if id_column else pl.lit(None, dtype=pl.String)
    return text.with_columns(
        delivery.members.cast(pl.String).alias(MEMBER),
    ).with_columns(
        delivered_id.is_not_null().alias(HAS_ID),
        pl.coalesce(MEMBER, delivered_id).alias(PERSON),
    )


def _fits(row_filter: RowFilter | None, names: dict[str, str], *, default: bool) -> pl.Expr:
    if row_filter is None or row_filter.column not in names:
        return pl.lit(default)
    return pl.col(names[row_filter.column]).is_in(list(row_filter.values)).fill_null(False)


def _with_known(rows: pl.DataFrame, delivery: DeliveryToValidate, names: dict[str, str]) -> pl.DataFrame:
    profile = {variable.name: variable for variable in delivery.survey.profile}
    told = _told_elsewhere(delivery, names)
    rows = with_profile(rows, told, delivery.profile, MEMBER)
    for rule in delivery.rules:
        if rule.code == "margin-category":
            rows = _with_margin(rows, delivery, str(rule.name), names)
        elif rule.column not in names or not all(column in names for column, _ in rule.conditions):
            continue
        elif rule.code == "member-invited":
            rows = with_invitations(rows, rule, delivery.panel, delivery.source, is_latest=delivery.is_latest)
        elif rule.code == "one-part":
            rows = with_other_parts(rows, delivery.elsewhere)
        elif rule.code == "invited-first":
            rows = with_order(
                rows, DAY, delivery.other_days, _wave_of_row(delivery, names), is_sent=delivery.source == MAILINGS
            )
        elif rule.conditions:
            rows = rows.with_columns(_passed_over(rule, names).alias(value_name(rule, names)))
        elif rule.code in ("profile-category", "profile-drift"):
            variable = profile[str(rule.name)]
            rows = with_ours(rows, variable, names)
            if rule.code == "profile-drift":
                years = interview_years(delivery.survey, delivery.source, delivery.frame, rows.get_column(ROW))
                rows = with_comparison(rows, delivery.survey, delivery.source, variable, names, years)
        elif rule.code in _PREPARED:
            prepared = _PREPARED[rule.code](rule, pl.col(names[rule.column]), delivery.definition)
            rows = rows.with_columns(prepared.alias(DAY if rule.code in DAY_CODES else value_name(rule, names)))
    return rows.drop([name(variable) for variable in told for name in (known_name, year_name)], strict=False)


def _told_elsewhere(delivery: DeliveryToValidate, names: dict[str, str]) -> list[str]:
    """Return the profile variables that a row is judged by as they are known from elsewhere."""
    drifting = {rule.name for rule in delivery.rules if rule.code == "profile-drift" and rule.column in names}
    margins = [str(rule.name) for rule in delivery.rules if rule.code == "margin-category"]
    in_margins = {variable.name for margin in margins for variable, _ in _parts_of(margin, delivery.survey)}
    here = (delivery.source, ANY_WAVE)
    return [
        one.name
        for one in delivery.survey.profile
        if one.name in drifting or (one.name in in_margins and one.source not in here)
    ]


def _parts_of(margin: str, survey: Survey) -> list[tuple[ProfileVariable, Domain | None]]:
    """Return the variables of a margin, crossed as `x*y`, each with its domain if it has one."""
    domains = {domain.domain: domain for domain in survey.domains}
    profile = {variable.name: variable for variable in survey.profile}
    parts = [(part, domains.get(part)) for part in margin.split("*")]
    return [(profile[domain.variable if domain else part], domain) for part, domain in parts]


def _wave_of_row(delivery: DeliveryToValidate, names: dict[str, str]) -> pl.Expr:
    """Return the wave that a row is of: that of the file, or the one an invitation is to."""
    sent = delivery.survey.mailings
    if delivery.source != MAILINGS or sent is None:
        return pl.lit(delivery.source)
    return pl.col(names[sent.source.columns["invited_to"]]).replace_strict(sent.waves, default=None)


def _day(rule: Rule, value: pl.Expr, source: Source) -> pl.Expr:
    """Return the date of a completion time: by the declared layout, or the ISO date it begins with.

    Dates of Excel and SPSS files are read as ISO, whatever the layout of the platform's text.
    """
    day = value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    layout = source.completed_at_format
    if layout is None:
        return day
    moment = value.str.strptime(pl.Datetime, layout, strict=False).dt.date()
    return pl.coalesce(moment, value.str.strptime(pl.Date, layout, strict=False), day)


def _without_words(rule: Rule, value: pl.Expr, source: Source) -> pl.Expr:
    return pl.when(~value.is_in(list(rule.allowed))).then(value)


def _with_blanks(rule: Rule, value: pl.Expr, source: Source) -> pl.Expr:
    return value.fill_null(BLANK)


_PREPARED: dict[str, Callable[[Rule, pl.Expr, Source], pl.Expr]] = {
    "completed-in-fieldwork": _day,
    "date-format": _day,
    "number-format": _without_words,
    "constant-column": _with_blanks,
    "wave-known": _with_blanks,
}


def _passed_over(rule: Rule, names: dict[str, str]) -> pl.Expr:
    """Return whether a row answers an item that it was not asked."""
    value = pl.col(names[str(rule.column)])
    is_asked = [pl.col(names[column]).is_in(list(values)).fill_null(False) for column, values in rule.conditions]
    return value.is_not_null() & ~value.is_in(list(rule.allowed)).fill_null(False) & ~pl.all_horizontal(is_asked)


def _with_margin(rows: pl.DataFrame, delivery: DeliveryToValidate, margin: str, names: dict[str, str]) -> pl.DataFrame:
    """Add the category of a margin, crossed ones as `x*y`; no column when a variable is not known."""
    categories = []
    for variable, domain in _parts_of(margin, delivery.survey):
        rows = with_ours(rows, variable, names)
        is_here = variable.source in (delivery.source, ANY_WAVE)
        value = ours_name(variable.name) if is_here else known_name(variable.name)
        if value not in rows.columns:
            return rows
        categories.append(category(pl.col(value), domain))
    is_respondent = _fits(delivery.definition.complete_when, names, default=True) & pl.col(MEMBER).is_not_null()
    its_category = pl.when(is_respondent).then(pl.concat_str(categories, separator="*"))
    return rows.with_columns(its_category.alias(margin_name(margin)))
