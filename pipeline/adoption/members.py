"""The member list as the panel keeps it: ids, dates and the profile in our words; contact details left out."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.adoption.code_frames import IS_NUMBER
from pipeline.adoption.questions import described
from pipeline.adoption.words import NOT_KNOWN, VALUE, Words
from pipeline.definitions import ProfileVariable
from pipeline.wave_files.delivery import Delivery

MEMBER_ID = "panel_member_id"
FACTS = ("joined_on", "left_on", "exit_reason", "cohort", "route", "status")
DATES = ("joined_on", "left_on", "birth_date")
DATE_LAYOUTS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y")
DESIGN = ("stratum", "psu", "household", "selection_probability")
AGES = ("birth_year", "birth_date", "age")
PROFILE = (
    *("sex", "ethnicity", "tenure", "qualification", "disability", "area", "region", "deprivation"),
    *("employment", "marital_status", "age_group"),
)
MOST_CATEGORIES = 40
FEWEST_CATEGORIES = 2


@dataclass(frozen=True)
class MemberList:
    """The prepared list, its profile, and what became of each delivered column."""

    frame: pl.DataFrame  # panel_member_id, facts, design and profile columns, all text
    profile: tuple[ProfileVariable, ...]
    columns: dict[str, str]  # our column: delivered column
    left_out: dict[str, str]  # delivered column: why
    n_unread: dict[str, int]  # our column: values that could not be read

    def has(self, column: str) -> bool:
        """Return whether the list tells something of that kind."""
        return column in self.frame.columns


def prepared(delivery: Delivery, id_column: str, words: Words, today: date) -> MemberList:
    """Return the member list in our words.

    Args:
        id_column: the column of the member's id.
        today: day on which ages were known, when the list gives ages.
    """
    variables = described(delivery)
    series: dict[str, pl.Series] = {MEMBER_ID: delivery.frame[id_column]}
    columns, left_out, unread = {MEMBER_ID: id_column}, {}, {}
    for name, variable in variables.items():
        meaning = words.column_meaning(name, variable.label)
        if name == id_column:
            continue
        if meaning not in (*FACTS, *DESIGN, *AGES, *PROFILE) or meaning in columns:
            left_out[name] = "contact details" if meaning == "contact" else meaning or "not recognised"
            continue
        values = delivery.frame[name].cast(pl.String).replace(variable.values)
        values = values.str.strip_chars().replace("", None)
        ours = _read(str(meaning), values, words)
        if meaning in PROFILE and not FEWEST_CATEGORIES <= ours.drop_nulls().n_unique() <= MOST_CATEGORIES:
            left_out[name] = f"{meaning}, with {ours.drop_nulls().n_unique()} different values"
            continue
        columns[str(meaning)], series[str(meaning)] = name, ours
        unread[str(meaning)] = ours.null_count() - values.null_count()
    frame = pl.DataFrame([values.alias(name) for name, values in series.items()])
    frame = _with_birth_year(frame, today)
    if "birth_date" in columns:
        columns["birth_year"] = columns.pop("birth_date")
    return MemberList(frame, profile_of(frame), columns, left_out, {one: n for one, n in unread.items() if n})


def as_dates(values: pl.Series) -> pl.Series:
    """Return dates as ISO text, whichever common layout they are in; null where none fits."""
    day = values.str.split(" ").list.first() if values.str.contains(r"^\d{4}-\d\d-\d\d ").any() else values
    parsed = [day.str.strptime(pl.Date, layout, strict=False) for layout in DATE_LAYOUTS]
    frame = pl.DataFrame([one.alias(str(number)) for number, one in enumerate(parsed)])
    return frame.select(pl.coalesce(pl.all())).to_series().dt.to_string("%Y-%m-%d")


def as_numbers(values: pl.Series) -> pl.Series:
    """Return numbers with a decimal point, whether they were written with a point or a comma."""
    with_point = values.str.replace(r"^([+-]?\d+),(\d+)$", "$1.$2")
    frame = pl.DataFrame({"value": with_point})
    return frame.select(pl.when(pl.col("value").str.contains(IS_NUMBER)).then(pl.col("value"))).to_series()


def _read(meaning: str, values: pl.Series, words: Words) -> pl.Series:
    if meaning in DATES:
        return as_dates(values)
    if meaning in ("birth_year", "age", "selection_probability"):
        return as_numbers(values)
    if meaning not in PROFILE:
        return values
    found = {text: words.meaning(VALUE, text) if meaning == "sex" else None for text in values.drop_nulls().unique()}
    unknown = [text for text in found if words.missing_kind(text) or words.meaning(VALUE, text) == NOT_KNOWN]
    ours = {text: (None if text in unknown else found[text] or text) for text in found}
    return values.replace_strict(ours, default=None, return_dtype=pl.String)


def _with_birth_year(frame: pl.DataFrame, today: date) -> pl.DataFrame:
    """Return the list with the year of birth in place of a date of birth or an age."""
    if "birth_year" in frame.columns:
        return frame.drop([one for one in ("birth_date", "age") if one in frame.columns])
    if "birth_date" in frame.columns:
        year = pl.col("birth_date").str.slice(0, 4)
    elif "age" in frame.columns:
        year = (pl.lit(today.year) - pl.col("age").cast(pl.Float64).floor().cast(pl.Int64)).cast(pl.String)
    else:
        return frame
    return frame.with_columns(year.alias("birth_year")).drop(
        [one for one in ("birth_date", "age") if one in frame.columns]
    )


def profile_of(frame: pl.DataFrame) -> tuple[ProfileVariable, ...]:
    found = []
    if "birth_year" in frame.columns:
        found.append(ProfileVariable("birth_year", "Year of birth", "roster", "birth_year", is_number=True))
    for name in PROFILE:
        if name in frame.columns:
            label = name.replace("_", " ").capitalize()
            values = tuple(frame[name].drop_nulls().unique().sort())
            found.append(ProfileVariable(name, label, "roster", name, categories=values))
    return tuple(found)
