"""A small survey, a good delivery of it, and what validation needs to know besides: made in one line each."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from pipeline.definitions import (
    AnswerOption,
    Band,
    Design,
    Domain,
    Eligibility,
    Item,
    ItemColumn,
    Margin,
    Population,
    ProfileVariable,
    RowFilter,
    Source,
    Survey,
    Wave,
)
from pipeline.rules import ROSTER, rules_for_roster, rules_for_wave
from pipeline.validation import DeliveryToValidate, RuleResult, ValidationReport, validate
from pipeline.weighting_steps import CalibrationStep, WeightRecipe

FILE = "citizens_panel_w03.csv"
IDS = tuple(f"R-{number}" for number in range(7001, 7021))  # twenty respondents
MEMBERS = tuple(f"member{number}" for number in range(1, 21))
LABELS = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
AGREE = (
    *(AnswerOption(str(code), label) for code, label in enumerate(LABELS, 1)),
    AnswerOption("-8", "Don't know", "dont_know"),
    AnswerOption("-9", "Prefer not to say", "refused"),
)
TRUST = Item("trust_local_council", "The council can be trusted.", "category", "Trust in the council", AGREE, "agree5")
AGE_NOW = Item("age_now", "How old are you?", "number", "Age now")
COMMENT = Item("comment", "Anything else?", "text", "Comment")


def one_wave(**changes: Any) -> Wave:
    """Return wave 3: two items and an open question, fieldwork in March 2025."""
    source = Source(
        file=FILE,
        columns={"panel_member_id": "RESP_ID", "completed_at": "SUBMIT_TS"},
        required_columns=("WAVE",),
        ignored_columns=("Q_*",),
        complete_when=RowFilter("DONE", ("1",)),
        test_rows=RowFilter("STATUS", ("Preview",)),
        constants={"WAVE": "3"},
    )
    wave = Wave(
        wave="w03",
        wave_number=3,
        fieldwork_start=date(2025, 3, 3),
        fieldwork_end=date(2025, 3, 24),
        is_closed=False,
        mode="web",
        source=source,
        items=(
            ItemColumn("trust_local_council", "Q7", {"yes": "4"}),
            ItemColumn("age_now", "AGE"),
            ItemColumn("comment", "OPEN"),
        ),
    )
    return replace(wave, **changes)


def one_survey(wave: Wave | None = None, **changes: Any) -> Survey:
    """Return a survey of one wave, raked to age group and sex crossed with age group."""
    survey = Survey(
        survey="citizens_panel",
        title="Citizens' Panel",
        member_ids="pseudonym",
        disclosure_profile="public",
        inference="probability",
        population=Population("Residents", "persons", "16+", 100.0, "Census", date(2021, 3, 21)),
        roster=Source("members.csv", {"panel_member_id": "ID"}),
        profile=(
            ProfileVariable("age", "Age", ROSTER, "AGE_AT_START", is_number=True, values={"89 or older": "89"}),
            ProfileVariable(
                "sex", "Sex", ROSTER, "SEX", categories=("Female", "Male"),
                values={"F": "Female", "M": "Male", "?": ""}, check_drift=True,
            ),
        ),
        domains=(
            Domain(
                "age_group", "Age group", "age", ("16-64", "65-74", "75+"),
                (Band("16-64", 16, 64), Band("65-74", 65, 74), Band("75+", 75, None)),
            ),
            Domain("sex", "Sex", "sex", ("Female", "Male")),
        ),
        design=Design(),
        eligibility=Eligibility(),
        items={item.item: item for item in (TRUST, AGE_NOW, COMMENT)},
        item_links=(),
        blank="skipped",
        waves=(wave or one_wave(),),
        margins={
            "age_group": margin("age_group", ("16-64", "65-74", "75+")),
            "sex*age_group": margin("sex*age_group", ("Female*16-64", "Male*16-64")),
        },
        weights=(
            WeightRecipe(
                "cross_sectional", "cross_sectional", (), "one wave",
                selection_probabilities={"c1": "PROB"},
                calibration=CalibrationStep("raking", ("age_group", "sex*age_group")),
            ),
        ),
        changes=(),
        transitions=(),
        families=(),
        retention=None,
    )  # fmt: skip
    return replace(survey, **changes)


def margin(name: str, categories: tuple[str, ...]) -> Margin:
    totals = dict.fromkeys(categories, 50.0)
    return Margin(name, totals, totals, "persons", "16+", "Census", date(2021, 3, 21))


def good_rows(**columns: list[str | None]) -> pl.DataFrame:
    """Return twenty rows that keep every rule; a column given here replaces the good one."""
    good: dict[str, list[str | None]] = {
        "RESP_ID": list(IDS),
        "SUBMIT_TS": ["2025-03-10 18:30:00"] * 20,
        "WAVE": ["3"] * 20,
        "DONE": ["1"] * 20,
        "STATUS": ["IP Address"] * 20,
        "Q7": ["1", "2", "3", "4", "5", "-8", "-9", None, "Agree", "yes"] * 2,
        "AGE": ["16", "40", "70.5", None] * 5,
        "OPEN": ["I was never asked by Dr Jones of Leeds"] * 20,
    }
    return pl.DataFrame(good | columns, schema_overrides=dict.fromkeys([*good, *columns], pl.String))


def changed(column: str, values: dict[int, str | None], rows: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the good rows with other values in some rows (1 is the first)."""
    rows = good_rows() if rows is None else rows
    cells = rows[column].to_list()
    for row, value in values.items():
        cells[row - 1] = value
    return rows.with_columns(pl.Series(column, cells, dtype=pl.String))


def known_profile(**values: list[str | None]) -> pl.DataFrame:
    """Return what the member list says of the twenty members: ages in every group, both sexes."""
    known = {"age": ["20", "40", "70", "80"] * 5, "sex": ["Female", "Female", "Male", "Male", "Male"] * 4} | values
    return pl.concat(
        [
            pl.DataFrame({"panel_member_id": MEMBERS, "variable": [name] * 20, "value": column}).cast(pl.String)
            for name, column in known.items()
        ]
    )


def delivery(
    rows: pl.DataFrame | None = None, *, wave: Wave | None = None, survey: Survey | None = None, **context: Any
) -> DeliveryToValidate:
    """Return a delivery of wave 3 whose ids are those of the twenty members."""
    survey = survey or one_survey(wave)
    rows = good_rows() if rows is None else rows
    ids = rows["RESP_ID"] if "RESP_ID" in rows.columns else pl.Series([None] * rows.height, dtype=pl.String)
    members = ids.replace_strict(dict(zip(IDS, MEMBERS, strict=True)), default=None, return_dtype=pl.String)
    known = {"members": members, "profile": known_profile()} | context
    return DeliveryToValidate(
        survey, "w03", rules_for_wave(survey, survey.wave("w03")), FILE, rows, known.pop("members"), **known
    )


def roster_delivery(rows: pl.DataFrame, survey: Survey | None = None) -> DeliveryToValidate:
    """Return a delivery of the member list."""
    survey = survey or one_survey()
    return DeliveryToValidate(survey, ROSTER, rules_for_roster(survey), "members.csv", rows, rows["ID"])


def report(rows: pl.DataFrame | None = None, **context: Any) -> ValidationReport:
    """Validate one delivery of wave 3 and return its report."""
    return validate([delivery(rows, **context)])[0]


def result(found: ValidationReport, code: str) -> RuleResult:
    """Return the one broken rule of that code."""
    broken = [one for one in found.failed if one.rule.code == code]
    assert len(broken) == 1, [one.rule.code for one in found.failed]
    return broken[0]
