"""A LimeSurvey export is read under its question codes; its structure file gives labels and codes."""

import csv
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, read_delivery
from tests.unit.wave_formats_data import real

OWN = '"id. Response ID","submitdate. Date submitted","lastpage. Last page","startlanguage. Start language"'
QUESTIONS = (
    '"Q1. Do you trust, on the whole, the council?","Q2[A]. Which? [Radio]","Q2[B]. Which? [Web]",'
    '"Q2[other]. Which? [Other]","Q3[SQ1]. How much? [GP]"'
)
STRUCTURE = """<?xml version="1.0"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<languages><language>en</language></languages>
<questions><rows>
<row><qid>1</qid><parent_qid>0</parent_qid><type>L</type><title>Q1</title>{q1}<language>en</language></row>
<row><qid>2</qid><parent_qid>0</parent_qid><type>M</type><title>Q2</title><question>Which?</question>
<other>Y</other></row>
<row><qid>3</qid><parent_qid>0</parent_qid><type>F</type><title>Q3</title><question>How much?</question></row>
</rows></questions>
<subquestions><rows>
<row><qid>21</qid><parent_qid>2</parent_qid><title>A</title><question>Radio</question></row>
<row><qid>22</qid><parent_qid>2</parent_qid><title>B</title><question>Web</question></row>
<row><qid>31</qid><parent_qid>3</parent_qid><title>SQ1</title><question>GP</question></row>
</rows></subquestions>
<answers><rows>
<row><qid>1</qid><aid>1</aid><code>A1</code><sortorder>1</sortorder>{a1}</row>
<row><qid>1</qid><aid>2</aid><code>A2</code><sortorder>2</sortorder><answer>No</answer></row>
<row><qid>3</qid><code>A1</code><answer>Much</answer></row>
</rows></answers>{more}</document>"""
OLD = STRUCTURE.format(q1="<question><![CDATA[<p>Trust?</p>]]></question>", a1="<answer>Yes</answer>", more="")
NEW = STRUCTURE.format(
    q1="",
    a1="",
    more="<question_l10ns><rows><row><qid>1</qid><question>Trust?</question><language>en</language></row></rows>"
    "</question_l10ns><answer_l10ns><rows><row><aid>1</aid><answer>Yes</answer><language>en</language></row></rows>"
    "</answer_l10ns>",
)


def read(folder: Path, rows: str, *, structure: str = "", expected: tuple[str, ...] = (), head: str = "") -> Delivery:
    (folder / "export.csv").write_text(f"{head or f'{OWN},{QUESTIONS}'}\n{rows}", encoding="utf-8")
    (folder / "survey.lss").write_text(structure, encoding="utf-8")
    codebook = folder / "survey.lss" if structure else None
    return read_delivery(folder / "export.csv", expected_columns=expected, codebook=codebook)


CODES = (
    '"1","2025-03-03 10:00:00","2","en","A1","Y","","","A1"\n"2","2025-03-04 10:00:00","2","en","A2","","Y","Fax",""\n'
)
WORDS = CODES.replace('"A1","Y"', '"Yes","Yes"').replace('"A2","",', '"No","No",').replace('"A1"\n', '"Much"\n')


def test_columns_are_named_by_code_and_labelled_by_question(tmp_path: Path) -> None:
    delivery = read(tmp_path, CODES, expected=("id", "Q1"))
    assert delivery.frame.columns[1:] == [
        "id", "submitdate", "lastpage", "startlanguage", "Q1", "Q2[A]", "Q2[B]", "Q2[other]", "Q3[SQ1]",
    ]  # fmt: skip
    assert delivery.variables[4].label == "Do you trust, on the whole, the council?"
    assert delivery.format == "limesurvey"


def test_a_heading_that_the_definitions_name_is_kept(tmp_path: Path) -> None:
    assert "id. Response ID" in read(tmp_path, CODES, expected=("id. Response ID",)).frame.columns


def test_parts_with_yes_or_nothing_are_a_set(tmp_path: Path) -> None:
    (found,) = read(tmp_path, CODES).multiple_responses
    assert (found.name, found.label, found.columns, found.counted) == ("Q2", "Which?", ("Q2[A]", "Q2[B]"), "Y")


@pytest.mark.parametrize("structure", [OLD, NEW])
def test_the_structure_gives_wordings_and_codes(tmp_path: Path, structure: str) -> None:
    delivery = read(tmp_path, CODES, structure=structure)
    told = {one.name: one for one in delivery.variables}
    assert (told["Q1"].label, told["Q1"].values) == ("Trust?", {"A1": "Yes", "A2": "No"})
    assert (told["Q3[SQ1]"].label, told["Q3[SQ1]"].values) == ("How much? [GP]", {"A1": "Much"})
    assert delivery.multiple_responses[0].counted == "Y"


def test_full_answers_become_codes(tmp_path: Path) -> None:
    frame = read(tmp_path, WORDS, structure=OLD).frame
    assert frame.select("Q1", "Q2[A]", "Q3[SQ1]").rows() == [("A1", "Y", "A1"), ("A2", "N", None)]


def test_codes_alone_are_read_with_the_structure(tmp_path: Path) -> None:
    head = "id,submitdate,lastpage,startlanguage,Q1,Q2[A],Q2[B],Q2[other],Q3[SQ1]"
    delivery = read(tmp_path, CODES, structure=OLD, head=head, expected=("id",))
    assert delivery.frame["Q1"].to_list() == ["A1", "A2"]
    assert {one.name: one.label for one in delivery.variables}["Q1"] == "Trust?"


@pytest.mark.parametrize("structure", [OLD[:300], "<document><LimeSurveyDocType/></document>"])
def test_a_structure_that_is_cut_off_or_empty_is_refused(tmp_path: Path, structure: str) -> None:
    with pytest.raises(DeliveryError, match=r"survey\.lss"):
        read(tmp_path, CODES, structure=structure)


def test_a_real_export_is_read_with_its_real_structure() -> None:
    delivery = read_delivery(real("limesurvey/first.csv"), codebook=real("limesurvey/limesurvey_page_9.lsg"))
    told = {one.name: one for one in delivery.variables}
    assert delivery.frame.shape == (3, 1397)
    assert told["bioPores[SQ1]"].values["E1"] == "Environment"
    assert delivery.frame["bioPores[SQ1]"].to_list() == ["E1", "E1", "E1"]
    assert "84 of 1,396 columns are described by the codebook" in delivery.notes


def test_headings_in_a_workbook_are_read_alike(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "export") as book:
        sheet = book.add_worksheet("Responses")
        for number, row in enumerate(csv.reader(f"{OWN},{QUESTIONS}\n{CODES}".splitlines())):
            sheet.write_row(number, 0, row)
    delivery = read_delivery(tmp_path / "export", expected_columns=("id", "Q1"))
    assert (delivery.format, delivery.frame["Q1"].to_list()) == ("limesurvey", ["A1", "A2"])


def test_names_that_no_heading_has_are_still_missing(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="none of the columns respid"):
        read(tmp_path, CODES, expected=("respid",))
