"""A Triple-S data file is read as its metadata describes it: codes, sets, numbers, dates, and what is wrong."""

from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, read_delivery
from tests.unit.wave_formats_data import real

SINGLE = (
    '<variable ident="1" type="single"><name>Q1</name><label>One</label><position start="1" finish="2"/><values>'
    '<value code="1">Yes</value><value code="2">No</value><value code="9" special="yes">DK</value></values></variable>'
)


def survey(variables: str, *, version: str = "2.0", record: str = "", root: str = "") -> str:
    inside = f'<title>T</title><record ident="A" {record}>{variables}</record>'
    return f'<sss version="{version}" {root}><survey>{inside}</survey></sss>'


def variable(kind: str, start: int, finish: int, *, inner: str = "", name: str = "Q", use: str = "") -> str:
    return (
        f'<variable ident="{name}" type="{kind}" {use}><name>{name}</name><label>L</label>'
        f'<position start="{start}" finish="{finish}"/>{inner}</variable>'
    )


def values(*codes: int) -> str:
    return "<values>" + "".join(f'<value code="{code}">Answer {code}</value>' for code in codes) + "</values>"


def read(folder: Path, metadata: str | bytes, data: str) -> Delivery:
    (folder / "w1.sss").write_bytes(metadata if isinstance(metadata, bytes) else metadata.encode())
    (folder / "w1.asc").write_text(data, encoding="utf-8")
    return read_delivery(folder / "w1.asc", codebook=folder / "w1.sss")


def test_zeros_that_fill_a_field_are_not_part_of_the_code(tmp_path: Path) -> None:
    delivery = read(tmp_path, survey(SINGLE), "01\n 2\n 9\n  \n")
    assert delivery.frame["Q1"].to_list() == ["1", "2", "9", None]


@pytest.mark.parametrize("version", ["1.1", "1.2", "2.0", "3.0"])
def test_labels_and_special_codes_survive(tmp_path: Path, version: str) -> None:
    (found,) = read(tmp_path, survey(SINGLE, version=version), "01\n").variables
    assert (found.label, found.values, found.missing) == ("One", {"1": "Yes", "2": "No", "9": "DK"}, ("9",))


def test_a_bitstring_becomes_a_column_for_each_code(tmp_path: Path) -> None:
    delivery = read(tmp_path, survey(variable("multiple", 1, 4, inner=values(1, 2, 4))), "1001\n0000\n    \n")
    assert delivery.frame.drop("row_number").rows() == [("1", "0", "1"), ("0", "0", "0"), (None, None, None)]
    assert delivery.multiple_responses[0].columns == ("Q_1", "Q_2", "Q_4")
    assert delivery.multiple_responses[0].counted == "1"


def test_a_spread_becomes_a_column_for_each_subfield(tmp_path: Path) -> None:
    inner = '<spread subfields="2" width="2"/>' + values(1, 12)
    delivery = read(tmp_path, survey(variable("multiple", 1, 4, inner=inner)), "1201\n 100\n")
    assert delivery.frame.drop("row_number").rows() == [("12", "1"), ("1", None)]
    assert delivery.multiple_responses[0].counted is None


def test_numbers_dates_times_and_truth_are_read(tmp_path: Path) -> None:
    variables = (
        variable("quantity", 1, 6, name="N", inner='<values><range from="0" to="99.5"/></values>')
        + variable("date", 7, 14, name="D")
        + variable("time", 15, 20, name="T")
        + variable("logical", 21, 21, name="L")
        + variable("character", 22, 24, name="C")
    )
    frame = read(tmp_path, survey(variables), "001.502015080512193610 9\n  2.00        235959 ab \n").frame
    assert frame.drop("row_number").rows() == [
        ("1.5", "2015-08-05", "12:19:36", "1", "0 9"),
        ("2", None, "23:59:59", None, "ab"),
    ]


def test_a_serial_number_keeps_its_zeros_and_a_weight_is_named(tmp_path: Path) -> None:
    variables = variable("quantity", 1, 3, name="ID", use='use="serial"') + variable(
        "quantity", 4, 6, name="W", use='use="weight"'
    )
    delivery = read(tmp_path, survey(variables), "0071.2\n")
    assert delivery.frame.rows() == [(1, "007", "1.2")]
    assert "W is the weight variable of the export" in delivery.notes


@pytest.mark.parametrize(("skip", "data"), [("", "1,x\n2,y\n"), ('skip="1"', "Q,C\n1,x\n2,y\n")])
def test_csv_data_are_read_with_and_without_a_header(tmp_path: Path, skip: str, data: str) -> None:
    variables = variable("single", 1, 1, inner=values(1, 2)) + variable("character", 2, 2, name="C")
    frame = read(tmp_path, survey(variables, record=f'format="csv" {skip}'), data).frame
    assert frame.rows() == [(1, "1", "x"), (2, "2", "y")]


def test_a_spread_over_several_csv_fields_is_one_question(tmp_path: Path) -> None:
    inner = '<spread subfields="2"/>' + values(1, 12)
    record = 'format="csv"'
    frame = read(tmp_path, survey(variable("multiple", 1, 2, inner=inner), record=record), "1,12\n12,\n").frame
    assert frame.drop("row_number").rows() == [("1", "12"), ("12", None)]


def test_the_wording_that_was_read_out_in_the_first_language_is_the_label(tmp_path: Path) -> None:
    label = (
        '<label>Short<text mode="interview" xml:lang="fr">Longue</text>'
        '<text mode="interview" xml:lang="en">Long</text></label>'
    )
    metadata = survey(SINGLE.replace("<label>One</label>", label), root='languages="en fr"')
    assert read(tmp_path, metadata, "01\n").variables[0].label == "Long"


@pytest.mark.parametrize(
    ("metadata", "data", "said"),
    [
        (survey(SINGLE)[:60], "01\n", "line 1, column"),
        (survey(variable("quantity", 8, 9)), "01\n", "no line is longer than 2 characters"),
        (survey(variable("quantity", 1, 4)), "0100\n01\n", "cut off by the end of line 2"),
        (survey(variable("multiple", 1, 3, inner=values(1, 3))), "100\n010\n", "line 2, position 2: Q answers code 2"),
        (survey(variable("multiple", 1, 2, inner=values(1, 2))), "1x\n", "holds more than 0 and 1"),
        (survey(variable("oddity", 1, 1)), "1\n", "of type 'oddity'"),
        (survey(SINGLE + SINGLE), "01\n", "Q1 is there 2 times"),
        (survey(variable("single", 3, 3), record='format="csv"'), "1,2\n", "Q is field 3"),
        (survey(""), "1\n", "no variable"),
        (survey(variable("multiple", 1, 2, inner=values(1, 1))), "10\n", "has code 1 2 times"),
        (survey(variable("single", 1, 10**8)), "1\n", "at most 7 digits"),
        (survey(variable("multiple", 1, 2, inner='<spread subfields="9999999"/>' + values(1))), "10\n", "subfields"),
        ('<sss version="2.0"><hierarchy/></sss>', "1\n", "hierarchy"),
        ("<html/>", "1\n", "starts with <html>"),
        ("not xml", "1\n", "no codebook"),
        ('<!DOCTYPE sss [<!ENTITY a "b">]><sss>&a;</sss>', "1\n", "entities"),
    ],
)
def test_what_does_not_fit_is_one_message(tmp_path: Path, metadata: str, data: str, said: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        read(tmp_path, metadata, data)
    assert said in str(caught.value)
    assert "w1." in str(caught.value)


def test_a_real_fixed_file_of_version_1_2_is_read() -> None:
    delivery = read_delivery(real("triple_s/sample-1.asc"), codebook=real("triple_s/sample-1.sss"))
    assert delivery.frame["Q3"].to_list() == ["Amusement Park", None, '"Marco\'s" Restaurant']
    assert delivery.frame["Q99"].to_list() == ["1.4", "0.9", "0.7"]
    assert delivery.frame.select("Q4_1", "Q4_2").rows() == [("1", "9"), ("2", None), ("9", "4")]
    assert {one.name: len(one.columns) for one in delivery.multiple_responses} == {"Q2": 6, "Q4": 2}


def test_a_real_csv_file_of_version_2_0_is_read() -> None:
    delivery = read_delivery(real("triple_s/sample-2.csv"), codebook=real("triple_s/sample-2.sss"))
    assert delivery.frame.height == 1
    assert delivery.frame["AA02N1"].to_list() == ["9"]
    assert [delivery.frame[f"AA15M1_{code}"][0] for code in (1, 3, 6, 9, 10)] == ["0", "1", "1", "1", "1"]
