"""Designs and answers of the golden people, in one line each."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues
from tests.golden.data import PSUS_IN_POPULATION, age_and_sex_levels, codes, column, golden_people

Array = NDArray[np.float64]

N = golden_people().height
EVERYONE = DomainMask("all", "all", np.ones(N, np.bool_))
AGES = [DomainMask("age", str(age), codes("age") == age) for age in (1, 2, 3)]
AGE_1_SEX_2 = DomainMask("age*sex", "1*2", (codes("age") == 1) & (codes("sex") == 2))


def golden_design(
    weight: Array | None = None,
    *,
    calibration: Calibration | None = None,
    with_fpc: bool = False,
    lonely_psu: str = "fail",
) -> SurveyDesign:
    """Return the golden people's strata and PSUs with their base weight or another."""
    return SurveyDesign(
        weight=column("w") if weight is None else weight,
        strata=codes("stratum"),
        psu=codes("psu"),
        fpc=np.full(N, PSUS_IN_POPULATION) if with_fpc else None,
        calibration=calibration,
        lonely_psu=lonely_psu,
    )


def age_and_sex(**options: object) -> Calibration:
    """Return the calibration of the golden people to age and sex."""
    return Calibration(base_weight=column("w"), levels=age_and_sex_levels(), **options)  # type: ignore[arg-type]


def yes_no(name: str) -> ItemValues:
    """Return a 0/1 column as an item with a headline `yes`."""
    return ItemValues(name, codes=codes(name), categories=("0", "1"), headlines={"yes": (1,)})


def number(name: str) -> ItemValues:
    """Return a column as a number."""
    return ItemValues(name, number=column(name))


def rows_of(frame: pl.DataFrame, **keys: str) -> pl.DataFrame:
    """Return the rows whose key columns have these values."""
    return frame.filter(*(pl.col(name) == value for name, value in keys.items()))


def row_of(frame: pl.DataFrame, **keys: str) -> dict[str, float]:
    """Return the only row whose key columns have these values."""
    return rows_of(frame, **keys).row(0, named=True)


def newton_weights(distance: str, totals: Array, bounds: tuple[float, float] = (0.0, np.inf)) -> Array:
    """Return golden weights calibrated to age and sex: w F(x'lambda), by Newton steps (methodology C2)."""
    x = np.column_stack([codes("age") == k for k in (1, 2, 3)] + [codes("sex") == 2]).astype(np.float64)
    base, slopes = column("w"), np.zeros(4)
    for _ in range(50):
        ratio, derivative = _distance(distance, x @ slopes, bounds)
        gap = totals - (base * ratio) @ x
        slopes = slopes + np.linalg.solve((x * (base * derivative)[:, None]).T @ x, gap)
    return base * _distance(distance, x @ slopes, bounds)[0]


def _distance(distance: str, u: Array, bounds: tuple[float, float]) -> tuple[Array, Array]:
    """Return F(u) and its derivative for linear, raking or logit calibration."""
    if distance == "linear":
        return 1 + u, np.ones_like(u)
    if distance == "raking":
        return np.exp(u), np.exp(u)
    low, high = bounds
    a = (high - low) / ((1 - low) * (high - 1))
    growth = np.exp(a * u)
    below = (high - 1) + (1 - low) * growth
    ratio = (low * (high - 1) + high * (1 - low) * growth) / below
    return ratio, a * growth * (1 - low) * (high - 1) * (high - low) / below**2


def response_weights() -> Array:
    """Return w / p of the golden people, p from the weighted logit of r2 on age and sex (G17, G18)."""
    x = np.column_stack([np.ones(N), codes("age") == 2, codes("age") == 3, codes("sex") == 2]).astype(np.float64)
    slopes = np.zeros(4)
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ slopes))
        information = (x * (column("w") * p * (1 - p))[:, None]).T @ x
        slopes = slopes + np.linalg.solve(information, x.T @ (column("w") * (column("r2") - p)))
    return column("w") * (1 + np.exp(-x @ slopes))
