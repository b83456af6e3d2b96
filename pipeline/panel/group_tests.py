"""Whether the groups of a domain differ in a headline: one design-based test of all groups, corrected in its family."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.analysis_plans import TestFamily
from pipeline.disclosure import DisclosureProfile, disclosure_profile
from pipeline.errors import EstimationError
from pipeline.estimation.contrasts import JointEstimates, Wald, joint_estimates, wald_test
from pipeline.estimation.spread import spread_of
from pipeline.estimation.tests import corrected_p_values
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.estimates import NOT_TESTED, TOO_FEW, PanelData
from pipeline.panel.weights import PanelWeight

DIFFERS, NO_CLEAR_DIFFERENCE = "differs between groups", "no clear difference between groups"
HEADLINE = "headline"
SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("item", "statistic", "category", "domain", "variance_method", "family"), pl.String),
    **dict.fromkeys(("lowest_group", "highest_group"), pl.String),
    **dict.fromkeys(("lowest_estimate", "highest_estimate"), pl.Float64),
    **dict.fromkeys(("f", "numerator_df", "denominator_df", "p_value"), pl.Float64),
    **dict.fromkeys(("n_groups", "smallest_n"), pl.Int64),
    "is_suppressed": pl.Boolean,
}


def group_tests(data: PanelData, weight: PanelWeight, wave: str, *, is_provisional: bool) -> pl.DataFrame:
    """Return the rows of `group_tests` of one weight at one wave, in every family that declares groups for it.

    Source: methodology C12; the Wald test over domain estimates that `wald_test` names.
    """
    items, domains = data.items(wave, weight.design_rows), data.domains(weight.design_rows)
    profile = disclosure_profile(data.survey.disclosure_profile)
    rows = [
        row | {"family": family.family}
        for family in data.survey.families
        if not family.weights or weight.recipe.weight_id in family.weights
        for item in items
        if item.item in family.items and item.headlines
        for domain in family.groups
        for row in _rows(weight, item, [one for one in domains if one.domain == domain], profile)
    ]
    found = pl.DataFrame(rows, schema=SCHEMA).with_columns(
        survey=pl.lit(data.survey.survey),
        wave=pl.lit(wave),
        weight_id=pl.lit(weight.recipe.weight_id),
        inference=pl.lit(data.survey.inference_of(weight.recipe)),
        is_provisional=pl.lit(is_provisional),
    )
    return with_group_verdicts(found, data.survey.families)


def with_group_verdicts(tests: pl.DataFrame, families: Sequence[TestFamily]) -> pl.DataFrame:
    """Return tests of one wave with their p value corrected within the family, and what may be said of each."""
    corrected = np.full(tests.height, np.nan)
    verdict = np.full(tests.height, NOT_TESTED, dtype=object)
    for family in families:
        rows = np.flatnonzero(((tests["family"] == family.family) & ~tests["is_provisional"]).to_numpy())
        corrected[rows] = corrected_p_values(tests["p_value"].to_numpy()[rows], family.correction)
        said = np.where(corrected[rows] < family.level, DIFFERS, NO_CLEAR_DIFFERENCE)
        verdict[rows] = np.where(np.isnan(corrected[rows]), NOT_TESTED, said)
    verdict = np.where((tests["is_suppressed"] & ~tests["is_provisional"]).to_numpy(), TOO_FEW, verdict)
    return tests.with_columns(
        p_value_corrected=pl.Series(corrected).fill_nan(None), verdict=pl.Series(verdict, dtype=pl.String)
    )


def _rows(
    weight: PanelWeight, item: ItemValues, groups: Sequence[DomainMask], profile: DisclosureProfile
) -> Iterator[dict[str, Any]]:
    """Yield the test of each headline of an item over the groups in which somebody answered it."""
    carries = weight.design.weight > 0
    answered = [(one, int((one.mask & item.is_answered & carries).sum())) for one in groups]
    answered = [(one, n) for one, n in answered if n > 0]
    if len(answered) < 2:
        return
    method = spread_of(weight.design).variance_method
    joint = joint_estimates(weight.design, [item], [one for one, _ in answered])
    smallest = min(n for _, n in answered)
    for name in item.headlines:
        place = np.flatnonzero(((joint.keys["statistic"] == HEADLINE) & (joint.keys["category"] == name)).to_numpy())
        estimate, test = joint.estimate[place], _test(joint, place)
        low, high = int(estimate.argmin()), int(estimate.argmax())
        gives_away = bool(((estimate == 0) | (estimate == 1)).any()) and smallest < profile.flag_below
        yield {
            "item": item.item,
            "statistic": HEADLINE,
            "category": name,
            "domain": groups[0].domain,
            "variance_method": method,
            "n_groups": len(answered),
            "lowest_group": joint.keys["domain_value"][int(place[low])],
            "lowest_estimate": float(estimate[low]),
            "highest_group": joint.keys["domain_value"][int(place[high])],
            "highest_estimate": float(estimate[high]),
            "f": test.f if test else None,
            "numerator_df": float(test.numerator_df) if test else None,
            "denominator_df": float(test.denominator_df) if test else None,
            "p_value": test.p_value if test else None,
            "smallest_n": smallest,
            "is_suppressed": smallest < profile.hide_below or gives_away,
        }


def _test(joint: JointEstimates, place: np.ndarray) -> Wald | None:
    """Return the test that the estimates at these places are all the same; None where the design cannot tell."""
    contrasts = np.zeros((place.size - 1, joint.estimate.size))
    contrasts[:, place[0]] = -1.0
    contrasts[np.arange(place.size - 1), place[1:]] = 1.0
    try:
        return wald_test(joint, contrasts)
    except EstimationError:
        return None
