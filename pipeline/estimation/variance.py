"""The variance kernel: how much weighted totals vary between the PSUs of a stratum."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.design import DesignStructure, SurveyDesign
from pipeline.errors import EstimationError

Array = NDArray[np.float64]

N_STRATA_NAMED = 10  # strata listed in a message before "and others"


def binned_sums(cell: NDArray[np.int64], value: Array, n_rows: int, n_columns: int) -> Array:
    """Return the sums (n_rows, n_columns) of values by cell = row * n_columns + column."""
    sums = np.bincount(cell.ravel(), value.ravel(), minlength=n_rows * n_columns)
    return sums.astype(np.float64, copy=False).reshape(n_rows, n_columns)


def psu_totals(design: SurveyDesign, z: Array) -> Array:
    """Return the sums of z (n, q) within PSUs, (q, n_psus); PSUs in the order of the design's structure."""
    n_columns, n_psus = z.shape[1], design.structure.n_psus
    cell = np.arange(n_columns) * n_psus + design.structure.psu[:, None]
    return binned_sums(cell, z, n_columns, n_psus)


def total_variance(design: SurveyDesign, z: Array) -> Array:
    """Return the variances (q,) of the sums over rows of linearised values z (n, q).

    Rows outside a domain carry z = 0 and stay in: every PSU of the design counts in n_h.

    Source: methodology C4; Woodruff (1971), JASA 66.
    """
    return variance_of_totals(design, psu_totals(design, z))


def total_covariance(design: SurveyDesign, z: Array) -> Array:
    """Return the covariance matrix (q, q) of the sums over rows of linearised values z (n, q)."""
    return covariance_of_totals(design, psu_totals(design, z))


def variance_of_totals(design: SurveyDesign, totals: Array) -> Array:
    """Return the variances (...,) of the sums over PSUs of totals (..., n_psus)."""
    deviations = scaled_deviations(design, totals)
    return inner_products(deviations, deviations)


def covariance_of_totals(design: SurveyDesign, totals: Array) -> Array:
    """Return the covariance matrix (q, q) of the sums over PSUs of totals (q, n_psus)."""
    deviations = scaled_deviations(design, totals)
    return np.asarray(deviations @ deviations.T)


def inner_products(first: Array, second: Array) -> Array:
    """Return the sums over PSUs of the products of two sets of scaled deviations: their covariances."""
    return np.asarray(np.einsum("...i,...i->...", first, second))


def scaled_deviations(design: SurveyDesign, totals: Array) -> Array:
    """Return sqrt((1 - f_h) n_h / (n_h - 1)) * (PSU total - stratum mean); a variance is a sum of squares.

    A stratum with one PSU follows the design's policy: `fail` raises, `certainty` adds nothing, `adjust` adds
    the squared deviation of its total from the mean of all PSU totals (0 for a mean), `average` gives it the
    mean variance of the other strata.

    Args:
        totals: (..., n_psus) in the order of the design's structure.

    Raises:
        EstimationError: a stratum has one PSU under `fail`, or every stratum has one under `average`.

    Source: methodology C4; Lumley (2010), Complex Surveys, section 3.2.1.
    """
    structure = design.structure
    lonely = structure.lonely_strata
    if lonely.size and design.lonely_psu == "fail":
        raise EstimationError(_lonely_message(design))
    n_h = structure.psus_in_stratum
    scale = np.sqrt((1.0 - structure.sampling_fraction) * n_h / np.maximum(n_h - 1, 1))
    deviations = totals - _stratum_means(structure, totals)
    if lonely.size and design.lonely_psu == "adjust":
        is_lonely = np.isin(structure.stratum_of_psu, lonely)
        deviations[..., is_lonely] = totals[..., is_lonely] - totals.mean(axis=-1, keepdims=True)
    deviations *= scale[structure.stratum_of_psu]
    if lonely.size and design.lonely_psu == "average":
        deviations *= np.sqrt(structure.n_strata / _n_strata_with_variance(structure))
    return deviations


def replicate_deviations(replicates: Any, estimates: Array, estimate: Array, *, centre: str | None = None) -> Array:
    """Return sqrt(coefficient_r) * (replicate estimate - centre); a variance is a sum of squares.

    A replicate whose estimate is not a number (nobody of the domain carries weight in it) is left out, and the
    others are raised to stand for it.

    Args:
        replicates: weighting.replicates.Replicates.
        estimates: (..., n_replicates).
        estimate: (...,) from the full sample.
        centre: `estimate` or `replicates` (their mean); by default that of the replicates.

    Source: methodology C6; Wolter (2007), Introduction to Variance Estimation, 2nd ed.
    """
    coefficient, centre = replicates.coefficient, centre or replicates.centre
    is_defined = ~np.isnan(estimates)
    counted = np.where(is_defined, coefficient, 0.0).sum(axis=-1, keepdims=True)
    middle = estimate[..., None]
    if centre == "replicates":
        middle = np.nansum(estimates, axis=-1, keepdims=True) / np.maximum(is_defined.sum(axis=-1, keepdims=True), 1)
    stands_for = coefficient * np.divide(coefficient.sum(), counted, out=np.zeros_like(counted), where=counted > 0)
    return np.asarray(np.sqrt(stands_for) * np.where(is_defined, estimates - middle, 0.0))


def stack_designs(*waves: SurveyDesign) -> SurveyDesign:
    """Return one design whose PSUs are the union of those of several waves; codes mean the same in all.

    Raises:
        EstimationError: the waves treat lonely PSUs differently, or some have PSUs or an fpc and others have none.
    """
    policies = sorted({one.lonely_psu for one in waves})
    if len(policies) > 1:
        named = ", ".join(f"'{policy}'" for policy in policies)
        raise EstimationError(f"the waves treat lonely PSUs differently ({named}). Use one policy for all.")
    return SurveyDesign(
        weight=np.concatenate([one.weight for one in waves]),
        strata=_stacked("strata", [one.strata for one in waves]),
        psu=_stacked("PSUs", [one.psu for one in waves]),
        fpc=_stacked("a finite population", [one.fpc for one in waves]),
        lonely_psu=policies[0],
    )


def _stratum_means(structure: DesignStructure, totals: Array) -> Array:
    """Return the mean PSU total of the stratum, for every PSU; PSUs are ordered by stratum."""
    if structure.n_strata == 1:
        return np.asarray(totals.mean(axis=-1, keepdims=True))
    first_psu = np.concatenate([[0], np.cumsum(structure.psus_in_stratum)[:-1]])
    means = np.add.reduceat(totals, first_psu, axis=-1) / structure.psus_in_stratum
    return np.asarray(np.repeat(means, structure.psus_in_stratum, axis=-1))


def _n_strata_with_variance(structure: DesignStructure) -> int:
    """Return how many strata show a variance of their own."""
    n_strata = structure.n_strata - structure.lonely_strata.size
    if n_strata == 0:
        raise EstimationError(
            f"all {structure.n_strata} strata have a single PSU, so there is no average to give them. "
            "Combine strata, or use lonely_psu adjust."
        )
    return n_strata


def _lonely_message(design: SurveyDesign) -> str:
    """Return what to say of strata with one PSU, by the names the design gives them."""
    structure = design.structure
    labels = (
        [int(design.strata[np.flatnonzero(structure.stratum == code)[0]]) for code in structure.lonely_strata]
        if design.strata is not None
        else [0]
    )
    named = ", ".join(str(label) for label in labels[:N_STRATA_NAMED])
    more = f" and {len(labels) - N_STRATA_NAMED} others" if len(labels) > N_STRATA_NAMED else ""
    return (
        f"{len(labels)} of {structure.n_strata} strata have a single PSU (stratum {named}{more}), so their "
        "variance cannot be estimated. Combine them with a neighbour, or declare lonely_psu: adjust, average "
        "or certainty."
    )


def _stacked(name: str, columns: list[NDArray[Any] | None]) -> NDArray[Any] | None:
    """Return a design column of all waves, None where none has it."""
    given = [one for one in columns if one is not None]
    if given and len(given) < len(columns):
        raise EstimationError(f"one wave has {name} and the other has none. Describe both alike.")
    return np.concatenate(given) if given else None
