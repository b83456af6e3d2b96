"""The GSS panel as delivered, its designs and its raked weight, for the oracle of gss_oracle.py.

Written from the published description of the survey alone and importing nothing of the pipeline, so that
the two can disagree. One person is one row of the roster; everything else is an array in that order.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

TOP_CODES = {"89 or Older": "89", "Eight or more": "8"}
AGE_GROUPS = {
    "age_group": ((18, 29), (30, 39), (40, 49), (50, 59), (60, 69), (70, 79), (80, None)),
    "age_group_4": ((18, 34), (35, 49), (50, 64), (65, None)),
}
MARGINS = ("age_group_4", "sex", "degree", "race", "region")
COUNTED_AS_LARGEST = ("age_group_4", "degree")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]  # None where the delivered cell is blank or there was no interview


@dataclass(frozen=True)
class Cohort:
    """One cohort as delivered: the roster and, by wave, each delivered column in roster order."""

    person: Texts
    roster: dict[str, Texts]
    answers: dict[int, dict[str, Texts]]
    interviewed: dict[int, Bools]

    @cached_property
    def domains(self) -> list[tuple[str, str, Bools]]:
        """Return each published domain, its values and who is in it."""
        found = [("all", "all", np.ones(self.person.size, dtype=bool))]
        for domain, values in domain_values(self).items():
            if domain != "region":
                present = sorted({value for value in values if value is not None})
                found += [(domain, value, values == value) for value in present]
        return found


def delivered_folder() -> Path:
    """Return the folder of the 2006 GSS panel, or skip the test that asks where there is none."""
    beside_the_checkout = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("PANEL_REAL_DATA", beside_the_checkout)) / "gss_panel_2006"
    if not (folder / "sample.csv.gz").exists():
        pytest.skip("The 2006 GSS panel is not on this machine; set PANEL_REAL_DATA to the folder that holds it.")
    return folder


def read_cohort(folder: Path) -> Cohort:
    """Return the cohort in a folder of the layout of gss_panel_2006."""
    roster = pl.read_csv(folder / "sample.csv.gz", infer_schema=False)
    answers, interviewed = {}, {}
    for wave in (1, 2, 3):
        delivered = pl.read_csv(folder / f"waves/wave{wave}.csv.gz", infer_schema=False)
        flagged = delivered.with_columns(is_interviewed=pl.lit(True))
        aligned = roster.select("firstid").join(flagged, on="firstid", how="left", maintain_order="left")
        interviewed[wave] = aligned["is_interviewed"].fill_null(False).to_numpy()
        answers[wave] = columns(aligned.drop("is_interviewed"))
    return Cohort(columns(roster)["firstid"], columns(roster), answers, interviewed)


def columns(frame: pl.DataFrame) -> dict[str, Texts]:
    """Return every column as an array of texts."""
    return {name: np.array(frame[name].to_list(), dtype=object) for name in frame.columns}


def numbers(values: Texts) -> Floats:
    """Return the numbers in delivered texts, a top code at its number; NaN where blank."""
    return np.array([np.nan if v is None else float(TOP_CODES.get(v, v)) for v in values])


def domain_values(cohort: Cohort) -> dict[str, Texts]:
    """Return everyone's value in every domain and margin, fixed at wave 1; None where it is not known."""
    first = cohort.answers[1]
    values = {domain: banded(numbers(first["age"]), bands) for domain, bands in AGE_GROUPS.items()}
    return values | {domain: first[domain] for domain in ("sex", "degree", "race", "region")}


def banded(age: Floats, bands: Sequence[tuple[int, int | None]]) -> Texts:
    """Return the name of the band each age falls in."""
    value = np.full(age.size, None, dtype=object)
    for low, high in bands:
        inside = (age >= low) & (age <= (np.inf if high is None else high))
        value[inside] = f"{low}+" if high is None else f"{low}-{high}"
    return value


def is_ineligible(cohort: Cohort, wave: int) -> Bools:
    """Return who had left the population by a wave: whoever left by wave 2 is out at wave 3 too."""
    out = np.zeros(cohort.person.size, dtype=bool)
    for earlier in range(2, wave + 1):
        status = cohort.roster[f"panstat_w{earlier}"]
        out |= np.array(["not Eligible" in (text or "") for text in status])
    return out


@dataclass(frozen=True)
class Design:
    """Whoever holds a weight, in strata and PSUs, and how u becomes the z whose total is the error."""

    weight: Floats  # (n,) 0 for everyone without it
    stratum: Integers  # (n,)
    psu: Integers  # (n,) unique over strata
    is_member: Bools  # (n,)
    linearise: Callable[[Floats], Floats]

    @cached_property
    def psus_of_strata(self) -> list[Integers]:
        """Return the PSUs of each stratum with a member in them."""
        stratum, psu = self.stratum[self.is_member], self.psu[self.is_member]
        return [np.unique(psu[stratum == one]) for one in np.unique(stratum)]

    def covariance(self, z: Floats, other: Floats) -> Floats:
        """Return column by column the covariance of two totals."""
        covariance = np.zeros(z.shape[1])
        for a, b in zip(self.deviations(z), self.deviations(other), strict=True):
            covariance += (a * b).sum(axis=0)
        return covariance

    def deviations(self, z: Floats) -> list[Floats]:
        """Return the PSU totals of z (PSUs, k) of the strata with one, two … PSUs about their stratum's mean.

        Scaled by n/(n − 1) once squared; those of a stratum with one PSU about 0, unscaled.
        """
        totals = np.zeros((self.psu.max() + 1, z.shape[1]))
        np.add.at(totals, self.psu[self.is_member], z[self.is_member])
        return [
            (of_strata - of_strata.mean(axis=1, keepdims=True) * (n > 1)).reshape(-1, z.shape[1])
            * np.sqrt(n / max(n - 1, 1))
            for n, of_strata in ((psus.shape[1], totals[psus]) for psus in self.strata_by_size)
        ]

    @cached_property
    def strata_by_size(self) -> list[Integers]:
        """Return the PSUs (strata, n) of the strata with n PSUs, for each n there is."""
        sizes = sorted({psus.size for psus in self.psus_of_strata})
        return [np.stack([psus for psus in self.psus_of_strata if psus.size == n]) for n in sizes]

    def standard_error(self, u: Floats) -> Floats:
        """Return the standard error of the estimates with linearised variables u (n, k)."""
        z = self.linearise(u)
        return np.sqrt(self.covariance(z, z))

    def degrees_of_freedom(self, mask: Bools) -> int:
        """Return the number of PSUs less the number of strata with somebody in the mask."""
        inside = mask & self.is_member
        return len(set(self.psu[inside])) - len(set(self.stratum[inside]))


def strata_and_psus(cohort: Cohort) -> tuple[Integers, Integers]:
    """Return codes of the strata, and of the PSUs nested in them."""
    strata = cohort.roster["vstrat_w1"].astype(str)
    psus = np.array([f"{s}/{p}" for s, p in zip(strata, cohort.roster["vpsu_w1"], strict=True)])
    return np.unique(strata, return_inverse=True)[1], np.unique(psus, return_inverse=True)[1]


def supplied_design(cohort: Cohort, column: str) -> Design:
    """Return the design of a delivered weight: everyone who holds it."""
    delivered = numbers(cohort.roster[column])
    weight = np.nan_to_num(delivered)
    return Design(weight, *strata_and_psus(cohort), ~np.isnan(delivered), lambda u: weight[:, None] * u)


def raked_design(cohort: Cohort) -> Design:
    """Return wave-3 respondents and the known ineligible raked to wave-1 totals, the ineligible dropped.

    The totals are themselves estimated from the starting sample, so u spreads over all of it:
    z = r g d e + d x'B with B fitted among those calibrated (r = 1).
    """
    start = cohort.roster["interviewed_w1"] == "1"
    base = np.where(start, np.nan_to_num(numbers(cohort.roster["wtssall_w1"])), 0.0)
    ineligible = is_ineligible(cohort, 3)
    phase_two = np.where(start & (cohort.interviewed[3] | ineligible), base, 0.0)
    indicators = margin_indicators(cohort, base)
    ratio = fitted_ratio(np.hstack(indicators), phase_two, base @ np.hstack(indicators))
    x = np.hstack([indicators[0], *(columns[:, 1:] for columns in indicators[1:])])  # of full rank
    weight = np.where(ineligible, 0.0, phase_two * ratio)
    cross = x.T @ (phase_two[:, None] * x)

    def linearise(u: Floats) -> Floats:
        fitted: Floats = x @ np.linalg.solve(cross, x.T @ (phase_two[:, None] * u))
        return (ratio * phase_two)[:, None] * (u - fitted) + base[:, None] * fitted

    return Design(weight, *strata_and_psus(cohort), start, linearise)


def margin_indicators(cohort: Cohort, base: Floats) -> list[Floats]:
    """Return for each margin a 0/1 column per category (n, categories)."""
    values = [filled(cohort, margin, base) for margin in MARGINS]
    return [np.column_stack([v == category for category in sorted(set(v))]).astype(float) for v in values]


def filled(cohort: Cohort, margin: str, base: Floats) -> Texts:
    """Return wave-1 categories; a missing age or degree counts as the one with most persons in its margin."""
    value = domain_values(cohort)[margin].copy()
    missing = np.array([v is None for v in value])
    if margin in COUNTED_AS_LARGEST and missing.any():
        persons = {category: base[value == category].sum() for category in set(value[~missing])}
        value[missing] = max(persons, key=lambda category: persons[category])
    return value


def fitted_ratio(x: Floats, base: Floats, totals: Floats) -> Floats:
    """Return the factor on each base weight after fitting one category after the other until all fit."""
    ratio = np.ones(base.size)
    for _ in range(10_000):
        for column, total in zip(x.T, totals, strict=True):
            inside = column > 0
            ratio[inside] *= total / (base * ratio)[inside].sum()
        if np.abs((base * ratio) @ x / totals - 1).max() < 1e-13:
            return ratio
    raise ArithmeticError("raking does not come to rest")
