"""margins/*.csv: population totals, each with unit, universe, source and date, for the population."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path

from pipeline.definitions import Domain, Margin, Population
from pipeline.survey_files.values import Faults, Place, closest, read_text, spelled_out

COLUMNS = ("margin", "category", "persons", "unit", "universe", "source", "reference_date", "approximation")
SHARES = "shares"
TOLERANCE = 0.001  # of the population: published tables differ by their rounding


@dataclass(frozen=True)
class MarginRow:
    """One line of a margins file."""

    place: Place
    cells: dict[str, str]
    persons: float
    reference_date: date

    def describes(self) -> tuple[str, ...]:
        """Return what must be the same for all categories of a margin."""
        return tuple(self.cells[name] for name in COLUMNS[3:])


@dataclass(frozen=True)
class Expected:
    """What margins must fit: the population, the values of each domain, and where faults are noted."""

    population: Population
    values: dict[str, tuple[str, ...]]
    faults: Faults


def read_margins(folder: Path, population: Population, domains: Sequence[Domain], faults: Faults) -> dict[str, Margin]:
    """Return the margins of every file in a survey's folder, scaled to the population."""
    by_margin: dict[str, list[MarginRow]] = {}
    for path in sorted((folder / "margins").glob("*.csv")):
        for row in read_rows(path, folder.parent, faults):
            by_margin.setdefault(row.cells["margin"], []).append(row)
    expected = Expected(population, {domain.domain: domain.values for domain in domains}, faults)
    return {name: margin_of(name, rows, expected) for name, rows in by_margin.items()}


def read_rows(path: Path, root: Path, faults: Faults) -> list[MarginRow]:
    """Return the lines of one file that can be read; the others are noted as faults."""
    text, file = read_text(path, root, faults), path.relative_to(root).as_posix()
    if text is None:
        return []
    reader = csv.DictReader(text.splitlines())
    header = list(reader.fieldnames or ())
    absent, unknown = (
        [name for name in COLUMNS[:-1] if name not in header],
        sorted(set(header) - set(COLUMNS)),
    )
    if absent or unknown:
        advice = closest(unknown[0], COLUMNS) if unknown else f"Add {', '.join(absent)}."
        found = f"the columns {', '.join(header)}" if header else "an empty file"
        faults.add(Place(file), found, f"the columns {', '.join(COLUMNS)}", advice)
        return []
    rows = [read_row(file, reader.line_num, cells, faults) for cells in reader]
    return [row for row in rows if row is not None]


def read_row(file: str, line: int, raw: dict[str, str], faults: Faults) -> MarginRow | None:
    """Return one line; None, with its faults noted, when a cell is missing or cannot be read."""
    cells = {name: (raw.get(name) or "").strip() for name in COLUMNS}
    persons, day = number_of_persons(cells["persons"]), iso_date(cells["reference_date"])
    wrong = {name: (f"a {name}", "Fill in the cell.") for name in COLUMNS[:-1] if not cells[name]}
    if cells["persons"] and persons is None:
        wrong["persons"] = ("a number above 0", "Write digits only, no thousands separator.")
    if cells["reference_date"] and day is None:
        wrong["reference_date"] = ("a date", "Write it as 2021-03-21.")
    if cells["approximation"] not in ("", SHARES):
        wrong["approximation"] = (f"'{SHARES}' or nothing", "Correct it.")
    for name, (expected, fix) in wrong.items():
        found = f"'{cells[name]}'" if cells[name] else "nothing"
        faults.add(Place(file, line, name), found, expected, fix)
    if wrong or persons is None or day is None:
        return None
    return MarginRow(Place(file, line), cells, persons, day)


def number_of_persons(text: str) -> float | None:
    """Return a population total; None when the text is not a number above 0."""
    try:
        persons = float(text)
    except ValueError:
        return None
    return persons if 0 < persons < float("inf") else None


def iso_date(text: str) -> date | None:
    """Return a date written year-month-day; None when the text is not one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def margin_of(name: str, rows: list[MarginRow], expected: Expected) -> Margin:
    """Return one margin, its published totals scaled to the population's; every mismatch is noted."""
    first = rows[0]
    refuse_mixed_or_repeated_rows(name, rows, expected.faults)
    published = {row.cells["category"]: row.persons for row in rows}
    refuse_other_categories(name, first.place, published, expected)
    if not first.cells["approximation"]:
        refuse_other_population(name, first, sum(published.values()), expected)
    scale = (expected.population.persons or 0.0) / sum(published.values())
    return Margin(
        margin=name,
        totals={category: persons * scale for category, persons in published.items()},
        published_totals=published,
        unit=first.cells["unit"],
        universe=first.cells["universe"],
        source=first.cells["source"],
        reference_date=first.reference_date,
        approximation=first.cells["approximation"] or None,
    )


def refuse_mixed_or_repeated_rows(name: str, rows: list[MarginRow], faults: Faults) -> None:
    """Note categories given twice, and rows of one margin that describe different tables."""
    seen: dict[str, MarginRow] = {}
    for row in rows:
        category = row.cells["category"]
        if category in seen:
            found = f"margin '{name}', category '{category}' a second time"
            faults.add(row.place, found, "each category once", f"The first is in {seen[category].place}.")
        seen.setdefault(category, row)
        if row.describes() != rows[0].describes():
            found = f"margin '{name}' described otherwise than in line {rows[0].place.line}"
            fix = f"Give all its rows the same {', '.join(COLUMNS[3:])}."
            faults.add(row.place, found, "one table to a margin", fix)


def refuse_other_categories(name: str, place: Place, published: dict[str, float], expected: Expected) -> None:
    """Note categories that the (crossed) domains do not have, and those they have without a total."""
    domains = name.split("*")
    if not all(domain in expected.values for domain in domains):
        return  # nothing can use the margin; a recipe that tries is told so
    categories = ["*".join(values) for values in product(*(expected.values[domain] for domain in domains))]
    for category in published:
        if category not in categories:
            found = f"margin '{name}', category '{category}'"
            fix = closest(category, categories)
            expected.faults.add(place, found, f"a category{spelled_out(categories)}", fix)
    for category in categories:
        if category not in published:
            found = f"margin '{name}' without '{category}'"
            expected.faults.add(place, found, "a total for each category", "Add its row.")


def refuse_other_population(name: str, first: MarginRow, total: float, expected: Expected) -> None:
    """Note a margin that counts something or somebody else than the population, or another total of it."""
    population, as_shares = (
        expected.population,
        f"write approximation {SHARES} to use it as shares, so labelled",
    )
    for what, found, wanted in (
        ("unit", first.cells["unit"], population.unit),
        ("universe", first.cells["universe"], population.universe),
    ):
        if found != wanted:
            fix = f"Take a table of the population, or {as_shares}."
            expected.faults.add(first.place, f"margin '{name}' with {what} '{found}'", f"'{wanted}'", fix)
    persons = population.persons
    if persons is None or abs(total - persons) > TOLERANCE * persons:
        wanted = f"{persons:,.0f} within 0.1 %" if persons else "population.persons in survey.yml"
        fix = f"Correct the totals or population.persons, or {as_shares}."
        expected.faults.add(first.place, f"margin '{name}' with a total of {total:,.0f}", wanted, fix)
