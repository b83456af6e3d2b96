"""LimeSurvey's structure files (.lss survey, .lsg group, .lsq question): wordings and answer codes as a codebook."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pipeline.errors import DeliveryError
from pipeline.wave_files.codebook import Codebook
from pipeline.wave_files.delivery import MultipleResponse, Variable
from pipeline.wave_files.xml_text import all_text

ROOT_SIGN = "LimeSurveyDocType"
YES_NO = {"Y": "Yes", "N": "No"}
FIXED_ANSWERS = {
    "Y": YES_NO,
    "G": {"F": "Female", "M": "Male"},
    "C": {"Y": "Yes", "U": "Uncertain", "N": "No"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "5": {str(code): str(code) for code in range(1, 6)},
    "A": {str(code): str(code) for code in range(1, 6)},
    "B": {str(code): str(code) for code in range(1, 11)},
}
MULTIPLE, NUMBERS, DATES, WITH_COMMENT, TWO_SCALES, TABLES = ("M", "P"), ("N", "K"), ("D",), ("O",), ("1",), (";", ":")
NEEDED = {
    "questions": {"qid", "title"},
    "subquestions": {"qid", "title"},
    "answers": {"code"},
    "question_l10ns": {"qid", "question"},
    "answer_l10ns": {"aid", "answer"},
}
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Parts:
    """The rows of a structure file in one language: parts and answers by the id of their question."""

    questions: Rows
    parts: dict[str, Rows]
    answers: dict[str, Rows]


def read_structure(root: Element, file_name: str) -> Codebook:
    """Return the columns that the questions of a structure file become in an export.

    Raises:
        DeliveryError: the file holds no question.
    """
    found = structure_rows(root)
    if not found.questions:
        raise DeliveryError(
            f"{file_name}: this LimeSurvey file holds no question. Export the survey's structure again."
        )
    variables = [one for question in found.questions for one in question_variables(question, found)]
    sets = [
        MultipleResponse(
            one["title"], one["question"], tuple(f"{one['title']}[{part['title']}]" for part in parts), "Y"
        )
        for one in found.questions
        if one.get("type") in MULTIPLE and (parts := found.parts.get(one["qid"], []))
    ]
    return Codebook("limesurvey", tuple(variables), tuple(sets))


def structure_rows(root: Element) -> Parts:
    """Return the rows of a structure file in its first language."""
    language = next((one.text or "" for one in root.iter("language")), "")
    questions = section(root, "questions", language) + section(root, "subquestions", language)
    wordings = {one["qid"]: one["question"] for one in section(root, "question_l10ns", language)}
    answers = section(root, "answers", language)
    words = {one["aid"]: one["answer"] for one in section(root, "answer_l10ns", language)}
    questions = [one | {"question": wordings.get(one["qid"], one.get("question", ""))} for one in questions]
    answers = [one | {"answer": words.get(one.get("aid", ""), one.get("answer", ""))} for one in answers]
    part_ids = {one["qid"] for one in section(root, "subquestions", language)}
    parts = [one for one in questions if one["qid"] in part_ids or one.get("parent_qid", "0") != "0"]
    return Parts(
        [one for one in questions if one["qid"] not in part_ids and one.get("parent_qid", "0") == "0"],
        grouped(parts, "parent_qid", "question_order"),
        grouped(answers, "qid", "sortorder"),
    )


def section(root: Element, name: str, language: str) -> Rows:
    """Return the rows of a section that have what every such row needs, those of other languages left out."""
    rows = [{one.tag: all_text(one) for one in row} for row in root.iterfind(f"{name}/rows/row")]
    return [row for row in rows if row.get("language", language) in ("", language) and NEEDED[name] <= row.keys()]


def grouped(rows: Rows, key: str, order: str) -> dict[str, Rows]:
    """Return rows by what `key` holds, in the order of the numbers in `order`."""
    found: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda row: int(row[order]) if row.get(order, "").isdecimal() else 0):
        found.setdefault(row.get(key, ""), []).append(row)
    return found


def question_variables(question: dict[str, str], found: Parts) -> Iterator[Variable]:
    """Yield the columns of one question: its own, its parts', and what was written beside them."""
    kind, title, wording = question.get("type", ""), question["title"], question["question"]
    parts = found.parts.get(question["qid"], [])
    values = answer_values(kind, found.answers.get(question["qid"], []), "0")
    holds = "category" if values else "number" if kind in NUMBERS else "date" if kind in DATES else "text"
    if not parts:
        yield Variable(title, wording, values, (), holds)
    for name, label, scale in part_names(kind, parts):
        answers = answer_values(kind, found.answers.get(question["qid"], []), scale)
        yield Variable(f"{title}{name}", f"{wording} [{label}]", answers, (), holds)
    if question.get("other") == "Y":
        yield Variable(f"{title}[other]", f"{wording} [Other]")
    if kind in WITH_COMMENT:
        yield Variable(f"{title}[comment]", f"{wording} [Comment]")
    if kind == "P":
        yield from (
            Variable(f"{title}[{one['title']}comment]", f"{wording} [{one['question']}, comment]") for one in parts
        )


def part_names(kind: str, parts: Rows) -> Iterator[tuple[str, str, str]]:
    """Yield what stands after the question's code in each column's name, its label, and its scale."""
    rows = [one for one in parts if one.get("scale_id", "0") in ("", "0")]
    across = [one for one in parts if one.get("scale_id", "0") not in ("", "0")]
    for one in rows:
        if kind in TABLES and across:
            yield from (
                (f"[{one['title']}_{other['title']}]", f"{one['question']}][{other['question']}", "0")
                for other in across
            )
        elif kind in TWO_SCALES:
            yield from ((f"[{one['title']}][{scale + 1}]", one["question"], str(scale)) for scale in (0, 1))
        else:
            yield f"[{one['title']}]", one["question"], "0"


def answer_values(kind: str, answers: Rows, scale: str) -> dict[str, str]:
    """Return the codes and labels of a question's answers on one scale."""
    if kind in MULTIPLE:
        return YES_NO
    own = {one["code"]: one["answer"] for one in answers if one.get("scale_id", "0") in ("", scale)}
    return FIXED_ANSWERS.get(kind) or own
