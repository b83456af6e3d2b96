"""What can go wrong with a panel's data, one error per person who must act; the only home of exit codes."""

import errno
from collections.abc import Sequence


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


class StorageError(PanelError):
    """The computer cannot read or write what it has to: for whoever looks after it."""


_ADVICE = {
    errno.ENOSPC: "Make room on the disk, then run the command again.",
    errno.EDQUOT: "Make room on the disk, then run the command again.",
    errno.EFBIG: "Raise the limit on the size of files, then run the command again.",
    errno.EACCES: "Give this user the right to read and write there, then run the command again.",
    errno.EROFS: "Make the disk writable, then run the command again.",
}
_OTHER_ADVICE = "Put that right, then run the command again."


def storage_error(error: OSError) -> StorageError:
    """Return what the computer could not do in plain words, and what to do about it."""
    where = f"{error.filename}: " if error.filename else ""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    advice = _ADVICE.get(error.errno or 0, _OTHER_ADVICE)
    return StorageError(f"{where}{reason}. {advice} What was there before is there still.")


def names_listed(names: Sequence[str], *, at_most: int = 8, longest: int = 60) -> str:
    """Return the first names for a message, long ones cut."""
    cut = [name if len(name) <= longest else f"{name[: longest - 1]}…" for name in names[:at_most]]
    return f"{', '.join(cut)}{' …' if len(names) > at_most else ''}"


def faults_message(heading: str, faults: list[str]) -> str:
    """Return one message that lists every fault of a file, one to a line."""
    return "\n".join([heading, *(f"  - {fault}" for fault in faults)])
