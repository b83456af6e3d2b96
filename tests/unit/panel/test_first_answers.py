"""First answers of those who answer a wave, and of everyone asked: what a profile does not tell of who answers."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import RetentionPlan, TestFamily
from pipeline.panel.first_answers import first_answer_differences
from pipeline.panel.lives import Lives, PanelTime, panel_time
from tests.simulation.leaving_panel import COMING_ANSWER, FIRST_ANSWER, ITEM, WAVES, draw_panel, population

LAST = WAVES[-1]


def followed(driver: str = FIRST_ANSWER, **changes: object) -> PanelTime:
    """Return a panel that members leave for what they think, followed from its first wave."""
    data = draw_panel(population(np.random.default_rng(1)), driver, np.random.default_rng(2))
    survey = replace(data.survey, retention=RetentionPlan(WAVES[0], "base", 2), **changes)  # type: ignore[arg-type]
    members = pl.DataFrame({"panel_member_id": list(data.arrays.members)}).with_columns(
        joined_on=pl.lit(None, pl.Date), exit_reason=pl.lit(None, pl.String), age=pl.lit(None, pl.Float64)
    )
    told = pl.DataFrame(schema={"panel_member_id": pl.String, "disposition": pl.String})
    return panel_time(replace(data, survey=survey), Lives(members, told, {}), ())


def test_whoever_leaves_for_a_first_answer_shows_in_the_first_answers_of_respondents() -> None:
    time = followed()
    rows = first_answer_differences(time, confidence=0.95)
    assert rows["wave"].unique(maintain_order=True).to_list() == list(WAVES[1:])  # nobody answered before the first
    row = rows.filter(wave=LAST).row(0, named=True)
    first = time.data.answers[WAVES[0]]["code"].to_numpy() == "2"
    answered = time.data.arrays.is_respondent[LAST]
    expected = [np.average(first[mask], weights=time.weight[mask]) for mask in (answered, np.ones_like(answered))]
    assert (row["item"], row["category"]) == (ITEM, "for")
    assert [row["estimate_respondents"], row["estimate_asked"]] == pytest.approx(expected)
    assert row["difference"] == pytest.approx(expected[0] - expected[1])
    assert row["difference"] > 0.08  # who is against leaves sooner
    assert row["ci_low"] > 0
    assert row["p_value_corrected"] < 0.001
    assert (row["n_respondents"], row["n_asked"], row["is_suppressed"]) == (answered.sum(), answered.size, False)


def test_the_test_is_that_of_respondents_against_the_others() -> None:
    time = followed()
    row = first_answer_differences(time, confidence=0.95).filter(wave=LAST).row(0, named=True)
    # respondents less everyone = (1 - rate) x (respondents less nonrespondents): the simple formula without strata
    first = time.data.answers[WAVES[0]]["code"].to_numpy() == "2"
    answered, weight = time.data.arrays.is_respondent[LAST], time.weight
    shares = [np.average(first[mask], weights=weight[mask]) for mask in (answered, ~answered)]
    rate = weight[answered].sum() / weight.sum()
    assert row["difference"] == pytest.approx((1 - rate) * (shares[0] - shares[1]))
    kish = [weight[mask].sum() ** 2 / np.square(weight[mask]).sum() for mask in (answered, ~answered)]
    simple = (1 - rate) * np.sqrt(sum(share * (1 - share) / n for share, n in zip(shares, kish, strict=True)))
    assert row["standard_error"] == pytest.approx(simple, rel=0.1)


def test_first_answers_are_of_earlier_waves_and_late_ones_fill_in() -> None:
    time = followed()
    late = time.data.arrays.members[0]
    without = time.data.answers[WAVES[0]].filter(pl.col("panel_member_id") != late)
    data = replace(time.data, answers={**time.data.answers, WAVES[0]: without})
    rows = first_answer_differences(replace(time, data=data), confidence=0.95)
    n_members = len(time.data.arrays.members)
    assert bool(time.data.arrays.is_respondent[WAVES[1]][0])
    assert rows["n_asked"].to_list()[:2] == [n_members - 1, n_members]


@pytest.mark.parametrize(("items", "n_rows"), [((ITEM,), 7), ((), 7), (("another",), 0)])
def test_the_declared_headlines_are_followed_or_all_of_them(items: tuple[str, ...], n_rows: int) -> None:
    family = TestFamily("headlines", items, ("all",), "holm", 0.05, is_headline=True)
    assert first_answer_differences(followed(families=(family,)), confidence=0.95).height == n_rows


def test_few_nonrespondents_are_not_shown_by_their_difference_from_everyone() -> None:
    time = followed(COMING_ANSWER)
    arrays = time.data.arrays
    almost = {**arrays.is_respondent, WAVES[1]: np.arange(len(arrays.members)) >= 5}
    histories = replace(time.histories, is_respondent=np.column_stack([almost[wave] for wave in WAVES]))
    rows = first_answer_differences(replace(time, histories=histories), confidence=0.95)
    assert rows.filter(wave=WAVES[1])["is_suppressed"].item()
