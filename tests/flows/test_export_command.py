"""panel export: the published answers in the formats of other tools, from a panel's own published file."""

import json
import subprocess
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from tests.nights import SURVEY, Panel, run
from tests.r_language import needs_r

ITEM, AGREE = "linking_support", "Tend to support"
SHARE = f"""
    select estimate, unweighted_n from estimates
    where wave = 'w02' and item = '{ITEM}' and statistic = 'share' and category = '{AGREE}' and domain = 'all'
"""


@pytest.fixture
def panel(demo_run: tuple[Panel, object]) -> Panel:
    """Return the demonstration panel itself, which a test must leave as it is."""
    return demo_run[0]


def export(panel: Panel, folder: Path, format_name: str, *more: str) -> list[Path]:
    ran = run("export", str(panel.root), "--survey", SURVEY, "--format", format_name, "--out", str(folder), *more)
    assert ran.exit_code == 0, ran.errors
    return [Path(line) for line in ran.output.splitlines() if not line.startswith("note:")]


def test_the_weighted_share_of_an_spss_file_is_the_published_one(panel: Panel, tmp_path: Path) -> None:
    (file,) = export(panel, tmp_path, "spss", "--wave", "w02")
    frame, notes = pyreadstat.read_sav(file, output_format="polars")
    code = {label: code for code, label in notes.variable_value_labels[ITEM].items()}[AGREE]
    answered = frame.filter(pl.col(ITEM).is_not_null() & pl.col(ITEM).is_not_nan())
    weight = answered["weight_cross_sectional"]
    ((estimate, unweighted_n),) = panel.sql(SHARE).rows()
    assert answered.height == unweighted_n
    assert weight.filter(answered[ITEM] == code).sum() / weight.sum() == pytest.approx(estimate, rel=1e-12)


def test_the_statistics_commands_read_the_parquet_export(panel: Panel, tmp_path: Path) -> None:
    (file,) = export(panel, tmp_path, "parquet", "--wave", "w02")
    ran = run("estimate", str(file), "--item", ITEM, "--weight", "weight_cross_sectional", "--format", "json")
    found = {row["category"]: row["estimate"] for row in json.loads(ran.output)}
    assert found[AGREE] == pytest.approx(panel.sql(SHARE).row(0)[0], rel=1e-12)


def test_every_wave_is_in_the_file_of_a_survey(panel: Panel, tmp_path: Path) -> None:
    rows = pl.read_csv(export(panel, tmp_path, "csv")[0])
    expected = panel.sql("select wave, n_respondents from waves where n_respondents > 0 order by wave").rows()
    assert rows.group_by("wave").len().sort("wave").rows() == expected


def test_all_kinds_of_missing_stay_apart(panel: Panel, tmp_path: Path) -> None:
    rows = pl.read_csv(export(panel, tmp_path, "csv")[0])
    sql = f"""
        select missing_kind, count(*) from answers where item = '{ITEM}' and missing_kind is not null group by all
    """
    published = dict(panel.sql(sql).rows())
    codes = dict(panel.sql(f"select missing_kind, code::int from answer_options where item = '{ITEM}'").rows())
    assert {kind: (rows[ITEM] == codes[kind]).sum() for kind in published} == published


@pytest.mark.parametrize("format_name", ["stata", "triple-s", "ddi", "r"])
def test_every_other_format_is_written(panel: Panel, tmp_path: Path, format_name: str) -> None:
    files = export(panel, tmp_path, format_name, "--wave", "w01")
    assert all(file.stat().st_size > 1000 for file in files)
    assert sorted(tmp_path.iterdir()) == sorted(files)


@needs_r
def test_the_share_in_r_is_the_published_one(panel: Panel, tmp_path: Path) -> None:
    export(panel, tmp_path, "r", "--wave", "w02")
    script = (
        f'source("{SURVEY}_w02.R"); found <- survey::svymean(~{ITEM}, panel_design, na.rm = TRUE);'
        f'cat(format(found[["{ITEM}{AGREE}"]], digits = 15))'
    )
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert float(done.stdout) == pytest.approx(panel.sql(SHARE).row(0)[0], rel=1e-12), done.stderr


def test_a_wave_nobody_knows_is_refused(panel: Panel, tmp_path: Path) -> None:
    ran = run("export", str(panel.root), "--survey", SURVEY, "--wave", "w99", "--format", "csv")
    assert ran.exit_code == 3
    assert "w99" in ran.errors
    ran = run("export", str(panel.root), "--survey", "other", "--format", "csv", "--out", str(tmp_path))
    assert ran.exit_code == 3
    assert "which has citizens_panel" in ran.errors
