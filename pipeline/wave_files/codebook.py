"""What a codebook says of a delivery's columns, and how a delivery takes it on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.wave_files.delivery import ROW_NUMBER, Delivery, MultipleResponse, Variable
from pipeline.wave_files.fixed_width import Field
from pipeline.wave_files.xml_text import plain

CHOSEN, NOT_CHOSEN = "1", "0"
DELIMITED_SETS = "/"  # between a question and one of its choices, in the names of columns made here


@dataclass(frozen=True)
class Codebook:
    """The columns that a codebook describes; `fields` where it says at which characters of a line they stand.

    `listed` are questions whose one column holds several codes with spaces between.
    """

    format: str
    variables: tuple[Variable, ...]
    multiple_responses: tuple[MultipleResponse, ...] = ()
    fields: tuple[Field, ...] = ()
    listed: tuple[Variable, ...] = ()
    notes: tuple[str, ...] = ()


def with_codebook(delivery: Delivery, codebook: Codebook) -> Delivery:
    """Return a delivery with the codebook's labels and codes; answers given as labels become their codes."""
    delivery, sets = with_lists_split(under_codes(delivery, codebook), codebook)
    told = {one.name: one for one in codebook.variables}
    known = {one.name: one for one in delivery.variables}
    names = delivery.frame.columns[1:]
    variables = [told.get(name) or known.get(name) for name in names]
    columns = [recoded(delivery.frame[one.name], one) for one in variables if one is not None and one.values]
    n_recoded = sum(not one.equals(delivery.frame[one.name]) for one in columns)
    there = set(names)
    sets += [one for one in codebook.multiple_responses if set(one.columns) <= there]
    named = {one.name for one in sets}
    n_told = len(told.keys() & there)
    notes = [f"{n_told:,} of {len(names):,} columns are described by the codebook", *codebook.notes]
    notes += [f"{n_recoded:,} columns held answers in words, read as their codes"] if n_recoded else []
    return replace(
        delivery,
        frame=delivery.frame.with_columns(columns),
        variables=tuple(one for one in variables if one is not None),
        multiple_responses=(*sets, *(one for one in delivery.multiple_responses if one.name not in named)),
        notes=(*delivery.notes, *notes),
    )


def under_codes(delivery: Delivery, codebook: Codebook) -> Delivery:
    """Return a delivery whose headings are questions, or a question and one of its choices, under their codes."""
    names = set(delivery.frame.columns)
    labelled = [(one.label, one.name) for one in (*codebook.variables, *codebook.listed)]
    labelled += [
        (f"{one.label}{DELIMITED_SETS}{label}", f"{one.name}{DELIMITED_SETS}{code}")
        for one in codebook.listed
        for code, label in one.values.items()
    ]
    times = Counter(label for label, _ in labelled)
    codes = {label: code for label, code in labelled if label and times[label] == 1 and code not in names}
    found = {name: codes[plain(name)] for name in delivery.frame.columns[1:] if plain(name) in codes}
    if not found or len(set(found.values())) < len(found):
        return delivery
    variables = tuple(replace(one, name=found.get(one.name, one.name)) for one in delivery.variables)
    sets = tuple(
        replace(one, name=found.get(one.name, one.name), columns=tuple(found.get(name, name) for name in one.columns))
        for one in delivery.multiple_responses
    )
    notes = (*delivery.notes, f"{len(found):,} columns were headed by their questions, read under their codes")
    frame = delivery.frame.rename(found)
    return replace(delivery, frame=frame, variables=variables, multiple_responses=sets, notes=notes)


def recoded(cells: pl.Series, variable: Variable) -> pl.Series:
    """Return a column whose labels are replaced by their codes; as it is when it holds anything else."""
    found = cells.unique().drop_nulls().to_list()
    if all(answer in variable.values for answer in found):
        return cells
    labels = [words_of(label) for label in variable.values.values()]
    codes = {label: code for code, label in zip(variable.values, labels, strict=True) if labels.count(label) == 1}
    words = {answer: codes.get(words_of(answer), answer) for answer in found}
    return cells.cast(pl.String).replace(words) if all(code in variable.values for code in words.values()) else cells


def words_of(answer: str) -> str:
    """Return the words of an answer, without mark-up or quotation marks that exports leave around them."""
    return plain(answer).strip('" ')


def with_lists_split(delivery: Delivery, codebook: Codebook) -> tuple[Delivery, list[MultipleResponse]]:
    """Return a delivery with a column for each choice of a listed question, and these questions as sets."""
    frame, sets, added = delivery.frame, [], []
    for question in codebook.listed:
        names = {code: f"{question.name}{DELIMITED_SETS}{code}" for code in question.values}
        if question.name in frame.columns and not set(names.values()) & set(frame.columns):
            chosen = frame[question.name].str.split(" ")
            frame = frame.with_columns(is_chosen(chosen, code).alias(name) for code, name in names.items())
        present = [(code, name) for code, name in names.items() if name in frame.columns]
        if present:
            frame = frame.with_columns(one_or_zero(frame[name]) for _, name in present)
            added += [choice_variable(question, code, name) for code, name in present]
            columns = tuple(name for _, name in present)
            sets.append(MultipleResponse(question.name, question.label, columns, CHOSEN))
    renewed = {one.name for one in added}
    variables = (*(one for one in delivery.variables if one.name not in renewed), *added)
    return replace(delivery, frame=frame, variables=variables), sets


def is_chosen(chosen: pl.Series, code: str) -> pl.Series:
    """Return 1 where a list of codes holds the code, 0 where it does not, null where there is none."""
    return pl.select(
        pl.when(chosen.list.contains(code)).then(pl.lit(CHOSEN)).when(chosen.is_not_null()).then(pl.lit(NOT_CHOSEN))
    ).to_series()


def one_or_zero(cells: pl.Series) -> pl.Series:
    """Return a choice's column with 1 and 0, however the export writes them."""
    return cells.replace(
        {"True": CHOSEN, "TRUE": CHOSEN, "true": CHOSEN, "False": NOT_CHOSEN, "FALSE": NOT_CHOSEN, "false": NOT_CHOSEN}
    )


def choice_variable(question: Variable, code: str, name: str) -> Variable:
    """Return what is known of the column of one choice."""
    label = f"{question.label} - {question.values.get(code, code)}"
    return Variable(name, label, {CHOSEN: "Yes", NOT_CHOSEN: "No"}, (), "category")


def renamed(delivery: Delivery, names: dict[str, str], expected: Sequence[str]) -> Delivery:
    """Return a delivery with other names of columns, but for those that the definitions call as delivered."""
    chosen = {old: new for old, new in names.items() if old not in expected and old != new}
    return replace(delivery, frame=delivery.frame.rename({k: v for k, v in chosen.items() if k != ROW_NUMBER}))
