"""tests/RESULTS.md: the figures of the measuring commands, each of which replaces its own section."""

from pathlib import Path

PAGE = Path(__file__).resolve().parent / "RESULTS.md"
HEADING = "# Results\n\nWritten by the commands that measure; each section names its command. Do not edit by hand.\n"


def replace_section(title: str, lines: list[str], page: Path = PAGE) -> None:
    """Write a section, in the place of the one with the same title or at the end."""
    text = page.read_text(encoding="utf-8") if page.exists() else HEADING
    heading, *sections = text.split("\n## ")
    written = {section.split("\n", 1)[0]: section.split("\n", 1)[1].strip("\n") for section in sections}
    written[title] = "\n" + "\n".join(lines)
    page.write_text(
        "\n".join([heading.rstrip("\n"), *(f"\n## {name}\n{body}" for name, body in written.items())]) + "\n",
        encoding="utf-8",
    )
