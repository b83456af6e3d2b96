"""LimeSurvey exports: headings that are "code. question", with "code[subquestion]" for the parts of a question."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pipeline.wave_files.codebook import renamed
from pipeline.wave_files.delivery import Delivery, MultipleResponse, Variable
from pipeline.wave_files.xml_text import plain

HEADING = re.compile(r"(?P<code>[A-Za-z]\w*(?:\[\w+\])*)\. +(?P<text>.*)", re.DOTALL)
PART = re.compile(r"(?P<question>[A-Za-z]\w*)\[(?P<part>\w+)\]")
OWN = {"id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "token"}
DATES = ("submitdate", "startdate", "datestamp")
LEAST_OWN = 3
YES_ANSWERS = ({"Y"}, {"Y", "N"}, {"Yes"}, {"Yes", "No"})
WRITTEN_PARTS = ("other", "comment")


def code_of(heading: str) -> str:
    """Return the code in a heading; the heading itself where it is a code alone."""
    found = HEADING.fullmatch(heading)
    return found["code"] if found else heading


def is_limesurvey(delivery: Delivery) -> bool:
    """Return whether the columns are LimeSurvey's own and questions."""
    return len(OWN & {code_of(name) for name in delivery.frame.columns}) >= LEAST_OWN


def described_limesurvey(delivery: Delivery, expected: Sequence[str] = ()) -> Delivery:
    """Return a LimeSurvey export under its question codes, with the questions as labels.

    Columns that share a code (a question copied into several groups) stay under their whole heading.
    """
    headings = delivery.frame.columns[1:]
    codes = Counter(code_of(heading) for heading in headings)
    twice = sorted(code for code, times in codes.items() if times > 1)
    names = {one: code_of(one) if codes[code_of(one)] == 1 else one for one in headings}
    delivery = renamed(delivery, names, expected)
    variables = [
        Variable(name, label_of(heading), kind="date" if code_of(heading) in DATES else "text")
        for heading, name in zip(headings, delivery.frame.columns[1:], strict=True)
    ]
    notes = (
        [f"{len(twice)} question codes stand above several columns, which keep their whole heading"] if twice else []
    )
    found = replace(delivery, format="limesurvey", variables=tuple(variables), notes=(*delivery.notes, *notes))
    return replace(found, multiple_responses=multiple_sets(found))


def label_of(heading: str) -> str:
    """Return the question in a heading, '' when there is a code alone."""
    found = HEADING.fullmatch(heading)
    return plain(found["text"]) if found else ""


def multiple_sets(delivery: Delivery) -> tuple[MultipleResponse, ...]:
    """Return the questions whose parts hold yes or nothing."""
    parts: dict[str, list[Variable]] = {}
    for variable in delivery.variables:
        found = PART.fullmatch(variable.name)
        if found is not None and not found["part"].endswith(WRITTEN_PARTS):
            parts.setdefault(found["question"], []).append(variable)
    sets = [yes_set(question, columns, delivery) for question, columns in parts.items() if len(columns) > 1]
    return tuple(one for one in sets if one is not None)


def yes_set(question: str, columns: Sequence[Variable], delivery: Delivery) -> MultipleResponse | None:
    """Return a question's columns as a set; None when they hold anything but yes and no."""
    answers = {answer for one in columns for answer in delivery.frame[one.name].drop_nulls().unique()}
    if answers not in YES_ANSWERS:
        return None
    label = re.sub(r" \[[^\[\]]*\]$", "", columns[0].label)
    return MultipleResponse(question, label, tuple(one.name for one in columns), "Y" if "Y" in answers else "Yes")
