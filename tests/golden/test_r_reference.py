"""R's survey, live: 282 random designs, estimates equal to 1e-9 and standard errors to 1e-7 (relative).

Designs have strata, clusters, unequal weights, domains, with and without first-stage FPC. Weights are as drawn or
calibrated: linear, raking, logit with bounds; post-stratified to a crossed margin; raked to a crossed margin beside
another; to the total of a number; linear and raking cut off at bounds that hold some people. Variances come from
linearisation and from JK1, JKn (with FPC too), BRR, Fay and bootstrap replicates, calibrated anew in each where the
design is. Replicates that are drawn (bootstrap) or chosen (BRR, Fay: another Hadamard matrix is as good) are ours,
supplied to R, since two sets of draws are two answers; R gives BRR and Fay no FPC.

Where R is deliberately different and therefore not asked: a lonely PSU under `adjust` is centred at 0 by R, at the
grand mean of PSU totals here (the same for means); R does not cap Korn-Graubard's effective n, and neither do we.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import WeightingError
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items, estimate_ratios, estimate_totals
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    calibrated_replicates,
    repeated_replicates,
    uncalibrated_replicates,
)
from pipeline.weighting.targets import Targets

SCRIPT = Path(__file__).with_name("r_reference.R")
ESTIMATES_AGREE, ERRORS_AGREE = 1e-9, 1e-7
BOOTSTRAP_REPLICATES = 60
KINDS = ("jk1", "jkn", "brr", "fay", "bootstrap")
TWO_PSUS = ("brr", "fay")
WIDE, TIGHT = (0.3, 3.0), "tight"  # tight: so that some people are held at a bound


@dataclass(frozen=True)
class Calibrated:
    """How weights are calibrated, and to what."""

    method: str
    margins: tuple[str, ...] = ("a", "b")
    has_number: bool = False  # the total of z, too
    bounds: tuple[float, float] | str | None = None


CALIBRATIONS = {
    "none": None,
    "linear": Calibrated("linear"),
    "raking": Calibrated("raking"),
    "logit": Calibrated("logit", bounds=WIDE),
    "poststratify": Calibrated("poststratify", ("ab",)),
    "crossed": Calibrated("raking", ("ab", "d")),
    "number linear": Calibrated("linear", has_number=True),
    "number raking": Calibrated("raking", has_number=True),
    "number logit": Calibrated("logit", has_number=True, bounds=WIDE),
    "bounded linear": Calibrated("linear", has_number=True, bounds=TIGHT),
    "bounded raking": Calibrated("raking", has_number=True, bounds=TIGHT),
}
# designs of each kind of calibration, replicates ("none": linearisation) and whether the population is finite
EACH: list[tuple[Sequence[str], Sequence[str], Sequence[bool], int]] = [
    (("none", "linear", "raking", "logit"), ("none",), (False, True), 10),
    (tuple(CALIBRATIONS)[4:], ("none",), (False, True), 5),
    (("none", "raking"), KINDS, (False,), 8),
    (("none", "raking"), ("jk1", "jkn", "bootstrap"), (True,), 4),
    (("poststratify", "crossed"), ("jkn", "bootstrap"), (False,), 4),
    (("number linear", "number raking"), ("jk1", "jkn"), (False,), 3),
]


@dataclass(frozen=True)
class Case:
    """One random sample and how it is to be analysed."""

    number: int
    calibration: str
    replicates: str  # or "none": linearisation
    has_fpc: bool

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Return the sample: two margins a and b, a domain, an answer y and numbers x and z that depend on them."""
        rng = np.random.default_rng([20261123, self.number])
        n_strata = 1 if self.replicates == "jk1" else int(rng.integers(2, 6))
        psus = np.full(n_strata, 2) if self.replicates in TWO_PSUS else rng.integers(2, 6, n_strata)
        if self.replicates == "jk1":
            psus = rng.integers(8, 16, 1)
        stratum = np.repeat(np.arange(n_strata), psus)
        sizes = rng.integers(14, 30, stratum.size)
        psu = np.repeat(np.arange(stratum.size), sizes)
        h = stratum[psu]
        n = psu.size
        a, b = rng.choice(3, n, p=(0.4, 0.3, 0.3)), rng.integers(0, 2, n)
        effect = rng.normal(0, 0.4, stratum.size)[psu]
        y = (rng.normal(0, 1, n) + effect + 0.3 * a - 0.2 * b > 0).astype(int)
        z = rng.gamma(3, 2, n) + 1
        dom = (rng.random(n) < 0.35).astype(int)
        return pl.DataFrame(
            {
                "case": self.number,
                "stratum": h,
                "psu": psu,
                "fpc": (psus + rng.integers(1, 40, n_strata))[h],
                "w": rng.gamma(4, 10, n) + 5 * h + 1,
                "a": a,
                "b": b,
                "ab": 2 * a + b,
                "dom": dom,
                "d": dom,
                "y": y,
                "x": 1.5 * z + 2 * y + rng.normal(0, 1, n) + effect,
                "z": z,
            }
        )

    @property
    def how(self) -> Calibrated:
        found = CALIBRATIONS[self.calibration]
        assert found is not None
        return found

    @cached_property
    def targets(self) -> Targets:
        """Return population totals near the weighted ones; those of margins add up to the same."""
        rng = np.random.default_rng([20261124, self.number])
        w = self.rows["w"].to_numpy()
        sums = [np.bincount(self.rows[name].to_numpy(), w) for name in self.how.margins]
        moved = [one * rng.uniform(0.93, 1.08, one.size) for one in sums]
        totals = tuple(one * (w.sum() * 1.02 / one.sum()) for one in moved)
        labels = tuple(tuple(map(str, range(one.size))) for one in totals)
        number = (float(w @ self.rows["z"].to_numpy()) * 1.02 * rng.uniform(0.98, 1.02),)
        has_number = self.how.has_number
        return Targets(self.how.margins, labels, totals, ("z",) * has_number, number * has_number)

    @cached_property
    def levels(self) -> np.ndarray:
        return self.rows.select(self.how.margins).to_numpy().astype(np.int64)

    @cached_property
    def auxiliaries(self) -> np.ndarray | None:
        return self.rows.select("z").to_numpy() if self.how.has_number else None

    def weighted(self, base: np.ndarray, options: CalibrationOptions) -> CalibrationResult:
        return calibrate(base, self.levels, self.targets, options, auxiliaries=self.auxiliaries)

    @cached_property
    def options(self) -> CalibrationOptions:
        """Return the calibration to machine precision, as R is asked for it."""
        plain = CalibrationOptions(self.how.method, tolerance=1e-12)
        if not isinstance(self.how.bounds, str):
            return replace(plain, bounds=self.how.bounds)
        ratio = self.weighted(self.base_design.weight, plain).ratio
        for share in (0.6, 0.7, 0.8, 0.9, 0.95):
            bounds = 1 - share * (1 - ratio.min()), 1 + share * (ratio.max() - 1)
            try:
                held = self.weighted(self.base_design.weight, replace(plain, bounds=bounds)).ratio
            except WeightingError:
                continue
            assert np.isin(held, bounds).any()
            return replace(plain, bounds=bounds)
        raise AssertionError("no bounds hold some people and leave a solution")

    @cached_property
    def base_design(self) -> SurveyDesign:
        """Return the design before calibration."""
        columns = {name: self.rows[name].to_numpy() for name in ("stratum", "psu", "fpc", "w")}
        return SurveyDesign(
            weight=columns["w"],
            strata=columns["stratum"],
            psu=columns["psu"],
            fpc=columns["fpc"].astype(float) if self.has_fpc else None,
        )

    @cached_property
    def drawn(self):
        """Return the replicates before calibration."""
        plan = ReplicatePlan(self.replicates, n_replicates=BOOTSTRAP_REPLICATES, seed=self.number)
        return uncalibrated_replicates(self.base_design.weight, replicate_factors(self.base_design, plan))

    @cached_property
    def design(self) -> SurveyDesign:
        """Return the design to estimate from."""
        base = self.base_design
        replicates = None if self.replicates == "none" else self.drawn
        if self.calibration == "none":
            return replace(base, replicates=replicates)
        weight = self.weighted(base.weight, self.options).weight
        if replicates is not None and self.how.has_number:
            replicates = repeated_replicates(replicates, lambda one: self.weighted(one, self.options).weight)
        elif replicates is not None:
            replicates = calibrated_replicates(replicates, self.levels, CalibrationPlan(self.targets, self.options))
        calibration = Calibration(base.weight, levels=self.levels, auxiliaries=self.auxiliaries)
        return replace(base, weight=weight, calibration=calibration, replicates=replicates)

    @property
    def answers(self) -> pl.DataFrame:
        """Return our answers to what R is asked."""
        columns = self.rows
        domains = [
            DomainMask("all", "all", np.ones(columns.height, np.bool_)),
            DomainMask("dom", "1", columns["dom"].to_numpy() == 1),
        ]
        y = ItemValues("y", codes=columns["y"].to_numpy().astype(np.int64), categories=("no", "yes"))
        x, z = (ItemValues(name, number=columns[name].to_numpy()) for name in ("x", "z"))
        shown = {"all": "", "dom": " in domain"}
        tables = {
            "share": estimate_items(self.design, [y], domains).filter(category="yes"),
            "mean": estimate_items(self.design, [x], domains),
            "total": estimate_totals(self.design, [x], domains),
            "count": estimate_totals(self.design, [y], domains[:1]).filter(category="yes"),
            "ratio": estimate_ratios(self.design, [x], z, domains),
        }
        return pl.concat(
            table.select(
                pl.lit(self.number).alias("case"),
                (pl.lit(name) + pl.col("domain").replace_strict(shown)).alias("what"),
                "estimate",
                "standard_error",
            )
            for name, table in tables.items()
        )


def all_cases() -> list[Case]:
    kinds = [
        (calibration, kind, fpc)
        for calibrations, of_kinds, populations, times in EACH
        for calibration in calibrations
        for kind in of_kinds
        for fpc in populations
        for _ in range(times)
    ]
    return [Case(number, *kind) for number, kind in enumerate(kinds, start=1)]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return every answer of ours beside R's."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed here; with it (Debian: r-base-core r-cran-survey) its survey package is asked")
    if subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, check=False).returncode:
        pytest.skip("R's survey package is not installed here (Debian: r-cran-survey)")
    folder = tmp_path_factory.mktemp("r_reference")
    cases = all_cases()
    write_cases(folder, cases)
    subprocess.run(["Rscript", str(SCRIPT), str(folder)], check=True, capture_output=True, text=True)
    theirs = pl.read_csv(folder / "answers.csv")
    return pl.concat([case.answers for case in cases]).join(theirs, on=("case", "what"), suffix="_r", validate="1:1")


def described(case: Case) -> dict[str, object]:
    is_calibrated = case.calibration != "none"
    lower, upper = (case.options.bounds if is_calibrated else None) or ("NA", "NA")
    return {
        "case": case.number,
        "method": case.how.method if is_calibrated else "none",
        "lower": str(lower),
        "upper": str(upper),
        "replicates": case.replicates,
        "fpc": str(case.has_fpc).upper(),
        "n_replicates": BOOTSTRAP_REPLICATES,
    }


def totals_of(case: Case) -> list[dict[str, object]]:
    targets = case.targets
    margins = [
        {"case": case.number, "margin": margin, "category": code, "persons": float(persons)}
        for margin, column in zip(targets.names, targets.totals, strict=True)
        for code, persons in enumerate(column)
    ]
    numbers = zip(targets.auxiliary_names, targets.auxiliary_totals, strict=True)
    return margins + [{"case": case.number, "margin": name, "category": None, "persons": one} for name, one in numbers]


def write_cases(folder: Path, cases: list[Case]) -> None:
    pl.concat([case.rows for case in cases]).write_csv(folder / "rows.csv")
    pl.DataFrame([described(case) for case in cases], infer_schema_length=None).write_csv(folder / "cases.csv")
    totals = [one for case in cases if case.calibration != "none" for one in totals_of(case)]
    pl.DataFrame(totals, infer_schema_length=None).write_csv(folder / "totals.csv", null_value="NA")
    for case in cases:
        if case.replicates in {"brr", "fay", "bootstrap"}:
            columns = case.drawn.weights()
            frame = pl.DataFrame(columns, schema=[f"r{number}" for number in range(columns.shape[1])])
            frame.write_csv(folder / f"replicates_{case.number}.csv")


def test_there_are_at_least_two_hundred_designs_of_every_kind() -> None:
    cases = all_cases()
    assert len(cases) >= 200
    assert {case.calibration for case in cases} == set(CALIBRATIONS)
    assert {case.replicates for case in cases} == {"none", *KINDS}


def test_estimates_agree_with_r_to_nine_digits(compared: pl.DataFrame) -> None:
    gap = ((compared["estimate"] - compared["estimate_r"]) / compared["estimate_r"]).abs()
    assert compared.height == len(all_cases()) * 9
    assert gap.max() < ESTIMATES_AGREE, compared.filter(gap >= ESTIMATES_AGREE)


def test_standard_errors_agree_with_r_to_seven_digits(compared: pl.DataFrame) -> None:
    gap = ((compared["standard_error"] - compared["se"]) / compared["se"]).abs()
    assert gap.max() < ERRORS_AGREE, compared.filter(gap >= ERRORS_AGREE)
