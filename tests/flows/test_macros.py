"""The macros of the published file, called in a second process, give the pipeline's own replicate figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import t

from pipeline.estimation.estimates import COLUMNS, estimate_items
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.estimates import net_changes
from tests.flows.macro_reader import CLOSE, Panels, asked, assert_same_changes
from tests.nights import SURVEY, Panel, Ran

KEYS = ["survey", "wave", "weight_id", "item", "statistic", "category", "domain", "domain_value"]


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


def test_means_of_codes_and_of_numbers_are_the_pipelines_too(panels: Panels, tmp_path: Path) -> None:
    names = ["linking_support", "trust_data_council"]
    queries = [f"from mean_score('{item}', \"by\" := '{domain}')" for item in names for domain in ("all", "region")]
    found = [one for one in asked(panels.published, queries, tmp_path / "read") if isinstance(one, pl.DataFrame)]
    expected = pl.concat(
        panels.estimates(wave, [scored(one) for one in panels.items(wave) if one.item in names])
        for wave in panels.data.answers
    )
    assert len(found) == len(queries)
    assert_same(pl.concat(found), expected.filter(pl.col("domain").is_in(["all", "region"])))


def test_crossed_items_are_estimates_in_the_domains_of_the_other_items_answers(panels: Panels, tmp_path: Path) -> None:
    query = "from crosstab('linking_support', 'trust_data_council', 'w02')"
    found = asked(panels.published, [query], tmp_path / "read")[0]
    items = {one.item: one for one in panels.items("w02")}
    other = items["trust_data_council"]
    assert other.codes is not None
    masks = [DomainMask(other.item, label, other.codes == code) for code, label in enumerate(other.categories)]
    expected = estimate_items(panels.weights["w02"][1], [items["linking_support"]], masks)
    assert isinstance(found, pl.DataFrame)
    keys = ["statistic", "category", "domain_value"]
    columns = [*keys, "estimate", "standard_error", "ci_low", "ci_high", "unweighted_n", "design_effect"]
    numbers = {"unweighted_n": pl.Int64}
    assert_frame_equal(
        found.select(columns).cast(numbers).sort(keys),  # type: ignore[arg-type]
        expected.select(columns).sort(keys),
        rel_tol=CLOSE,
        abs_tol=CLOSE,
    )


def test_changes_of_every_item_are_the_pipelines_own_of_replicates(panels: Panels, tmp_path: Path) -> None:
    waves = ("w01", "w02")
    sides = [replace(panels.weights[wave][0], design=panels.weights[wave][1]) for wave in waves]
    expected = net_changes(panels.shown, *sides, confidence=0.95, is_provisional=False)
    asked_of = expected["item"].unique().sort().to_list()
    pairs = [(item, "all") for item in asked_of] + [("linking_support", one) for one in ("age_group", "sex", "region")]
    queries = [f"from change_between('{item}', 'w01', 'w02', \"by\" := '{domain}')" for item, domain in pairs]
    assert_same_changes(asked(panels.published, queries, tmp_path / "read"), expected, pairs)


def test_what_is_not_in_the_file_is_refused_with_close_matches(panels: Panels, tmp_path: Path) -> None:
    refused = {
        "from share('linking_suport')": ["No item 'linking_suport'", "linking_support", "codebook"],
        "from share('linking_support', \"by\" := 'agegroup')": ["'agegroup'", "age_group"],
        "from share('linking_support', wave := 'w99')": ["No wave 'w99'", "w01, w02, w03"],
        "from share('linking_support', weight_id := 'best')": ["weight 'best'", "cross_sectional", "which_weight"],
        "from mean_score('linking_support', survey := 'other')": ["No survey 'other'", SURVEY],
        "from change_between('linking_support', 'w01', 'w9')": ["No wave 'w9'"],
        "from crosstab('linking_support', 'trust_council', 'w02')": ["'trust_council'", "trust_data_council"],
        "from power('linking_suport')": ["linking_support"],
    }
    found = asked(panels.published, list(refused), tmp_path / "read")
    for (query, words), error in zip(refused.items(), found, strict=True):
        assert isinstance(error, str), query
        assert all(word in error for word in words), error


def test_power_is_that_of_a_test_between_the_latest_wave_and_one_like_it(panels: Panels, tmp_path: Path) -> None:
    queries = ["from power('linking_support', difference := 0.1)", "from share('linking_support', wave := 'w03')"]
    found = asked(panels.published, queries, tmp_path / "read")
    keyed = [
        one.filter(pl.col("statistic") == "headline").row(0, named=True) for one in found if not isinstance(one, str)
    ]
    row, latest = keyed
    freedom = latest["degrees_of_freedom"]
    error = latest["standard_error"] * np.sqrt(2 * (1 - row["correlation"]))
    assert row["standard_error_of_change"] == pytest.approx(error)
    assert row["detectable_change"] == pytest.approx((t.ppf(0.975, freedom) + t.ppf(0.8, freedom)) * error)
    assert row["power"] == pytest.approx(t.sf(t.ppf(0.975, freedom) - 0.1 / error, freedom))


def test_a_newcomer_reads_ten_rows_and_every_worked_query_runs(panels: Panels, tmp_path: Path) -> None:
    readme, examples = asked(panels.published, ["from readme", "from examples"], tmp_path / "read")
    assert isinstance(readme, pl.DataFrame)
    assert isinstance(examples, pl.DataFrame)
    assert readme.height == 10
    assert examples.height == 12
    queries = [*readme["first_query"].to_list(), *examples["query"].to_list()]
    for query, rows in zip(queries, asked(panels.published, queries, tmp_path / "again"), strict=True):
        assert isinstance(rows, pl.DataFrame), f"{query}: {rows}"
        assert rows.height or "releases" in query, query


def test_every_stated_key_is_unique_and_every_macro_explained(panels: Panels, tmp_path: Path) -> None:
    stated = "select table_name, regexp_extract(comment, 'Key: ([a-z_, ]+)', 1) as key from duckdb_tables()"
    bare = "select function_name from duckdb_functions() where not internal and coalesce(comment, '') = ''"
    keys, unexplained = asked(panels.published, [stated, bare], tmp_path / "read")
    assert isinstance(keys, pl.DataFrame)
    assert isinstance(unexplained, pl.DataFrame)
    assert unexplained.rows() == []
    repeated = [
        f"select '{table}' as name from {table} group by {key} having count(*) > 1" for table, key in keys.iter_rows()
    ]
    assert all(key for _, key in keys.iter_rows())
    for rows in asked(panels.published, repeated, tmp_path / "keys"):
        assert isinstance(rows, pl.DataFrame), rows
        assert rows.is_empty(), rows["name"][0]
