"""A DDI codebook describes a CSV or a file of fixed width: labels, categories, missing codes, positions."""

from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, read_delivery

NESSTAR = """<?xml version="1.0" encoding="UTF-8"?>
<codeBook version="1.2.2" ID="S1" {xmlns}><fileDscr ID="F1"><fileTxt><fileType>Nesstar 200801</fileType></fileTxt>
</fileDscr><dataDscr>
<varGrp ID="G1" type="multipleResp" var="V2 V3" name="media"><labl>Media used</labl></varGrp>
<var ID="V1" name="trust" files="F1" dcml="0" intrvl="discrete">{l1}<labl><![CDATA[Trust]]></labl>
<qstn><preQTxt>Now</preQTxt><qstnLit><![CDATA[Do you trust the council?]]></qstnLit></qstn>
<valrng><range UNITS="REAL" min="1" max="2"/></valrng><invalrng><range min="8" max="9"/></invalrng>
<catgry><catValu>1</catValu><labl>Yes</labl><catStat type="freq">3</catStat></catgry>
<catgry><catValu>2</catValu><labl>No</labl></catgry>
<catgry><catValu>8</catValu><labl>Don't know</labl></catgry>
<catgry missing="Y"><catValu>7</catValu><labl>Not asked</labl></catgry>
<varFormat type="numeric" schema="other"/></var>
<var ID="V2" name="radio">{l2}<labl level="variable">Radio</labl></var>
<var ID="V3" name="web">{l3}<labl>Web</labl><invalrng><item VALUE="-1"/></invalrng></var>
<var ID="V4" name="born">{l4}<labl>Born</labl><varFormat type="character" category="date"/></var>
</dataDscr></codeBook>"""
NAMESPACES = (
    "",
    'xmlns="http://www.icpsr.umich.edu/DDI"',
    'xmlns="http://www.icpsr.umich.edu/DDI/Version2-1"',
    'xmlns="ddi:codebook:2_5"',
)
PLACES = {
    "l1": '<location width="1" StartPos="1" EndPos="1"/>',
    "l2": '<location width="2" StartPos="2"/>',
    "l3": '<location StartPos="4" EndPos="5"/>',
    "l4": '<location StartPos="6" EndPos="15"/>',
}
NOWHERE = dict.fromkeys(PLACES, "")


def read(folder: Path, data: str, codebook: str) -> Delivery:
    (folder / "w1.dat").write_text(data, encoding="utf-8")
    (folder / "w1.xml").write_text(codebook, encoding="utf-8")
    return read_delivery(folder / "w1.dat", codebook=folder / "w1.xml")


@pytest.mark.parametrize("xmlns", NAMESPACES)
def test_a_csv_takes_on_labels_codes_and_missing_values(tmp_path: Path, xmlns: str) -> None:
    data = "trust,radio,web,born\n1,1,0,1975-01-02\n8,0,-1,\n"
    delivery = read(tmp_path, data, NESSTAR.format(xmlns=xmlns, **NOWHERE))
    trust, radio, web, born = delivery.variables
    assert (trust.label, trust.missing) == ("Do you trust the council?", ("7", "8"))
    assert trust.values == {"1": "Yes", "2": "No", "8": "Don't know", "7": "Not asked"}
    assert (radio.label, web.missing, born.kind) == ("Radio", ("-1",), "date")
    assert delivery.multiple_responses[0].columns == ("radio", "web")


def test_lines_of_fixed_width_are_cut_at_the_locations(tmp_path: Path) -> None:
    delivery = read(tmp_path, "1 1 01975-01-02\n8 0-1\n", NESSTAR.format(xmlns="", **PLACES))
    assert delivery.frame.rows() == [(1, "1", "1", "0", "1975-01-02"), (2, "8", "0", "-1", None)]
    assert delivery.variables[0].values["2"] == "No"


def test_a_csv_with_locations_in_its_codebook_is_still_a_csv(tmp_path: Path) -> None:
    delivery = read(tmp_path, "trust,radio,web,born\n1,1,0,\n", NESSTAR.format(xmlns="", **PLACES))
    assert delivery.frame.rows() == [(1, "1", "1", "0", None)]


@pytest.mark.parametrize(
    ("data", "codebook", "said"),
    [
        ("1", NESSTAR.format(xmlns="", **NOWHERE)[:400], "w1.xml: line"),
        ("1", "<codeBook/>", "no variable"),
        ("1\n", NESSTAR.format(xmlns="", **PLACES), "no line is longer than 1 characters"),
        ("1\n", NESSTAR.format(xmlns="", **PLACES).replace('StartPos="2"', 'StartPos="x"'), "radio has location x"),
        ("1\n", NESSTAR.format(xmlns="", **NOWHERE).replace('name="web"', ""), "variable 3 has no name"),
    ],
)
def test_what_does_not_fit_is_one_message(tmp_path: Path, data: str, codebook: str, said: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        read(tmp_path, data, codebook)
    assert said in str(caught.value)
