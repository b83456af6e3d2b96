"""How often each answer of an item was given in a delivery, and which answers moved since the wave before."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.definitions import Item, ItemColumn, Source, Survey, Wave

COLUMNS = {"wave": pl.String, "item": pl.String, "code": pl.String, "n": pl.Int64}
STORED = {"part": pl.String, **COLUMNS}
STANDARD_ERRORS = 4.0  # of the difference: dozens of items are compared each wave, and chance alone must flag none
STORED_SQL = """
select delivery.part, counted.source as wave, counted.item, counted.code, counted.n
from raw.answer_counts as counted
inner join raw.deliveries as delivery using (survey, source, delivery_id)
where counted.survey = ? and delivery.status = 'accepted'
order by all
"""


@dataclass(frozen=True)
class Move:
    """An answer whose share differs from the wave before by more than chance and the declared difference."""

    label: str
    wave_before: str
    share_before: float
    n_before: int  # answers to the item, all codes
    share: float
    n: int


def of_delivery(survey: Survey, wave: Wave, frame: pl.DataFrame, members: pl.Series) -> pl.DataFrame:
    """Return how many members gave each answer in a complete interview: wave, item, code, n.

    Args:
        frame: delivered columns as text.
        members: the panel_member_id of each row, null when nobody in the member list.
    """
    asked = [one for one in wave.items if one.column in frame.columns and survey.items[one.item].kind == "category"]
    is_counted = (pl.lit(members.is_not_null()), *_counted(wave.source, frame))
    rows = frame.lazy().filter(*is_counted).select({one.column for one in asked}).collect()
    parts = [_of_item(wave.wave, survey.items[one.item], one, rows[one.column]) for one in asked]
    return pl.concat([pl.DataFrame(schema=COLUMNS), *parts])


def _counted(source: Source, frame: pl.DataFrame) -> Iterator[pl.Expr]:
    """Yield which rows are complete interviews of this survey."""
    for wanted in (source.complete_when, source.only_rows):
        if wanted is not None and wanted.column in frame.columns:
            yield pl.col(wanted.column).cast(pl.String).is_in(list(wanted.values))
    tests = source.test_rows
    if tests is not None and tests.column in frame.columns:
        yield ~pl.col(tests.column).cast(pl.String).is_in(list(tests.values)).fill_null(False)


def combined(stored: pl.DataFrame, delivered: Mapping[tuple[str, str], pl.DataFrame]) -> pl.DataFrame:
    """Return stored and newly delivered counts together, the parts of a wave added up.

    Args:
        stored: of every delivery in use (STORED).
        delivered: by wave and part; they replace the stored ones of the deliveries that they supersede.
    """
    for wave, part in delivered:
        is_superseded = pl.lit(part == "") | (pl.col("part") == part) | pl.col("part").str.starts_with(f"{part}/")
        stored = stored.filter(~((pl.col("wave") == wave) & is_superseded))
    kept = stored.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    together = pl.concat([kept, *delivered.values()])
    return together.group_by("wave", "item", "code", maintain_order=True).agg(pl.col("n").sum())


def moves(survey: Survey, wave: Wave, now: pl.DataFrame, known: pl.DataFrame) -> dict[str, tuple[Move, ...]]:
    """Return the answers that moved, by item; an item that no earlier wave asked is left out.

    Args:
        now: the counts of this wave's delivery.
        known: the counts of other waves; of them, the last one before this wave that asked the item counts.
    """
    numbers = {one.wave: one.wave_number for one in survey.waves if one.wave_number < wave.wave_number}
    earlier = known.filter(pl.col("wave").is_in(list(numbers)))
    found = {}
    for (item,), part in now.partition_by("item", as_dict=True).items():
        asked = earlier.filter(pl.col("item") == item)
        if asked.height:
            before = max(asked["wave"].unique(), key=lambda one: numbers[one])
            then = asked.filter(pl.col("wave") == before)
            found[str(item)] = _moves_of_item(survey, survey.items[str(item)], before, _counts(part), _counts(then))
    return found


def has_moved(n_given: int, n: int, n_given_before: int, n_before: int, *, least: float) -> bool:
    """Return whether two shares differ by more than `least` and by more than chance.

    The standard error is that of two shares which are truly one (pooled): with few answers, where a share of 0 or 1
    would have none of its own, nothing is flagged.
    """
    difference = abs(n_given / n - n_given_before / n_before)
    pooled = (n_given + n_given_before) / (n + n_before)
    standard_error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_before))
    return difference > least and difference > STANDARD_ERRORS * standard_error


def _of_item(wave: str, item: Item, placed: ItemColumn, delivered: pl.Series) -> pl.DataFrame:
    codes = _codes_of_values(item, placed)
    counts = _enum_counts(delivered) if isinstance(delivered.dtype, pl.Enum) else _value_counts(delivered)
    text = pl.col("value").cast(pl.String).fill_null("")
    understood = counts.select(
        pl.lit(wave).alias("wave"),
        pl.lit(item.item).alias("item"),
        text.replace_strict(codes, default=None, return_dtype=pl.String).alias("code"),
        pl.col("n").cast(pl.Int64),
    )
    return understood.drop_nulls("code").group_by("wave", "item", "code").agg(pl.col("n").sum())


def _value_counts(values: pl.Series) -> pl.DataFrame:
    return values.alias("value").to_frame().group_by("value").len("n")


def _enum_counts(values: pl.Series) -> pl.DataFrame:
    """Return how often each value occurs, by one comparison for each: of few values, a tenth of grouping's time."""
    assert isinstance(values.dtype, pl.Enum)
    categories, numbers = values.dtype.categories, values.to_physical()
    counts = [(numbers == number).sum() for number in range(categories.len())]
    found = pl.DataFrame({"value": [*categories, None], "n": [*counts, values.null_count()]})
    return found.filter(pl.col("n") > 0)


def _codes_of_values(item: Item, placed: ItemColumn) -> dict[str, str]:
    """Return the code of every value that stands for a substantive answer, as core.answers understands it."""
    labels = {option.label: option.code for option in reversed(item.options)}
    plain = labels | {option.code: option.code for option in item.options}
    values = plain | {value: plain.get(code, code) for value, code in placed.recode.items()}
    answers = {option.code for option in item.answers}
    return {value: code for value, code in values.items() if code in answers}


def _counts(part: pl.DataFrame) -> dict[str, int]:
    return dict(part.select("code", "n").iter_rows())


def _moves_of_item(
    survey: Survey, item: Item, wave_before: str, now: dict[str, int], before: dict[str, int]
) -> tuple[Move, ...]:
    n, n_before = sum(now.values()), sum(before.values())
    least = survey.comparison.share_difference
    return tuple(
        Move(option.label, wave_before, before.get(option.code, 0) / n_before, n_before, now.get(option.code, 0) / n, n)
        for option in item.answers
        if has_moved(now.get(option.code, 0), n, before.get(option.code, 0), n_before, least=least)
    )
