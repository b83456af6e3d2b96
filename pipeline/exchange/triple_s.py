"""Writing Triple-S 2.0: the metadata (.sss) of a CSV data file, codes as the standard has them."""

from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import polars as pl

from pipeline.exchange.dataset import CATEGORY, DATE, TEXT, WEIGHT, ExportedData, ExportedVariable
from pipeline.triple_s import CHARACTER, QUANTITY, SINGLE
from pipeline.triple_s import DATE as TRIPLE_S_DATE

KINDS = {CATEGORY: SINGLE, TEXT: CHARACTER, DATE: TRIPLE_S_DATE}
DATE_FORMAT = "%Y%m%d"


def write_triple_s(data: ExportedData, out: Path, data_file: Path) -> list[str]:
    """Write metadata and data; the standard knows no negative code, so kinds of missing get codes above the answers.

    A number that is asked for can have any value: its kinds of missing become empty cells. Returns in words what
    could not stay as it was.
    """
    codes = {one.name: special_codes(one) for one in data.variables if one.missing and one.kind == CATEGORY}
    numbers = {
        one.name: [float(code) for code in one.missing]
        for one in data.variables
        if one.missing and one.kind != CATEGORY
    }
    rows = data.rows.with_columns(
        *(pl.col(name).replace(renumbered) for name, renumbered in codes.items()),
        *(pl.when(~pl.col(name).is_in(missing)).then(pl.col(name)) for name, missing in numbers.items()),
        pl.col(pl.Date).dt.strftime(DATE_FORMAT),
    )
    root = Element("sss", version="2.0")
    survey = SubElement(root, "survey")
    _text(survey, "name", data.name)
    _text(survey, "title", data.title)
    record = SubElement(survey, "record", ident="A", href=data_file.name, format="csv", skip="1")
    weights = [one.name for one in data.variables if one.kind == WEIGHT]
    for number, variable in enumerate(data.variables, start=1):
        use = {"use": "weight"} if variable.name in weights[:1] else {}
        element = SubElement(
            record, "variable", {"ident": str(number), "type": KINDS.get(variable.kind, QUANTITY), **use}
        )
        _describe(element, variable, number, rows.get_column(variable.name), codes.get(variable.name, {}))
    indent(root)
    ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    rows.write_csv(data_file)
    changed = sum(any(old != new for old, new in one.items()) for one in codes.values())
    notes = [f"kinds of missing have codes above the answers' in {changed} variables: Triple-S has no negative ones"]
    lost = [f"kinds of missing are empty cells in the numbers {', '.join(numbers)}"]
    return notes * bool(changed) + lost * bool(numbers)


def special_codes(variable: ExportedVariable) -> dict[int, int]:
    """Return missing code → code in the file: the last ones of so many digits that no answer has them."""
    if min(variable.missing) >= 0:
        return {code: code for code in variable.missing}
    digits = len(str(max(variable.labels, default=1)))
    while 10**digits - len(variable.missing) <= max(variable.labels, default=1):
        digits += 1
    first = 10**digits - len(variable.missing)
    return {code: first + place for place, code in enumerate(variable.missing)}


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = text


def _describe(
    element: Element, variable: ExportedVariable, field: int, cells: pl.Series, renumbered: dict[int, int]
) -> None:
    """Add name, label, position and values of one variable, in the standard's order."""
    _text(element, "name", variable.name)
    _text(element, "label", variable.question or variable.label)
    SubElement(element, "position", start=str(field))
    if variable.kind == TEXT:
        _text(element, "size", str(cells.str.len_chars().max() or 1))
        return
    values = SubElement(element, "values")
    if variable.kind == CATEGORY:
        for code, label in variable.all_labels.items():
            special = {"special": "yes"} if code in variable.missing else {}
            _text(values, "value", label, code=str(renumbered.get(code, code)), **special)
        return
    SubElement(values, "range", {"from": _written(cells.min()), "to": _written(cells.max())})


def _written(value: object) -> str:
    return "0" if value is None else str(value)
