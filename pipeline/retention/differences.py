"""Does a group leave, or answer, otherwise than everybody else? Differences with the errors of one design."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.blocks import degrees_of_freedom
from pipeline.estimation.contrasts import compare_columns
from pipeline.estimation.intervals import normal_interval, t_p_value
from pipeline.estimation.linearisation import linearisation
from pipeline.estimation.tables import as_frame
from pipeline.estimation.tests import HOLM, corrected_p_values
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.estimation.variance import variance_of_totals
from pipeline.retention.histories import PersonTimes
from pipeline.retention.incidence import aalen_johansen, exit_sums

Mask = NDArray[np.bool_]

FIGURES = ("estimate", "rest", "difference", "standard_error", "ci_low", "ci_high", "p_value")
COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("domain", "domain_value"), pl.String),
    **dict.fromkeys(FIGURES, pl.Float64),
    "degrees_of_freedom": pl.Int64,
    "time": pl.Int64,
}


@dataclass(frozen=True)
class Group:
    """A group and everybody else whose value of the domain is known, as masks (n,)."""

    domain: str
    domain_value: str
    inside: Mask
    rest: Mask


def groups_of(domains: Sequence[DomainMask]) -> list[Group]:
    """Return each value of each domain with members inside and outside it."""
    known: dict[str, Mask] = {}
    for one in domains:
        known[one.domain] = known.get(one.domain, np.zeros_like(one.mask)) | one.mask
    groups = [Group(one.domain, one.domain_value, one.mask, known[one.domain] & ~one.mask) for one in domains]
    return [one for one in groups if one.inside.any() and one.rest.any()]


def survival_differences(
    design: SurveyDesign, groups: Sequence[Group], rows: PersonTimes, *, confidence: float = 0.95
) -> pl.DataFrame:
    """Return each group's Kaplan-Meier survival and the rest's, when both last have members at risk, with COLUMNS.

    Group and rest share PSUs; the covariance is in the error of the difference.
    """
    prepared = linearisation(design)
    found = []
    for group in groups:
        parts = [rows.where(mask[rows.row]) for mask in (group.inside, group.rest)]
        n_times = min(int(part.time.max(initial=-1)) + 1 for part in parts)
        if n_times == 0:
            continue
        survival, influence, freedom = [], [], []
        for part in parts:
            short = part.where(part.time < n_times)
            sums = exit_sums(prepared, short, short.time, n_times, 1)
            _, incidence, (_, of_incidence) = aalen_johansen(sums)
            survival.append(1 - float(incidence[0, -1]))
            influence.append(-of_incidence[0, -1])
            freedom.append(int(degrees_of_freedom(design, sums.at_risk[:1, : prepared.n_psus] > 0)[0]))
        variance = variance_of_totals(design, prepared.psu_totals(influence[0] - influence[1]))
        error = float(np.sqrt(variance))
        found.append((group.domain, group.domain_value, *survival, error, min(freedom), n_times))
    columns = ["domain", "domain_value", "estimate", "rest", "standard_error", "degrees_of_freedom", "time"]
    return _tested(pl.DataFrame(found, schema=columns, orient="row"), confidence)


def share_differences(
    design: SurveyDesign, groups: Sequence[Group], codes: NDArray[np.int64], *, confidence: float = 0.95
) -> pl.DataFrame:
    """Return each group's share of code 1 among codes 0 and 1 and the rest's, with COLUMNS.

    Args:
        codes: (n,) 1 yes, 0 no, -1 not asked.
    """
    groups = [one for one in groups if (one.inside & (codes >= 0)).any() and (one.rest & (codes >= 0)).any()]
    if not groups:
        return pl.DataFrame(schema=COLUMNS)
    sides = [DomainMask(one.domain, one.domain_value, mask) for one in groups for mask in (one.inside, one.rest)]
    item = ItemValues("answered", codes=codes, categories=("no", "yes"))
    pairs = [(2 * place, 2 * place + 1) for place in range(len(groups))]
    found = compare_columns(design, [item], sides, pairs=pairs, confidence=confidence).filter(category="yes")
    named = found.rename({"other_estimate": "rest"}).with_columns(time=pl.lit(None, pl.Int64))
    return named.select(*COLUMNS).cast(pl.Schema(COLUMNS))


def family_corrected(found: pl.DataFrame) -> pl.DataFrame:
    """Return the tests with p values corrected by Holm for all of them, and how many they are.

    Of a domain with two values the tests of both are one and the same, and count once for each measure.
    """
    of_pair = pl.len().over("measure", "domain") == 2
    is_repeated = of_pair & (pl.int_range(pl.len()).over("measure", "domain") == 1)
    marked = found.with_columns(is_repeated=is_repeated)
    p_value = marked["p_value"].fill_null(np.nan).to_numpy()
    counted = ~marked["is_repeated"].to_numpy()
    corrected = np.full(p_value.size, np.nan)
    corrected[counted] = corrected_p_values(p_value[counted], HOLM)
    return (
        marked.with_columns(p_value_corrected=pl.Series(corrected).fill_nan(None))
        .with_columns(
            p_value_corrected=pl.when("is_repeated")
            .then(pl.col("p_value_corrected").first().over("measure", "domain"))
            .otherwise("p_value_corrected"),
            n_tests=pl.lit(int((counted & ~np.isnan(p_value)).sum())),
        )
        .drop("is_repeated")
    )


def _tested(found: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Return the differences with their intervals and p values."""
    if found.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    difference = (found["estimate"] - found["rest"]).to_numpy()
    error, freedom = found["standard_error"].to_numpy(), found["degrees_of_freedom"].to_numpy().astype(np.float64)
    low, high = normal_interval(difference, error, freedom, confidence=confidence)
    tested = {"difference": difference, "ci_low": low, "ci_high": high}
    tested["p_value"] = t_p_value(difference, error, freedom)
    return as_frame(
        {name: tested.get(name, found[name] if name in found.columns else None) for name in COLUMNS}, COLUMNS
    )
