"""The recipe of a weight written as survey.yml has it: where it starts from, and each step to the final weight."""

from typing import Any

from pipeline.survey_files.yaml_text import Label
from pipeline.weighting_steps import ANSWER, CalibrationStep, NonresponseStep, TrimmingStep, WeightRecipe

Block = dict[str, Any]
USUAL_STEP = CalibrationStep("raking", ())
USUAL_RESPONSE = NonresponseStep("classes", ())


def weight_block(recipe: WeightRecipe) -> Block:
    """Return a weight as a block of keys."""
    block: Block = {"kind": recipe.kind, "waves": list(recipe.waves) or "each", "use_when": Label(recipe.use_when)}
    block |= _origin(recipe)
    if recipe.keeps_ineligible or (recipe.calibration and recipe.calibration.controls == "starting_wave"):
        block["keeps_ineligible"] = recipe.keeps_ineligible
    if recipe.nonresponse:
        block["nonresponse"] = _nonresponse(recipe.nonresponse)
    if recipe.calibration:
        block["calibration"] = _calibration(recipe.calibration)
    return block | ({"trimming": _trimming(recipe.trimming)} if recipe.trimming else {})


def _origin(recipe: WeightRecipe) -> Block:
    if recipe.is_equal_base:
        return {"base": "equal"}
    if recipe.supplied:
        return {"supplied_by_wave" if recipe.is_supplied_by_wave else "supplied": recipe.supplied}
    if recipe.selection_probabilities:
        return {"selection_probabilities": dict(recipe.selection_probabilities)}
    return {"starting_wave": recipe.starting_wave, "starting_weight": recipe.starting_weight}


def _nonresponse(step: NonresponseStep) -> Block:
    known = [one.name for one in step.covariates if one.kind != ANSWER]
    answers: dict[str, list[str]] = {}
    for one in step.covariates:
        if one.kind == ANSWER:
            answers.setdefault(one.wave, []).append(one.name)
    block: Block = {"method": step.method} | ({"covariates": known} if known else {})
    block |= {"answers": answers} if answers else {}
    block |= {"models": "each_wave"} if step.is_each_wave else {}
    block |= {"classes": step.n_classes} if step.n_classes is not None else {}
    return block | _unusual(step, USUAL_RESPONSE, "largest_factor", "smallest_class")


def _calibration(step: CalibrationStep) -> Block:
    block: Block = {"method": step.method, "margins": list(step.margins), "controls": step.controls}
    if step.missing:
        block["missing"] = dict(step.missing)
    return block | _unusual(step, USUAL_STEP, "tolerance", "max_iterations")


def _trimming(step: TrimmingStep) -> Block:
    if step.quantiles is not None:
        return {"quantiles": list(step.quantiles)}
    return {"ratio_to_median": step.ratio_to_median}


def _unusual(step: object, usual: object, *names: str) -> Block:
    """Return the values that differ from the usual ones."""
    return {name: getattr(step, name) for name in names if getattr(step, name) != getattr(usual, name)}
