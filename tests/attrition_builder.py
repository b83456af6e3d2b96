"""A small published file in memory with what the attrition page reads: two groups, three waves, the last one late."""

from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl

SURVEY = "panel"
GROUPS = {"young": 0.12, "old": 0.03}  # hazard at each wave
Row = dict[str, Any]


def curve_rows(group: str, hazard: float, n: int) -> list[Row]:
    """Return the curves of one group over two waves that can be known, and the third that cannot."""
    domain = "all" if group == "all" else "age_group"
    rows = []
    for clock in ("since_joining", "wave"):
        for time in (1, 2):
            gone = 1 - (1 - hazard) ** time
            for cause, part in (("nonresponse", 1.0), ("left", 0.8), ("died", 0.2), ("all", 1.0)):
                rows.append(curve_row(domain, group, clock, time, cause, n, (hazard * part, gone * part)))
    rows.append(curve_row(domain, group, "wave", 3, "missed_latest", n, (hazard * 2, None)))
    return rows


def curve_row(
    domain: str, group: str, clock: str, time: int, cause: str, n: int, figures: tuple[float, float | None]
) -> Row:
    hazard, incidence = figures
    return {
        "survey": SURVEY,
        "clock": clock,
        "weighting": "weighted",
        "domain": domain,
        "domain_value": group,
        "time": time,
        "cause": cause,
        "wave": f"w0{time}" if clock == "wave" else None,
        "n_at_risk": n,
        "n_exits": round(n * hazard),
        "hazard": hazard,
        "hazard_ci_low": hazard * 0.7,
        "hazard_ci_high": min(hazard * 1.4, 1.0),
        "incidence": incidence,
        "incidence_ci_low": None if incidence is None else incidence * 0.8,
        "incidence_ci_high": None if incidence is None else min(incidence * 1.25, 1.0),
    }


def tables(
    *, n: int = 400, profile: str = "public", alerts: tuple[str, ...] = ("young: leave",)
) -> dict[str, list[Row]]:
    """Return the tables of a survey with so many members in each group."""
    groups = {**GROUPS, "all": 0.06}
    waves = ("w01", "w02", "w03")
    return {
        "surveys": [{"survey": SURVEY, "title": "Our <panel>", "disclosure_profile": profile}],
        "waves": [
            {
                "survey": SURVEY,
                "wave": wave,
                "wave_number": at,
                "fieldwork_start": None,
                "release_status": "final",
                "n_invited": 2 * n,
                "n_respondents": n,
                "completion_rate": 0.5,
            }
            for at, wave in enumerate(waves, 1)
        ],
        "attrition_curves": [row for group, hazard in groups.items() for row in curve_rows(group, hazard, n)],
        "attrition_patterns": [
            {
                "survey": SURVEY,
                "weighting": "unweighted",
                "domain": "all" if group == "all" else "age_group",
                "domain_value": group,
                "pattern": pattern,
                "n_members": n,
                "share": share,
            }
            for group in groups
            for pattern, share in (("stayer", 0.4), ("lurker", 0.3), ("returner", 0.1), ("leaver", 0.2))
        ],
        "response_rates": [
            {
                "survey": SURVEY,
                "wave": wave,
                "domain": "all",
                "n_invited": 2 * n,
                "n_respondents": n,
                "completion_rate": 0.5,
                **dict.fromkeys(("rr1", "rr3", "rr5"), 0.45),
                "cumrr2": None,
            }
            for wave in waves
        ],
        "representativity": [
            *(indicator_row(wave, "r_indicator", "all", "all", 0.8) for wave in waves),
            indicator_row("w03", "partial_unconditional", "age_group", "young", -0.1),
            indicator_row("w03", "partial_unconditional", "age_group", "old", 0.1),
        ],
        "items": [
            {"survey": SURVEY, "item": item, "label": label, "item_order": at}
            for at, (item, label) in enumerate({"trust": "Trust", "support": "Support", "rare": "Rare"}.items())
        ],
        "response_by_answer": [
            answer_row("trust", 0.06, 0.01),
            answer_row("support", -0.02, 0.2),
            answer_row("rare", -0.3, 0.001, is_suppressed=True),
        ],
        "refresh_outlook": [
            {
                "survey": SURVEY,
                "waves_ahead": 1,
                "domain": "age_group",
                "domain_value": group,
                "group_order": at,
                "wave": "w03",
                "n_active": n - 100 * at if n > 100 else n,
                "population_share": 0.5,
                "population_source": "population",
            }
            for at, group in enumerate(GROUPS)
        ],
        "attrition_alerts": [
            {
                "survey": SURVEY,
                "domain": "age_group",
                "domain_value": "young",
                "measure": "survival",
                "is_alert": place < len(alerts),
                "message": alerts[place] if place < len(alerts) else None,
            }
            for place in range(len(alerts) + 1)
        ],
    }


def indicator_row(wave: str, indicator: str, variable: str, category: str, estimate: float) -> Row:
    return {
        "survey": SURVEY,
        "wave": wave,
        "indicator": indicator,
        "variable": variable,
        "category": category,
        "estimate": estimate,
        "ci_low": estimate - 0.05,
        "ci_high": estimate + 0.05,
        "unadjusted": estimate - 0.02,
        "n_asked": 800,
        "covariates": "age_group",
    }


def answer_row(item: str, difference: float, p_value: float, *, is_suppressed: bool = False) -> Row:
    return {
        "survey": SURVEY,
        "wave": "w03",
        "item": item,
        "category": "for_it",
        "estimate_respondents": 0.5 + difference,
        "estimate_asked": 0.5,
        "difference": difference,
        "ci_low": difference - 0.03,
        "ci_high": difference + 0.03,
        "p_value_corrected": p_value,
        "is_suppressed": is_suppressed,
    }


def reader(rows_of: dict[str, list[Row]]) -> Callable[[str, list[object]], pl.DataFrame]:
    """Return the callable that reports are handed: SQL and parameters in, rows out."""
    connection = duckdb.connect()
    for table, rows in rows_of.items():
        frame = pl.DataFrame(rows, infer_schema_length=None)
        connection.register("frame", frame)
        connection.execute(f"create table {table} as select * from frame")
        connection.unregister("frame")

    def read(sql: str, parameters: list[object]) -> pl.DataFrame:
        return connection.sql(sql, params=parameters).pl()

    return read
