"""Writing a DDI-Codebook 2.5: the study, the data file beside it, and every variable with its categories.

Element names and their order are those of the DDI Alliance's schema of version 2.5.
"""

from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from pipeline.exchange.dataset import CATEGORY, DATE, TEXT, WEIGHT, ExportedData, ExportedVariable

NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
DATA_FILE = "F1"  # ID of the one data file
REPRESENTATIONS = {CATEGORY: "code", TEXT: "text", DATE: "datetime"}


def write_ddi(data: ExportedData, out: Path, data_file: str) -> list[str]:
    """Write the codebook of a data file that lies beside it under the name `data_file`."""
    root = Element(
        "codeBook",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": INSTANCE,
            "xsi:schemaLocation": f"{NAMESPACE} {SCHEMA}",
            "version": "2.5",
        },
    )
    _add_study(root, data)
    _add_file(root, data, data_file)
    description = SubElement(root, "dataDscr")
    for number, variable in enumerate(data.variables, start=1):
        _add_variable(description, variable, f"V{number}")
    indent(root)
    ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return []


def _text(parent: Element, name: str, text: str, **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = text
    return child


def _add_study(root: Element, data: ExportedData) -> None:
    study = SubElement(root, "stdyDscr")
    title = SubElement(SubElement(study, "citation"), "titlStmt")
    _text(title, "titl", data.title)
    _text(title, "IDNo", data.name)
    information = SubElement(study, "stdyInfo")
    for note in data.notes:
        _text(information, "abstract", note)
    if data.universe:
        _text(SubElement(information, "sumDscr"), "universe", data.universe)


def _add_file(root: Element, data: ExportedData, data_file: str) -> None:
    text = SubElement(SubElement(root, "fileDscr", ID=DATA_FILE), "fileTxt")
    _text(text, "fileName", data_file)
    dimensions = SubElement(text, "dimensns")
    _text(dimensions, "caseQnty", str(data.rows.height))
    _text(dimensions, "varQnty", str(data.rows.width))
    _text(text, "fileType", "text/csv; charset=utf-8; header=present", charset="utf-8")


def _add_variable(parent: Element, variable: ExportedVariable, identifier: str) -> None:
    element = SubElement(
        parent,
        "var",
        {
            "ID": identifier,
            "name": variable.name,
            "files": DATA_FILE,
            "wgt": "wgt" if variable.kind == WEIGHT else "not-wgt",
            "intrvl": "discrete" if variable.kind in REPRESENTATIONS else "contin",
            "representationType": REPRESENTATIONS.get(variable.kind, "numeric"),
        },
    )
    _text(element, "labl", variable.label, level="variable")
    if variable.question:
        _text(SubElement(element, "qstn"), "qstnLit", variable.question)
    if variable.missing:
        invalid = SubElement(element, "invalrng")
        for code in variable.missing:
            SubElement(invalid, "item", VALUE=str(code))
    for code, label in variable.all_labels.items():
        _add_category(element, code, label, is_missing=code in variable.missing)
    form = {"type": "character" if variable.kind in (TEXT, DATE) else "numeric"}
    SubElement(element, "varFormat", form | ({"category": "date"} if variable.kind == DATE else {}))


def _add_category(variable: Element, code: int, label: str, *, is_missing: bool) -> None:
    category = SubElement(variable, "catgry", missing="Y" if is_missing else "N")
    _text(category, "catValu", str(code))
    _text(category, "labl", label, level="category")
