"""Which weight an analysis needs, and why another one is wrong for it.

One wave: the cross-sectional weight of that wave. Net change: the cross-sectional weights of both waves. The same
persons over several waves: the longitudinal weight of a set that has all of them, the smallest such set. Pooled
waves: the cross-sectional weight of each row's wave, divided by the number of waves, people as clusters.

Source: methodology C7.5; Lynn and Kaminska (2010), "Criteria for developing non-response weight adjustments for
secondary users of complex longitudinal surveys"; HILDA User Manual, on pooling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.definitions import Survey
from pipeline.errors import WeightingError
from pipeline.weighting_steps import WeightRecipe

ONE_WAVE, NET_CHANGE, SAME_PEOPLE, POOLED = "one wave", "net change", "the same people", "pooled waves"
LONGITUDINAL, CROSS_SECTIONAL = "longitudinal", "cross_sectional"
CHANGES = {"net": NET_CHANGE, "within_person": SAME_PEOPLE}  # kind of change: kind of analysis
WHY = {
    ONE_WAVE: "a figure of one wave speaks for that wave's population",
    NET_CHANGE: "net change compares the populations of two waves, each with its own weights",
    SAME_PEOPLE: "transitions and change within persons describe the people who answered all these waves",
    POOLED: "pooled waves take every row with the weight of its own wave, divided by the number of waves",
}


@dataclass(frozen=True)
class Analysis:
    """What is to be estimated, and of which waves; no waves: of every wave of the survey."""

    kind: str
    waves: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.kind + (f" ({', '.join(self.waves)})" if self.waves else "")


def weight_for(survey: Survey, analysis: Analysis, weight_id: str | None = None) -> WeightRecipe:
    """Return the weight to use: the one asked for if it is right, else the one that the rule picks.

    Raises:
        WeightingError: the weight asked for is wrong for the analysis, or none is declared for it; the message
            names the right one, or says what to declare.
    """
    if weight_id is None:
        return _picked(survey, analysis)
    recipe = survey.weight(weight_id)
    reason = why_wrong(recipe, analysis)
    if reason is None:
        return recipe
    right = [one.weight_id for one in candidates(survey.weights, analysis)]
    advice = f"Use '{right[0]}'." if right else _to_declare(analysis)
    raise WeightingError(f"{analysis}: weight '{weight_id}' {reason}; {WHY[analysis.kind]}. {advice}")


def why_wrong(recipe: WeightRecipe, analysis: Analysis) -> str | None:
    """Return why a weight does not fit an analysis, in words; None when it does."""
    missing = [wave for wave in analysis.waves if not _covers(recipe, wave)]
    if analysis.kind == SAME_PEOPLE and recipe.kind != LONGITUDINAL:
        return "is cross-sectional"
    if analysis.kind in (NET_CHANGE, POOLED) and recipe.kind != CROSS_SECTIONAL:
        return "is longitudinal"
    return f"is not for {', '.join(missing)}" if missing else None


def candidates(weights: Sequence[WeightRecipe], analysis: Analysis) -> list[WeightRecipe]:
    """Return the weights that fit an analysis, the best first.

    For one wave cross-sectional ones go before longitudinal ones; then those of fewer waves, which keep more
    people; then those declared earlier.
    """
    fitting = [one for one in weights if why_wrong(one, analysis) is None]
    return sorted(fitting, key=lambda one: (one.kind == LONGITUDINAL, len(covered_waves(one))))


def covered_waves(recipe: WeightRecipe) -> tuple[str, ...]:
    """Return the waves whose answers a weight is for: its set, and the wave it starts from; () is every wave."""
    start = () if recipe.starting_wave in (None, *recipe.waves) else (str(recipe.starting_wave),)
    return (*start, *recipe.waves) if recipe.waves else ()


def _covers(recipe: WeightRecipe, wave: str) -> bool:
    covered = covered_waves(recipe)
    return not covered or wave in covered


def _picked(survey: Survey, analysis: Analysis) -> WeightRecipe:
    """Return the best of the declared weights."""
    fitting = candidates(survey.weights, analysis)
    if not fitting:
        raise WeightingError(f"{analysis}: survey {survey.survey} declares no weight for it. {_to_declare(analysis)}")
    return fitting[0]


def _to_declare(analysis: Analysis) -> str:
    """Return what to add to the survey's definition."""
    if analysis.kind == SAME_PEOPLE:
        return f"Declare one of kind longitudinal with waves: [{', '.join(analysis.waves)}]."
    return "Declare one of kind cross_sectional with waves: each."
