"""The replicates of a panel as rows: draws, factors, the ratios of each weight, and where its holders stand in them."""

import numpy as np
import polars as pl

from pipeline.panel.draws import PanelDraws, StoredReplicates
from pipeline.panel.weights import PanelWeight

NUMBERS = pl.List(pl.Float64)


def set_row(survey: str, draws: PanelDraws) -> pl.DataFrame:
    """Return the row of `replicate_sets` of a panel's draws."""
    return pl.DataFrame(
        {
            "survey": [survey],
            "replicate_set": [draws.replicate_set],
            "kind": [draws.plan.kind],
            "n_replicates": [draws.factors.n_replicates],
            "seed": pl.Series([None if draws.alike is not None else draws.plan.seed], dtype=pl.Int64),
            "n_strata": [draws.structure.n_strata],
            "n_psus": [draws.structure.n_psus],
            "coefficients": pl.Series([draws.factors.coefficient.tolist()], dtype=NUMBERS),
            "degrees_of_freedom": [draws.degrees_of_freedom],
            "psus_together": [draws.smallest],
        }
    )


def factor_rows(survey: str, draws: PanelDraws) -> pl.DataFrame:
    """Return the rows of `replicate_factors`: the factor of every group of members in every replicate."""
    groups = np.unique(draws.factors.group_of_row)
    return pl.DataFrame(
        {
            "survey": pl.repeat(survey, groups.size, eager=True),
            "replicate_set": pl.repeat(draws.replicate_set, groups.size, eager=True),
            "replicate_group": groups,
            "factors": _lists(draws.factors.factor[groups]),
        }
    )


def ratio_rows(survey: str, weight: PanelWeight, stored: StoredReplicates, draws: PanelDraws) -> pl.DataFrame:
    """Return the rows of `replicate_ratios`: how every cell's weight moves in every replicate; null where it failed."""
    n_cells = stored.ratio.shape[0]
    return pl.DataFrame(
        {
            "survey": pl.repeat(survey, n_cells, eager=True),
            "weight_id": pl.repeat(weight.recipe.weight_id, n_cells, eager=True),
            "wave_set": pl.repeat(weight.wave_set, n_cells, eager=True),
            "replicate_cell": np.arange(n_cells),
            "ratios": _lists(stored.ratio).list.eval(pl.element().fill_nan(None)),
            "replicate_set": pl.repeat(draws.replicate_set, n_cells, eager=True),
        }
    )


def places(weight: PanelWeight, draws: PanelDraws, stored: StoredReplicates | None) -> dict[str, pl.Series]:
    """Return columns of `weights`: each holder's stratum and PSU, and group and cell where there are replicates."""
    rows = weight.held_rows
    columns = {
        "stratum": pl.Series(draws.structure.stratum[rows]),
        "psu": pl.Series(draws.structure.psu[rows]),
    }
    return columns if stored is None else columns | replicate_places(draws, stored)


def replicate_places(draws: PanelDraws, stored: StoredReplicates) -> dict[str, pl.Series]:
    """Return the draws, the group and the cell of each holder."""
    return {
        "replicate_set": pl.repeat(draws.replicate_set, stored.group.size, eager=True),
        "replicate_group": pl.Series(stored.group),
        "replicate_cell": pl.Series(stored.cell),
    }


def _lists(matrix: np.ndarray) -> pl.Series:
    """Return the rows of a matrix as lists."""
    return pl.Series(np.ascontiguousarray(matrix, np.float64)).cast(NUMBERS)
