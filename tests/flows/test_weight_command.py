"""`panel weight`: golden values, files, trimming, replicates, refusals and exit codes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyreadstat
import pytest

from tests.flows.statistics_builders import AGE, CALIBRATED, Panel, near, write_targets
from tests.golden.data import golden_people, lonely_people
from tests.unit.test_data_files import real_file


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


def test_bounds_on_base_weights_that_average_1_need_them_scaled(panel: Panel) -> None:
    people = pl.read_csv("people.csv")
    people.with_columns(pl.col("w") / pl.col("w").mean()).write_csv("people.csv")
    assert weigh(panel, "--method", "logit", "--bounds", "0.85,1.15") == 4
    assert "The base weights add up to 120, the population to 3,500: with --scale-base-weight" in panel.err
    bounded = weights_of(panel, "--method", "logit", "--bounds", "0.85,1.15", "--scale-base-weight")
    ratio = bounded / (people["w"].to_numpy() * 3500 / people["w"].sum())
    assert 0.85 < ratio.min() < ratio.max() < 1.15
    assert weights_of(panel, "--scale-base-weight") == near(weights_of(panel).tolist())


def test_bounds_of_which_neither_has_a_partner_are_told_how_far_each_has_to_move(panel: Panel) -> None:
    assert weigh(panel, "--method", "logit", "--bounds", "0.99,1.01") == 4
    assert "none is feasible" in panel.err
    alone = panel.err.split("Without a lower bound the smallest upper one is ")[1]
    upper = float(alone.split(";")[0])
    lower = float(alone.split("largest lower one is ")[1].split(". ")[0])
    assert 0 < lower < 0.99
    assert upper > 1.01
    assert weigh(panel, "--method", "logit", "--bounds", f"0,{upper + 1e-3}") == 0
    assert weigh(panel, "--method", "logit", "--bounds", f"{lower - 1e-3},20") == 0


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
