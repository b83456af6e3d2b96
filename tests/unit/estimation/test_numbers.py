"""Totals, ratios and quantiles of numbers, by hand and against R survey 4.1.1 (methodology D)."""

import numpy as np
import pytest

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import (
    COLUMNS,
    DomainMask,
    ItemValues,
    estimate_items,
    estimate_quantiles,
    estimate_ratios,
    estimate_totals,
)
from tests.golden.data import codes, column
from tests.unit.estimation.builders import AGES, EVERYONE, golden_design, number, row_of, yes_no

CLOSE = {"rel": 5e-9}  # the nine digits printed
FIVE = DomainMask("all", "all", np.ones(5, np.bool_))
ONE_TO_FIVE = ItemValues("y", number=np.array([5.0, 3, 1, 4, 2]))


def test_golden_3_total_and_its_standard_error() -> None:
    row = row_of(estimate_totals(golden_design(), [number("y1")], [EVERYONE]))
    assert row["statistic"] == "total"
    assert row["estimate"] == pytest.approx(2190)
    assert row["standard_error"] == pytest.approx(93.0204279, **CLOSE)
    assert row["unweighted_estimate"] == 66


def test_golden_6_ratio_and_its_standard_error() -> None:
    row = row_of(estimate_ratios(golden_design(), [number("y1")], number("lik"), [EVERYONE]))
    assert row["statistic"] == "ratio"
    assert row["estimate"] == pytest.approx(0.205402364, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0140235882, **CLOSE)


def test_the_people_of_a_category_are_a_total() -> None:
    frame = estimate_totals(golden_design(), [yes_no("y1")], [EVERYONE, *AGES])
    of_number = estimate_totals(golden_design(), [number("y1")], [EVERYONE, *AGES])
    for value in ("all", "1", "2", "3"):
        of_category = row_of(frame, category="1", domain_value=value)
        same = row_of(of_number, domain_value=value)
        assert [of_category[name] for name in ("estimate", "standard_error")] == pytest.approx(
            [same[name] for name in ("estimate", "standard_error")]
        )
        assert of_category["design_effect"] == pytest.approx(same["design_effect"])
        assert row_of(frame, category="yes", domain_value=value)["estimate"] == of_category["estimate"]


def test_a_ratio_to_one_is_the_mean() -> None:
    everyone = ItemValues("one", number=np.ones(120))
    ratio = estimate_ratios(golden_design(), [number("lik")], everyone, AGES)
    mean = estimate_items(golden_design(), [number("lik")], AGES)
    for name in ("estimate", "standard_error", "ci_low", "design_effect", "unweighted_estimate"):
        assert ratio[name].to_numpy() == pytest.approx(mean[name].to_numpy())


def test_only_those_who_gave_both_numbers_are_in_a_ratio() -> None:
    halved = ItemValues("lik", number=np.where(np.arange(120) % 2, column("lik"), np.nan))
    row = row_of(estimate_ratios(golden_design(), [number("y1")], halved, [EVERYONE]))
    assert row["unweighted_n"] == 60


def test_a_ratio_to_nothing_is_refused() -> None:
    with pytest.raises(EstimationError, match="the total of 'zero' is 0 in a domain"):
        estimate_ratios(golden_design(), [number("y1")], ItemValues("zero", number=np.zeros(120)), [EVERYONE])


@pytest.mark.parametrize(("q", "expected"), [(0.2, 1.0), (0.21, 2.0), (0.5, 3.0), (0.99, 5.0)])
def test_a_quantile_is_the_smallest_number_with_that_share_at_or_below(q: float, expected: float) -> None:
    row = row_of(estimate_quantiles(SurveyDesign(np.ones(5)), [ONE_TO_FIVE], [FIVE], q=[q]))
    assert row["estimate"] == expected
    assert row["unweighted_estimate"] == expected
    assert row["category"] == f"{q:g}"


def test_weights_move_a_quantile() -> None:
    heavy_on_five = SurveyDesign(np.array([8.0, 1, 1, 1, 1]))
    row = row_of(estimate_quantiles(heavy_on_five, [ONE_TO_FIVE], [FIVE]))
    assert (row["estimate"], row["unweighted_estimate"]) == (5.0, 3.0)


def test_the_limits_of_a_quantile_are_quantiles_at_the_limits_of_the_share_below() -> None:
    frame = estimate_quantiles(golden_design(), [number("w")], [EVERYONE], interval="logit")
    row = row_of(frame)
    below = ItemValues("below", codes=(column("w") <= row["estimate"]).astype(np.int64), categories=("0", "1"))
    share = row_of(estimate_items(golden_design(), [below], [EVERYONE]), category="1")
    for limit in ("ci_low", "ci_high"):
        order = np.argsort(column("w"), kind="stable")
        reached = np.cumsum(column("w")[order]) / column("w").sum() >= share[limit]
        assert row[limit] == column("w")[order][reached.argmax()]


def test_a_limit_outside_0_to_1_leaves_the_interval_open() -> None:
    row = row_of(estimate_quantiles(SurveyDesign(np.ones(5)), [ONE_TO_FIVE], [FIVE], q=[0.2], interval="normal"))
    assert row["ci_low"] is None
    assert row["standard_error"] is None


def test_quantiles_need_numbers_and_a_share_between_0_and_1() -> None:
    with pytest.raises(EstimationError, match="item 'y1' has categories, expected a number"):
        estimate_quantiles(golden_design(), [yes_no("y1")], [EVERYONE])
    with pytest.raises(EstimationError, match="quantile 1 is not known"):
        estimate_quantiles(golden_design(), [number("lik")], [EVERYONE], q=[1.0])
    with pytest.raises(EstimationError, match="item 'y1' has categories, expected a number"):
        estimate_ratios(golden_design(), [yes_no("y1")], number("lik"), [EVERYONE])


def test_every_statistic_has_the_same_columns_and_no_rows_without_items() -> None:
    design = golden_design()
    for frame in (
        estimate_totals(design, [], AGES),
        estimate_ratios(design, [], number("lik"), AGES),
        estimate_quantiles(design, [], AGES),
        estimate_quantiles(design, [number("lik")], AGES, q=[0.25, 0.5]),
    ):
        assert frame.columns == list(COLUMNS)


def test_a_domain_nobody_is_in_has_no_quantile_row() -> None:
    nobody = DomainMask("sex", "3", codes("sex") == 3)
    frame = estimate_quantiles(golden_design(), [number("lik")], [nobody, EVERYONE])
    assert frame["domain"].to_list() == ["all"]
