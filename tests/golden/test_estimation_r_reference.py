"""R's survey, live, on what is made of estimates: lonely PSUs, intervals, quantiles, tests, contrasts, regression.

60 random designs: every policy for strata with one PSU (and strata that have one only within the domain), with and
without a finite population, raked or not. R is asked at the same definitions; where its own differ:

- lonely_psu `adjust`: R leaves a lonely PSU's total uncentred, we centre it at the mean of all PSU totals (methodology
  C4). Those of means, shares and coefficients add up to 0, so both are the same; those of totals and of calibration
  residuals do not, and are not asked.
- lonely_psu `average`: R spreads the mean variance over the strata that it finds in a domain: after calibration all of
  them, as we always do, but without calibration only those where somebody of the domain lives. Not asked.
- Korn-Graubard: R does not cap the effective n at n, we do; here the cap is off. In a domain of calibrated weights R
  takes the n of the whole sample for the domain's. Not asked.
- svyglm keeps the information of its last step but one and svyolr stops early: both are told to converge. What
  svyolr takes from finite differences of the score is good for six digits; so the same likelihood is also maximised
  in R with its exact derivatives, and survey gives the variance of the influences' total. The multinomial model,
  which survey does not have (svyVGAM is not in Debian), is asked the same way.
- A share below the smallest number's own: we read it back as the smallest number, R as the second. Not asked.
- A quantile whose share below reaches past 0 or 1: no limit in R, and none here.
"""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.contrasts import contrast_test, joint_estimates, wald_test
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items, estimate_quantiles
from pipeline.estimation.intervals import proportion_interval
from pipeline.estimation.regression import Predictors, regression
from pipeline.estimation.tests import rao_scott
from pipeline.weighting.calibration import rake

SCRIPT = Path(__file__).with_name("r_reference_statistics.R")
POLICIES = ("fail", "certainty", "adjust", "average")
EACH = 15
CLOSE, CLOSE_ERRORS = 1e-9, 1e-7
QUESTIONS = 90 + 2 * 6 + 2 * 12
ITERATED = 2e-6  # svyolr takes its information from finite differences of the score
Answers = dict[str, float]


@dataclass(frozen=True)
class Case:
    """One random sample and its design."""

    number: int
    lonely: str
    has_fpc: bool
    is_calibrated: bool

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Return the sample; under a policy that allows it one or two strata have a single PSU."""
        rng = np.random.default_rng([20261125, self.number])
        psus = rng.integers(2, 6, int(rng.integers(4, 7)))
        if self.lonely != "fail":
            psus[: int(rng.integers(1, 3))] = 1
        stratum = np.repeat(np.arange(psus.size), psus)
        psu = np.repeat(np.arange(stratum.size), rng.integers(15, 30, stratum.size))
        h, n = stratum[psu], psu.size
        a, b = rng.choice(3, n, p=(0.4, 0.3, 0.3)), rng.integers(0, 2, n)
        effect = rng.normal(0, 0.4, stratum.size)[psu]
        z = rng.normal(0, 1, n)
        x = 10 + 2 * z + a + rng.normal(0, 2, n) + effect
        in_psu = rng.random(stratum.size) < 0.6  # so that strata are lonely within the domain
        return pl.DataFrame(
            {
                "case": self.number,
                "stratum": h,
                "psu": psu,
                "fpc": (psus + rng.integers(1, 40, psus.size))[h],
                "w": rng.gamma(4, 10, n) + 5 * h + 1,
                "a": a,
                "b": b,
                "dom": ((rng.random(n) < 0.7) & in_psu[psu]).astype(int),
                "y": (rng.normal(0, 1, n) + effect + 0.3 * a + 0.4 * z > 0).astype(int),
                "q": np.digitize(x + rng.normal(0, 2, n), [8.0, 10.0, 12.0]),
                "x": x,
                "z": z,
            }
        )

    def column(self, name: str) -> np.ndarray:
        return self.rows[name].to_numpy().astype(np.float64)

    @cached_property
    def design(self) -> SurveyDesign:
        weight, calibration = self.column("w"), None
        if self.is_calibrated:
            a, b = (self.rows[name].to_numpy().astype(np.int64) for name in ("a", "b"))
            levels = np.column_stack([a, b])
            totals = [1.1 * np.bincount(a, weight), 1.1 * np.bincount(b, weight)]
            totals[0][1:] *= (0.97, 1.04)
            totals[1][1:] *= 1.02
            for total in totals:
                total[0] = 1.1 * weight.sum() - total[1:].sum()
            calibration = Calibration(weight, levels)
            weight = rake(weight, levels, totals, tolerance=1e-13).weight
        stratum, psu = (self.rows[name].to_numpy().astype(np.int64) for name in ("stratum", "psu"))
        fpc = self.column("fpc") if self.has_fpc else None
        return SurveyDesign(weight, stratum, psu, fpc, calibration, self.lonely)

    @property
    def smallest(self) -> float:
        """Return the smallest x in the domain."""
        return float(self.column("x")[self.column("dom") == 1].min())

    @cached_property
    def answers(self) -> Answers:
        """Return our answers to what R is asked."""
        found: Answers = {}
        for name, mask in (("all", np.ones(self.rows.height, np.bool_)), ("domain", self.column("dom") == 1)):
            found |= {f"{name} {what}": value for what, value in self._estimated(DomainMask(name, "", mask)).items()}
        return found | self._of_everyone() | self._regressions()

    def _estimated(self, domain: DomainMask) -> Answers:
        """Return estimates, limits and degrees of freedom in a domain."""
        y = ItemValues("y", codes=self.column("y").astype(np.int64), categories=("no", "yes"))
        x = ItemValues("x", number=self.column("x"))
        share, mean = (estimate_items(self.design, [item], [domain]).row(-1, named=True) for item in (y, x))
        beta = proportion_interval(
            *(np.array([share[name]], float) for name in ("estimate", "standard_error", "degrees_of_freedom")),
            unweighted_n=np.array([self.rows.height if domain.domain == "all" else int(domain.mask.sum())]),
            kish_n=np.ones(1),
            method="korn-graubard",
            capped=False,
        )
        found: Answers = {
            "freedom": share["degrees_of_freedom"],
            "share": share["estimate"],
            "share_error": share["standard_error"],
            "logit_low": share["ci_low"],
            "logit_high": share["ci_high"],
            "beta_low": beta[0][0],
            "beta_high": beta[1][0],
            "mean": mean["estimate"],
            "mean_error": mean["standard_error"],
            "mean_low": mean["ci_low"],
            "mean_high": mean["ci_high"],
        }
        quantiles = estimate_quantiles(self.design, [x], [domain], q=(0.25, 0.5, 0.9))
        names = {"estimate": "_at", "ci_low": "_low", "ci_high": "_high", "standard_error": "_error"}
        for row in quantiles.iter_rows(named=True):
            found |= {f"quantile{end}{row['category']}": row[name] for name, end in names.items()}
        median = estimate_quantiles(self.design, [x], [domain], interval="normal").row(0, named=True)
        return found | {f"median{end}": median[name] for name, end in names.items() if end != "_at"}

    def _of_everyone(self) -> Answers:
        """Return tests of independence and of differences between groups."""
        y = ItemValues("y", codes=self.column("y").astype(np.int64), categories=("no", "yes"))
        a = ItemValues("a", codes=self.column("a").astype(np.int64), categories=("0", "1", "2"))
        test = rao_scott(self.design, y, a)
        groups = [DomainMask("a", str(code), self.column("a") == code) for code in range(3)]
        joint = joint_estimates(self.design, [ItemValues("x", number=self.column("x"))], groups)
        contrast = contrast_test(joint, np.array([1.0, -1.0, 0.0]))
        wald = wald_test(joint, np.array([[1.0, 0, -1], [0, 1, -1]]))
        freedom = wald.denominator_df + wald.numerator_df - 1
        return {
            "rao_f": test.f,
            "rao_numerator": test.numerator_df,
            "rao_denominator": test.denominator_df,
            "rao_p": test.p_value,
            "first_chi": test.chi_square,  # R prints Pearson's and corrects only its p value
            "first_p": test.first_order_p_value,
            "contrast": contrast.estimate,
            "contrast_error": contrast.standard_error,
            "wald": wald.f * wald.numerator_df * freedom / wald.denominator_df,
        }

    def _regressions(self) -> Answers:
        """Return the coefficients of four models and their errors."""
        a = self.column("a")
        predictors = Predictors(("a1", "a2", "z"), np.column_stack([a == 1, a == 2, self.column("z")]).astype(float))
        found: Answers = {}
        models = {
            "linear": ("linear", "x"),
            "logit": ("logit", "y"),
            "odds": ("proportional_odds", "q"),
            "exact_odds": ("proportional_odds", "q"),
            "multinomial": ("multinomial", "q"),
        }
        for name, (kind, outcome) in models.items():
            fit = regression(self.design, self.column(outcome), predictors, kind=kind)
            for place, (coefficient, error) in enumerate(zip(fit.coefficient, fit.standard_error, strict=True), 1):
                found |= {f"{name} coefficient {place}": coefficient, f"{name} error {place}": error}
            if name == "linear":
                found["glm_freedom"] = fit.degrees_of_freedom
        return found


@cache
def all_cases() -> list[Case]:
    kinds = [(policy, one % 2 == 0, one % 3 == 0) for policy in POLICIES for one in range(EACH)]
    return [Case(number, *kind) for number, kind in enumerate(kinds, start=1)]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return every answer of ours beside R's: case, what, value, value_r."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed here; with it (Debian: r-base-core r-cran-survey) its survey package is asked")
    if subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, check=False).returncode:
        pytest.skip("R's survey package is not installed here (Debian: r-cran-survey)")
    folder, cases = tmp_path_factory.mktemp("r_statistics"), all_cases()
    pl.concat([case.rows for case in cases]).write_csv(folder / "rows.csv")
    described = [
        {
            "case": case.number,
            "lonely": case.lonely,
            "fpc": str(case.has_fpc).upper(),
            "calibrated": str(case.is_calibrated).upper(),
        }
        for case in cases
    ]
    pl.DataFrame(described).write_csv(folder / "cases.csv")
    subprocess.run(["Rscript", str(SCRIPT), str(folder)], check=True, capture_output=True, text=True)
    theirs = pl.read_csv(folder / "answers.csv", schema_overrides={"value": pl.String})
    theirs = theirs.with_columns(value=pl.col("value").cast(pl.Float64, strict=False).fill_nan(None))
    ours = [
        {"case": case.number, "what": what, "value": value} for case in cases for what, value in case.answers.items()
    ]
    found = pl.DataFrame(ours, schema={"case": pl.Int64, "what": pl.String, "value": pl.Float64}).fill_nan(None)
    return found.join(theirs, on=["case", "what"], how="full", suffix="_r", coalesce=True)


# what R is not asked, because it is different on purpose: pattern, lonely policy (any if empty), whether calibrated
OTHER_IN_R = (
    (r"(error|low|high|^rao|^first|^wald)", "adjust", True),
    (r"^domain .*(error|low|high)", "average", False),
    (r"^domain beta", "", True),
)


def asked_of_both(compared: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Return the answers on these questions, without those where R means something else."""
    designs = [(case.number, case.lonely, case.is_calibrated) for case in all_cases()]
    named = pl.DataFrame(designs, schema=["case", "lonely", "is_calibrated"], orient="row")
    asked = compared.filter(pl.col("what").str.contains(pattern)).join(named, on="case", validate="m:1")
    for other, lonely, is_calibrated in OTHER_IN_R:
        is_of_policy = pl.col("lonely").str.contains(f"^{lonely}")
        is_other = pl.col("what").str.contains(other) & is_of_policy & (pl.col("is_calibrated") == is_calibrated)
        asked = asked.filter(~is_other)
    smallest = [case.number for case in all_cases() if case.smallest in case.answers.values()]
    assert len(smallest) < 5
    is_of_smallest = pl.col("case").is_in(smallest) & pl.col("what").str.contains("domain (quantile|median)")
    return asked.filter(~is_of_smallest)


def disagreements(asked: pl.DataFrame, tolerance: float) -> pl.DataFrame:
    """Return the answers that are not the same; without a value on either side they are."""
    both_open = pl.col("value").is_null() & pl.col("value_r").is_null()
    is_close = ((pl.col("value") - pl.col("value_r")).abs() <= tolerance * pl.col("value_r").abs()).fill_null(False)
    apart = asked.filter(~(both_open | is_close))
    return apart.sort((pl.col("value") / pl.col("value_r") - 1).abs(), descending=True)


def test_r_was_asked_everything(compared: pl.DataFrame) -> None:
    assert compared.group_by("case").len()["len"].unique().to_list() == [QUESTIONS]


@pytest.mark.parametrize(
    ("pattern", "tolerance"),
    [
        (r"^(all|domain) freedom$", 0.0),
        (r"^(all|domain) (share|mean)$", CLOSE),
        (r"^(all|domain) (share|mean)_error$", CLOSE_ERRORS),
        (r"^(all|domain) (logit|beta|mean)_(low|high)$", CLOSE_ERRORS),
        (r"^(all|domain) quantile", CLOSE_ERRORS),
        (r"^(all|domain) median", CLOSE_ERRORS),
        (r"^rao_", CLOSE_ERRORS),
        (r"^first_", CLOSE_ERRORS),
        (r"^(contrast|wald)", CLOSE_ERRORS),
        (r"^glm_freedom$", 0.0),
        (r"^(linear|logit) coefficient", CLOSE),
        (r"^(linear|logit) error", CLOSE_ERRORS),
        (r"^odds error", ITERATED),
        (r"^(exact_odds|multinomial) coefficient", CLOSE),
        (r"^(exact_odds|multinomial) error", CLOSE_ERRORS),
    ],
)
def test_answers_agree_with_r(compared: pl.DataFrame, pattern: str, tolerance: float) -> None:
    asked = asked_of_both(compared, pattern)
    assert asked["case"].n_unique() >= len(all_cases()) - EACH
    apart = disagreements(asked, tolerance)
    assert apart.is_empty(), apart


def test_proportional_odds_agree_with_r_to_a_millionth_of_their_errors(compared: pl.DataFrame) -> None:
    # R's BFGS stops about there: coefficients near 0 have no nine digits
    odds = compared.filter(pl.col("what").str.starts_with("odds"))
    error = odds.filter(pl.col("what").str.contains("error")).with_columns(
        what=pl.col("what").str.replace("error", "coefficient")
    )
    both = odds.join(error, on=["case", "what"], suffix="_error", validate="1:1")
    assert both.height == len(all_cases()) * 6
    assert ((both["value"] - both["value_r"]).abs() / both["value_error"]).max() < 1e-5
