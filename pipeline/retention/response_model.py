"""Who answers, as far as known of everybody asked: the modelled chances, and how sums over the asked vary."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.likelihoods import fitted_logit
from pipeline.estimation.linearisation import Linearisation
from pipeline.estimation.variance import variance_of_totals

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

NOT_KNOWN = "not known"
SMALLEST_COLUMN = 1e-9  # of a column's part that the columns before it do not explain: below it they are collinear


@dataclass(frozen=True)
class Covariate:
    """What is known of everybody asked: codes (n,) among the categories, -1 where it is not known after all."""

    variable: str
    categories: tuple[str, ...]
    codes: NDArray[np.int64]

    def indicators(self, asked: Mask) -> list[tuple[str, Mask]]:
        """Return each category with anybody asked, and who is in it, those not known last."""
        found = [(name, self.codes == code) for code, name in enumerate(self.categories)]
        found.append((NOT_KNOWN, self.codes < 0))
        return [(name, mask) for name, mask in found if (mask & asked).any()]


@dataclass(frozen=True)
class ResponseModel:
    """Modelled chances to answer, their slopes, and how the coefficients move with each person."""

    propensity: Array  # (n,) 0 where not asked
    slope: Array  # (n, p) of the propensity by the coefficients
    influence: Array  # (n, p) on the coefficients, per unit of weight


def response_model(
    design: SurveyDesign, is_asked: Mask, is_respondent: Mask, covariates: Sequence[Covariate]
) -> ResponseModel:
    """Return the fit of a weighted logit of response, main effects of every category.

    In a category where everybody or nobody answered the chance is 1 or 0, as in the limit of the fit.
    """
    is_fitted = is_asked & (design.weight > 0)
    propensity = np.zeros(design.n)
    categories = [mask for one in covariates for _, mask in one.indicators(is_asked)]
    settled = True
    while settled:
        settled = False
        for mask in categories:
            answers = is_respondent[mask & is_fitted]
            if answers.size and (answers.all() or not answers.any()):
                propensity[mask & is_fitted] = float(answers[0])
                is_fitted, settled = is_fitted & ~mask, True
    slope_shape = (design.n, 0)
    if not is_fitted.any():
        return ResponseModel(propensity, np.zeros(slope_shape), np.zeros(slope_shape))
    x = _independent(np.column_stack([np.ones(design.n), *categories]).astype(np.float64), is_fitted)
    fit = fitted_logit(is_respondent[is_fitted].astype(np.float64), x[is_fitted], design.weight[is_fitted])
    fitted = 1 / (1 + np.exp(-x[is_fitted] @ fit.coefficient))
    propensity[is_fitted] = fitted
    slope, influence = np.zeros(x.shape), np.zeros(x.shape)
    slope[is_fitted] = x[is_fitted] * (fitted * (1 - fitted))[:, None]
    influence[is_fitted] = fit.influence()
    return ResponseModel(propensity, slope, influence)


def _independent(x: Array, rows: Mask) -> Array:
    """Return the columns that those before them do not explain, among these rows."""
    size = np.abs(np.diag(np.linalg.qr(x[rows], mode="r")))
    if size.size < x.shape[1]:
        size = np.append(size, np.zeros(x.shape[1] - size.size))
    return x[:, size > SMALLEST_COLUMN * np.sqrt(rows.sum())]


@dataclass(frozen=True)
class Sample:
    """The people asked, their modelled chances, and how sums over them vary."""

    design: SurveyDesign
    is_asked: Mask
    is_respondent: Mask
    model: ResponseModel
    prepared: Linearisation

    @property
    def weight(self) -> Array:
        """Return the weight of those asked, 0 of the others."""
        return np.where(self.is_asked, self.design.weight, 0.0)

    @property
    def total(self) -> float:
        """Return the sum of the weights."""
        return float(self.weight.sum())

    @property
    def mean(self) -> float:
        """Return the mean propensity."""
        return float(self.weight @ self.model.propensity) / self.total

    @property
    def deviation(self) -> Array:
        """Return each propensity's distance from the mean, 0 for those not asked."""
        return np.where(self.is_asked, self.model.propensity - self.mean, 0.0)

    def error(self, influence: Array) -> float:
        """Return the standard error of an estimate with this influence (n,) per unit of weight."""
        totals = self.prepared.of_influence(influence[:, None])
        return float(np.sqrt(variance_of_totals(self.design, totals)[0]))
