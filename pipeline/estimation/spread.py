"""How the estimates of a design spread: by linearisation over its PSUs, or by its replicate weights."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from pipeline.design import SurveyDesign
from pipeline.estimation.blocks import Base
from pipeline.estimation.linearisation import Linearisation, Psus, linearisation
from pipeline.estimation.replication import Replication, in_one_pass
from pipeline.estimation.values import DomainRows

Spread = Linearisation | Replication
Made = TypeVar("Made")


def spread_of(design: SurveyDesign, psus: Psus | None = None) -> Spread:
    """Return how the design's estimates vary; replicate weights, where it has them, go before linearisation.

    Args:
        psus: the PSUs of several waves together, among which to count; the design's own by default.
    """
    if design.replicates is not None:
        return Replication(design, design.replicates, psus or Psus(design.structure.psu, design))
    return linearisation(design, psus)


def made_at_once(spread: Spread, make: Callable[[Spread], Made]) -> Made:
    """Return what a function makes of a spread; columns of replicate weights are read once for all of it."""
    return in_one_pass(spread, make) if isinstance(spread, Replication) else make(spread)


def base_of(spread: Spread, rows: DomainRows) -> Base:
    """Return who stands behind estimates over these rows."""
    design = spread.design
    sum_of_weights = rows.sum(design.weight)
    squares = rows.sum(np.square(design.weight))
    kish_n = np.divide(np.square(sum_of_weights), squares, out=np.zeros_like(squares), where=squares > 0)
    has_data = np.zeros((rows.n_domains, spread.psus.n_psus), np.bool_)
    has_data[rows.domain, spread.psus.code[rows.row]] = True
    return Base(rows.count(), sum_of_weights, kish_n, spread.degrees_of_freedom(rows, has_data), has_data)
