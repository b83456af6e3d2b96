"""What the trend explorer holds: every item's published figures by wave and group, with the disclosure rules applied.

Only waves whose release is let out are in it. Shares are whole per cents, means have two decimals, bases are
rounded as the profile says; a hidden figure is not in the page at all, only that there is one.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.disclosure import DisclosureProfile, disclosure_profile, hide_counts, hide_groups
from reports import published
from reports.edition import chosen_weight
from reports.published import Read, columns_of, made_of

FIGURES = ("estimate", "ci_low", "ci_high")
MEAN_DECIMALS = 2
PER_CENTS: dict[int | None, float | None] = {None: None, 4: 0.4, 996: 99.6}  # by their tenths, as JSON has them
PER_CENTS |= {10 * one: one for one in range(101)}


def released_waves(read: Read, survey: str) -> pl.DataFrame:
    """Return the waves whose current release is let out, oldest first."""
    sql = """
        select waves.* from waves
        inner join releases on releases.release_id = waves.release_id
        where waves.survey = ? and releases.is_public
        order by waves.wave_number
    """
    return read(sql, [survey])


def explorer_data(read: Read) -> list[dict[str, Any]]:
    """Return one entry for each survey with a wave that is let out, as plain data for JSON that no language is in."""
    return made_of(read, _surveys)


def _surveys(read: Read) -> list[dict[str, Any]]:
    surveys = read("select survey from surveys order by survey", [])["survey"].to_list()
    return [found for survey in surveys if (found := _survey(read, survey)) is not None]


def _survey(read: Read, survey: str) -> dict[str, Any] | None:
    waves = released_waves(read, survey)
    if waves.height == 0:
        return None
    facts = published.survey_facts(read, survey)
    profile = disclosure_profile(str(facts["disclosure_profile"]))
    names = waves["wave"].to_list()
    weight_id = chosen_weight(read, survey, str(names[-1]), published.headline_family(read, survey)[0])
    rows = _figures(read, survey, weight_id, names, profile)
    domains, inference = _domains(read, survey, rows), str(rows["inference"].item(0)) if rows.height else ""
    return {
        "id": survey,
        "inference": published.told_inference(read, survey, weight_id, inference),
        "profile": profile.name,
        "waves": [{"id": wave} for wave in names],
        "domains": [{"id": domain, "values": values} for domain, values in domains.items()],
        "items": _items(read, survey, rows, domains, names),
    }


def _figures(read: Read, survey: str, weight_id: str, waves: list[str], profile: DisclosureProfile) -> pl.DataFrame:
    """Return the figures under one weight with what must be hidden null, and bases rounded."""
    sql = """
        select estimates.*
        from estimates
        inner join items on items.survey = estimates.survey and items.item = estimates.item
        where estimates.survey = ? and estimates.weight_id = ? and list_contains(?, estimates.wave)
        order by items.item_order, estimates.wave, estimates.domain <> 'all', estimates.domain, estimates.domain_value
    """
    rows = hide_groups(read(sql, [survey, weight_id, waves]), profile, table=["wave", "item"], shares=FIGURES)
    return hide_counts(rows, profile, counts=["unweighted_n"])


def _domains(read: Read, survey: str, rows: pl.DataFrame) -> dict[str, list[str]]:
    """Return the values of each domain as they are declared, everyone first."""
    keys = published.with_value_order(read, survey, rows.select("domain", "domain_value").unique())
    found: dict[str, list[str]] = {}
    order = [pl.col("domain") != "all", "domain", "value_order", "domain_value"]
    for domain, value in keys.sort(order, nulls_last=True).select("domain", "domain_value").iter_rows():
        found.setdefault(domain, []).append(value)
    return found


def _items(
    read: Read, survey: str, rows: pl.DataFrame, domains: Mapping[str, list[str]], waves: list[str]
) -> list[dict[str, Any]]:
    options = read("select * from answer_options where survey = ? order by item, option_order", [survey])
    links = _links(read, survey)
    place_of = [(domain, value, d, v) for d, (domain, values) in enumerate(domains.items())
                for v, value in enumerate(values)]  # fmt: skip
    places = pl.DataFrame(place_of, ["domain", "domain_value", "domain_place", "value_place"], orient="row")
    placed = rows.join(places, on=("domain", "domain_value"), how="left", maintain_order="left").with_columns(
        *(_tenths(name).alias(f"{name}_tenths") for name in FIGURES),
        wave_place=pl.col("wave").replace_strict(waves, list(range(len(waves))), return_dtype=pl.Int64),
    )
    described = []
    for (item,), figures in placed.group_by("item", maintain_order=True):
        labels = options.filter((pl.col("item") == item) & pl.col("missing_kind").is_null())["label"].to_list()
        described.append({"id": item, "series": _series(figures, labels), "links": links.get(str(item), [])})
    return described


def _links(read: Read, survey: str) -> dict[str, list[dict[str, str]]]:
    """Return item → the versions of its question, each with whether the two can share a picture."""
    found: dict[str, list[dict[str, str]]] = {}
    if not columns_of(read, "item_links"):
        return found
    sql = "select item_from, item_to, comparability from item_links where survey = ? order by all"
    for item_from, item_to, comparability in read(sql, [survey]).iter_rows():
        for own, other, when in ((item_to, item_from, "earlier"), (item_from, item_to, "later")):
            found.setdefault(own, []).append({"item": other, "when": when, "comparability": comparability})
    return found


def _series(figures: pl.DataFrame, labels: list[str]) -> list[dict[str, Any]]:
    """Return headlines first, then each answer in the scale's order, then the mean."""
    order = {"headline": 0, "share": 1, "mean": 2}
    found = []
    for (statistic, category), rows in figures.group_by("statistic", "category", maintain_order=True):
        name = str(category or "")
        found.append(
            {
                "key": f"{statistic}:{name}",
                "kind": "number" if statistic == "mean" else "percent",
                "points": _points(rows, is_mean=statistic == "mean"),
                "place": (order.get(str(statistic), 3), labels.index(name) if name in labels else 0, name),
            }
        )
    found.sort(key=lambda one: one.pop("place"))
    return found


def _points(rows: pl.DataFrame, *, is_mean: bool) -> list[list[float | None]]:
    """Return domain, value and wave by their places, then estimate, lower, upper and base.

    Nothing but the places of what is hidden; a further 1 marks a thin base.
    """
    places = zip(*(rows[name].to_list() for name in ("domain_place", "value_place", "wave_place")), strict=True)
    shown = _means if is_mean else _per_cents
    further = [*(shown(rows, name) for name in FIGURES), rows["unweighted_n"].to_list()]
    figures = zip(*further, strict=True)
    return [
        [*place] if estimate is None else [*place, estimate, *others, 1] if is_thin else [*place, estimate, *others]
        for place, (estimate, *others), is_thin in zip(places, figures, rows["is_flagged"].to_list(), strict=True)
    ]


def _means(rows: pl.DataFrame, name: str) -> list[float | None]:
    return [None if mean is None else round(mean, MEAN_DECIMALS) for mean in rows[name].to_list()]


def _per_cents(rows: pl.DataFrame, name: str) -> list[float | None]:
    return [PER_CENTS[tenths] for tenths in rows[f"{name}_tenths"].to_list()]


def _tenths(name: str) -> pl.Expr:
    """Return a share in whole per cent, as tenths of it; less than 1 and more than 99 are no false 0 or 100."""
    share = pl.col(name)
    extremes = pl.when((share > 0) & (share < 0.005)).then(4).when((share >= 0.995) & (share < 1)).then(996)
    return extremes.otherwise(((share * 100).round(9) + 0.5).floor() * 10).cast(pl.Int64)  # as words.whole rounds
