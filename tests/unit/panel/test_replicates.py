"""A panel's replicates share their draws over the waves, and agree with linearisation."""

import numpy as np
import pytest

from pipeline.panel.estimates import PanelData, net_changes, wave_estimates
from pipeline.panel.replicates import panel_factors, with_replicates
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting.replicate_factors import ReplicatePlan
from tests.simulation.leaving_panel import FIRST_ANSWER, WAVES, draw_panel, population

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
