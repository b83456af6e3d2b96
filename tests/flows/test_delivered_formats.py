"""A night on what councils send: the member list and a wave as workbooks, another wave as SPSS."""

from datetime import date
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import xlsxwriter

from tests.nights import Panel, run
from tests.survey_folder import MARGINS

SURVEY = """\
survey: "small"
title: "A small panel"
member_ids: pseudonym
disclosure_profile: open
inference: probability
blank: skipped
population:
  name: "residents"
  unit: "persons"
  universe: "16 and over"
  persons: 1000
  source: "census"
  reference_date: 2021-03-21
roster:
  file: "members.xlsx"
  sheet: "Members"
  header_row: 3
  columns: {panel_member_id: ID, joined_on: JOINED, cohort: COHORT}
profile:
  sex: {column: SEX, categories: ["Female", "Male"]}
domains:
  sex: {variable: sex}
weights:
  wave_weight:
    kind: cross_sectional
    waves: each
    use_when: "For one wave."
    selection_probabilities: {"1": PROB}
    calibration: {method: raking, margins: [sex]}
changes:
  - {kind: net, weights: [wave_weight], pairs: consecutive_and_first}
retention: {first_wave: w01, weight: wave_weight}
"""
ITEMS = """\
missing_kinds: {8: dont_know, 9: not_asked}
scales:
  agree2:
    answers: {1: "Disagree", 2: "Agree"}
    missing: {8: "Don't know", 9: "Not asked"}
items:
  trust: {wording: "The council can be trusted.", label: "Trust", scale: agree2, headline: {"agree": [2]}}
  hours: {wording: "How many hours?", kind: number}
"""
WAVE = """\
wave: "w0{number}"
fieldwork: {{start: 2025-0{number}-01, end: 2025-0{number}-20}}
mode: "web"
source:
  file: "wave{number}.{ending}"
  columns: {{panel_member_id: ID, completed_at: DONE}}
items: {{trust: Q1, hours: Q2}}
"""
SEX_MARGINS = MARGINS.splitlines()[0] + (
    "\nsex,Female,500,persons,16 and over,census table 1,2021-03-21,"
    "\nsex,Male,500,persons,16 and over,census table 1,2021-03-21,\n"
)
IDS = [f"{number:03d}" for number in range(1, 41)]
TRUST = [1.0, 2.0, 2.0, 8.0] * 10  # of those with an answer two in three agree


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a panel after one night on three deliveries, none of them CSV."""
    root = tmp_path_factory.mktemp("formats") / "panel"
    assert run("init", str(root), "--template", "citizens_panel").exit_code == 0
    for path in sorted((root / "surveys").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    write_definitions(root / "surveys" / "small")
    (root / "inbox").mkdir(exist_ok=True)
    write_members(root / "inbox" / "members.xlsx")
    write_spss(root / "inbox" / "wave1.sav")
    write_workbook(root / "inbox" / "wave2.xlsx")
    panel = Panel(root, date(2025, 6, 1))
    ran = panel.night()
    assert ran.exit_code == 0, ran.text
    return panel


def write_definitions(folder: Path) -> None:
    files = {
        "survey.yml": SURVEY,
        "items.yml": ITEMS,
        "waves/w01.yml": WAVE.format(number=1, ending="sav"),
        "waves/w02.yml": WAVE.format(number=2, ending="xlsx"),
        "margins/2021.csv": SEX_MARGINS,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def write_members(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        book.add_worksheet("About").write(0, 0, "Members of the panel")
        sheet = book.add_worksheet("Members")
        sheet.write(0, 0, "Members")
        sheet.write_row(2, 0, ["ID", "JOINED", "SEX", "PROB", "COHORT"])
        for row, member in enumerate(IDS, start=3):
            sheet.write_string(row, 0, member)
            sheet.write_datetime(row, 1, date(2024, 12, 1), day)  # type: ignore[arg-type]
            sheet.write_string(row, 2, "Female" if row % 2 else "Male")
            sheet.write_row(row, 3, [0.04, 1])


def write_spss(path: Path) -> None:
    rows = pl.DataFrame({"ID": IDS, "DONE": [date(2025, 1, 9)] * 40, "Q1": TRUST, "Q2": [1.5, 2.0] * 20})
    pyreadstat.write_sav(
        rows,
        path,
        variable_value_labels={"Q1": {1: "Disagree", 2: "Agree", 8: "Don't know", 9: "Not asked"}},
        missing_ranges={"Q1": [{"lo": 8, "hi": 9}]},
    )


def write_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet = book.add_worksheet("Export")
        sheet.write(0, 0, "Wave 2, exported by the platform")
        sheet.write_row(2, 0, ["ID", "DONE", "Q1", "Q2"])
        for row, (member, trust) in enumerate(zip(IDS, TRUST, strict=True), start=3):
            sheet.write_string(row, 0, member)
            sheet.write_datetime(row, 1, date(2025, 2, 9), moment)  # type: ignore[arg-type]
            sheet.write_row(row, 2, [trust, 1.5])
        sheet.write(50, 0, "Confidential")


def test_every_row_of_both_formats_is_an_interview(panel: Panel) -> None:
    waves = panel.sql("select wave, n_respondents from waves order by wave")
    assert waves.rows() == [("w01", 40), ("w02", 40)]
    delivered = panel.sql("select source, n_delivered, n_accepted from deliveries order by source")
    assert delivered.rows() == [("roster", 40, 40), ("w01", 40, 40), ("w02", 40, 40)]


def test_declared_missing_codes_and_days_arrive(panel: Panel) -> None:
    missing = "item = 'trust' and missing_kind is not null"
    kinds = panel.sql(f"select wave, missing_kind, count(*) from answers where {missing} group by all order by all")
    assert kinds.rows() == [("w01", "dont_know", 10), ("w02", "dont_know", 10)]
    days = panel.sql("select distinct wave, cast(completed_at as date) from participation order by all")
    assert days.rows() == [("w01", date(2025, 1, 9)), ("w02", date(2025, 2, 9))]


def test_both_formats_give_the_same_estimate(panel: Panel) -> None:
    agree = panel.sql(
        "select wave, estimate from estimates where item = 'trust' and statistic = 'headline' and domain = 'all' "
        "order by wave"
    )
    assert agree["estimate"].to_list() == pytest.approx([2 / 3, 2 / 3])
    labels = panel.sql("select code, label from answer_options where item = 'trust' order by code")
    assert labels.rows() == [("1", "Disagree"), ("2", "Agree"), ("8", "Don't know"), ("9", "Not asked")]
