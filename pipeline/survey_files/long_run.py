"""The long run in survey.yml: trends over waves with their contrasts, and the test of panel conditioning."""

from collections.abc import Collection

from pipeline.analysis_plans import MODELS, ConditioningPlan, TrendPlan, WaveContrast
from pipeline.definitions import ALL
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.recipes import Known

ADDS_UP = 1e-9


def read_trends(survey: Block, known: Known, weight_ids: Collection[str]) -> tuple[TrendPlan, ...]:
    """Return which trends over waves are published."""
    return tuple(read_trend(block, known, weight_ids) for block in survey.list_of_blocks("trends"))


def read_trend(block: Block, known: Known, weight_ids: Collection[str]) -> TrendPlan:
    """Return one plan of trends; without items it follows every one."""
    contrasts = block.blocks("contrasts")
    plan = TrendPlan(
        weights=read_weight_ids(block, weight_ids),
        items=block.names("items", known.items, "an item"),
        domains=block.names("domains", [ALL, *known.domains], "a domain") or (ALL,),
        models=block.names("models", MODELS, "a model"),
        contrasts=tuple(read_contrast(name, contrast, known.waves) for name, contrast in contrasts.items()),
    )
    block.close()
    return plan


def read_contrast(name: str, block: Block, waves: Collection[str]) -> WaveContrast:
    """Return one contrast. It may begin with a wave still to come: it is declared before the answers are known."""
    coefficients = block.block("coefficients")
    entries = {} if coefficients is None else coefficients.value.entries()
    for wave, value in entries.items():
        value.is_among(wave, waves, "a wave")
    weights = {wave: value.number() for wave, value in entries.items()}
    is_since = block.get("since_wave_number") is not None
    if is_since == bool(weights):
        expected = "either since_wave_number or coefficients"
        block.value.fault("both or neither", expected, "Say once which waves are compared.")
    if weights and abs(sum(weights.values())) > ADDS_UP:
        found = f"coefficients that add up to {sum(weights.values()):g}"
        block.value.fault(found, "coefficients that add up to 0", "Weigh one side against the other.")
    contrast = WaveContrast(
        name=name,
        since_wave_number=block.whole("since_wave_number", 1) if is_since else None,
        coefficients=weights,
        note=block.text("note"),
    )
    block.close()
    return contrast


def read_conditioning(survey: Block, weight_ids: Collection[str]) -> ConditioningPlan | None:
    """Return under which weights newcomers are compared with experienced members; None where nothing is declared."""
    block = survey.block("conditioning")
    if block is None:
        return None
    plan = ConditioningPlan(read_weight_ids(block, weight_ids))
    block.close()
    return plan


def read_weight_ids(block: Block, weight_ids: Collection[str]) -> tuple[str, ...]:
    """Return the weights of a plan, which must be named."""
    block.need("weights", "a list of weight_ids")
    return block.names("weights", weight_ids, "a weight_id")
