"""The statistics on a file, through the command line: golden values, row shapes, refusals and exit codes."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyreadstat
import pytest

from flows.cli import main
from pipeline.estimation.change import COLUMNS as CHANGE_COLUMNS
from pipeline.estimation.estimates import COLUMNS
from pipeline.weighting.nonresponse import propensity_weight, response_propensity
from tests.golden.data import age_and_sex_levels, column, golden_people, lonely_people
from tests.unit.test_data_files import real_file

GOLDEN = 1e-8  # relative; the values are printed to nine digits
DESIGN = ("--weight", "w", "--strata", "stratum", "--psu", "psu")
AGE = {"age": {"1": 1100, "2": 1150, "3": 1250}}
AGE_AND_SEX = AGE | {"sex": {"1": 1700, "2": 1800}}
CALIBRATED = ("--calibrated-to", "targets.csv", "--base-weight", "w", "--strata", "stratum", "--psu", "psu")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, with the golden people as CSV and the targets of G10."""
    monkeypatch.chdir(tmp_path)
    golden_people().with_columns(pl.lit(40).alias("psus_in_population")).write_csv("people.csv")
    write_targets("targets.csv", AGE_AND_SEX)
    return tmp_path


def write_targets(name: str, targets: Mapping[str, Mapping[str, float]]) -> None:
    rows = [(margin, one, persons) for margin, found in targets.items() for one, persons in found.items()]
    pl.DataFrame(rows, schema=["margin", "category", "persons"], orient="row").write_csv(name)


@pytest.fixture
def panel(folder: Path, capsys: pytest.CaptureFixture[str]) -> "Panel":
    return Panel(capsys)


class Panel:
    """Runs commands and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out, self.err = "", ""

    def __call__(self, *arguments: str) -> int:
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as stop:  # argparse on wrong usage
            code = int(stop.code or 0)
        printed = self.capsys.readouterr()
        self.out, self.err = printed.out, printed.err
        return code

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        assert self(*arguments, "--format", "json") == 0, self.err
        found: list[dict[str, Any]] = json.loads(self.out)
        return found

    def row(self, *arguments: str, **keys: str) -> dict[str, Any]:
        rows = self.rows(*arguments)
        found = [row for row in rows if all(row[key] == value for key, value in keys.items())]
        assert len(found) == 1, rows
        return found[0]


def estimate(panel: Panel, *arguments: str, item: str = "y1", stat: str = "mean", **keys: str) -> dict[str, Any]:
    return panel.row("estimate", "people.csv", "--item", item, "--stat", stat, *arguments, **keys)


def near(value: float) -> Any:
    return pytest.approx(value, rel=GOLDEN)


# --- estimates


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


def add_jackknife(data: str, out: str) -> None:
    """Write a stratified jackknife beside the data, by hand."""
    people = pl.read_csv(data)
    columns = {}
    for number, (stratum, psu) in enumerate(people.select("stratum", "psu").unique().sort("psu").iter_rows()):
        others = pl.when(pl.col("stratum") == stratum).then(6 / 5).otherwise(1.0)
        columns[f"jack_{number + 1}"] = pl.col("w") * pl.when(pl.col("psu") == psu).then(0.0).otherwise(others)
    people.with_columns(**columns).write_parquet(out)


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


# --- weights


def weigh(panel: Panel, *arguments: str) -> int:
    return panel("weight", "people.csv", "--targets", "targets.csv", "--base-weight", "w", *arguments)


@pytest.mark.parametrize(
    ("method", "ratios", "first_three"),
    [
        (("linear",), (0.875830268, 1.09348856), (13.9713951, 17.8584911, 10.7489848)),
        (("raking",), (0.87801169, 1.09712492), (13.9532231, 17.7914889, 10.7203576)),
        (("logit", "--bounds", "0.85,1.15"), (0.88171045, 1.09808869), (13.9951181, 17.7737307, 10.6718182)),
    ],
    ids=["G10 linear", "G10 raking", "G11 logit"],
)
@pytest.mark.parametrize("ending", ["csv", "parquet", "sav"])
def test_g10_g11_weights_in_every_format(
    panel: Panel, method: tuple[str, ...], ratios: tuple[float, float], first_three: tuple[float, ...], ending: str
) -> None:
    assert weigh(panel, "--method", *method, "--out", f"out.{ending}", "--json") == 0
    summary = json.loads(panel.out)
    assert (summary["min_ratio"], summary["max_ratio"]) == near(ratios)
    assert written_weight(f"out.{ending}")[:3] == near(first_three)


def written_weight(name: str) -> np.ndarray[Any, Any]:
    if name.endswith(".sav"):
        return np.asarray(pyreadstat.read_sav(name, output_format="polars")[0]["weight"])
    return np.asarray((pl.read_csv(name) if name.endswith(".csv") else pl.read_parquet(name))["weight"])


def test_the_json_object_has_the_keys_that_programs_rely_on(panel: Panel) -> None:
    assert weigh(panel, "--json") == 0
    summary = json.loads(panel.out)
    assert list(summary) == [
        "method", "converged", "iterations", "max_relative_gap", "sum_of_weights", "design_effect", "effective_n",
        "min_ratio", "max_ratio", "margins",
    ]  # fmt: skip
    assert summary["margins"][0] == {
        "margin": "age", "category": "1", "target": 1100.0, "before": 1193.0, "after": near(1100.0), "unweighted_n": 40
    }  # fmt: skip
    assert (summary["design_effect"], summary["effective_n"]) == (near(1.15407806), near(103.979102))  # G13
    assert summary["max_relative_gap"] <= 1e-8


def test_out_is_the_data_with_the_weights_beside_it(panel: Panel) -> None:
    assert weigh(panel, "--strata", "stratum", "--psu", "psu", "--replicates", "20", "--out", "out.parquet") == 0
    written, people = pl.read_parquet("out.parquet"), pl.read_csv("people.csv")
    assert written.columns == [*people.columns, "weight", *(f"replicate_{number}" for number in range(1, 21))]
    assert written.select(people.columns).equals(people)
    totals = written.group_by("age").agg(pl.col("^replicate_.*$").sum()).sort("age").drop("age").to_numpy()
    assert totals == pytest.approx(np.repeat([[1100.0], [1150.0], [1250.0]], 20, axis=1))


def test_the_same_seed_draws_the_same_replicates(panel: Panel) -> None:
    design = ("--strata", "stratum", "--psu", "psu", "--replicates", "5")
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert weigh(panel, *design, "--seed", seed, "--out", f"{name}.csv") == 0
    first, again, other = (Path(f"{name}.csv").read_text() for name in "abc")
    assert first == again != other


def test_the_readable_table_shows_each_category_before_and_after(panel: Panel) -> None:
    assert weigh(panel) == 0
    lines = panel.out.splitlines()
    assert lines[2].split() == ["margin", "category", "target", "before", "after", "unweighted_n"]
    assert lines[3].split() == ["age", "1", "1,100", "1,193", "1,100", "40"]
    assert "Design effect 1.154 and effective n 104.0" in panel.out
    assert "Ratio of weight to base weight from 0.878 to 1.097." in panel.out


def test_small_categories_are_warned_of(panel: Panel) -> None:
    write_targets("targets.csv", {"stratum": {"1": 900, "2": 900, "3": 900, "4": 800}, "psu": psu_targets()})
    assert weigh(panel) == 0
    assert "fewer than 30 people in psu 101 (5), psu 102 (5)" in panel.out
    assert weigh(panel, "--json") == 0
    assert "fewer than 30 people" in panel.err
    assert json.loads(panel.out)["converged"] is True


def psu_targets() -> dict[str, float]:
    """Return totals of the 24 PSUs that agree with those of the strata."""
    return {str(100 * h + k): (900 if h < 4 else 800) / 6 for h in range(1, 5) for k in range(1, 7)}


def test_crossed_margins_and_numeric_totals(panel: Panel) -> None:
    people = golden_people()
    crossed = people.group_by("age", "sex").agg(pl.col("w").sum() * 1.1).sort("age", "sex")
    margin = {f"{age}*{sex}": persons for age, sex, persons in crossed.iter_rows()}
    write_targets("targets.csv", {"age*sex": margin, "lik": {"": 12_000.0}})
    assert weigh(panel, "--method", "linear", "--out", "out.csv", "--json") == 0
    written = pl.read_csv("out.csv")
    assert written.select((pl.col("weight") * pl.col("lik")).sum()).item() == near(12_000.0)
    assert json.loads(panel.out)["margins"][-1] | {"before": 0, "after": 0} == {
        "margin": "lik", "category": "", "target": 12_000.0, "before": 0, "after": 0, "unweighted_n": 120
    }  # fmt: skip
    row = panel.row(
        "estimate", "people.csv", "--item", "lik", "--stat", "total", *CALIBRATED, "--method", "linear"
    )  # fmt: skip
    assert (row["estimate"], row["standard_error"]) == (near(12_000.0), pytest.approx(0, abs=1e-6))


@pytest.mark.parametrize("trim", [("--trim", "0.05,0.95"), ("--trim-ratio", "1.5")], ids=["quantiles", "ratio"])
def test_trimmed_weights_meet_caps_and_margins(panel: Panel, trim: tuple[str, str]) -> None:
    untrimmed = weights_of(panel)
    trimmed = weights_of(panel, *trim)
    cap = np.quantile(untrimmed, 0.95) if trim[0] == "--trim" else 1.5 * np.median(untrimmed)
    assert trimmed.max() <= cap * (1 + 1e-9) < untrimmed.max()
    age = golden_people()["age"].to_numpy()
    assert [trimmed[age == k].sum() for k in (1, 2, 3)] == near([1100, 1150, 1250])


def weights_of(panel: Panel, *arguments: str) -> np.ndarray[Any, Any]:
    assert weigh(panel, *arguments, "--out", "out.csv") == 0, panel.err
    return written_weight("out.csv")


def test_replicates_of_trimmed_weights_are_trimmed_too(panel: Panel) -> None:
    assert weigh(
        panel, "--trim-ratio", "2.5", "--strata", "stratum", "--psu", "psu", "--replicates", "10",
        "--out", "out.parquet",
    ) == 0  # fmt: skip
    written = pl.read_parquet("out.parquet")
    assert written.select(pl.col("^replicate_.*$").sum()).row(0) == near([3500.0] * 10)


def test_no_replicate_can_vary_a_lonely_psu_unless_it_counts_as_certain(panel: Panel) -> None:
    lonely_people().filter(pl.col("psu") != 1).write_csv("people.csv")
    write_targets("targets.csv", {"stratum": {"1": 20, "2": 50}})
    design = ("--strata", "stratum", "--psu", "psu", "--replicates", "10")
    assert weigh(panel, *design) == 4
    assert "(stratum 1)" in panel.err
    assert "use --lonely-psu certainty." in panel.err
    assert weigh(panel, *design, "--lonely-psu", "certainty") == 0


def test_pictures_are_drawn_as_svg_and_png(panel: Panel) -> None:
    assert weigh(panel, "--picture", "weights.svg") == 0
    assert Path("weights.svg").read_text().startswith("<svg ")
    assert weigh(panel, "--picture", "weights.png") == 0
    assert Path("weights.png").read_bytes().startswith(b"\x89PNG")
    assert weigh(panel, "--picture", "weights.gif") == 2
    assert weigh(panel, "--picture", "no_folder/weights.png", "--out", "out.csv") == 2
    assert not Path("out.csv").exists()


def test_headers_of_targets_may_be_capitals(panel: Panel) -> None:
    Path("targets.csv").write_text(Path("targets.csv").read_text().replace("margin,category", "Margin,Category"))
    assert weigh(panel) == 0


def test_g11x_infeasible_bounds_exit_4_with_the_tightest_feasible_ones(panel: Panel) -> None:
    assert weigh(panel, "--method", "logit", "--bounds", "0.9,1.12", "--out", "out.csv") == 4
    assert "Furthest off: margin 'age'" in panel.err
    assert "smallest feasible upper bound is 1.122773" in panel.err
    assert not Path("out.csv").exists()


def test_iterations_that_do_not_suffice_are_an_error(panel: Panel) -> None:
    assert weigh(panel, "--method", "logit", "--bounds", "0.85,1.15", "--max-iterations", "1") == 4
    assert "did not meet its totals after 1 iterations" in panel.err


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"age": AGE["age"], "sex": {"1": 1700, "2": 1900}}, "margins add up to different population totals"),
        ({"age": {"1": 1100, "2": 2400}}, "no total for 3 (40 people)"),
        ({"age": AGE["age"] | {"4": 100}}, "no respondents in 4"),
        ({"region": {"a": 1.0}}, "has no column 'region'"),
        ({"Age": AGE["age"]}, "no column 'Age' (did you mean 'age'?)"),
        ({"r2": {"0 ": 600, "yes": 400}}, "margin 'r2' lists 'yes', which nobody has; the data holds 1."),
        ({"age*sex": {"1*1": 1.0}}, "margin 'age*sex' has no total for 1*2"),
        ({"age*sex": {"1": 1.0}}, "category '1' has 1 parts, its margin 2"),
    ],
)
def test_data_and_targets_that_do_not_meet_exit_3(
    panel: Panel, targets: Mapping[str, Mapping[str, float]], message: str
) -> None:
    write_targets("targets.csv", targets)
    assert weigh(panel) == 3
    assert message in panel.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("margin,category\nage,1\n", "no column persons"),
        ("margin,category,persons\nage,1,many\n", "1 rows whose persons are no number (row 2)"),
        ("margin;category;persons\nage;1;1.100,5\n", "a point before decimals, as 410000 or 410000.5, found '1.100,5'"),
        ("margin,category,persons\nage,1,48%\n", "shares go without a % sign, with --reconcile-to"),
        ("margin,category,persons\nage,1,5\nage,1,6\n", "margin 'age' lists '1' twice"),
        ("margin,category,persons\n,1,5\n", "1 rows without a margin (row 2)"),
        ("margin,category,persons\nage,,5\nage,1,5\n", "has categories and an empty one"),
        ("margin,category,persons\nage,1,-5\nage,2,5\nage,3,5\n", "missing or negative: 1"),
    ],
)
def test_targets_that_cannot_be_read_exit_3(panel: Panel, content: str, message: str) -> None:
    Path("targets.csv").write_text(content)
    assert weigh(panel) == 3
    assert message in panel.err


def test_margins_are_reconciled_when_asked(panel: Panel) -> None:
    write_targets("targets.csv", {"age": {"1": 0.3, "2": 0.3, "3": 0.4}, "sex": {"1": 49.0, "2": 51.0}})
    assert weigh(panel, "--reconcile-to", "1000", "--json") == 0
    assert json.loads(panel.out)["sum_of_weights"] == near(1000.0)


def test_missing_margin_answers_are_refused_with_a_count_or_follow_the_declared_rule(panel: Panel) -> None:
    pl.read_csv("people.csv").with_columns(age=pl.when(pl.col("id") > 5).then("age")).write_csv("people.csv")
    assert weigh(panel) == 3
    assert "margin 'age' is missing for 5 people" in panel.err
    assert weigh(panel, "--missing-margins", "largest") == 0
    assert "missing for 5 people: counted as" in panel.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--method", "logit"),
        ("--method", "poststratify"),
        ("--bounds", "3,0.3"),
        ("--bounds", "three"),
        ("--trim", "1,99"),
        ("--trim", "0.01,0.99", "--trim-ratio", "5"),
        ("--replicates", "0"),
        ("--replicates", "1"),
        ("--replicate-type", "jkn", "--replicates", "20"),
        ("--out", "out.ods"),
        ("--out", "people.csv"),
        ("--tolerance", "0"),
        ("--strata", "no_such"),
    ],
)
def test_wrong_usage_of_weight_exits_2(panel: Panel, arguments: Sequence[str]) -> None:
    assert weigh(panel, *arguments) == 2, panel.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--stat", "ratio"),
        ("--denominator", "lik"),
        ("--stat", "mean", "--quantile", "0.5"),
        ("--base-weight", "w"),
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


def test_an_item_nobody_answered_exits_4(panel: Panel) -> None:
    pl.DataFrame({"y": [None, None], "z": [1, 2]}, schema={"y": pl.String, "z": pl.Int64}).write_csv("empty.csv")
    assert panel("estimate", "empty.csv", "--item", "y") == 4
    assert "nobody answered 'y'" in panel.err
    assert panel("estimate", "empty.csv", "--item", "y", "--stat", "mean") == 4
    assert "nobody who carries weight answered" in panel.err


def test_a_weight_that_does_not_meet_the_targets_it_is_credited_with_is_refused(panel: Panel) -> None:
    assert panel("estimate", "people.csv", "--item", "y1", *DESIGN, *CALIBRATED[:4]) == 3
    assert "the weight does not meet targets.csv: margin 'sex', 1: 1848 of 1700" in panel.err


# --- change


@pytest.fixture
def waves(folder: Path) -> Path:
    """Return a folder with the golden people's two waves: y1 and y2 as y, w, and the propensity weight of G18."""
    is_respondent = column("r2") == 1
    weight = propensity_weight(
        column("w"), is_respondent, response_propensity(column("w"), is_respondent, age_and_sex_levels())
    )
    people = golden_people().with_columns(adjusted=weight)
    people.with_columns(y=pl.col("y1")).write_csv("w1.csv")
    people.with_columns(y=pl.col("y2")).write_csv("w2.csv")
    people.with_columns(y=pl.col("y2")).filter(r2=1).with_columns(w=pl.col("adjusted")).write_csv("w2r.csv")
    return folder


def change(panel: Panel, second: str, *arguments: str) -> dict[str, Any]:
    return panel.row(
        "change", "w1.csv", second, "--id", "id", "--item", "y", "--stat", "mean", *DESIGN, *arguments, domain="all"
    )  # fmt: skip


def test_g16_change_with_full_overlap(panel: Panel, waves: Path) -> None:
    row = change(panel, "w2.csv")
    assert (row["change"], row["standard_error"], row["correlation"]) == near(
        (-0.0416088766, 0.0403241075, 0.202446132)
    )
    assert (row["overlap_n"], row["kind"]) == (120, "net")
    assert row["estimate_to"] - row["estimate_from"] == near(row["change"])


def test_g23_change_with_partial_overlap(panel: Panel, waves: Path) -> None:
    row = change(panel, "w2r.csv")
    assert (row["change"], row["standard_error"], row["correlation"]) == near(
        (-0.0494905061, 0.0432707227, 0.349496014)
    )
    assert row["overlap_n"] == 88


def test_g24_change_within_persons(panel: Panel, waves: Path) -> None:
    row = change(panel, "w2r.csv", "--kind", "within_person")
    assert (row["change"], row["standard_error"]) == near((-0.0587151669, 0.0412225202))
    assert row["kind"] == "within_person"


def test_changes_have_the_columns_of_changes_with_their_kind(panel: Panel, waves: Path) -> None:
    rows = panel.rows("change", "w1.csv", "w2r.csv", "--id", "id", "--item", "y", "--by", "age", *DESIGN)
    assert list(rows[0]) == ["kind", *CHANGE_COLUMNS]
    assert [(row["domain_value"], row["category"]) for row in rows[:4]] == [
        ("all", "0"),
        ("all", "1"),
        ("1", "0"),
        ("1", "1"),
    ]
    assert rows[1]["p_value"] is not None


def test_the_order_of_the_rows_and_names_of_the_psus_do_not_matter(panel: Panel, waves: Path) -> None:
    expected = change(panel, "w2r.csv")
    for name in ("w1.csv", "w2r.csv"):
        people = pl.read_csv(name).with_columns(psu=pl.lit("psu ") + pl.col("psu").cast(pl.String))
        people.with_columns(id=pl.lit("member ") + pl.col("id").cast(pl.String)).sample(
            fraction=1, shuffle=True, seed=1
        ).write_csv(name)
    shuffled = change(panel, "w2r.csv")
    assert {key: value for key, value in shuffled.items() if isinstance(value, float)} == near(
        {key: value for key, value in expected.items() if isinstance(value, float)}
    )


def test_the_table_of_changes_says_what_is_estimated(panel: Panel, waves: Path) -> None:
    assert panel("change", "w1.csv", "w2.csv", "--id", "id", "--item", "y", *DESIGN) == 0
    assert panel.out.startswith("w1.csv to w2.csv. Net change in the population")
    assert panel("change", "w1.csv", "w2.csv", "--id", "id", "--item", "y", "--kind", "within_person", *DESIGN) == 0
    assert "Change within persons" in panel.out


def test_persons_twice_or_without_id_exit_3(panel: Panel, waves: Path) -> None:
    people = pl.read_csv("w1.csv")
    pl.concat([people, people.head(2)]).write_csv("w1.csv")
    assert panel("change", "w1.csv", "w2.csv", "--id", "id", "--item", "y") == 3
    assert "'id' repeats in 2 rows" in panel.err


# --- real files


def test_a_real_spss_survey_is_weighted_and_estimated_by_its_labels(panel: Panel) -> None:
    survey = str(real_file("ri_covid_panel", "wave1_2020-07_BROW0013_RI.sav"))
    gender = {"Male": 410_000, "Female": 440_000, "Other": 2_000, "Prefer not to say": 1_000}
    education = {"1": 70_000, "2": 260_000, "3": 150_000, "4": 80_000, "5": 180_000, "6": 113_000}  # codes do, too
    write_targets("targets.csv", {"gender_client": gender, "educ": education})
    asked = ("weight", survey, "--targets", "targets.csv", "--base-weight", "weight")
    assert panel(*asked, "--out", "out.sav") == 0
    assert "gender_client Prefer not to say (2)" in panel.out
    assert panel(*asked, "--out", "out.parquet", "--json") == 0
    assert json.loads(panel.out)["sum_of_weights"] == near(853_000)
    from_spss = panel.rows("estimate", "out.sav", "--item", "q1", "--by", "gender_client", "--weight", "weight")
    from_parquet = panel.rows("estimate", "out.parquet", "--item", "q1", "--by", "gender_client", "--weight", "weight")
    assert from_spss == from_parquet
    assert [row["category"] for row in from_spss[:6]] == [
        "Absolutely", "Probably willing", "Somewhat willing", "Somewhat unwilling", "Probably unwilling",
        "Absolutely not",
    ]  # fmt: skip


def test_user_missing_codes_of_a_real_survey_are_no_answers(panel: Panel) -> None:
    survey = str(real_file("ri_covid_panel", "wave3_2020-11_BROW0015_RI_and_US.sav"))
    rows = panel.rows("estimate", survey, "--item", "q46", "--weight", "weight_RI")
    assert [row["category"] for row in rows] == ["Yes", "No"]
    assert math.fsum(row["estimate"] for row in rows) == near(1.0)
    assert "1000 rows without a weight ('weight_RI')" in panel.err
