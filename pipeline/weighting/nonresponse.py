"""Nonresponse adjustment: respondents also stand for the people like them who did not answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.design import ResponseModel
from pipeline.errors import WeightingError
from pipeline.weighting.cells import sums_by
from pipeline.weighting.covariates import NOT_ASKED, Groups, groups_of, joined_levels
from pipeline.weighting.propensity import FittedPropensity, fitted_propensity
from pipeline.weighting_steps import CLASSES, NonresponseStep

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ResponseStep:
    """One step of a chain of response: who could answer, who did, and what was known of everyone before.

    Whoever is not eligible has left the population: no nonrespondent, and no part of the model.
    """

    name: str  # the wave or waves
    is_eligible: Mask  # (n,)
    is_respondent: Mask  # (n,)
    levels: Codes  # (n, n_covariates) codes from 0
    is_invited: Mask | None = None  # (n,) None: nobody was passed over
    is_passed_over: Mask | None = None  # (n,) in the panel and not invited: no nonrespondents either
    is_unknown: Mask | None = None  # (n,) among the eligible: nonrespondents of whom nobody knows whether they are


def shared_by_eligibility(weight: Floats, response: ResponseStep) -> Floats:
    """Return weights (n, …) of which those of unknown eligibility keep the part that is in the population.

    It is the share e of the known who are eligible, by weight; the known ineligible have the rest.

    Source: methodology C7.1; AAPOR Standard Definitions (2023), e of RR3.
    """
    out, unknown = ~response.is_eligible, response.is_unknown
    if unknown is None or not (weight[unknown] > 0).any() or not (weight[out] > 0).any():
        return weight
    unknown = unknown & response.is_eligible
    of_out, of_unknown = weight[out].sum(axis=0), weight[unknown].sum(axis=0)
    of_known = weight[response.is_eligible & ~unknown].sum(axis=0)
    ineligible = of_out / np.maximum(of_out + of_known, np.finfo(np.float64).tiny)
    made = weight.copy()
    made[unknown] *= 1 - ineligible
    made[out] *= 1 + ineligible * np.divide(of_unknown, of_out, out=np.zeros_like(of_out), where=of_out > 0)
    return made


def of_those_invited(weight: Floats, response: ResponseStep) -> Floats:
    """Return weights (n, …) in which those invited to a wave also stand for those whom it passed over.

    Everyone in the panel is taken to have had the same chance of an invitation.
    """
    if response.is_invited is None or response.is_passed_over is None or not response.is_passed_over.any():
        return weight
    invited = response.is_invited & response.is_eligible
    of_invited, of_others = weight[invited].sum(axis=0), weight[response.is_passed_over].sum(axis=0)
    made = weight.copy()
    made[response.is_passed_over] = 0.0
    made[invited] *= 1 + np.divide(of_others, of_invited, out=np.zeros_like(of_others), where=of_invited > 0)
    return made


@dataclass(frozen=True)
class Adjustment:
    """What one step of nonresponse adjustment made of the weights."""

    weight: Floats  # (n,) of the respondents; 0 for everyone else
    model: ResponseModel
    groups: Groups  # of those asked
    fitted: FittedPropensity | None  # None for classes of alike people
    factor: "GroupFactors"
    n_joined: int  # levels of covariates joined to a neighbour

    @property
    def share_capped(self) -> float:
        """Return the share of respondents whose factor was capped."""
        answered = self.weight > 0
        capped = self.factor.is_capped[np.maximum(self.groups.of_row, 0)] & answered
        return float(capped.sum() / max(answered.sum(), 1))


@dataclass(frozen=True)
class GroupFactors:
    """The factor of every group of people, and the class it was put into, if any."""

    factor: Floats  # (n_groups,)
    is_capped: Mask  # (n_groups,)
    class_of_group: Codes | None = None  # (n_groups,)


def adjust(step: NonresponseStep, response: ResponseStep, before: Floats) -> Adjustment:
    """Return the weights of respondents after one step, which those asked held before (0: was not asked).

    Raises:
        WeightingError: nobody answered, or the response model does not converge.

    Source: methodology C7.1 and C7.2.
    """
    is_asked = (before > 0) & response.is_eligible
    answered = is_asked & response.is_respondent
    if not answered.any():
        raise WeightingError(f"{response.name}: none of the {int(is_asked.sum())} people asked answered.")
    levels, n_joined = joined_levels(response.levels, is_asked, answered)
    is_complete = bool((answered == is_asked).all())  # then there is nothing to model
    groups = groups_of(levels, is_asked)
    total, responded = groups.sums(before), groups.sums(np.where(answered, before, 0.0))
    fitted = None if step.method == CLASSES or is_complete else fitted_propensity(groups.predictors, total, responded)
    n_respondents = groups.sums(answered.astype(np.float64))
    propensity = None if fitted is None else fitted.propensity
    factors = group_factors(step, propensity, total, responded, n_respondents)
    weight = np.where(answered, before * groups.spread(factors.factor, 0.0), 0.0)
    model = _model(groups, fitted, factors, np.where(is_asked, before, 0.0), answered)
    return Adjustment(weight, model, groups, fitted, factors, n_joined)


def group_factors(
    step: NonresponseStep, propensity: Floats | None, total: Floats, responded: Floats, n_respondents: Floats
) -> GroupFactors:
    """Return the factor of every group: the inverse of its propensity, or that of the class it falls into.

    Args:
        propensity: (n_groups,) fitted; None: classes are made by the groups' own shares of respondents.
        total, responded: (n_groups,) weights of everyone asked, and of those who answered.
        n_respondents: (n_groups,) people.
    """
    largest = step.largest_factor * total.sum() / responded.sum()
    if propensity is not None and step.n_classes is None:
        factor = 1 / propensity
        return GroupFactors(np.minimum(factor, largest), factor > largest)
    share = np.divide(responded, total, out=np.zeros_like(total), where=total > 0)
    order = np.argsort(share if propensity is None else propensity, kind="stable")
    n_classes = total.size if step.n_classes is None else step.n_classes
    wanted = _equal_parts(total[order], n_classes) if propensity is not None else np.arange(total.size)
    class_of_group = np.empty(total.size, np.int64)
    class_of_group[order] = _large_enough(wanted, n_respondents[order], step.smallest_class)
    n_made = int(class_of_group.max()) + 1
    of_class = sums_by(class_of_group, total, n_made) / sums_by(class_of_group, responded, n_made)
    factor = of_class[class_of_group]
    return GroupFactors(np.minimum(factor, largest), factor > largest, class_of_group)


def _equal_parts(total: Floats, n_parts: int) -> Codes:
    """Return the part 0 .. n_parts - 1 of each group in order, so that the parts weigh about the same."""
    middle = np.cumsum(total) - total / 2
    part: Codes = np.minimum((middle / total.sum() * n_parts).astype(np.int64), n_parts - 1)
    return part


def _large_enough(part: Codes, n_respondents: Floats, smallest: int) -> Codes:
    """Return classes of neighbouring parts that each hold so many respondents; what is left joins the last."""
    made = np.zeros(part.size, np.int64)
    number, held = 0, 0.0
    for code in np.unique(part):
        members = part == code
        made[members] = number
        held += n_respondents[members].sum()
        if held >= smallest:
            number, held = number + 1, 0.0
    if number:
        made[made == number] = number - 1
    return made


def _model(
    groups: Groups, fitted: FittedPropensity | None, factors: GroupFactors, before: Floats, answered: Mask
) -> ResponseModel:
    """Return what the variance needs of the model whose propensities made the factors."""
    group, predictors = groups.of_row, groups.predictors
    of_row = np.maximum(group, 0)
    is_asked = group != NOT_ASKED
    if factors.class_of_group is not None:
        group = np.where(is_asked, factors.class_of_group[of_row], NOT_ASKED)
        n_classes = int(factors.class_of_group.max()) + 1
        asked = sums_by(group[is_asked], before[is_asked], n_classes)
        propensity = sums_by(group[answered], before[answered], n_classes) / asked
        predictors = np.eye(n_classes)
    else:
        assert fitted is not None
        propensity = fitted.propensity
    p = np.where(is_asked, propensity[np.maximum(group, 0)], 0.0)
    n_groups = predictors.shape[0]
    weight = sums_by(group[is_asked], (before * p * (1 - p))[is_asked], n_groups)
    return ResponseModel(
        group=group,
        predictors=predictors,
        residual=before * (answered - p),
        information=(predictors * weight[:, None]).T @ predictors,
        sensitivity=np.where(is_asked & ~factors.is_capped[of_row], 1 - p, 0.0),
    )


def response_propensity(base_weight: Floats, is_respondent: Mask, levels: Codes) -> Floats:
    """Return every person's modelled chance of answering, by a weighted logistic regression.

    Args:
        base_weight: (n,) weights of everyone invited; 0 leaves a person out of the fit, not out of the result.
        is_respondent: (n,) who answered.
        levels: (n, n_variables) codes from 0 of what is known of everyone; each enters as a factor.

    Raises:
        WeightingError: the fit does not converge, as when nobody of a group answered.
    """
    groups = groups_of(levels, np.ones(base_weight.size, np.bool_))
    responded = groups.sums(np.where(is_respondent, base_weight, 0.0))
    fitted = fitted_propensity(groups.predictors, groups.sums(base_weight), responded)
    return groups.spread(fitted.propensity, 0.0)


def propensity_weight(base_weight: Floats, is_respondent: Mask, propensity: Floats) -> Floats:
    """Return d / p for respondents and 0 for the others."""
    return np.where(is_respondent, base_weight / propensity, 0.0)
