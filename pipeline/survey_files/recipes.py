"""The weights of survey.yml: where each starts from, and its steps to the final weight."""

from collections.abc import Collection
from dataclasses import dataclass

from yaml.nodes import ScalarNode

from pipeline.survey_files.blocks import Block
from pipeline.survey_files.values import Value
from pipeline.weighting_steps import (
    ANSWER,
    CLASSES,
    DOMAIN,
    FIRST,
    LATEST,
    OF_EVERYONE,
    PROPENSITY,
    CalibrationStep,
    Covariate,
    NonresponseStep,
    OtherMeans,
    TrimmingStep,
    WeightRecipe,
)

WEIGHT_KINDS = ("cross_sectional", "longitudinal")
METHODS = ("raking", "linear", "logit", "poststratify")
RESPONSE_METHODS = (CLASSES, PROPENSITY)
AT_ONCE, EACH_WAVE_OF_SET = "at_once", "each_wave"
RESPONSE_MODELS = (AT_ONCE, EACH_WAVE_OF_SET)
CONTROLS = ("population", "starting_wave")
EACH_WAVE, LARGEST, REFUSE = "each", "largest", "refuse"
EQUAL, PROBABILITY = "equal", "probability"
MULTIPLICITY, COMPOSITE = "multiplicity", "composite"
COMBINATIONS = (MULTIPLICITY, COMPOSITE)


@dataclass(frozen=True)
class Known:
    """The names that a plan may refer to."""

    items: Collection[str]
    waves: Collection[str]
    domains: Collection[str]
    margins: Collection[str]
    category_items: Collection[str]  # items with answers to choose from


def read_weights(survey: Block, known: Known) -> tuple[WeightRecipe, ...]:
    """Return every weight_id in the order declared."""
    blocks = survey.blocks("weights")
    return tuple(read_weight(weight_id, block, known, blocks) for weight_id, block in blocks.items())


def refuse_unfounded_inference(survey: Block, recipes: Collection[WeightRecipe]) -> None:
    """Note a survey said to be a probability sample, none of whose weights knows a member's chance of selection."""
    stated = survey.get("inference")
    if stated is None or stated.describe() != f"'{PROBABILITY}'" or not recipes:
        return
    if not any(recipe.selection_probabilities or recipe.supplied for recipe in recipes):
        stated.fault(
            f"{PROBABILITY} with weights of base: equal alone",
            "a weight of selection_probabilities, or a supplied one",
            "Write calibrated_legacy where the chances are lost: then there is participation, and no response rate.",
        )


def read_weight(weight_id: str, block: Block, known: Known, weight_ids: Collection[str]) -> WeightRecipe:
    """Return one weight: supplied, or made from probabilities of selection or a starting wave's weight."""
    kind = block.choice("kind", WEIGHT_KINDS, "a kind of weight")
    waves = read_wave_set(block, known.waves)
    calibration = block.block("calibration")
    recipe = WeightRecipe(
        weight_id=weight_id,
        kind=kind,
        waves=waves,
        use_when=block.needed_text("use_when"),
        supplied=block.text_or_none("supplied") or block.text_or_none("supplied_by_wave"),
        is_supplied_by_wave=block.get("supplied_by_wave") is not None,
        selection_probabilities=block.text_map("selection_probabilities"),
        covered=read_coverage(block),
        other_means=read_other_means(block, known),
        starting_wave=block.choice_or("starting_wave", known.waves, "a wave", "") or None,
        starting_weight=block.choice_or("starting_weight", weight_ids, "a weight_id", "") or None,
        is_equal_base=block.choice_or("base", (EQUAL,), "a base", "") == EQUAL,
        keeps_ineligible=block.boolean("keeps_ineligible"),
        calibration=None if calibration is None else read_calibration(calibration, known),
        nonresponse=read_nonresponse(block, known),
        trimming=read_trimming(block),
    )
    refuse_unclear_origin(block, recipe)
    block.close()
    return recipe


def read_wave_set(block: Block, waves: Collection[str]) -> tuple[str, ...]:
    """Return the waves a weight is for; () for `each`."""
    found = block.need("waves", "a list of waves, or each")
    if found is None:
        return ()
    if isinstance(found.node, ScalarNode):
        found.name((EACH_WAVE,), "a list of waves, or the word each")
        return ()
    return block.names("waves", waves, "a wave")


def refuse_unclear_origin(block: Block, recipe: WeightRecipe) -> None:
    """Note a weight with none or several of the four origins, and one that has half of a starting point."""
    origins = (
        recipe.supplied,
        recipe.selection_probabilities,
        recipe.starting_wave or recipe.starting_weight,
        recipe.is_equal_base,
    )
    if sum(map(bool, origins)) != 1:
        expected = "one of supplied, selection_probabilities, base: equal, or starting_wave with starting_weight"
        block.value.fault(f"{sum(map(bool, origins))} of these", expected, "Say once where the weight starts from.")
    if bool(recipe.starting_wave) != bool(recipe.starting_weight):
        block.value.fault("one of starting_wave and starting_weight", "both", "Add the other.")
    if recipe.kind == "longitudinal" and not recipe.waves:
        block.value.fault("a longitudinal weight for each wave", "a list of waves", "List the waves it covers.")
    if recipe.is_supplied_by_wave and (block.get("supplied") is not None or recipe.waves):
        expected = "supplied_by_wave alone, with waves: each"
        block.value.fault("supplied_by_wave with something else", expected, "Remove the other.")
    if recipe.supplied and recipe.calibration is not None:
        block.value.fault("a supplied weight with 'calibration'", "one of them", "Remove one of them.")
    if recipe.calibration and recipe.calibration.controls == "starting_wave" and not recipe.starting_wave:
        block.value.fault("controls: starting_wave", "a 'starting_wave'", "Add starting_wave, or use population.")
    if recipe.calibration and recipe.calibration.controls == "starting_wave" and block.get("keeps_ineligible") is None:
        fix = "Write true, or those who left the population since leave their share of its totals to the others."
        block.value.fault("controls: starting_wave without keeps_ineligible", "true or false", fix)
    refuse_steps_without_ground(block, recipe)


def refuse_steps_without_ground(block: Block, recipe: WeightRecipe) -> None:
    """Note steps of a recipe that have nothing to work on."""
    if recipe.supplied and recipe.nonresponse is not None:
        block.value.fault("a supplied weight with 'nonresponse'", "one of them", "Remove one of them.")
    if recipe.trimming is not None and recipe.calibration is None:
        block.value.fault("'trimming' without 'calibration'", "both", "Weights are trimmed within a calibration.")
    if recipe.nonresponse is not None and not recipe.starting_wave and len(recipe.waves) > 1:
        expected = "a 'starting_wave' whose respondents the set starts from"
        block.value.fault(f"'nonresponse' over {len(recipe.waves)} waves", expected, "Add it with its starting_weight.")
    if recipe.nonresponse is not None and recipe.waves == (recipe.starting_wave,):
        block.value.fault("'nonresponse' at the starting wave alone", "later waves too", "List them under 'waves'.")


def read_coverage(weight: Block) -> dict[str, str]:
    """Return which columns say whom a cohort's frame had, where cohorts are combined by their effective sizes."""
    block = weight.block("cohorts")
    if block is None:
        return {}
    is_composite = block.choice("combine", COMBINATIONS, "a way to combine cohorts") == COMPOSITE
    covered, cohorts = block.text_map("covered"), weight.text_map("selection_probabilities")
    if is_composite and set(covered) != set(cohorts):
        block.value.fault(
            f"'covered' for {', '.join(covered) or 'no cohort'}",
            f"a column for each of {', '.join(cohorts)}",
            "Write {c1: IN_FRAME_C1, …}: columns of 1 and 0 in the member list.",
        )
    if not is_composite and covered:
        block.value.fault("'covered' with combine: multiplicity", "combine: composite", "Correct one of them.")
    block.close()
    return covered if is_composite else {}


def read_other_means(weight: Block, known: Known) -> OtherMeans | None:
    """Return how members recruited by other means enter a weight; None where they are left out."""
    block = weight.block("other_means")
    if block is None:
        return None
    step = OtherMeans(block.names("covariates", known.domains, "a domain"), block.above_zero("largest_factor", 3.0))
    if not step.domains:
        block.value.fault("no covariates", "domains known of all members", "List them under 'covariates'.")
    if weight.get("selection_probabilities") is None:
        expected = "selection_probabilities of the members drawn at random"
        block.value.fault("'other_means' without a random sample", expected, "Add them, or take other_means out.")
    block.close()
    return step


def read_nonresponse(weight: Block, known: Known) -> NonresponseStep | None:
    """Return how nonresponse is adjusted for; None where it is not."""
    block = weight.block("nonresponse")
    if block is None:
        return None
    method = block.choice("method", RESPONSE_METHODS, "a method")
    step = NonresponseStep(
        method=method,
        covariates=(*read_known_of_all(block, known), *read_earlier_answers(block, known)),
        is_each_wave=block.choice_or("models", RESPONSE_MODELS, "how many models", AT_ONCE) == EACH_WAVE_OF_SET,
        n_classes=block.whole("classes", 5) if block.get("classes") is not None else None,
        largest_factor=block.above_zero("largest_factor", 3.0),
        smallest_class=block.whole("smallest_class", 30),
    )
    if step.n_classes is not None and method == CLASSES:
        block.value.fault("'classes' with method: classes", "method: propensity", "Its classes are of alike people.")
    if not step.covariates:
        block.value.fault("no covariates", "what is known of everyone", "List domains under 'covariates'.")
    if step.largest_factor < 1:
        block.value.fault(f"largest_factor {step.largest_factor:g}", "1 or more", "Write 3, say.")
    block.close()
    return step


def read_known_of_all(block: Block, known: Known) -> tuple[Covariate, ...]:
    """Return the domains, and the facts of a member's record in the panel, that a response model uses."""
    names = block.names("covariates", [*known.domains, *OF_EVERYONE], "a domain, or something known of every member")
    return tuple(Covariate(OF_EVERYONE.get(name, DOMAIN), name) for name in names if name)


def read_earlier_answers(block: Block, known: Known) -> tuple[Covariate, ...]:
    """Return the answers of earlier waves that a response model uses: {first: [item, …], latest: …, w03: …}."""
    found, covariates = block.get("answers"), []
    for wave, items in ({} if found is None else found.entries()).items():
        items.is_among(wave, [FIRST, LATEST, *known.waves], "first, latest, or a wave")
        names = [item.name(known.category_items, "an item with answers to choose from") for item in items.elements()]
        covariates += [Covariate(ANSWER, name, wave) for name in names if name]
    return tuple(covariates)


def read_trimming(weight: Block) -> TrimmingStep | None:
    """Return where final weights are capped; None where they are not."""
    block = weight.block("trimming")
    if block is None:
        return None
    ratio, quantiles = block.get("ratio_to_median"), block.get("quantiles")
    limits = [] if quantiles is None else [one.number() for one in quantiles.elements()]
    if (ratio is None) == (quantiles is None):
        block.value.fault("both or neither of 'ratio_to_median' and 'quantiles'", "one of them", "Keep or add one.")
    if quantiles is not None and not (len(limits) == 2 and 0 <= limits[0] < limits[1] <= 1):
        quantiles.fault(f"quantiles {limits}", "[lower, upper] within 0 and 1", "Write [0.01, 0.99], say.")
        limits = [0.0, 1.0]
    step = TrimmingStep(
        ratio_to_median=None if ratio is None else ratio.above_zero(),
        quantiles=None if quantiles is None else (limits[0], limits[1]),
    )
    if step.ratio_to_median is not None and step.ratio_to_median <= 1:
        block.value.fault(f"ratio_to_median {step.ratio_to_median:g}", "over 1", "Write 5, say.")
    block.close()
    return step


def read_calibration(block: Block, known: Known) -> CalibrationStep:
    """Return how a weight is calibrated."""
    controls = block.choice_or("controls", CONTROLS, "controls", "population")
    margins = read_margin_names(block, known, needs_totals=controls == "population")
    step = CalibrationStep(
        method=block.choice_or("method", METHODS, "a method", "raking"),
        margins=margins,
        controls=controls,
        missing=read_missing_rules(block, margins),
        tolerance=block.above_zero("tolerance", 1e-9),
        max_iterations=block.whole("max_iterations", 1000),
    )
    block.close()
    return step


def read_margin_names(block: Block, known: Known, *, needs_totals: bool) -> tuple[str, ...]:
    """Return a calibration's margins: domains or crossed domains, with totals if those come from a file."""
    found = block.need("margins", "a list of margins")
    values = [] if found is None else found.elements()
    return tuple(check_margin(value.text(), value, known, needs_totals=needs_totals) for value in values)


def check_margin(name: str, value: Value, known: Known, *, needs_totals: bool) -> str:
    """Return the name of a margin; a domain it lacks, or totals it lacks, are noted."""
    known_parts = [value.is_among(part, known.domains, "a domain") for part in name.split("*") if name]
    if all(known_parts) and needs_totals:
        value.is_among(name, known.margins, "a margin with totals under margins/")
    return name


def read_missing_rules(block: Block, margins: Collection[str]) -> dict[str, str]:
    """Return what a missing value counts as in each margin that says so."""
    found = block.get("missing")
    entries = {} if found is None else found.entries()
    for name, value in entries.items():
        value.is_among(name, margins, "a margin of this calibration")
    return {name: value.name((LARGEST, REFUSE), "a rule for missing values") for name, value in entries.items()}
