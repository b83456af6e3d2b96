"""The analysis plan of survey.yml: changes, transitions, families of tests and retention."""

from collections.abc import Collection, Sequence

from yaml.nodes import ScalarNode

from pipeline.analysis_plans import ChangePlan, RetentionPlan, TestFamily, TransitionPlan
from pipeline.definitions import ALL, BIRTH_YEAR, ProfileVariable
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.recipes import Known
from pipeline.survey_files.values import Value
from pipeline.weight_choice import CHANGES, NET_CHANGE, SAME_PEOPLE, WHY, Analysis, candidates, why_wrong
from pipeline.weighting_steps import WeightRecipe

CHANGE_KINDS = tuple(CHANGES)
CORRECTIONS = ("holm", "benjamini_hochberg")
CONSECUTIVE_AND_FIRST = "consecutive_and_first"
Pairs = tuple[tuple[str, str], ...]


def read_changes(survey: Block, known: Known, weights: Sequence[WeightRecipe]) -> tuple[ChangePlan, ...]:
    """Return which changes are published."""
    return tuple(read_change(block, known, weights) for block in survey.list_of_blocks("changes"))


def read_change(block: Block, known: Known, weights: Sequence[WeightRecipe]) -> ChangePlan:
    """Return one plan of changes; without pairs it is consecutive waves, and each against the first."""
    kind, pairs = block.choice("kind", CHANGE_KINDS, "a kind of change"), read_pairs(block, known.waves)
    plan = ChangePlan(kind, read_plan_weights(block, weights, CHANGES.get(kind, NET_CHANGE), pairs), pairs)
    block.close()
    return plan


def read_transitions(survey: Block, known: Known, weights: Sequence[WeightRecipe]) -> tuple[TransitionPlan, ...]:
    """Return which transition tables are published."""
    plans = []
    for block in survey.list_of_blocks("transitions"):
        items, pairs = block.names("items", known.items, "an item"), read_pairs(block, known.waves)
        plans.append(TransitionPlan(items, read_plan_weights(block, weights, SAME_PEOPLE, pairs), pairs))
        block.close()
    return tuple(plans)


def read_plan_weights(block: Block, weights: Sequence[WeightRecipe], kind: str, pairs: Pairs) -> tuple[str, ...]:
    """Return the weights of a plan: those named, which must be right for it, or else the one that is."""
    together = Analysis(kind, tuple(dict.fromkeys(wave for pair in pairs for wave in pair)))
    found, by_name = block.get("weights"), {one.weight_id: one for one in weights}
    if found is not None:
        names = [name for name in block.names("weights", by_name, "a weight_id") if name]
        for name in names:
            refuse_wrong_weight(found, by_name[name], weights, [Analysis(kind, pair) for pair in pairs or ((),)])
        return tuple(names)
    fitting = candidates(weights, together)
    if not fitting:
        block.value.fault(f"no weight for {together}", "a weight declared for it", WHY[kind].capitalize() + ".")
    return tuple(one.weight_id for one in fitting[:1])


def refuse_wrong_weight(
    value: Value, weight: WeightRecipe, weights: Sequence[WeightRecipe], analyses: Sequence[Analysis]
) -> None:
    """Note a weight that does not fit what it is named for, with the one that does."""
    for analysis in analyses:
        reason = why_wrong(weight, analysis)
        if reason is not None:
            right = [one.weight_id for one in candidates(weights, analysis)]
            expected = f"a weight for {analysis}" + (f", such as {right[0]}" if right else ", which none is")
            value.fault(f"weight '{weight.weight_id}', which {reason}", expected, WHY[analysis.kind].capitalize() + ".")


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
    margin = block.number("equivalence", 0.0) if block.get("equivalence") is not None else None
    if margin is not None and not 0 < margin < 1:
        block.value.fault(f"equivalence {margin}", "a change of a share between 0 and 1", "Write 0.03 for 3 points.")
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
        equivalence=margin,
        groups=block.names("groups", known.domains, "a domain"),
    )
    block.close()
    return family


def read_retention(
    survey: Block, known: Known, weight_ids: Collection[str], profile: Sequence[ProfileVariable]
) -> RetentionPlan | None:
    """Return from which wave retention is counted, with which weight, and by what members grow older."""
    numbers = [one.name for one in profile if one.is_number]
    block = survey.block("retention")
    if block is None:
        return None
    plan = RetentionPlan(
        first_wave=block.choice("first_wave", known.waves, "a wave"),
        weight_id=block.choice("weight", weight_ids, "a weight_id"),
        missed_waves=block.whole("missed_waves", 1),
        age=block.choice_or("age", numbers, "a profile variable that is a number", "") or None,
    )
    if any(one.name == plan.age and one.measure == BIRTH_YEAR and not one.known_on for one in profile):
        found, fix = f"'{plan.age}', a birth_year without known_on", "Say there in which year its bands are ages."
        block.value.fault(found, "a day on which bands of it are ages", fix)
    block.close()
    return plan
