"""The words around a newsletter's findings: newsletters/<wave>.yml; in a further language newsletters/<code>/."""

from collections.abc import Collection
from pathlib import Path

from pipeline.definitions import NewsletterWords
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.values import Faults, closest, read_value, spelled_out

FOLDER = "newsletters"


def read_newsletters(
    folder: Path, waves: Collection[str], faults: Faults, *, language: str = ""
) -> dict[str, NewsletterWords]:
    """Return the words of each wave that has a file; a file of no wave is a fault.

    Args:
        language: code of a further language; '' for the survey's main one.
    """
    found = {}
    for path in sorted((folder / FOLDER / language).glob("*.yml")):
        content = read_value(path, folder.parent, faults)
        if content is None:
            continue
        if path.stem not in waves:
            content.fault(f"words for '{path.stem}'", f"a wave{spelled_out(waves)}", closest(path.stem, waves))
        block = Block(content)
        found[path.stem] = NewsletterWords(
            intro=block.text("intro"),
            you_said=tuple(_said_and_done(one) for one in block.list_of_blocks("you_said_we_did")),
            thanks=block.text("thanks"),
            next_survey=block.text("next_survey"),
        )
        block.close()
    return found


def _said_and_done(block: Block) -> tuple[str, str]:
    found = (block.needed_text("you_said"), block.needed_text("we_did"))
    block.close()
    return found
