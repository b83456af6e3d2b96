"""The analysis plan of survey.yml: weights, changes, transitions, families of tests and retention."""

from collections.abc import Collection
from dataclasses import dataclass

from yaml.nodes import ScalarNode

from pipeline.definitions import (
    ALL,
    CalibrationStep,
    ChangePlan,
    RetentionPlan,
    TestFamily,
    TransitionPlan,
    WeightRecipe,
)
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.values import Value

WEIGHT_KINDS = ("cross_sectional", "longitudinal")
CHANGE_KINDS = ("net", "within_person")
METHODS = ("raking", "linear", "logit", "poststratify")
CONTROLS = ("population", "starting_wave")
CORRECTIONS = ("holm", "benjamini_hochberg")
EACH_WAVE, CONSECUTIVE_AND_FIRST, LARGEST, REFUSE = "each", "consecutive_and_first", "largest", "refuse"
EQUAL = "equal"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Known:
    """The names that a plan may refer to."""

    items: Collection[str]
    waves: Collection[str]
    domains: Collection[str]
    margins: Collection[str]


def read_weights(survey: Block, known: Known) -> tuple[WeightRecipe, ...]:
    """Return every weight_id in the order declared."""
    blocks = survey.blocks("weights")
    return tuple(read_weight(weight_id, block, known, blocks) for weight_id, block in blocks.items())


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
        starting_wave=block.choice_or("starting_wave", known.waves, "a wave", "") or None,
        starting_weight=block.choice_or("starting_weight", weight_ids, "a weight_id", "") or None,
        is_equal_base=block.choice_or("base", (EQUAL,), "a base", "") == EQUAL,
        keeps_ineligible=block.boolean("keeps_ineligible"),
        calibration=None if calibration is None else read_calibration(calibration, known),
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


def read_changes(survey: Block, known: Known, weight_ids: Collection[str]) -> tuple[ChangePlan, ...]:
    """Return which changes are published."""
    return tuple(read_change(block, known, weight_ids) for block in survey.list_of_blocks("changes"))


def read_change(block: Block, known: Known, weight_ids: Collection[str]) -> ChangePlan:
    """Return one plan of changes; without pairs it is consecutive waves, and each against the first."""
    plan = ChangePlan(
        kind=block.choice("kind", CHANGE_KINDS, "a kind of change"),
        weights=read_weight_ids(block, weight_ids),
        pairs=read_pairs(block, known.waves),
    )
    block.close()
    return plan


def read_transitions(survey: Block, known: Known, weight_ids: Collection[str]) -> tuple[TransitionPlan, ...]:
    """Return which transition tables are published."""
    plans = []
    for block in survey.list_of_blocks("transitions"):
        items = block.names("items", known.items, "an item")
        plans.append(TransitionPlan(items, read_weight_ids(block, weight_ids), read_pairs(block, known.waves)))
        block.close()
    return tuple(plans)


def read_weight_ids(block: Block, weight_ids: Collection[str]) -> tuple[str, ...]:
    """Return the weights of a plan, which must be named."""
    block.need("weights", "a list of weight_ids")
    return block.names("weights", weight_ids, "a weight_id")


def read_pairs(block: Block, waves: Collection[str]) -> Pairs:
    """Return pairs of waves, earlier first; () for `consecutive_and_first` or when absent."""
    found = block.get("pairs")
    if found is None:
        return ()
    if isinstance(found.node, ScalarNode):
        found.name((CONSECUTIVE_AND_FIRST,), "pairs of waves, or the word for them")
        return ()
    pairs = [(value, [wave.name(waves, "a wave") for wave in value.elements()]) for value in found.elements()]
    for value, pair in pairs:
        if len(pair) != 2:
            value.fault(f"{len(pair)} waves", "a pair of waves", "Write [w01, w02].")
    return tuple((pair[0], pair[1]) for _, pair in pairs if len(pair) == 2)


def read_families(survey: Block, known: Known, weight_ids: Collection[str]) -> tuple[TestFamily, ...]:
    """Return the families of hypotheses that are corrected together."""
    blocks = survey.blocks("families")
    return tuple(read_family(name, block, known, weight_ids) for name, block in blocks.items())


def read_family(name: str, block: Block, known: Known, weight_ids: Collection[str]) -> TestFamily:
    """Return one family; without items it holds every item that no other family has."""
    level = block.number("level", 0.05)
    if not 0 < level < 1:
        block.value.fault(f"level {level}", "a level between 0 and 1", "Write 0.05, say.")
    family = TestFamily(
        family=name,
        items=block.names("items", known.items, "an item"),
        domains=block.names("domains", [ALL, *known.domains], "a domain") or (ALL,),
        correction=block.choice_or("correction", CORRECTIONS, "a correction", "holm"),
        level=level,
        is_headline=block.boolean("headline"),
        kinds=block.names("kinds", CHANGE_KINDS, "a kind of change"),
        weights=block.names("weights", weight_ids, "a weight_id"),
        pairs=read_pairs(block, known.waves),
    )
    block.close()
    return family


def read_retention(survey: Block, known: Known, weight_ids: Collection[str]) -> RetentionPlan | None:
    """Return from which wave retention is counted, and with which weight."""
    block = survey.block("retention")
    if block is None:
        return None
    plan = RetentionPlan(
        first_wave=block.choice("first_wave", known.waves, "a wave"),
        weight_id=block.choice("weight", weight_ids, "a weight_id"),
        missed_waves=block.whole("missed_waves", 1),
    )
    block.close()
    return plan
