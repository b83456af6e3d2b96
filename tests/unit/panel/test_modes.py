"""A change in the mix of modes flags every change that it could explain."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import MODELS, TrendPlan, WaveContrast
from pipeline.mode_guard import ModeGuard, mode_shift
from pipeline.panel.estimates import PanelData, net_changes
from pipeline.panel.modes import ModeMixes, with_mode_guard
from pipeline.panel.trend_models import pooled_trends
from pipeline.panel.trends import WaveWeight, panel_trends, ready_waves
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


MIXES = {"w1": [80.0, 20.0], "w2": [84.0, 16.0], "w3": [10.0, 0.0]}


def test_the_largest_shift_between_any_two_waves_counts_and_limits_what_it_can_make() -> None:
    everyone = ("all", "all")
    mixes = ModeMixes({wave: {everyone: np.array(mix)} for wave, mix in MIXES.items()}, ModeGuard(0.05, 0.15))
    assert mixes.guarded(("w1", "w2"), everyone)["mode_shift"] == pytest.approx(0.04)
    assert not mixes.guarded(("w1", "w2"), everyone)["may_be_mode_effect"]
    assert mixes.guarded(("w1", "w2", "w3"), everyone)["mode_shift"] == pytest.approx(0.2)
    found = {size: mixes.guarded(("w1", "w3"), everyone, size, 1.0) for size in (-0.029, 0.031)}  # 0.2 of 0.15
    assert [one["may_be_mode_effect"] for one in found.values()] == [True, False]
    assert not mixes.guarded(("w1", "w3"), everyone, -0.02, 0.5)["may_be_mode_effect"]


def test_tests_of_trend_are_flagged_where_a_shift_of_modes_could_make_what_they_find(data: PanelData) -> None:
    early = WaveContrast("early", coefficients={WAVES[0]: -1.0, WAVES[1]: 1.0})
    late = WaveContrast("late", coefficients={WAVES[0]: -1.0, LAST: 1.0})
    plan = TrendPlan(("base",), models=MODELS, contrasts=(early, late))
    on_web = {wave: np.full(len(data.arrays.members), "web", dtype=object) for wave in WAVES[1:-1]}
    arrays = replace(data.arrays, interview_mode=data.arrays.interview_mode | on_web)
    tables = []
    for effect in (0.0, 1.0):
        survey = replace(data.survey, mode_guard=ModeGuard(0.05, effect))
        ruled = replace(data, survey=survey, arrays=arrays)
        weights = [
            WaveWeight(wave, weigh(survey, survey.weight("base"), (wave,), arrays), is_provisional=False)
            for wave in WAVES
        ]
        ready = ready_waves(ruled, plan, weights)
        of_waves = panel_trends(survey, ready, plan, confidence=0.95)[1]
        tables.append(pl.concat([of_waves, pooled_trends(survey, ready, plan, confidence=0.95)]))
    of_none, of_all = ({row["test"]: row for row in one.iter_rows(named=True)} for one in tables)
    tests = {
        "no_change",
        "linear",
        "linear_fit",
        "contrast: early",
        "contrast: late",
        "ordinal",
        "parallel_lines",
        "gee",
    }
    assert set(of_all) == tests
    assert {name for name, row in of_all.items() if row["may_be_mode_effect"]} == tests - {"contrast: early"}
    # a mode that changes no share makes no difference of shares; of log odds and of the fit of a model it is not said
    assert {name for name, row in of_none.items() if row["may_be_mode_effect"]} == {
        *("linear_fit", "ordinal", "parallel_lines", "gee")
    }
    assert of_all["contrast: early"]["mode_shift"] == 0
    assert of_all["linear"]["mode_shift"] == pytest.approx(0.2, abs=0.04)
