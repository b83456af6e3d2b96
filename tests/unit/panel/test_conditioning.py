"""Newcomers beside experienced members: no difference where there is none, attrition not taken for one, one found."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.definitions import AnswerOption
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.conditioning import newcomers_rows, refreshed_waves, tenure_at, tenure_rows, with_corrections
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import weigh
from pipeline.weighting_steps import CalibrationStep, Covariate, NonresponseStep, WeightRecipe
from tests.builders_validation import TRUST, margin, one_survey

OLD, NEW = 500, 300
N = OLD + NEW
IS_NEW = np.arange(N) >= OLD
YES_NO = replace(
    TRUST, options=(AnswerOption("1", "Yes"), AnswerOption("2", "No")), item="use", headline={"yes": ("1",)}
)
EQUAL = WeightRecipe("equal", "cross_sectional", (), "One wave.", is_equal_base=True)
RAKED = replace(EQUAL, calibration=CalibrationStep("raking", ("sex",)))
KNOWN = (Covariate("domain", "sex"), Covariate("answer", "use", "first"))
ADJUSTED = replace(RAKED, nonresponse=NonresponseStep("classes", KNOWN, largest_factor=9.0, smallest_class=10))


def panel(
    rng: np.random.Generator,
    recipe: WeightRecipe,
    *,
    learnt: float = 0.0,
    unsure: float = 0.05,
    stays_without_yes: float = 1.0,
) -> PanelData:
    """Return two waves: newcomers join at the second, men among the others often miss it, women say yes more often.

    Args:
        learnt: what having been asked before adds to the chance of a yes.
        stays_without_yes: chance to answer again of those who did not say yes at first, over that of the others.
        unsure: chance of a don't know among newcomers; among the others it is 0.05.
    """
    is_woman = np.arange(N) % 2 == 0
    answered = np.where(IS_NEW | is_woman, True, rng.random(N) < 0.3)
    listed = {"w01": ~IS_NEW, "w02": np.ones(N, np.bool_)}
    yes = rng.random(N) < 0.3 + 0.3 * is_woman + learnt * ~IS_NEW
    if stays_without_yes < 1:
        answered &= IS_NEW | yes | (rng.random(N) < stays_without_yes)
    first = one_survey().waves[0]
    survey = one_survey(
        items={"use": YES_NO}, weights=(recipe,), disclosure_profile="open", domains=one_survey().domains[1:],
        margins={"sex": margin("sex", ("Female", "Male"))},
        waves=(replace(first, wave="w01", wave_number=1), replace(first, wave="w02", wave_number=2)),
    )  # fmt: skip
    arrays = PanelArrays(
        members=tuple(f"m{number:04d}" for number in range(N)),
        stratum=IS_NEW.astype(np.int64),
        psu=np.arange(N) // 2,
        cohort=np.where(IS_NEW, "2", "1"),
        domains={"sex": Categories(("Female", "Male"), (~is_woman).astype(np.int64))},
        numbers={},
        is_respondent={"w01": ~IS_NEW, "w02": answered},
        is_eligible=listed,
        is_invited=listed,
        is_listed=listed,
    )
    given = pl.DataFrame({"panel_member_id": arrays.members, "item": "use", "code": np.where(yes, "1", "2")})
    is_unsure = pl.Series(rng.random(N) < np.where(IS_NEW, unsure, 0.05))
    answers = given.with_columns(
        code=pl.when(~is_unsure).then("code"),
        number=pl.lit(None, pl.Float64),
        missing_kind=pl.when(is_unsure).then(pl.lit("dont_know")),
    )
    given_at = {"w01": answers.filter(pl.Series(~IS_NEW)), "w02": answers}
    return PanelData(survey, replace(arrays, answers=given_at), given_at)


def contrast(data: PanelData) -> dict[str, float]:
    recipe = data.survey.weights[0]
    found = with_corrections(newcomers_rows(data, recipe, "w02", confidence=0.95), data.survey, recipe)
    return found.filter(pl.col("statistic") == "headline").row(0, named=True)


def test_tenure_counts_the_waves_before_and_a_refreshment_is_seen() -> None:
    data = panel(np.random.default_rng(1), EQUAL)
    assert tenure_at(data, "w01").tolist() == [0] * N
    assert tenure_at(data, "w02").tolist() == [1] * OLD + [0] * NEW
    assert refreshed_waves(data, ["w01", "w02"]) == ["w02"]


def test_without_conditioning_nothing_is_claimed_more_often_than_by_chance() -> None:
    found = [contrast(panel(np.random.default_rng(seed), RAKED)) for seed in range(200)]
    rejected = np.mean([row["p_value"] < 0.05 for row in found])
    assert 0.01 <= rejected <= 0.10
    mean, spread = np.mean([row["difference"] for row in found]), np.std([row["difference"] for row in found])
    assert abs(mean) < 3 * spread / np.sqrt(200)
    assert np.mean([row["standard_error"] for row in found]) == pytest.approx(spread, rel=0.15)


def test_attrition_poses_as_conditioning_unless_each_group_is_weighted_to_the_population() -> None:
    differences = [contrast(panel(np.random.default_rng(seed), EQUAL))["difference"] for seed in range(40)]
    assert np.mean(differences) < -0.05


def test_who_leaves_by_their_answers_poses_as_conditioning_unless_the_weight_knows_first_answers() -> None:
    def rows(recipe: WeightRecipe) -> pl.DataFrame:
        made = (panel(np.random.default_rng(seed), recipe, stays_without_yes=0.6, unsure=0.0) for seed in range(40))
        return pl.DataFrame([contrast(data) for data in made], infer_schema_length=None)

    raked, adjusted = rows(RAKED), rows(ADJUSTED)
    assert raked["difference"].mean() < -0.08
    assert (raked["p_value"] < 0.05).mean() > 0.5
    assert set(raked["verdict"]) == {"not adjusted for attrition"}  # whatever the test found
    assert adjusted["difference"].mean() == pytest.approx(0, abs=3 * adjusted["difference"].std() / 40**0.5)
    assert (adjusted["verdict"] == "no clear difference").mean() >= 0.85


def test_what_members_learn_is_found_in_both_contrasts() -> None:
    data = panel(np.random.default_rng(7), ADJUSTED, learnt=0.2)
    row = contrast(data)
    assert row["difference"] == pytest.approx(-0.2, abs=0.08)
    assert row["verdict"] == "newcomers lower"
    assert row["n_newcomers"] < NEW, "those who did not know are no base of an answer"
    weights = [weigh(data.survey, RAKED, (wave,), data.arrays) for wave in ("w01", "w02")]
    tenure = with_corrections(tenure_rows(data, ["w01", "w02"], weights, confidence=0.95), data.survey, ADJUSTED)
    assert tenure["contrast"].to_list() == ["tenure"]
    assert tenure["verdict"].to_list() == ["rises with time"]
    assert tenure["difference"].item() == pytest.approx(0.2, abs=0.08)  # log2(1 + 1) = 1


def test_single_answers_behind_a_headline_are_not_tested_twice() -> None:
    data = panel(np.random.default_rng(3), RAKED)
    rows = with_corrections(newcomers_rows(data, RAKED, "w02", confidence=0.95), data.survey, ADJUSTED)
    assert set(rows.filter(pl.col("statistic") == "share")["verdict"]) == {"not tested"}
    assert rows["p_value"].null_count() == 0


def measured(rng: np.random.Generator, hasty: float) -> pl.DataFrame:
    """Return how long everybody took over the median, and which grids newcomers and others answered in one line.

    Args:
        hasty: by how much quicker the experienced are, log to base 2.
    """
    members = [f"m{number:04d}" for number in range(N)]
    parts = []
    for wave, tenure in (("w01", np.zeros(N)), ("w02", (~IS_NEW).astype(float))):
        time = 2 ** (0.3 * rng.standard_normal(N) - hasty * tenure)
        for measure, value in (("speeding", time), ("straightlining", (rng.random(N) < 0.1).astype(float))):
            parts.append(
                pl.DataFrame({"panel_member_id": members, "value": value}).with_columns(
                    wave=pl.lit(wave), measure=pl.lit(measure)
                )
            )
    return pl.concat(parts)


def test_experienced_members_who_answer_faster_are_found_in_both_contrasts_and_straight_lines_are_not() -> None:
    data = panel(np.random.default_rng(2), RAKED)
    quality = measured(np.random.default_rng(2), hasty=0.5)
    weights = [weigh(data.survey, RAKED, (wave,), data.arrays) for wave in ("w01", "w02")]
    rows = [
        newcomers_rows(data, RAKED, "w02", confidence=0.95, quality=quality),
        tenure_rows(data, ["w01", "w02"], weights, confidence=0.95, quality=quality),
    ]
    found = with_corrections(pl.concat(rows), data.survey, ADJUSTED).filter(statistic="carefulness")
    told = {(row["contrast"], row["category"]): row for row in found.iter_rows(named=True)}
    time = told["newcomers", "time"]
    assert (time["item"], time["verdict"]) == ("", "newcomers higher")
    assert time["difference"] == pytest.approx(0.5, abs=0.08)
    assert time["n_newcomers"] == NEW
    assert told["tenure", "time"]["difference"] == pytest.approx(-0.5, abs=0.08)  # log2(1 + 1) = 1
    assert told["tenure", "time"]["verdict"] == "falls with time"
    assert told["newcomers", "straightlining"]["verdict"] == told["tenure", "straightlining"]["verdict"]
    assert told["newcomers", "straightlining"]["verdict"] == "no clear difference"
    assert told["newcomers", "speeding"]["estimate_newcomers"] == 0  # nobody takes less than 0.3 of the median


def test_how_people_answer_is_corrected_by_itself() -> None:
    data = panel(np.random.default_rng(3), RAKED)
    alone = newcomers_rows(data, RAKED, "w02", confidence=0.95)
    quality = measured(np.random.default_rng(3), hasty=0.0)
    beside = newcomers_rows(data, RAKED, "w02", confidence=0.95, quality=quality)
    answers = [
        with_corrections(rows, data.survey, ADJUSTED).filter(pl.col("statistic") != "carefulness")
        for rows in (alone, beside)
    ]
    assert answers[0]["p_value_corrected"].to_list() == answers[1]["p_value_corrected"].to_list()


def test_newcomers_who_are_less_sure_are_found() -> None:
    data = panel(np.random.default_rng(5), RAKED, unsure=0.25)
    rows = with_corrections(newcomers_rows(data, RAKED, "w02", confidence=0.95), data.survey, ADJUSTED)
    row = rows.filter(pl.col("statistic") == "dont_know").row(0, named=True)
    assert (row["item"], row["category"], row["verdict"]) == ("use", None, "newcomers higher")
    assert row["difference"] == pytest.approx(0.2, abs=0.08)
    assert row["n_newcomers"] == NEW
