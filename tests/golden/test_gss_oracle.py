"""The oracle of the GSS panel against R's survey package, and its two-phase error against a jackknife."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from tests.golden import gss_oracle as oracle
from tests.golden.gss_cohort import (
    Cohort,
    Design,
    Floats,
    Integers,
    delivered_folder,
    fitted_ratio,
    is_ineligible,
    margin_indicators,
    numbers,
    raked_design,
    read_cohort,
    strata_and_psus,
)

R_FIGURES = Path(__file__).with_name("gss_r_survey.csv")
KEYS = ["weight_id", "wave", "item", "category", "domain", "domain_value"]


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return read_cohort(delivered_folder())


def r_figures(*estimands: str) -> pl.DataFrame:
    """Return R's figures of some estimands."""
    figures = pl.read_csv(R_FIGURES, comment_prefix="#", schema_overrides={"category": pl.String})
    return figures.filter(pl.col("estimand").is_in(estimands)).with_columns(pl.col("category").fill_null(""))


def assert_agree(ours: list[oracle.Row], theirs: pl.DataFrame) -> None:
    """Find R's every row among ours, with the same figures."""
    joined = theirs.join(pl.DataFrame(ours), on=KEYS, how="left", suffix="_ours")
    assert joined["estimate_ours"].null_count() == 0
    for figure in ("estimate", "standard_error"):
        assert_allclose(joined[f"{figure}_ours"], joined[figure], rtol=0, atol=1e-10)
    of_supplied = joined.filter(pl.col("degrees_of_freedom").is_not_null())
    assert_allclose(of_supplied["degrees_of_freedom_ours"], of_supplied["degrees_of_freedom"])


def test_shares_and_means_with_their_errors_agree_with_r(cohort: Cohort) -> None:
    theirs = r_figures("share", "mean")
    assert_agree(list(oracle.estimates(cohort, {item: {} for item in theirs["item"]})), theirs)


def test_within_person_changes_agree_with_r(cohort: Cohort) -> None:
    theirs = r_figures("change")
    ours = oracle.changes(cohort, {item: {} for item in theirs["item"]})
    assert_agree([row | {"wave": "w3", "estimate": row["change"]} for row in ours], theirs)


@pytest.mark.parametrize("share", ["joint", "row"])
def test_transitions_agree_with_r(cohort: Cohort, share: str) -> None:
    everywhere = {"wave": "w3", "domain": "all", "domain_value": "all", "degrees_of_freedom": None}
    ours = [
        row
        | everywhere
        | {"category": f"{row['category_from']} > {row['category_to']}"}
        | {"estimate": row[f"{share}_share"], "standard_error": row[f"{share}_error"]}
        for row in oracle.transitions(cohort, (1, 3))
    ]
    assert_agree(ours, r_figures(f"{share} share"))


def test_weighted_retention_agrees_with_r(cohort: Cohort) -> None:
    ours = {(row["domain"], row["domain_value"]): row for row in oracle.retention(cohort) if row["wave"] == "w3"}
    for theirs in r_figures("retention").iter_rows(named=True):
        row = ours[theirs["domain"], theirs["domain_value"]]
        assert_allclose(row["retention_weighted"], theirs["estimate"], rtol=0, atol=1e-10)
        assert_allclose(row["retention_weighted_error"], theirs["standard_error"], rtol=0, atol=1e-10)


def test_raked_weights_agree_with_r(cohort: Cohort) -> None:
    weight = oracle.design(cohort, "raked_w3").weight
    ours = dict(zip(cohort.person, weight, strict=True))
    for person, theirs in r_figures("weight").select("category", "estimate").iter_rows():
        assert_allclose(ours[person], theirs, rtol=0, atol=1e-10)
    assert_allclose(weight.sum(), r_figures("sum of weights")["estimate"].item())


def test_raw_retention_at_wave_3_by_age_is_what_the_producer_counts(cohort: Cohort) -> None:
    rows = [row for row in oracle.retention(cohort) if row["wave"] == "w3" and row["domain"] == "age_group"]
    assert [round(100 * row["retention_raw"]) for row in rows] == [64, 59, 65, 70, 70, 62, 44]


def test_two_phase_error_agrees_with_a_jackknife_that_rakes_again(cohort: Cohort) -> None:
    design = without_lonely_psus(cohort)
    base = numbers(cohort.roster["wtssall_w1"])
    answered = cohort.interviewed[3]
    phase_two = answered | is_ineligible(cohort, 3)
    x = np.hstack(margin_indicators(cohort, base))
    y = np.column_stack([cohort.answers[3]["trust"] == "can Trust", cohort.answers[3]["sex"] == "Female"]).astype(float)
    asked = np.column_stack([[v is not None for v in cohort.answers[3][i]] for i in ("trust", "sex")])

    def shares(d: Floats) -> Floats:
        kept = np.where(phase_two, d, 0.0)
        weight = np.where(is_ineligible(cohort, 3), 0.0, kept * fitted_ratio(x, kept, d @ x))
        replicate: Floats = weight @ y / (weight @ asked)
        return replicate

    variance = np.zeros(2)
    full = shares(base)
    for psus in design.psus_of_strata:
        for psu in psus:
            factor = np.where(np.isin(design.psu, psus), psus.size / (psus.size - 1), 1.0)
            replicate = shares(base * np.where(design.psu == psu, 0.0, factor))
            variance += (psus.size - 1) / psus.size * (replicate - full) ** 2
    u = np.column_stack([oracle.deviation(design, y[:, [k]], asked[:, k] & answered) for k in (0, 1)])
    assert_allclose(design.standard_error(u), np.sqrt(variance), rtol=0.02)


def without_lonely_psus(cohort: Cohort) -> Design:
    """Return the raked design with its strata joined in groups of ten, so that a jackknife is defined."""
    stratum, psu = strata_and_psus(cohort)
    joined: Integers = stratum // 10
    return replace(raked_design(cohort), stratum=joined, psu=psu)
