"""A population whose every answer is known, and samples of it: strata, clusters, and people who do not answer.

Clusters are drawn with replacement, so that the ultimate-cluster variance is the right one. Who answers depends
on age and sex as a product, which raking to age and sex puts right; a second wave asks the same people again.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

N_STRATA = 12
PEOPLE_PER_CLUSTER = 30
N_AGES, N_SEXES, N_REGIONS = 5, 2, 4
RESPONSE_BY_AGE = np.array([0.50, 0.58, 0.66, 0.74, 0.80])
RESPONSE_BY_SEX = np.array([1.0, 0.88])
SECOND_WAVE = 0.9  # response at the second wave, relative to the first
SAME_MOOD = 0.7  # how many answer or do not for the same reason both times
ITEMS = {"approves": 0.1, "trusts": -1.1, "complains": -3.6}  # log-odds; shares near 0.5, 0.27 and 0.03
KEEPS_ANSWER = 0.75  # the others answer anew at the second wave, a little more often yes
MORE_YES = 0.25  # on the log-odds scale

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class KnownPopulation:
    """Everyone, ordered by stratum and cluster."""

    first_cluster: Codes  # (n_strata + 1,) where each stratum's clusters start
    age: Codes  # (n_clusters, people) and so on
    sex: Codes
    answers: NDArray[np.int8]  # (n_items, 2 waves, n_clusters, people)

    @property
    def region(self) -> Codes:
        """Return the region of every stratum; three strata make one."""
        return np.arange(N_STRATA) // (N_STRATA // N_REGIONS)

    @cached_property
    def totals(self) -> list[Floats]:
        """Return the population by age, sex and region."""
        clusters = np.add.reduceat(np.diff(self.first_cluster), np.arange(0, N_STRATA, N_STRATA // N_REGIONS))
        by_age, by_sex = np.bincount(self.age.ravel()), np.bincount(self.sex.ravel())
        return [by_age.astype(float), by_sex.astype(float), clusters * float(PEOPLE_PER_CLUSTER)]

    def truth(self, group: NDArray[np.bool_]) -> Floats:
        """Return the (n_items, 2 waves) true shares in a group of people (n_clusters, people)."""
        return self.answers[:, :, group].mean(axis=2)


def known_population(rng: np.random.Generator) -> KnownPopulation:
    """Return about 840,000 people in 28,000 clusters; people of a cluster are alike in their answers."""
    clusters = np.linspace(1200, 3500, N_STRATA).astype(np.int64)
    shape = int(clusters.sum()), PEOPLE_PER_CLUSTER
    tilt = rng.normal(0, 0.3, shape[0])[:, None]  # clusters differ in their age profile
    age = np.clip(np.floor((rng.random(shape) + 0.15 * tilt) * N_AGES), 0, N_AGES - 1).astype(np.int64)
    sex = (rng.random(shape) < 0.48).astype(np.int64)
    answers = np.empty((len(ITEMS), 2, *shape), np.int8)
    for item, base in enumerate(ITEMS.values()):
        log_odds = base + 0.25 * (age - 2) - 0.3 * sex + rng.normal(0, 0.4, shape[0])[:, None]
        answers[item, 0] = rng.random(shape) < _share(log_odds)
        again = rng.random(shape) < _share(log_odds + MORE_YES)
        answers[item, 1] = np.where(rng.random(shape) < KEEPS_ANSWER, answers[item, 0], again)
    return KnownPopulation(np.concatenate([[0], np.cumsum(clusters)]), age, sex, answers)


def _share(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-log_odds))


@dataclass(frozen=True)
class DrawnSample:
    """The people drawn, and who of them answered at each of two waves."""

    base_weight: Floats  # (n,)
    stratum: Codes  # (n,)
    cluster: Codes  # (n,) number of the draw, so a cluster drawn twice is two
    levels: Codes  # (n, 3) age, sex, region
    answers: NDArray[np.int8]  # (n_items, 2 waves, n)
    has_answered: NDArray[np.bool_]  # (2 waves, n)


def draw(population: KnownPopulation, clusters: int, people: int, rng: np.random.Generator) -> DrawnSample:
    """Return a sample: in each stratum so many clusters with replacement, in each so many people without."""
    first, size = population.first_cluster[:-1], np.diff(population.first_cluster)
    stratum = np.repeat(np.arange(N_STRATA), clusters)
    cluster = first[stratum] + np.floor(rng.random(stratum.size) * size[stratum]).astype(np.int64)
    chosen = np.argpartition(rng.random((stratum.size, PEOPLE_PER_CLUSTER)), people - 1, axis=1)[:, :people]
    where = np.repeat(cluster, people), chosen.ravel()
    age, sex, stratum = population.age[where], population.sex[where], np.repeat(stratum, people)
    base_weight = (size / clusters * (PEOPLE_PER_CLUSTER / people))[stratum]
    chance = RESPONSE_BY_AGE[age] * RESPONSE_BY_SEX[sex]
    mood = rng.random(age.size)
    other_mood = np.where(rng.random(age.size) < SAME_MOOD, mood, rng.random(age.size))
    return DrawnSample(
        base_weight,
        stratum,
        np.repeat(np.arange(cluster.size), people),
        np.column_stack([age, sex, population.region[stratum]]),
        population.answers[:, :, where[0], where[1]],
        np.stack([mood < chance, other_mood < SECOND_WAVE * chance]),
    )
