"""XLSForm: the workbook (sheets survey, choices, settings) or KoBo's JSON of a form, as a codebook."""

import json
import re
from collections.abc import Iterator

from pipeline.errors import DeliveryError
from pipeline.wave_files.codebook import Codebook
from pipeline.wave_files.delivery import Variable
from pipeline.wave_files.workbook_size import refuse_too_large

ZIPPED = b"PK\x03\x04"
WORKBOOKS = (ZIPPED, b"\xd0\xcf\x11\xe0")
SELECT = re.compile(r"(?P<kind>select_one|select_multiple|rank)\b\s*(?P<list>\S*)\s*(?P<other>or_other)?.*")
NUMBERS, DATES = ("integer", "decimal", "range"), ("date", "time", "datetime", "dateTime", "today", "start", "end")
GROUPS = ("begin_group", "end_group", "begin_repeat", "end_repeat", "note", "calculate", "hidden")
OTHER = "other"
Rows = list[dict[str, str]]


def is_workbook(content: bytes) -> bool:
    """Return whether a file is a workbook of Excel, old or new."""
    return content.startswith(WORKBOOKS)


def is_xlsform(content: bytes) -> bool:
    """Return whether a workbook has the sheets of a form."""
    import fastexcel

    try:
        if content.startswith(ZIPPED):
            refuse_too_large(content, "the codebook")
        names = {name.strip().lower() for name in fastexcel.read_excel(content).sheet_names}
    except (fastexcel.FastExcelError, DeliveryError):
        return False
    return {"survey", "choices"} <= names


def read_xlsform(content: bytes, file_name: str) -> Codebook:
    """Return the columns that a form's questions become.

    Raises:
        DeliveryError: it is no workbook with a survey sheet, or a question names a list of choices that is not there.
    """
    import fastexcel

    if content.startswith(ZIPPED):
        refuse_too_large(content, file_name)
    try:
        workbook = fastexcel.read_excel(content)
        sheets = {name.strip().lower(): name for name in workbook.sheet_names}
        found = {
            key: sheet_rows(workbook.load_sheet(sheets[key], header_row=None, dtypes="string").to_polars().rows())
            for key in ("survey", "choices", "settings")
            if key in sheets
        }
    except fastexcel.FastExcelError as error:
        raise DeliveryError(f"{file_name}: the workbook is damaged. Download the form again.") from error
    if "survey" not in found:
        raise DeliveryError(f"{file_name}: the workbook has no sheet 'survey', so it is no XLSForm. Deliver the form.")
    settings = (found.get("settings") or [{}])[0]
    return form_codebook(found["survey"], found.get("choices", []), settings.get("default_language", ""), file_name)


def sheet_rows(rows: list[tuple[str | None, ...]]) -> Rows:
    """Return the rows of a sheet by the names in its first filled row."""
    filled = [row for row in rows if any(row)]
    header = [(name or "").strip() for name in filled[0]] if filled else []
    return [{name: (cell or "").strip() for name, cell in zip(header, row, strict=True) if name} for row in filled[1:]]


def read_form_json(content: bytes, file_name: str) -> Codebook:
    """Return the columns of a form as KoBo gives it: JSON with the same rows.

    Raises:
        DeliveryError: the JSON is cut off, or holds no form.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DeliveryError(f"{file_name}: the JSON is cut off or malformed. Download the form again.") from error
    inner = found.get("content", found) if isinstance(found, dict) else {}
    form = inner if isinstance(inner, dict) else {}
    survey, choices = json_rows(form.get("survey")), json_rows(form.get("choices", []))
    if survey is None or choices is None:
        raise DeliveryError(f"{file_name}: the JSON holds no 'survey', so it is no form. Deliver the form.")
    return form_codebook(survey, choices, "", file_name)


def json_rows(found: object) -> Rows | None:
    """Return rows of JSON as text; None when they are no rows."""
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        return None
    return [json_row(row) for row in found]


def json_row(row: dict[str, object]) -> dict[str, str]:
    """Return a row of JSON as text; the first translation of what is translated."""
    first = {key: value[0] if isinstance(value, list) and value else value for key, value in row.items()}
    text = {key: str(value) for key, value in first.items() if value is not None}
    return text | {"type": f"{text.get('type', '')} {text.get('select_from_list_name', '')}".strip()}


def form_codebook(survey: Rows, choices: Rows, language: str, file_name: str) -> Codebook:
    """Return the codebook of a form's rows."""
    lists: dict[str, dict[str, str]] = {}
    for row in choices:
        name = row.get("list_name") or row.get("list name", "")
        code = row.get("name") or row.get("value", "")
        lists.setdefault(name, {})[code] = label_of(row, language) or code
    found = [one for row in survey for one in question_variables(row, lists, language, file_name)]
    repeats = [row.get("name", "") for row in survey if row.get("type", "").replace(" ", "_") == "begin_repeat"]
    notes = tuple(f"{name} repeats: its answers are in a table of their own in the export" for name in repeats)
    listed = tuple(one for one, is_listed in found if is_listed)
    return Codebook("kobo", tuple(one for one, is_listed in found if not is_listed), listed=listed, notes=notes)


def label_of(row: dict[str, str], language: str) -> str:
    """Return a row's label: in the form's language where there is one, else the first."""
    labels = {key: value for key, value in row.items() if key == "label" or key.startswith("label:")}
    ranked = sorted(
        labels, key=lambda key: not (language and key.removeprefix("label").strip(":").startswith(language))
    )
    return next((" ".join(labels[key].split()) for key in ranked if labels[key]), "")


def question_variables(
    row: dict[str, str], lists: dict[str, dict[str, str]], language: str, file_name: str
) -> Iterator[tuple[Variable, bool]]:
    """Yield the columns of one row of the survey sheet, and whether one holds several codes at once."""
    kind, name, label = row.get("type", ""), row.get("name", ""), label_of(row, language)
    if not name or kind.replace(" ", "_") in GROUPS:
        return
    select = SELECT.fullmatch(kind)
    if select is None:
        holds = "number" if kind in NUMBERS else "date" if kind in DATES else "text"
        yield Variable(name, label, kind=holds), False
        return
    if select["list"] not in lists and "." not in select["list"]:  # a list in a file of its own has a file's name
        raise DeliveryError(
            f"{file_name}: question '{name}' takes its answers from the list '{select['list']}', which the choices "
            "do not have. Add it, or download the form again."
        )
    others = {OTHER: "Other"} if select["other"] else {}
    yield (
        Variable(name, label, lists.get(select["list"], {}) | others, (), "category"),
        select["kind"] == "select_multiple",
    )
    if others:
        yield Variable(f"{name}_{OTHER}", f"{label} - Other"), False
