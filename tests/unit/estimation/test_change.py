"""Change between waves, by hand and against methodology D (G16, G23, G24)."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.change import COLUMNS, WaveAnswers, net_change, within_person_change
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from tests.golden.data import codes, column
from tests.unit.estimation.builders import (
    AGES,
    EVERYONE,
    N,
    age_and_sex,
    golden_design,
    newton_weights,
    number,
    response_weights,
    row_of,
    rows_of,
)

CLOSE = {"rel": 5e-9}  # the nine digits printed
MEMBERS = np.arange(N)


def attitude(name: str, rows: NDArray[np.bool_] | None = None) -> ItemValues:
    """Return a column as the item `attitude`, answered by some rows."""
    values = codes(name) if rows is None else codes(name)[rows]
    return ItemValues("attitude", codes=values, categories=("0", "1"), headlines={"yes": (1,)})


def wave(name: str, design: SurveyDesign | None = None) -> WaveAnswers:
    """Return a wave that all golden people answered."""
    return WaveAnswers(design or golden_design(), MEMBERS, [attitude(name)], [EVERYONE, *AGES])


def respondents_only(name: str) -> WaveAnswers:
    """Return the wave that the golden people with r2 = 1 answered, weighted for response; others have no row."""
    keep = codes("r2") == 1
    design = SurveyDesign(response_weights()[keep], codes("stratum")[keep], codes("psu")[keep])
    masks = [DomainMask(one.domain, one.domain_value, one.mask[keep]) for one in (EVERYONE, *AGES)]
    return WaveAnswers(design, MEMBERS[keep], [attitude(name, keep)], masks)


def yes(frame: pl.DataFrame, value: str = "all") -> dict[str, float]:
    """Return the change of the answer 1 in a domain."""
    return row_of(frame, statistic="share", category="1", domain_value=value)


def test_golden_16_net_change_with_full_overlap() -> None:
    row = yes(net_change(wave("y1"), wave("y2")))
    assert row["change"] == pytest.approx(-0.0416088766, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0403241075, **CLOSE)
    assert row["correlation"] == pytest.approx(0.202446132, **CLOSE)
    assert (row["overlap_n"], row["degrees_of_freedom"]) == (120, 20)


def test_golden_23_net_change_with_partial_overlap() -> None:
    row = yes(net_change(wave("y1"), respondents_only("y2")))
    assert row["change"] == pytest.approx(-0.0494905061, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0432707227, **CLOSE)
    assert row["correlation"] == pytest.approx(0.349496014, **CLOSE)
    assert row["overlap_n"] == 88


def test_golden_24_within_person_change() -> None:
    design = golden_design(np.where(codes("r2") == 1, response_weights(), 0.0))
    row = yes(within_person_change(design, [attitude("y1")], [attitude("y2")], [EVERYONE]))
    assert row["change"] == pytest.approx(-0.0587151669, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0412225202, **CLOSE)
    assert row["overlap_n"] == 88


def test_absent_rows_and_rows_without_weight_are_the_same() -> None:
    weight = np.where(codes("r2") == 1, response_weights(), 0.0)
    weightless = wave("y2", golden_design(weight))
    assert_frame_equal(net_change(wave("y1"), respondents_only("y2")), net_change(wave("y1"), weightless), rel_tol=1e-9)


def test_a_change_is_the_difference_of_the_published_estimates() -> None:
    frame = net_change(wave("y1"), respondents_only("y2"))
    second = respondents_only("y2")
    after = estimate_items(second.design, second.items, second.domains)
    assert frame.columns == list(COLUMNS)
    assert frame["estimate_to"].to_list() == after["estimate"].to_list()
    assert frame["change"].to_list() == (frame["estimate_to"] - frame["estimate_from"]).to_list()
    assert rows_of(frame, statistic="headline").height == 4


def test_no_overlap_means_no_covariance() -> None:
    later = replace(wave("y2", golden_design(column("w"))), member=MEMBERS + N)
    strata = replace(later.design, strata=codes("stratum") + 10)  # a fresh sample has strata of its own
    row = yes(net_change(wave("y1"), replace(later, design=strata)))
    first = row_of(estimate_items(golden_design(), [attitude("y1")], [EVERYONE]), category="1")
    second = row_of(estimate_items(golden_design(), [attitude("y2")], [EVERYONE]), category="1")
    assert row["standard_error"] == pytest.approx(np.hypot(first["standard_error"], second["standard_error"]))
    assert (row["overlap_n"], row["correlation"]) == (0, pytest.approx(0.0))


def test_members_are_psus_where_the_design_has_none() -> None:
    order = np.random.default_rng(3).permutation(N)
    first = WaveAnswers(SurveyDesign(column("w")), MEMBERS, [attitude("y1")], [EVERYONE])
    second = WaveAnswers(
        SurveyDesign(column("w")[order]),
        MEMBERS[order],
        [ItemValues("attitude", codes=codes("y2")[order], categories=("0", "1"), headlines={"yes": (1,)})],
        [EVERYONE],
    )
    row = yes(net_change(first, second))
    difference = column("y2") - column("y1")
    z = column("w") * (difference - np.average(difference, weights=column("w"))) / column("w").sum()
    assert row["standard_error"] == pytest.approx(np.sqrt(N / (N - 1) * np.square(z).sum()))


def test_each_wave_is_residualised_by_its_own_margins() -> None:
    totals = np.array([1100.0, 1150, 1250, 1800])
    calibrated = golden_design(newton_weights("raking", totals), calibration=age_and_sex())
    age = ItemValues("attitude", codes=codes("age") - 1, categories=("1", "2", "3"))
    first = WaveAnswers(golden_design(), MEMBERS, [age], [EVERYONE])
    row = yes(net_change(first, WaveAnswers(calibrated, MEMBERS, [age], [EVERYONE])))
    alone = row_of(estimate_items(golden_design(), [age], [EVERYONE]), category="1")
    assert row["standard_error"] == pytest.approx(alone["standard_error"])  # the second wave has none
    assert row["correlation"] is None
    assert row["variance_method"] == "linearised, linearised_calibration"


def test_nothing_changed_is_a_certain_zero_without_a_p_value() -> None:
    row = yes(net_change(wave("y1"), wave("y1")))
    assert (row["change"], row["standard_error"], row["p_value"]) == (0.0, 0.0, None)
    assert row["correlation"] == pytest.approx(1.0)


def test_the_p_value_is_that_of_t_with_the_degrees_of_freedom() -> None:
    row = yes(net_change(wave("y1"), wave("y2")))
    assert row["p_value"] == pytest.approx(0.3144, abs=5e-4)  # t = -1.0319, df 20
    assert row["ci_low"] < row["change"] < row["ci_high"]


def test_a_domain_without_answers_at_one_wave_has_no_row() -> None:
    second = wave("y2")
    only_older = [second.items[0].restricted_to(codes("age") != 1)]
    frame = net_change(wave("y1"), replace(second, items=only_older))
    assert frame["domain_value"].unique().sort().to_list() == ["2", "3", "all"]
    assert yes(frame)["overlap_n"] == int((codes("age") != 1).sum())


def test_items_and_domains_of_one_wave_only_are_left_out() -> None:
    second = wave("y2")
    other = replace(second.items[0], item="new")
    assert net_change(wave("y1"), replace(second, items=[other])).height == 0
    frame = net_change(wave("y1"), replace(second, domains=[EVERYONE]))
    assert frame["domain"].unique().to_list() == ["all"]
    assert within_person_change(golden_design(), [second.items[0]], [other], AGES).height == 0


def test_other_categories_are_not_compared() -> None:
    second = wave("y2")
    other = replace(second.items[0], categories=("no", "yes"))
    with pytest.raises(EstimationError, match="item 'attitude' has categories"):
        net_change(wave("y1"), replace(second, items=[other]))


def test_within_person_change_counts_only_those_who_answered_both() -> None:
    first, second = attitude("y1").restricted_to(codes("age") != 2), attitude("y2").restricted_to(codes("r2") == 1)
    frame = within_person_change(golden_design(), [first], [second], [EVERYONE, *AGES])
    assert frame["domain_value"].unique().sort().to_list() == ["1", "3", "all"]
    both = (codes("age") != 2) & (codes("r2") == 1)
    expected = np.average((column("y2") - column("y1"))[both], weights=column("w")[both])
    assert yes(frame)["change"] == pytest.approx(expected)
    assert yes(frame)["overlap_n"] == int(both.sum())


def test_within_person_change_of_a_number_is_the_mean_difference() -> None:
    first = ItemValues("score", number=column("lik"))
    second = ItemValues("score", number=np.where(codes("r2") == 1, column("lik") + column("y1"), np.nan))
    row = row_of(within_person_change(golden_design(), [first], [second], [EVERYONE]), statistic="mean")
    answered = codes("r2") == 1
    difference = ItemValues("difference", number=np.where(answered, column("y1"), np.nan))
    alone = row_of(estimate_items(golden_design(), [difference], [EVERYONE]), statistic="mean")
    for mine, theirs in (("change", "estimate"), ("standard_error", "standard_error"), ("ci_low", "ci_low")):
        assert row[mine] == pytest.approx(alone[theirs])


def test_the_scale_of_either_waves_weights_does_not_matter() -> None:
    scaled = wave("y2", golden_design(column("w") * 1e6))
    assert_frame_equal(net_change(wave("y1"), wave("y2")), net_change(wave("y1"), scaled), rel_tol=1e-9)


def test_a_change_says_how_many_answered_at_each_wave() -> None:
    half = np.arange(N) % 2 == 0
    first = WaveAnswers(golden_design(), np.arange(N), [number("y1")], [EVERYONE])
    items = [number("y1").restricted_to(half)]
    second = WaveAnswers(golden_design(), np.arange(N), items, [EVERYONE])
    row = row_of(net_change(first, second))
    assert (row["unweighted_n_from"], row["unweighted_n_to"], row["overlap_n"]) == (120, 60, 60)
    stayers = row_of(within_person_change(golden_design(), [number("y1")], items, [EVERYONE]))
    assert (stayers["unweighted_n_from"], stayers["unweighted_n_to"]) == (60, 60)
