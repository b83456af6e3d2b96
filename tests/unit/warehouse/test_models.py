"""The models run in order and read only what they may."""

import re
from datetime import datetime

import duckdb
import polars as pl

from pipeline import warehouse
from pipeline.warehouse.models import model_files, run_order, tables_read
from tests.unit.warehouse.builders import load_small_panel

STAGING_TABLES = {f"staging.{table}" for table in ("delivered_rows", "cells", "delivered_values", "answers")}


def test_a_small_panel_goes_all_the_way(connection: duckdb.DuckDBPyConnection) -> None:
    load_small_panel(connection)
    columns = "wave, panel_member_id, code, label, missing_kind"
    answers = warehouse.read(connection, f"select {columns} from marts.answers where item = 'trust'")
    assert answers.rows() == [
        ("w1", "a", "1", "Agree", None),
        ("w1", "b", "-8", "Don't know", "dont_know"),
        ("w2", "a", "2", 'It\'s "no"', None),
    ]
    profile = warehouse.read(connection, "select panel_member_id, profile from marts.panel_members")
    assert profile.rows() == [("a", {"age_group": "50+"}), ("b", {"age_group": "16-49"})]
    completed = warehouse.read(
        connection, "select completed_at from core.participation where is_respondent"
    ).to_series()
    assert completed.to_list() == [
        datetime(2025, 1, 5, 10, 30),
        datetime(2025, 1, 6, 10, 30),
        datetime(2025, 2, 5, 10, 30),
    ]
    checks = warehouse.run_checks(connection)
    assert checks.filter(pl.col("n_offending") > 0).is_empty()


def test_building_twice_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    load_small_panel(connection)
    tables = ("core.participation", "core.answers", "marts.answers", "marts.panel_members", "marts.waves")
    before = [warehouse.read(connection, f"from {table} order by all") for table in tables]
    warehouse.build(connection)
    warehouse.build_marts(connection)
    after = [warehouse.read(connection, f"from {table} order by all") for table in tables]
    assert all(now.equals(then) for now, then in zip(after, before, strict=True))


def test_models_run_after_those_they_read() -> None:

    for schema in ("staging", "core", "marts"):
        order = [path.stem for path in run_order(schema)]
        assert sorted(order) == [path.stem for path in model_files(schema)]
        with duckdb.connect(":memory:") as nowhere:
            for place, path in enumerate(run_order(schema)):
                read_here = {
                    table.removeprefix(f"{schema}.")
                    for table in tables_read(nowhere, path.read_text(encoding="utf-8"))
                    if table.startswith(f"{schema}.") and table not in STAGING_TABLES
                }
                assert read_here <= set(order[:place])


def test_a_model_reads_its_own_layer_or_earlier_ones() -> None:

    layers = ["definitions", "raw", "staging", "core", "analysis", "log", "marts"]
    with duckdb.connect(":memory:") as nowhere:
        for schema in ("staging", "core", "marts"):
            for path in model_files(schema):
                read_from = {table.split(".")[0] for table in tables_read(nowhere, path.read_text(encoding="utf-8"))}
                assert read_from <= set(layers[: layers.index(schema) + 1]), path.stem


def test_every_join_keeps_surveys_apart() -> None:
    conditions = re.compile(r"join \S+(?: as \w+)?\s+on (.+)")
    same_survey = re.compile(r"(\w+)\.survey = (?!\1\.)\w+\.survey")
    for folder in ("staging", "core", "marts", "checks"):
        for path in model_files(folder):
            for first_condition in conditions.findall(path.read_text(encoding="utf-8")):
                assert same_survey.fullmatch(first_condition), path.stem
