"""The attrition page of a survey: who leaves, when and why, and what that does to whom the panel speaks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline import disclosure
from pipeline.definitions import ALL
from pipeline.theme import PLAIN, Theme
from reports import words
from reports.attrition_charts import Point, Profile, curve, hazards, profile_chart, round_share
from reports.attrition_data import AttritionData, attrition_data, groups_of, of_cause
from reports.attrition_tables import DASH, indicator_picture, percent, response_table, share_and_range
from reports.attrition_words import ATTRITION
from reports.language import ENGLISH
from reports.page_templates import template
from reports.pictures import Table
from reports.published import Read
from reports.svg import Words

PATTERNS = ("stayer", "lurker", "returner", "leaver")
ANSWER_LEVEL = 0.05  # of the corrected p, as of alerts


@dataclass(frozen=True)
class Picture:
    """A picture with the figures behind it."""

    heading: str
    svg: str


def render_attrition(read: Read, survey: str, *, confidence: float = 0.95, theme: Theme = PLAIN) -> str | None:
    """Return the page of a survey; None while nobody can be known to have left or stayed.

    The same published rows give the same page, to the byte.

    Args:
        read: answers SQL with the rows of the published file.
    """
    facts = read("select disclosure_profile from surveys where survey = ?", [survey])
    if facts.is_empty():
        return None
    found = attrition_data(read, survey, disclosure.disclosure_profile(str(facts.item())))
    if found is None:
        return None
    return template("attrition.html", theme).render(
        words={**ATTRITION, **ENGLISH.table("attrition")},
        title=found.survey["title"],
        wave=found.wave,
        level=f"{confidence:.0%}",
        alerts=found.alerts,
        curves=_curves(found),
        curves_table=_curves_table(found),
        causes_table=_causes_table(found),
        late_table=_late_table(found),
        hazards=_hazards(found),
        hazards_table=_hazards_table(found),
        indicator=indicator_picture(found.indicators, ENGLISH),
        partials_table=_partials_table(found),
        answers_table=_answers_table(found),
        profile=_profile(found),
        profile_table=_profile_table(found),
        is_of_recruits=found.profile["population_source"].eq("recruits").any(),
        patterns_table=_patterns_table(found),
        response_table=response_table(found.response, ENGLISH),
    )


def _points(rows: pl.DataFrame, group: str, figure: str) -> list[Point]:
    own = rows.filter(domain_value=group).sort("time")
    columns = ("time", figure, f"{figure}_ci_low", f"{figure}_ci_high")
    return [Point(*row) for row in own.select(columns).iter_rows()]


def _curves(found: AttritionData) -> list[Picture]:
    """Return a small curve for each group that has one."""
    rows = of_cause(found.since_joining, "nonresponse")
    everyone = _points(rows, ALL, "staying")
    pictures = []
    for place, group in enumerate(groups_of(rows)):
        points = _points(rows, group, "staying")
        about = Words(f"curve-{place}", ATTRITION["curve_title"].format(group=group), _told(points))
        pictures.append(Picture(group, curve(points, everyone, about)))
    return pictures


def _hazards(found: AttritionData) -> list[Picture]:
    """Return a small picture of who left at each wave for each group, on one scale."""
    rows = of_cause(found.since_joining, "nonresponse")
    groups = groups_of(rows)
    largest = rows.filter(pl.col("domain") != ALL)["hazard_ci_high"].max()
    highest = round_share(float(largest) if isinstance(largest, float) else 0.05)
    pictures = []
    for place, group in enumerate(groups):
        points = _points(rows, group, "hazard")
        about = Words(f"hazard-{place}", ATTRITION["hazard_title"].format(group=group), _told(points))
        pictures.append(Picture(group, hazards(points, highest, about)))
    return pictures


def _told(points: Sequence[Point]) -> str:
    """Return the figures of a picture in words."""
    told = [
        ATTRITION["point"].format(
            time=one.time,
            share=words.percent(ENGLISH, one.share),
            range=words.percent_range(ENGLISH, one.low or 0.0, one.high or 0.0),
        )
        for one in points
        if one.share is not None
    ]
    return " ".join(told) or ATTRITION["hidden"]


def _by_time(found: AttritionData, figure: str, caption: str) -> Table:
    """Return a row for each group and a column for each time: the share and its range."""
    rows = of_cause(found.since_joining, "nonresponse")
    times = rows["time"].unique().sort().to_list()
    cells = {(row["domain_value"], row["time"]): row for row in rows.iter_rows(named=True)}
    lines = [
        (_name(group), *(share_and_range(cells.get((group, time)), figure, ENGLISH) for time in times))
        for group in [*groups_of(rows), ALL]
    ]
    headings = (ATTRITION["group"], *(ATTRITION["time"].format(time=time) for time in times))
    return Table(caption, headings, tuple(lines))


def _curves_table(found: AttritionData) -> Table:
    return _by_time(found, "staying", ATTRITION["curves_caption"])


def _hazards_table(found: AttritionData) -> Table:
    return _by_time(found, "hazard", ENGLISH.text("attrition.hazards_caption"))


def _causes_table(found: AttritionData) -> Table:
    """Return how many left in which way by the last time that can be known, causes competing."""
    rows = found.since_joining.filter(pl.col("cause") != "nonresponse")
    if rows.is_empty():
        return Table("", (), ())
    last = rows.filter(pl.col("time") == pl.col("time").max())
    causes = last["cause"].unique().to_list()
    causes.sort(key=lambda cause: (cause != "left", cause == ALL, cause))
    cells = {(row["domain_value"], row["cause"]): row for row in last.iter_rows(named=True)}
    lines = [
        (_name(group), *(share_and_range(cells.get((group, cause)), "incidence", ENGLISH) for cause in causes))
        for group in [*groups_of(last), ALL]
    ]
    headings = (ATTRITION["group"], *(ATTRITION.get(f"cause_{cause}", words.capital(cause)) for cause in causes))
    return Table(ATTRITION["causes_caption"].format(time=last["time"][0]), headings, tuple(lines))


def _late_table(found: AttritionData) -> Table:
    """Return who of those still in has answered none of the waves since, where it is too early to know who left."""
    rows = of_cause(found.calendar, "missed_latest")
    waves = rows["wave"].unique(maintain_order=True).sort().to_list()
    cells = {(row["domain_value"], row["wave"]): row for row in rows.iter_rows(named=True)}
    lines = [
        (_name(group), *(share_and_range(cells.get((group, wave)), "hazard", ENGLISH) for wave in waves))
        for group in [*groups_of(rows), ALL]
    ]
    headings = (ATTRITION["group"], *(ATTRITION["missed_from"].format(wave=wave) for wave in waves))
    return Table(ATTRITION["late_caption"], headings, tuple(lines)) if waves else Table("", (), ())


def _partials_table(found: AttritionData) -> Table:
    lines = [
        (
            f"{row['variable'].replace('_', ' ')}: {row['category']}",
            _signed(row["estimate"]),
            f"{_signed(row['ci_low'])} to {_signed(row['ci_high'])}",
            ATTRITION["answers_less"]
            if row["ci_high"] < 0
            else ATTRITION["answers_more"]
            if row["ci_low"] > 0
            else DASH,
        )
        for row in found.partials.drop_nulls().iter_rows(named=True)
    ]
    caption = ATTRITION["partials_caption"].format(wave=found.wave)
    return Table(caption, _headings("category", "partial", "range", "finding"), tuple(lines))


def _answers_table(found: AttritionData) -> Table:
    """Return the first answers of those who answered the newest wave, beside those of everyone asked."""
    lines = [
        (
            f"{row['label']}: {row['category'].replace('_', ' ')}",
            percent(row["estimate_respondents"], ENGLISH),
            percent(row["estimate_asked"], ENGLISH),
            words.signed(ENGLISH, row["difference"]),
            f"{words.signed(ENGLISH, row['ci_low'])} to {words.signed(ENGLISH, row['ci_high'])}",
            _of_answer(row),
        )
        for row in found.answers.iter_rows(named=True)
    ]
    headings = _headings("first_answer", "of_respondents", "of_asked", "difference", "range", "finding")
    return Table(ATTRITION["answers_caption"].format(wave=found.wave), headings, tuple(lines))


def _of_answer(row: dict[str, Any]) -> str:
    """Return whether response depends on the answer, as its corrected test allows to be said."""
    if row["p_value_corrected"] is None or row["p_value_corrected"] >= ANSWER_LEVEL:
        return DASH
    return ATTRITION["too_many" if row["difference"] > 0 else "too_few"]


def _profile(found: AttritionData) -> str:
    rows = found.profile
    profiles = [Profile(*row) for row in rows.select("domain_value", "panel_share", "population_share").iter_rows()]
    told = " ".join(
        ATTRITION["profile_point"].format(
            group=one.label,
            panel=ATTRITION["hidden"] if one.panel is None else words.percent(ENGLISH, one.panel),
            population=words.percent(ENGLISH, one.population),
        )
        for one in profiles
    )
    return profile_chart(profiles, Words("age-profile", ATTRITION["profile_title"], told))


def _profile_table(found: AttritionData) -> Table:
    lines = [
        (
            row["domain_value"],
            words.count(ENGLISH, row["n_active"]),
            percent(row["panel_share"], ENGLISH),
            percent(row["population_share"], ENGLISH),
            DASH if row["panel_share"] is None else words.signed(ENGLISH, row["panel_share"] - row["population_share"]),
        )
        for row in found.profile.iter_rows(named=True)
    ]
    headings = _headings("group", "active", "of_panel", "of_population", "difference")
    return Table(ATTRITION["profile_caption"], headings, tuple(lines))


def _patterns_table(found: AttritionData) -> Table:
    cells = {(row["domain_value"], row["pattern"]): row for row in found.patterns.iter_rows(named=True)}
    members = dict(found.patterns.select("domain_value", "n_members").iter_rows())
    lines = [
        (
            _name(group),
            words.count(ENGLISH, members[group]),
            *(percent(cells[group, pattern]["share"], ENGLISH) for pattern in PATTERNS),
        )
        for group in [*groups_of(found.patterns), ALL]
    ]
    return Table(ATTRITION["patterns_caption"], _headings("group", "members", *PATTERNS), tuple(lines))


def _headings(*names: str) -> tuple[str, ...]:
    told = {**ATTRITION, **ENGLISH.table("attrition")}
    return tuple(told[name] for name in names)


def _name(group: str) -> str:
    return ATTRITION["everyone"] if group == ALL else group


def _signed(number: float) -> str:
    return f"{number:+.3f}".replace("-", "−")
