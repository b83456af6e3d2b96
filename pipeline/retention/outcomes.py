"""AAPOR's outcome rates of a wave, and the rates of a panel's stages that multiply to the cumulative ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.definitions import Recruitment

Rates = dict[str, float | None]


@dataclass(frozen=True)
class Outcomes:
    """How many members of a group came to which final disposition at one wave."""

    complete: int  # I
    partial: int  # P
    refused: int  # R: said that they are out of the panel
    not_contacted: int  # NC: no answer, from people known to be in the population
    other: int  # O
    unknown: int  # UH + UO: nobody knows whether they are still in the population
    not_eligible: int

    @property
    def known_eligible(self) -> int:
        """Return how many are known to be in the population."""
        return self.complete + self.partial + self.refused + self.not_contacted + self.other

    @property
    def eligibility_rate(self) -> float | None:
        """Return e: which share of those of known eligibility is eligible."""
        return _ratio(self.known_eligible, self.known_eligible + self.not_eligible)


def response_rates(outcomes: Outcomes) -> Rates:
    """Return AAPOR's rr1 to rr6: unknowns count whole in rr1 and rr2, by e in rr3 and rr4, and not in rr5 and rr6.

    Source: methodology C9; AAPOR (2023), Standard Definitions, 10th edition.
    """
    e = outcomes.eligibility_rate or 0.0
    answered = (outcomes.complete, outcomes.complete + outcomes.partial)
    bases = (outcomes.unknown, e * outcomes.unknown, 0.0)
    return {
        f"rr{2 * base + 1 + kind}": _ratio(answers, outcomes.known_eligible + unknown)
        for base, unknown in enumerate(bases)
        for kind, answers in enumerate(answered)
    }


@dataclass(frozen=True)
class CohortWave:
    """One recruitment cohort at one wave, in persons."""

    invited: int
    eligible: int  # in the population, whether or not still in the panel, but those whom the wave passed over
    complete: int


def panel_rates(cohorts: Mapping[str, CohortWave], recruitment: Mapping[str, Recruitment]) -> Rates:
    """Return recruitment, profile and retention rate, and both cumulative rates; None where recruitment is not known.

    Cohorts are combined with weights by the number invited to the wave. `cumrr1` is recruitment times profile times
    completion rate, `cumrr2` that times retention.

    Source: methodology C9; Callegaro and DiSogra (2008), Public Opinion Quarterly 72(5).
    """
    names = ("recruitment_rate", "profile_rate", "retention_rate", "cumrr1", "cumrr2")
    n_invited = sum(one.invited for one in cohorts.values())
    retention = {name: _ratio(one.invited, one.eligible) or 0.0 for name, one in cohorts.items()}
    found: Rates = dict.fromkeys(names)
    if not n_invited:
        return found
    share = {name: one.invited / n_invited for name, one in cohorts.items()}
    found["retention_rate"] = sum(share[name] * retention[name] for name in cohorts)
    if set(cohorts) - set(recruitment):
        return found
    recruited = {name: recruitment[name].joined / recruitment[name].invited for name in cohorts}
    profiled = {name: recruitment[name].profiled / recruitment[name].joined for name in cohorts}
    stages = {name: recruited[name] * profiled[name] * one.complete / n_invited for name, one in cohorts.items()}
    return found | {
        "recruitment_rate": sum(share[name] * recruited[name] for name in cohorts),
        "profile_rate": sum(share[name] * profiled[name] for name in cohorts),
        "cumrr1": sum(stages.values()),
        "cumrr2": sum(stages[name] * retention[name] for name in cohorts),
    }


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None
