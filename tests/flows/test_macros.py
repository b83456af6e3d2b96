"""The macros of the published file, called in a second process, give the pipeline's own replicate figures."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.run_context import Night, in_progress
from flows.weight_wave import gather
from pipeline import survey_files, warehouse
from pipeline.design import SurveyDesign
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.estimates import COLUMNS, estimate_items
from pipeline.estimation.values import ItemValues
from pipeline.panel_draws import PanelDraws, panel_draws, weight_replicates
from pipeline.panel_estimates import PanelData
from pipeline.panel_weights import PanelWeight, weigh
from tests.nights import SURVEY, TODAY, Panel, Ran

READER = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for number, query in enumerate(json.loads(sys.stdin.read())):
    try:
        connection.sql(query).pl().write_parquet(f"{sys.argv[2]}/{number}.parquet")
    except duckdb.Error as error:
        open(f"{sys.argv[2]}/{number}.error", "w").write(str(error))
"""
A_NIGHT = Night(None, None, {}, "", datetime(2026, 11, 23), TODAY, False, "", "", {})  # type: ignore[arg-type]
KEYS = ["survey", "wave", "weight_id", "item", "statistic", "category", "domain", "domain_value"]
CLOSE = 1e-9


def asked(path: Path, queries: list[str], folder: Path) -> list[pl.DataFrame | str]:
    """Return what a second process, which opens the file read-only, gets for each query: rows, or an error."""
    folder.mkdir()
    command = [sys.executable, "-c", READER, str(path), str(folder)]
    subprocess.run(command, input=json.dumps(queries), text=True, check=True, capture_output=True)
    return [
        found.read_text() if (found := folder / f"{number}.error").exists() else read(folder / f"{number}.parquet")
        for number in range(len(queries))
    ]


def read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path)


class Panels:
    """The panel of the demonstration as the pipeline sees it, its designs carrying their replicates."""

    def __init__(self, panel: Panel) -> None:
        self.published = panel.published
        survey = survey_files.read_survey(panel.root / "surveys" / SURVEY)
        with warehouse.open_read_only(panel.root / "var" / "warehouse.duckdb") as connection:
            night = replace(A_NIGHT, connection=connection, surveys={SURVEY: survey})
            with in_progress(night):
                gathered: PanelData = gather.fn(SURVEY)
                self.data = replace(gathered, answers=dict(gathered.answers))
        self.draws: PanelDraws = panel_draws(survey, self.data.arrays)
        self.weights = {wave: self.weight(wave) for wave in self.data.answers}

    def weight(self, wave: str) -> tuple[PanelWeight, SurveyDesign]:
        """Return the weight of a wave, and its design with replicates."""
        survey = self.data.survey
        made = weigh(survey, survey.weights[0], (wave,), self.data.arrays)
        replicates = weight_replicates(made, self.draws)
        return made, replace(made.design, replicates=replicates)

    def items(self, wave: str) -> list[ItemValues]:
        return self.data.items(wave, self.weights[wave][0].design_rows)

    def estimates(self, wave: str, items: list[ItemValues]) -> pl.DataFrame:
        """Return the rows of `estimates` that the replicates give."""
        made, design = self.weights[wave]
        survey = self.data.survey
        found = estimate_items(design, items, self.data.domains(made.design_rows))
        return found.with_columns(
            survey=pl.lit(survey.survey),
            wave=pl.lit(wave),
            weight_id=pl.lit(made.recipe.weight_id),
            inference=pl.lit(survey.inference),
            is_suppressed=is_too_thin("unweighted_n", disclosure_profile(survey.disclosure_profile)),
        )


@pytest.fixture(scope="module")
def panels(demo_run: tuple[Panel, Ran]) -> Panels:
    return Panels(demo_run[0])


def scored(item: ItemValues) -> ItemValues:
    """Return a category item whose answers are numbers: their codes, which run from 1 in this survey."""
    assert item.codes is not None
    return ItemValues(item.item, number=np.where(item.codes < 0, np.nan, item.codes + 1.0))


def assert_same(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Find the same figures, to nine decimals of what each is measured in."""
    columns = [*KEYS, *(name for name in COLUMNS if name not in KEYS), "inference", "is_suppressed"]
    kinds = dict.fromkeys(("degrees_of_freedom", "unweighted_n"), pl.Float64)
    tables = [
        one.select(columns).cast(kinds).sort(KEYS)  # type: ignore[arg-type]
        for one in (found, expected)
    ]
    assert_frame_equal(tables[0], tables[1], rel_tol=CLOSE, abs_tol=CLOSE)


def test_shares_of_every_item_in_every_domain_are_the_pipelines_to_nine_decimals(
    panels: Panels, tmp_path: Path
) -> None:
    domains = ["all", *(one.domain for one in panels.data.survey.domains if one.is_published)]
    items = sorted({one.item for wave in panels.data.answers for one in panels.items(wave) if one.codes is not None})
    queries = [f"from share('{item}', \"by\" := '{domain}')" for item in items for domain in domains]
    found = [one for one in asked(panels.published, queries, tmp_path / "read") if isinstance(one, pl.DataFrame)]
    assert len(found) == len(queries) > 100
    expected = pl.concat(
        panels.estimates(wave, [one for one in panels.items(wave) if one.codes is not None])
        for wave in panels.data.answers
    )
    assert_same(pl.concat(found), expected)
