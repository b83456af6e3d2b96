"""A population whose answers at eight waves are known, and panels of it whose members leave for what they think.

Everyone answers one item at every wave: against, neither, for. A panel is drawn in four strata with unequal
chances; all members answer the first wave, which recruits them. After it they leave for good, or miss a wave,
with chances that depend on age and on a driver. The panel knows it where it is the answer they gave at the first
wave, or at the latest one; it does not where it is the answer that they would have given had they stayed.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import AnswerOption, Domain, Item, Margin, Survey
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.estimates import PanelData
from pipeline.weighting_steps import CalibrationStep, Covariate, NonresponseStep, WeightRecipe
from tests.builders_validation import one_survey, one_wave

N_PEOPLE, N_STRATA, N_MEMBERS, N_WAVES = 200_000, 4, 1_600, 8
AGES, SEXES, ANSWERS = ("16-34", "35-54", "55-74", "75+"), ("Female", "Male"), ("against", "neither", "for")
CHANCES = np.array([1.0, 1.0, 2.0, 3.0])  # of selection, by stratum, relative to the first
KEEPS = 0.85  # who gives the same answer again at the next wave; the others answer anew, a little more often "for"
DRIFT = 0.05  # a wave, log odds
LEAVES = -2.7  # log odds of leaving before a wave, of those aged 16-34 and "for"
BY_ANSWER = np.array([1.1, 0.5, 0.0])  # log odds added
BY_AGE = np.array([0.0, -0.3, -0.6, 0.2])
MISSES = 0.06  # of those still in the panel, at one wave
ITEM = "linking"
WAVES = tuple(f"w{number:02}" for number in range(1, N_WAVES + 1))
FIRST_ANSWER, LATEST_ANSWER, COMING_ANSWER = "the first answer", "the latest answer", "the coming answer, not observed"
DRIVERS = (FIRST_ANSWER, LATEST_ANSWER, COMING_ANSWER)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """Everyone, with the answers of all waves."""

    stratum: Codes  # (n,)
    age: Codes
    sex: Codes
    answer: NDArray[np.int8]  # (n_waves, n)

    def share_for(self, wave: int) -> float:
        """Return the true share of "for" at a wave, from 0."""
        return float((self.answer[wave] == 2).mean())

    def transitions(self) -> Floats:
        """Return the true shares (3, 3) of answers at the last wave among those of each answer at the first."""
        joint = np.bincount(self.answer[0] * 3 + self.answer[-1], minlength=9).reshape(3, 3)
        shares: Floats = joint / joint.sum(axis=1, keepdims=True)
        return shares


def population(rng: np.random.Generator) -> Population:
    """Return the population; people of a stratum and an age are a little alike in their answers."""
    stratum = rng.integers(0, N_STRATA, N_PEOPLE)
    age, sex = rng.choice(4, N_PEOPLE, p=[0.3, 0.32, 0.28, 0.1]), rng.integers(0, 2, N_PEOPLE)
    lean = 0.3 * (age - 1.5) + 0.2 * (stratum - 1.5)

    def anew(wave: int) -> NDArray[np.int8]:
        logistic = rng.logistic(lean + DRIFT * wave)
        return np.digitize(logistic, [-0.7, 0.3]).astype(np.int8)

    answers = [anew(0)]
    for wave in range(1, N_WAVES):
        answers.append(np.where(rng.random(N_PEOPLE) < KEEPS, answers[-1], anew(wave)))
    return Population(stratum, age, sex, np.stack(answers))


@dataclass(frozen=True)
class Sample:
    """Who was drawn, what they would answer at every wave, and the random numbers to go on with."""

    person: Codes  # (n,) rows of the population
    answer: NDArray[np.int8]  # (n_waves, n)
    chance: Floats  # (n,) of selection
    rng: np.random.Generator


def draw_people(people: Population, rng: np.random.Generator, members: int = N_MEMBERS) -> Sample:
    """Return a stratified sample without replacement."""
    sizes = np.bincount(people.stratum, minlength=N_STRATA)
    n_drawn = np.round(members * sizes * CHANCES / (sizes @ CHANCES)).astype(np.int64)
    chosen = np.concatenate(
        [rng.choice(np.flatnonzero(people.stratum == one), n_drawn[one], replace=False) for one in range(N_STRATA)]
    )
    return Sample(chosen, people.answer[:, chosen], (n_drawn / sizes)[people.stratum[chosen]], rng)


def draw_panel(people: Population, driver: str, rng: np.random.Generator, members: int = N_MEMBERS) -> PanelData:
    """Return a panel as the pipeline has it: its members, who answered which wave, and their answers."""
    sample = draw_people(people, rng, members)
    chosen, answer = sample.person, sample.answer
    stratum = people.stratum[chosen]
    answered = participation(people.age[chosen], answer, driver, rng)
    ids = tuple(f"m{number:05}" for number in range(chosen.size))
    everyone = dict.fromkeys(WAVES, np.ones(chosen.size, np.bool_))
    responses = {wave: _responses(ids, answer[place], answered[place]) for place, wave in enumerate(WAVES)}
    arrays = PanelArrays(
        members=ids,
        stratum=stratum,
        psu=np.arange(chosen.size),
        cohort=np.repeat("c1", chosen.size),
        domains={"age": Categories(AGES, people.age[chosen]), "sex": Categories(SEXES, people.sex[chosen])},
        numbers={"chance": sample.chance},
        is_respondent=dict(zip(WAVES, answered, strict=True)),
        is_eligible=everyone,
        is_invited=everyone,
        is_listed=everyone,
        answers=responses,
    )
    return PanelData(survey(people), arrays, responses)


def participation(age: Codes, answer: NDArray[np.int8], driver: str, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return (n_waves, n) who answers: whoever has left does not come back, the others miss a wave now and then."""
    in_panel = np.ones(age.size, np.bool_)
    answered = [in_panel]
    for wave in range(1, N_WAVES):
        reason = answer[{FIRST_ANSWER: 0, LATEST_ANSWER: wave - 1, COMING_ANSWER: wave}[driver]]
        chance = 1 / (1 + np.exp(-(LEAVES + BY_ANSWER[reason] + BY_AGE[age])))
        in_panel = in_panel & (rng.random(age.size) >= chance)
        answered.append(in_panel & (rng.random(age.size) >= MISSES))
    return np.stack(answered)


def _responses(members: tuple[str, ...], answer: NDArray[np.int8], answered: NDArray[np.bool_]) -> pl.DataFrame:
    return pl.DataFrame(
        {"panel_member_id": np.array(members)[answered], "code": answer[answered].astype(str)}
    ).with_columns(item=pl.lit(ITEM), number=pl.lit(None, pl.Float64))


def survey(people: Population) -> Survey:
    """Return the definition of the panel: one item, margins of age and sex, and the weights that are compared."""
    options = tuple(AnswerOption(str(code), label) for code, label in enumerate(ANSWERS))
    item = Item(ITEM, "Link data?", "category", "Linking", options, headline={"for": ("2",)})
    domains = (Domain("age", "Age", "age", AGES), Domain("sex", "Sex", "sex", SEXES))
    waves = tuple(one_wave(wave=wave, wave_number=place + 1) for place, wave in enumerate(WAVES))
    margins = {"age": _margin("age", AGES, people.age), "sex": _margin("sex", SEXES, people.sex)}
    return replace(one_survey(), waves=waves, domains=domains, items={ITEM: item}, margins=margins, weights=recipes())


def _margin(name: str, labels: tuple[str, ...], codes: Codes) -> Margin:
    totals = dict(zip(labels, np.bincount(codes).astype(float).tolist(), strict=True))
    return Margin(name, totals, totals, "persons", "16+", "the simulation", date(2025, 1, 1))


def recipes() -> tuple[WeightRecipe, ...]:
    """Return base weights alone, ours for each wave, and ours for the whole set of waves by the chain."""
    chances = {"c1": "chance"}
    profile = (Covariate("domain", "age"), Covariate("domain", "sex"))
    to_population = CalibrationStep("raking", ("age", "sex"))
    to_start = CalibrationStep("raking", ("age", "sex"), controls="starting_wave")
    first, latest = Covariate("answer", ITEM, "first"), Covariate("answer", ITEM, "latest")
    at_once = NonresponseStep("propensity", (*profile, first), largest_factor=10.0)
    chain = NonresponseStep("propensity", (*profile, first, latest), is_each_wave=True, largest_factor=10.0)
    return (
        WeightRecipe("base", "cross_sectional", (), "nothing", selection_probabilities=chances),
        WeightRecipe(
            "wave", "cross_sectional", (), "one wave", selection_probabilities=chances,
            nonresponse=at_once, calibration=to_population,
        ),
        WeightRecipe(
            "all_waves", "longitudinal", WAVES, "the same people", starting_wave=WAVES[0], starting_weight="base",
            nonresponse=chain, calibration=to_start,
        ),
    )  # fmt: skip
