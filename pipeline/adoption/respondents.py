"""What waves themselves tell of the people who answered, where no list names the members: their profile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pipeline.adoption.members import MEMBER_ID, PROFILE, MemberList, prepared, profile_of
from pipeline.adoption.population import BIRTH_YEAR, PopulationPlan
from pipeline.adoption.words import Words
from pipeline.definitions import ANY_WAVE, Band, Domain, ProfileVariable
from pipeline.wave_files.delivery import Delivery

AGE, YEAR = "age", r"^(18|19|20)\d\d$"
STAYING = (BIRTH_YEAR, "sex")  # what does not change in a person: told again in a later wave, it is compared


@dataclass(frozen=True)
class Respondents:
    """Everyone who answered as a list of members, and how the waves deliver what it says of them."""

    members: MemberList
    values: Mapping[str, Mapping[str, str | None]]  # our column: delivered value: ours, None = not known
    partly: Mapping[str, tuple[str, ...]]  # our column: exports that tell it, not all or not in one column


def respondents(
    exports: Mapping[str, Delivery], id_columns: Mapping[str, str], words: Words, today: date
) -> Respondents:
    """Return who answered, and the profile that every export tells in a column of the same name."""
    lists = {name: prepared(delivery, id_columns[name], words, today) for name, delivery in exports.items()}
    told = {
        meaning: {
            name: one.columns[meaning]
            for name, one in lists.items()
            if meaning in one.columns and (meaning != BIRTH_YEAR or _are_years(exports[name], one.columns[meaning]))
        }
        for meaning in (BIRTH_YEAR, AGE, *PROFILE)
    }
    common = {
        meaning: next(iter(columns.values()))
        for meaning, columns in told.items()
        if len(columns) == len(lists) and len(set(columns.values())) == 1
    }
    if BIRTH_YEAR in common:
        common.pop(AGE, None)
    names = [BIRTH_YEAR if meaning == AGE else meaning for meaning in common]
    frame = pl.concat([one.frame.select(MEMBER_ID, *names) for one in lists.values()])
    members = MemberList(
        frame=frame,
        profile=profile_of(frame),
        columns=common,
        left_out={},
        n_unread={name: n for one in lists.values() for name, n in one.n_unread.items() if name in common},
    )
    values = {meaning: _values(exports, lists, meaning, column) for meaning, column in common.items() if meaning != AGE}
    partly = {meaning: tuple(found) for meaning, found in told.items() if found and meaning not in common}
    return Respondents(members, values, partly)


def as_waves_deliver(plan: PopulationPlan, known: Respondents, year: int) -> PopulationPlan:
    """Return a plan whose profile is read from the waves: delivered columns and values, ages where they give ages.

    Args:
        year: in which ages are counted.
    """
    columns = known.members.columns
    is_age = AGE in columns
    profile = tuple(_variable(one, columns, known.values, is_age=is_age) for one in plan.profile)
    domains = tuple(_of_ages(one, year) if is_age and one.variable == BIRTH_YEAR else one for one in plan.domains)
    return replace(plan, profile=profile, domains=domains)


def _are_years(delivery: Delivery, column: str) -> bool:
    """Return whether a column holds years of birth, not dates, which a definition does not read."""
    values = delivery.frame[column].drop_nulls().cast(pl.String)
    return values.len() > 0 and bool(values.str.contains(YEAR).all())


def _values(
    exports: Mapping[str, Delivery], lists: Mapping[str, MemberList], meaning: str, column: str
) -> dict[str, str | None]:
    """Return what each delivered value of a column is in our words."""
    found: dict[str, str | None] = {}
    for name, one in lists.items():
        pairs = pl.DataFrame(
            {"delivered": exports[name].frame[column].cast(pl.String), "ours": one.frame[meaning].cast(pl.String)}
        )
        found |= dict(pairs.drop_nulls("delivered").unique().sort("delivered").iter_rows())
    return found


def _variable(
    variable: ProfileVariable,
    columns: Mapping[str, str],
    values: Mapping[str, Mapping[str, str | None]],
    *,
    is_age: bool,
) -> ProfileVariable:
    if is_age and variable.name == BIRTH_YEAR:
        return ProfileVariable(AGE, "Age", ANY_WAVE, columns[AGE], is_number=True)
    told = {} if variable.is_number else values[variable.name]
    ours = {value: variable.values.get(one, one) if one is not None else "" for value, one in told.items()}
    return replace(
        variable,
        source=ANY_WAVE,
        column=columns[variable.name],
        values={value: one for value, one in ours.items() if one != value},
        check_drift=variable.name in STAYING,
        measure="",  # waves tell no retention, for which members grow older
        known_on=None,
    )


def _of_ages(domain: Domain, year: int) -> Domain:
    """Return bands of a year of birth as bands of the age reached in a year, the youngest first."""
    bands = tuple(
        Band(band.value, None if band.high is None else year - band.high, None if band.low is None else year - band.low)
        for band in reversed(domain.bands)
    )
    return replace(domain, variable=AGE, bands=bands, values=tuple(band.value for band in bands), label="Age group")
