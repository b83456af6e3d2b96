"""True attitudes and answers: a person's place on a scale is a sum of normals, cut where the item's shares say.

The answer to item j at wave t is the number of thresholds below

    mean_j(profile, t) + l_j u + sqrt(item_habit) v_j + rest e_jt,    u, v_j, e_jt independent standard normal,

with u the person's attitude to the topic, v_j the habit with the item, and l_j = direction * sqrt(personal). As the
random parts have variance 1 in all, the share of a profile with each answer is known exactly (see truth).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from pipeline.definitions import Item, Survey
from pipeline.simulation.assumptions import (
    DONT_KNOW_EFFECT,
    AnswerModel,
    Assumptions,
    Behaviour,
    Codes,
    Floats,
    Integers,
)

# Kinds of missing, as places that count from the end of a list of labels
DONT_KNOW, REFUSED, NOT_ASKED, SKIPPED, BLANK = -1, -2, -3, -4, -5


@dataclass(frozen=True)
class Attitudes:
    """What stays with each member from wave to wave, all standard normal."""

    general: Floats  # (n,)
    topic: dict[str, Floats]  # topic: (n,), correlated with the general attitude
    habit: dict[str, Floats]  # item: (n,)


def draw_attitudes(survey: Survey, assumptions: Assumptions, n: int, rng: np.random.Generator) -> Attitudes:
    """Return the attitudes of n members."""
    general = rng.standard_normal(n)
    topics = {}
    for topic in topics_of(survey):
        loading = assumptions.general_loading(topic)
        topics[topic] = loading * general + np.sqrt(1 - loading**2) * rng.standard_normal(n)
    habit = {item: rng.standard_normal(n) for item in assumptions.answers}
    return Attitudes(general, topics, habit)


def topics_of(survey: Survey) -> list[str]:
    """Return the topics of the survey's items, in order of first use."""
    return list(dict.fromkeys(item.topic or "" for item in survey.items.values() if item.kind != "text"))


def item_mean(survey: Survey, assumptions: Assumptions, item: Item, codes: Codes, wave_number: int) -> Floats | float:
    """Return where people with these profiles stand on an item at a wave, in standard deviations."""
    model = assumptions.answers[item.item]
    topic = assumptions.effect_of(item.topic or "", codes, survey, wave_number)
    own = assumptions.effect_of(item.item, codes, survey, wave_number)
    is_after_step = model.step_wave is not None and wave_number >= model.step_wave
    return model.direction * topic + own + model.drift * (wave_number - 1) + model.step * is_after_step


def thresholds(model: AnswerModel) -> Floats:
    """Return the cut points between the answers, (n_answers - 1,)."""
    return np.asarray(ndtri(np.cumsum(model.shares)[:-1]))


def loading(model: AnswerModel, behaviour: Behaviour) -> float:
    """Return how much an answer moves with the person's attitude to the topic."""
    return float(model.direction * np.sqrt(behaviour.personal))


def dont_know_chance(model: AnswerModel, effect: Floats | float, attitude: Floats, behaviour: Behaviour) -> Floats:
    """Return the chance of a don't know; it is the item's share on average over the attitude."""
    slope = behaviour.attitude_to_dont_know
    return np.asarray(ndtr(ndtri(model.dont_know) * np.sqrt(1 + slope**2) + effect + slope * attitude))


@dataclass(frozen=True)
class Wave:
    """What the answers of one wave depend on, for every member."""

    wave_number: int
    codes: Codes
    attitudes: Attitudes
    ballot: Floats  # (n,) uniform; an item with ballot below its `asked` is asked


def draw_answers(
    survey: Survey, assumptions: Assumptions, items: Iterable[Item], wave: Wave, rng: np.random.Generator
) -> dict[str, Integers]:
    """Return every member's answer to each item, as if all took part: its place on the scale, or a kind of missing."""
    effect = assumptions.effect_of(DONT_KNOW_EFFECT, wave.codes, survey)
    return {item.item: draw_item(survey, assumptions, item, wave, effect, rng) for item in items if item.kind != "text"}


def draw_item(
    survey: Survey,
    assumptions: Assumptions,
    item: Item,
    wave: Wave,
    dont_know_effect: Floats | float,
    rng: np.random.Generator,
) -> Integers:
    """Return every member's answer to one item."""
    model, behaviour = assumptions.answers[item.item], assumptions.behaviour
    attitude, own = wave.attitudes.topic[item.topic or ""], loading(model, behaviour)
    rest = np.sqrt(1 - own**2 - behaviour.item_habit)
    place = (
        item_mean(survey, assumptions, item, wave.codes, wave.wave_number)
        + own * attitude
        + np.sqrt(behaviour.item_habit) * wave.attitudes.habit[item.item]
        + rest * rng.standard_normal(attitude.size)
    )
    answer: Integers = np.searchsorted(thresholds(model), place).astype(np.int64)
    chance = dont_know_chance(model, dont_know_effect, attitude, behaviour)
    answer[rng.random(answer.size) < chance] = DONT_KNOW
    answer[rng.random(answer.size) < model.refused] = REFUSED
    answer[rng.random(answer.size) < behaviour.skipped] = SKIPPED
    answer[wave.ballot >= model.asked] = NOT_ASKED
    return answer
