"""A whole survey put together from a member list, drafted exports, their matches and the population's totals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from pipeline.adoption.fieldwork import Fieldwork
from pipeline.adoption.matching import Matched
from pipeline.adoption.members import FACTS, MEMBER_ID, MemberList
from pipeline.adoption.population import AGE_GROUP, PopulationPlan
from pipeline.adoption.producer_weights import ProducerWeight
from pipeline.adoption.questions import DraftedDelivery
from pipeline.adoption.repeats import Bank
from pipeline.adoption.scales import suggested_headline
from pipeline.adoption.wave_ids import WaveIds
from pipeline.adoption.words import Words
from pipeline.analysis_plans import ChangePlan, RetentionPlan, TestFamily
from pipeline.definitions import (
    ALL,
    SKIPPED,
    Crosswalk,
    Design,
    Eligibility,
    Item,
    ItemColumn,
    Population,
    RowFilter,
    Source,
    Survey,
    Wave,
)
from pipeline.weighting_steps import CalibrationStep, WeightRecipe

MEMBER_FILE = "member_list.csv"
WEIGHT, SUPPLIED = "cross_sectional", "weight"  # the second: our name of the producer's weight in each wave
MOST_HEADLINES = 6  # suggested at first; the others wait as comments
PROBABILITY, LEGACY, NOBODY_ELSE = "probability", "calibrated_legacy", "not_representative"
PRODUCERS = "pseudo_weighted"  # by whoever made the exports
ALL_KNOWN = 0.99  # share of members whose selection probability is known
SMALLEST_TOLERANCE, TOLERANCE_STEP = 0.02, 0.01
NO_COHORT = "panel"


@dataclass(frozen=True)
class Adopted:
    """One export as a wave of the panel."""

    wave: str
    number: int
    delivery: DraftedDelivery
    inbox_name: str
    fieldwork: Fieldwork | None
    codebook: str | None = None  # in the survey's folder
    weight: ProducerWeight | None = None


@dataclass(frozen=True)
class Found:
    """Everything that was found out about a panel."""

    survey: str
    title: str
    members: MemberList
    matched: Matched
    waves: tuple[Adopted, ...]
    bank: Bank
    population: PopulationPlan
    words: Words
    wave_ids: WaveIds | None = None  # how ids meet where no list names the members
    crosswalk: str | None = None  # file of ids, in the inbox
    partly_told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # profile: exports that alone tell it

    @property
    def has_member_list(self) -> bool:
        """Return whether a list names the members; else they are those who answer."""
        return self.wave_ids is None

    @property
    def is_weighted_by_producer(self) -> bool:
        """Return whether every export brings a weight, and there are no totals to make one."""
        return not self.population.margins and all(one.weight for one in self.waves) and not self.has_member_list

    @property
    def inference(self) -> str:
        """Return what estimates may rest on."""
        if self.is_weighted_by_producer:
            return PRODUCERS
        if "selection_probability" in self.members.frame.columns:
            known = self.members.frame["selection_probability"].drop_nulls().len()
            if known >= ALL_KNOWN * self.members.frame.height:
                return PROBABILITY
        return LEGACY if self.population.margins else NOBODY_ELSE


def roster_frame(found: Found) -> pl.DataFrame:
    """Return the member list that goes into the inbox: with a cohort, and a probability of selection for each."""
    if found.inference != PROBABILITY:
        return found.members.frame.drop("selection_probability", strict=False)
    frame = _with_cohort(found)
    chances = [
        pl.when(pl.col("cohort") == cohort).then(pl.col("selection_probability")).alias(column)
        for cohort, column in _probability_columns(frame).items()
    ]
    return frame.with_columns(chances).drop("selection_probability")


def _probability_columns(frame: pl.DataFrame) -> dict[str, str]:
    cohorts = frame["cohort"].drop_nulls().unique().sort()
    return {cohort: f"selection_probability_{number}" for number, cohort in enumerate(cohorts, start=1)}


def survey_of(found: Found) -> Survey:
    """Return the survey as drafted."""
    plan, members = found.population, found.members
    waves = tuple(_wave(one, found) for one in found.waves)
    domains = (ALL, *(domain.domain for domain in plan.domains if domain.domain == AGE_GROUP))
    return Survey(
        survey=found.survey,
        title=found.title,
        member_ids="pseudonym",
        disclosure_profile="public",
        inference=found.inference,
        population=_population(plan),
        roster=_roster(members, plan) if found.has_member_list else Source(file="", columns={}),
        profile=plan.profile,
        domains=plan.domains,
        design=_design(found),
        eligibility=Eligibility(),
        items={item.item: item for item in with_headlines(found.bank, found.words)},
        item_links=found.bank.links,
        blank=SKIPPED,
        waves=waves,
        margins={},
        weights=(_recipe(found),),
        changes=(ChangePlan("net", (WEIGHT,)),) if len(waves) > 1 else (),
        transitions=(),
        families=(TestFamily("exploratory", (), domains, "benjamini_hochberg", 0.05),),
        retention=_retention(found, waves[0].wave) if found.has_member_list else None,
        id_ignores=found.matched.ignores,
        has_member_list=found.has_member_list,
        has_ids_of_each_wave=found.wave_ids is not None and not found.wave_ids.is_shared,
        crosswalk=_crosswalk(found),
    )


def _retention(found: Found, first_wave: str) -> RetentionPlan:
    """Return how members are followed: as they grow older, where the list tells their ages."""
    age = next((one.variable for one in found.population.domains if one.domain == AGE_GROUP and one.bands), None)
    return RetentionPlan(first_wave, WEIGHT, 2, age)


def _crosswalk(found: Found) -> Crosswalk | None:
    """Return which column of the crosswalk holds each wave's ids."""
    if found.wave_ids is None or found.crosswalk is None:
        return None
    columns = found.wave_ids.crosswalk
    return Crosswalk(found.crosswalk, {one.wave: columns[one.delivery.file_name] for one in found.waves})


def linked_ids(found: Found, file_name: str) -> dict[str, str]:
    """Return the columns of an export that hold ids of other waves, by wave."""
    links = found.wave_ids.links.get(file_name, {}) if found.wave_ids else {}
    return {one.wave: links[one.delivery.file_name] for one in found.waves if one.delivery.file_name in links}


def with_headlines(bank: Bank, words: Words) -> tuple[Item, ...]:
    """Return the items, those asked most often with the headline that their scale suggests."""
    chosen = {item.item for item in headline_candidates(bank, words)[:MOST_HEADLINES]}
    return tuple(
        replace(item, headline=suggested_headline(item, words)) if item.item in chosen else item for item in bank.items
    )


def headline_candidates(bank: Bank, words: Words) -> list[Item]:
    """Return the items whose scale suggests a headline: asked in most waves and in the newest first."""
    newest = list(bank.columns)[-1] if bank.columns else ""
    fitting = [item for item in bank.items if item.is_published and suggested_headline(item, words)]
    return sorted(
        fitting,
        key=lambda item: (
            -sum(item.item in columns for columns in bank.columns.values()),
            item.item not in bank.columns.get(newest, {}),
            len(item.answers) < 3,  # yes or no, after scales
        ),
    )


def tolerance(matched: Matched, file_name: str) -> float:
    """Return the share of rows that may be refused: those of nobody in the list, and a little more."""
    match = matched.exports[file_name]
    unknown = 1 - match.rate
    steps = math.ceil(round(unknown * 1.2 / TOLERANCE_STEP, 6))
    return round(max(SMALLEST_TOLERANCE, steps * TOLERANCE_STEP), 2)


def _wave(one: Adopted, found: Found) -> Wave:
    drafted, times = one.delivery, one.fieldwork
    columns = {MEMBER_ID: found.matched.exports[drafted.file_name].column}
    if drafted.completed_at and times:
        columns["completed_at"] = drafted.completed_at
    sample = None
    if found.is_weighted_by_producer and one.weight:
        columns[SUPPLIED], sample = one.weight.column, one.weight.only_rows
    links = linked_ids(found, drafted.file_name)
    used = {*columns.values(), *links.values(), *(variable.column for variable in found.population.profile)}
    ignored = dict.fromkeys(column for column in drafted.set_aside if column not in used)
    if drafted.completed_at and not times:
        ignored[drafted.completed_at] = None
    placed = found.bank.columns[one.wave]
    return Wave(
        wave=one.wave,
        wave_number=one.number,
        fieldwork_start=times.start if times else None,
        fieldwork_end=times.end if times else None,
        is_closed=times is None,
        mode="",
        source=Source(
            file=one.inbox_name,
            columns=columns,
            ignored_columns=tuple(ignored),
            complete_when=RowFilter(*drafted.finished) if drafted.finished else None,
            completed_at_format=times.layout if times else None,
            codebook=one.codebook,
            only_rows=RowFilter(*sample) if sample else None,
            linked_ids=links,
        ),
        items=tuple(ItemColumn(item, column) for item, column in placed.items()),
        row_tolerance=tolerance(found.matched, drafted.file_name),
    )


def _population(plan: PopulationPlan) -> Population:
    if plan.persons is None:
        return Population("Residents of the panel's area", "persons", "residents of the area", None, "", None)
    told: Mapping[str, str] = plan.described
    day = date.fromisoformat(told["reference_date"])
    name = told["universe"][:1].upper() + told["universe"][1:]
    return Population(name, told["unit"], told["universe"], plan.persons, told["source"], day)


def _roster(members: MemberList, plan: PopulationPlan) -> Source:
    columns = {name: name for name in (MEMBER_ID, *FACTS) if members.has(name)}
    if members.has("selection_probability") and "cohort" not in columns:
        columns["cohort"] = "cohort"
    known = {*columns, *(variable.column for variable in plan.profile)}
    return Source(MEMBER_FILE, columns, ignored_columns=tuple(one for one in members.frame.columns if one not in known))


def _design(found: Found) -> Design:
    members = found.members
    strata = ("stratum",) if members.has("stratum") else ("cohort",) if members.has("cohort") else ()
    psu = next((name for name in ("psu", "household") if members.has(name)), None)
    return Design(strata, psu, "adjust")


def _recipe(found: Found) -> WeightRecipe:
    plan = found.population
    if found.is_weighted_by_producer:
        made = "Estimates for one wave, and net change between two; the weight is its producer's."
        return WeightRecipe(WEIGHT, "cross_sectional", (), made, supplied=SUPPLIED, is_supplied_by_wave=True)
    step = CalibrationStep("raking", plan.margins, missing=dict.fromkeys(plan.margins, "largest"))
    is_known = found.inference == PROBABILITY
    columns = _probability_columns(_with_cohort(found)) if is_known else {}
    return WeightRecipe(
        weight_id=WEIGHT,
        kind="cross_sectional",
        waves=(),
        use_when="Estimates for one wave, and net change between two waves.",
        selection_probabilities=columns,
        is_equal_base=not is_known,
        calibration=step if plan.margins else None,
    )


def _with_cohort(found: Found) -> pl.DataFrame:
    """Return the list with its cohorts, one for all where it has none."""
    frame = found.members.frame
    return frame if "cohort" in frame.columns else frame.with_columns(cohort=pl.lit(NO_COHORT))


def wave_names(n: int) -> Sequence[str]:
    """Return w01, w02 … for so many waves."""
    return [f"w{number:02d}" for number in range(1, n + 1)]
