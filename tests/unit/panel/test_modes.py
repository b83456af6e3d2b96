"""A change in the mix of modes flags every change that it could explain."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.mode_guard import ModeGuard, mode_shift
from pipeline.panel.estimates import PanelData, net_changes
from pipeline.panel.modes import with_mode_guard
from pipeline.panel.weights import weigh
from tests.simulation.leaving_panel import FIRST_ANSWER, WAVES, draw_panel, population

FIRST, LAST = WAVES[0], WAVES[-1]


def test_the_shift_is_who_would_have_to_change_mode() -> None:
    assert mode_shift(np.array([90.0, 10]), np.array([90.0, 10])) == 0
    assert mode_shift(np.array([90.0, 10]), np.array([9.0, 11])) == pytest.approx(0.45)
    assert mode_shift(np.array([1.0, 0]), np.array([0.0, 5])) == 1


def test_a_wave_without_respondents_has_no_shift() -> None:
    assert mode_shift(np.zeros(2), np.ones(2)) == 0


@pytest.fixture(scope="module")
def data() -> PanelData:
    """Return a panel interviewed on the web at first, and a fifth of it by telephone at the last wave."""
    made = draw_panel(population(np.random.default_rng(1)), FIRST_ANSWER, np.random.default_rng(2))
    n = len(made.arrays.members)
    modes = {
        FIRST: np.full(n, "Web", dtype=object),
        LAST: np.where(np.arange(n) % 5 == 0, "telephone", "web ").astype(object),
    }
    return replace(made, arrays=replace(made.arrays, interview_mode=modes))


def guarded(data: PanelData, guard: ModeGuard) -> pl.DataFrame:
    """Return the changes from the first wave to the last under a rule."""
    ruled = replace(data, survey=replace(data.survey, mode_guard=guard))
    weights = [weigh(data.survey, data.survey.weight("base"), (wave,), data.arrays) for wave in (FIRST, LAST)]
    changes = net_changes(ruled, weights[0], weights[1], confidence=0.95, is_provisional=False)
    return with_mode_guard(changes, ruled, weights[0], weights[1], (FIRST, LAST))


def test_a_change_the_shift_could_make_is_flagged_and_a_larger_one_is_not(data: PanelData) -> None:
    table = guarded(data, ModeGuard(smallest_shift=0.05, largest_effect=0.15))
    everyone = table.filter(domain="all", domain_value="all")
    assert everyone["mode_shift"].to_numpy() == pytest.approx(0.2, abs=0.04)
    expected = everyone["change"].abs() <= 0.15 * everyone["mode_shift"]
    assert everyone["may_be_mode_effect"].to_list() == expected.to_list()
    assert expected.any()
    assert not expected.all()


def test_a_shift_under_the_declared_one_flags_nothing(data: PanelData) -> None:
    assert not guarded(data, ModeGuard(smallest_shift=0.5, largest_effect=1.0))["may_be_mode_effect"].any()


def test_each_domain_has_its_own_shift(data: PanelData) -> None:
    table = guarded(data, ModeGuard())
    assert table.filter(domain="age").select("mode_shift").n_unique() > 1


def test_waves_of_one_mode_flag_nothing(data: PanelData) -> None:
    same = replace(data, arrays=replace(data.arrays, interview_mode={}))
    table = guarded(same, ModeGuard(0.0, 0.0))
    assert (table["mode_shift"] == 0).all()
