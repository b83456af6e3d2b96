"""Several waves of one panel as estimators need them: answers, and how all waves' estimates vary together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.linearisation import Psus
from pipeline.estimation.spread import Spread, spread_of
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.estimation.variance import stack_designs


@dataclass(frozen=True)
class WaveAnswers:
    """One wave as change needs it. Codes of members, strata and PSUs mean the same in all waves.

    Without PSUs in the design every member is one.
    """

    design: SurveyDesign
    member: NDArray[np.int64]  # (n,) each once
    items: Sequence[ItemValues]
    domains: Sequence[DomainMask]


def with_psus(wave: WaveAnswers) -> WaveAnswers:
    """Return the wave with members as PSUs where its design has none."""
    if wave.design.psu is not None:
        return wave
    return replace(wave, design=replace(wave.design, psu=wave.member))


def joint_spreads(designs: Sequence[SurveyDesign]) -> list[Spread]:
    """Return how each wave's estimates vary, over the union of PSUs or over the replicates all have.

    Deviations of any two waves then have the covariance of their estimates as inner product.

    Source: methodology C8.
    """
    for other in designs[1:]:
        _refuse_other_replicates(designs[0], other)
    union = stack_designs(*designs)
    starts = np.cumsum([0, *(one.n for one in designs)])
    psu = union.structure.psu
    return [
        spread_of(one, Psus(psu[start : start + one.n], union))
        for one, start in zip(designs, starts[:-1].tolist(), strict=True)
    ]


def _refuse_other_replicates(first: SurveyDesign, second: SurveyDesign) -> None:
    """Refuse replicates that were not drawn together: the covariance of the waves would be lost."""
    one, other = first.replicates, second.replicates
    if one is None and other is None:
        return
    if one is None or other is None:
        raise EstimationError("one wave has replicate weights and the other has none. Give both, or neither.")
    if one.kind != other.kind or one.seed != other.seed or not np.array_equal(one.coefficient, other.coefficient):
        raise EstimationError(
            f"the waves' replicates were not drawn together: {one.n_replicates} of {one.kind} (seed {one.seed}) and "
            f"{other.n_replicates} of {other.kind} (seed {other.seed}). Draw them for the panel, once for all waves."
        )
