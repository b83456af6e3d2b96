"""What AAPOR's disclosure elements ask of a wave, stated by its author or taken from the published file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import polars as pl

from pipeline.translations import STATEMENT
from reports import method, words
from reports.edition import Edition
from reports.language import Language
from reports.published import columns_of
from reports.sentences import UNTESTED_INFERENCE

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Element:
    """One thing to disclose; no lines when it is known to nobody."""

    element: str
    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """One of the headings of AAPOR's list, with its elements."""

    heading: str
    label: str
    elements: tuple[Element, ...]


def headings(edition: Edition) -> list[Heading]:
    """Return the eleven headings and the releases, each element with its lines or none."""
    stated = _statements(edition)
    told = dict(method.method_lines(edition))
    plain, own = edition.language.table("newsletter"), edition.language.table("methods")

    def element(name: str, lines: Sequence[str] | None = None) -> Element:
        return Element(name, own[name], tuple(lines if lines is not None else [stated[name]] if name in stated else []))

    groups: dict[str, list[Element]] = {
        "strategy": [element("design", told[plain["method"]])],
        "sponsor_and_conductor": [element(one) for one in ("sponsor", "conducted_by", "funding", "contact")],
        "instruments": [element("languages")],
        "population": [element("population", told[plain["population"]]), element("coverage")],
        "sample": [
            *(element(one) for one in ("sampling_frame", "sampling", "recruitment", "incentives")),
            element("inference", told[plain["inference"]]),
        ],
        "modes": [element("mode", told[plain["mode"]])],
        "dates": [element("fieldwork", told[plain["dates"]])],
        "sizes_and_precision": [
            element("response", told[plain["response"]]),
            element("precision", _precision(edition)),
            element("tests", [*told[plain["tests"]], *_false_claims(edition)]),
        ],
        "weighting": [element("weighting", told[plain["weighting"]])],
        "processing_and_quality": [
            element("processing"),
            element("quality_assurance"),
            element("rows", _rows(edition)),
            element("flags", _flags(edition)),
        ],
        "limitations": [
            element("limitations"),
            element("uncertainty", told[plain["uncertainty"]]),
            element("small_groups", told[plain["disclosure"]]),
        ],
        "releases": [
            element("release", _release(edition)),
            element("correction", _corrections(edition)),
            element("release_calendar"),
            element("pre_release_access"),
        ],
    }
    return [Heading(heading, own[heading], tuple(elements)) for heading, elements in groups.items()]


def _statements(edition: Edition) -> dict[str, str]:
    if not columns_of(edition.read, "statements"):
        return {}
    rows = edition.read("select element, statement from statements where survey = ?", [edition.survey])
    return {element: edition.texts.text(stated, STATEMENT, element) for element, stated in rows.iter_rows()}


def _precision(edition: Edition) -> list[str]:
    sql = """
        select min(design_effect) as low, max(design_effect) as high,
            max(greatest(ci_high - estimate, estimate - ci_low)) as margin
        from estimates
        where survey = ? and wave = ? and weight_id = ? and statistic = 'headline' and domain = 'all'
            and not coalesce(is_suppressed, false)
    """
    found, language = (
        edition.read(sql, [edition.survey, edition.wave, edition.weight_id]).row(0, named=True),
        edition.language,
    )
    if found["low"] is None or found["margin"] is None:
        return []
    return [
        language.say(
            "methods.precision_line",
            low=language.decimal(found["low"], 2),
            high=language.decimal(found["high"], 2),
            level=edition.level,
            margin=language.decimal(found["margin"] * 100, 1),
        )
    ]


def _false_claims(edition: Edition) -> list[str]:
    """Return how many false claims a year the declared families allow, were nothing to change."""
    if edition.inference == UNTESTED_INFERENCE or not columns_of(edition.read, "families"):
        return []
    families = edition.read(
        "select * from families where survey = ? and family = ? limit 1", [edition.survey, edition.family]
    )
    if families.height == 0:
        return []
    family, n = families.row(0, named=True), _waves_a_year(edition.waves)
    language, level = edition.language, family["level"]
    margin, groups = family.get("equivalence"), family.get("groups")
    about = {
        "expected": language.number(round(n * level, 2)),
        "level": words.percent(language, level),
        "correction": language.text(f"methods.corrections.{family['correction']}"),
        "margin": words.points(language, margin or 0.0),
    }
    is_holm = family["correction"] == "holm"
    first = language.say_number(f"methods.{'false_claims' if is_holm else 'false_discoveries'}", n, **about)
    others = [*(["false_steady"] if margin else []), *(["false_groups"] if groups else [])] if is_holm else []
    return [first, *(language.say(f"methods.{key}", **about) for key in others)]


def _waves_a_year(waves: pl.DataFrame) -> int:
    """Return how many waves started in the year that ends with the newest, the one of the same season left out."""
    starts = [start for start in waves["fieldwork_start"].to_list() if start is not None]
    if len(starts) < 2:
        return waves.height
    shortest = min(after - before for before, after in pairwise(starts))
    return sum(start > starts[-1] - YEAR + shortest / 2 for start in starts)


def _rows(edition: Edition) -> list[str]:
    if not columns_of(edition.read, "deliveries"):
        return []
    sql = """
        select sum(n_delivered) as delivered, sum(n_accepted) as accepted, sum(n_refused) as refused,
            sum(n_superseded) as superseded
        from deliveries where survey = ? and source = ?
    """
    found = edition.read(sql, [edition.survey, edition.wave]).row(0, named=True)
    if found["delivered"] is None:
        return []
    return [
        edition.language.say("methods.rows_line", **{name: _count(edition, int(n or 0)) for name, n in found.items()})
    ]


def _count(edition: Edition, n: int) -> str:
    shown = edition.shown_count(n)
    if shown is None:
        return edition.language.say("methods.fewer", n=edition.profile.count_below)
    return words.count(edition.language, shown)


def _flags(edition: Edition) -> list[str]:
    if not columns_of(edition.read, "response_quality"):
        return []
    sql = """
        select flag, count(distinct panel_member_id) as n
        from response_quality where survey = ? and wave = ? group by flag order by flag
    """
    found = edition.read(sql, [edition.survey, edition.wave])
    names = edition.language.table("methods.kinds_of_flags")
    lines = [
        edition.language.say("methods.flags_line", flag=names[flag], n=_count(edition, n))
        for flag, n in found.iter_rows()
    ]
    return lines or [edition.language.text("methods.no_flags")]


def releases(edition: Edition) -> pl.DataFrame:
    """Return the releases of the wave, oldest first."""
    return edition.read(
        "select * from releases where survey = ? and wave = ? order by released_at", [edition.survey, edition.wave]
    )


def _release(edition: Edition) -> list[str]:
    language = edition.language
    return [
        language.say(
            "methods.release_line",
            release=row["release_id"],
            status=language.text(f"status.{row['release_status']}"),
            day=words.day(language, row["released_at"].date()),
        )
        for row in releases(edition).iter_rows(named=True)
    ]


def _corrections(edition: Edition) -> list[str]:
    notices = [edition.texts.untranslated(notice) for notice in releases(edition)["notice"].to_list() if notice]
    return notices or [edition.language.text("methods.no_corrections")]


REGIMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {  # code → what it asks for: the elements that answer it
    "aapor": {
        "strategy": ("design",),
        "sponsor_and_conductor": ("sponsor", "conducted_by"),
        "instruments": ("questions",),
        "population": ("population",),
        "sample": ("sampling_frame", "sampling", "recruitment"),
        "modes": ("mode",),
        "dates": ("fieldwork",),
        "sizes_and_precision": ("response", "precision"),
        "weighting": ("weighting",),
        "processing_and_quality": ("processing", "rows"),
        "limitations": ("limitations",),
    },
    "british_polling_council": {
        "client": ("sponsor",),
        "fieldwork_organisation": ("conducted_by",),
        "dates_of_interviewing": ("fieldwork",),
        "method_of_interviewing": ("mode",),
        "universe": ("population",),
        "sample_size_and_area": ("response", "population"),
        "weighting": ("weighting",),
        "question_wording": ("questions",),
        "contact": ("contact",),
    },
    "code_of_practice": {
        "methods_and_quality": ("weighting", "uncertainty", "quality_assurance"),
        "corrections": ("correction",),
        "release_calendar": ("release_calendar",),
        "pre_release_access": ("pre_release_access",),
        "protection": ("small_groups",),
        "contact": ("contact",),
    },
}


def regime_rows(language: Language, sheet: Sequence[Heading], *, has_questions: bool) -> list[dict[str, Any]]:
    """Return what each code asks for, under which headings it stands, and whether all of it is stated."""
    stated = {element.element: bool(element.lines) for heading in sheet for element in heading.elements}
    stated["questions"] = has_questions
    place = {element.element: heading.label for heading in sheet for element in heading.elements}
    place["questions"] = language.text("methods.instruments")
    return [
        {
            "code": language.text(f"methods.codes.{code}"),
            "asks_for": language.text(f"methods.asks.{asked}"),
            "under": words.all_of(language, list(dict.fromkeys(place[name] for name in names))),
            "is_stated": all(stated[name] for name in names),
        }
        for code, asks in REGIMES.items()
        for asked, names in asks.items()
    ]
