"""One survey's figures: weights, estimates, changes, transitions, retention; only those whose inputs changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from flows import change_waves, follow_members
from flows.estimate_wave import estimate_wave
from flows.quality_effects import forget_quality_effect, tell_quality_effect
from flows.releases import is_provisional
from flows.run_context import Night, current
from flows.weight_wave import gather, weight_wave
from pipeline import warehouse
from pipeline.definitions import CROSSWALK, ROSTER, TransitionPlan
from pipeline.errors import StatisticsError
from pipeline.fingerprint import text_hash
from pipeline.panel_estimates import PanelData, pairs_of
from pipeline.panel_weights import PanelWeight, waves_of, weigh
from pipeline.step_inputs import definition_parts, members_of_wave, waves_behind
from pipeline.weight_choice import CHANGES, SAME_PEOPLE, Analysis, weight_for
from pipeline.weighting_steps import WeightRecipe

NOT_WAVES = {ROSTER, CROSSWALK}


@dataclass
class Figures:
    """A survey's figures in the making: its data, what each step depends on, and the weights made so far."""

    night: Night
    survey: str
    data: PanelData
    deliveries: dict[str, list[tuple[str, int]]]  # source: deliveries in use and their accepted rows
    weights: dict[tuple[str, tuple[str, ...]], PanelWeight] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)  # wave: hash of what is known of its members
    reasons: set[str] = field(default_factory=set)  # why figures could not be made, each told once

    @property
    def fielded(self) -> set[str]:
        """Return the waves that somebody answered."""
        return {wave for wave in self.data.answers if self.data.is_answered(wave)}

    def weight(self, recipe: WeightRecipe, waves: tuple[str, ...]) -> PanelWeight:
        """Return a weight, made when it is first asked for; the step of its estimates stores it."""
        key = (recipe.weight_id, waves)
        if key not in self.weights:
            self.weights[key] = weigh(self.data.survey, recipe, waves, self.data.arrays)
        return self.weights[key]

    def step(self, name: str, waves: set[str], act: Callable[[], None], *parts: object) -> None:
        """Do one step unless it was done with the same inputs; what cannot be computed is told, and left out.

        Args:
            waves: those whose deliveries and members it depends on.
            parts: the plans, recipes, families of tests and links of items it depends on.
        """
        if any((self.survey, source) in self.night.frozen for source in waves | self.data.survey.known_from):
            return
        inputs = self._inputs(waves, parts)
        if not self.night.is_full and warehouse.step_inputs(self.night.connection, self.survey, name) == inputs:
            return
        try:
            with warehouse.transaction(self.night.connection):
                act()
                warehouse.remember_step(self.night.connection, self.survey, name, inputs)
        except StatisticsError as error:
            self.weights.clear()  # what was stored of them is undone
            self._tell(f"{self.survey}, {name}: not made, what was published before stays. {error}", str(error))

    def _inputs(self, waves: set[str], parts: tuple[object, ...]) -> str:
        """Return a hash of everything a step over these waves depends on."""
        return text_hash(
            self.night.code_version,
            definition_parts(self.data.survey, waves, *parts),
            [self.deliveries.get(wave) for wave in sorted(waves)],
            [self._members(wave) for wave in sorted(waves)],
            [is_provisional(self.night, self.survey, wave) for wave in sorted(waves)],
            self.night.workspace.confidence,
        )

    def _members(self, wave: str) -> str:
        if wave not in self.members:
            self.members[wave] = members_of_wave(self.data.arrays, wave)
        return self.members[wave]

    def _tell(self, line: str, reason: str) -> None:
        """Tell once why figures could not be made, however many of them need the same."""
        if reason not in self.reasons:
            self.reasons.add(reason)
            self.night.problems.append(line)
            self.night.say(line)


def make_figures(survey: str) -> None:
    """Make every figure of a survey whose deliveries or definitions changed."""
    night = current()
    deliveries = _deliveries(night, survey)
    if (night.surveys[survey].has_member_list and ROSTER not in deliveries) or not set(deliveries) - NOT_WAVES:
        return
    figures = Figures(night, survey, gather(survey), deliveries)
    _estimates(figures)
    _changes(figures)
    _transitions(figures)
    _quality_effects(figures)
    in_field = frozenset(wave for wave in figures.fielded if _is_in_field(figures, wave))
    follow = partial(follow_members.follow_members, survey, figures.data, in_field)
    plan, weights = figures.data.survey.retention, figures.data.survey.weights
    figures.step("retention", figures.fielded, follow, plan, weights, sorted(in_field))


def _is_in_field(figures: Figures, wave: str) -> bool:
    """Return whether answers to a wave may still come: its fieldwork is not over, and nobody finalised it."""
    is_open = figures.data.survey.wave(wave).is_in_field(figures.night.today)
    return is_open and is_provisional(figures.night, figures.survey, wave)


def _deliveries(night: Night, survey: str) -> dict[str, list[tuple[str, int]]]:
    """Return the deliveries in use of each source, with their accepted rows."""
    rows = warehouse.read(
        night.connection,
        "select source, delivery_id, n_accepted from raw.deliveries where survey = ? and status = 'accepted' "
        "order by all",
        [survey],
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for source, delivery_id, n_accepted in rows.iter_rows():
        found.setdefault(source, []).append((delivery_id, n_accepted))
    return found


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
            weight = figures.weight(recipe, waves)
            tell_quality_effect(figures.survey, wave, recipe.weight_id, weight, figures.data)
        else:
            forget_quality_effect(figures.survey, wave, recipe.weight_id)


def _recipes(figures: Figures, recipe: WeightRecipe) -> list[WeightRecipe]:
    """Return a recipe and the one whose weight it starts from."""
    start = recipe.starting_weight
    return [recipe, *([figures.data.survey.weight(start)] if start else [])]


def _estimate(figures: Figures, recipe: WeightRecipe, waves: tuple[str, ...]) -> None:
    weight = weight_wave(figures.survey, waves[-1], recipe.weight_id, waves, figures.data)
    figures.weights[recipe.weight_id, waves] = weight
    for wave in waves:
        provisional = is_provisional(figures.night, figures.survey, wave)
        estimate_wave(figures.survey, wave, recipe.weight_id, weight, figures.data, provisional)


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
    change_waves.change_waves(figures.survey, later, recipe.weight_id, kind, pairs, weights, figures.data)


def _transitions(figures: Figures) -> None:
    survey = figures.data.survey
    for plan in survey.transitions:
        for weight_id in plan.weights:
            recipe = survey.weight(weight_id)
            for pair in plan.pairs:
                if set(pair) | set(recipe.waves) <= figures.fielded:
                    figures.step(
                        f"transitions-{weight_id}-{pair[0]}-{pair[1]}",
                        waves_behind(survey, recipe, {*pair, *recipe.waves}),
                        partial(_transition, figures, plan, recipe, pair),
                        *(_recipes(figures, recipe), plan, survey.item_links),
                    )


def _transition(figures: Figures, plan: TransitionPlan, recipe: WeightRecipe, pair: tuple[str, str]) -> None:
    weight_for(figures.data.survey, Analysis(SAME_PEOPLE, pair), recipe.weight_id)
    weight = figures.weight(recipe, recipe.waves)
    change_waves.tabulate_transitions(figures.survey, plan, pair, weight, figures.data)
