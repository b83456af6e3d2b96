"""What estimators are given: the answers to one item, and the rows of one domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.variance import binned_sums


@dataclass(frozen=True)
class ItemValues:
    """The answers of a design's rows to one item: codes of a category item, numbers, or a multiple response.

    `headlines` maps the name of a headline, or of any net, to the positions in `categories` that it adds up;
    of a multiple response it counts who chose at least one of them.
    """

    item: str
    codes: NDArray[np.int64] | None = None  # (n,) position in categories, -1 missing
    number: NDArray[np.float64] | None = None  # (n,) NaN missing
    categories: tuple[str, ...] = ()
    headlines: dict[str, tuple[int, ...]] = field(default_factory=dict)
    chosen: NDArray[np.int8] | None = None  # (n, n_categories) 1 chosen, 0 not, -1 missing; shares of who answered any

    @property
    def is_answered(self) -> NDArray[np.bool_]:
        """Return which rows (n,) hold an answer."""
        if self.codes is not None:
            return np.asarray(self.codes >= 0)
        if self.chosen is not None:
            return np.asarray((self.chosen >= 0).any(axis=1))
        assert self.number is not None
        return ~np.isnan(self.number)

    def restricted_to(self, rows: NDArray[np.bool_]) -> "ItemValues":
        """Return the same item with every row outside the mask missing."""
        if self.codes is not None:
            return replace(self, codes=np.where(rows, self.codes, -1))
        if self.chosen is not None:
            return replace(self, chosen=np.where(rows[:, None], self.chosen, -1).astype(np.int8))
        assert self.number is not None
        return replace(self, number=np.where(rows, self.number, np.nan))


@dataclass(frozen=True)
class DomainMask:
    """The rows of a design that belong to one value of a domain."""

    domain: str
    domain_value: str
    mask: NDArray[np.bool_]  # (n,)


def crossed_domains(first: Sequence[DomainMask], second: Sequence[DomainMask]) -> list[DomainMask]:
    """Return every pair of two domains' values as the domain `a*b` with the value `x*y`, empty ones too."""
    return [
        DomainMask(f"{one.domain}*{other.domain}", f"{one.domain_value}*{other.domain_value}", one.mask & other.mask)
        for one in first
        for other in second
    ]


def grid(
    items: Mapping[str, NDArray[np.int64]],
    categories: tuple[str, ...],
    headlines: Mapping[str, tuple[int, ...]] | None = None,
) -> list[ItemValues]:
    """Return several items with one scale, in their order.

    Raises:
        EstimationError: codes of an item lie outside the scale.
    """
    for item, codes in items.items():
        n_outside = int((codes >= len(categories)).sum())
        if n_outside:
            raise EstimationError(
                f"item '{item}' has {n_outside} codes outside the {len(categories)} categories of its grid. "
                "Give all items of a grid one scale."
            )
    return [
        ItemValues(item, codes=codes, categories=categories, headlines=dict(headlines or {}))
        for item, codes in items.items()
    ]


@dataclass(frozen=True)
class DomainRows:
    """All pairs of a weighted row and a domain it belongs to; domains may overlap."""

    row: NDArray[np.int64]  # (m,)
    domain: NDArray[np.int64]  # (m,)
    n_domains: int

    def where(self, rows: NDArray[np.bool_]) -> "DomainRows":
        """Return the pairs whose row is in the mask (n,)."""
        kept = rows[self.row]
        return DomainRows(self.row[kept], self.domain[kept], self.n_domains)

    def count(self) -> NDArray[np.int64]:
        """Return the number of rows in each domain, (n_domains,)."""
        return np.bincount(self.domain, minlength=self.n_domains)

    def sum(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of a row's value (n,) over each domain, (n_domains,)."""
        return binned_sums(self.domain, value[self.row], 1, self.n_domains).ravel()


def domain_rows(design: SurveyDesign, domains: Sequence[DomainMask]) -> DomainRows:
    """Return which rows that carry weight belong to which domain.

    Raises:
        EstimationError: a mask has not one value per row of the design.
    """
    for domain in domains:
        if domain.mask.shape != design.weight.shape:
            raise EstimationError(
                f"domain '{domain.domain}' = '{domain.domain_value}' masks {domain.mask.size} rows, expected "
                f"{design.n}: one value per row of the design."
            )
    members = [np.flatnonzero(domain.mask & (design.weight > 0)) for domain in domains]
    index = np.repeat(np.arange(len(domains)), [rows.size for rows in members])
    return DomainRows(np.concatenate([np.zeros(0, np.int64), *members]), index, len(domains))
