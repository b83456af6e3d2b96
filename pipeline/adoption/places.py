"""Where a decision is carried out, and names in a sentence."""

from pipeline.adoption.assembly import Found

LONGEST_LIST = 12  # names that a decision spells out


def listed(names: list[str]) -> str:
    """Return names in a sentence, shortened when they are many."""
    more = f" and {len(names) - LONGEST_LIST} more" if len(names) > LONGEST_LIST else ""
    return ", ".join(names[:LONGEST_LIST]) + more


def folder_of(found: Found) -> str:
    """Return the folder of the survey."""
    return f"surveys/{found.survey}"


def survey_file(found: Found) -> str:
    """Return the path of survey.yml."""
    return f"{folder_of(found)}/survey.yml"
