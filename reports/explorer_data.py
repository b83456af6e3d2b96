"""What the trend explorer holds: every item's published figures by wave and group, with the disclosure rules applied.

Only waves whose release is let out are in it. Shares are whole per cents, means have two decimals, bases are
rounded as the profile says; a hidden figure is not in the page at all, only that there is one.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.disclosure import DisclosureProfile, disclosure_profile, hide_counts, hide_groups
from reports import published, words
from reports.edition import chosen_weight
from reports.published import Read, columns_of

FIGURES = ("estimate", "ci_low", "ci_high")
MEAN_DECIMALS = 2


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
    domains = _domains(rows)
    return {
        "id": survey,
        "inference": rows["inference"].item(0) if rows.height else "",
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


def _domains(rows: pl.DataFrame) -> dict[str, list[str]]:
    """Return the values of each domain, everyone first."""
    found: dict[str, list[str]] = {}
    for domain, value in rows.select("domain", "domain_value").unique(maintain_order=True).iter_rows():
        if value not in found.setdefault(domain, []):
            found[domain].append(value)
    return {
        domain: sorted(values) for domain, values in sorted(found.items(), key=lambda one: (one[0] != "all", one[0]))
    }


def _items(
    read: Read, survey: str, rows: pl.DataFrame, domains: Mapping[str, list[str]], waves: list[str]
) -> list[dict[str, Any]]:
    options = read("select * from answer_options where survey = ? order by item, option_order", [survey])
    links = _links(read, survey)
    places = {(domain, value): (d, v) for d, (domain, values) in enumerate(domains.items())
              for v, value in enumerate(values)}  # fmt: skip
    described = []
    for (item,), figures in rows.group_by("item", maintain_order=True):
        labels = options.filter((pl.col("item") == item) & pl.col("missing_kind").is_null())["label"].to_list()
        series = _series(figures, labels, places, waves)
        described.append({"id": item, "series": series, "links": links.get(str(item), [])})
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


def _series(
    figures: pl.DataFrame, labels: list[str], places: Mapping[tuple[str, str], tuple[int, int]], waves: list[str]
) -> list[dict[str, Any]]:
    """Return headlines first, then each answer in the scale's order, then the mean."""
    wave_places = {wave: number for number, wave in enumerate(waves)}
    order = {"headline": 0, "share": 1, "mean": 2}
    found = []
    for (statistic, category), rows in figures.group_by("statistic", "category", maintain_order=True):
        name = str(category or "")
        found.append(
            {
                "key": f"{statistic}:{name}",
                "kind": "number" if statistic == "mean" else "percent",
                "points": [
                    [*places[row["domain"], row["domain_value"]], wave_places[row["wave"]], *_shown(row)]
                    for row in rows.iter_rows(named=True)
                ],
                "place": (order.get(str(statistic), 3), labels.index(name) if name in labels else 0, name),
            }
        )
    found.sort(key=lambda one: one.pop("place"))
    return found


def _shown(row: Mapping[str, Any]) -> list[float | None]:
    """Return estimate, lower, upper, base; nothing but nulls for what is hidden; a fifth 1 marks a thin base."""
    if row["estimate"] is None:
        return []
    if row["statistic"] == "mean":
        figures = [None if row[name] is None else round(row[name], MEAN_DECIMALS) for name in FIGURES]
    else:
        figures = [None if row[name] is None else _percent(row[name]) for name in FIGURES]
    return [*figures, row["unweighted_n"], *([1] if row["is_flagged"] else [])]


def _percent(share: float) -> float:
    """Return whole per cent; 0.4 and 99.6 stand for less than 1 and more than 99, never a false 0 or 100."""
    if 0 < share < 0.005:
        return 0.4
    return 99.6 if 0.995 <= share < 1 else words.whole(share)
