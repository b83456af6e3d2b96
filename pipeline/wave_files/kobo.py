"""KoBo and ODK exports: columns named by group and question, "group/question", and "question/choice"."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.wave_files.codebook import renamed
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery, MultipleResponse, Variable

OWN = {"_uuid", "_submission_time", "_id", "_index", "meta/instanceID", "instanceID", "formhub/uuid", "__version__"}
LEAST_OWN = 2
PATH = "/"
DATES = ("start", "end", "today", "_submission_time")
OWN_GROUPS = ("meta/", "formhub/", "_")
CHOICES = ({"0"}, {"1"}, {"0", "1"})


def is_kobo(delivery: Delivery) -> bool:
    """Return whether the columns are those that KoBo and ODK add to every export."""
    return len(OWN & set(delivery.frame.columns)) >= LEAST_OWN


def described_kobo(delivery: Delivery, expected: Sequence[str] = ()) -> Delivery:
    """Return an export under its questions' names, without their groups where that leaves them apart."""
    paths = delivery.frame.columns[1:]
    delivery = renamed(delivery, short_names(paths), expected)
    names = delivery.frame.columns[1:]
    variables = [Variable(one, kind="date" if one in DATES else "text") for one in names]
    return replace(
        delivery,
        format="kobo",
        variables=tuple(variables),
        multiple_responses=multiple_sets(delivery),
    )


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """Return the name of each column without its groups; a choice keeps its question before it."""
    whole = set(paths)
    short: dict[str, str] = {}
    for path in paths:
        parent, _, last = path.rpartition(PATH)
        if path.startswith(OWN_GROUPS) or not parent:
            short[path] = path
        elif parent in whole:
            short[path] = f"{parent.rpartition(PATH)[2]}{PATH}{last}"
        else:
            short[path] = last
    taken = [*short.values(), ROW_NUMBER]
    return {path: name if taken.count(name) == 1 else path for path, name in short.items()}


def multiple_sets(delivery: Delivery) -> tuple[MultipleResponse, ...]:
    """Return the questions whose choices have columns of 0 and 1 beside their own."""
    sets: dict[str, list[str]] = {}
    names = set(delivery.frame.columns)
    for name in delivery.frame.columns:
        question = name.rpartition(PATH)[0]
        if question in names and set(delivery.frame[name].drop_nulls().unique()) in CHOICES:
            sets.setdefault(question, []).append(name)
    return tuple(MultipleResponse(name, "", tuple(columns), "1") for name, columns in sets.items())
