"""Population totals given as a table, met with what the member list knows: domains, categories and their margins."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.adoption.members import MemberList
from pipeline.adoption.merging import merged_ages, merged_groups
from pipeline.adoption.words import COLUMN, Words, plain_words
from pipeline.definitions import Band, Domain, ProfileVariable
from pipeline.errors import DefinitionError

AGE_GROUP, BIRTH_YEAR = "age_group", "birth_year"
DEFAULT_BANDS = ("16-24", "25-34", "35-49", "50-64", "65+")
SAME_TOTAL = 0.001  # of the population: as pipeline.survey_files.margins
MOST_VALUES = 15  # categories of a variable that estimates are made for
OPTIONAL = ("unit", "universe", "source", "reference_date", "approximation")


@dataclass(frozen=True)
class PopulationPlan:
    """Domains of estimates, and the margins that the list can be weighted to."""

    profile: tuple[ProfileVariable, ...]
    domains: tuple[Domain, ...]
    rows: tuple[dict[str, str], ...] = ()  # of margins/*.csv
    margins: tuple[str, ...] = ()  # used in weighting
    persons: float | None = None
    described: dict[str, str] = field(default_factory=dict)  # unit, universe, source, reference_date
    remarks: tuple[str, ...] = ()  # what does not meet, in words


def without_totals(members: MemberList, year: int) -> PopulationPlan:
    """Return the domains of a panel whose population nobody has counted."""
    profile = tuple(_dated(variable, year) for variable in members.profile)
    domains = [_domain(variable, year, DEFAULT_BANDS) for variable in profile]
    return PopulationPlan(profile, tuple(one for one in domains if one is not None))


def with_totals(text: str, members: MemberList, words: Words, year: int, today: str) -> PopulationPlan:
    """Return the domains and margins of a table of population totals.

    Args:
        text: a CSV table with the columns margin, category, persons, and what else margins/*.csv may say.
        year: in which ages are counted.
        today: for a table that does not date its totals.

    Raises:
        DefinitionError: the table lacks a column, or a total is not a number.
    """
    tables = _tables(text)
    profile = {variable.name: _dated(variable, year) for variable in members.profile}
    domains: dict[str, Domain] = {}
    rows: list[dict[str, str]] = []
    used: list[str] = []
    remarks: list[str] = []
    first = next(iter(tables.values()))[0]
    described = {name: first.get(name, "") for name in OPTIONAL[:-1]}
    described = _filled(described, today)
    main = next((name for name in tables if words.meaning(COLUMN, name) in ("age", AGE_GROUP)), next(iter(tables)))
    for name, table in tables.items():
        meaning = str(words.meaning(COLUMN, name) or plain_words(name).replace(" ", "_"))
        meaning = AGE_GROUP if meaning in ("age", BIRTH_YEAR) else meaning
        variable = profile.get(BIRTH_YEAR if meaning == AGE_GROUP and BIRTH_YEAR in profile else meaning)
        if variable is None:
            remarks.append(f"margin '{name}' is not used: the member list says nothing of it")
            continue
        kept, fitted, domain, told = _fitted(meaning, variable, table, members, words, year)
        remarks += told
        profile[variable.name] = fitted
        domains[meaning] = domain
        if kept:
            rows += [{**row, "margin": meaning} for row in kept]
            used.append(meaning)
            main = meaning if name == main else main
    persons = sum(float(row["persons"]) for row in rows if row["margin"] == main) or None
    domains |= {
        one.domain: one
        for variable in profile.values()
        if (one := _domain(variable, year, DEFAULT_BANDS)) is not None and one.domain not in domains
    }
    marked = _marked(rows, persons, described)
    remarks += [
        f"margin '{name}' has another total than the population: used as shares"
        for name in used
        if any(row["approximation"] and row["margin"] == name for row in marked)
    ]
    return PopulationPlan(
        tuple(profile.values()), tuple(domains.values()), marked, tuple(used), persons, described, tuple(remarks)
    )


def _tables(text: str) -> dict[str, list[dict[str, str]]]:
    reader = csv.DictReader(text.lstrip("\ufeff").splitlines())
    absent = [name for name in ("margin", "category", "persons") if name not in (reader.fieldnames or ())]
    if absent:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise DefinitionError(
            f"margins: no column {', '.join(absent)}, found {found}. Give a CSV with margin,category,persons, such as "
            "age_group,16-24,9116."
        )
    tables: dict[str, list[dict[str, str]]] = {}
    for line, row in enumerate(reader, start=2):
        cells = {name: (value or "").strip() for name, value in row.items() if name}
        if re.fullmatch(r"\d+(\.\d+)?", cells["persons"]) is None:
            raise DefinitionError(f"margins, line {line}: persons is not a number above 0. Write digits only.")
        tables.setdefault(cells["margin"], []).append(cells)
    if not tables:
        raise DefinitionError("margins: no rows under the header. Add one row for each category.")
    return tables


def _filled(described: dict[str, str], today: str) -> dict[str, str]:
    default = {
        "unit": "persons",
        "universe": "residents of the area",
        "source": "population totals as given when the panel was adopted",
        "reference_date": today,
    }
    return {name: described.get(name) or text for name, text in default.items()}


def _fitted(
    meaning: str,
    variable: ProfileVariable,
    table: list[dict[str, str]],
    members: MemberList,
    words: Words,
    year: int,
) -> tuple[list[dict[str, str]], ProfileVariable, Domain, list[str]]:
    """Return a margin's rows, the variable and its domain with the margin's categories, and what does not meet."""
    values = members.frame[variable.column].drop_nulls()
    if variable.is_number:
        bands = {row["category"]: ages for row in table if (ages := age_limits(row["category"])) is not None}
        counts = {
            name: int(values.cast(float).is_between(year - (high or 200), year - (low or 0)).sum())
            for name, (low, high) in bands.items()
        }
        youngest = min((low or 0) for low, _ in bands.values()) if bands else 0
        children = [name for name, (low, _) in bands.items() if (low or 0) == youngest and not counts[name]]
        bands = {name: ages for name, ages in bands.items() if name not in children}
        told = [f"age group '{name}' has no member: left out of the population" for name in children]
        bands, table, merged = merged_ages(bands, counts, [row for row in table if row["category"] in bands])
        counts |= dict.fromkeys(bands, 1)
        told += merged
        domain, fitted = _banded(variable, year, bands), variable
    else:
        table, ours, told = merged_groups(table, values.unique().sort().to_list(), words)
        categories = [row["category"] for row in table]
        counts = {name: sum(int((values == v).sum()) for v, to in ours.items() if to == name) for name in categories}
        strange = [value for value, to in ours.items() if to is None]
        fitted = replace(
            variable,
            categories=tuple(categories),
            values={value: to or "" for value, to in ours.items() if to != value},
        )
        domain = Domain(meaning, variable.label, variable.name, tuple(categories))
        n = sum(int((values == value).sum()) for value in strange)
        if strange:
            told.append(
                f"{meaning}: {n} members with {len(strange)} answers that the margin does not have count as its "
                "largest category, in weighting only"
            )
    empty = [row["category"] for row in table if not counts.get(row["category"])]
    if empty:
        told = [
            f"margin '{meaning}' is not used: nobody in the list is in {', '.join(empty)}; to use it, merge each with "
            "the category most like it in the table of totals"
        ]
        if not variable.is_number:  # the list's own categories stay
            own = Domain(meaning, variable.label, variable.name, variable.categories)
            return [], variable, own, told
        table = []
    return table, fitted, domain, told


def age_limits(text: str) -> tuple[int | None, int | None] | None:
    """Return the lowest and highest age of a category: 16-24, 65+, Aged 15 years and under; None when it has none."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    if len(numbers) != 1:
        return None
    is_lower_end = re.search(r"under|younger|below|less|unter|moins|<", text.lower()) is not None
    return (None, numbers[0]) if is_lower_end else (numbers[0], None)


def _dated(variable: ProfileVariable, year: int) -> ProfileVariable:
    """Return a year of birth with the year in which bands of it are ages, so that members can grow older."""
    return replace(variable, measure=BIRTH_YEAR, known_on=date(year, 12, 31)) if variable.is_number else variable


def _domain(variable: ProfileVariable, year: int, bands: Sequence[str]) -> Domain | None:
    """Return the domain of a profile variable: bands of a year of birth, or its categories unless they are many."""
    if variable.is_number:
        limits = {name: ages for name in bands if (ages := age_limits(name)) is not None}
        return _banded(variable, year, limits)
    if len(variable.categories) > MOST_VALUES:
        return None
    return Domain(variable.name, variable.label, variable.name, variable.categories)


def _banded(variable: ProfileVariable, year: int, ages: dict[str, tuple[int | None, int | None]]) -> Domain:
    """Return age groups as bands of the year of birth, which never changes; the oldest were born first."""
    oldest_first = sorted(ages.items(), key=lambda one: -(one[1][0] or 0))
    bands = tuple(
        Band(name, None if high is None else float(year - high), None if low is None else float(year - low))
        for name, (low, high) in oldest_first
    )
    label = f"Age group (age reached in {year})"
    return Domain(AGE_GROUP, label, variable.name, tuple(band.value for band in bands), bands)


def _marked(
    rows: Sequence[dict[str, str]], persons: float | None, described: dict[str, str]
) -> tuple[dict[str, str], ...]:
    """Return the rows of margins.csv; a margin of another unit, universe or total enters as shares, so labelled."""
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["margin"]] = totals.get(row["margin"], 0.0) + float(row["persons"])
    found = []
    for row in rows:
        stated = {name: row.get(name) or described.get(name, "") for name in OPTIONAL}
        is_other = abs(totals[row["margin"]] - (persons or 0)) > SAME_TOTAL * (persons or 1)
        is_other |= any(stated[name] != described[name] for name in ("unit", "universe"))
        stated["approximation"] = stated["approximation"] or ("shares" if is_other else "")
        found.append({"margin": row["margin"], "category": row["category"], "persons": row["persons"], **stated})
    return tuple(found)
