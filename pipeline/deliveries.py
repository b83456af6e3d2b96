"""Which delivered file belongs to which survey's member list or wave, and to which part of the wave, by its name.

A part is named as declared, `web`; each file of a part that adds rows is one of its own, `late/returns_2.csv`, so that
it supersedes nothing but an earlier file of the same name. So is each file of mailings.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from pipeline.definitions import CROSSWALK, MAILINGS, Part, Survey, Wave
from pipeline.errors import DefinitionError

ROSTER = "roster"


@dataclass(frozen=True, order=True)
class Owner:
    """Whose delivery a file is: `source` is the member list, the crosswalk, the mailings or a wave."""

    survey: str
    source: str
    part: str = ""

    @property
    def name(self) -> str:
        """Return how messages call it."""
        return named(self.source, self.part)


def match(file_name: str, surveys: Sequence[Survey]) -> Owner | None:
    """Return whose delivery a file is; None when no definition names it.

    A name written out in full wins over a pattern.

    Args:
        file_name: path relative to the inbox, with forward slashes.
        surveys: those that the file may belong to.

    Raises:
        DefinitionError: several definitions name the file, so that nobody can tell whose it is.
    """
    found = [
        (pattern, Owner(survey.survey, source, _slot(source, part, file_name)))
        for survey in surveys
        for source, part, pattern in file_patterns(survey)
        if fits(file_name, pattern)
    ]
    exact = [one for one in found if one[0] == file_name]
    owners = sorted({owner for _, owner in exact or found})
    if len(owners) > 1:
        told = ", ".join(f"{owner.survey} {owner.name}" for owner in owners)
        raise DefinitionError(
            f"{file_name}: named by {told}, expected one of them. Narrow 'source.file' in the other definitions."
        )
    return owners[0] if owners else None


def part_now(survey: Survey, source: str, file_name: str, stored: str) -> str | None:
    """Return which part of its source a stored delivery is now, as definitions may have changed; None if it is none.

    Args:
        stored: the part it was taken in as.
    """
    owner = match(file_name, [survey])
    if owner is not None and owner.source == source:
        return owner.part
    for part in survey.wave(source).delivered_parts if survey.has_wave(source) else ():
        if part.part == part_of(stored):
            return _slot(source, part, file_name)
    return None if survey.has_wave(source) else stored


def file_patterns(survey: Survey) -> list[tuple[str, Part | None, str]]:
    """Return each source of a survey, and each part of it, with the file or pattern of files it is delivered in."""
    listed = [(ROSTER, None, survey.roster.file)] if survey.has_member_list else []
    linked = [(CROSSWALK, None, survey.crosswalk.file)] if survey.crosswalk else []
    waves = [(wave.wave, part, part.source.file) for wave in survey.waves for part in wave.delivered_parts]
    sent = [(MAILINGS, None, survey.mailings.source.file)] if survey.mailings else []
    return [*listed, *linked, *sent, *waves]


def fits(file_name: str, pattern: str) -> bool:
    """Return whether a relative path fits a pattern, folder by folder; case counts."""
    parts, patterns = PurePosixPath(file_name).parts, PurePosixPath(pattern).parts
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def is_latest(survey: Survey, source: str, delivered: Collection[str]) -> bool:
    """Return whether none of the delivered waves is later than this one."""
    numbers = {wave.wave: wave.wave_number for wave in survey.waves}
    return max((numbers[one] for one in delivered if one in numbers), default=0) <= numbers.get(source, 0)


def part_of(part: str) -> str:
    """Return the declared part of a delivery; a file of a part that adds rows has a longer name."""
    return part.split("/", 1)[0]


def named(source: str, part: str) -> str:
    """Return how messages call a delivery: `w03`, or `w03 (paper)`."""
    return f"{source} ({part.lstrip('/')})" if part else source


def place_of(wave: Wave, part: str) -> tuple[int, str]:
    """Return where a delivery stands among those of its wave: by the declared order, then by the names of files."""
    order = wave.both_answered or tuple(one.part for one in wave.parts)
    declared = part_of(part)
    return (order.index(declared) if declared in order else len(order), part)


def missing_parts(wave: Wave, parts: Collection[str]) -> tuple[str, ...]:
    """Return the parts of a wave of which nothing is in use; those that only add rows are not waited for.

    Args:
        parts: of the deliveries in use.
    """
    here = {part_of(part) for part in parts}
    return tuple(part.part for part in wave.parts if not part.adds and part.part not in here)


def _slot(source: str, part: Part | None, file_name: str) -> str:
    if source == MAILINGS:
        return f"/{PurePosixPath(file_name).name}"  # of no declared part: each file adds rows
    if part is None:
        return ""
    return f"{part.part}/{PurePosixPath(file_name).name}" if part.adds else part.part
