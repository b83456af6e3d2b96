"""Read and validate every delivery of the corpus in one process of bounded memory: `python -m … FOLDER`, JSON out."""

import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline import intake, survey_files, validation
from pipeline.errors import DeliveryError
from pipeline.settings import create_workspace
from tests.faults.corpus import ACCEPTED, HELD, IDS, QUARANTINED, Broken, corpus
from tests.faults.corpus_night import write_definitions

MEMORY = 20 << 30  # bytes of address space, of which libraries reserve many and use few
PROFILE = pl.DataFrame(schema={"panel_member_id": pl.String, "variable": pl.String, "value": pl.String})


@dataclass(frozen=True)
class Outcome:
    """What reading and validation made of one case."""

    name: str
    fate: str
    messages: list[str]
    seconds: float = 0.0
    is_foretold: bool = True  # `panel check` finds what Great Expectations finds


def outcomes(root: Path, cases: Sequence[Broken]) -> list[Outcome]:
    """Return what became of each case, and whether `panel check` would have said so."""
    workspace = create_workspace(root)
    nobody_else = intake.KnownPeople(pl.Series(IDS), {})
    write_definitions(workspace.surveys, {"w01": "case*"}, member_ids="as_delivered")
    (survey,) = survey_files.read_surveys(workspace.surveys)
    refused, readings = [], []
    for case in cases:
        path = root / f"case{case.ending}"
        path.write_bytes(case.content)
        start = time.perf_counter()
        try:
            reading = intake.read(workspace, survey, "w01", path, path.name, known=nobody_else, enrol=False)
            readings.append((case, reading, time.perf_counter() - start))
        except DeliveryError as error:
            refused.append(Outcome(case.name, QUARANTINED, [str(error)], time.perf_counter() - start))
        assert path.read_bytes() == case.content
    to_validate = [intake.to_validate(reading, PROFILE, {}) for _, reading, _ in readings]
    reports = validation.validate(to_validate)
    told_by_rows = [validation.looked_up(one) for one in to_validate]
    judged = [
        Outcome(case.name, HELD if report.is_held else ACCEPTED, report.faults, seconds, is_same(report, told))
        for (case, _, seconds), report, told in zip(readings, reports, told_by_rows, strict=True)
    ]
    return [*refused, *judged]


def is_same(found: validation.ValidationReport, told: validation.ValidationReport) -> bool:
    """Return whether two reports have the same results, the same words and the same refused rows."""
    return found.results == told.results and found.refused.equals(told.refused)


def main() -> None:
    """Print the outcome of every case and the peak memory of this process, in kilobytes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found = [vars(one) for one in outcomes(Path(sys.argv[1]) / "panel", corpus())]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (Path(sys.argv[1]) / "outcomes.json").write_text(json.dumps({"outcomes": found, "peak": peak}), encoding="utf-8")


if __name__ == "__main__":
    main()
