"""What AAPOR's disclosure elements ask of a wave, stated by its author or taken from the published file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from reports import method, words
from reports.edition import Edition
from reports.language import ENGLISH
from reports.published import columns_of
from reports.sentences import UNTESTED_INFERENCE

WORDS: Mapping[str, Any] = ENGLISH.table("methods")
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Element:
    """One thing to disclose; no lines when it is known to nobody."""

    element: str
    lines: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return what the element is called in print."""
        return str(WORDS[self.element])


@dataclass(frozen=True)
class Heading:
    """One of the headings of AAPOR's list, with its elements."""

    heading: str
    elements: tuple[Element, ...]

    @property
    def label(self) -> str:
        """Return what the heading is called in print."""
        return str(WORDS[self.heading])


def headings(edition: Edition) -> list[Heading]:
    """Return the eleven headings and the releases, each element with its lines or none."""
    stated = _statements(edition)
    told = dict(method.method_lines(edition))
    plain = ENGLISH.table("newsletter")

    def element(name: str, lines: Sequence[str] | None = None) -> Element:
        return Element(name, tuple(lines if lines is not None else [stated[name]] if name in stated else []))

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
    return [Heading(heading, tuple(elements)) for heading, elements in groups.items()]


def _statements(edition: Edition) -> dict[str, str]:
    if not columns_of(edition.read, "statements"):
        return {}
    rows = edition.read("select element, statement from statements where survey = ?", [edition.survey])
    return dict(rows.iter_rows())


def _precision(edition: Edition) -> list[str]:
    sql = """
        select min(design_effect) as low, max(design_effect) as high,
            max(greatest(ci_high - estimate, estimate - ci_low)) as margin
        from estimates
        where survey = ? and wave = ? and weight_id = ? and statistic = 'headline' and domain = 'all'
            and not coalesce(is_suppressed, false)
    """
    found = edition.read(sql, [edition.survey, edition.wave, edition.weight_id]).row(0, named=True)
    if found["low"] is None or found["margin"] is None:
        return []
    return [
        WORDS["precision_line"].format(
            low=f"{found['low']:.2f}", high=f"{found['high']:.2f}", level=edition.level,
            margin=f"{found['margin'] * 100:.1f}",
        )
    ]  # fmt: skip


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
    level, correction = family["level"], WORDS["corrections"][family["correction"]]
    margin, groups = family.get("equivalence"), family.get("groups")
    about = {
        "expected": f"{n * level:.2f}".rstrip("0"), "n": n, "level": words.percent(ENGLISH, level),
        "correction": correction, "margin": words.points(ENGLISH, margin or 0.0),
    }  # fmt: skip
    is_holm = family["correction"] == "holm"
    told = ["false_claims" if is_holm else "false_discoveries"]
    told += ["false_steady"] if margin and is_holm else []
    told += ["false_groups"] if groups and is_holm else []
    return [str(WORDS[key]).format(**about) for key in told]


def _waves_a_year(waves: pl.DataFrame) -> int:
    """Return how many waves started in the year that ends with the newest."""
    starts = [start for start in waves["fieldwork_start"].to_list() if start is not None]
    return sum(start > starts[-1] - YEAR for start in starts) if starts else waves.height


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
    return [WORDS["rows_line"].format(**{name: _count(edition, int(n or 0)) for name, n in found.items()})]


def _count(edition: Edition, n: int) -> str:
    shown = edition.shown_count(n)
    return WORDS["fewer"].format(n=edition.profile.count_below) if shown is None else words.count(ENGLISH, shown)


def _flags(edition: Edition) -> list[str]:
    if not columns_of(edition.read, "response_quality"):
        return []
    sql = """
        select flag, count(distinct panel_member_id) as n
        from response_quality where survey = ? and wave = ? group by flag order by flag
    """
    found = edition.read(sql, [edition.survey, edition.wave])
    lines = [
        WORDS["flags_line"].format(flag=words.capital(flag.replace("_", " ")), n=_count(edition, n))
        for flag, n in found.iter_rows()
    ]
    return lines or [WORDS["no_flags"]]


def releases(edition: Edition) -> pl.DataFrame:
    """Return the releases of the wave, oldest first."""
    return edition.read(
        "select * from releases where survey = ? and wave = ? order by released_at", [edition.survey, edition.wave]
    )


def _release(edition: Edition) -> list[str]:
    return [
        WORDS["release_line"].format(
            release=row["release_id"], status=row["release_status"], day=words.day(ENGLISH, row["released_at"].date())
        )
        for row in releases(edition).iter_rows(named=True)
    ]


def _corrections(edition: Edition) -> list[str]:
    notices = [notice for notice in releases(edition)["notice"].to_list() if notice]
    return notices or [WORDS["no_corrections"]]


REGIMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {  # code → what it asks for: the elements that answer it
    "AAPOR": {
        "Data collection strategy": ("design",),
        "Sponsor and who conducted it": ("sponsor", "conducted_by"),
        "Instruments": ("questions",),
        "Population": ("population",),
        "How the sample was generated and recruited": ("sampling_frame", "sampling", "recruitment"),
        "Modes": ("mode",),
        "Dates": ("fieldwork",),
        "Sample sizes and precision": ("response", "precision"),
        "Weighting": ("weighting",),
        "Processing and quality": ("processing", "rows"),
        "Limitations": ("limitations",),
    },
    "British Polling Council": {
        "Client": ("sponsor",),
        "Fieldwork organisation": ("conducted_by",),
        "Dates of interviewing": ("fieldwork",),
        "Method of obtaining interviews": ("mode",),
        "Universe": ("population",),
        "Sample size and area": ("response", "population"),
        "Weighting": ("weighting",),
        "Question wording": ("questions",),
        "Contact": ("contact",),
    },
    "Code of Practice for Statistics": {
        "Methods and quality": ("weighting", "uncertainty", "quality_assurance"),
        "Corrections": ("correction",),
        "Release calendar": ("release_calendar",),
        "Access before release": ("pre_release_access",),
        "Protection of respondents": ("small_groups",),
        "Contact": ("contact",),
    },
}


def regime_rows(sheet: Sequence[Heading], *, has_questions: bool) -> list[dict[str, Any]]:
    """Return what each code asks for, under which headings it stands, and whether all of it is stated."""
    stated = {element.element: bool(element.lines) for heading in sheet for element in heading.elements}
    stated["questions"] = has_questions
    place = {element.element: heading.label for heading in sheet for element in heading.elements}
    place["questions"] = str(WORDS["instruments"])
    return [
        {
            "code": code,
            "asks_for": asked,
            "under": words.all_of(ENGLISH, list(dict.fromkeys(place[name] for name in names))),
            "is_stated": all(stated[name] for name in names),
        }
        for code, asks in REGIMES.items()
        for asked, names in asks.items()
    ]
