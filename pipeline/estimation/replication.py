"""Estimates made again with every set of replicate weights; their scatter is the variance."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.blocks import degrees_of_freedom
from pipeline.estimation.linearisation import Psus
from pipeline.estimation.values import DomainRows
from pipeline.estimation.variance import replicate_deviations
from pipeline.weighting.cells import blocks
from pipeline.weighting.replicates import Replicates
from pipeline.weighting.threads import in_threads

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Made = TypeVar("Made")

RANK_TOLERANCE = 1e-5  # relative singular value below which replicates repeat one another
MOST_RANKED = 1000  # replicates up to which their rank is worth finding
LOOKED_AT = 1000
FULL_GAIN = 16  # by which a number of a full table is quicker than one of a sparse table
WEIGHTS_HELD = 1 << 22  # rows × replicates at a time by a thread: 32 MB
GOLDEN_RATIO = (1 + 5**0.5) / 2  # the fractions of its multiples are spread evenly (Weyl)


@dataclass(frozen=True)
class Replication:
    """How sums over a design's rows are made again with each of its replicate weights.

    The same questions are answered as by a Linearisation, so estimators need not know which they were given.
    """

    design: SurveyDesign
    replicates: Replicates
    psus: Psus

    @property
    def variance_method(self) -> str:
        """Return the kind of the replicates."""
        return self.replicates.kind

    @property
    def n_bins(self) -> int:
        """Return the number of replicates, which are the bins of a sum."""
        return self.replicates.n_replicates

    def sums(self, row: Codes, column: Codes, n_columns: int, value: Array | None = None) -> Array:
        """Return sums (n_columns, n_replicates) of replicate weight times value (default 1)."""
        if isinstance(self.replicates.factor, np.ndarray) and self.replicates.columns is None:
            return self._factored_sums(row, column, n_columns, np.ones(row.size) if value is None else value)
        return self.sums_of([self.question(row, column, n_columns, value)])[0]

    def question(self, row: Codes, column: Codes, n_columns: int, value: Array | None = None) -> Any:
        """Return the sparse (n_columns, n) table whose product with the replicate weights are the sums asked for."""
        from scipy import sparse

        amount = np.ones(row.size, np.int8) if value is None else value  # a byte each, as there are many
        return sparse.csc_matrix((amount, (column, row)), shape=(n_columns, self.design.n))

    def sums_of(self, questions: Sequence[Any]) -> list[Array]:
        """Return the answers to several questions, in one pass over the replicate weights.

        Tables that are not mostly empty are written out a block of rows at a time: a product of full matrices
        costs far less for each number. A question that is asked again is answered once.
        """
        distinct: list[Any] = []
        place = [_place_among(distinct, one) for one in questions]
        full = [one for one in distinct if FULL_GAIN * one.nnz > one.shape[0] * one.shape[1]]
        sparse = [one for one in distinct if FULL_GAIN * one.nnz <= one.shape[0] * one.shape[1]]
        n_full = sum(one.shape[0] for one in full)

        def products(rows: slice) -> Array:
            weights = self.replicates.weights(rows)
            written_out = np.empty((n_full, rows.stop - rows.start))
            first = 0
            for one in full:
                written_out[first : first + one.shape[0]] = one[:, rows].toarray()
                first += one.shape[0]
            return np.vstack([written_out @ weights, *(one[:, rows] @ weights for one in sparse)])

        ends = np.cumsum([one.shape[0] for one in (*full, *sparse)])
        sums = np.zeros((int(ends[-1]), self.n_bins))
        for part in in_threads(products, blocks(self.design.n, max(1, WEIGHTS_HELD // max(self.n_bins, n_full, 1)))):
            sums += part
        parts = np.split(sums, ends[:-1])
        answers = {id(one): part for one, part in zip((*full, *sparse), parts, strict=True)}
        return [answers[id(distinct[number])].copy() for number in place]

    def ratio_deviations(self, numerator: Array, denominator: Array, ratio: Array, total: Array) -> Array:
        """Return the scaled deviations (..., n_replicates) of numerator / denominator.

        Args:
            numerator, denominator: (..., n_replicates) sums with the replicate weights.
            ratio: (...,) from the full sample.
            total: the denominator's, which a linearisation needs.
        """
        is_defined = denominator != 0
        ratios = np.where(is_defined, numerator, np.nan) / np.where(is_defined, denominator, 1.0)
        return replicate_deviations(self.replicates, ratios, np.broadcast_to(ratio, ratios.shape[:-1]))

    def total_deviations(self, sums: Array, total: Array) -> Array:
        """Return the scaled deviations (..., n_replicates) of totals (...,) from those of the replicates."""
        return replicate_deviations(self.replicates, sums, total)

    def degrees_of_freedom(self, rows: DomainRows, has_data: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return PSUs minus strata with data, at most the replicates that are not one another's repetition - 1.

        Without strata and PSUs only the replicates tell: the rank of those of the domain's rows, minus 1.
        """
        if self.design.strata is not None or self.design.psu is not None:
            most = self.replicates.n_replicates - 1
            most = min(most, self.replicates.most_freedom or most)
            return np.minimum(degrees_of_freedom(self.psus.of, has_data), most)
        ranks = [self._rank(rows.row[rows.domain == domain]) for domain in range(rows.n_domains)]
        return np.array(ranks, np.int64) - 1

    def _factored_sums(self, row: Codes, column: Codes, n_columns: int, amount: Array) -> Array:
        """Return the sums by way of groups (and cells) x replicates: a row's weight is never written out."""
        replicates = self.replicates
        assert isinstance(replicates.factor, np.ndarray)
        assert replicates.group_of_row is not None
        group, based = replicates.group_of_row[row], amount * replicates.base_weight[row]
        n_groups = replicates.factor.shape[0]
        if replicates.ratio is None or replicates.cell_of_row is None:
            return np.asarray(_table(column, group, based, (n_columns, n_groups)) @ replicates.factor)
        n_cells = replicates.ratio.shape[0]
        pair, of_row = np.unique(column * n_cells + replicates.cell_of_row[row], return_inverse=True)
        by_pair = _table(of_row, group, based, (pair.size, n_groups)) @ replicates.factor
        by_pair *= replicates.ratio[pair % n_cells]
        return np.asarray(
            _table(pair // n_cells, np.arange(pair.size), np.ones(pair.size), (n_columns, pair.size)) @ by_pair
        )

    def _rank(self, row: Codes) -> int:
        """Return how many of the replicates of these rows are linearly independent.

        Rows are first summed, each with its own multiplier, into twice as many bins as replicates: that
        keeps the rank.
        """
        n_replicates = self.replicates.n_replicates
        if n_replicates > MOST_RANKED or row.size == 0:
            return min(n_replicates, row.size)
        position = np.arange(row.size)
        multiplier = 0.5 + np.mod((position + 1) * GOLDEN_RATIO, 1.0)
        sketch = self.sums(row, position % (2 * n_replicates), 2 * n_replicates, multiplier)
        return int(np.linalg.matrix_rank(sketch, tol=RANK_TOLERANCE * float(np.linalg.norm(sketch, 2))))


@dataclass(frozen=True)
class Foreseen(Replication):
    """A replication that notes what is asked and answers 0; once it has the answers, it gives them in their order."""

    asked: list[Any] = field(default_factory=list)
    answers: deque[Array] | None = None

    def sums(self, row: Codes, column: Codes, n_columns: int, value: Array | None = None) -> Array:
        """Note what sums are asked for, or return those noted before."""
        if self.answers is not None:
            return self.answers.popleft()
        self.asked.append(self.question(row, column, n_columns, value))
        return np.zeros((n_columns, self.n_bins))


def in_one_pass(replication: Replication, make: Callable[[Replication], Made]) -> Made:
    """Return what a function makes of a replication, whose columns of weights are then read once for all it asks.

    The function runs twice, first with sums of 0; so what it asks must not depend on the answers.
    """
    if replication.replicates.columns is None:
        return make(replication)
    foreseen = Foreseen(replication.design, replication.replicates, replication.psus)
    with np.errstate(all="ignore"):
        make(foreseen)
    answers = deque(replication.sums_of(foreseen.asked))
    made = make(replace(foreseen, answers=answers))
    assert not answers  # else fewer were asked for the second time
    return made


def _place_among(distinct: list[Any], question: Any) -> int:
    """Return the place of a question among the distinct ones, to which it is added if it is new."""
    for place, one in enumerate(distinct):
        parts = ((one.indices, question.indices), (one.indptr, question.indptr), (one.data, question.data))
        if one.shape == question.shape and all(_is_same(*pair) for pair in parts):
            return place
    distinct.append(question)
    return len(distinct) - 1


def _is_same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether two arrays are; those that are not differ as a rule soon after the start."""
    starts = np.array_equal(one[:LOOKED_AT], other[:LOOKED_AT])
    return starts and np.array_equal(one, other)


def _table(row: Codes, column: Codes, amount: Array, shape: tuple[int, int]) -> Any:
    """Return the sparse matrix that holds the sum of the amounts at each row and column."""
    from scipy import sparse

    return sparse.csr_matrix((amount, (row, column)), shape=shape)
