"""A small survey with a roster and two waves, and the deliveries that go with it."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from pipeline import analysis_plans, definitions, warehouse, weighting_steps

RECEIVED = datetime(2025, 1, 2, 3, 4, 5)
NO_REFUSALS = pl.DataFrame(schema={"row_number": pl.Int32, "rule": pl.String, "reason": pl.String})
AGREE = (
    definitions.AnswerOption("1", "Agree"),
    definitions.AnswerOption("2", 'It\'s "no"'),
    definitions.AnswerOption("-8", "Don't know", definitions.DONT_KNOW),
)

_MADE = """
select schema_name || '.' || table_name as name
from duckdb_tables()
where schema_name in ('staging', 'core') and table_name <> 'wave_versions'  -- new ones whenever rows are made
"""
_VIEWS = (
    *("staging.delivered_rows", "staging.answers"),
    *("core.member_waves", "core.understood_answers", "core.answers"),
)


def item(name: str, kind: str = "category", **facts: Any) -> definitions.Item:
    options = AGREE if kind == "category" else ()
    return definitions.Item(item=name, wording=f"Wording of {name}?", kind=kind, label=name, options=options, **facts)


def small_survey(**changes: Any) -> definitions.Survey:
    """Return a survey with a roster, two waves and an item of each kind."""
    id_column = {"panel_member_id": "ID"}
    waves = tuple(
        definitions.Wave(
            wave=f"w{number}",
            wave_number=number,
            fieldwork_start=date(2025, number, 1),
            fieldwork_end=date(2025, number, 20),
            is_closed=False,
            mode="web",
            source=definitions.Source(
                file=f"w{number}.csv",
                columns={**id_column, "completed_at": "DONE"},
                complete_when=definitions.RowFilter("OUTCOME", ("110", "111")),
                completed_at_format="%d/%m/%Y %H:%M",
            ),
            items=(
                definitions.ItemColumn("trust", "Q1", {"1": "2"} if number == 2 else {}),
                definitions.ItemColumn("hours", "Q2"),
                definitions.ItemColumn("open", "Q3"),
                definitions.ItemColumn("secret", "Q4"),
            ),
        )
        for number in (1, 2)
    )
    items = (
        item("trust", headline={"agree": ("1",)}, research_questions=("linking", "consent")),
        item("hours", "number"),
        item("open", "text"),
        item("secret", is_published=False),
    )
    survey = definitions.Survey(
        survey="small",
        title="Small",
        member_ids="pseudonym",
        disclosure_profile="public",
        inference="probability",
        population=definitions.Population("people", "persons", "16+", 100, "census", date(2021, 3, 21)),
        roster=definitions.Source(file="roster.csv", columns={**id_column, "left_on": "LEFT"}),
        profile=(
            definitions.ProfileVariable("age", "Age", "roster", "AGE", is_number=True, values={"89 or Older": "89"}),
            definitions.ProfileVariable("sex", "Sex", "roster", "SEX", categories=("F", "M")),
        ),
        domains=(
            definitions.Domain(
                "age_group",
                "Age group",
                "age",
                ("16-49", "50+"),
                (definitions.Band("16-49", 16, 49), definitions.Band("50+", 50, None)),
            ),
            definitions.Domain("sex", "Sex", "sex", ("F", "M"), is_published=False),
        ),
        design=definitions.Design(strata=("AREA", "COHORT"), psu="HOUSE"),
        eligibility=definitions.Eligibility({"w2": "STAT"}, "not Eligible", ("died",)),
        items={one.item: one for one in items},
        item_links=(definitions.ItemLink("trust", "secret", "not_comparable", "reworded"),),
        blank="skipped",
        waves=waves,
        margins={
            "sex": definitions.Margin(
                "sex", {"F": 60, "M": 40}, {"F": 6, "M": 4}, "persons", "16+", "census", date(2021, 3, 21), "shares"
            )
        },
        weights=(
            weighting_steps.WeightRecipe("each", "cross_sectional", (), "one wave"),
            weighting_steps.WeightRecipe(
                "both",
                "longitudinal",
                ("w1", "w2"),
                "change",
                starting_wave="w1",
                calibration=weighting_steps.CalibrationStep("raking", ("sex",), tolerance=1e-7),
            ),
        ),
        changes=(),
        transitions=(),
        families=(
            analysis_plans.TestFamily("headlines", ("trust",), ("all", "sex"), "holm", 0.05, is_headline=True),
            analysis_plans.TestFamily("rest", (), ("all",), "benjamini_hochberg", 0.1),
        ),
        retention=analysis_plans.RetentionPlan("w1", "each", 2),
        methods_note="A note.",
    )
    return replace(survey, **changes)


def frame(*rows: dict[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None).with_row_index("row_number", 1)


def load(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    rows: pl.DataFrame,
    *,
    delivery_id: str | None = None,
    refused: pl.DataFrame = NO_REFUSALS,
    status: str = "accepted",
    part: str = "",
) -> None:
    delivery = warehouse.Delivery(delivery_id or source, "small", source, f"{source}.csv", RECEIVED, status, "ID", part)
    warehouse.load_delivery(connection, delivery, rows, refused)


def refusals(*row_numbers: int, rule: str = "item-codes") -> pl.DataFrame:
    return pl.DataFrame({"row_number": row_numbers, "rule": rule, "reason": "why"}, schema=NO_REFUSALS.schema)


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    rows = warehouse.read(
        connection, "select delivery_id, status, n_delivered, n_accepted, n_refused, n_superseded from raw.deliveries"
    )
    return {delivery_id: tuple(facts) for delivery_id, *facts in rows.iter_rows()}


def load_small_panel(connection: duckdb.DuckDBPyConnection, answer: str = "1") -> None:
    """Load two members and two waves; member b answers the first wave only."""
    warehouse.store_definitions(connection, [small_survey()])
    load(
        connection,
        "roster",
        frame(
            {"ID": "a", "LEFT": None, "AGE": "89 or Older", "SEX": "F", "AREA": "N", "COHORT": "1", "HOUSE": "h1"},
            {"ID": "b", "LEFT": None, "AGE": "30", "SEX": "M", "AREA": "S", "COHORT": "1", "HOUSE": "h2"},
        ),
    )
    interview = {"OUTCOME": "110", "Q2": "4", "Q3": "my words", "Q4": "1"}
    load(
        connection,
        "w1",
        frame(
            {"ID": "a", "DONE": "05/01/2025 10:30", "Q1": answer, **interview},
            {"ID": "b", "DONE": "06/01/2025 10:30", "Q1": "Don't know", **interview},
        ),
    )
    load(connection, "w2", frame({"ID": "a", "DONE": "05/02/2025 10:30", "Q1": "1", **interview}))
    warehouse.build(connection)
    warehouse.build_marts(connection)


def made(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of staging and core, sorted."""
    names = [*warehouse.read(connection, f"{_MADE} order by all")["name"], *_VIEWS]
    return {name: warehouse.read(connection, f"from {name} order by all").rows() for name in names}
