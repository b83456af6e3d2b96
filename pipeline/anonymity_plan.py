"""What a survey declares of how far members' rows are coarsened in the file for researchers."""

from dataclasses import dataclass, field

NOT_SHOWN = "not shown"  # in place of a profile value that would make a member one of fewer than k
USUAL_K = 5  # members of the smallest combination: the usual minimum of files that researchers get under an agreement


@dataclass(frozen=True)
class KAnonymity:
    """No combination of the key variables may be that of fewer than k members."""

    k: int
    keys: tuple[str, ...]  # published domains that others may know of a person, most important first
    collapse: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)  # key: shown category: its categories
    most_not_shown: float = 0.02  # share of members of whom a value may be left out; with more, categories are merged
