"""An export is read back by another reader with the same answers, labels, kinds of missing and weights."""

import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
import xmlschema

from pipeline.data_files import read_table
from pipeline.errors import UsageError
from pipeline.exchange.dataset import CATEGORY, DATE, NUMBER, TEXT, WEIGHT, ExportedData, ExportedVariable, short_names
from pipeline.exchange.triple_s import special_codes
from pipeline.exchange.writing import FORMATS, write_export
from pipeline.wave_files import read_delivery
from tests.r_language import needs_r

GOLDEN = Path(__file__).parents[2] / "golden"
LONG = "trust_in_university_researchers_abroad"  # longer than a Stata name
AGREE = {1: "Disagree", 2: 'Neither "yes" nor no', 3: "Agree"}
MISSING = {-8: "Don't know", -9: "Refused", -7: "Not asked", -6: "Skipped"}

DATA = ExportedData(
    name="panel_w01",
    title="A panel, w01",
    universe="residents aged 16 and over",
    rows=pl.DataFrame(
        {
            "panel_member_id": ["m1", "m2", "m3", "m4"],
            "completed_on": [date(2026, 3, 1), date(2026, 3, 2), None, date(2026, 3, 4)],
            LONG: [3, -8, None, 1],
            "visits": [2.0, -8.0, None, 0.0],
            "weight_cross_sectional": [1.25, 0.75, 1.1, 0.9],
        }
    ),
    variables=(
        ExportedVariable("panel_member_id", "Pseudonym", TEXT),
        ExportedVariable("completed_on", "Day", DATE),
        ExportedVariable(LONG, "Trust & <care>", CATEGORY, "How far do you agree?", AGREE, MISSING),
        ExportedVariable("visits", "Visits", NUMBER, "How often?", missing={-8: "Don't know"}),
        ExportedVariable("weight_cross_sectional", "Estimates for one wave", WEIGHT),
    ),
    notes=("Weighted to the census. " * 20,),
)


def export(folder: Path, format_name: str) -> Path:
    files, _ = write_export(DATA, format_name, folder)
    return next(file for file in files if file.suffix in (".sav", ".dta", ".parquet", ".xml", ".sss", ".R", ".csv"))


def test_spss_has_labels_and_user_missing_codes(tmp_path: Path) -> None:
    frame, notes = pyreadstat.read_sav(export(tmp_path, "spss"), user_missing=True, output_format="polars")
    assert notes.variable_value_labels[LONG] == AGREE | MISSING
    assert notes.column_names_to_labels[LONG] == "Trust & <care>"
    assert frame[LONG].to_list() == [3, -8, None, 1]
    assert frame["completed_on"].to_list() == DATA.rows["completed_on"].to_list()
    assert frame["weight_cross_sectional"].to_list() == DATA.rows["weight_cross_sectional"].to_list()


def test_spss_leaves_every_kind_of_missing_out_of_an_analysis(tmp_path: Path) -> None:
    frame, _ = pyreadstat.read_sav(export(tmp_path, "spss"), output_format="polars")
    assert frame[LONG].to_list() == [3, None, None, 1]
    assert frame["visits"].to_list() == [2, None, None, 0]


def test_stata_tells_kinds_of_missing_apart_by_letter_with_their_labels(tmp_path: Path) -> None:
    frame, notes = pyreadstat.read_dta(export(tmp_path, "stata"), user_missing=True)
    name = LONG[:31]
    assert frame[name].to_list()[:2] == [3, "a"]
    assert notes.variable_value_labels[name] == AGREE | dict(zip("abcd", MISSING.values(), strict=True))
    assert frame["weight_cross_sectional"].to_list() == DATA.rows["weight_cross_sectional"].to_list()
    plain, _ = pyreadstat.read_dta(tmp_path / "panel_w01.dta", output_format="polars")
    assert plain["visits"].fill_nan(None).to_list() == [2, None, None, 0]


def test_stata_says_which_names_it_cut(tmp_path: Path) -> None:
    _, notes = write_export(DATA, "stata", tmp_path)
    assert notes == [f"column {LONG} is named {LONG[:31]}"]


def test_parquet_is_understood_by_the_statistics_commands(tmp_path: Path) -> None:
    table = read_table(export(tmp_path, "parquet"))
    assert dict(table.books[LONG].labels) == AGREE | MISSING
    assert table.text(LONG).to_list() == ["Agree", None, None, "Disagree"]


def test_a_csv_has_its_codebook_beside_it(tmp_path: Path) -> None:
    write_export(DATA, "csv", tmp_path)
    book = pl.read_csv(tmp_path / "panel_w01_codebook.csv")
    assert pl.read_csv(tmp_path / "panel_w01.csv")[LONG].to_list() == [3, -8, None, 1]
    assert book.filter(pl.col("missing"))["code_label"].to_list() == [*MISSING.values(), "Don't know"]
    assert book.filter(variable=LONG)["question"].unique().to_list() == ["How far do you agree?"]


def test_triple_s_is_read_back_by_our_own_reader(tmp_path: Path) -> None:
    write_export(DATA, "triple-s", tmp_path)
    found = read_delivery(tmp_path / "panel_w01.csv", codebook=tmp_path / "panel_w01.sss")
    by_name = {one.name: one for one in found.variables}
    assert found.frame[LONG].to_list() == ["3", "6", None, "1"]
    assert by_name[LONG].values == {"1": AGREE[1], "2": AGREE[2], "3": AGREE[3]} | dict(
        zip("6789", MISSING.values(), strict=True)
    )
    assert by_name[LONG].missing == ("6", "7", "8", "9")
    assert found.frame["weight_cross_sectional"].cast(pl.Float64).to_list() == [1.25, 0.75, 1.1, 0.9]
    assert found.frame["visits"].to_list() == ["2", None, None, "0"]


@pytest.mark.parametrize(
    ("labels", "missing", "expected"),
    [
        ({1: "a", 2: "b"}, {-8: "dk"}, {-8: 9}),
        ({1: "a", 9: "b"}, {-8: "dk"}, {-8: 99}),
        ({1: "a"}, {8: "dk", 9: "ref"}, {8: 8, 9: 9}),
        ({97: "a"}, {-1: "x", -2: "y", -3: "z"}, {-1: 997, -2: 998, -3: 999}),
    ],
)
def test_codes_of_missing_are_above_every_answer(
    labels: dict[int, str], missing: dict[int, str], expected: dict[int, int]
) -> None:
    assert special_codes(ExportedVariable("q", "Q", CATEGORY, labels=labels, missing=missing)) == expected


def test_ddi_obeys_the_schema_of_version_2_5(tmp_path: Path) -> None:
    xmlschema.XMLSchema(GOLDEN / "ddi_codebook_2_5.xsd").validate(export(tmp_path, "ddi").with_suffix(".xml"))


def test_the_schema_refuses_what_stands_in_the_wrong_place(tmp_path: Path) -> None:
    book = export(tmp_path, "ddi").with_suffix(".xml")
    text = book.read_text(encoding="utf-8")
    label = '<labl level="variable">Visits</labl>'
    assert label in text
    moved = text.replace(label, "").replace("</var>", f"{label}</var>", 4)
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        xmlschema.XMLSchema(GOLDEN / "ddi_codebook_2_5.xsd").validate(moved)


def test_ddi_is_read_back_by_our_own_reader(tmp_path: Path) -> None:
    write_export(DATA, "ddi", tmp_path)
    found = read_delivery(tmp_path / "panel_w01.csv", codebook=tmp_path / "panel_w01.xml")
    trust = next(one for one in found.variables if one.name == LONG)
    assert (trust.label, set(trust.missing)) == ("How far do you agree?", {str(code) for code in MISSING})
    assert trust.values == {str(code): label for code, label in (AGREE | MISSING).items()}


def replicated() -> ExportedData:
    """Return the data with three replicates, the third of which could not be weighted."""
    weight = pl.col("weight_cross_sectional")
    first, second = (weight * pl.Series(factors) for factors in ([2.0, 1, 1, 1], [1.0, 1, 1, 2]))
    columns = (first, second, pl.lit(None, pl.Float64))
    rows = DATA.rows.with_columns(
        column.alias(f"weight_cross_sectional_r{number}") for number, column in enumerate(columns, start=1)
    )
    return replace(DATA, rows=rows, coefficients={"weight_cross_sectional": (0.5, 0.25, 0.25)})


def in_r(folder: Path, script: str) -> list[str]:
    """Return the lines that R prints after it read the script of the export."""
    command = ["Rscript", "--vanilla", "-e", f'source("panel_w01.R"); {script}']
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_r
def test_the_r_script_makes_factors_and_labels(tmp_path: Path) -> None:
    write_export(replicated(), "r", tmp_path)
    script = f"""cat(levels(panel${LONG}), sep = "|"); cat("\n", is.na(panel$visits), attr(panel$visits, "label"))"""
    assert in_r(tmp_path, script) == ["|".join(AGREE.values()), " FALSE TRUE TRUE FALSE Visits"]


@needs_r
def test_the_design_in_r_counts_each_replicate_as_we_do(tmp_path: Path) -> None:
    write_export(replicated(), "r", tmp_path)
    script = 'found <- survey::svymean(~visits, panel_design, na.rm = TRUE); cat(found, survey::SE(found), sep = "\n")'
    mean = 2 * 1.25 / (1.25 + 0.9)  # two of the four gave a number: 2 and 0
    deviations = (2 * 2.5 / (2.5 + 0.9) - mean, 2 * 1.25 / (1.25 + 1.8) - mean)
    variance = (0.5 * deviations[0] ** 2 + 0.25 * deviations[1] ** 2) / 0.75  # two stand for the three
    assert [float(line) for line in in_r(tmp_path, script)] == pytest.approx([mean, variance**0.5], rel=1e-6)


@pytest.mark.parametrize("format_name", sorted({*FORMATS} - {"spss", "stata"}))  # these carry the time of writing
def test_the_same_data_give_the_same_bytes(tmp_path: Path, format_name: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_export(DATA, format_name, tmp_path / folder)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        write_export(DATA, "csv", tmp_path / "nowhere")


def test_short_names_stay_different() -> None:
    assert short_names(["abcdef", "abcdeg", "x"], 5) == {"abcdef": "abcde", "abcdeg": "abc_2", "x": "x"}
