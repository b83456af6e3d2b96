"""Retention: which share of the first wave's respondents still answers, by domain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items

Mask = NDArray[np.bool_]

RATES = ("retention_raw", "retention_eligible", "retention_weighted")
FIGURES = {"": "estimate", "_ci_low": "ci_low", "_ci_high": "ci_high", "_standard_error": "standard_error"}
COUNTS = ("n_first_wave", "n_eligible", "n_respondents")
INTERVAL_COLUMNS = [rate + figure for rate in RATES for figure in ("", "_ci_low", "_ci_high")]
ERROR_COLUMNS = [f"{rate}_standard_error" for rate in RATES]
COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("wave", "domain", "domain_value"), pl.String),
    **dict.fromkeys(COUNTS, pl.Int64),
    **dict.fromkeys(INTERVAL_COLUMNS + ERROR_COLUMNS, pl.Float64),
    "degrees_of_freedom": pl.Int64,
}


@dataclass(frozen=True)
class WaveParticipation:
    """Who of a design's rows answered a wave, and who was still in the population then."""

    wave: str
    is_respondent: Mask  # (n,)
    is_eligible: Mask  # (n,)
    is_passed_over: Mask | None = None  # (n,) not invited: in no rate of the wave; None: nobody was passed over

    @property
    def is_asked(self) -> Mask:
        """Return whom the wave did not pass over, (n,)."""
        return np.ones(self.is_eligible.size, np.bool_) if self.is_passed_over is None else ~self.is_passed_over


def retention_rates(
    design: SurveyDesign,
    is_first_wave: Mask,
    domains: Sequence[DomainMask],
    waves: Sequence[WaveParticipation],
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return retention at each wave in each domain that had respondents at the first wave, with COLUMNS.

    `retention_raw` is the respondents' share of everyone at the first wave, `retention_eligible` of those
    still in the population, `retention_weighted` of everyone, by the first wave's weights; whom the later wave
    passed over is in none of them. The unweighted ones have weight 1 and the same strata and PSUs. A rate nobody is
    eligible for is null.

    Args:
        design: the first wave's sample with its weights.
        is_first_wave: (n,) its respondents; the others count in the design only.

    Source: methodology C4 and C12; "Names" of the style guide.
    """
    masks = [replace(domain, mask=domain.mask & is_first_wave) for domain in domains]
    unweighted = replace(design, weight=np.ones(design.n), calibration=None, replicates=None)
    raw = [_answered("retention_raw", one, is_first_wave & one.is_asked) for one in waves]
    eligible = [_answered("retention_eligible", one, is_first_wave & one.is_asked & one.is_eligible) for one in waves]
    weighted = [_answered("retention_weighted", one, is_first_wave & one.is_asked) for one in waves]
    rates = pl.concat(
        [
            estimate_items(unweighted, raw + eligible, masks, confidence=confidence),
            estimate_items(design, weighted, masks, confidence=confidence),
        ]
    ).filter(category="answered")
    return _wide(_counts(masks, waves), rates)


def _answered(rate: str, wave: WaveParticipation, base: Mask) -> ItemValues:
    """Return whether each row of the base answered the wave, as an item named for rate and wave."""
    codes = np.where(base, wave.is_respondent.astype(np.int64), -1)
    return ItemValues(f"{rate} {wave.wave}", codes=codes, categories=("lost", "answered"))


def _counts(masks: Sequence[DomainMask], waves: Sequence[WaveParticipation]) -> pl.DataFrame:
    """Return how many answered the first wave, are eligible and answered, for every wave and domain."""
    rows = [
        (
            wave.wave,
            one.domain,
            one.domain_value,
            int((one.mask & wave.is_asked).sum()),
            int((one.mask & wave.is_asked & wave.is_eligible).sum()),
            int((one.mask & wave.is_respondent).sum()),
        )
        for wave in waves
        for one in masks
        if one.mask.any()
    ]
    schema = {name: COLUMNS[name] for name in ("wave", "domain", "domain_value", *COUNTS)}
    return pl.DataFrame(rows, schema=pl.Schema(schema), orient="row")


def _wide(counts: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Return the counts with each rate's figures beside them, in the order of the counts."""
    table = counts
    for rate in RATES:
        figures = [pl.col(source).alias(rate + suffix) for suffix, source in FIGURES.items()]
        if rate == "retention_raw":
            figures.append(pl.col("degrees_of_freedom"))
        of_rate = rates.filter(pl.col("item").str.starts_with(f"{rate} ")).select(
            pl.col("item").str.strip_prefix(f"{rate} ").alias("wave"), "domain", "domain_value", *figures
        )
        table = table.join(of_rate, on=("wave", "domain", "domain_value"), how="left", maintain_order="left")
    return table.select(*COLUMNS)
