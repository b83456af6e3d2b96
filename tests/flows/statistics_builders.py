"""Runs the statistics on a file through the command line, on the golden people and their targets."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from flows.cli import main

GOLDEN = 1e-8  # relative; the values are printed to nine digits
DESIGN = ("--weight", "w", "--strata", "stratum", "--psu", "psu")
AGE = {"age": {"1": 1100, "2": 1150, "3": 1250}}
AGE_AND_SEX = AGE | {"sex": {"1": 1700, "2": 1800}}
CALIBRATED = ("--calibrated-to", "targets.csv", "--base-weight", "w", "--strata", "stratum", "--psu", "psu")


def write_targets(name: str, targets: Mapping[str, Mapping[str, float]]) -> None:
    rows = [(margin, one, persons) for margin, found in targets.items() for one, persons in found.items()]
    pl.DataFrame(rows, schema=["margin", "category", "persons"], orient="row").write_csv(name)


class Panel:
    """Runs commands and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out, self.err = "", ""

    def __call__(self, *arguments: str) -> int:
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as stop:  # argparse on wrong usage
            code = int(stop.code or 0)
        printed = self.capsys.readouterr()
        self.out, self.err = printed.out, printed.err
        return code

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        assert self(*arguments, "--format", "json") == 0, self.err
        found: list[dict[str, Any]] = json.loads(self.out)
        return found

    def row(self, *arguments: str, **keys: str) -> dict[str, Any]:
        rows = self.rows(*arguments)
        found = [row for row in rows if all(row[key] == value for key, value in keys.items())]
        assert len(found) == 1, rows
        return found[0]


def near(value: float) -> Any:
    return pytest.approx(value, rel=GOLDEN)
