"""What a person must decide of an adopted panel: numbered, each with what was done meanwhile and where to change it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """One thing that nobody but a person can know."""

    question: str
    found: str
    suggested: str  # and done, until somebody changes it
    where: str


def decisions_text(title: str, decisions: Sequence[Decision]) -> str:
    """Return DECISIONS.md."""
    lines = [
        f"# {title}: what to decide",
        "",
        "The panel works as it is: each suggestion below is in the definitions already. Go through them, change what "
        "is wrong, and run `panel nightly` again. Nothing goes out before `panel finalise` and `panel approve`.",
    ]
    for number, one in enumerate(decisions, start=1):
        lines += [
            "",
            f"## {number}. {one.question}",
            "",
            f"* Found: {one.found}",
            f"* Suggested, and done: {one.suggested}",
            f"* Change it in: {one.where}",
        ]
    return "\n".join(lines) + "\n"


def decision_lines(decisions: Sequence[Decision]) -> list[str]:
    """Return the same for the terminal, two lines each."""
    found = []
    for number, one in enumerate(decisions, start=1):
        found += [f"{number:>3}. {one.question} {one.found}", f"     -> {one.suggested} ({one.where})"]
    return found
