"""A panel's replicates share their draws over the waves, and agree with linearisation."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.estimates import PanelData, net_changes, wave_estimates
from pipeline.panel.replicates import panel_factors, with_replicates
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting.replicate_factors import ReplicatePlan
from tests.simulation.leaving_panel import AGES, FIRST_ANSWER, WAVES, draw_panel, population

PLAN = ReplicatePlan("bootstrap", 300, seed=7)


@pytest.fixture(scope="module")
def data() -> PanelData:
    return draw_panel(population(np.random.default_rng(1)), FIRST_ANSWER, np.random.default_rng(2))


def both_ways(data: PanelData, weight_id: str, waves: tuple[str, ...]) -> tuple[PanelWeight, PanelWeight]:
    """Return a weight without and with replicates."""
    weight = weigh(data.survey, data.survey.weight(weight_id), waves, data.arrays)
    return weight, with_replicates(weight, panel_factors(data.survey, data.arrays, PLAN))


@pytest.mark.parametrize(("weight_id", "waves"), [("wave", WAVES[-1:]), ("all_waves", (WAVES[0], *WAVES[1:]))])
def test_replicates_and_linearisation_agree_within_a_tenth(
    data: PanelData, weight_id: str, waves: tuple[str, ...]
) -> None:
    errors = [
        wave_estimates(data, one, WAVES[-1], confidence=0.95, is_provisional=False)
        .filter(domain="all", statistic="headline")
        .row(0, named=True)
        for one in both_ways(data, weight_id, waves)
    ]
    assert errors[0]["estimate"] == pytest.approx(errors[1]["estimate"])
    assert errors[0]["variance_method"].startswith("linearised_nonresponse")
    assert errors[0]["standard_error"] == pytest.approx(errors[1]["standard_error"], rel=0.1)


def test_the_covariance_of_two_waves_is_in_their_replicates(data: PanelData) -> None:
    first, last = (both_ways(data, "wave", (wave,)) for wave in (WAVES[0], WAVES[-1]))
    errors = [
        net_changes(data, one, other, confidence=0.95, is_provisional=False)
        .filter(domain="all", statistic="headline")
        .row(0, named=True)
        for one, other in zip(first, last, strict=True)
    ]
    assert errors[0]["correlation"] > 0.1
    assert errors[0]["standard_error"] == pytest.approx(errors[1]["standard_error"], rel=0.1)


@pytest.fixture(scope="module")
def by_age(data: PanelData) -> PanelData:
    """Return the panel with a last answer of "for" by nine in ten of those aged 55 and over, and one in ten others."""
    age = dict(zip(data.arrays.members, data.arrays.domains["age"].codes.tolist(), strict=True))
    last = data.answers[WAVES[-1]]
    likes = [(age[member] >= 2) != (place % 10 == 0) for place, member in enumerate(last["panel_member_id"])]
    answers = {**data.answers, WAVES[-1]: last.with_columns(code=pl.Series(["2" if one else "0" for one in likes]))}
    base, wave, all_waves = data.survey.weights
    raked = replace(wave, weight_id="raked", nonresponse=None)
    from_raked = replace(all_waves, weight_id="from_raked", starting_weight="raked")
    from_second = replace(
        all_waves, weight_id="from_second", starting_weight="wave", starting_wave=WAVES[1], waves=WAVES[1:]
    )
    survey = replace(data.survey, weights=(base, wave, raked, from_raked, from_second))
    return PanelData(survey, data.arrays, answers)


@pytest.mark.parametrize(("weight_id", "waves"), [("from_raked", WAVES), ("from_second", WAVES[1:])])
def test_errors_of_a_weight_know_how_the_weight_it_starts_from_was_made(
    by_age: PanelData, weight_id: str, waves: tuple[str, ...]
) -> None:
    linearised, replicated = both_ways(by_age, weight_id, waves)
    errors = [
        wave_estimates(by_age, one, WAVES[-1], confidence=0.95, is_provisional=False)
        .filter(domain="all", statistic="headline")
        .row(0, named=True)
        for one in (linearised, replicated)
    ]
    assert errors[0]["estimate"] == pytest.approx(errors[1]["estimate"])
    assert errors[0]["standard_error"] == pytest.approx(errors[1]["standard_error"], rel=0.1)
    unaware = replace(linearised, design=replace(linearised.design, start=None))
    of_unaware = wave_estimates(by_age, unaware, WAVES[-1], confidence=0.95, is_provisional=False)
    (wrong,) = of_unaware.filter(domain="all", statistic="headline")["standard_error"]
    assert wrong > 1.15 * errors[0]["standard_error"]
    age = ItemValues("age", codes=by_age.arrays.domains["age"].codes[linearised.design_rows], categories=AGES)
    for one in (linearised, replicated):
        shares = estimate_items(one.design, [age], [DomainMask("all", "all", np.ones(one.design.n, np.bool_))])
        assert shares["standard_error"].to_list() == pytest.approx([0.0] * 4, abs=1e-9)  # known from outside
