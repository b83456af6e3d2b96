"""A discrete-time hazard model: which members leave, and when, all else alike, with design-based errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.contrasts import JointEstimates, Wald, wald_test
from pipeline.estimation.regression import Predictors, Regression, regression
from pipeline.retention.histories import PersonTimes

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

COEFFICIENT, TEST = "coefficient", "test"
COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("term", "kind", "domain", "domain_value"), pl.String),
    "time": pl.Int64,
    "reference": pl.String,
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "statistic"), pl.Float64),
    **dict.fromkeys(("numerator_df", "degrees_of_freedom"), pl.Int64),
    "p_value": pl.Float64,
    **dict.fromkeys(("n_person_waves", "n_exits"), pl.Int64),
    "variance_method": pl.String,
}


@dataclass(frozen=True)
class Factor:
    """A way to divide members, fixed at recruitment: codes (n,) among the values, -1 where it is not known."""

    domain: str
    values: tuple[str, ...]
    codes: Codes


@dataclass(frozen=True)
class _Term:
    """One column of the model: who it marks (m,), and what it is called."""

    name: str
    value: Array
    test: str  # the test it belongs to
    reference: str
    domain: str | None = None
    domain_value: str | None = None
    time: int | None = None


def hazard_model(
    design: SurveyDesign,
    rows: PersonTimes,
    factors: Sequence[Factor],
    *,
    by_time: bool = False,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return a logit of leaving on time since joining and factors, a row per coefficient and joint test, with COLUMNS.

    A row of the fit is a member at a wave at risk; members are clusters, in the PSUs of the design. Times and values
    that nobody or everybody left at have no finite coefficient and are left out. With `by_time` every value has its
    own course: a coefficient at each time, or along time where some cell has no exit.

    Raises:
        EstimationError: nothing can be fitted: nobody left, or the factors decide who does.

    Source: methodology C10; Singer and Willett (1993), J. Educational Statistics 18; Binder (1983) for the errors.
    """
    left = rows.cause == 0
    codes = [factor.codes[rows.row] for factor in factors]
    kept = _with_exits(left, [rows.time, *codes])
    terms = _time_terms(rows.time, kept)
    for factor, code in zip(factors, codes, strict=True):
        mains = _factor_terms(factor, code, kept)
        terms += mains + (_courses(factor, code, rows.time, mains, left, kept) if by_time else [])
    fit = regression(
        _person_wave_design(design, rows),
        left.astype(np.float64),
        Predictors(tuple(term.name for term in terms), np.column_stack([np.zeros((left.size, 0)), *_values(terms)])),
        kind="logit",
        domain=kept,
    )
    return _frame(fit, terms, int(left[kept].sum()), confidence)


def _values(terms: Sequence[_Term]) -> list[Array]:
    return [term.value[:, None] for term in terms]


def _person_wave_design(design: SurveyDesign, rows: PersonTimes) -> SurveyDesign:
    """Return the design of the rows: every member's rows in the member's PSU."""
    return SurveyDesign(
        weight=design.weight[rows.row],
        strata=design.structure.stratum[rows.row],
        psu=design.structure.psu[rows.row],
        lonely_psu=design.lonely_psu,
    )


def _with_exits(left: Mask, groupings: Sequence[Codes]) -> Mask:
    """Return the rows (m,) whose every group, known, holds both people who left and people who stayed."""
    kept: Mask = np.all([codes >= 0 for codes in groupings], axis=0)
    while True:
        before = int(kept.sum())
        for codes in groupings:
            size = np.bincount(codes[kept], minlength=int(codes.max(initial=-1)) + 1)
            exits = np.bincount(codes[kept & left], minlength=size.size)
            is_mixed = (exits > 0) & (exits < size)
            kept &= np.append(is_mixed, False)[codes]
        if int(kept.sum()) == before:
            return kept


def _time_terms(time: Codes, kept: Mask) -> list[_Term]:
    """Return a column for every time but the first one kept."""
    times = np.unique(time[kept]).tolist()
    return [
        _Term(f"wave {at + 1}", (time == at).astype(np.float64), "wave", f"wave {times[0] + 1}", time=at + 1)
        for at in times[1:]
    ]


def _factor_terms(factor: Factor, code: Codes, kept: Mask) -> list[_Term]:
    """Return a column for every value of a factor but the first one kept."""
    values = np.unique(code[kept]).tolist()
    return [
        _Term(
            f"{factor.domain} {factor.values[one]}",
            (code == one).astype(np.float64),
            factor.domain,
            factor.values[values[0]],
            factor.domain,
            factor.values[one],
        )
        for one in values[1:]
    ]


def _courses(factor: Factor, code: Codes, time: Codes, mains: Sequence[_Term], left: Mask, kept: Mask) -> list[_Term]:
    """Return what lets every value of a factor have its own course over time."""
    times = np.unique(time[kept]).tolist()
    if len(times) < 2:
        return []
    width = max(times) + 1
    cell = code * width + time
    size = np.bincount(cell[kept], minlength=1)
    exits = np.bincount(cell[kept & left], minlength=size.size)
    is_full = not ((size > 0) & ((exits == 0) | (exits == size))).any()
    if is_full:
        return [
            _at(factor, main, f"at wave {at + 1}", (time == at).astype(np.float64), f"wave {times[0] + 1}", at + 1)
            for main in mains
            for at in times[1:]
        ]
    return [_at(factor, main, "a wave", time.astype(np.float64), "no change", None) for main in mains]


def _at(factor: Factor, main: _Term, when: str, value: Array, reference: str, time: int | None) -> _Term:
    name, test = f"{main.name} {when}", f"{factor.domain} by wave"
    return _Term(
        name, main.value * value, test, f"{main.reference}, {reference}", factor.domain, main.domain_value, time
    )


def _frame(fit: Regression, terms: Sequence[_Term], n_exits: int, confidence: float) -> pl.DataFrame:
    """Return the coefficients, the constant first, then the tests."""
    table = fit.table(confidence=confidence)
    named = {term.name: term for term in terms}
    rows = []
    for row in table.iter_rows(named=True):
        term = named.get(row["term"])
        about = {name: getattr(term, name) for name in ("domain", "domain_value", "time", "reference")} if term else {}
        statistic = row["estimate"] / row["standard_error"] if row["standard_error"] else None
        rows.append({**row, **about, "kind": COEFFICIENT, "statistic": statistic})
    for name in dict.fromkeys(term.test for term in terms):
        test = _test(fit, [term.name for term in terms if term.test == name])
        domain = next((term.domain for term in terms if term.test == name), None)
        about = {"term": name, "kind": TEST, "domain": domain, "p_value": test.p_value, "statistic": test.f}
        rows.append({**about, "numerator_df": test.numerator_df, "degrees_of_freedom": test.denominator_df})
    common = {"n_person_waves": fit.unweighted_n, "n_exits": n_exits, "variance_method": fit.variance_method}
    return pl.DataFrame([{**row, **common} for row in rows], schema=COLUMNS)


def _test(fit: Regression, names: Sequence[str]) -> Wald:
    """Return the F test that these coefficients are all 0."""
    values, vectors = np.linalg.eigh(fit.covariance)
    joint = JointEstimates(
        keys=pl.DataFrame({"term": fit.terms}),
        estimate=fit.coefficient,
        deviations=vectors * np.sqrt(np.maximum(values, 0.0)),
        degrees_of_freedom=np.full(fit.coefficient.size, fit.degrees_of_freedom),
        srs_variance=np.zeros(fit.coefficient.size),
    )
    contrasts = np.array([[float(term == name) for term in fit.terms] for name in names])
    return wald_test(joint, contrasts)
