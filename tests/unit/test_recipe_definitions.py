"""The steps of a weight's recipe, as survey.yml declares them."""

from pathlib import Path

import pytest

from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from pipeline.weighting_steps import Covariate, NonresponseStep, OtherMeans, ReplicateDraws, TrimmingStep
from tests.survey_folder import write_survey

SURVEY = "survey.yml"
TARGET = "    calibration: {margins: [sex], controls: starting_wave, tolerance: 1.0e-6}\n"
STEPS = """\
    nonresponse:
      method: propensity
      models: each_wave
      covariates: [age_group, response_history, tenure_in_panel, previous_mode, recruitment_cohort, previous_speed]
      answers: {first: [trust], w01: [amount]}
      classes: 5
      largest_factor: 2.5
      smallest_class: 40
    trimming: {ratio_to_median: 4}
"""


def with_steps(folder: Path, steps: str = STEPS) -> Path:
    """Return a survey whose second weight takes these steps."""
    return write_survey(folder, change=(SURVEY, TARGET, TARGET + steps))


def test_a_recipe_declares_its_response_model_and_its_caps(tmp_path: Path) -> None:
    recipe = read_survey(with_steps(tmp_path)).weight("both_waves")
    assert recipe.nonresponse == NonresponseStep(
        "propensity",
        (
            Covariate("domain", "age_group"),
            Covariate("history", "response_history"),
            Covariate("tenure", "tenure_in_panel"),
            Covariate("mode", "previous_mode"),
            Covariate("cohort", "recruitment_cohort"),
            Covariate("measure", "previous_speed"),
            Covariate("answer", "trust", "first"),
            Covariate("answer", "amount", "w01"),
        ),
        is_each_wave=True,
        n_classes=5,
        largest_factor=2.5,
        smallest_class=40,
    )
    assert recipe.trimming == TrimmingStep(ratio_to_median=4.0)


def test_a_recipe_without_these_steps_has_none(tmp_path: Path) -> None:
    recipe = read_survey(write_survey(tmp_path)).weight("both_waves")
    assert recipe.nonresponse is None
    assert recipe.trimming is None


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("nonresponse: {method: propensity}", "found no covariates, expected what is known of everyone"),
        ("nonresponse: {method: logit, covariates: [sex]}", "expected a method (classes, propensity)"),
        ("nonresponse: {method: classes, covariates: [sexes]}", "found 'sexes', expected a domain, or something known"),
        ("nonresponse: {method: classes, covariates: [sex], classes: 5}", "found 'classes' with method: classes"),
        ("nonresponse: {method: classes, covariates: [sex], largest_factor: 0.5}", "found largest_factor 0.5"),
        ("nonresponse: {method: propensity, answers: {first: [hours]}}", "expected an item with answers"),
        ("nonresponse: {method: propensity, answers: {last: [trust]}}", "expected first, latest, or a wave"),
        ("trimming: {}", "found both or neither of 'ratio_to_median' and 'quantiles'"),
        ("trimming: {ratio_to_median: 1}", "found ratio_to_median 1, expected over 1"),
        ("trimming: {quantiles: [0.99, 0.01]}", "expected [lower, upper] within 0 and 1"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_refused_at_its_line(tmp_path: Path, steps: str, message: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        read_survey(with_steps(tmp_path, f"    {steps}\n"))
    assert message in str(refusal.value)
    assert "survey.yml, line 4" in str(refusal.value)


def test_a_supplied_weight_takes_no_steps(tmp_path: Path) -> None:
    old = '    selection_probabilities: {"1": PROB_1, "2": PROB_2}\n'
    new = "    supplied: WEIGHT\n    nonresponse: {method: classes, covariates: [sex]}\n"
    with pytest.raises(DefinitionError, match="a supplied weight with 'nonresponse'"):
        read_survey(write_survey(tmp_path, change=(SURVEY, old, new)))


def test_a_probability_sample_without_any_chance_of_selection_is_refused_at_its_line(tmp_path: Path) -> None:
    folder = with_start(tmp_path, "    base: equal\n")
    with pytest.raises(DefinitionError) as refusal:
        read_survey(folder)
    assert "survey.yml, line 5, 'inference': found probability with weights of base: equal alone" in str(refusal.value)
    legacy = folder / SURVEY
    legacy.write_text(legacy.read_text().replace("inference: probability", "inference: calibrated_legacy"))
    assert read_survey(folder).inference == "calibrated_legacy"


def test_a_longitudinal_weight_rests_on_what_its_starting_weight_rests_on(tmp_path: Path) -> None:
    survey = read_survey(with_start(tmp_path, CHANCES + "    other_means: {covariates: [sex]}\n"))
    assert survey.inference_of(survey.weight("both_waves")) == "pseudo_weighted"
    drawn = read_survey(write_survey(tmp_path / "drawn"))
    assert drawn.inference_of(drawn.weight("both_waves")) == "probability"


CHANCES = '    selection_probabilities: {"1": PROB_1, "2": PROB_2}\n'


def with_start(folder: Path, lines: str) -> Path:
    """Return a survey whose first weight starts from these lines."""
    return write_survey(folder, change=(SURVEY, CHANCES, lines))


def test_cohorts_may_be_combined_by_effective_size_and_other_means_taken_in(tmp_path: Path) -> None:
    lines = CHANCES + '    cohorts: {combine: composite, covered: {"1": IN_1, "2": IN_2}}\n'
    lines += "    other_means: {covariates: [sex], largest_factor: 4}\n"
    recipe = read_survey(with_start(tmp_path, lines)).weight("wave_weight")
    assert recipe.covered == {"1": "IN_1", "2": "IN_2"}
    assert recipe.other_means == OtherMeans(("sex",), 4.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('cohorts: {combine: composite, covered: {"1": IN_1}}', "found 'covered' for 1, expected a column for each of"),
        ('cohorts: {combine: multiplicity, covered: {"1": A}}', "found 'covered' with combine: multiplicity"),
        ("cohorts: {combine: stacked}", "expected a way to combine cohorts (multiplicity, composite)"),
        ("other_means: {covariates: []}", "found no covariates, expected domains known of all members"),
    ],
)
def test_cohorts_that_cannot_be_combined_so_are_refused(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DefinitionError) as refusal:
        read_survey(with_start(tmp_path, f"{CHANCES}    {line}\n"))
    assert message in str(refusal.value)


def test_routes_that_are_no_random_sample_are_declared_for_the_survey(tmp_path: Path) -> None:
    folder = write_survey(tmp_path, change=(SURVEY, "blank: skipped", 'blank: skipped\nother_means: ["open link"]'))
    assert read_survey(folder).other_means == ("open link",)


def test_500_replicates_are_drawn_where_a_survey_does_not_say_how_many(tmp_path: Path) -> None:
    assert read_survey(write_survey(tmp_path)).replicates == ReplicateDraws("bootstrap", 500, 1)
    fewer = (SURVEY, "weights:\n", "replicates: {number: 200}\nweights:\n")
    assert read_survey(write_survey(tmp_path, change=fewer)).replicates.number == 200
