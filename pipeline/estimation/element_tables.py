"""Shares of large samples of persons drawn one by one: a few tables of sums stand for all the rows.

Where every row is a PSU, the variance of a share is sum(s z^2) - sum over strata of s (sum z)^2 / n_h, with
s = (1 - f) n_h / (n_h - 1) and z = w u + c x'B (see Residuals). The influence u depends only on the domain and
the answer, so z^2 opens into sums of w^2, w c x and c^2 x x' by stratum, domain and answer: exact, and the rows
are read a handful of times per item instead of once per share. PSU totals, domains x answers x rows, never exist.

Where almost nothing is left of the squares (the share of a calibrated margin) their rounding would show; those
shares are computed from PSU totals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from pipeline.design import DesignStructure
from pipeline.estimation.blocks import Base, Block, safe_ratio
from pipeline.estimation.linearisation import Linearisation
from pipeline.estimation.shares import exact_at_the_edges, shares, shares_block
from pipeline.estimation.values import DomainMask, ItemValues, domain_rows

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

MANY_ROWS = 20_000  # from which a table of sums is worth making
MOST_PATTERNS = 1 << 14  # strata x patterns of domains up to which their table is small
BITS = 8  # domains looked at together
CANCELLED = 1e-6  # part of the squares that must be left for ten digits of a variance to be right


@dataclass(frozen=True)
class ElementTables:
    """The rows of a design as codes, ready for the tables of any item."""

    prepared: Linearisation
    domains: Sequence[DomainMask]
    pattern: Codes  # (n,) which of the domains a row is in
    membership: Array  # (n_domains, n_patterns) 1.0 where the pattern is in the domain
    first_cells: dict[int, "_FirstCells"] = field(default_factory=dict)

    def shares(self, item: ItemValues) -> Block:
        """Return what shares.shares does, without the deviations that covariances need."""
        tables = self._tables(item)
        base, is_summed = tables.base(), _statistics(item)
        counts = np.rint(tables.count.sum(axis=0) @ is_summed.T).astype(np.int64)
        estimate = exact_at_the_edges(tables.weight.sum(axis=0) @ is_summed.T, counts, base)
        influence = is_summed[None] - estimate[:, :, None]  # (n_domains, n_statistics, n_answers)
        influence *= safe_ratio(np.ones(base.sum_of_weights.size), base.sum_of_weights)[:, None, None]
        squares, size = self._squares(tables, influence)
        variance = np.maximum(squares, 0.0)
        for domain in np.flatnonzero((squares < CANCELLED * size).any(axis=1)):
            rows = domain_rows(self.prepared.design, [self.domains[int(domain)]])
            variance[domain] = shares(self.prepared, rows, item).variance[0]
        return shares_block(item, estimate, counts, variance, base, None)

    def _tables(self, item: ItemValues) -> "_Tables":
        """Return the sums by stratum, domain and answer; missing answers get a column that is left out again."""
        assert item.codes is not None
        weight, n_columns = self.prepared.design.weight, len(item.categories) + 1
        has_everyone = item.codes.min(initial=0) >= 0 and self._everyone_carries
        is_carried = None if has_everyone else (item.codes >= 0) & (weight > 0)
        answer = item.codes if is_carried is None else np.where(is_carried, item.codes, n_columns - 1)
        cell = self._first_cell(n_columns)
        by_stratum = cell.stratum + answer
        return _Tables(
            weight=self._by_stratum(by_stratum, n_columns, weight),
            count=self._by_stratum(by_stratum, n_columns, None),
            squared_weight=self._squared_weight if is_carried is None else self._by_domain(is_carried),
            scaled_squares=self._scaled_squares(by_stratum, n_columns),
            by_auxiliary=self._by_auxiliary(cell.unit + answer, n_columns) if cell.unit is not None else None,
        )

    def _first_cell(self, n_columns: int) -> "_FirstCells":
        """Return where a row's answers start in the tables: numbered once for all items of as many answers."""
        if n_columns not in self.first_cells:
            n_patterns, unit = self.membership.shape[1], None
            stratum = (self._structure.stratum * n_patterns + self.pattern) * n_columns
            if self.prepared.residuals is not None:
                unit = (self.prepared.residuals.auxiliaries.unit * np.int64(n_patterns) + self.pattern) * n_columns
            self.first_cells[n_columns] = _FirstCells(stratum, unit)
        return self.first_cells[n_columns]

    def _by_stratum(self, cell: Codes, n_columns: int, value: Array | None) -> Array:
        """Return sums (n_strata, n_domains, n_answers) of a row's value, or counts."""
        shape = self._structure.n_strata, self.membership.shape[1], n_columns
        sums = np.bincount(cell, value, minlength=prod(shape)).reshape(shape)[:, :, :-1]
        return np.asarray(np.einsum("dp,hpa->hda", self.membership, sums.astype(np.float64, copy=False)))

    def _by_domain(self, is_carried: NDArray[np.bool_]) -> Array:
        """Return sum(w^2) of the rows carried in each domain."""
        squares = np.square(np.where(is_carried, self.prepared.design.weight, 0.0))
        return np.asarray(self.membership @ np.bincount(self.pattern, squares, minlength=self.membership.shape[1]))

    def _scaled_squares(self, cell: Codes, n_columns: int) -> Array | None:
        """Return sum(s w^2) by domain and answer, (n_domains, n_answers); None where it is minus sum(s w c)."""
        if self._fits_what_it_weighs:
            return None
        squares = self._by_stratum(cell, n_columns, np.square(self.prepared.design.weight))
        return np.asarray(np.einsum("h,hda->da", self._scale, squares))

    def _by_auxiliary(self, cell: Codes, n_columns: int) -> "_OfAuxiliaries":
        """Return the sums by domain and answer of d and of s w c: alone, and times x."""
        assert self.prepared.residuals is not None
        residuals, n_patterns = self.prepared.residuals, self.membership.shape[1]
        n_units = residuals.auxiliaries.n_units

        def sums(amount: Array) -> tuple[Array, Array]:
            table = np.bincount(cell, amount, minlength=n_units * n_patterns * n_columns)
            by_unit = table.astype(np.float64, copy=False).reshape(n_units, n_patterns * n_columns)
            times_x = residuals.auxiliaries.times_x(by_unit).reshape(n_patterns, n_columns, -1)[:, :-1]
            alone = by_unit.sum(axis=0).reshape(n_patterns, n_columns)[:, :-1]
            return self.membership @ alone, np.einsum("dp,pax->dax", self.membership, times_x)

        of_cross, of_cross_x = sums(self._scaled_cross)
        return _OfAuxiliaries(sums(residuals.base_weight)[1], of_cross_x, of_cross)

    def _squares(self, tables: "_Tables", influence: Array) -> tuple[Array, Array]:
        """Return the variances, and the size of the sums they are a difference of, (n_domains, n_statistics)."""
        auxiliary, scale = tables.by_auxiliary, self._scale
        stratum_totals = np.einsum("dja,hda->hdj", influence, tables.weight)
        squares = np.einsum("dja,da->dj", np.square(influence), tables.squares_by_answer())
        size = squares.copy()
        if auxiliary is not None:
            assert self.prepared.residuals is not None
            slopes = np.einsum("dja,dax->djx", influence, auxiliary.base_x) @ self.prepared.residuals.regression
            crossed = 2 * np.einsum("djx,djx->dj", slopes, np.einsum("dja,dax->djx", influence, auxiliary.cross_x))
            fitted = np.einsum("djx,djx->dj", slopes @ self._scaled_fitted, slopes)
            squares += crossed + fitted
            size += np.abs(crossed) + fitted
            stratum_totals += np.einsum("djx,hx->hdj", slopes, self._fitted_by_stratum)
        between = np.einsum("h,hdj->dj", scale / self._structure.psus_in_stratum, np.square(stratum_totals))
        return squares - between, size + between

    @property
    def _structure(self) -> DesignStructure:
        """Return the strata and PSUs of the design."""
        return self.prepared.design.structure

    @cached_property
    def _everyone_carries(self) -> bool:
        """Return whether no weight is 0."""
        return bool(self.prepared.design.weight.min(initial=1.0) > 0)

    @cached_property
    def _fits_what_it_weighs(self) -> bool:
        """Return whether c = -w in every row, as after calibrating everyone to known totals."""
        residuals = self.prepared.residuals
        return residuals is not None and np.array_equal(residuals.fitted_weight, -self.prepared.design.weight)

    @cached_property
    def _squared_weight(self) -> Array:
        """Return sum(w^2) of each domain."""
        return self._by_domain(np.ones(1, np.bool_))

    @cached_property
    def _scale(self) -> Array:
        """Return (1 - f) n_h / (n_h - 1) of each stratum."""
        n_h = self._structure.psus_in_stratum
        return np.asarray((1 - self._structure.sampling_fraction) * n_h / np.maximum(n_h - 1, 1))

    @cached_property
    def _scaled_cross(self) -> Array:
        """Return s w c of each row."""
        assert self.prepared.residuals is not None
        weight = self.prepared.design.weight * self.prepared.residuals.fitted_weight
        return np.asarray(weight * self._scale[self._structure.stratum])

    @cached_property
    def _scaled_fitted(self) -> Array:
        """Return sum(s c^2 x x')."""
        residuals = self.prepared.residuals
        assert residuals is not None
        squared = np.square(residuals.fitted_weight) * self._scale[self._structure.stratum]
        return residuals.auxiliaries.cross_product(squared)

    @cached_property
    def _fitted_by_stratum(self) -> Array:
        """Return sum(c x) by stratum."""
        assert self.prepared.residuals is not None
        return self.prepared.residuals.fitted_totals(self._structure.stratum, self._structure.n_strata)


@dataclass(frozen=True)
class _FirstCells:
    """The place of each row's first answer in tables of stratum or unit, pattern and answer."""

    stratum: Codes  # (n,)
    unit: Codes | None  # (n,) None without calibration


@dataclass(frozen=True)
class _OfAuxiliaries:
    """Sums over the rows of each domain that gave each answer."""

    base_x: Array  # (n_domains, n_answers, n_auxiliaries) of d x
    cross_x: Array  # (n_domains, n_answers, n_auxiliaries) of s w c x
    cross: Array  # (n_domains, n_answers) of s w c


@dataclass(frozen=True)
class _Tables:
    """Sums over the rows of each stratum and domain that gave each answer."""

    weight: Array  # (n_strata, n_domains, n_answers)
    count: Array  # (n_strata, n_domains, n_answers)
    squared_weight: Array  # (n_domains,) of w^2
    scaled_squares: Array | None  # (n_domains, n_answers) of s w^2; None where it is minus sum(s w c)
    by_auxiliary: _OfAuxiliaries | None

    def squares_by_answer(self) -> Array:
        """Return sum(s w^2) by domain and answer."""
        if self.scaled_squares is not None:
            return self.scaled_squares
        assert self.by_auxiliary is not None
        return -self.by_auxiliary.cross

    def base(self) -> Base:
        """Return who stands behind the shares; every row is a PSU."""
        count = np.rint(self.count.sum(axis=2)).astype(np.int64)  # (n_strata, n_domains)
        weight = self.weight.sum(axis=(0, 2))
        freedom = np.maximum(count - 1, 0).sum(axis=0)
        return Base(count.sum(axis=0), weight, safe_ratio(np.square(weight), self.squared_weight), freedom)


def element_tables(prepared: Linearisation, domains: Sequence[DomainMask]) -> list[ElementTables]:
    """Return the tables of each run of domains of one name, in their order; none where they do not apply.

    They apply to large samples whose rows are PSUs, whose strata all have two or more, and whose weights were
    not adjusted by a response model and start from no weight that was made in steps.
    """
    structure = prepared.design.structure
    if prepared.response or prepared.start is not None:
        return []
    if prepared.design.n < MANY_ROWS or structure.n_psus < prepared.design.n or structure.lonely_strata.size:
        return []
    runs: list[list[DomainMask]] = []
    for domain in domains:
        if not runs or runs[-1][0].domain != domain.domain:
            runs.append([])
        runs[-1].append(domain)
    tables = [_tables_of_run(prepared, run) for run in runs]
    n_patterns = max((one.membership.shape[1] for one in tables), default=0)
    n_units = 0 if prepared.residuals is None else prepared.residuals.auxiliaries.n_units
    is_small = n_patterns * structure.n_strata <= MOST_PATTERNS and n_patterns * n_units <= prepared.design.n
    return tables if is_small else []


def _tables_of_run(prepared: Linearisation, domains: Sequence[DomainMask]) -> ElementTables:
    """Return the pattern of memberships of every row, and which domains a pattern is in."""
    pattern: Codes = np.zeros(prepared.design.n, np.int64)
    membership = np.zeros((0, 1))
    for start in range(0, len(domains), BITS):
        byte = np.zeros(prepared.design.n, np.uint8)
        for bit, domain in enumerate(domains[start : start + BITS]):
            byte |= domain.mask.view(np.uint8) << np.uint8(bit)
        pattern, is_used = _renumbered(pattern << BITS | byte, membership.shape[1] << BITS)
        bits = (is_used % (1 << BITS)) >> np.arange(len(domains[start : start + BITS]))[:, None] & 1
        membership = np.vstack([membership[:, is_used >> BITS], bits])
    return ElementTables(prepared, domains, pattern, membership)


def _renumbered(code: Codes, n_codes: int) -> tuple[Codes, Codes]:
    """Return codes below n_codes numbered without gaps, and the code of each number."""
    is_used = np.flatnonzero(np.bincount(code, minlength=n_codes))
    number = np.zeros(n_codes, np.int64)
    number[is_used] = np.arange(is_used.size)
    return number[code], is_used


def _statistics(item: ItemValues) -> Array:
    """Return which answers each statistic adds up, (n_statistics, n_answers) of 0 and 1: shares, then headlines."""
    headlines = np.zeros((len(item.headlines), len(item.categories)))
    for headline, codes in zip(headlines, item.headlines.values(), strict=True):
        headline[list(codes)] = 1.0
    return np.vstack([np.eye(len(item.categories)), headlines])


def joined(blocks: Sequence[Block]) -> Block:
    """Return the blocks of one item in several runs of domains as one."""
    first = blocks[0]
    bases = [block.base for block in blocks]
    base = Base(
        np.concatenate([one.unweighted_n for one in bases]),
        np.concatenate([one.sum_of_weights for one in bases]),
        np.concatenate([one.kish_n for one in bases]),
        np.concatenate([one.degrees_of_freedom for one in bases]),
    )
    estimate, unweighted, srs, variance = (
        np.vstack([getattr(block, name) for block in blocks])
        for name in ("estimate", "unweighted_estimate", "srs_variance", "variance")
    )
    return Block(first.statistics, first.categories, estimate, unweighted, srs, variance, base)
