"""Comparing estimates of one design: contrasts with a t test, several at once with a Wald test, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.blocks import quotient, without_rounding
from pipeline.estimation.estimates import block_of
from pipeline.estimation.intervals import normal_interval, t_p_value
from pipeline.estimation.spread import spread_of
from pipeline.estimation.tables import EstimateTable, as_frame
from pipeline.estimation.values import DomainMask, ItemValues, domain_rows

Array = NDArray[np.float64]

COLUMNS: dict[str, type[pl.DataType]] = {
    "item": pl.String,
    "statistic": pl.String,
    "category": pl.String,
    "domain": pl.String,
    "domain_value": pl.String,
    "other_domain": pl.String,
    "other_domain_value": pl.String,
    "variance_method": pl.String,
    "estimate": pl.Float64,
    "other_estimate": pl.Float64,
    "difference": pl.Float64,
    "standard_error": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "p_value": pl.Float64,
    "correlation": pl.Float64,
    "degrees_of_freedom": pl.Int64,
}


@dataclass(frozen=True)
class JointEstimates:
    """Estimates of one design together with how they vary together."""

    keys: pl.DataFrame  # (q rows) item, statistic, category, domain, domain_value
    estimate: Array  # (q,)
    deviations: Array  # (q, m): covariances are inner products
    degrees_of_freedom: NDArray[np.int64]  # (q,)
    srs_variance: Array  # (q,)

    @property
    def covariance(self) -> Array:
        """Return the covariance matrix (q, q)."""
        return np.asarray(self.deviations @ self.deviations.T)


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of estimates, tested against 0."""

    estimate: float
    standard_error: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True)
class Wald:
    """A test that several contrasts are all 0."""

    f: float
    numerator_df: int
    denominator_df: int
    p_value: float


def joint_estimates(design: SurveyDesign, items: Sequence[ItemValues], domains: Sequence[DomainMask]) -> JointEstimates:
    """Return the estimates of items in domains, in the order of estimate_items, with their covariance.

    Raises:
        EstimationError: nobody in a domain answered an item, so there is nothing to compare.
    """
    spread, rows = spread_of(design), domain_rows(design, domains)
    table, deviations = EstimateTable(), []
    for item in items:
        block = block_of(spread, rows, item)
        for domain in np.flatnonzero(block.base.unweighted_n == 0):
            empty = domains[int(domain)]
            raise EstimationError(
                f"nobody in domain '{empty.domain}' = '{empty.domain_value}' answered '{item.item}', so there is "
                "nothing to compare. Leave the domain out."
            )
        everywhere = np.arange(len(domains))
        numbers = {"estimate": block.estimate, "srs_variance": block.srs_variance}
        table.add(item.item, block, everywhere, freedom=block.base.degrees_of_freedom, **numbers)
        deviations.append(block.spread().reshape(block.estimate.size, -1))
    return JointEstimates(
        keys=pl.DataFrame(table.keys(domains)),
        estimate=table.column("estimate"),
        deviations=np.concatenate(deviations) if deviations else np.zeros((0, 0)),
        degrees_of_freedom=table.column("freedom").astype(np.int64),
        srs_variance=table.column("srs_variance"),
    )


def contrast_test(joint: JointEstimates, coefficients: Array) -> Contrast:
    """Return the t test of sum(coefficients * estimates) = 0, with the covariance of overlapping domains.

    The degrees of freedom are the smallest of the estimates compared.

    Source: methodology C12; Lumley (2010), Complex Surveys, section 2.5.
    """
    involved = coefficients != 0
    estimate = float(coefficients @ joint.estimate)
    variance = np.square(coefficients @ joint.deviations).sum()
    reference = np.square(coefficients) @ joint.srs_variance
    error = float(np.sqrt(without_rounding(variance, reference)))
    freedom = int(joint.degrees_of_freedom[involved].min(initial=np.iinfo(np.int64).max))
    p_value = float(t_p_value(np.array(estimate), np.array(error), np.array(freedom)))
    return Contrast(estimate, error, freedom, p_value)


def wald_test(joint: JointEstimates, coefficients: Array) -> Wald:
    """Return the F test that all contrasts (k, q) of the estimates are 0.

    F is W (v - k + 1) / (k v) on k and v - k + 1 degrees of freedom, k the contrasts that are independent.

    Raises:
        EstimationError: the design has too few degrees of freedom for so many contrasts.

    Source: methodology C12; Fellegi (1980), JASA 75; Korn and Graubard (1990), American Statistician 44.
    """
    from scipy.special import fdtrc

    covariance = coefficients @ joint.covariance @ coefficients.T
    values, vectors = np.linalg.eigh(covariance)
    kept = values > values.max(initial=0.0) * 1e-10
    along = vectors[:, kept].T @ (coefficients @ joint.estimate)
    statistic = float((np.square(along) / values[kept]).sum())
    involved = (coefficients != 0).any(axis=0)
    freedom = int(joint.degrees_of_freedom[involved].min(initial=np.iinfo(np.int64).max))
    n_contrasts = int(kept.sum())
    below = freedom - n_contrasts + 1
    if n_contrasts == 0 or below < 1:
        raise EstimationError(
            f"{n_contrasts} contrasts cannot be tested with {freedom} degrees of freedom, expected at least as many "
            "degrees of freedom as contrasts that vary. Compare fewer."
        )
    f = statistic * below / (n_contrasts * freedom)
    return Wald(f, n_contrasts, below, float(fdtrc(n_contrasts, below, f)))


def compare_columns(
    design: SurveyDesign,
    items: Sequence[ItemValues],
    domains: Sequence[DomainMask],
    *,
    pairs: Sequence[tuple[int, int]] | None = None,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return the difference of every statistic between pairs of domains, with COLUMNS.

    Columns of a table may overlap (a part and the total, answers of a multiple response): the covariance of
    what they share is in the standard error. P values are of single tests; correct them for the family.

    Args:
        pairs: positions in domains; by default all pairs of values of one domain.

    Source: methodology C12.
    """
    chosen = _pairs_within_domains(domains) if pairs is None else list(pairs)
    first, second = np.array(chosen, np.int64).reshape(-1, 2).T
    spread, rows, table = spread_of(design), domain_rows(design, domains), EstimateTable()
    for item in items:
        block = block_of(spread, rows, item)
        one, other = block.spread()[first], block.spread()[second]
        srs_variance = block.srs_variance[first] + block.srs_variance[second]
        variance = without_rounding(np.square(one - other).sum(axis=-1), srs_variance)
        n, freedom = block.base.unweighted_n, block.base.degrees_of_freedom
        table.add(
            item.item,
            block,
            np.flatnonzero((n[first] > 0) & (n[second] > 0)),
            estimate=block.estimate[first],
            other_estimate=block.estimate[second],
            difference=block.estimate[first] - block.estimate[second],
            standard_error=np.sqrt(variance),
            correlation=quotient((one * other).sum(axis=-1), np.sqrt(block.variance[first] * block.variance[second])),
            degrees_of_freedom=np.minimum(freedom[first], freedom[second]),
        )
    return _frame(
        table,
        ([domains[index] for index in first], [domains[index] for index in second]),
        spread.variance_method,
        confidence,
    )


def _pairs_within_domains(domains: Sequence[DomainMask]) -> list[tuple[int, int]]:
    """Return all pairs of positions of values of the same domain."""
    return [
        (one, other)
        for one, other in combinations(range(len(domains)), 2)
        if domains[one].domain == domains[other].domain
    ]


def _frame(
    table: EstimateTable,
    domains: tuple[Sequence[DomainMask], Sequence[DomainMask]],
    variance_method: str,
    confidence: float,
) -> pl.DataFrame:
    """Return the table with its intervals and p values."""
    difference, error = table.column("difference"), table.column("standard_error")
    freedom = table.column("degrees_of_freedom")
    low, high = normal_interval(difference, error, freedom, confidence=confidence)
    others = table.keys(domains[1])
    return as_frame(
        {name: table.column(name) for name in COLUMNS}
        | table.keys(domains[0])
        | {
            "other_domain": others["domain"],
            "other_domain_value": others["domain_value"],
            "variance_method": pl.repeat(variance_method, len(table.items), eager=True, dtype=pl.String),
            "ci_low": low,
            "ci_high": high,
            "p_value": t_p_value(difference, error, freedom),
        },
        COLUMNS,
    )
