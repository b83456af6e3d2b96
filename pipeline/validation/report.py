"""What validation found in a delivery: each rule's result, the rows refused, and whether the wave is held."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from pipeline.rules import CRITICAL, FILE_NOTE, INFO, Rule

TAKEN_OUT = ("test-row", "other-sample")  # rows that nobody has to correct
CHECKS = {
    "run_id": pl.String,
    "survey": pl.String,
    "wave": pl.String,
    "file_name": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "item": pl.String,
    "column_name": pl.String,
    "success": pl.Boolean,
    "n_checked": pl.Int64,
    "n_failed": pl.Int64,
    "message": pl.String,
    "checked_at": pl.Datetime,
    "part": pl.String,
}


@dataclass(frozen=True)
class RuleResult:
    """One rule and how a delivery kept it; `found` are values that may be shown, with their rows."""

    rule: Rule
    success: bool
    n_checked: int
    n_failed: int = 0
    found: tuple[tuple[str, int], ...] = ()
    message: str = ""
    row_numbers: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int32), compare=False)


@dataclass(frozen=True)
class ValidationReport:
    """Everything found in one delivery, all faults at once; `seconds` is Great Expectations' own part."""

    survey: str
    wave: str  # or "roster"
    file_name: str
    results: tuple[RuleResult, ...]
    n_delivered: int
    row_tolerance: float
    seconds: float
    part: str = ""

    @property
    def failed(self) -> tuple[RuleResult, ...]:
        """Return the rules that the delivery breaks."""
        return tuple(result for result in self.results if not result.success)

    @property
    def faults(self) -> list[str]:
        """Return the message of every broken rule, critical ones first."""
        ranked = sorted(self.failed, key=lambda result: result.rule.severity != CRITICAL)
        return [result.message for result in ranked if result.rule.severity != INFO]

    @property
    def refused(self) -> pl.DataFrame:
        """Return the rows that cannot be used: row_number, rule, reason; a row once for each rule it breaks."""
        empty = pl.DataFrame(schema={"row_number": pl.Int32, "rule": pl.String, "reason": pl.String})
        broken_rows = [
            pl.DataFrame({"row_number": result.row_numbers}).with_columns(
                pl.lit(result.rule.code).alias("rule"), pl.lit(_reason(result.rule)).alias("reason")
            )
            for result in self.failed
            if result.rule.refuses_rows
        ]
        return pl.concat([empty, *broken_rows]).sort("row_number", "rule", "reason")

    @property
    def drifted(self) -> pl.DataFrame:
        """Return where a profile value differs from what is known of the member: row_number, variable."""
        empty = pl.DataFrame(schema={"row_number": pl.Int32, "variable": pl.String})
        parts = [
            pl.DataFrame({"row_number": result.row_numbers}).with_columns(pl.lit(result.rule.name).alias("variable"))
            for result in self.failed
            if result.rule.code == "profile-drift"
        ]
        return pl.concat([empty, *parts])

    @property
    def is_held(self) -> bool:
        """Return whether a fault of the file, or more faulty rows than tolerated, holds the delivery."""
        critical = [result.rule for result in self.failed if result.rule.severity == CRITICAL]
        if any(not rule.is_row_level for rule in critical):
            return True
        n_faulty = self.refused.filter(~pl.col("rule").is_in(TAKEN_OUT)).get_column("row_number").n_unique()
        return n_faulty > self.row_tolerance * self.n_delivered


def _reason(rule: Rule) -> str:
    return f"{rule.kind.title} (item '{rule.item}')" if rule.item else rule.kind.title


def check_rows(
    reports: Sequence[ValidationReport], run_id: str, checked_at: datetime, notes: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the rows of log.checks: one for each rule that was checked, and one for each note on the files."""
    rows = [
        (
            *(run_id, report.survey, report.wave, report.file_name),
            *(result.rule.code, result.rule.severity, result.rule.item, result.rule.column or result.rule.name),
            *(result.success, result.n_checked, result.n_failed, result.message or None, checked_at),
            report.part,
        )
        for report in reports
        for result in report.results
    ]
    told = [
        (
            *(run_id, report.survey, report.wave, report.file_name),
            *(FILE_NOTE, INFO, None, None, True, report.n_delivered, 0, note, checked_at),
            report.part,
        )
        for report in reports
        for note in notes
    ]
    return pl.DataFrame([*rows, *told], schema=CHECKS, orient="row")
