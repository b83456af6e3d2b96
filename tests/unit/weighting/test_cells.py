"""Cells: the same sums and factors as row by row, however many people and possible cells there are."""

import numpy as np
import pytest

from pipeline.weighting import cells as module
from pipeline.weighting import margin_matrix as matrix_module
from pipeline.weighting.calibration import calibrate, rake
from pipeline.weighting.cells import cross_classify, row_cells, summed_cells
from pipeline.weighting.margin_matrix import MarginMatrix
from pipeline.weighting.targets import unnamed_targets

SIZES = (3, 2, 5)


def people(n: int, dtype: type[np.integer] = np.int8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    levels = np.column_stack([rng.integers(0, size, n) for size in SIZES]).astype(dtype, order="F")
    return levels, rng.uniform(1, 5, n)


def test_two_margins_make_a_cell_for_every_pair_that_somebody_has() -> None:
    cells = cross_classify(np.array([[0, 1], [1, 0], [0, 1]]), (2, 2))
    assert cells.levels.tolist() == [[0, 1], [1, 0]]
    assert cells.sums(np.array([1.0, 10, 100])).tolist() == [101, 10]
    assert cells.spread(np.array([2.0, 3])).tolist() == [2, 3, 2]
    assert cells.spread(np.array([2.0, 3]), np.array([1.0, 10, 100])).tolist() == [2, 30, 200]
    assert cells.numbers().tolist() == [0, 1, 0]


@pytest.mark.parametrize("table", [module.LARGEST_TABLE, 1], ids=["by look-up", "by sorting"])
def test_cells_are_the_same_by_look_up_and_by_sorting(table: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_TABLE", table)
    levels, weight = people(500)
    cells, sums = summed_cells(levels, SIZES, weight)
    assert (cells.levels[cells.numbers()] == levels).all()
    for cell, summed in zip(cells.levels, sums, strict=True):
        assert summed == pytest.approx(weight[(levels == cell).all(axis=1)].sum(), rel=1e-13)


def test_people_beyond_one_block_are_counted_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    levels, weight = people(1000)
    whole, sums = summed_cells(levels, SIZES, weight)
    monkeypatch.setattr(module, "BLOCK", 64)
    blocked, block_sums = summed_cells(levels, SIZES, weight)
    assert (blocked.code_of_row == whole.code_of_row).all()
    assert block_sums == pytest.approx(sums, rel=1e-13)
    assert (blocked.spread(sums, weight) == whole.spread(sums, weight)).all()


def test_a_cell_whose_people_carry_no_weight_is_a_cell() -> None:
    cells, sums = summed_cells(np.array([[0], [1]]), (2,), np.array([0.0, 5]))
    assert sums.tolist() == [0, 5]
    assert cells.levels.tolist() == [[0], [1]]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64])
def test_narrow_codes_give_the_weights_of_wide_ones(dtype: type[np.integer]) -> None:
    levels, weight = people(400, dtype)
    totals = [np.bincount(level, weight * 1.1) for level in levels.T.astype(np.int64)]
    expected = rake(weight, levels.astype(np.int64), totals).weight
    assert (rake(weight, levels, totals).weight == expected).all()


def test_more_possible_cells_than_a_number_holds_are_kept_apart() -> None:
    levels = np.tile(np.arange(1000)[:, None], (1, 7))  # 1e21 possible cells
    assert cross_classify(levels, (1000,) * 7).n_cells == 1000


def test_the_cross_product_is_that_of_the_written_out_vectors() -> None:
    levels, weight = people(60)
    income = np.random.default_rng(1).normal(size=(60, 2))
    matrix = MarginMatrix(row_cells(levels).levels, SIZES, income)
    x = np.hstack([*(levels[:, [k]] == np.arange(size) for k, size in enumerate(SIZES)), income]).astype(float)
    assert matrix.gram(weight) == pytest.approx(x.T @ (weight[:, None] * x), rel=1e-12)
    assert matrix.totals(weight) == pytest.approx(weight @ x, rel=1e-12)


def test_ratio_and_numbers_of_people_come_with_the_weights() -> None:
    levels, weight = people(300)
    weight[0] = 0.0
    targets = unnamed_targets([np.bincount(level, weight) * 1.2 for level in levels.T.astype(np.int64)])
    result = calibrate(weight, levels, targets)
    assert result.ratio * weight == pytest.approx(result.weight, rel=1e-14)
    assert result.unweighted_n[:3].sum() == 299


def test_a_nearly_full_table_gives_the_sums_of_the_written_out_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    levels, weight = people(200)
    cells, sums = summed_cells(levels, SIZES, weight)
    plain = MarginMatrix(cells.levels, SIZES)
    expected = plain.totals(sums), plain.gram(sums)
    monkeypatch.setattr(matrix_module, "MANY_UNITS", 1)
    halved = MarginMatrix(cells.levels, SIZES)
    assert halved.totals(sums) == pytest.approx(expected[0], rel=1e-13)
    assert halved.gram(sums) == pytest.approx(expected[1], rel=1e-13)
