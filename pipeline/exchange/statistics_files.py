"""Writing SPSS .sav and Stata .dta files, with value labels and kinds of missing as each of the two has them."""

from pathlib import Path
from string import ascii_lowercase
from textwrap import wrap

import polars as pl

from pipeline.exchange.dataset import CATEGORY, TEXT, ExportedData, ExportedVariable, short_names

SPSS_NAME, SPSS_NOTE, STATA_NAME, STATA_LABEL = 64, 78, 32, 80  # the longest each takes
MOST_SINGLE_CODES = 3  # user-missing codes that SPSS takes one by one; more must be a range
MEASURES = {CATEGORY: "nominal", TEXT: "nominal"}


def write_spss(data: ExportedData, out: Path) -> list[str]:
    """Write a .sav file; kinds of missing are user-missing codes. Return in words what could not stay as it was."""
    import pyreadstat

    data, notes = _renamed(data, SPSS_NAME)
    pyreadstat.write_sav(
        data.rows,
        out,
        file_label=data.title[:64],
        note=[line for note in data.notes for line in wrap(note, SPSS_NOTE)],
        column_labels={one.name: one.label for one in data.variables},
        variable_value_labels={one.name: one.all_labels for one in data.variables if one.all_labels},
        missing_ranges={one.name: _user_missing(one) for one in data.variables if one.missing},
        variable_measure={one.name: MEASURES.get(one.kind, "scale") for one in data.variables},
        row_compress=True,
    )
    return notes


def _user_missing(variable: ExportedVariable) -> list[float | dict[str, float]]:
    """Return the codes one by one where SPSS allows, else as the range that holds them and no answer."""
    codes = sorted(variable.missing)
    if len(codes) <= MOST_SINGLE_CODES:
        return [float(code) for code in codes]
    return [{"lo": float(codes[0]), "hi": float(codes[-1])}]


def write_stata(data: ExportedData, out: Path) -> list[str]:
    """Write a .dta file; kinds of missing are .a, .b, … with their labels. Return what could not stay as it was."""
    import pyreadstat

    set_number = len(str(data.rows.width))  # the writer puts it behind a name to call its set of labels
    data, notes = _renamed(data, STATA_NAME - set_number)
    letters = {one.name: dict(zip(one.missing, ascii_lowercase, strict=False)) for one in data.variables if one.missing}
    frame = data.rows.with_columns(pl.col(pl.Int64).cast(pl.Float64)).to_pandas()
    for name, letter_of in letters.items():
        codes = data.rows.get_column(name).to_list()
        frame[name] = frame[name].astype(object)
        frame[name] = [letter_of.get(code, float("nan") if code is None else float(code)) for code in codes]
    pyreadstat.write_dta(
        frame,
        out,
        file_label=data.title[:STATA_LABEL],
        column_labels={one.name: one.label[:STATA_LABEL] for one in data.variables},
        variable_value_labels={
            one.name: {
                **one.labels,
                **{letter: one.missing[code] for code, letter in letters.get(one.name, {}).items()},
            }
            for one in data.variables
            if one.all_labels
        },
        missing_user_values={name: list(letter_of.values()) for name, letter_of in letters.items()},
    )
    cut = sum(len(one.label) > STATA_LABEL for one in data.variables)
    return notes + (
        [f"{cut} labels are cut after {STATA_LABEL} characters, as Stata takes no longer ones"] if cut else []
    )


def _renamed(data: ExportedData, most: int) -> tuple[ExportedData, list[str]]:
    names = short_names(data.rows.columns, most)
    shortened = [f"column {name} is named {short}" for name, short in names.items() if name != short]
    return data.named(names), shortened
