"""What a valid delivery must satisfy, derived from the definitions alone: plain data, one short code a rule."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from pipeline.definitions import (
    ANY_WAVE,
    CROSSWALK,
    MAILINGS,
    NOT_ASKED,
    SKIPPED,
    Item,
    ItemColumn,
    Part,
    ProfileVariable,
    Route,
    Source,
    Survey,
    Wave,
)

ROSTER = "roster"
FILE_NOTE = "file-note"  # no rule: what was read of a file otherwise than one might expect
SEVERITIES = CRITICAL, WARNING, INFO = "critical", "warning", "info"


@dataclass(frozen=True)
class RuleKind:
    """What all rules of one code have in common; `title` is the fault in plain words.

    A row-level fault is a fault of single rows: where it is critical, they are refused and the others kept.
    A definition may give another severity to any rule that is not `is_fixed`.
    """

    code: str
    severity: str  # critical: holds the delivery | warning: published, flagged | info
    title: str
    is_row_level: bool = False
    is_fixed: bool = False  # what stands on the rule could not be right without it


_KINDS = (
    RuleKind("row-count", CRITICAL, "The file has no rows", is_fixed=True),
    RuleKind("row-count-change", WARNING, "Far fewer rows than the wave before"),
    RuleKind("required-column", CRITICAL, "A required column is missing", is_fixed=True),
    RuleKind("extra-column", WARNING, "Columns that no definition knows"),
    RuleKind("item-column", CRITICAL, "The column of an item is missing"),
    RuleKind("item-codes", CRITICAL, "Answers outside the item's codes", is_row_level=True, is_fixed=True),
    RuleKind("list-order", CRITICAL, "A member list older than the one in use"),
    RuleKind("list-complete", WARNING, "Members of the list in use who are not in this one"),
    RuleKind("routing", WARNING, "Answers to items that the routing passes over", is_row_level=True),
    RuleKind("ballot", WARNING, "Answers to items that the split sample was not asked", is_row_level=True),
    RuleKind("category-share-change", WARNING, "Answers far more or less frequent than in the wave before"),
    RuleKind("id-present", CRITICAL, "Rows without a respondent's id", is_row_level=True, is_fixed=True),
    RuleKind("id-unique", CRITICAL, "Respondents who appear more than once", is_row_level=True, is_fixed=True),
    RuleKind("one-part", CRITICAL, "Respondents who answered in another part too", is_row_level=True, is_fixed=True),
    RuleKind("member-known", CRITICAL, "Ids that are not in the member list", is_row_level=True, is_fixed=True),
    RuleKind("member-invited", WARNING, "Answers of members who were not invited", is_row_level=True),
    RuleKind("invited-first", WARNING, "Interviews completed before the invitation", is_row_level=True),
    RuleKind("wave-known", CRITICAL, "Invitations to waves that no definition knows", is_row_level=True, is_fixed=True),
    RuleKind("constant-column", CRITICAL, "Rows that belong to something else", is_row_level=True),
    RuleKind("completed-in-fieldwork", WARNING, "Interviews outside the fieldwork dates", is_row_level=True),
    RuleKind("date-format", WARNING, "Completion dates that cannot be read", is_row_level=True),
    RuleKind("number-format", WARNING, "Answers that should be numbers and are not", is_row_level=True),
    RuleKind("profile-category", WARNING, "Profile values outside the declared categories", is_row_level=True),
    RuleKind("profile-drift", WARNING, "Profile values that differ from those known before", is_row_level=True),
    RuleKind("margin-category", CRITICAL, "A population group in which nobody answered"),
    RuleKind("test-row", INFO, "Test rows, taken out", is_fixed=True),
    RuleKind("other-sample", INFO, "Rows of another sample, not of this survey", is_fixed=True),
)
RULE_KINDS = {kind.code: kind for kind in _KINDS}
OTHER_CHECKS = {
    "readable-file": "A file that cannot be read",
    "declared-part": "A part that is no longer declared",
    "linked-ids": "Linked ids that stand in no delivery",
    "link-conflict": "Links that give a person two ids in one wave",
}  # codes of what is found outside the rules of a delivery, with the fault in plain words


@dataclass(frozen=True)
class Rule:
    """One thing a delivery must satisfy. `name` is our word for what is checked: a column's meaning, a
    profile variable or a margin; `allowed` are the values that pass, `expected` the same in words."""

    code: str
    source: str  # "roster" or the wave
    item: str | None = None
    column: str | None = None
    name: str | None = None
    allowed: tuple[str, ...] = ()
    expected: str = ""
    detail: str = ""  # the scale, the format: what the advice of the message names
    first_day: date | None = None
    last_day: date | None = None
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()  # column, and the values with which an item is asked
    declared_severity: str = ""  # in the definition, instead of the usual one
    part: str = ""  # of the wave

    @property
    def kind(self) -> RuleKind:
        """Return what all rules of this code have in common."""
        return RULE_KINDS[self.code]

    @property
    def severity(self) -> str:
        """Return `critical`, `warning` or `info`."""
        return self.declared_severity or self.kind.severity

    @property
    def is_row_level(self) -> bool:
        """Return whether single rows break the rule, so that they can be refused."""
        return self.kind.is_row_level

    @property
    def refuses_rows(self) -> bool:
        """Return whether the rows that break the rule are refused."""
        return self.code in ("test-row", "other-sample") or (self.is_row_level and self.severity == CRITICAL)


def rules_for_wave(survey: Survey, wave: Wave) -> tuple[Rule, ...]:
    """Return every rule that the definitions imply for a delivery of this wave."""
    source = wave.source
    rules = [
        Rule("row-count", wave.wave),
        Rule("row-count-change", wave.wave),
        *_column_rules(wave.wave, source, _known_columns(survey, wave), _profile_columns(survey, wave.wave)),
        *_key_rules(wave.wave, source),
        *_member_rules(survey, wave),
        *_invitation_rules(survey, wave),
        *_constant_rules(wave),
        *_date_rules(wave),
        *_order_rules(survey, wave),
        *_profile_rules(survey, wave.wave),
        *_drift_rules(survey, wave),
        *_margin_rules(survey, wave),
    ]
    for placed in wave.items:
        rules.extend(_item_rules(survey, wave, placed))
        rules.extend(_asked_rules(survey, wave, placed))
    return _weighed(survey, rules)


def rules_for_part(survey: Survey, wave: Wave, part: Part) -> tuple[Rule, ...]:
    """Return the rules for one part of a wave; what only the whole wave can satisfy is left to its weighting.

    Args:
        survey: as this part delivers the wave (Survey.in_part).
    """
    left_out = {"margin-category", *(("row-count-change", "category-share-change") if part.adds else ())}
    rules = [rule for rule in rules_for_wave(survey, wave) if rule.code not in left_out]
    if not wave.both_answered:
        rules.append(Rule("one-part", wave.wave, column=part.source.columns["panel_member_id"], name=part.part))
    return tuple(replace(rule, part=part.part) for rule in rules)


def _member_rules(survey: Survey, wave: Wave) -> Iterator[Rule]:
    """Yield the rule that people are in the member list, where there is one."""
    if survey.has_member_list:
        yield Rule("member-known", wave.wave, column=wave.source.columns["panel_member_id"], name="panel_member_id")


def rules_for_roster(survey: Survey) -> tuple[Rule, ...]:
    """Return every rule that the definitions imply for a delivery of the member list."""
    supplied = [one.supplied for one in survey.weights if one.supplied and not one.is_supplied_by_wave]
    probabilities = [column for recipe in survey.weights for column in recipe.selection_probabilities.values()]
    design = [*survey.design.strata, *([survey.design.psu] if survey.design.psu else [])]
    eligibility = [*survey.eligibility.columns.values(), *survey.invitations.columns.values()]
    needed = [*_profile_columns(survey, ROSTER), *supplied, *probabilities, *design, *eligibility]
    rules = (
        Rule("row-count", ROSTER),
        Rule("list-order", ROSTER),
        Rule("list-complete", ROSTER),
        *_column_rules(ROSTER, survey.roster, (), needed),
        *_key_rules(ROSTER, survey.roster),
        *_profile_rules(survey, ROSTER),
    )
    return _weighed(survey, rules)


def rules_for_crosswalk(survey: Survey) -> tuple[Rule, ...]:
    """Return every rule that the definitions imply for a delivery of the crosswalk."""
    columns = survey.crosswalk.ids.values() if survey.crosswalk else ()
    return (
        Rule("row-count", CROSSWALK),
        *(Rule("required-column", CROSSWALK, column=column) for column in _unique(columns)),
    )


def rules_for_mailings(survey: Survey) -> tuple[Rule, ...]:
    """Return every rule that the definitions imply for an export of the sending system."""
    if survey.mailings is None:
        return ()
    source, waves = survey.mailings.source, tuple(survey.mailings.waves)
    told = {**source.optional_columns, **source.columns}
    person = source.columns["panel_member_id"]
    rules = [
        Rule("row-count", MAILINGS),
        *(Rule("required-column", MAILINGS, column=column) for column in required_columns(source)),
        Rule("id-present", MAILINGS, column=person, name="panel_member_id"),
        Rule("member-known", MAILINGS, column=person, name="panel_member_id"),
        Rule("wave-known", MAILINGS, column=source.columns["invited_to"], allowed=waves, expected=choice_words(waves)),
    ]
    if "invited_at" in told:
        rules.append(Rule("date-format", MAILINGS, column=told["invited_at"], detail=source.completed_at_format or ""))
        rules.append(Rule("invited-first", MAILINGS, column=told["invited_at"]))
    return _weighed(survey, rules)


def required_columns(source: Source) -> tuple[str, ...]:
    """Return the columns a delivery cannot do without, items apart, each once, in a fixed order."""
    filters = [one.column for one in (source.complete_when, source.test_rows, source.only_rows) if one is not None]
    linked = source.linked_ids.values()
    return _unique([*source.columns.values(), *source.required_columns, *source.constants, *filters, *linked])


def is_known_column(column: str, known: Iterable[str]) -> bool:
    """Return whether a delivered column is declared; a declared name may end in *."""
    return any(fnmatchcase(column, pattern) if "*" in pattern else column == pattern for pattern in known)


def _column_rules(
    source_name: str, source: Source, known: tuple[str, ...], needed: Iterable[str] = ()
) -> Iterator[Rule]:
    meaning = {column: name for name, column in source.columns.items()}
    required = _unique([*required_columns(source), *needed])
    for column in required:
        yield Rule("required-column", source_name, column=column, name=meaning.get(column))
    optional = source.optional_columns.values()
    yield Rule("extra-column", source_name, allowed=_unique([*required, *known, *optional, *source.ignored_columns]))


def _key_rules(source_name: str, source: Source) -> Iterator[Rule]:
    column = source.columns["panel_member_id"]
    yield Rule("id-present", source_name, column=column, name="panel_member_id")
    yield Rule("id-unique", source_name, column=column, name="panel_member_id")
    if source.test_rows is not None:
        yield Rule("test-row", source_name, column=source.test_rows.column, allowed=tuple(source.test_rows.values))
    if source.only_rows is not None:
        yield Rule("other-sample", source_name, column=source.only_rows.column, allowed=source.only_rows.values)


def _known_columns(survey: Survey, wave: Wave) -> tuple[str, ...]:
    items = [placed.column for placed in wave.items]
    ballots = [placed.ballot.column for placed in wave.items if placed.ballot is not None]
    return _unique([*items, *ballots, *(one.column_at(wave.wave) for one in survey.profile if one.check_drift)])


def _profile_columns(survey: Survey, source_name: str) -> list[str]:
    sources = {source_name} if source_name == ROSTER else {source_name, ANY_WAVE}
    return [variable.column for variable in survey.profile if variable.source in sources]


def _constant_rules(wave: Wave) -> Iterator[Rule]:
    for column, value in wave.source.constants.items():
        yield Rule("constant-column", wave.wave, column=column, allowed=(value,), expected=f"only {value}")


def _date_rules(wave: Wave) -> Iterator[Rule]:
    column = {**wave.source.optional_columns, **wave.source.columns}.get("completed_at")
    if column is None:
        return
    yield Rule("date-format", wave.wave, column=column, detail=wave.source.completed_at_format or "")
    if wave.fieldwork_start is not None or wave.fieldwork_end is not None:
        first, last = wave.fieldwork_start, wave.fieldwork_end
        yield Rule("completed-in-fieldwork", wave.wave, column=column, first_day=first, last_day=last)


def _order_rules(survey: Survey, wave: Wave) -> Iterator[Rule]:
    """Yield the rule that nobody answers before the invitation, where the days of both are delivered."""
    column = {**wave.source.optional_columns, **wave.source.columns}.get("completed_at")
    sent = survey.mailings.source if survey.mailings else None
    if column and sent and "invited_at" in {**sent.optional_columns, **sent.columns}:
        yield Rule("invited-first", wave.wave, column=column)


def _invitation_rules(survey: Survey, wave: Wave) -> Iterator[Rule]:
    """Yield the rule of who could be invited, where the member list tells of joining, leaving or pausing."""
    told = {**survey.roster.optional_columns, **survey.roster.columns}
    is_told = {"joined_on", "left_on"} & set(told) or (survey.uninvited_statuses and "status" in told)
    if is_told or wave.wave in survey.invitations.columns or survey.mailings:
        yield Rule(
            "member-invited",
            wave.wave,
            column=wave.source.columns["panel_member_id"],
            name="panel_member_id",
            allowed=survey.uninvited_statuses,
            first_day=wave.fieldwork_start,
            last_day=wave.fieldwork_end,
        )


def _asked_rules(survey: Survey, wave: Wave, placed: ItemColumn) -> Iterator[Rule]:
    """Yield the rules of whom an item is asked; a code for not asked, or skipped, is no answer."""
    item = survey.items[placed.item]
    blank = [option for option in item.options if option.missing in (NOT_ASKED, SKIPPED)]
    rule = Rule(
        "routing",
        wave.wave,
        item=placed.item,
        column=placed.column,
        allowed=_unique([*(option.code for option in blank), *(option.label for option in blank)]),
    )
    if placed.asked_if:
        columns = {one.item: one.column for one in wave.items}
        yield replace(
            rule,
            conditions=tuple((columns[route.item], _delivered_as(survey, wave, route)) for route in placed.asked_if),
            expected=" and ".join(f"'{route.item}' is {choice_words(route.codes)}" for route in placed.asked_if),
        )
    if placed.ballot is not None:
        yield replace(
            rule,
            code="ballot",
            conditions=((placed.ballot.column, placed.ballot.values),),
            expected=f"column '{placed.ballot.column}' is {choice_words(placed.ballot.values)}",
        )


def _delivered_as(survey: Survey, wave: Wave, route: Route) -> tuple[str, ...]:
    """Return every way in which a delivery may write the answers with which an item is asked."""
    item = survey.items[route.item]
    (recode,) = [one.recode for one in wave.items if one.item == route.item]
    taken = {*recode, *_codes(item)}
    labels = [one.label for one in item.options if one.code in route.codes and one.label not in taken]
    codes = [code for code in route.codes if code not in recode]
    return _unique([*codes, *labels, *(value for value, code in recode.items() if code in route.codes)])


def _weighed(survey: Survey, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules with the severities that the survey declares."""
    changes = survey.severities
    return tuple(
        replace(rule, declared_severity=changes[rule.code].severity) if rule.code in changes else rule for rule in rules
    )


def _item_rules(survey: Survey, wave: Wave, placed: ItemColumn) -> Iterator[Rule]:
    item = survey.items[placed.item]
    if not wave.items_may_be_absent:
        yield Rule("item-column", wave.wave, item=item.item, column=placed.column)
    if item.kind == "category":
        yield Rule(
            "item-codes",
            wave.wave,
            item=item.item,
            column=placed.column,
            allowed=_unique([*placed.recode, *_codes(item), *_labels(item)]),
            expected=_expected_codes(item),
            detail=item.scale or "",
        )
        least = f"a difference of at most {100 * survey.comparison.share_difference:g} points, or what chance explains"
        yield Rule(
            "category-share-change", wave.wave, item=item.item, column=placed.column, detail=item.label, expected=least
        )
    elif item.kind == "number":
        words = [word for one in survey.profile if one.column == placed.column for word in one.values]
        yield Rule(
            "number-format",
            wave.wave,
            item=item.item,
            column=placed.column,
            allowed=_unique([*placed.recode, *words, *_codes(item), *_labels(item)]),
        )


def _profile_rules(survey: Survey, source_name: str) -> Iterator[Rule]:
    for variable in survey.profile:
        is_here = variable.source == source_name or (variable.source == ANY_WAVE and source_name != ROSTER)
        if is_here and variable.is_number:
            yield _profile_rule("number-format", source_name, variable, tuple(variable.values))
        elif is_here and variable.categories:
            yield _profile_rule("profile-category", source_name, variable, variable.categories)


def _profile_rule(code: str, source_name: str, variable: ProfileVariable, allowed: tuple[str, ...]) -> Rule:
    expected = choice_words(allowed) if code == "profile-category" else ""
    return Rule(code, source_name, column=variable.column, name=variable.name, allowed=allowed, expected=expected)


def _drift_rules(survey: Survey, wave: Wave) -> Iterator[Rule]:
    for variable in survey.profile:
        if variable.check_drift and variable.source != wave.wave:
            column = variable.column_at(wave.wave)
            yield Rule("profile-drift", wave.wave, column=column, name=variable.name, detail=variable.source)


def _margin_rules(survey: Survey, wave: Wave) -> Iterator[Rule]:
    """Yield one rule for each population margin that this wave's own weights are calibrated to.

    Ages at the wave are left out: the weighting itself tells of a group in which nobody answered.
    """
    margins: list[str] = []
    for recipe in survey.weights:
        step = recipe.calibration
        is_own = recipe.waves in ((), (wave.wave,)) and recipe.starting_wave is None
        if step is not None and step.controls == "population" and is_own:
            margins.extend(wave.margins or step.margins)
    ageing = {one.domain for one in survey.domains if one.is_at_wave}
    for margin in _unique(margins):
        if not ageing & set(margin.split("*")):
            yield Rule("margin-category", wave.wave, name=margin, allowed=tuple(survey.margins[margin].totals))


def _codes(item: Item) -> list[str]:
    return [option.code for option in item.options]


def _labels(item: Item) -> list[str]:
    return [option.label for option in item.options]


def _expected_codes(item: Item) -> str:
    missing = [option.code for option in item.options if option.missing is not None]
    answers = choice_words(tuple(option.code for option in item.answers))
    return f"{answers} or a missing code ({', '.join(missing)})" if missing else answers


def choice_words(values: tuple[str, ...], *, at_most: int = 12) -> str:
    """Return the values as words: a run of whole numbers as `1–5`, anything else listed."""
    numbers = [int(value) for value in values if value.isascii() and value.isdigit()]
    if len(numbers) == len(values) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}–{numbers[-1]}"
    quoted = [value if len(numbers) == len(values) else f"'{value}'" for value in values]
    if len(quoted) > at_most:
        return f"{', '.join(quoted[:at_most])} or one of {len(quoted) - at_most} more"
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
