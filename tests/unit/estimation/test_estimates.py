"""Shares and means with their standard errors, by hand and against R survey 4.1.1 (methodology D)."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import COLUMNS, DomainMask, ItemValues, estimate_items
from tests.golden.data import AGE_TOTALS, SEX_TOTALS, codes, column
from tests.unit.estimation.builders import (
    AGE_1_SEX_2,
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
    yes_no,
)

CLOSE = {"rel": 5e-9}  # the nine digits printed
BOTH_MARGINS = np.append(AGE_TOTALS, SEX_TOTALS[1])


def yes(frame: pl.DataFrame, **keys: str) -> dict[str, float]:
    """Return the row of the answer 1."""
    return row_of(frame, statistic="share", category="1", **keys)


def test_golden_1_mean_of_a_yes_no_item() -> None:
    row = yes(estimate_items(golden_design(), [yes_no("y1")], [EVERYONE]))
    assert row["estimate"] == pytest.approx(0.607489598, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0260663677, **CLOSE)
    assert row["degrees_of_freedom"] == 20
    assert row["unweighted_n"] == 120
    assert row["sum_of_weights"] == 3605
    assert row["unweighted_estimate"] == pytest.approx(66 / 120)


def test_golden_2_a_finite_population_lowers_the_standard_error() -> None:
    row = yes(estimate_items(golden_design(with_fpc=True), [yes_no("y1")], [EVERYONE]))
    assert row["standard_error"] == pytest.approx(0.0240320036, **CLOSE)


@pytest.mark.parametrize(
    ("age", "mean", "standard_error"),
    [
        ("1", 0.625314334, 0.0942688669),
        ("2", 0.590609555, 0.0768638790),
        ("3", 0.606844741, 0.0882838874),
    ],
)
def test_golden_4_means_by_age(age: str, mean: float, standard_error: float) -> None:
    row = yes(estimate_items(golden_design(), [yes_no("y1")], [EVERYONE, *AGES]), domain_value=age)
    assert row["estimate"] == pytest.approx(mean, **CLOSE)
    assert row["standard_error"] == pytest.approx(standard_error, **CLOSE)


def test_golden_5_a_domain_keeps_the_psus_it_has_nobody_in() -> None:
    row = yes(estimate_items(golden_design(), [yes_no("y1")], [AGE_1_SEX_2]))
    assert row["estimate"] == pytest.approx(0.415441176, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.133422471, **CLOSE)


def test_golden_9_poststratification_takes_the_margin_out_of_the_variance() -> None:
    ratio = AGE_TOTALS / np.bincount(codes("age") - 1, column("w"))
    calibration = Calibration(column("w"), levels=codes("age")[:, None] - 1)
    design = golden_design(column("w") * ratio[codes("age") - 1], calibration=calibration)
    row = yes(estimate_items(design, [yes_no("y1")], [EVERYONE]))
    assert row["estimate"] == pytest.approx(0.607315052, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0267993686, **CLOSE)
    assert rows_of(estimate_items(design, [yes_no("y1")], [EVERYONE]))["variance_method"].unique().to_list() == [
        "linearised_calibration"
    ]


@pytest.mark.parametrize(
    ("distance", "mean", "standard_error"),
    [
        ("linear", 0.605884019, 0.0283427453),
        ("raking", 0.606069554, 0.0282945112),
        ("logit", 0.606413462, 0.0282835528),
    ],
)
def test_golden_10_and_11_calibrated_to_age_and_sex(distance: str, mean: float, standard_error: float) -> None:
    weight = newton_weights(distance, BOTH_MARGINS, (0.85, 1.15))
    row = yes(estimate_items(golden_design(weight, calibration=age_and_sex()), [yes_no("y1")], [EVERYONE]))
    assert row["estimate"] == pytest.approx(mean, **CLOSE)
    assert row["standard_error"] == pytest.approx(standard_error, **CLOSE)


def test_golden_12_raked_weights_taken_as_fixed() -> None:
    weight = newton_weights("raking", BOTH_MARGINS)
    row = yes(estimate_items(golden_design(weight), [yes_no("y1")], [EVERYONE]))
    assert row["standard_error"] == pytest.approx(0.0282892757, **CLOSE)


def test_golden_12b_a_margin_that_was_calibrated_has_no_standard_error() -> None:
    weight = newton_weights("raking", BOTH_MARGINS)
    age = ItemValues("age", codes=codes("age") - 1, categories=("1", "2", "3"))
    naive = yes(estimate_items(golden_design(weight), [age], [EVERYONE]))
    assert naive["standard_error"] == pytest.approx(0.0219276016, **CLOSE)
    row = yes(estimate_items(golden_design(weight, calibration=age_and_sex()), [age], [EVERYONE]))
    assert (row["standard_error"], row["design_effect"], row["effective_n"]) == (0.0, 0.0, None)
    assert row["ci_low"] == pytest.approx(row["estimate"])


def test_golden_22_mean_of_a_number() -> None:
    row = row_of(estimate_items(golden_design(), [number("lik")], [EVERYONE]), statistic="mean")
    assert row["category"] is None
    assert row["estimate"] == pytest.approx(2.95755895, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.155736389, **CLOSE)
    assert row["ci_high"] - row["estimate"] == pytest.approx(2.0859634 * 0.155736389, rel=1e-7)


def test_a_number_and_its_codes_agree() -> None:
    as_number = row_of(estimate_items(golden_design(), [number("y1")], AGES), domain_value="2")
    as_share = yes(estimate_items(golden_design(), [yes_no("y1")], AGES), domain_value="2")
    for name in ("estimate", "standard_error", "design_effect", "effective_n", "unweighted_estimate"):
        assert as_number[name] == pytest.approx(as_share[name])


def test_every_category_of_the_frame_has_a_row_and_headlines_follow() -> None:
    item = ItemValues(
        "q", codes=codes("y1"), categories=("no", "yes", "never"), headlines={"any": (1, 2), "all_of": (0, 1)}
    )
    frame = estimate_items(golden_design(), [item], [EVERYONE])
    assert frame.columns == list(COLUMNS)
    assert frame.select("statistic", "category").rows() == [
        ("share", "no"),
        ("share", "yes"),
        ("share", "never"),
        ("headline", "any"),
        ("headline", "all_of"),
    ]
    assert frame["estimate"][2] == 0.0
    assert frame["estimate"][3] == frame["estimate"][1]
    assert (frame["estimate"][4], frame["standard_error"][4]) == (1.0, 0.0)


def test_a_headline_is_estimated_like_the_collapsed_item() -> None:
    lik = ItemValues("lik", codes=codes("lik") - 1, categories=tuple("12345"), headlines={"high": (3, 4)})
    collapsed = ItemValues("lik", codes=(codes("lik") >= 4).astype(np.int64), categories=("0", "high"))
    columns = [name for name in COLUMNS if name != "statistic"]
    assert_frame_equal(
        rows_of(estimate_items(golden_design(), [lik], AGES), category="high").select(columns),
        rows_of(estimate_items(golden_design(), [collapsed], AGES), category="high").select(columns),
    )


def test_a_share_of_nobody_has_no_error_and_kishs_korn_graubard_interval() -> None:
    weight = np.array([1.0, 1.0, 3.0, 3.0])  # Kish's effective n = 64 / 20 = 3.2
    item = ItemValues("q", codes=np.zeros(4, np.int64), categories=("a", "b"))
    frame = estimate_items(SurveyDesign(weight), [item], [DomainMask("all", "all", np.ones(4, np.bool_))])
    nobody, everybody = row_of(frame, category="b"), row_of(frame, category="a")
    edge = 0.025 ** (1 / 3.2)
    assert (nobody["standard_error"], nobody["ci_low"]) == (0.0, 0.0)
    assert nobody["ci_high"] == pytest.approx(1 - edge)
    assert (everybody["ci_low"], everybody["ci_high"]) == (pytest.approx(edge), 1.0)
    assert (nobody["design_effect"], nobody["effective_n"]) == (None, None)


def test_missing_answers_leave_the_share_but_not_the_design() -> None:
    missing = ItemValues("y2", codes=np.where(codes("r2") == 1, codes("y2"), -1), categories=("0", "1"))
    masked = yes(estimate_items(golden_design(), [missing], [EVERYONE]))
    domain = DomainMask("answered", "yes", codes("r2") == 1)
    by_domain = yes(estimate_items(golden_design(), [yes_no("y2")], [domain]))
    for name in ("estimate", "standard_error", "unweighted_n", "sum_of_weights", "degrees_of_freedom"):
        assert masked[name] == by_domain[name]
    assert masked["unweighted_n"] == 88


def test_a_domain_where_nobody_answered_has_no_row() -> None:
    nobody = ItemValues("q", codes=np.where(codes("age") == 1, -1, codes("y1")), categories=("0", "1"))
    frame = estimate_items(golden_design(), [nobody, number("lik")], AGES)
    assert rows_of(frame, item="q")["domain_value"].unique().sort().to_list() == ["2", "3"]
    assert rows_of(frame, item="lik").height == 3
    empty = ItemValues("q", codes=np.full(N, -1), categories=("0", "1"))
    assert estimate_items(golden_design(), [empty], AGES).height == 0
    assert estimate_items(golden_design(), [], AGES).columns == list(COLUMNS)


def test_degrees_of_freedom_count_psus_and_strata_with_data() -> None:
    one_psu = DomainMask("psu", "101", codes("psu") == 101)
    two_strata = DomainMask("psu", "some", np.isin(codes("psu"), [101, 102, 103, 201]))
    frame = estimate_items(golden_design(), [yes_no("y1")], [one_psu, two_strata])
    alone, some = yes(frame, domain_value="101"), yes(frame, domain_value="some")
    assert (alone["degrees_of_freedom"], alone["ci_low"], alone["ci_high"]) == (0, None, None)
    assert alone["standard_error"] == 0.0  # one PSU cannot vary
    assert some["degrees_of_freedom"] == 2


def test_the_design_effect_compares_with_a_simple_random_sample() -> None:
    row = yes(estimate_items(golden_design(), [yes_no("y1")], [EVERYONE]))
    p, v = row["estimate"], row["standard_error"] ** 2
    assert row["design_effect"] == pytest.approx(v / (p * (1 - p) / 119))
    assert row["effective_n"] == pytest.approx(120 / row["design_effect"])
    alone = yes(estimate_items(SurveyDesign(np.ones(N)), [yes_no("y1")], [EVERYONE]))
    assert alone["design_effect"] == pytest.approx(1.0)


@pytest.mark.parametrize("interval", ["logit", "korn-graubard", "wilson", "normal"])
def test_the_scale_of_the_weights_changes_only_their_sum(interval: str) -> None:
    items = [yes_no("y1"), number("lik")]
    kwargs = {"interval": interval}
    first = estimate_items(golden_design(), items, [EVERYONE, *AGES], **kwargs)
    second = estimate_items(golden_design(column("w") / 1000), items, [EVERYONE, *AGES], **kwargs)
    assert_frame_equal(first.drop("sum_of_weights"), second.drop("sum_of_weights"), rel_tol=1e-9)


def test_the_order_of_the_rows_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(N)
    weight = newton_weights("raking", BOTH_MARGINS)
    calibrated = golden_design(weight, calibration=age_and_sex())
    shuffled = SurveyDesign(
        weight[order],
        codes("stratum")[order],
        codes("psu")[order],
        calibration=Calibration(column("w")[order], levels=age_and_sex().levels[order]),  # type: ignore[index]
    )
    masks = [DomainMask(one.domain, one.domain_value, one.mask[order]) for one in AGES]
    item = ItemValues("y1", codes=codes("y1")[order], categories=("0", "1"), headlines={"yes": (1,)})
    assert_frame_equal(
        estimate_items(calibrated, [yes_no("y1")], AGES), estimate_items(shuffled, [item], masks), rel_tol=1e-9
    )


def test_a_domain_that_is_everyone_is_all() -> None:
    whole = DomainMask("whole", "yes", np.ones(N, np.bool_))
    frame = estimate_items(golden_design(), [yes_no("y1"), number("lik")], [EVERYONE, whole])
    keys = ("domain", "domain_value")
    assert_frame_equal(rows_of(frame, domain="all").drop(keys), rows_of(frame, domain="whole").drop(keys))


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(EstimationError, match="masks 3 rows, expected 120"):
        estimate_items(golden_design(), [yes_no("y1")], [DomainMask("all", "all", np.ones(3, np.bool_))])


def test_golden_18_mean_of_the_respondents_with_their_propensity_taken_as_fixed() -> None:
    is_respondent = column("r2") == 1
    row = row_of(
        estimate_items(
            golden_design(np.where(is_respondent, response_weights(), 0.0)),
            [number("y2")],
            [DomainMask("all", "all", is_respondent)],
        )
    )
    assert (row["estimate"], row["standard_error"]) == pytest.approx((0.557999092, 0.0448297456), rel=4e-9)
