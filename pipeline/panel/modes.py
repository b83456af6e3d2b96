"""Changes that a change in the mix of interview modes could explain: web against telephone, paper, face to face."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.mode_guard import ModeGuard, mode_shift
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight

Floats = NDArray[np.float64]
KEYS = ["domain", "domain_value"]


def with_mode_guard(
    changes: pl.DataFrame, data: PanelData, first: PanelWeight, second: PanelWeight, waves: tuple[str, str]
) -> pl.DataFrame:
    """Return changes between two waves with `mode_shift`, and whether it could explain each: `may_be_mode_effect`.

    A shift under the declared smallest one explains nothing. A larger one could explain a change of a share up to
    the shift times the declared largest effect of mode on a share; and any change of a mean, whose unit has no
    such limit.
    """
    guard = data.survey.mode_guard
    shifts = _shifts(data, first, second, waves)
    shift = pl.col("mode_shift").fill_null(0.0)
    could = (pl.col("statistic") == "mean") | (pl.col("change").abs() <= shift * guard.largest_effect)
    return changes.join(shifts, on=KEYS, how="left", maintain_order="left").with_columns(
        mode_shift=shift, may_be_mode_effect=(shift >= guard.smallest_shift) & could
    )


@dataclass(frozen=True)
class ModeMixes:
    """The mix of interview modes at each of several waves, and what the survey takes a shift of it to be able to do."""

    of_wave: Mapping[str, Mapping[tuple[str, str], Floats]]  # by domain and value: weight in each mode
    guard: ModeGuard

    def guarded(
        self, waves: Sequence[str], domain: tuple[str, str], found: float = 0.0, part: float | None = None
    ) -> dict[str, float | bool]:
        """Return the largest `mode_shift` between waves, and whether it could make what was found, as columns.

        Args:
            found: what a test of the waves' estimates found.
            part: of the shift times the largest effect of mode on a share, what can be found of it: half the absolute
                sum of a contrast's coefficients. None: no such limit, for what is found is no share.
        """
        mixes = [self.of_wave[wave][domain] for wave in waves]
        shift = max((mode_shift(one, other) for one, other in combinations(mixes, 2)), default=0.0)
        could = part is None or abs(found) <= shift * self.guard.largest_effect * part
        return {"mode_shift": shift, "may_be_mode_effect": bool(shift >= self.guard.smallest_shift and could)}


def mode_mixes(data: PanelData, weights: Mapping[str, PanelWeight]) -> ModeMixes:
    """Return the mixes of modes at the waves of several weights."""
    names = _names(data, weights)
    return ModeMixes(
        {wave: _mixes(data, weight, wave, names) for wave, weight in weights.items()}, data.survey.mode_guard
    )


def _names(data: PanelData, waves: Iterable[str]) -> list[str]:
    """Return the modes in which anybody was interviewed at these waves."""
    return sorted({_name(mode) for wave in waves for mode in data.arrays.modes(wave).tolist()} - {""})


def _shifts(data: PanelData, first: PanelWeight, second: PanelWeight, waves: tuple[str, str]) -> pl.DataFrame:
    """Return the shift of the weighted mix of modes in every published domain."""
    names = _names(data, waves)
    mixes = [_mixes(data, weight, wave, names) for weight, wave in zip((first, second), waves, strict=True)]
    rows = [(*key, mode_shift(mixes[0][key], mixes[1][key])) for key in mixes[0] if key in mixes[1]]
    return pl.DataFrame(rows, schema=[*KEYS, "mode_shift"], orient="row", schema_overrides={"mode_shift": pl.Float64})


def _mixes(data: PanelData, weight: PanelWeight, wave: str, names: list[str]) -> dict[tuple[str, str], Floats]:
    """Return the weight in each mode of the respondents of a wave, by domain and value."""
    rows = weight.design_rows
    mode = np.array([_name(one) for one in data.arrays.modes(wave)[rows].tolist()], dtype=object)
    in_mode = np.zeros((len(names), rows.size))
    for place, name in enumerate(names):
        in_mode[place] = np.where(mode == name, weight.design.weight, 0.0)
    return {(one.domain, one.domain_value): in_mode @ one.mask for one in data.domains(rows)}


def _name(mode: str) -> str:
    return " ".join(mode.split()).casefold()
