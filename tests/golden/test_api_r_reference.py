"""The public sample of schools that R's survey brings along (api, apiclus1): figures of methodology D, and R's own.

The data stay R's: they are read from its installation while the test runs.
"""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.weighting.calibration import CalibrationOptions, calibrate
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import repeated_replicates, uncalibrated_replicates
from pipeline.weighting.targets import Targets, unnamed_targets

GOLDEN = 1e-8  # relative; the figures have nine digits
STYPE, WIDE = {"E": 4421.0, "H": 755.0, "M": 1018.0}, {"No": 1072.0, "Yes": 5122.0}
API99 = 3914069.0
EXACT = CalibrationOptions("raking", tolerance=1e-12)


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return apiclus1: 183 schools of 15 districts."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed here; with it (Debian: r-base-core r-cran-survey) its data are read")
    file = tmp_path_factory.mktemp("api") / "apiclus1.csv"
    program = f"library(survey); data(api); write.csv(apiclus1, '{file}', row.names = FALSE)"
    if subprocess.run(["Rscript", "-e", program], capture_output=True, check=False).returncode:
        pytest.skip("R's survey package is not installed here (Debian: r-cran-survey)")
    return pl.read_csv(file, null_values="NA")


def numbers(schools: pl.DataFrame, column: str) -> np.ndarray:
    return schools[column].to_numpy().astype(np.float64)


def levels(schools: pl.DataFrame, *margins: tuple[str, dict[str, float]]) -> np.ndarray:
    return np.column_stack([schools[column].replace_strict(list(of), range(len(of))) for column, of in margins])


def mean_and_error(design: SurveyDesign, value: np.ndarray) -> tuple[float, float]:
    everyone = [DomainMask("all", "all", np.ones(value.size, np.bool_))]
    row = estimate_items(design, [ItemValues("api", number=value)], everyone)
    return row["estimate"][0], row["standard_error"][0]


def near(value: tuple[float, float]) -> tuple[float, float]:
    return pytest.approx(value, rel=GOLDEN)  # type: ignore[no-any-return]


def plain(schools: pl.DataFrame) -> SurveyDesign:
    return SurveyDesign(numbers(schools, "pw"), psu=schools["dnum"].to_numpy())


def test_the_mean_of_a_cluster_sample(schools: pl.DataFrame) -> None:
    assert mean_and_error(plain(schools), numbers(schools, "api00")) == near((644.169399, 23.7790107))


def test_raked_to_two_margins(schools: pl.DataFrame) -> None:
    base, codes = numbers(schools, "pw"), levels(schools, ("stype", STYPE), ("sch.wide", WIDE))
    targets = unnamed_targets([np.array(list(STYPE.values())), np.array(list(WIDE.values()))])
    weight = calibrate(base, codes, targets, EXACT).weight
    design = SurveyDesign(weight, psu=schools["dnum"].to_numpy(), calibration=Calibration(base, levels=codes))
    assert mean_and_error(design, numbers(schools, "api00")) == near((641.230321, 23.9420099))


def regressed(schools: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, Targets]:
    """Return the codes, auxiliary and targets of the calibration to school types and the total of api99."""
    labels = tuple(STYPE)
    targets = Targets(("stype",), (labels,), (np.array(list(STYPE.values())),), ("api99",), (API99,))
    return levels(schools, ("stype", STYPE)), numbers(schools, "api99")[:, None], targets


def test_calibrated_to_a_numeric_total(schools: pl.DataFrame) -> None:
    base, (codes, auxiliaries, targets) = numbers(schools, "pw"), regressed(schools)
    weight = calibrate(base, codes, targets, CalibrationOptions("linear"), auxiliaries=auxiliaries).weight
    calibration = Calibration(base, levels=codes, auxiliaries=auxiliaries)
    design = SurveyDesign(weight, psu=schools["dnum"].to_numpy(), calibration=calibration)
    assert mean_and_error(design, numbers(schools, "api00")) == near((665.309071, 3.47636766))
    taken_as_fixed = SurveyDesign(weight, psu=schools["dnum"].to_numpy())
    assert mean_and_error(taken_as_fixed, numbers(schools, "api00"))[1] == pytest.approx(22.5592234, rel=GOLDEN)


def test_jackknife_calibrated_anew(schools: pl.DataFrame) -> None:
    codes, auxiliaries, targets = regressed(schools)
    start = plain(schools)

    def calibrated(base: np.ndarray) -> np.ndarray:
        return calibrate(base, codes, targets, CalibrationOptions("linear"), auxiliaries=auxiliaries).weight

    drawn = uncalibrated_replicates(start.weight, replicate_factors(start, ReplicatePlan("jk1")))
    made = replace(repeated_replicates(drawn, calibrated), centre="replicates")  # R's default
    design = SurveyDesign(calibrated(start.weight), psu=start.psu, replicates=made)
    assert mean_and_error(design, numbers(schools, "api00")) == near((665.309071, 3.98250873))


def test_change_between_two_years(schools: pl.DataFrame) -> None:
    years = [
        WaveAnswers(
            plain(schools),
            np.arange(schools.height),
            [ItemValues("api", number=numbers(schools, column))],
            [DomainMask("all", "all", np.ones(schools.height, np.bool_))],
        )
        for column in ("api99", "api00")
    ]
    row = net_change(*years)
    assert (row["change"][0], row["standard_error"][0]) == near((37.1912568, 3.11622554))
