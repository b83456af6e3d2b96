"""Items of several answers, several items of one scale, and domains crossed."""

import numpy as np
import pytest

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import ItemValues, estimate_items, estimate_totals
from pipeline.estimation.tests import rao_scott
from pipeline.estimation.values import DomainMask, crossed_domains, grid
from tests.golden.data import codes
from tests.unit.estimation.builders import AGE_1_SEX_2, AGES, EVERYONE, N, golden_design, row_of, rows_of, yes_no

FOUR = DomainMask("all", "all", np.ones(4, np.bool_))
SEXES = [DomainMask("sex", str(sex), codes("sex") == sex) for sex in (1, 2)]
PAPERS = ItemValues(
    "papers",
    chosen=np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [-1, -1, -1]], np.int8),
    categories=("daily", "weekly", "online"),
    headlines={"print": (0, 1)},
)


def test_every_answer_of_a_multiple_response_is_a_share_of_those_who_answered() -> None:
    frame = estimate_items(SurveyDesign(np.array([1.0, 2, 1, 5])), [PAPERS], [FOUR])
    shares = dict(frame.select("category", "estimate").iter_rows())
    assert shares == pytest.approx({"daily": 0.25, "weekly": 0.75, "online": 0, "print": 0.75})
    assert set(frame["unweighted_n"]) == {3}
    assert frame["statistic"].to_list() == ["share"] * 3 + ["headline"]


def test_an_answer_of_a_multiple_response_is_as_precise_as_a_yes_no_item() -> None:
    chosen = np.column_stack([codes("y1"), codes("y2")]).astype(np.int8)
    either = ItemValues("either", chosen=chosen, categories=("y1", "y2"), headlines={"any": (0, 1)})
    frame = estimate_items(golden_design(), [either], [EVERYONE, *AGES])
    any_of_both = ItemValues("any", codes=codes("y1") | codes("y2"), categories=("0", "1"))
    for category, same in (("y1", yes_no("y1")), ("y2", yes_no("y2")), ("any", any_of_both)):
        one = rows_of(frame, category=category).drop("item", "statistic", "category")
        other = rows_of(estimate_items(golden_design(), [same], [EVERYONE, *AGES]), statistic="share", category="1")
        assert one.equals(other.drop("item", "statistic", "category"))


def test_people_who_chose_an_answer_are_counted() -> None:
    frame = estimate_totals(SurveyDesign(np.array([1.0, 2, 1, 5])), [PAPERS], [FOUR])
    assert frame["estimate"].to_list() == [1, 3, 0, 3]


def test_a_multiple_response_can_be_restricted_to_some_rows() -> None:
    kept = PAPERS.restricted_to(np.array([True, False, True, True]))
    assert kept.is_answered.tolist() == [True, False, True, False]


def test_a_multiple_response_is_not_tested_for_independence() -> None:
    with pytest.raises(EstimationError, match="must both have categories"):
        rao_scott(SurveyDesign(np.ones(4)), PAPERS, PAPERS)


def test_a_net_is_as_precise_as_the_answer_it_makes() -> None:
    item = ItemValues("lik", codes=codes("lik") - 1, categories=tuple("12345"), headlines={"top": (3, 4)})
    merged = ItemValues("lik", codes=(codes("lik") >= 4).astype(np.int64), categories=("low", "top"))
    net = row_of(estimate_items(golden_design(), [item], [EVERYONE]), statistic="headline")
    same = row_of(estimate_items(golden_design(), [merged], [EVERYONE]), category="top")
    for name in ("estimate", "standard_error", "ci_low", "ci_high", "design_effect"):
        assert net[name] == pytest.approx(same[name])


def test_a_grid_is_several_items_with_one_scale() -> None:
    answers = {"first": codes("y1"), "second": np.where(codes("age") == 1, -1, codes("y2"))}
    items = grid(answers, ("no", "yes"), {"yes": (1,)})
    frame = estimate_items(golden_design(), items, [EVERYONE])
    assert frame["item"].unique(maintain_order=True).to_list() == ["first", "second"]
    assert rows_of(frame, item="second")["unweighted_n"].to_list() == [80] * 3


def test_a_code_outside_the_scale_of_a_grid_is_named() -> None:
    with pytest.raises(EstimationError, match="item 'lik' has 95 codes outside the 2 categories"):
        grid({"y1": codes("y1"), "lik": codes("lik")}, ("no", "yes"))


def test_crossed_domains_are_those_in_both() -> None:
    crossed = crossed_domains(AGES, SEXES)
    assert [one.domain_value for one in crossed] == ["1*1", "1*2", "2*1", "2*2", "3*1", "3*2"]
    assert {one.domain for one in crossed} == {"age*sex"}
    assert (crossed[1].mask == AGE_1_SEX_2.mask).all()
    assert sum(one.mask for one in crossed).tolist() == [1] * N
