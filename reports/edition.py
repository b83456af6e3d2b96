"""One wave as it is told: where from, under which weight, in which language, and what may be shown of it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.disclosure import DisclosureProfile, shown_count
from pipeline.theme import PLAIN, Theme
from reports import published, words
from reports.language import Language
from reports.sentences import UNTESTED_INFERENCE
from reports.survey_texts import SurveyTexts

RELEASED = ("final", "corrected")  # anything else is provisional


@dataclass(frozen=True)
class Edition:
    """What every page of a wave needs to know of it."""

    read: published.Read
    survey: str
    wave: str
    weight_id: str
    profile: DisclosureProfile
    confidence: float
    family: str  # the headline family of tests
    family_items: tuple[str, ...]  # in declared order; () = every item with a headline
    texts: SurveyTexts = field(default_factory=SurveyTexts)  # the survey's own, in the language it is told in
    theme: Theme = PLAIN
    told_waves: tuple[str, ...] = ()  # those that may be told, for a page of let-out waves alone; () = all

    @property
    def language(self) -> Language:
        """Return the language in which the wave is told."""
        return self.texts.language

    @cached_property
    def waves(self) -> pl.DataFrame:
        """Return the waves up to this one, oldest first."""
        waves = published.waves_until(self.read, self.survey, self.wave)
        return waves.filter(pl.col("wave").is_in(self.told_waves)) if self.told_waves else waves

    @property
    def facts(self) -> dict[str, Any]:
        """Return what is published about this wave."""
        return self.waves.row(-1, named=True)

    @property
    def is_provisional(self) -> bool:
        """Return whether nothing may be claimed of this wave yet."""
        return self.facts["release_status"] not in RELEASED

    @cached_property
    def inference(self) -> str:
        """Return what the wave's figures rest on."""
        return published.inference_of(self.read, self.survey, self.wave, self.weight_id)

    @property
    def is_tested(self) -> bool:
        """Return whether changes into the wave were tested: headlines were declared, and figures stand for others."""
        is_claimed = self.waves.height > 1 and not self.is_provisional and bool(self.family_items)
        return is_claimed and self.inference != UNTESTED_INFERENCE

    def shown_count(self, persons: int | None) -> int | None:
        """Return a count as it may be printed; None where it may not."""
        return shown_count(persons, self.profile)

    @property
    def level(self) -> str:
        """Return the confidence level in print."""
        return words.percent(self.language, self.confidence)


def chosen_weight(read: published.Read, survey: str, wave: str, family: str) -> str:
    """Return the weight to tell a wave under, when nobody says which.

    One under which headline changes into the wave are tested; of those the wave's own cross-sectional weight; else
    the longitudinal one whose last wave this is; of several the last by name (`wtpannr123` after `wtpan123`).
    """
    tested = set(published.headline_changes(read, survey, wave, family).get_column("weight_id").to_list())
    ranked = [
        (weight_id in tested, kind == "cross_sectional", str(wave_set or "").split("+")[-1] == wave, weight_id)
        for weight_id, kind, wave_set, _ in published.weights_of(read, survey, wave).iter_rows()
    ]
    return str(max(ranked)[-1]) if ranked else ""
