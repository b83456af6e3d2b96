"""DDI-Codebook (1.2.2, 2.1, 2.5): variables, questions, categories and missing values as a codebook.

Element names are those of the DDI Alliance's schema: var, labl, qstn, valrng, invalrng, catgry, varFormat, location.
"""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pipeline.errors import DeliveryError, faults_message
from pipeline.wave_files.codebook import Codebook
from pipeline.wave_files.delivery import MultipleResponse, Variable
from pipeline.wave_files.fixed_width import Field
from pipeline.wave_files.xml_text import all_text, attribute, child_text, plain

MULTIPLE_GROUP = "multipleResp"
WHOLE = re.compile(r"[0-9]{1,7}")
DATE_FORMATS = ("date", "time")


def read_ddi(root: Element, file_name: str) -> Codebook:
    """Return what a DDI codebook says of each variable, and where it stands in a line of fixed width.

    Raises:
        DeliveryError: there is no variable, one has no name, or a location is no place in a line; all at once.
    """
    elements = root.findall("dataDscr/var")
    if not elements:
        raise DeliveryError(f"{file_name}: the DDI codebook describes no variable (<var>). Export it again.")
    faults = [f"variable {number} has no name" for number, one in enumerate(elements, 1) if not attribute(one, "name")]
    names = Counter(attribute(one, "name") for one in elements)
    faults += [f"variable {name} is there {times} times, expected once" for name, times in names.items() if times > 1]
    fields = [one for element in elements if (one := location(element, faults)) is not None]
    if faults:
        raise DeliveryError(faults_message(f"{file_name}: the DDI codebook is faulty; export it again", faults))
    by_id = {attribute(one, "ID"): attribute(one, "name") for one in elements}
    return Codebook(
        "ddi",
        tuple(variable(one) for one in elements),
        tuple(multiple_sets(root, by_id)),
        tuple(fields) if len(fields) == len(elements) else (),
    )


def variable(element: Element) -> Variable:
    """Return one variable; its label is the question as it was put, where that is given."""
    values = {child_text(one, "catValu"): category_label(one) for one in element.findall("catgry")}
    values.pop("", None)
    asked = all_text(element.find("qstn/qstnLit")) or plain(element.findtext("qstn", ""))
    return Variable(
        attribute(element, "name"),
        asked or label(element),
        values,
        tuple(dict.fromkeys(missing_codes(element, values))),
        kind_of(element, bool(values)),
    )


def label(element: Element) -> str:
    """Return the label of a variable: the one of its level where there are several."""
    labels = element.findall("labl")
    ranked = sorted(labels, key=lambda one: attribute(one, "level") not in ("", "variable"))
    return all_text(ranked[0]) if ranked else ""


def category_label(element: Element) -> str:
    """Return the label of a category, its code where it has none."""
    return label(element) or child_text(element, "txt") or child_text(element, "catValu")


def missing_codes(element: Element, values: dict[str, str]) -> Iterator[str]:
    """Yield the codes declared missing: flagged categories, single invalid values, and codes in invalid ranges."""
    yield from (child_text(one, "catValu") for one in element.findall("catgry") if attribute(one, "missing") == "Y")
    yield from (attribute(one, "VALUE") for one in element.findall("invalrng/item"))
    for one in element.findall("invalrng/range"):
        low, high = number(attribute(one, "min")), number(attribute(one, "max"))
        coded = {code: found for code in values if (found := number(code)) is not None}
        yield from (code for code, at in coded.items() if (low is None or low <= at) and (high is None or at <= high))
        if low is not None and low == high and attribute(one, "min") not in values:
            yield attribute(one, "min")


def number(text: str) -> float | None:
    """Return a text as a number; None when it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def kind_of(element: Element, has_values: bool) -> str:
    """Return what a variable holds."""
    form = element.find("varFormat")
    if form is not None and attribute(form, "category") in DATE_FORMATS:
        return "date"
    if has_values:
        return "category"
    is_number = form is not None and attribute(form, "type") == "numeric"
    return "number" if is_number or attribute(element, "intrvl") == "contin" else "text"


def location(element: Element, faults: list[str]) -> Field | None:
    """Return the characters at which a variable stands; None when the codebook does not say."""
    found = element.find("location")
    if found is None or not attribute(found, "StartPos"):
        return None
    name, start = attribute(element, "name"), attribute(found, "StartPos")
    width, end = attribute(found, "width"), attribute(found, "EndPos")
    texts = [text for text in (start, width, end) if text]
    if not all(WHOLE.fullmatch(text) for text in texts) or len(texts) < 2:
        faults.append(f"variable {name} has location {', '.join(texts)}, expected StartPos with EndPos or width")
        return None
    finish = int(end) if end else int(start) + int(width) - 1
    if int(start) < 1 or finish < int(start):
        faults.append(f"variable {name} is at {start} to {finish}, expected a start from 1 and no end before it")
        return None
    form = element.find("varFormat")
    return Field(name, int(start), finish, form is None or attribute(form, "type") != "character")


def multiple_sets(root: Element, names: dict[str, str]) -> Iterator[MultipleResponse]:
    """Yield the groups of variables that are answers to one question."""
    for group in root.findall("dataDscr/varGrp"):
        members = tuple(names[one] for one in attribute(group, "var").split() if one in names)
        if attribute(group, "type") == MULTIPLE_GROUP and len(members) > 1:
            yield MultipleResponse(attribute(group, "name") or attribute(group, "ID"), label(group), members)
