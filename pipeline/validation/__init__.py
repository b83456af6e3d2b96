"""The only user of Great Expectations: rules become a suite, the suite runs on DuckDB, a report comes back."""

from pipeline.validation.expected import import_seconds
from pipeline.validation.report import RuleResult, ValidationReport, check_rows
from pipeline.validation.rows import DeliveryToValidate
from pipeline.validation.run import judging, looked_up, validate

__all__ = [
    "DeliveryToValidate",
    "RuleResult",
    "ValidationReport",
    "check_rows",
    "import_seconds",
    "judging",
    "looked_up",
    "validate",
]
