"""Triple-S metadata (.sss): the variables of a survey, as the XML standard 1.1 to 3.0 writes them."""

import re
from collections import Counter
from xml.etree.ElementTree import Element

from pipeline.errors import DeliveryError, faults_message
from pipeline.triple_s import FIXED, FORMATS, KINDS, MULTIPLE, SssSurvey, SssText, SssValue, SssVariable
from pipeline.wave_files.xml_text import attribute, child_text, plain

WHOLE = re.compile(r"[0-9]{1,7}")
MOST_SUBFIELDS = 10_000
NOT_SPECIAL = ("", "no", "n", "false", "0")


def read_triple_s(root: Element, file_name: str) -> SssSurvey:
    """Return the survey that a metadata file describes.

    Raises:
        DeliveryError: there is no record, or variables are described wrongly; all faults at once.
    """
    if root.find("hierarchy") is not None:
        raise DeliveryError(
            f"{file_name}: this describes a hierarchy of surveys, not one survey. Deliver the respondents' level as "
            "a survey of its own: its .sss with its data file."
        )
    record = root.find("survey/record")
    if record is None:
        raise DeliveryError(
            f"{file_name}: there is no <survey> with a <record>, as Triple-S has it. Export the metadata again."
        )
    faults: list[str] = []
    survey = SssSurvey(
        version=attribute(root, "version"),
        variables=tuple(read_variable(one, faults) for one in record.iter("variable")),
        title=child_text(root.find("survey") or root, "title"),
        ident=attribute(record, "ident"),
        href=attribute(record, "href"),
        format=attribute(record, "format") or FIXED,
        skip=whole(record, "skip", 0, "the record", faults),
        encoding=attribute(record, "data-file-encoding"),
        languages=tuple(attribute(root, "languages").split()),
    )
    faults += [] if faults else survey_faults(survey)  # the columns of faulty variables are not counted
    if faults:
        raise DeliveryError(faults_message(f"{file_name}: the Triple-S metadata is faulty; export it again", faults))
    return survey


def survey_faults(survey: SssSurvey) -> list[str]:
    """Return what is wrong with the record as a whole."""
    names = Counter(name for one in survey.variables for name in one.columns)
    faults = [f"column {name} is there {times} times, expected once" for name, times in names.items() if times > 1]
    if not names:
        faults.append("the record has no variable, expected at least one")
    if survey.format not in FORMATS:
        faults.append(f"the record's format is '{survey.format}', expected fixed or csv")
    return faults


def read_variable(element: Element, faults: list[str]) -> SssVariable:
    """Return one variable; what is wrong with it is added to the faults."""
    ident, kind = attribute(element, "ident"), attribute(element, "type")
    name = child_text(element, "name") or ident
    where = f"variable {name or '(without a name)'}"
    if kind not in KINDS:
        faults.append(f"{where} is of type '{kind}', expected one of {', '.join(KINDS)}")
    start, finish = read_position(element, where, faults)
    spread, size = element.find("spread"), element.find("size")
    variable = SssVariable(
        ident=ident,
        name=name,
        kind=kind,
        start=start,
        finish=finish,
        texts=read_texts(element.find("label")),
        values=tuple(read_value(one) for one in element.iter("value")),
        ranges=tuple((attribute(one, "from"), attribute(one, "to")) for one in element.iter("range")),
        subfields=0 if spread is None else whole(spread, "subfields", 0, where, faults),
        subfield_width=0 if spread is None else whole(spread, "width", 0, where, faults),
        size=int(text) if size is not None and WHOLE.fullmatch(text := (size.text or "").strip()) else 0,
        use=attribute(element, "use"),
        filter=child_text(element, "filter") or attribute(element, "filter"),
    )
    faults += [f"{where} {fault}" for fault in variable_faults(variable)]
    return variable


def variable_faults(variable: SssVariable) -> list[str]:
    """Return what is wrong with the values of a variable, or with its spread."""
    faults = [
        f"has code {code} {times} times, expected once" for code, times in Counter(variable.codes).items() if times > 1
    ]
    if variable.kind == MULTIPLE and not variable.values:
        faults.append("is a multiple without values, expected its codes")
    if variable.subfields > MOST_SUBFIELDS:
        faults.append(f"has {variable.subfields:,} subfields, expected at most {MOST_SUBFIELDS:,}")
    return faults


def read_position(element: Element, where: str, faults: list[str]) -> tuple[int, int]:
    """Return first and last character (or field) of a variable."""
    position = element.find("position")
    if position is None:
        faults.append(f"{where} has no <position>, expected start and finish")
        return 1, 1
    start = whole(position, "start", 0, where, faults)
    finish = whole(position, "finish", start, where, faults)
    if start < 1 or finish < start:
        faults.append(f"{where} is at position {start} to {finish}, expected a start from 1 and no finish before it")
        return 1, 1
    return start, finish


def whole(element: Element, name: str, default: int, where: str, faults: list[str]) -> int:
    """Return an attribute that is a whole number; the default when it is absent."""
    found = attribute(element, name)
    if found and not WHOLE.fullmatch(found):
        faults.append(f'{where} has {name}="{found[:20]}", expected a whole number of at most 7 digits')
    return int(found) if WHOLE.fullmatch(found) else default


def read_value(element: Element) -> SssValue:
    """Return one code, its texts and score, and whether it is special."""
    flag = (attribute(element, "special") or attribute(element, "missing")).lower()
    return SssValue(
        attribute(element, "code"), read_texts(element), attribute(element, "score"), flag not in NOT_SPECIAL
    )


def read_texts(element: Element | None) -> tuple[SssText, ...]:
    """Return the texts of a label or value: its own, and those for a mode or language."""
    if element is None:
        return ()
    special = [
        SssText(plain("".join(one.itertext())), attribute(one, "mode"), attribute(one, "lang"))
        for one in element.iter("text")
    ]
    own = [element.text or "", *(f" {child.tail or ''}" for child in element)]
    texts = [SssText(plain("".join(own))), *special]
    return tuple(one for one in texts if one.text)
