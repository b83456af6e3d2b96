"""The frozen types of what survey.yml declares of quality: from which values deliveries and answers are flagged."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class WaveComparison:
    """From which difference to the wave before a delivery is flagged."""

    fewest_rows: float = 0.5  # of the rows of the wave before
    share_difference: float = 0.10  # of a category's share, when it is also beyond what chance does


@dataclass(frozen=True)
class SeverityChange:
    """Another severity than usual for the rules of one code, and why."""

    severity: str
    reason: str


@dataclass(frozen=True)
class Grid:
    """Items asked together on one scale; `reversed_items` point the other way than the rest."""

    items: tuple[str, ...]
    reversed_items: tuple[str, ...] = ()

    @property
    def is_mixed(self) -> bool:
        """Return whether a straight line contradicts itself: some items point one way, some the other."""
        return 0 < len(self.reversed_items) < len(self.items)


@dataclass(frozen=True)
class ResponseQuality:
    """From which value each flag of response quality is set (methodology C15); None where it is not looked for."""

    speeding: float | None = 0.3  # of the median time of the same route and mode; below it
    straightlining: float | None = 1.0  # share of grids answered with one answer throughout
    nondifferentiation: float | None = 0.9  # mean over grids of 1 - mean root of the differences
    item_nonresponse: float | None = 0.5  # share of the items asked
    duplicated_text: float | None = 1.0  # other people with the same open answer
    duplicated_device: float | None = 1.0  # other people on the same device
    gibberish: float | None = 0.5  # share of an open answer's letters in words that no language writes so
    inconsistent: float | None = 1.0  # variables of `identity` that differ from what is known of the member
    identity: dict[str, float] = field(default_factory=dict)  # profile variable that stays: by how much it may differ
    remove_at: int | None = None  # strong flags of so many kinds make a nonrespondent; None: nobody is removed
