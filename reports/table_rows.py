"""The figures of one wave as analysts' tables: for each item its answers down, the declared groups across.

Disclosure rules are applied before anything is laid out: shares are whole per cents, bases rounded, hidden groups
empty. Letters name the groups of the same domain that a figure is clearly above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

import polars as pl

from pipeline.disclosure import DisclosureProfile, hide_counts, hide_groups
from pipeline.translations import GROUP, LABEL, WORDING
from reports import published
from reports.explorer_texts import ALL, FigureLabels, domain_label
from reports.foreign_text import plain
from reports.published import Read
from reports.survey_texts import SurveyTexts

FIGURES = ("estimate", "ci_low", "ci_high")
TIDY = (  # columns of tables.csv and tables.parquet
    *("survey", "wave", "weight_id", "item", "label", "statistic", "category", "domain", "domain_value"),
    *("estimate", "ci_low", "ci_high", "unweighted_n", "weighted_n", "effective_n", "higher_than", "note"),
    *("category_label", "domain_label", "group_label"),  # with `label` what the keys are called in the file's language
)
LABELS = ("label", "category_label", "domain_label", "group_label")
HIDDEN, THIN = "[c]", "[u]"  # shorthand of the UK Government Analysis Function: confidential, low reliability
MEAN_DECIMALS = 2


@dataclass(frozen=True)
class Group:
    """One column of a table: a value of a domain, and the letter it has among that domain's."""

    domain: str
    value: str
    letter: str
    label: str = ""  # in the language of a file


@dataclass(frozen=True)
class ItemTable:
    """One item's table: its rows are statistics and categories, its columns groups."""

    item: str
    label: str
    wording: str
    rows: pl.DataFrame  # of TIDY


def wave_rows(read: Read, survey: str, wave: str, weight_id: str, profile: DisclosureProfile) -> pl.DataFrame:
    """Return the figures of a wave as TIDY without LABELS, what must be hidden null and noted; `higher_than` empty."""
    sql = """
        select estimates.*, items.item_order
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
    ).select(name for name in TIDY if name not in LABELS)


def _whole_percent(name: str) -> pl.Expr:
    """Return shares in whole per cents, halves upwards, as the pages print them."""
    return (pl.col(name) * 100 + 0.5).floor() / 100


def groups(read: Read, survey: str, rows: pl.DataFrame) -> list[Group]:
    """Return the columns of the tables: everyone, then each domain's values as declared, with their letters."""
    found = []
    keys = rows.select("domain", "domain_value").unique(maintain_order=True)
    keys = published.with_value_order(read, survey, keys)
    for (domain,), values in keys.group_by("domain", maintain_order=True):
        for place, value in enumerate(values.sort("value_order", "domain_value", nulls_last=True)["domain_value"]):
            found.append(Group(str(domain), value, "" if domain == "all" else _letter(place)))
    return found


def named(columns: Sequence[Group], rows: pl.DataFrame) -> list[Group]:
    """Return the columns with their labels, from TIDY of a language."""
    labels = {
        (domain, value): label if domain == ALL else f"{domain_label}: {label}"
        for domain, value, domain_label, label in rows.select(
            "domain", "domain_value", "domain_label", "group_label"
        ).iter_rows()
    }
    return [replace(group, label=labels[group.domain, group.value]) for group in columns]


def _letter(place: int) -> str:
    """Return A to Z, then AA, AB, …"""
    return ascii_uppercase[place] if place < 26 else ascii_uppercase[place // 26 - 1] + ascii_uppercase[place % 26]


def labelled(read: Read, rows: pl.DataFrame, survey: str, texts: SurveyTexts) -> pl.DataFrame:
    """Return the rows of a wave as TIDY, with what their keys are called in a language, what is in another marked."""
    items = {row["item"]: row["label"] for row in _codebook(read, survey).values()}
    figures, domains = FigureLabels(read, survey, texts), published.domain_labels(read, survey)
    keys = rows.select("item", "statistic", "category", "domain", "domain_value").rows()
    told = [
        (
            texts.text(items[item] or item, LABEL, item),
            _row_label(figures, item, statistic, str(category)),
            *_group_labels(domains, texts, domain, value),
        )
        for item, statistic, category, domain, value in keys
    ]
    columns = zip(*told, strict=True) if told else [()] * len(LABELS)
    named = [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(LABELS, columns, strict=True)]
    return rows.with_columns(named).select(TIDY)


def unmarked(rows: pl.DataFrame) -> pl.DataFrame:
    """Return TIDY as files hold it, which know no language of a part."""
    return rows.with_columns(pl.col(LABELS).map_elements(plain, return_dtype=pl.String))


def _group_labels(labels: Mapping[str, str], texts: SurveyTexts, domain: str, value: str) -> tuple[str, str]:
    if domain == ALL:
        everyone = texts.language.text("tables.everyone")
        return everyone, everyone
    return domain_label(domain, labels, texts), texts.text(value, GROUP, domain, value)


def _row_label(figures: FigureLabels, item: str, statistic: str, category: str) -> str:
    language = figures.texts.language
    if statistic == "mean":
        return language.text("tables.mean")
    if statistic == "headline":
        return language.say("tables.net", headline=figures.headline(category), answers=figures.sum_of(item, category))
    return figures.answer(item, category)


def item_tables(read: Read, survey: str, rows: pl.DataFrame, texts: SurveyTexts) -> list[ItemTable]:
    """Return one table for each item, in the order of the codebook, answers in the order of the scale.

    Args:
        rows: as `labelled` returns them.
    """
    wordings = {row["item"]: row["wording"] or "" for row in _codebook(read, survey).values()}
    options = read("select item, label, option_order from answer_options where survey = ?", [survey])
    place = {(item, label): order for item, label, order in options.iter_rows()}
    tables = []
    for (item,), part in rows.group_by("item", maintain_order=True):
        ordered = part.with_columns(
            kind_order=pl.col("statistic").replace_strict({"share": 0, "headline": 1, "mean": 2}, default=3),
            place=pl.Series([place.get((item, category), 0) for category in part["category"]], dtype=pl.Int64),
        ).sort("kind_order", "place", maintain_order=True)
        wording = plain(texts.text(wordings[item], WORDING, str(item)))
        tables.append(ItemTable(str(item), str(part.item(0, "label")), wording, ordered))
    return tables


def _codebook(read: Read, survey: str) -> dict[str, dict[str, str | None]]:
    rows = read("select * from items where survey = ?", [survey])
    return {row["item"]: row for row in rows.iter_rows(named=True)}
