"""A published file's macros, called in a second process, and the pipeline's own replicate figures beside them."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from flows.run_context import Night, in_progress
from flows.weight_wave import gather
from pipeline import survey_files, warehouse
from pipeline.design import SurveyDesign
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.values import ItemValues
from pipeline.panel.arrays import Categories
from pipeline.panel.draws import PanelDraws, panel_draws, stored_design, stored_replicates, weight_replicates
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight, weigh
from tests.nights import SURVEY, TODAY, Panel, read_file

READER = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for number, query in enumerate(json.loads(sys.stdin.read())):
    try:
        connection.sql(query).pl().write_parquet(f"{sys.argv[2]}/{number}.parquet")
    except duckdb.Error as error:
        open(f"{sys.argv[2]}/{number}.error", "w").write(str(error))
"""
CLOSE = 1e-9
A_NIGHT = Night(None, None, {}, "", datetime(2026, 11, 23), TODAY, datetime(2026, 11, 23), False, "", "", {})  # type: ignore[arg-type]


def asked(path: Path, queries: list[str], folder: Path) -> list[pl.DataFrame | str]:
    """Return what a second process, which opens the file read-only, gets for each query: rows, or an error."""
    folder.mkdir()
    command = [sys.executable, "-c", READER, str(path), str(folder)]
    subprocess.run(command, input=json.dumps(queries), text=True, check=True, capture_output=True)
    return [
        found.read_text() if (found := folder / f"{number}.error").exists() else read(folder / f"{number}.parquet")
        for number in range(len(queries))
    ]


def assert_same_changes(
    found: list[pl.DataFrame | str], expected: pl.DataFrame, asked_for: list[tuple[str, str]]
) -> None:
    """Find, in the rows of change_between, what the pipeline's replicates give for these items and domains."""
    keys = ["item", "statistic", "category", "domain", "domain_value"]
    columns = [
        *(*keys, "kind", "variance_method", "estimate_from", "estimate_to", "change", "standard_error"),
        *("ci_low", "ci_high", "p_value", "overlap_n", "correlation", "is_suppressed", "unweighted_n_from"),
    ]
    tables = [one for one in found if isinstance(one, pl.DataFrame)]
    assert len(tables) == len(asked_for), [one for one in found if isinstance(one, str)]
    kinds = dict.fromkeys(("overlap_n", "unweighted_n_from"), pl.Int64)
    wanted = pl.DataFrame(asked_for, schema=["item", "domain"], orient="row")
    assert_frame_equal(
        pl.concat(tables).select(columns).cast(kinds).sort(keys),  # type: ignore[arg-type]
        expected.join(wanted, on=["item", "domain"], how="semi").select(columns).sort(keys),
        rel_tol=CLOSE,
        abs_tol=CLOSE,
    )


def read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path)


def gathered(panel: Panel) -> PanelData:
    """Return the demonstration's members and answers as a night gathers them, by the definition as it stands now."""
    survey = survey_files.read_survey(panel.root / "surveys" / SURVEY)
    with warehouse.open_read_only(panel.root / "var" / "warehouse.duckdb") as connection:
        night = replace(A_NIGHT, connection=connection, surveys={SURVEY: survey})
        with in_progress(night):
            data: PanelData = gather.fn(SURVEY)
            answers = dict(data.answers)  # read now: a weight that knows earlier answers asks for them later
            return replace(data, answers=answers, arrays=replace(data.arrays, answers=answers))


class Panels:
    """The panel of the demonstration as the pipeline sees it, its designs carrying their replicates."""

    def __init__(self, panel: Panel) -> None:
        self.published = panel.published
        self.data = gathered(panel)
        survey = self.data.survey
        self.shown = replace(self.data, arrays=replace(self.data.arrays, domains=self.shown_domains()))
        self.draws: PanelDraws = panel_draws(survey, self.data.arrays)
        first = survey.weights[0].weight_id
        self.weights = {wave: self.weight(first, (wave,)) for wave in self.data.answers}

    def shown_domains(self) -> dict[str, Categories]:
        """Return the groups that the file's rows of members show: some of them merged, of a few members not shown."""
        profile = read_file(self.published, "select panel_member_id, domain, domain_value from member_profile")
        members = pl.DataFrame({"panel_member_id": list(self.data.arrays.members)})
        domains = dict(self.data.arrays.domains)
        for (domain,), rows in profile.partition_by("domain", as_dict=True).items():
            values = tuple(sorted(rows["domain_value"].unique()))
            found = members.join(rows, on="panel_member_id", how="left", maintain_order="left")["domain_value"]
            codes = found.replace_strict({value: code for code, value in enumerate(values)}, default=-1)
            domains[str(domain)] = Categories(values, codes.cast(pl.Int64).to_numpy())
        return domains

    def weight(self, weight_id: str, waves: tuple[str, ...]) -> tuple[PanelWeight, SurveyDesign]:
        """Return a weight of some waves, and its design with replicates."""
        survey = self.data.survey
        made = weigh(survey, survey.weight(weight_id), waves, self.data.arrays)
        stored = stored_replicates(made, weight_replicates(made, self.draws), self.draws)
        return made, stored_design(made, stored, self.draws)

    def items(self, wave: str) -> list[ItemValues]:
        return self.data.items(wave, self.weights[wave][0].design_rows)

    def estimates(self, wave: str, items: list[ItemValues]) -> pl.DataFrame:
        """Return the rows of `estimates` that the replicates give."""
        made, design = self.weights[wave]
        survey = self.data.survey
        found = estimate_items(design, items, self.shown.domains(made.design_rows))
        return found.with_columns(
            survey=pl.lit(survey.survey),
            wave=pl.lit(wave),
            weight_id=pl.lit(made.recipe.weight_id),
            inference=pl.lit(survey.inference),
            is_suppressed=is_too_thin("unweighted_n", disclosure_profile(survey.disclosure_profile)),
        )
