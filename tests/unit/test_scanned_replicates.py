"""Replicate weights that stay in their file: the same estimates, each weight read once, whatever is asked."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.data_files import read_table
from pipeline.data_tables import replicate_columns
from pipeline.data_tables.answers import table_estimates
from pipeline.data_tables.design import DesignColumns
from pipeline.data_tables.questions import Question
from pipeline.data_tables.replicate_columns import ReplicateColumns
from pipeline.design import SurveyDesign
from pipeline.errors import DeliveryError
from pipeline.estimation import replication
from pipeline.estimation.linearisation import Psus
from pipeline.estimation.replication import Replication, in_one_pass
from pipeline.weighting.replicate_columns import ScannedColumns
from pipeline.weighting.replicates import supplied_replicates

N, R = 500, 12
REPLICATES = ReplicateColumns(["r_*"], "bootstrap")
DESIGN = DesignColumns(weight="w")
SHARES = Question(["a", "b"], by=["g"])
QUESTIONS = [
    SHARES,
    Question(["a", "b"], by=["g"], statistic="count"),
    Question(["x", "z"], by=["g"], statistic="mean"),
    Question(["x", "z"], by=["g"], statistic="total"),
    Question(["x"], by=["g"], statistic="ratio", denominator="z"),
    Question(["x", "z"], by=["g"], statistic="quantile", quantiles=(0.1, 0.5)),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write people of whom some have no weight, in several row groups."""
    rng = np.random.default_rng(1)
    weight = rng.gamma(4, 10, N)
    columns: dict[str, Any] = {f"r_{number}": weight * rng.poisson(1, N) for number in range(R)}
    people = pl.DataFrame(
        {
            "a": rng.integers(0, 3, N),
            "b": rng.integers(0, 2, N),
            "g": rng.integers(0, 2, N),
            "x": rng.normal(10, 2, N),
            "z": rng.gamma(3, 2, N),
            "w": [None if number % 9 == 0 else one for number, one in enumerate(weight)],
            **columns,
        }
    )
    people.write_parquet(tmp_path / "people.parquet", row_group_size=77)
    return tmp_path / "people.parquet"


def answer(data: Path, question: Question) -> pl.DataFrame:
    def choose(known: list[str]) -> list[str]:
        return [*DESIGN.columns, *question.columns(known, data.name)]

    def later(known: list[str]) -> list[str]:
        return REPLICATES.columns(known, data.name)

    return table_estimates(read_table(data, choose, later=later), question, DESIGN, REPLICATES).rows


@pytest.fixture
def read_rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let everything stay in the file and be read in small blocks; return a list of how many rows were read."""
    rows: list[int] = []
    as_it_is = ScannedColumns.__getitem__

    def noted(columns: ScannedColumns, chosen: slice) -> Any:
        rows.append(chosen.stop - chosen.start)
        return as_it_is(columns, chosen)

    monkeypatch.setattr(ScannedColumns, "__getitem__", noted)
    monkeypatch.setattr(replicate_columns, "MOST_HELD", 0)
    monkeypatch.setattr(replication, "WEIGHTS_HELD", 64 * R)
    return rows


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.statistic)
def test_estimates_are_those_of_weights_in_memory(
    data: Path, question: Question, request: pytest.FixtureRequest
) -> None:
    held = answer(data, question)
    request.getfixturevalue("read_rows")
    scanned = answer(data, question)
    names = ["estimate", "standard_error", "ci_low", "ci_high", "degrees_of_freedom"]
    assert held.height >= 3
    np.testing.assert_allclose(scanned[names].to_numpy(), held[names].to_numpy(), rtol=1e-11)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.statistic)
def test_every_weight_is_read_once_for_all_items(data: Path, question: Question, read_rows: list[int]) -> None:
    answer(data, question)
    assert sum(read_rows) == N - len(range(0, N, 9))
    assert max(read_rows) <= 64


def test_a_standard_error_is_that_of_the_formula(data: Path, read_rows: list[int]) -> None:
    people = pl.read_parquet(data).filter(pl.col("w").is_not_null())
    weight, is_one = people["w"].to_numpy(), people["b"].to_numpy() == 1
    replicates = people.select("^r_.*$").to_numpy()
    share = weight[is_one].sum() / weight.sum()
    again = replicates[is_one].sum(axis=0) / replicates.sum(axis=0)
    found = answer(data, SHARES).filter(item="b", category="1", domain="all")
    assert found["standard_error"].item() == pytest.approx(np.sqrt(np.square(again - share).mean()), rel=1e-11)


def test_a_missing_replicate_weight_is_refused_where_it_is_found(data: Path, read_rows: list[int]) -> None:
    people = pl.read_parquet(data)
    people[301, "r_7"] = None
    people.write_parquet(data)
    with pytest.raises(DeliveryError, match=r"people\.parquet: replicate weights are missing .* column 'r_7'"):
        answer(data, SHARES)


def test_questions_that_depend_on_answers_are_found_out() -> None:
    one_column = np.array([[1.0], [2.0]])
    design = SurveyDesign(np.ones(2))
    replicates = supplied_replicates(design.weight, one_column, np.ones(1))
    asked = Replication(design, replicates, Psus(design.structure.psu, design))
    rows = np.arange(2)

    def again(replication: Replication) -> float:
        total = replication.sums(rows, np.zeros(2, np.int64), 1).item()
        return total if total == 0 else replication.sums(rows, rows, 2).item(0)

    assert in_one_pass(asked, lambda one: one.sums(rows, np.zeros(2, np.int64), 1).item()) == 3.0
    with pytest.raises(IndexError):
        in_one_pass(asked, again)
