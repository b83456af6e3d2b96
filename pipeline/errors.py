"""What can go wrong with a panel's data, one error per person who must act; the only home of exit codes."""


class PanelError(Exception):
    """Base of every error that a user can mend; the message says what, where, found, expected, what to do."""

    exit_code = 3


class UsageError(PanelError):
    """The command or workspace is used wrongly: for whoever typed the command."""

    exit_code = 2


class DefinitionError(PanelError):
    """A definition or margin under surveys/ is wrong: for the survey author."""


class DeliveryError(PanelError):
    """A delivered file cannot be taken in as it is: for fieldwork."""


class StatisticsError(PanelError):
    """What was asked is statistically impossible: for the methodologist."""

    exit_code = 4


class WeightingError(StatisticsError):
    """No weights with the properties asked for exist."""


class EstimationError(StatisticsError):
    """No estimate with the properties asked for exists."""


class WorkspaceBusyError(PanelError):
    """Another run holds the workspace."""

    exit_code = 5


def faults_message(heading: str, faults: list[str]) -> str:
    """Return one message that lists every fault of a file, one to a line."""
    return "\n".join([heading, *(f"  - {fault}" for fault in faults)])
