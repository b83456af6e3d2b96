"""One step of a survey's figures: what it depends on, and that it is done again only when that has changed."""

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from functools import cached_property

from flows.releases import provisional_waves
from flows.run_context import Night
from pipeline import warehouse
from pipeline.errors import StatisticsError
from pipeline.fingerprint import text_hash
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.step_inputs import members_of_wave
from pipeline.weighting_steps import WeightRecipe


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

    @cached_property
    def fielded(self) -> frozenset[str]:
        """Return the waves that somebody answered."""
        return frozenset(wave for wave in self.data.answers if self.data.is_answered(wave))

    @cached_property
    def done(self) -> dict[str, str]:
        """Return what each step worked on when earlier nights did it last."""
        return warehouse.steps_done(self.night.connection, self.survey)

    @cached_property
    def provisional(self) -> frozenset[str]:
        """Return the waves whose figures are provisional tonight."""
        return provisional_waves(self.night, self.survey, self.data.answers)

    def weight(self, recipe: WeightRecipe, waves: tuple[str, ...]) -> PanelWeight:
        """Return a weight, made when it is first asked for; the step of its estimates stores it."""
        key = (recipe.weight_id, waves)
        if key not in self.weights:
            self.weights[key] = weigh(self.data.survey, recipe, waves, self.data.arrays)
        return self.weights[key]

    def step(self, name: str, waves: Set[str], act: Callable[[], None], *parts: object) -> None:
        """Do one step unless it was done with the same inputs; what cannot be computed is told, and left out.

        Args:
            waves: those whose deliveries and members it depends on.
            parts: the plans, recipes, families of tests and links of items it depends on.
        """
        if any((self.survey, source) in self.night.frozen for source in waves | self.data.survey.known_from):
            return
        inputs = self._inputs(waves, parts)
        if not self.night.is_full and self.done.get(name) == inputs:
            return
        try:
            with warehouse.transaction(self.night.connection):
                act()
                warehouse.remember_step(self.night.connection, self.survey, name, inputs)
        except StatisticsError as error:
            self.weights.clear()  # what was stored of them is undone
            self._tell(f"{self.survey}, {name}: not made, what was published before stays. {error}", str(error))

    def _inputs(self, waves: Set[str], parts: tuple[object, ...]) -> str:
        """Return a hash of everything a step over these waves depends on."""
        return text_hash(
            self.night.code_version,
            self.night.declared(self.survey).behind(waves, *parts),
            [self.deliveries.get(wave) for wave in sorted(waves)],
            [self._members(wave) for wave in sorted(waves)],
            sorted(self.provisional & waves),
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


def deliveries_of_sources(night: Night, survey: str) -> dict[str, list[tuple[str, int]]]:
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
