"""Fixed-width text: cut each line at positions that a codebook gives."""

from dataclasses import dataclass

import polars as pl

from pipeline.errors import DeliveryError, faults_message

LINES_NAMED = 3


@dataclass(frozen=True)
class Field:
    """Characters `start` to `finish` of every line, from 1; a number cannot be cut in half by a line's end."""

    name: str
    start: int
    finish: int
    is_number: bool = True


def read_fixed(text: str, fields: list[Field], file_name: str, *, skip: int = 0) -> pl.DataFrame:
    """Return one text column a field, spaces and all; lines without their trailing blanks are filled up.

    Raises:
        DeliveryError: a field lies beyond every line, or a line ends within a number; all of them named.
    """
    whole_lines = text.endswith("\n")
    lines = pl.Series("line", text.rstrip("\n").split("\n")[skip:], dtype=pl.String)
    lengths = lines.str.len_chars()
    longest = max(lengths, default=0)
    faults = [
        f"{one.name} is at position {one.start} to {one.finish}, and no line is longer than {longest} characters"
        for one in fields
        if one.start > longest
    ]
    last = max(one.finish for one in fields)
    if not whole_lines and lines.len() > 1 and lengths[-1] < min(last, longest):
        faults.append(f"line {lines.len() + skip} ends after {lengths[-1]} characters, expected {last}: it is cut off")
    for one in fields:
        is_cut = (lengths >= one.start) & (lengths < one.finish) & one.is_number
        if is_cut.any() and one.start <= longest:
            cut = [int(number) + 1 + skip for number in is_cut.arg_true()]
            named = ", ".join(str(number) for number in cut[:LINES_NAMED]) + (" …" if len(cut) > LINES_NAMED else "")
            faults.append(f"{one.name} (position {one.start} to {one.finish}) is cut off by the end of line {named}")
    if faults:
        heading = f"{file_name}: the lines do not fit the codebook; deliver the data that belong to it"
        raise DeliveryError(faults_message(heading, faults))
    return pl.DataFrame({one.name: lines.str.slice(one.start - 1, one.finish - one.start + 1) for one in fields})
