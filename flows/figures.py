"""One survey's figures: weights, estimates, changes, transitions, retention; only those whose inputs changed."""

from functools import partial

from flows import change_waves, compare_newcomers, follow_members, follow_trends
from flows.compare_groups import compare_groups
from flows.estimate_wave import estimate_wave
from flows.figure_steps import Figures, deliveries_of_sources
from flows.quality_effects import forget_quality_effect, tell_quality_effect
from flows.replicate_weights import (
    forget_replicates_in_full,
    forget_unused_draws,
    replicate_in_full,
    replicate_weight,
)
from flows.run_context import current, unsearched
from flows.weight_wave import gather, weight_wave
from pipeline import warehouse
from pipeline.analysis_plans import TransitionPlan, TrendPlan
from pipeline.definitions import CROSSWALK, MAILINGS, ROSTER
from pipeline.estimation.smoothing import FEWEST_WAVES
from pipeline.panel.conditioning import refreshed_waves
from pipeline.panel.draws import PanelDraws, panel_draws
from pipeline.panel.estimates import pairs_of
from pipeline.panel.transitions import topline_recipe
from pipeline.panel.weights import waves_of
from pipeline.step_inputs import waves_behind
from pipeline.weight_choice import CHANGES, SAME_PEOPLE, Analysis, weight_for
from pipeline.weighting_steps import WeightRecipe

NOT_WAVES = {ROSTER, CROSSWALK, MAILINGS}


def make_figures(survey: str) -> None:
    """Make every figure of a survey whose deliveries or definitions changed."""
    night = current()
    deliveries = deliveries_of_sources(night, survey)
    if (night.surveys[survey].has_member_list and ROSTER not in deliveries) or not set(deliveries) - NOT_WAVES:
        return
    figures = Figures(night, survey, gather(survey), deliveries)
    _estimates(figures)
    _replicates(figures)
    _groups(figures)
    _changes(figures)
    _transitions(figures)
    _trends(figures)
    _conditioning(figures)
    _quality_effects(figures)
    in_field = frozenset(wave for wave in figures.fielded if _is_in_field(figures, wave))
    follow = partial(follow_members.follow_members, survey, unsearched(figures.data), in_field)
    plan, weights = figures.data.survey.retention, figures.data.survey.weights
    told = [
        figures.deliveries.get(source) for source in sorted(figures.data.survey.known_from | {MAILINGS})
    ]  # why and when they left, and who could be reached
    figures.step("retention", figures.fielded, follow, plan, weights, sorted(in_field), told)


def _is_in_field(figures: Figures, wave: str) -> bool:
    """Return whether answers to a wave may still come: its fieldwork is not over, and nobody finalised it."""
    return wave in figures.provisional and figures.data.survey.wave(wave).is_in_field(figures.night.today)


def _estimates(figures: Figures) -> None:
    for recipe in figures.data.survey.weights:
        for waves in waves_of(figures.data.survey, recipe, figures.fielded):
            needed = waves_behind(figures.data.survey, recipe, waves)
            figures.step(
                f"estimates-{recipe.weight_id}-{'+'.join(waves)}",
                needed,
                partial(_estimate, figures, recipe, waves),
                _recipes(figures, recipe),
            )


def _replicates(figures: Figures) -> None:
    """Replicate every weight; again when a longer member list makes the draws others, which no estimate rests on."""
    survey = figures.data.survey
    draws = panel_draws(survey, figures.data.arrays)
    for recipe in survey.weights:
        for waves in waves_of(survey, recipe, figures.fielded):
            figures.step(
                f"replicates-{recipe.weight_id}-{'+'.join(waves)}",
                waves_behind(survey, recipe, waves),
                partial(_replicate, figures, recipe, waves, draws),
                *(_recipes(figures, recipe), draws.replicate_set),
            )
    _replicates_in_full(figures)
    forget_unused_draws(survey.survey)


def _replicate(figures: Figures, recipe: WeightRecipe, waves: tuple[str, ...], draws: PanelDraws) -> None:
    weight = figures.weight(recipe, waves)
    made_of = (unsearched(weight), unsearched(figures.data), unsearched(draws))
    replicate_weight(figures.survey, weight.wave_set, recipe.weight_id, *made_of)


def _replicates_in_full(figures: Figures) -> None:
    """Replicate every weight with each PSU drawn on its own, where the file in full detail is asked for."""
    survey = figures.data.survey
    is_asked = bool(figures.night.workspace.secure_folder) and survey.k_anonymity is not None
    is_forgotten = not is_asked and forget_replicates_in_full(survey.survey)
    if not is_asked and not is_forgotten:
        return
    draws = panel_draws(survey, figures.data.arrays, in_full=True)
    for recipe in survey.weights:
        for waves in waves_of(survey, recipe, figures.fielded):
            name = f"replicates-in-full-{recipe.weight_id}-{'+'.join(waves)}"
            if is_forgotten:
                warehouse.remember_step(figures.night.connection, survey.survey, name, "")
                continue
            figures.step(
                name,
                waves_behind(survey, recipe, waves),
                partial(_replicate_in_full, figures, recipe, waves, draws),
                *(_recipes(figures, recipe), draws.replicate_set),
            )


def _replicate_in_full(figures: Figures, recipe: WeightRecipe, waves: tuple[str, ...], draws: PanelDraws) -> None:
    weight = figures.weight(recipe, waves)
    replicate_in_full(figures.survey, weight.wave_set, recipe.weight_id, weight, figures.data, draws)


def _quality_effects(figures: Figures) -> None:
    """Tell what the removal of respondents does to each estimate, where a rule removes any."""
    for recipe in figures.data.survey.weights:
        for waves in waves_of(figures.data.survey, recipe, figures.fielded):
            figures.step(
                f"quality-effect-{recipe.weight_id}-{'+'.join(waves)}",
                waves_behind(figures.data.survey, recipe, waves),
                partial(_quality_effect, figures, recipe, waves),
                _recipes(figures, recipe),
            )


def _quality_effect(figures: Figures, recipe: WeightRecipe, waves: tuple[str, ...]) -> None:
    is_any_removed = figures.data.arrays.removed(*waves_behind(figures.data.survey, recipe, waves)).any()
    for wave in waves:
        if is_any_removed:
            weight = unsearched(figures.weight(recipe, waves))
            tell_quality_effect(figures.survey, wave, recipe.weight_id, weight, unsearched(figures.data))
        else:
            forget_quality_effect(figures.survey, wave, recipe.weight_id)


def _recipes(figures: Figures, recipe: WeightRecipe) -> list[WeightRecipe]:
    """Return a recipe and the one whose weight it starts from."""
    start = recipe.starting_weight
    return [recipe, *([figures.data.survey.weight(start)] if start else [])]


def _estimate(figures: Figures, recipe: WeightRecipe, waves: tuple[str, ...]) -> None:
    data = unsearched(figures.data)
    weight = weight_wave(figures.survey, waves[-1], recipe.weight_id, waves, data)
    figures.weights[recipe.weight_id, waves] = weight
    for wave in waves:
        is_provisional = wave in figures.provisional
        estimate_wave(figures.survey, wave, recipe.weight_id, unsearched(weight), data, is_provisional)


def _groups(figures: Figures) -> None:
    """Test whether groups differ in each wave, where a family of tests declares groups."""
    survey = figures.data.survey
    for recipe in survey.weights:
        for waves in waves_of(survey, recipe, figures.fielded):
            figures.step(
                f"groups-{recipe.weight_id}-{'+'.join(waves)}",
                waves_behind(survey, recipe, waves),
                partial(_compare_groups, figures, recipe, waves),
                *(_recipes(figures, recipe), survey.families),
            )


def _compare_groups(figures: Figures, recipe: WeightRecipe, waves: tuple[str, ...]) -> None:
    weight, data = unsearched(figures.weight(recipe, waves)), unsearched(figures.data)
    for wave in waves:
        compare_groups(figures.survey, wave, recipe.weight_id, weight, data, wave in figures.provisional)


def _changes(figures: Figures) -> None:
    """Compare the declared pairs of waves; those with the same later wave together, as their tests are."""
    survey = figures.data.survey
    for plan in survey.changes:
        for weight_id in plan.weights:
            recipe = survey.weight(weight_id)
            pairs = pairs_of(plan, survey, sorted(figures.fielded, key=lambda wave: survey.wave(wave).wave_number))
            if plan.kind == "within_person":
                pairs = [pair for pair in pairs if set(recipe.waves) <= figures.fielded]
            for later in dict.fromkeys(pair[1] for pair in pairs):
                those = [pair for pair in pairs if pair[1] == later]
                compared = {wave for pair in those for wave in pair}
                waves = waves_behind(survey, recipe, compared | set(recipe.waves))
                figures.step(
                    f"changes-{plan.kind}-{weight_id}-{later}",
                    waves,
                    partial(_change, figures, plan.kind, recipe, those),
                    *(_recipes(figures, recipe), those, survey.families, survey.item_links),
                )


def _change(figures: Figures, kind: str, recipe: WeightRecipe, pairs: list[tuple[str, str]]) -> None:
    later = pairs[0][1]
    for pair in pairs:
        weight_for(figures.data.survey, Analysis(CHANGES[kind], pair), recipe.weight_id)
    weights = {wave: figures.weight(recipe, recipe.waves or (wave,)) for pair in pairs for wave in pair}
    made_of = (unsearched(weights), unsearched(figures.data))
    change_waves.change_waves(figures.survey, later, recipe.weight_id, kind, pairs, *made_of)


def _transitions(figures: Figures) -> None:
    survey = figures.data.survey
    for plan in survey.transitions:
        for weight_id in plan.weights:
            recipe = survey.weight(weight_id)
            for pair in plan.pairs:
                if set(pair) | set(recipe.waves) <= figures.fielded:
                    toplines = {wave: one for wave in pair if (one := topline_recipe(survey, wave)) is not None}
                    made_of = [part for one in (recipe, *toplines.values()) for part in _recipes(figures, one)]
                    figures.step(
                        f"transitions-{weight_id}-{pair[0]}-{pair[1]}",
                        waves_behind(survey, recipe, {*pair, *recipe.waves}).union(
                            *(waves_behind(survey, one, {wave}) for wave, one in toplines.items())
                        ),
                        partial(_transition, figures, plan, recipe, pair, toplines),
                        *(made_of, plan, survey.item_links),
                    )


def _transition(
    figures: Figures,
    plan: TransitionPlan,
    recipe: WeightRecipe,
    pair: tuple[str, str],
    toplines: dict[str, WeightRecipe],
) -> None:
    weight_for(figures.data.survey, Analysis(SAME_PEOPLE, pair), recipe.weight_id)
    weight = figures.weight(recipe, recipe.waves)
    beside = {wave: figures.weight(one, (wave,)) for wave, one in toplines.items()}
    made_of = (unsearched(weight), unsearched(beside), unsearched(figures.data))
    change_waves.tabulate_transitions(figures.survey, plan, pair, *made_of)


def _trends(figures: Figures) -> None:
    """Follow the declared items over all waves of a weight: the long run, which every new wave adds to."""
    survey = figures.data.survey
    for weight_id in dict.fromkeys(weight_id for plan in survey.trends for weight_id in plan.weights):
        recipe = survey.weight(weight_id)
        plans = [plan for plan in survey.trends if weight_id in plan.weights]
        waves = [wave.wave for wave in survey.waves if wave.wave in figures.fielded]
        if recipe.waves:
            waves = [wave for wave in waves if wave in recipe.waves and set(recipe.waves) <= set(waves)]
        if len(waves) >= FEWEST_WAVES:
            figures.step(
                f"trends-{weight_id}",
                set(waves).union(*(waves_behind(survey, recipe, recipe.waves or (wave,)) for wave in waves)),
                partial(_trend, figures, recipe, plans, waves),
                *(_recipes(figures, recipe), plans, survey.families, survey.item_links),
            )


def _trend(figures: Figures, recipe: WeightRecipe, plans: list[TrendPlan], waves: list[str]) -> None:
    weights = {wave: figures.weight(recipe, recipe.waves or (wave,)) for wave in waves}
    made_of = (unsearched(weights), unsearched(figures.data))
    follow_trends.follow_trends(figures.survey, recipe.weight_id, plans, *made_of)


def _conditioning(figures: Figures) -> None:
    """Compare newcomers with experienced members, over all waves of a weight for each wave: the long run, too."""
    survey = figures.data.survey
    for weight_id in survey.conditioning.weights if survey.conditioning else ():
        recipe = survey.weight(weight_id)
        waves = [wave.wave for wave in survey.waves if wave.wave in figures.fielded]
        if not recipe.waves and refreshed_waves(figures.data, waves):
            figures.step(
                f"conditioning-{weight_id}",
                set(waves).union(*(waves_behind(survey, recipe, (wave,)) for wave in waves)),
                partial(_newcomers, figures, recipe, waves),
                _recipes(figures, recipe),
            )


def _newcomers(figures: Figures, recipe: WeightRecipe, waves: list[str]) -> None:
    weights = {wave: figures.weight(recipe, (wave,)) for wave in waves}
    made_of = (unsearched(weights), unsearched(figures.data))
    compare_newcomers.compare_newcomers(figures.survey, recipe.weight_id, *made_of)
