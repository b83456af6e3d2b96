"""Triple-S data: the records of a fixed or CSV data file, read as the metadata describes them."""

import csv
import io

import polars as pl

from pipeline.errors import DeliveryError, faults_message
from pipeline.triple_s import (
    CHARACTER,
    DATE,
    FIXED,
    LOGICAL,
    MULTIPLE,
    QUANTITY,
    SINGLE,
    TIME,
    SssSurvey,
    SssVariable,
    wording,
)
from pipeline.wave_files.csv_files import blanks_as_null, field_names, read_cells, with_newlines
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery, MultipleResponse, Variable
from pipeline.wave_files.fixed_width import Field, read_fixed

YES, NO = "1", "0"
VARIABLE_KINDS = {SINGLE: "category", LOGICAL: "category", QUANTITY: "number", DATE: "date", TIME: "date"}
LEADING_ZEROS, TRAILING_ZEROS = r"^([+-]?)0+(\d)", r"(\.\d*?)0+$"


def read_triple_s_data(text: str, survey: SssSurvey, file_name: str, encoding: str) -> Delivery:
    """Return the rows of a Triple-S data file: a multiple becomes a column a code, or one a subfield of a spread.

    Raises:
        DeliveryError: the records do not fit the metadata: a position beyond the line, or an answer that no code has.
    """
    cells = raw_cells(with_newlines(text), survey, file_name)
    if cells.height == 0:
        raise DeliveryError(f"{file_name}: there is no record in the data. Export the answers again.")
    columns: list[pl.Series] = [pl.Series(ROW_NUMBER, range(1, cells.height + 1), dtype=pl.Int32)]
    faults: list[str] = []
    for variable in survey.variables:
        columns += answers(variable, cells[variable.name], first_line=survey.skip + 1, faults=faults)
    if faults:
        heading = f"{file_name}: answers that the Triple-S metadata has no code for; correct one of the two"
        raise DeliveryError(faults_message(heading, faults))
    frame = pl.DataFrame(columns)
    return Delivery(
        frame=frame,
        file_name=file_name,
        encoding=encoding,
        delimiter="" if survey.format == FIXED else ",",
        format="triple-s",
        variables=tuple(one for variable in survey.variables for one in described(variable, survey)),
        multiple_responses=multiple_sets(survey),
        notes=notes(survey, frame),
    )


def raw_cells(text: str, survey: SssSurvey, file_name: str) -> pl.DataFrame:
    """Return what the record holds for each variable, one text column each."""
    if survey.format == FIXED:
        fields = [
            Field(one.name, one.start, one.finish, one.kind not in (CHARACTER, MULTIPLE)) for one in survey.variables
        ]
        return read_fixed(text, fields, file_name, skip=survey.skip)
    body = text.split("\n", survey.skip)[-1] if survey.skip else text
    first: list[str] = next(csv.reader(io.StringIO(body, newline="")), [])
    n_fields = len(first)
    beyond = [f"{one.name} is field {one.finish}" for one in survey.variables if one.finish > n_fields]
    if beyond:
        heading = f"{file_name}: line {survey.skip + 1} has {n_fields} fields; deliver the data of this codebook"
        raise DeliveryError(faults_message(heading, beyond))
    cells = read_cells(",".join(field_names(n_fields)) + "\n" + body, ",", n_fields, file_name)
    return pl.DataFrame([joined_fields(one, cells) for one in survey.variables])


def joined_fields(variable: SssVariable, cells: pl.DataFrame) -> pl.Series:
    """Return a variable's field; the fields of a spread are put side by side, as in a fixed record."""
    fields = cells.columns[variable.start - 1 : variable.finish]
    width = subfield_width(variable)
    padded = [pl.col(one).fill_null("").str.strip_chars().str.pad_start(width) for one in fields]
    one_field = pl.col(fields[0]) if len(fields) == 1 else pl.concat_str(padded)
    return cells.select(one_field.alias(variable.name)).to_series()


def subfield_width(variable: SssVariable) -> int:
    """Return how many characters each answer of a spread takes: as declared, or as the longest code needs."""
    return variable.subfield_width or max((len(code) for code in variable.codes), default=1)


def answers(variable: SssVariable, cells: pl.Series, *, first_line: int, faults: list[str]) -> list[pl.Series]:
    """Return the columns of one variable, codes as the metadata writes them."""
    if variable.kind == MULTIPLE and variable.subfields:
        return spread_answers(variable, cells)
    if variable.kind == MULTIPLE:
        return bitstring_answers(variable, cells, first_line, faults)
    found = blanks_as_null(pl.DataFrame([cells])).to_series()
    if variable.kind == QUANTITY and variable.use != "serial":
        found = plain_numbers(found)
    elif variable.kind == DATE:
        found = without_zeros(found).str.replace(r"^(\d{4})(\d\d)(\d\d)$", "${1}-${2}-${3}")
    elif variable.kind == TIME:
        found = found.str.replace(r"^(\d\d)(\d\d)(\d\d)$", "${1}:${2}:${3}")
    elif variable.kind == SINGLE:
        found = as_written(found, variable.codes)
    return [found]


def without_zeros(cells: pl.Series) -> pl.Series:
    """Return cells with null for those that are nothing but zeros."""
    return pl.select(pl.when(~cells.str.contains("^0+$")).then(cells)).to_series().alias(cells.name)


def plain_numbers(cells: pl.Series) -> pl.Series:
    """Return numbers without the zeros that fill their field, and whole ones without a point."""
    bare = cells.str.replace(LEADING_ZEROS, "${1}${2}").str.replace(TRAILING_ZEROS, "${1}")
    return bare.str.replace(r"\.$", "")


def as_written(cells: pl.Series, codes: tuple[str, ...]) -> pl.Series:
    """Return codes as the values list writes them: 01 in the data is 1 there, or the other way round."""
    same = {code.lstrip("0") or "0": code for code in codes}
    found = [code for code in cells.unique().drop_nulls() if code not in codes]
    mapped = {code: same[bare] for code in found if (bare := code.lstrip("0") or "0") in same}
    return cells.replace(mapped) if mapped else cells


def spread_answers(variable: SssVariable, cells: pl.Series) -> list[pl.Series]:
    """Return a column a subfield, each holding one answer's code; unused subfields are null."""
    width = subfield_width(variable)
    slices = [cells.str.slice(number * width, width).alias(name) for number, name in enumerate(variable.columns)]
    stripped = blanks_as_null(pl.DataFrame(slices))
    unused = () if NO in variable.codes else (NO,)
    return [as_written(without_zeros(one) if unused else one, variable.codes) for one in stripped.iter_columns()]


def bitstring_answers(variable: SssVariable, cells: pl.Series, first_line: int, faults: list[str]) -> list[pl.Series]:
    """Return a column a code, 1 or 0: character number n of the string says whether code n was chosen."""
    bits = cells.fill_null("").str.strip_chars_end()
    is_wrong = bits.str.contains(r"[^01 ]")
    if is_wrong.any():
        line = int(is_wrong.arg_true()[0]) + first_line
        faults.append(f"line {line}, position {variable.start}: {variable.name} holds more than 0 and 1")
    places = {int(code) for code in variable.codes if code.isdecimal()}
    for place in range(1, max(bits.str.len_chars(), default=0) + 1):
        is_chosen = bits.str.slice(place - 1, 1) == YES
        if place not in places and is_chosen.any():
            line = int(is_chosen.arg_true()[0]) + first_line
            start = variable.start + (place - 1 if variable.finish > variable.start else 0)
            where = f"line {line}, position {start}"
            faults.append(f"{where}: {variable.name} answers code {place}, expected {', '.join(variable.codes)}")
    return [
        pl.select(pl.when(bits != "").then(pl.when(bit(bits, code) == YES).then(pl.lit(YES)).otherwise(pl.lit(NO))))
        .to_series()
        .alias(name)
        for name, code in zip(variable.columns, variable.codes, strict=True)
    ]


def bit(bits: pl.Series, code: str) -> pl.Series:
    """Return the character of each string that stands for a code."""
    return bits.str.slice(int(code) - 1, 1) if code.isdecimal() and int(code) else bits.str.slice(0, 0)


def described(variable: SssVariable, survey: SssSurvey) -> list[Variable]:
    """Return what the metadata says of a variable's columns."""
    label = wording(variable.texts, survey.languages)
    values = {value.code: wording(value.texts, survey.languages) for value in variable.values}
    missing = tuple(value.code for value in variable.values if value.is_special)
    if variable.kind == MULTIPLE and variable.subfields:
        return [Variable(name, label, values, missing, "category") for name in variable.columns]
    if variable.kind == MULTIPLE:
        named = zip(variable.columns, values.values(), strict=True)
        return [Variable(name, f"{label} - {text}", {YES: "Yes", NO: "No"}, (), "category") for name, text in named]
    if variable.kind == LOGICAL:
        values = values or {YES: "Yes", NO: "No"}
    return [Variable(variable.name, label, values, missing, VARIABLE_KINDS.get(variable.kind, "text"))]


def multiple_sets(survey: SssSurvey) -> tuple[MultipleResponse, ...]:
    """Return the multiples of a survey; a spread's columns hold the answers themselves."""
    return tuple(
        MultipleResponse(
            one.name,
            wording(one.texts, survey.languages),
            one.columns,
            None if one.subfields else YES,
        )
        for one in survey.variables
        if one.kind == MULTIPLE
    )


def notes(survey: SssSurvey, frame: pl.DataFrame) -> tuple[str, ...]:
    """Return what a reader of the data should know: weights, serial numbers, routing, codes without a label."""
    found = [f"{one.name} is the {one.use} variable of the export" for one in survey.variables if one.use]
    found += [f"{one.name} was asked by filter: {one.filter}" for one in survey.variables if one.filter]
    for one in survey.variables:
        if one.kind == SINGLE and one.codes:
            n_others = int((~frame[one.name].is_in(list(one.codes))).sum())
            if n_others:
                found.append(f"{one.name}: {n_others:,} answers with a code that the metadata does not list")
    return tuple(found)
