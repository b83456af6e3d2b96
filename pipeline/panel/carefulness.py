"""How carefully respondents answered, as numbers beside their answers, for newcomers and those long in the panel."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.estimation.values import ItemValues
from pipeline.panel.arrays import UNKNOWN, PanelArrays

SPEEDING, TIME = "speeding", "time"
WIDEST_RATIO = 4.0  # of an interview's time to the median: who left the page open overnight tells nothing of speed
PREFIX = " carefulness: "  # no item's id begins so


def careful_items(
    survey: Survey, arrays: PanelArrays, rows: NDArray[np.int64], measures: pl.DataFrame
) -> list[ItemValues]:
    """Return what measures of a wave's respondents were, as numbers over the chosen members.

    `time` is the log of the interview's time over the median of its route and mode, to base 2, and `speeding` 1 for
    those flagged for it; the others are the measures themselves.

    Args:
        measures: panel_member_id, measure and value of one wave.

    Source: methodology C14, C15.
    """
    place = np.full(len(arrays.members), UNKNOWN, np.int64)
    place[rows] = np.arange(rows.size)
    located = measures.join(arrays.row_of_member, on="panel_member_id").sort("measure", "row")
    found = []
    for (name,), part in located.partition_by("measure", as_dict=True, maintain_order=True).items():
        at = place[part["row"].to_numpy()]
        value = np.full(rows.size, np.nan)
        value[at[at != UNKNOWN]] = part["value"].to_numpy()[at != UNKNOWN]
        numbers = _of_times(survey, value) if name == SPEEDING else {str(name): value}
        found += [ItemValues(f"{PREFIX}{measure}", number=number) for measure, number in numbers.items()]
    return found


def _of_times(survey: Survey, ratio: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    threshold = survey.response_quality.speeding
    with np.errstate(divide="ignore", invalid="ignore"):
        time = np.log2(np.clip(ratio, 1 / WIDEST_RATIO, WIDEST_RATIO))
        found = {TIME: time}
        if threshold is not None:
            found[SPEEDING] = np.where(np.isnan(ratio), np.nan, (ratio < threshold).astype(float))
    return found
