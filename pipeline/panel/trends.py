"""Trends of a panel's items over waves as published rows: the smoothed line with its band, and the tests of trend."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analysis_plans import TrendPlan, WaveContrast
from pipeline.definitions import Survey
from pipeline.estimation.contrasts import Contrast, Wald, contrast_test
from pipeline.estimation.intervals import normal_interval
from pipeline.estimation.smoothing import FEWEST_WAVES, local_level
from pipeline.estimation.spread import Spread
from pipeline.estimation.trends import WaveSeries, heterogeneity, lack_of_fit, linear_trend, slope_coefficients
from pipeline.estimation.values import DomainMask, DomainRows, ItemValues, domain_rows
from pipeline.estimation.wave_series import item_series
from pipeline.estimation.waves import joint_spreads
from pipeline.panel.estimates import PanelData
from pipeline.panel.modes import ModeMixes, mode_mixes
from pipeline.panel.weights import PanelWeight
from pipeline.series import Stretch, stretches

Array = NDArray[np.float64]
Row = dict[str, Any]

LINE, NO_LINE = "local_level", "too few final waves"
NO_CHANGE, LINEAR, LINEAR_FIT = "no_change", "linear", "linear_fit"
CONTRAST = "contrast: "
DAYS_A_YEAR = 365.25
TREND_SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("item", "item_asked", "statistic", "category", "domain", "domain_value", "wave"), pl.String),
    "segment": pl.Int64,
    **dict.fromkeys(("estimate", "standard_error", "smoothed", "smoothed_standard_error"), pl.Float64),
    **dict.fromkeys(("band_low", "band_high"), pl.Float64),
    "method": pl.String,
    "unweighted_n": pl.Int64,
    "is_break": pl.Boolean,
    "is_provisional": pl.Boolean,
}
TEST_SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("item", "statistic", "category", "domain", "domain_value"), pl.String),
    "segment": pl.Int64,
    **dict.fromkeys(("first_wave", "last_wave"), pl.String),
    "n_waves": pl.Int64,
    **dict.fromkeys(("test", "unit", "note"), pl.String),
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "f", "numerator_df"), pl.Float64),
    **dict.fromkeys(("denominator_df", "p_value"), pl.Float64),
    "unweighted_n": pl.Int64,
    "mode_shift": pl.Float64,
    "may_be_mode_effect": pl.Boolean,
}


@dataclass(frozen=True)
class WaveWeight:
    """A wave, the weight it is followed with, and whether it is in the field still."""

    wave: str
    weight: PanelWeight
    is_provisional: bool


@dataclass(frozen=True)
class ReadyWaves:
    """All waves of a trend made ready: how they vary together, their domains and answers, their times."""

    names: tuple[str, ...]
    spreads: Sequence[Spread]
    domains: Sequence[Sequence[DomainMask]]
    rows: Sequence[DomainRows]
    items: Sequence[dict[str, ItemValues]]
    time: dict[str, float]
    unit: str
    provisional: frozenset[str]
    numbers: dict[str, int]
    modes: ModeMixes

    def places(self, waves: Sequence[str]) -> list[int]:
        """Return where waves stand among all of them."""
        return [self.names.index(wave) for wave in waves]

    def asked_as(self, stretch: Stretch) -> list[ItemValues]:
        """Return the answers to a stretch's question, wave by wave."""
        return [self.items[place][item] for place, item in zip(self.places(stretch.waves), stretch.items, strict=True)]


@dataclass(frozen=True)
class _Followed:
    """One statistic of one domain over a stretch of waves, and over its final ones."""

    keys: Row
    unweighted_n: NDArray[np.int64]  # (n_waves,)
    whole: WaveSeries
    final: list[int]  # places of the final waves
    of_final: WaveSeries | None

    @property
    def modelled(self) -> WaveSeries | None:
        """Return the final waves where there are enough of them, each with an error of its own."""
        is_enough = self.of_final is not None and len(self.final) >= FEWEST_WAVES and self.of_final.is_regular
        return self.of_final if is_enough else None


def panel_trends(
    survey: Survey, ready: ReadyWaves, plan: TrendPlan, *, confidence: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of `trends` and those of `trend_tests` that are made of wave estimates, without their keys.

    A break in a question's wording cuts its line. Lines and tests are of final waves, three or more; an estimate
    of a wave in the field stands beside them.
    """
    points: list[Row] = []
    tests: list[Row] = []
    for stretch in followed_stretches(survey, ready, plan):
        for followed in _followed(ready, stretch):
            points += _line(ready, stretch, followed, confidence)
            tests += _tests(ready, plan, stretch, followed, confidence)
    return as_rows(points, TREND_SCHEMA), as_rows(tests, TEST_SCHEMA)


def followed_stretches(survey: Survey, ready: ReadyWaves, plan: TrendPlan) -> list[Stretch]:
    """Return the stretches of every question that a plan follows."""
    asked = dict(zip(ready.names, ready.items, strict=True))
    return [one for one in stretches(asked, survey.item_links) if not plan.items or one.item in plan.items]


def as_rows(rows: list[Row], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return rows as a table; what is not a number becomes null."""
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def ready_waves(data: PanelData, plan: TrendPlan, waves: Sequence[WaveWeight]) -> ReadyWaves:
    """Return the waves of a plan with all that lines and models need of them."""
    designs = [one.weight.design for one in waves]
    domains = [[mask for mask in data.domains(one.weight.design_rows) if mask.domain in plan.domains] for one in waves]
    time, unit = wave_times(data.survey, [one.wave for one in waves])
    return ReadyWaves(
        names=tuple(one.wave for one in waves),
        spreads=joint_spreads(designs),
        domains=domains,
        rows=[domain_rows(design, masks) for design, masks in zip(designs, domains, strict=True)],
        items=[{item.item: item for item in data.items(one.wave, one.weight.design_rows)} for one in waves],
        time=time,
        unit=unit,
        provisional=frozenset(one.wave for one in waves if one.is_provisional),
        numbers={one.wave: data.survey.wave(one.wave).wave_number for one in waves},
        modes=mode_mixes(data, {one.wave: one.weight for one in waves}),
    )


def wave_times(survey: Survey, waves: Sequence[str]) -> tuple[dict[str, float], str]:
    """Return each wave's time and its unit: years by the start of fieldwork where all are declared, else waves."""
    starts: dict[str, date | None] = {wave: survey.wave(wave).fieldwork_start for wave in waves}
    known = [start for start in starts.values() if start is not None]
    if len(known) == len(starts) and known == sorted(set(known)):
        return {wave: (start - known[0]).days / DAYS_A_YEAR for wave, start in starts.items() if start}, "year"
    return {wave: float(survey.wave(wave).wave_number) for wave in waves}, "wave"


def span(waves: Sequence[str], unweighted_n: int) -> Row:
    """Return from where to where a test looks, and the fewest people it has at a wave."""
    return {"first_wave": waves[0], "last_wave": waves[-1], "n_waves": len(waves), "unweighted_n": unweighted_n}


def contrast_row(test: str, unit: str, found: Contrast, confidence: float) -> Row:
    """Return an estimate with its t test."""
    numbers = (np.array(one) for one in (found.estimate, found.standard_error, found.degrees_of_freedom))
    low, high = normal_interval(*numbers, confidence=confidence)
    return {
        "test": test,
        "unit": unit,
        "estimate": found.estimate,
        "standard_error": found.standard_error,
        "ci_low": float(low),
        "ci_high": float(high),
        "denominator_df": float(found.degrees_of_freedom),
        "p_value": found.p_value,
    }


def wald_row(test: str, found: Wald) -> Row:
    """Return a test of several contrasts at once."""
    return {
        "test": test,
        "f": found.f,
        "numerator_df": float(found.numerator_df),
        "denominator_df": float(found.denominator_df),
        "p_value": found.p_value,
    }


def _followed(ready: ReadyWaves, stretch: Stretch) -> Iterator[_Followed]:
    """Yield every statistic and domain in which somebody answered at every wave of a stretch."""
    places = ready.places(stretch.waves)
    of_item = item_series(
        [ready.spreads[place] for place in places], [ready.rows[place] for place in places], ready.asked_as(stretch)
    )
    final = [place for place, wave in enumerate(stretch.waves) if wave not in ready.provisional]
    for domain, mask in enumerate(ready.domains[0]):
        counts = of_item.unweighted_n(domain)
        if not (counts > 0).all():
            continue
        for statistic, (name, category) in enumerate(zip(of_item.statistics, of_item.categories, strict=True)):
            keys = {"item": stretch.item, "statistic": name, "category": category, "segment": stretch.number}
            yield _Followed(
                keys | {"domain": mask.domain, "domain_value": mask.domain_value},
                counts,
                of_item.series(domain, statistic, range(len(stretch.waves))),
                final,
                of_item.series(domain, statistic, final) if final else None,
            )


def _line(ready: ReadyWaves, stretch: Stretch, followed: _Followed, confidence: float) -> list[Row]:
    """Return the rows of `trends` of one series."""
    smoothed = np.full((4, len(stretch.waves)), np.nan)
    if followed.modelled is not None:
        time = np.array([ready.time[stretch.waves[place]] for place in followed.final])
        is_share = followed.keys["statistic"] != "mean"
        smoothed[:, followed.final] = _smoothed(followed.modelled, time, confidence, is_share=is_share)
    errors = np.sqrt(np.square(followed.whole.deviations).sum(axis=1))
    names = ("smoothed", "smoothed_standard_error", "band_low", "band_high")
    return [
        followed.keys
        | dict(zip(names, smoothed[:, place].tolist(), strict=True))
        | {
            "item_asked": stretch.items[place],
            "wave": wave,
            "estimate": float(followed.whole.estimate[place]),
            "standard_error": float(errors[place]),
            "method": NO_LINE if followed.modelled is None else LINE,
            "unweighted_n": int(followed.unweighted_n[place]),
            "is_break": stretch.number > 1 and place == 0,
            "is_provisional": wave in ready.provisional,
        }
        for place, wave in enumerate(stretch.waves)
    ]


def _smoothed(series: WaveSeries, time: Array, confidence: float, *, is_share: bool) -> Array:
    """Return the smoothed level, its error, and the ends of its band, (4, n_waves)."""
    line = local_level(series.estimate, series.covariance, time)
    error = np.sqrt(line.variance)
    freedom = np.full(time.size, series.degrees_of_freedom)
    low, high = normal_interval(line.level, error, freedom, confidence=confidence)
    if is_share:
        low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
    return np.stack([line.level, error, low, high])


def _tests(
    ready: ReadyWaves, plan: TrendPlan, stretch: Stretch, followed: _Followed, confidence: float
) -> Iterator[Row]:
    """Yield the tests of one series through its final waves: any change, a line, how well it fits, contrasts."""
    modelled = followed.modelled
    if modelled is None:
        return
    waves = [stretch.waves[place] for place in followed.final]
    time = np.array([ready.time[wave] for wave in waves])
    common = followed.keys | span(waves, int(followed.unweighted_n[followed.final].min()))
    domain, is_share = (followed.keys["domain"], followed.keys["domain_value"]), followed.keys["statistic"] != "mean"

    def guarded(found: float, coefficients: Array) -> Row:
        compared = [wave for wave, coefficient in zip(waves, coefficients, strict=True) if coefficient]
        part = float(np.abs(coefficients).sum() / 2) if is_share else None
        return ready.modes.guarded(compared, domain, found, part)

    of_any = ready.modes.guarded(waves, domain, float(np.ptp(modelled.estimate)), 1.0 if is_share else None)
    yield common | wald_row(NO_CHANGE, heterogeneity(modelled)) | of_any
    line = linear_trend(modelled, time)
    of_line = guarded(line.estimate, slope_coefficients(modelled, time))
    yield common | contrast_row(LINEAR, f"per {ready.unit}", line, confidence) | of_line
    yield common | wald_row(LINEAR_FIT, lack_of_fit(modelled, time)) | ready.modes.guarded(waves, domain)
    for contrast in plan.contrasts:
        coefficients = contrast_coefficients(contrast, waves, ready.numbers)
        if coefficients is not None:
            found = contrast_test(modelled.joint(), coefficients)
            made = contrast_row(f"{CONTRAST}{contrast.name}", "difference", found, confidence)
            yield common | made | {"note": contrast.note or None} | guarded(found.estimate, coefficients)


def contrast_coefficients(contrast: WaveContrast, waves: Sequence[str], numbers: dict[str, int]) -> Array | None:
    """Return a contrast's coefficient of each wave; None where it needs a wave that is not there."""
    if contrast.coefficients:
        if not set(contrast.coefficients) <= set(waves):
            return None
        return np.array([contrast.coefficients.get(wave, 0.0) for wave in waves])
    assert contrast.since_wave_number is not None
    is_since = np.array([numbers[wave] >= contrast.since_wave_number for wave in waves])
    if is_since.all() or not is_since.any():
        return None
    return np.asarray(is_since / is_since.sum() - ~is_since / (~is_since).sum())
