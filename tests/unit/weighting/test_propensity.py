"""The propensities of all replicates at once are those of fitting each alone."""

import numpy as np
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.covariates import groups_of
from pipeline.weighting.propensity import fitted_propensity, refitted_propensities


def test_refitting_every_replicate_at_once_is_fitting_each_alone() -> None:
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 3, (900, 3))
    answered = rng.random(900) < 0.3 + 0.2 * (levels[:, 0] == 2)
    groups = groups_of(levels, np.ones(900, np.bool_))
    draws = rng.poisson(1, (900, 20)).astype(np.float64)
    total = np.column_stack([groups.sums(one) for one in draws.T])
    responded = np.column_stack([groups.sums(one * answered) for one in draws.T])
    full = fitted_propensity(groups.predictors, groups.sums(None), groups.sums(answered.astype(float)))
    together, has_converged = refitted_propensities(groups.predictors, total, responded, full.coefficient)
    assert has_converged.all()
    for replicate in range(20):
        alone = fitted_propensity(groups.predictors, total[:, replicate], responded[:, replicate])
        assert together[:, replicate] == pytest.approx(alone.propensity, abs=1e-9)


def test_the_scores_of_the_fit_are_zero() -> None:
    rng = np.random.default_rng(2)
    levels, weight = rng.integers(0, 4, (500, 2)), rng.uniform(1, 9, 500)
    answered = rng.random(500) < 0.6
    groups = groups_of(levels, np.ones(500, np.bool_))
    fitted = fitted_propensity(groups.predictors, groups.sums(weight), groups.sums(weight * answered))
    residual = groups.sums(weight * answered) - groups.sums(weight) * fitted.propensity
    assert groups.predictors.T @ residual == pytest.approx(0, abs=1e-6)


def test_a_model_that_does_not_converge_is_refused() -> None:
    with pytest.raises(WeightingError, match="did not converge: some group did not answer at all"):
        fitted_propensity(np.array([[1.0, 0], [1, 1]]), np.array([50.0, 50]), np.array([25.0, 0]))
