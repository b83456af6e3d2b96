"""What the estimation of response propensities does to linearised values.

Weights w = d r / p with p fitted by sum(d (r - p) q) = 0. An estimate whose value of row i is v after the
adjustment (w u, and what calibration adds to it) has v - d (r - p) q'G with G = sum(d p (1 - p) q q')^-1
sum((1 - p) v q). Where several models follow each other the last one comes first: its result is again linear in
the weights that the one before made.

Source: methodology C5 and C7; Kim and Kim (2007), "Nonresponse weighting adjustment using estimated response
probability", Canadian Journal of Statistics 35(4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.design import ResponseModel
from pipeline.estimation.auxiliaries import Auxiliaries, inverse

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FittedResponse:
    """A response model as sums over rows need it."""

    predictors: Auxiliaries  # q, by group
    residual: Array  # (n,) d (r - p)
    sensitivity: Array  # (n,) 1 - p
    regression: Array  # (k, k) inverse of the information


@dataclass(frozen=True)
class Term:
    """What is added to the value of row i: amount_i q_i' times `coefficient` times the bins of an estimate."""

    predictors: Auxiliaries
    amount: Array  # (n,)
    coefficient: Array  # (n_columns, n_bins)


def fitted_response(model: ResponseModel) -> FittedResponse:
    """Return a response model ready for sums; rows that were not asked add nothing, whatever their group."""
    from scipy import sparse

    predictors = Auxiliaries(np.maximum(model.group, 0), sparse.csr_matrix(model.predictors))
    return FittedResponse(predictors, model.residual, model.sensitivity, inverse(model.information))


def corrected(terms: Sequence[Term], models: Sequence[FittedResponse], first_bin: int, n_bins: int) -> list[Term]:
    """Return the terms with those of the response models, the last model first.

    Args:
        terms: those of the calibration that followed the models.
        first_bin: place of the first model's bins among the n_bins.
    """
    found = list(terms)
    ends = first_bin + np.cumsum([model.predictors.n_columns for model in models])
    for model, end in zip(reversed(models), reversed(ends), strict=True):
        own = slice(int(end) - model.predictors.n_columns, int(end))
        total = np.zeros((model.predictors.n_columns, n_bins))  # sum((1 - p) v q), per unit of each bin
        total[:, own] = np.eye(model.predictors.n_columns)
        for term in found:
            total += (
                cross_product(model.predictors, model.sensitivity * term.amount, term.predictors) @ term.coefficient
            )
        found.append(Term(model.predictors, -model.residual, model.regression @ total))
    return found


def cross_product(first: Auxiliaries, amount: Array, second: Auxiliaries) -> Array:
    """Return sum(amount q x') over all rows, q of the first auxiliaries and x of the second."""
    from scipy import sparse

    table = sparse.csr_matrix((amount, (first.unit, second.unit)), shape=(first.n_units, second.n_units))
    return np.asarray((first.x.T @ table @ second.x).toarray())
