"""Which delivered file belongs to which survey's member list or wave, by the names the definitions give."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from pipeline.definitions import CROSSWALK, Survey
from pipeline.errors import DefinitionError

ROSTER = "roster"


def match(file_name: str, surveys: Sequence[Survey]) -> tuple[str, str] | None:
    """Return the survey and source (`roster` or a wave) that a file is a delivery of; None when no definition names it.

    A name written out in full wins over a pattern.

    Args:
        file_name: path relative to the inbox, with forward slashes.
        surveys: those that the file may belong to.

    Raises:
        DefinitionError: several definitions name the file, so that nobody can tell whose it is.
    """
    found = [
        (pattern, survey.survey, source)
        for survey in surveys
        for source, pattern in file_patterns(survey)
        if fits(file_name, pattern)
    ]
    exact = [one for one in found if one[0] == file_name]
    owners = sorted({(survey, source) for _, survey, source in exact or found})
    if len(owners) > 1:
        named = ", ".join(f"{survey} {source}" for survey, source in owners)
        raise DefinitionError(
            f"{file_name}: named by {named}, expected one of them. Narrow 'source.file' in the other definitions."
        )
    return owners[0] if owners else None


def file_patterns(survey: Survey) -> list[tuple[str, str]]:
    """Return each source of a survey with the file, or pattern of files, that it is delivered in."""
    listed = [(ROSTER, survey.roster.file)] if survey.has_member_list else []
    linked = [(CROSSWALK, survey.crosswalk.file)] if survey.crosswalk else []
    return [*listed, *linked, *((wave.wave, wave.source.file) for wave in survey.waves)]


def fits(file_name: str, pattern: str) -> bool:
    """Return whether a relative path fits a pattern, folder by folder; case counts."""
    parts, patterns = PurePosixPath(file_name).parts, PurePosixPath(pattern).parts
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))
