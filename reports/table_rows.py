"""The figures of one wave as analysts' tables: for each item its answers down, the declared groups across.

Disclosure rules are applied before anything is laid out: shares are whole per cents, bases rounded, hidden groups
empty. Letters name the groups of the same domain that a figure is clearly above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import polars as pl

from pipeline.disclosure import DisclosureProfile, hide_counts, hide_groups
from reports import published, words
from reports.published import Read

FIGURES = ("estimate", "ci_low", "ci_high")
TIDY = (  # columns of tables.csv and tables.parquet
    *("survey", "wave", "weight_id", "item", "label", "statistic", "category", "domain", "domain_value"),
    *("estimate", "ci_low", "ci_high", "unweighted_n", "weighted_n", "effective_n", "higher_than", "note"),
)
HIDDEN, THIN = "[c]", "[u]"  # shorthand of the UK Government Analysis Function: confidential, low reliability
MEAN_DECIMALS = 2


@dataclass(frozen=True)
class Group:
    """One column of a table: a value of a domain, and the letter it has among that domain's."""

    domain: str
    value: str
    letter: str


@dataclass(frozen=True)
class ItemTable:
    """One item's table: its rows are statistics and categories, its columns groups."""

    item: str
    label: str
    wording: str
    rows: pl.DataFrame  # of TIDY


def wave_rows(read: Read, survey: str, wave: str, weight_id: str, profile: DisclosureProfile) -> pl.DataFrame:
    """Return the figures of a wave as TIDY, what must be hidden null and noted; `higher_than` is empty."""
    sql = """
        select estimates.*, items.label, items.item_order
        from estimates
        inner join items on items.survey = estimates.survey and items.item = estimates.item
        where estimates.survey = ? and estimates.wave = ? and estimates.weight_id = ?
        order by items.item_order, estimates.domain <> 'all', estimates.domain, estimates.domain_value
    """
    rows = read(sql, [survey, wave, weight_id])
    hidden = hide_groups(rows, profile, table=["wave", "item"], shares=[*FIGURES, "sum_of_weights", "effective_n"])
    counted = hide_counts(hidden, profile, counts=["unweighted_n"])
    is_mean = pl.col("statistic") == "mean"
    rounded = [
        pl.when(is_mean).then(pl.col(name).round(MEAN_DECIMALS)).otherwise(_whole_percent(name)).alias(name)
        for name in FIGURES
    ]
    note = pl.when("is_suppressed").then(pl.lit(HIDDEN)).when("is_flagged").then(pl.lit(THIN)).otherwise(pl.lit(""))
    return counted.with_columns(
        *rounded,
        weighted_n=pl.col("sum_of_weights").round(0),
        effective_n=pl.col("effective_n").round(0),
        higher_than=pl.lit(""),
        note=note,
    ).select(TIDY)


def _whole_percent(name: str) -> pl.Expr:
    """Return shares in whole per cents, halves upwards, as the pages print them."""
    return (pl.col(name) * 100 + 0.5).floor() / 100


def groups(rows: pl.DataFrame) -> list[Group]:
    """Return the columns of the tables: everyone, then each domain's values with their letters."""
    found = []
    keys = rows.select("domain", "domain_value").unique(maintain_order=True)
    for (domain,), values in keys.group_by("domain", maintain_order=True):
        for place, value in enumerate(sorted(values["domain_value"].to_list())):
            found.append(Group(str(domain), value, "" if domain == "all" else _letter(place)))
    return found


def _letter(place: int) -> str:
    """Return A to Z, then AA, AB, …"""
    return ascii_uppercase[place] if place < 26 else ascii_uppercase[place // 26 - 1] + ascii_uppercase[place % 26]


def item_tables(read: Read, survey: str, rows: pl.DataFrame) -> list[ItemTable]:
    """Return one table for each item, in the order of the codebook, answers in the order of the scale."""
    about = {row["item"]: row for row in read("select * from items where survey = ?", [survey]).iter_rows(named=True)}
    options = read("select item, label, option_order from answer_options where survey = ?", [survey])
    place = {(item, label): order for item, label, order in options.iter_rows()}
    answers = published.headline_answers(read, survey)
    tables = []
    for (item,), part in rows.group_by("item", maintain_order=True):
        ordered = part.with_columns(
            kind_order=pl.col("statistic").replace_strict({"share": 0, "headline": 1, "mean": 2}, default=3),
            place=pl.Series([place.get((item, category), 0) for category in part["category"]], dtype=pl.Int64),
            row_label=pl.Series(
                [
                    _row_label(str(item), statistic, category, answers)
                    for statistic, category in part.select("statistic", "category").iter_rows()
                ]
            ),
        ).sort("kind_order", "place", maintain_order=True)
        tables.append(ItemTable(str(item), about[item]["label"] or item, about[item]["wording"] or "", ordered))
    return tables


def _row_label(
    item: str, statistic: str, category: str | None, answers: Mapping[tuple[str, str], Sequence[str]]
) -> str:
    if statistic == "mean":
        return "Mean"
    if statistic == "headline":
        name = str(category)
        return f"Net: {words.capital(name.replace('_', ' '))} ({' + '.join(answers.get((item, name), [name]))})"
    return str(category)
