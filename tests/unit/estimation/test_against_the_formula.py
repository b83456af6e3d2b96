"""Everything at once against methodology C4 and C5 written out person by person, on drawn samples."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items

Array = NDArray[np.float64]

N, N_STRATA = 300, 8


def drawn_wave(seed: int, *, is_calibrated: bool) -> WaveAnswers:
    """Return a wave with unequal weights, uneven strata (some with one PSU), blanks and three domains."""
    rng = np.random.default_rng(seed)
    member = np.sort(rng.permutation(2 * N)[:N])
    stratum = member % N_STRATA
    psu = np.where(stratum < 2, 0, (member // N_STRATA) % 4)
    weight, levels = rng.gamma(3.0, 1.0, N), np.column_stack([rng.integers(0, k, N) for k in (3, 4)])
    calibration = Calibration(weight / rng.uniform(0.7, 1.4, N), levels=levels) if is_calibrated else None
    design = SurveyDesign(weight, stratum, psu, calibration=calibration, lonely_psu="adjust")
    item = ItemValues("q", codes=rng.integers(-1, 4, N), categories=("a", "b", "c", "d"), headlines={"ab": (0, 1)})
    number = ItemValues("m", number=np.where(rng.random(N) < 0.2, np.nan, rng.normal(50, 9, N)))
    domains = [DomainMask("all", "all", np.ones(N, np.bool_))]
    domains += [DomainMask("third", str(part), member % 3 == part) for part in range(3)]
    return WaveAnswers(design, member, [item, number], domains)


def influence(wave: WaveAnswers, row: dict[str, object]) -> Array:
    """Return z of every person for one published row: w u, or g d e after calibration."""
    item = {one.item: one for one in wave.items}[str(row["item"])]
    inside = {one.domain_value: one.mask for one in wave.domains}[str(row["domain_value"])] & item.is_answered
    if item.codes is None:
        y = np.nan_to_num(item.number)  # type: ignore[arg-type]
    elif row["statistic"] == "headline":
        y = np.isin(item.codes, item.headlines[str(row["category"])]).astype(float)
    else:
        y = (item.codes == item.categories.index(str(row["category"]))).astype(float)
    weight = np.where(inside, wave.design.weight, 0.0)
    u = np.where(inside, (y - weight @ y / weight.sum()) / weight.sum(), 0.0)
    calibration = wave.design.calibration
    if calibration is None:
        return wave.design.weight * u
    assert calibration.levels is not None
    x = np.hstack([levels[:, None] == np.unique(levels) for levels in calibration.levels.T]).astype(float)
    root = np.sqrt(calibration.base_weight)
    slopes = np.linalg.lstsq(x * root[:, None], u * root, rcond=None)[0]
    return wave.design.weight * (u - x @ slopes)


def variance_over_psus(stratum: NDArray[np.int64], psu: NDArray[np.int64], z: Array) -> float:
    """Return the variance of the sum of z, stratum by stratum, lonely PSUs centred at the mean PSU total."""
    grand_mean = z.sum() / len(set(zip(stratum.tolist(), psu.tolist(), strict=True)))
    variance = 0.0
    for one in np.unique(stratum):
        totals = np.array([z[(stratum == one) & (psu == unit)].sum() for unit in np.unique(psu[stratum == one])])
        if totals.size == 1:
            variance += (totals[0] - grand_mean) ** 2
        else:
            variance += totals.size / (totals.size - 1) * np.square(totals - totals.mean()).sum()
    return variance


@pytest.mark.parametrize("is_calibrated", [False, True])
def test_every_standard_error_is_that_of_the_formula(is_calibrated: bool) -> None:
    wave = drawn_wave(1, is_calibrated=is_calibrated)
    assert wave.design.strata is not None
    assert wave.design.psu is not None
    frame = estimate_items(wave.design, wave.items, wave.domains)
    assert frame.height == 4 * 6
    for row in frame.iter_rows(named=True):
        expected = variance_over_psus(wave.design.strata, wave.design.psu, influence(wave, row))
        assert row["standard_error"] == pytest.approx(np.sqrt(expected), rel=1e-9)


@pytest.mark.parametrize("is_calibrated", [False, True])
def test_every_change_has_the_variance_of_both_waves_stacked(is_calibrated: bool) -> None:
    waves = drawn_wave(2, is_calibrated=False), drawn_wave(3, is_calibrated=is_calibrated)
    frame = net_change(*waves)
    assert frame.height == 4 * 6
    strata = np.concatenate([one.design.strata for one in waves])  # type: ignore[misc]
    psus = np.concatenate([one.design.psu for one in waves])  # type: ignore[misc]
    for row in frame.iter_rows(named=True):
        z = np.concatenate([-influence(waves[0], row), influence(waves[1], row)])
        assert row["standard_error"] == pytest.approx(np.sqrt(variance_over_psus(strata, psus, z)), rel=1e-9)
