"""Who leaves the panel, when and why, as published rows: curves, patterns of taking part, waves answered."""

from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.ages import band_codes
from pipeline.panel.estimates import PanelData
from pipeline.panel.lives import PanelTime
from pipeline.retention.histories import (
    NONE,
    PATTERNS,
    PersonTimes,
    patterns,
    person_times,
    without_other_causes,
)
from pipeline.retention.incidence import GroupMask, cumulative_incidence

SINCE_JOINING, CALENDAR = "since_joining", "wave"  # clocks
WEIGHTED, UNWEIGHTED = "weighted", "unweighted"
NONRESPONSE, MISSED_LATEST = "nonresponse", "missed_latest"
NOW = "_now"  # added to the name of an age domain whose members move as they grow older
INCIDENCE = ("incidence", "incidence_standard_error", "incidence_ci_low", "incidence_ci_high")


def attrition_curves(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `attrition_curves`: hazard and cumulative incidence by cause, clock, weighting and domain."""
    rows = person_times(time.histories)
    frames = [
        _curves(time, rows, clock, weighting, confidence)
        for weighting in (WEIGHTED, UNWEIGHTED)
        for clock in (SINCE_JOINING, CALENDAR)
    ]
    frames += [_missed_latest(time, weighting, confidence) for weighting in (WEIGHTED, UNWEIGHTED)]
    wave = pl.when(pl.col("clock") == CALENDAR).then(
        pl.col("time").replace_strict(dict(enumerate(time.waves, 1)), default=None, return_dtype=pl.String)
    )
    return pl.concat(frames).with_columns(survey=pl.lit(time.data.survey.survey), wave=wave)


def _curves(time: PanelTime, rows: PersonTimes, clock: str, weighting: str, confidence: float) -> pl.DataFrame:
    """Return the competing causes, their sum, and leaving the panel alone, the others censored."""
    design = time.design(is_weighted=weighting == WEIGHTED)
    groups = fixed_groups(time) + (ageing_groups(time) if clock == CALENDAR else [])
    of_clock = partial(cumulative_incidence, since_joining=clock == SINCE_JOINING, confidence=confidence)
    competing = of_clock(design, groups, rows, time.histories.causes)
    alone = of_clock(design, groups, without_other_causes(rows), (NONRESPONSE,))
    return pl.concat([alone, competing]).with_columns(
        clock=pl.lit(clock), weighting=pl.lit(weighting), is_provisional=pl.lit(False)
    )


def _missed_latest(time: PanelTime, weighting: str, confidence: float) -> pl.DataFrame:
    """Return, for waves too late for an exit to be known, who of those still in has answered none since."""
    histories = time.histories
    last = np.max(np.where(histories.is_answer, np.arange(histories.n_waves), NONE), axis=1, initial=NONE)
    known = person_times(histories)
    has_left = np.zeros(time.rows.size, np.bool_)
    has_left[known.row[known.cause >= 0]] = True
    late = np.arange(histories.n_waves) >= histories.horizon
    row, wave = np.nonzero(histories.is_at_risk & ~histories.has_withdrawn & ~has_left[:, None] & late)
    rows = PersonTimes(row, wave, wave - histories.entry[row], np.where(wave > last[row], 0, NONE))
    found = cumulative_incidence(
        time.design(is_weighted=weighting == WEIGHTED),
        fixed_groups(time),
        rows,
        (MISSED_LATEST,),
        since_joining=False,
        confidence=confidence,
    )
    return found.with_columns(pl.lit(None, pl.Float64).alias(name) for name in INCIDENCE).with_columns(
        clock=pl.lit(CALENDAR), weighting=pl.lit(weighting), is_provisional=pl.lit(True)
    )


def fixed_groups(time: PanelTime) -> list[GroupMask]:
    """Return everyone, and each value of each published domain, as they were when they were recruited."""
    return [GroupMask(one.domain, one.domain_value, one.mask) for one in time.data.domains(time.rows)]


def ageing_groups(time: PanelTime) -> list[GroupMask]:
    """Return the bands of age that members are in at each wave; none where nobody's age is known."""
    groups = []
    for domain in time.ageing_domains():
        codes = np.column_stack([band_codes(domain, time.ages.on(start)) for start in time.starts])
        groups += [
            GroupMask(domain.domain + NOW, value, codes == code)
            for code, value in enumerate(domain.values)
            if (codes == code).any()
        ]
    return groups


def member_patterns(time: PanelTime) -> pl.DataFrame:
    """Return the rows of `member_patterns`: what each member did, and which of the four patterns that makes."""
    histories = time.histories
    found = patterns(histories)
    rows = person_times(histories)
    exit_cause, exit_wave = np.full(time.rows.size, NONE), np.full(time.rows.size, NONE)
    is_exit = rows.cause >= 0
    exit_cause[rows.row[is_exit]], exit_wave[rows.row[is_exit]] = rows.cause[is_exit], rows.wave[is_exit]
    last = np.max(np.where(histories.is_answer, np.arange(histories.n_waves), NONE), axis=1, initial=NONE)
    is_late = histories.is_in_population & (histories.missed_at_end > 0)
    is_open = is_late & ~histories.has_withdrawn[:, -1] & (exit_cause == NONE)
    members = np.array(time.data.arrays.members, np.str_)[time.rows]
    frame = pl.DataFrame(
        {
            "panel_member_id": members,
            "pattern": _named(found, PATTERNS),
            "first_wave": _named(np.where(found == NONE, NONE, histories.entry), time.waves),
            "last_answered_wave": _named(last, time.waves),
            "n_at_risk": histories.is_at_risk.sum(axis=1),
            "n_answered": histories.is_answer.sum(axis=1),
            "n_missed_latest": np.where(histories.is_in_population, histories.missed_at_end, 0),
            "exit_cause": _named(exit_cause, histories.causes),
            "exit_wave": _named(exit_wave, time.waves),
            "is_active": histories.is_active,
            "is_provisional": is_open,
        }
    )
    return frame.filter(pl.col("pattern").is_not_null()).with_columns(survey=pl.lit(time.data.survey.survey))


def attrition_patterns(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `attrition_patterns`: the share of each pattern in each domain, weighted and not."""
    found = patterns(time.histories)
    item = ItemValues("pattern", codes=found, categories=PATTERNS)
    domains = time.data.domains(time.rows)
    frames = [
        estimate_items(
            time.design(is_weighted=weighting == WEIGHTED), [item], domains, confidence=confidence
        ).with_columns(weighting=pl.lit(weighting))
        for weighting in (WEIGHTED, UNWEIGHTED)
    ]
    shares = pl.concat(frames).select(
        "weighting",
        "domain",
        "domain_value",
        pl.col("category").alias("pattern"),
        pl.col("unweighted_n").alias("n_members"),
        pl.col("estimate").alias("share"),
        "standard_error",
        "ci_low",
        "ci_high",
        "degrees_of_freedom",
    )
    return shares.join(
        _pattern_counts(domains, found), on=("domain", "domain_value", "pattern"), how="left", maintain_order="left"
    ).with_columns(survey=pl.lit(time.data.survey.survey))


def _pattern_counts(domains: list[DomainMask], found: NDArray[np.int64]) -> pl.DataFrame:
    """Return how many members of each domain value have each pattern."""
    rows = [
        (one.domain, one.domain_value, pattern, int((one.mask & (found == code)).sum()))
        for one in domains
        for code, pattern in enumerate(PATTERNS)
    ]
    return pl.DataFrame(rows, schema=["domain", "domain_value", "pattern", "n_of_pattern"], orient="row")


def response_patterns(data: PanelData) -> pl.DataFrame:
    """Return the rows of `response_patterns`: how many members answered just these waves of all that were fielded.

    A pattern is monotone when its waves follow each other from the first that the member answered on without a gap
    before the last one answered; that says nothing of the waves after it.
    """
    waves = [wave.wave for wave in data.survey.waves if data.is_answered(wave.wave)]
    if not waves:
        return pl.DataFrame()
    answered = np.column_stack([data.arrays.is_respondent[wave] for wave in waves])
    kept, n_members = np.unique(answered[answered.any(axis=1)], axis=0, return_counts=True)
    position = np.arange(len(waves))
    first = kept.argmax(axis=1)
    last = len(waves) - 1 - kept[:, ::-1].argmax(axis=1)
    is_monotone = kept.sum(axis=1) == last - first + 1
    return pl.DataFrame(
        {
            "pattern": ["".join("1" if one else "0" for one in row) for row in kept],
            "waves_answered": ["+".join(waves[at] for at in position[row]) for row in kept],
            "n_waves_answered": kept.sum(axis=1),
            "n_members": n_members,
            "is_monotone": is_monotone,
        }
    ).with_columns(survey=pl.lit(data.survey.survey), waves=pl.lit("+".join(waves)))


def _named(codes: NDArray[np.int64], names: tuple[str, ...]) -> list[str | None]:
    """Return the name at each place, None at NONE."""
    return [None if code == NONE else names[code] for code in codes]
