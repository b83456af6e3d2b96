"""`panel estimate`: golden values, row shapes, refusals and exit codes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.estimation.estimates import COLUMNS
from tests.flows.statistics_builders import AGE, CALIBRATED, DESIGN, Panel, near, write_targets
from tests.golden.data import lonely_people
from tests.unit.test_data_files import real_file


def estimate(panel: Panel, *arguments: str, item: str = "y1", stat: str = "mean", **keys: str) -> dict[str, Any]:
    return panel.row("estimate", "people.csv", "--item", item, "--stat", stat, *arguments, **keys)


def add_jackknife(data: str, out: str) -> None:
    """Write a stratified jackknife beside the data, by hand."""
    people = pl.read_csv(data)
    columns = {}
    for number, (stratum, psu) in enumerate(people.select("stratum", "psu").unique().sort("psu").iter_rows()):
        others = pl.when(pl.col("stratum") == stratum).then(6 / 5).otherwise(1.0)
        columns[f"jack_{number + 1}"] = pl.col("w") * pl.when(pl.col("psu") == psu).then(0.0).otherwise(others)
    people.with_columns(**columns).write_parquet(out)


def test_g1_mean_with_its_standard_error_and_degrees_of_freedom(panel: Panel) -> None:
    row = estimate(panel, *DESIGN)
    assert (row["estimate"], row["standard_error"]) == (near(0.607489598), near(0.0260663677))
    assert (row["degrees_of_freedom"], row["unweighted_n"], row["sum_of_weights"]) == (20, 120, 3605.0)
    assert row["unweighted_estimate"] == near(66 / 120)


def test_g1_share_is_the_mean_of_its_indicator(panel: Panel) -> None:
    row = estimate(panel, *DESIGN, stat="share", category="1")
    assert (row["estimate"], row["standard_error"]) == (near(0.607489598), near(0.0260663677))
    p, n = row["estimate"], row["unweighted_n"]
    assert row["design_effect"] == near(row["standard_error"] ** 2 / (p * (1 - p) / (n - 1)))
    assert row["effective_n"] == near(n / row["design_effect"])


def test_g2_first_stage_fpc(panel: Panel) -> None:
    assert estimate(panel, *DESIGN, "--fpc", "psus_in_population")["standard_error"] == near(0.0240320036)


def test_g3_total(panel: Panel) -> None:
    row = estimate(panel, *DESIGN, stat="total")
    assert (row["estimate"], row["standard_error"]) == (near(2190), near(93.0204279))


def test_g4_domain_means(panel: Panel) -> None:
    rows = panel.rows("estimate", "people.csv", "--item", "y1", "--stat", "mean", "--by", "age", *DESIGN)
    assert [(row["domain"], row["domain_value"]) for row in rows] == [
        ("all", "all"),
        *(("age", str(k)) for k in (1, 2, 3)),
    ]
    assert [row["estimate"] for row in rows[1:]] == near([0.625314334, 0.590609555, 0.606844741])
    assert [row["standard_error"] for row in rows[1:]] == near([0.0942688669, 0.0768638790, 0.0882838874])


def test_g5_crossed_domain(panel: Panel) -> None:
    row = estimate(panel, *DESIGN, "--by", "age*sex", domain="age*sex", domain_value="1*2")
    assert (row["estimate"], row["standard_error"]) == (near(0.415441176), near(0.133422471))


def test_g6_ratio(panel: Panel) -> None:
    row = estimate(panel, *DESIGN, "--denominator", "lik", stat="ratio")
    assert (row["estimate"], row["standard_error"]) == (near(0.205402364), near(0.0140235882))


@pytest.mark.parametrize(
    ("interval", "limits"),
    [("logit", (0.551996158, 0.660338881)), ("wilson", (0.552117625, 0.660228702))],
)
def test_g7_intervals(panel: Panel, interval: str, limits: tuple[float, float]) -> None:
    row = estimate(panel, *DESIGN, "--interval", interval, stat="share", category="1")
    assert (row["ci_low"], row["ci_high"]) == near(limits)


def test_g9_poststratified(panel: Panel) -> None:
    write_targets("targets.csv", AGE)
    row = estimate(panel, *CALIBRATED, "--method", "poststratify")
    assert (row["estimate"], row["standard_error"]) == (near(0.607315052), near(0.0267993686))
    assert row["variance_method"] == "linearised_calibration"


@pytest.mark.parametrize(
    ("method", "golden"),
    [
        (("linear",), (0.605884019, 0.0283427453)),
        (("raking",), (0.606069554, 0.0282945112)),
        (("logit", "--bounds", "0.85,1.15"), (0.606413462, 0.0282835528)),
    ],
    ids=["G10 linear", "G10 raking", "G11 logit"],
)
def test_g10_g11_calibrated(panel: Panel, method: tuple[str, ...], golden: tuple[float, float]) -> None:
    row = estimate(panel, *CALIBRATED, "--method", *method)
    assert (row["estimate"], row["standard_error"]) == near(golden)


def test_g12_a_raked_weight_taken_as_fixed_and_credited_with_its_calibration(panel: Panel) -> None:
    assert panel("weight", "people.csv", "--targets", "targets.csv", "--base-weight", "w", "--out", "raked.csv") == 0
    asked = ("estimate", "raked.csv", "--item", "y1", "--stat", "mean", "--weight", "weight", *DESIGN[2:])
    assert panel.row(*asked)["standard_error"] == near(0.0282892757)
    credited = panel.row(*asked, "--calibrated-to", "targets.csv", "--base-weight", "w")
    assert credited["standard_error"] == near(0.0282945112)


def test_g12b_the_share_of_a_calibrated_margin_has_no_error(panel: Panel) -> None:
    row = estimate(panel, *CALIBRATED, item="age", stat="share", category="1")
    assert (row["estimate"], row["standard_error"]) == (near(1100 / 3500), 0.0)


@pytest.mark.parametrize(("centre", "golden"), [("replicates", 0.0260661552), ("estimate", 0.0260661556)])
def test_g14_jackknife_replicates_of_the_file(panel: Panel, centre: str, golden: float) -> None:
    add_jackknife("people.csv", "jackknife.parquet")
    row = panel.row(
        "estimate", "jackknife.parquet", "--item", "y1", "--stat", "mean", *DESIGN,
        "--replicate-weights", "jack_*", "--replicate-type", "jkn", "--centre", centre,
    )  # fmt: skip
    assert (row["standard_error"], row["degrees_of_freedom"]) == (near(golden), 20)
    assert row["variance_method"] == "jkn"


def test_g15_jackknife_calibrated_anew_in_each_replicate(panel: Panel) -> None:
    assert panel(
        "weight", "people.csv", "--targets", "targets.csv", "--base-weight", "w", "--strata", "stratum", "--psu", "psu",
        "--replicate-type", "jkn", "--out", "weighted.parquet",
    ) == 0  # fmt: skip
    row = panel.row(
        "estimate", "weighted.parquet", "--item", "y1", "--stat", "mean", "--weight", "weight", *DESIGN[2:],
        "--replicate-weights", "replicate_*", "--replicate-type", "jkn",
    )  # fmt: skip
    assert (row["estimate"], row["standard_error"]) == near((0.606069554, 0.0283392426))


def test_g22_mean_of_a_scale(panel: Panel) -> None:
    row = estimate(panel, *DESIGN, item="lik")
    assert (row["estimate"], row["standard_error"]) == near((2.95755895, 0.155736389))


@pytest.mark.parametrize(
    ("policy", "golden"),
    [("certainty", 0.184098131), ("adjust", 0.217458136), ("average", 0.260354073)],
)
def test_lonely_psu_policies(panel: Panel, policy: str, golden: float) -> None:
    lonely_people().filter(pl.col("psu") != 1).write_csv("lonely.csv")
    asked = ("estimate", "lonely.csv", "--item", "y", "--stat", "mean", *DESIGN)
    row = panel.row(*asked, "--lonely-psu", policy)
    assert (row["estimate"], row["standard_error"]) == near((0.652777778, golden))
    assert panel(*asked) == 4
    assert "1 of 2 strata have a single PSU (stratum 1)" in panel.err


def test_a_quantile_has_woodruffs_interval_and_names_its_share(panel: Panel) -> None:
    rows = panel.rows(
        "estimate", "people.csv", "--item", "lik", "--stat", "quantile", "--quantile", "0.25", "--quantile", "0.5",
        *DESIGN,
    )  # fmt: skip
    assert [row["category"] for row in rows] == ["0.25", "0.5"]
    assert rows[1]["estimate"] == 3.0
    assert rows[1]["ci_low"] <= 3.0 <= rows[1]["ci_high"]


def test_every_format_has_the_columns_of_estimates(panel: Panel) -> None:
    asked = ("estimate", "people.csv", "--item", "y1", *DESIGN)
    assert list(panel.rows(*asked)[0]) == list(COLUMNS)
    assert panel(*asked, "--format", "csv") == 0
    assert panel.out.splitlines()[0].split(",") == list(COLUMNS)
    assert panel(*asked, "--format", "xlsx", "--out", "out.xlsx") == 0
    assert Path("out.xlsx").stat().st_size > 1000


def test_json_has_full_precision_and_null_for_what_is_undefined(panel: Panel) -> None:
    pl.DataFrame({"y": ["a", "a", "b"], "g": ["1", "2", "2"]}).write_csv("small.csv")
    rows = panel.rows("estimate", "small.csv", "--item", "y", "--by", "g")
    alone = next(row for row in rows if row["domain_value"] == "1" and row["category"] == "a")
    assert (alone["estimate"], alone["standard_error"]) == (1.0, 0.0)
    assert (alone["ci_low"], alone["ci_high"], alone["design_effect"], alone["effective_n"]) == (None,) * 4
    assert rows[0]["estimate"] == 2 / 3


def test_a_share_of_zero_has_no_error_and_a_korn_graubard_interval_with_kish_n(panel: Panel) -> None:
    pl.DataFrame({"y": ["a"] * 10 + ["b"] * 10, "g": ["1"] * 10 + ["2"] * 10, "w": [1.0, 3.0] * 10}).write_csv(
        "edge.csv"
    )
    row = panel.row("estimate", "edge.csv", "--item", "y", "--by", "g", "--weight", "w", category="b", domain_value="1")
    kish_n = 10 / 1.25
    assert (row["estimate"], row["standard_error"], row["ci_low"]) == (0.0, 0.0, 0.0)
    assert row["ci_high"] == near(1 - 0.025 ** (1 / kish_n))


def test_several_domains_are_one_way_tables_after_everyone(panel: Panel) -> None:
    rows = panel.rows("estimate", "people.csv", "--item", "y1", "--stat", "mean", "--by", "sex", "--by", "age", *DESIGN)
    assert [row["domain"] for row in rows] == ["all", "sex", "sex", "age", "age", "age"]


def test_a_missing_by_value_is_in_no_domain_and_counted(panel: Panel) -> None:
    pl.DataFrame({"y": [1, 0, 1, 1], "g": ["a", "b", None, None]}).write_csv("gaps.csv")
    rows = panel.rows("estimate", "gaps.csv", "--item", "y", "--stat", "mean", "--by", "g")
    assert [(row["domain_value"], row["unweighted_n"]) for row in rows] == [("all", 4), ("a", 1), ("b", 1)]
    assert "'g' is missing in 2 rows" in panel.err


def test_rows_without_a_weight_are_left_out_and_counted(panel: Panel) -> None:
    pl.DataFrame({"y": [1, 0, 1], "w": [1.0, 1.0, None]}).write_csv("gaps.csv")
    row = panel.row("estimate", "gaps.csv", "--item", "y", "--stat", "mean", "--weight", "w")
    assert (row["estimate"], row["unweighted_n"]) == (0.5, 2)
    assert "1 rows without a weight ('w')" in panel.err


def test_a_weight_that_is_not_used_is_mentioned(panel: Panel) -> None:
    pl.DataFrame({"y": [1, 0, 1], "weight": [1.0, 1.0, 2.0]}).write_csv("weighted.csv")
    assert panel("estimate", "weighted.csv", "--item", "y") == 0
    assert "everyone counts once; its column 'weight'" in panel.err


def test_codes_declared_missing_are_no_answers(panel: Panel) -> None:
    pl.DataFrame({"y": ["1", "2", "-8", "NA"]}).write_csv("codes.csv")
    asked = ("estimate", "codes.csv", "--item", "y")
    assert [row["category"] for row in panel.rows(*asked, "--missing", "-8", "--missing", "NA")] == ["1", "2"]
    assert panel(*asked, "--stat", "mean") == 3
    assert "holds no number in 1 rows, most often 'NA'" in panel.err


def test_the_table_for_people_leaves_out_what_is_empty(panel: Panel) -> None:
    assert panel("estimate", "people.csv", "--item", "y1", "--stat", "mean", *DESIGN) == 0
    header, row = panel.out.splitlines()[2:4]
    assert header.split() == [
        "item", "statistic", "domain", "domain_value", "estimate", "standard_error", "ci_low", "ci_high",
        "unweighted_n", "design_effect",
    ]  # fmt: skip
    assert row.split()[4:6] == ["0.6075", "0.0261"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--stat", "ratio"),
        ("--denominator", "lik"),
        ("--stat", "mean", "--quantile", "0.5"),
        ("--base-weight", "w"),
        ("--scale-base-weight",),
        ("--format", "xlsx"),
        ("--format", "xlsx", "--out", "no_folder/out.xlsx"),
        ("--format", "xlsx", "--out", "out.csv"),
        ("--format", "csv", "--out", "out.xlsx"),
        ("--out", "no_folder/out.txt"),
        ("--confidence", "95"),
        ("--by", "no_such"),
        ("--replicate-type", "jkn"),
        ("--replicate-weights", "no_such_*"),
    ],
)
def test_wrong_usage_of_estimate_exits_2(panel: Panel, arguments: Sequence[str]) -> None:
    assert panel("estimate", "people.csv", "--item", "y1", *arguments) == 2, panel.err


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        (("--itme", "y1"), "'--itme': did you mean '--item'?"),
        (("--item", "y1", "--wieght=w"), "'--wieght': did you mean '--weight'?"),
        (("--item", "y1", "--replicate-wieghts", "r_*"), "did you mean '--replicate-weights'?"),
    ],
)
def test_a_misspelt_option_is_told_the_one_it_may_mean(panel: Panel, misspelt: Sequence[str], meant: str) -> None:
    assert panel("estimate", "people.csv", *misspelt) == 2
    assert panel.err.startswith("usage: panel estimate")
    assert meant in panel.err


def test_a_misspelt_required_option_and_one_like_nothing(panel: Panel) -> None:
    assert panel("weight", "people.csv", "--tragets", "targets.csv") == 2
    assert "required: --targets; '--tragets': did you mean '--targets'?" in panel.err
    assert panel("estimate", "people.csv", "--item", "y1", "--xyz") == 2
    assert panel.err.endswith("panel estimate: error: unrecognized arguments: --xyz\n")
    assert panel("estimate", "people.csv", "--item", "y1", "--conf", "0.9") == 0  # shortened


def test_an_item_nobody_answered_exits_4(panel: Panel) -> None:
    pl.DataFrame({"y": [None, None], "z": [1, 2]}, schema={"y": pl.String, "z": pl.Int64}).write_csv("empty.csv")
    assert panel("estimate", "empty.csv", "--item", "y") == 4
    assert "nobody answered 'y'" in panel.err
    assert panel("estimate", "empty.csv", "--item", "y", "--stat", "mean") == 4
    assert "nobody who carries weight answered" in panel.err


def test_a_weight_that_does_not_meet_the_targets_it_is_credited_with_is_refused(panel: Panel) -> None:
    assert panel("estimate", "people.csv", "--item", "y1", *DESIGN, *CALIBRATED[:4]) == 3
    assert "the weight does not meet targets.csv: margin 'sex', 1: 1848 of 1700" in panel.err


def test_user_missing_codes_of_a_real_survey_are_no_answers(panel: Panel) -> None:
    survey = str(real_file("ri_covid_panel", "wave3_2020-11_BROW0015_RI_and_US.sav"))
    rows = panel.rows("estimate", survey, "--item", "q46", "--weight", "weight_RI")
    assert [row["category"] for row in rows] == ["Yes", "No"]
    assert math.fsum(row["estimate"] for row in rows) == near(1.0)
    assert "1000 rows without a weight ('weight_RI')" in panel.err
