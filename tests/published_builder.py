"""A small published file in memory, with the columns that the reports read; one line makes a panel of some waves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import polars as pl

SURVEY = "panel"
WEIGHT = "cross_sectional"
AGES = {"16-24": 0.49, "25-34": 0.55, "35-49": 0.66, "50-64": 0.74, "65+": 0.77}
ITEMS = {  # item: (label, wording, headline, the answers it adds up)
    "linking": ("Linking data", "Do you support or oppose linking?", "support", ("Support", "Strongly support")),
    "trust": ("Trust in the council", "How much do you trust the council?", "trust", ("A fair amount", "A great deal")),
    "risk": ("Benefits against risks", "Do benefits outweigh risks?", "benefit", ("Benefits outweigh risks",)),
    "health": ("Health data for others", "May health data be used?", "acceptable", ("Acceptable", "Very acceptable")),
    "extra": ("Something else", "And something else?", "agree", ("Agree",)),
}  # fmt: skip
FAMILY_ITEMS = ("linking", "trust", "risk", "health")
SERIES = {
    "linking": (0.52, 0.55, 0.56, 0.61),
    "trust": (0.47, 0.45, 0.42, 0.40),
    "risk": (0.36, 0.38, 0.35, 0.37),
    "health": (0.71, 0.70, 0.72, 0.71),
    "extra": (0.30, 0.30, 0.30, 0.30),
}


@dataclass
class PublishedFile:
    """Tables as lists of rows; change them before `read` is asked for."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def read(self) -> Callable[[str, list[object]], pl.DataFrame]:
        """Return the callable that reports are handed: SQL and parameters in, rows out."""
        connection = duckdb.connect()
        for table, rows in self.tables.items():
            frame = pl.DataFrame(rows, infer_schema_length=None)
            connection.register("frame", frame)
            maps = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
            as_map = ", ".join(f"map_from_entries({name}) as {name}" for name in maps)
            replaced = f"replace ({as_map})" if maps else ""
            connection.execute(f"create table {table} as select * {replaced} from frame")
            connection.unregister("frame")
        connection.execute("delete from changes where wave_from = wave_to")  # a first wave: the table without rows

        def answer(sql: str, parameters: list[object]) -> pl.DataFrame:
            return connection.sql(sql, params=parameters).pl()

        return answer

    def rows(self, table: str, **where: object) -> list[dict[str, Any]]:
        """Return the rows of a table with these values, to be changed in place."""
        return [row for row in self.tables[table] if all(row[name] == value for name, value in where.items())]


def published_file(*, waves: int = 4, n: int = 1843, is_last_provisional: bool = False) -> PublishedFile:
    """Return a survey with some waves: each headline with its figures, changes into the last wave, who stayed."""
    names = [f"w{number:02d}" for number in range(1, waves + 1)]
    file = PublishedFile()
    file.tables = {
        "surveys": [_survey()],
        "waves": [_wave(number, wave, n) for number, wave in enumerate(names, 1)],
        "items": [_item(order, item) for order, item in enumerate(ITEMS, 1)],
        "answer_options": [option for item in ITEMS for option in _options(item)],
        "families": [_family(order, item) for order, item in enumerate(FAMILY_ITEMS, 1)],
        "weights": [_weight(member, wave) for wave in names for member in range(20)],
        "margins": _margins(),
        "estimates": [
            _estimate(item, wave, SERIES[item][index], n) for item in ITEMS for index, wave in enumerate(names)
        ],
        "changes": [_change(item, names[0], names[-1], waves) for item in ITEMS],
        "retention": [_retention(wave, age, share, n) for wave in names for age, share in AGES.items()]
        + [_retention(wave, "all", 0.66, n) for wave in names],
        "releases": [{"release_id": "r1", "survey": SURVEY, "wave": names[-1], "notice": None}],
    }
    file.tables["releases"].append({"release_id": "r0", "survey": SURVEY, "wave": "w00", "notice": "Other."})
    if is_last_provisional:
        file.tables["waves"][-1] |= {"release_status": "provisional", "release_id": None}
    if waves > 2:
        file.tables["changes"] += [_change(item, names[-2], names[-1], 2) for item in ITEMS]
    return file


def _survey() -> dict[str, Any]:
    return {
        "survey": SURVEY,
        "population_name": "residents aged 16 and over of Anytown",
        "population_unit": "persons",
        "population_universe": "usual residents",
        "population_persons": 212345.0,
        "population_source": "Census",
        "population_reference_date": date(2021, 3, 21),
        "methods_note": "Members are drawn by chance.",
    }


def _wave(number: int, wave: str, n: int) -> dict[str, Any]:
    return {
        "survey": SURVEY,
        "wave": wave,
        "wave_number": number,
        "fieldwork_start": date(2025, number, 3),
        "fieldwork_end": date(2025, number, 24),
        "mode": "web",
        "n_invited": n + 600,
        "n_eligible": n + 900,
        "n_respondents": n,
        "completion_rate": n / (n + 600),
        "response_rate": n / (n + 900),
        "cumulative_response_rate": 0.083,
        "release_status": "final",
        "release_id": "r1",
    }


def _item(order: int, item: str) -> dict[str, Any]:
    label, wording, _, _ = ITEMS[item]
    return {"survey": SURVEY, "item": item, "item_order": order, "label": label, "wording": wording}


def _options(item: str) -> list[dict[str, Any]]:
    _, _, headline, answers = ITEMS[item]
    labels = [*answers, "Neither"]
    return [
        {"survey": SURVEY, "item": item, "option_order": order, "code": str(order), "label": label,
         "headlines": headline if label in answers else None}
        for order, label in enumerate(labels, 1)
    ]  # fmt: skip


def _family(order: int, item: str) -> dict[str, Any]:
    return {"survey": SURVEY, "family": "headlines", "item": item, "item_order": order, "is_headline": True}


def _weight(member: int, wave: str) -> dict[str, Any]:
    return {
        "survey": SURVEY,
        "panel_member_id": str(member),
        "weight_id": WEIGHT,
        "wave": wave,
        "kind": "cross_sectional",
        "wave_set": wave,
    }


def _margins() -> list[dict[str, Any]]:
    common = {"survey": SURVEY, "source": "Census, table TS1", "reference_date": date(2021, 3, 21)}
    return [
        {**common, "margin": "age_group", "category": category, "unit": "persons",
         "universe": "residents aged 16 and over", "approximation": None}
        for category in AGES
    ] + [
        {**common, "margin": "tenure", "category": category, "unit": "households",
         "universe": "all households", "approximation": "shares"}
        for category in ("Owns", "Rents")
    ]  # fmt: skip


def _estimate(item: str, wave: str, share: float, n: int) -> dict[str, Any]:
    return {
        "survey": SURVEY,
        "wave": wave,
        "weight_id": WEIGHT,
        "item": item,
        "statistic": "headline",
        "category": ITEMS[item][2],
        "domain": "all",
        "domain_value": "all",
        "inference": "probability",
        "estimate": share,
        "ci_low": share - 0.031,
        "ci_high": share + 0.031,
        "unweighted_n": n,
        "is_suppressed": False,
    }


def _change(item: str, wave_from: str, wave_to: str, waves: int) -> dict[str, Any]:
    series = SERIES[item]
    change = series[waves - 1] - series[0]
    verdict = {"linking": "rose", "trust": "fell"}.get(item, "no clear change") if waves > 2 else "no clear change"
    return {
        "survey": SURVEY,
        "wave_from": wave_from,
        "wave_to": wave_to,
        "kind": "net",
        "weight_id": WEIGHT,
        "item": item,
        "statistic": "headline",
        "category": ITEMS[item][2],
        "domain": "all",
        "domain_value": "all",
        "change": change,
        "ci_low": change - 0.034,
        "ci_high": change + 0.034,
        "p_value_corrected": 0.004 if verdict in ("rose", "fell") else 0.41,
        "overlap_n": 1302,
        "verdict": verdict,
        "is_suppressed": False,
        "family": "headlines" if item in FAMILY_ITEMS else "exploratory",
    }


def _retention(wave: str, age: str, share: float, n: int) -> dict[str, Any]:
    n_first = n if age == "all" else n // len(AGES)
    n_stayed = round(n_first * share)
    return {
        "survey": SURVEY,
        "wave": wave,
        "domain": "all" if age == "all" else "age_group",
        "domain_value": age,
        "n_first_wave": n_first,
        "n_eligible": n_first - 12,
        "n_respondents": n_stayed,
        "retention_raw": n_stayed / n_first,
        "retention_raw_ci_low": share - 0.05,
        "retention_raw_ci_high": share + 0.05,
        "retention_eligible": n_stayed / (n_first - 12),
    }
