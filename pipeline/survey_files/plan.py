"""The analysis plan of survey.yml: changes, transitions, families of tests and retention."""

from collections.abc import Collection

from yaml.nodes import ScalarNode

from pipeline.definitions import ALL, ChangePlan, RetentionPlan, TestFamily, TransitionPlan
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.recipes import Known

CHANGE_KINDS = ("net", "within_person")
CORRECTIONS = ("holm", "benjamini_hochberg")
CONSECUTIVE_AND_FIRST = "consecutive_and_first"
Pairs = tuple[tuple[str, str], ...]


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
