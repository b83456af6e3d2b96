"""What is known of members before a wave, worked by hand on six of them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.errors import WeightingError
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.covariates import response_steps
from pipeline.weighting_steps import Covariate, NonresponseStep, WeightRecipe
from tests.builders_validation import one_survey, one_wave

MEMBERS = ("a", "b", "c", "d", "e", "f")
WAVES = ("w01", "w02", "w03")


def flags(*rows: str) -> dict[str, NDArray[np.bool_]]:
    """Return a flag of each wave from a line of 1 and 0 over the members."""
    return {wave: np.array([one == "1" for one in row]) for wave, row in zip(WAVES, rows, strict=True)}


def answers(wave: str, codes: str) -> pl.DataFrame:
    """Return answers to the item on trust, a code for each member; a dot is none."""
    given = [(member, code) for member, code in zip(MEMBERS, codes, strict=True) if code != "."]
    return pl.DataFrame(
        {
            "panel_member_id": [member for member, _ in given],
            "item": ["trust_local_council"] * len(given),
            "code": [code for _, code in given],
            "number": [None] * len(given),
        },
        schema_overrides={"number": pl.Float64},
    )


def survey() -> Survey:
    waves = tuple(one_wave(wave=wave, wave_number=place + 1) for place, wave in enumerate(WAVES))
    return one_survey(waves=waves)


# a answers always, b only at first, c only at last, d joined at wave 2, e never, f joined at wave 3
ARRAYS = PanelArrays(
    members=MEMBERS,
    stratum=np.zeros(6, np.int64),
    psu=np.arange(6),
    cohort=np.array(["c1", "c1", "c1", "c2", "c1", "c2"]),
    domains={"sex": Categories(("Female", "Male"), np.array([0, 1, -1, 0, 1, 0]))},
    numbers={},
    is_respondent=flags("110000", "100100", "101101"),
    is_eligible=flags("111111", "111111", "111011"),
    is_invited=flags("111011", "111111", "111111"),
    is_listed=flags("111010", "111110", "111111"),
    answers={"w01": answers("w01", "12...."), "w02": answers("w02", "5..4.."), "w03": answers("w03", "1.2..3")},
    interview_mode={
        "w01": np.array(["web", "telephone", "", "", "", ""], dtype=object),
        "w02": np.array(["telephone", "", "", "web", "", ""], dtype=object),
    },
)


def levels(*covariates: Covariate, wave: str = "w03") -> list[list[int]]:
    """Return the codes of everyone before a wave, one list per covariate."""
    recipe = WeightRecipe(
        "one", "cross_sectional", (), "one wave", nonresponse=NonresponseStep("propensity", covariates)
    )
    (step,) = response_steps(survey(), recipe, (wave,), ARRAYS, np.arange(6))
    return step.levels.T.tolist()


def test_profile_and_cohort_are_codes_and_the_unknown_comes_last() -> None:
    found = levels(Covariate("domain", "sex"), Covariate("cohort", "recruitment_cohort"))
    assert found == [[0, 1, 2, 0, 1, 0], [0, 0, 0, 1, 0, 1]]


def test_tenure_counts_the_waves_in_the_panel_in_bands() -> None:
    assert levels(Covariate("tenure", "tenure_in_panel")) == [[2, 2, 2, 1, 2, 0]]  # two waves, one, none


def test_history_tells_all_some_none_and_new() -> None:
    assert levels(Covariate("history", "response_history")) == [[0, 2, 3, 0, 3, 4]]


def test_the_previous_mode_is_that_of_the_latest_interview() -> None:
    assert levels(Covariate("mode", "previous_mode")) == [[0, 0, 2, 1, 2, 2]]  # telephone, web, never


def test_speed_and_item_nonresponse_are_those_of_the_latest_interview_in_bands() -> None:
    def measured(*values: float | None) -> NDArray[np.float64]:
        return np.array(values, float)

    none = measured(*[None] * 6)
    measures = {
        ("w01", "previous_speed"): measured(0, 20, 3, *[None] * 3),  # c did not answer w01: no interview
        ("w02", "previous_speed"): measured(2, None, None, 9, None, None),
        ("w01", "previous_item_nonresponse"): measured(0.5, 0.02, *[None] * 4),
        ("w02", "previous_item_nonresponse"): measured(0, None, None, 0.25, None, None),
        ("w03", "previous_item_nonresponse"): none + 1,
    }
    arrays = replace(ARRAYS, measures=measures)
    known = (Covariate("measure", "previous_speed"), Covariate("measure", "previous_item_nonresponse"))
    recipe = WeightRecipe("one", "cross_sectional", (), "one wave", nonresponse=NonresponseStep("classes", known))
    (step,) = response_steps(survey(), recipe, ("w03",), arrays, np.arange(6))
    assert step.levels.T.tolist() == [[1, 4, 5, 3, 5, 5], [0, 1, 4, 3, 4, 4]]


@pytest.mark.parametrize(
    ("wave", "codes"),
    [("first", [0, 1, 5, 3, 5, 5]), ("latest", [4, 1, 5, 3, 5, 5]), ("w01", [0, 1, 5, 5, 5, 5])],
)
def test_an_earlier_answer_is_the_first_the_latest_or_that_of_a_wave(wave: str, codes: list[int]) -> None:
    assert levels(Covariate("answer", "trust_local_council", wave)) == [codes]


class ByItem(dict[str, pl.DataFrame]):
    """Answers that are read item by item; a whole wave never."""

    def __init__(self, waves: dict[str, pl.DataFrame]) -> None:
        super().__init__(waves)
        self.read: list[str] = []
        self.together = pl.concat([rows.with_columns(wave=pl.lit(wave)) for wave, rows in waves.items()])

    def __getitem__(self, wave: str) -> pl.DataFrame:
        raise AssertionError(f"the whole of {wave} is read for one answer")

    def of_item(self, item: str) -> pl.DataFrame:
        self.read.append(item)
        return self.together.filter(item=item)


def test_earlier_answers_are_read_without_what_else_their_waves_asked_and_once_for_all_weights() -> None:
    stored = ByItem(dict(ARRAYS.answers))
    arrays = replace(ARRAYS, answers=stored)
    first = Covariate("answer", "trust_local_council", "first")
    recipe = WeightRecipe("one", "cross_sectional", (), "one wave", nonresponse=NonresponseStep("propensity", (first,)))
    for _ in range(2):
        (step,) = response_steps(survey(), recipe, ("w03",), arrays, np.arange(6))
        assert step.levels.T.tolist() == [[0, 1, 5, 3, 5, 5]]
    assert stored.read == ["trust_local_council"] * 2, "once for each of the two waves before"


def test_nothing_of_the_wave_itself_is_used() -> None:
    assert levels(Covariate("answer", "trust_local_council", "latest"), wave="w01") == [[5] * 6]
    with pytest.raises(WeightingError, match="wave w03 is not answered before the wave weighted"):
        levels(Covariate("answer", "trust_local_council", "w03"))


def longitudinal(*, is_each_wave: bool) -> WeightRecipe:
    step = NonresponseStep("classes", (Covariate("domain", "sex"),), is_each_wave=is_each_wave)
    return WeightRecipe(
        "long", "longitudinal", WAVES, "change", starting_wave="w01", starting_weight="one", nonresponse=step
    )


def test_a_chain_has_a_step_for_each_wave_after_the_first() -> None:
    steps = response_steps(survey(), longitudinal(is_each_wave=True), WAVES, ARRAYS, np.arange(6))
    assert [step.name for step in steps] == ["w02", "w03"]
    assert steps[1].is_respondent.tolist() == ARRAYS.is_respondent["w03"].tolist()
    assert steps[1].is_eligible.tolist() == ARRAYS.is_eligible["w03"].tolist()


def test_a_wave_that_passed_a_member_over_is_no_wave_the_member_missed() -> None:
    arrays = replace(ARRAYS, is_passed_over=flags("001000", "010000", "000000"))
    history = Covariate("history", "response_history")
    recipe = replace(longitudinal(is_each_wave=True), nonresponse=NonresponseStep("classes", (history,), True))
    steps = response_steps(survey(), recipe, WAVES, arrays, np.arange(6))
    # b answered w01 and was passed over at w02; c was not asked at w01, and missed w02
    assert steps[1].levels.T.tolist() == [[0, 0, 3, 0, 3, 4]]
    assert [step.is_passed_over.tolist() for step in steps] == [[False, True] + [False] * 4, [False] * 6]
    assert steps[0].is_invited.tolist() == [True, False, True, True, True, True]


def test_the_long_silent_and_those_out_of_reach_are_of_unknown_eligibility() -> None:
    arrays = replace(ARRAYS, is_undeliverable=flags("000000", "100000", "010000"))  # a answered all the same
    recipe = replace(longitudinal(is_each_wave=True), starting_wave=None)
    steps = response_steps(survey(), recipe, WAVES, arrays, np.arange(6))
    # b could not be reached at w03; e was asked three times in vain; c answered at last
    unknown = [False, True, False, False, True, False]
    assert [step.is_unknown.tolist() for step in steps] == [[False] * 6, [False] * 6, unknown]


def test_at_once_is_one_step_of_answering_all() -> None:
    (step,) = response_steps(survey(), longitudinal(is_each_wave=False), WAVES, ARRAYS, np.arange(6))
    assert step.name == "w02+w03"
    assert step.is_respondent.tolist() == [True, False, False, True, False, False]
