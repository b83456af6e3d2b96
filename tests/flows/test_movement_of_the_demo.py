"""The demonstration's movement over a year, held against the truth: who moved, under a weight that knows who leaves."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.nights import SURVEY, Panel, demo_panel

WEIGHT, PAIR = "year_1_to_2", "wave_from = 'w01' and wave_to = 'w05'"


@pytest.fixture(scope="module")
def panel(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    made = demo_panel(tmp_path_factory.mktemp("year") / "panel", members=900, waves=6)
    made.edit(f"surveys/{SURVEY}/survey.yml", "    models: [ordinal, gee]\n", "")  # dear, and not looked at here
    known = "tenure, response_history"
    made.edit(f"surveys/{SURVEY}/survey.yml", known, f"{known}, previous_speed, previous_item_nonresponse")
    ran = made.night()
    assert ran.exit_code == 0, ran.text
    return made


def true_shares(root: Path) -> pl.DataFrame:
    """Return the true headline shares of everybody, by wave, item and category."""
    shares = pl.read_csv(root / "truth" / "shares.csv", schema_overrides={"domain_value": pl.String})
    return shares.filter(statistic="headline", domain="all").select("wave", "item", "category", "true_value")


def test_change_within_persons_is_near_the_true_change(panel: Panel) -> None:
    keys = ["item", "category"]
    truth = true_shares(panel.root)
    then, now = (truth.filter(wave=wave).drop("wave") for wave in ("w01", "w05"))
    changed = then.join(now, on=keys, suffix="_now")
    found = panel.sql(
        f"select item, category, change, standard_error from changes where kind = 'within_person' and {PAIR} "
        f"and weight_id = '{WEIGHT}' and statistic = 'headline' and domain = 'all'"
    ).join(changed, on=keys, validate="1:1")
    assert found.height > 25
    distance = (found["change"] - (found["true_value_now"] - found["true_value"])) / found["standard_error"]
    assert distance.abs().max() < 4  # type: ignore[operator]
    assert distance.abs().mean() < 1.3  # type: ignore[operator]
    assert abs(distance.mean()) < 0.6  # type: ignore[arg-type]


def test_tables_of_who_moved_add_up_and_stand_beside_the_toplines(panel: Panel) -> None:
    tables = panel.sql(f"select item, sum(joint_share) as whole from transitions where {PAIR} group by item")
    assert tables.height == 4
    assert tables["whole"].to_list() == pytest.approx([1.0] * 4)
    margins = panel.sql(f"select weight_id, discrepancy, standard_error from transition_margins where {PAIR}")
    assert margins.height > 20
    assert (margins["discrepancy"] / margins["standard_error"]).abs().mean() < 1.5  # type: ignore[operator]


def test_tests_of_change_within_persons_are_a_family_of_their_own(panel: Panel) -> None:
    families = panel.sql("select distinct kind, family from changes where family is not null").rows()
    assert ("within_person", "within_a_year") in families
    assert {family for kind, family in families if kind == "net"} == {"headlines", "exploratory"}


def test_whoever_left_the_population_takes_a_share_of_the_first_wave_along(panel: Panel) -> None:
    steps = panel.sql(f"select step, note from weighting_log where weight_id = '{WEIGHT}' order by step_order")
    assert steps["step"].to_list()[-1] == "ineligible dropped"
    assert "nonresponse w05" in steps["step"].to_list()
    assert "previous_speed, previous_item_nonresponse" in steps.filter(step="nonresponse w05")["note"].item()
    silent = steps.filter(step="eligibility w05")[
        "note"
    ].item()  # for three waves running, and some have left meanwhile
    assert "count as in the population" in silent


def test_how_fast_and_how_completely_members_answered_is_known_of_those_interviewed_before(panel: Panel) -> None:
    from tests.flows.macro_reader import gathered  # which knows Prefect: not before its server runs

    arrays = gathered(panel).arrays
    speed = arrays.measures["w04", "previous_speed"]
    assert 0 <= np.nanmin(speed) < np.nanmax(speed) < 60
    known = ~np.isnan(speed)
    assert (known == arrays.is_respondent["w04"]).all()
    assert (~np.isnan(arrays.measures["w04", "previous_item_nonresponse"]) >= known).all()


def test_estimates_of_the_wave_are_near_the_truth_under_both_weights(panel: Panel) -> None:
    estimates = panel.sql(
        "select wave, weight_id, item, category, estimate, standard_error from estimates "
        "where statistic = 'headline' and domain = 'all'"
    )
    found = estimates.join(true_shares(panel.root), on=["wave", "item", "category"], validate="m:1")
    far = found.with_columns(z=(pl.col("estimate") - pl.col("true_value")) / pl.col("standard_error"))
    assert set(far["weight_id"]) == {"cross_sectional", WEIGHT}
    for _, part in far.partition_by("weight_id", as_dict=True).items():
        assert part["z"].abs().mean() < 1.3  # type: ignore[operator]


def test_how_newcomers_answer_stands_beside_what_they_answer(panel: Panel) -> None:
    rows = panel.sql("from conditioning where statistic = 'carefulness'")
    assert set(rows["contrast"]) <= {"newcomers", "tenure"}
    assert {"time", "straightlining", "item_nonresponse"} <= set(rows["category"])
    assert rows["item"].null_count() == rows.height
    assert (
        rows.filter(pl.col("category") != "speeding")["standard_error"] > 0
    ).all()  # nobody hurries in the simulation
    assert panel.sql(f"select count(*) from weights where survey = '{SURVEY}' and weight_id = '{WEIGHT}'").item() > 0


def test_ages_at_a_wave_are_those_of_the_members_then(panel: Panel, tmp_path: Path) -> None:
    from tests.flows.macro_reader import gathered

    later = panel.copy_to(tmp_path / "panel")
    bands = '{"16-24": [16, 24], "25-34": [25, 34], "35-49": [35, 49], "50-64": [50, 64], "65+": [65, null]}'
    now = f"  age_now: {{variable: age, bands: {bands}, at: wave, published: false}}\n"
    later.edit(f"surveys/{SURVEY}/survey.yml", "domains:\n  age_group:", f"domains:\n{now}  age_group:")
    arrays = gathered(later).arrays
    told, first = arrays.domains["age_group"].codes, arrays.codes_at("w01", "age_now")
    last = arrays.codes_at("w06", "age_now")
    recruited = arrays.is_listed["w01"]
    assert (first[recruited] >= told[recruited]).all()
    assert (first != told)[recruited].mean() < 0.02  # recruited some weeks before
    assert (last >= first).all()
    assert 0.03 < (last > first)[recruited].mean() < 0.12  # five quarters later: of bands of 9 to 15 years
