"""The other formats of a newsletter: for e-mail, as plain text, easy to read, for print; charts as pictures."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.theme import Theme
from reports import charts, words
from reports.claims import ChangeLine
from reports.edition import Edition
from reports.findings import Finding
from reports.foreign_text import plain
from reports.language import Language
from reports.newsletter import newsletter_page
from reports.newsletter_pdf import newsletter_pdf
from reports.page_templates import dressed, template
from reports.pictures import Picture
from reports.sentences import VERDICTS
from reports.weight_picture import as_png

LINE = 76  # characters of a line of the plain text
PAPER = "#ffffff"


def render_editions(edition: Edition, *, title: str, generated_at: datetime) -> dict[str, bytes]:
    """Return a newsletter's files by relative path: e-mail, plain text, easy read, PDF, and charts as PNG.

    Args:
        title: of the survey, as people know it.
        generated_at: when the wave was released; the same inputs give the same bytes.
    """
    page, drawn = newsletter_page(edition, title, generated_at)
    theme = edition.theme
    css = dressed("charts.css", theme)
    pictures = {name: charts.for_print(svg, css) for name, svg in drawn.items()}
    on_paper = {name: charts.for_print(svg, css, ground=PAPER) for name, svg in drawn.items()}
    language = edition.language
    easy = [_easy(language, finding) for finding in page["findings"]]
    return {
        "email.html": template("email.html", theme).render(page).encode(),
        "newsletter.txt": plain_text(page).encode(),
        "easy-read.html": template("easy_read.html", theme)
        .render(page, easy=language.table("easy_read"), told=easy)
        .encode(),
        "newsletter.pdf": newsletter_pdf(page, on_paper, generated_at, theme),
        **{f"charts/{name}.png": as_png(svg) for name, svg in pictures.items()},
        **_logo(theme),
    }


def _logo(theme: Theme) -> dict[str, bytes]:
    """Return the logo as a file beside the e-mail, whose readers show no other kind."""
    if theme.logo is None:
        return {}
    return {"logo.png": theme.logo.content if theme.logo.format == "png" else as_png(theme.logo.content.decode())}


def plain_text(page: Mapping[str, Any]) -> str:
    """Return the newsletter for programs that show no HTML."""
    masthead, said, texts = page["masthead"], page["editor"], page["words"]
    parts = [_heading(masthead["page_title"], "="), *(text for _, text in page["review"]), masthead["standfirst"]]
    if masthead["is_provisional"]:
        parts.append(texts["provisional_banner"])
    if masthead["notice"]:
        parts.append(f"{texts['correction']}: {masthead['notice']}")
    parts += [said["intro"], _heading(texts["findings_heading"], "-")]
    parts += [_finding_text(finding) for finding in page["findings"]]
    if page["others"]:
        parts.append(_heading(texts["other_headlines"], "-"))
        parts.append("\n".join(f"* {one.label}: {one.answers}: {one.figure} ({one.range})" for one in page["others"]))
    if page["answers"]:
        parts += [_heading(page["language"].text("pictures.answers_heading"), "-"), *_picture_text(page["answers"])]
    if page["groups"]:
        parts.append(_heading(page["language"].text("pictures.groups_heading"), "-"))
        parts += [f"{one.title.upper()}\n{one.description}" for one in page["groups"]] + [page["groups_note"]]
    if said["you_said"]:
        parts.append(_heading(texts["you_said_heading"], "-"))
        parts += [f"{texts['you_said']}: {one}\n{texts['we_did']}: {done}" for one, done in said["you_said"]]
    parts += [_heading(texts["who_heading"], "-"), page["people"].sentence]
    if page["people"].curves:
        parts.append(page["people"].curves.description)
    parts += [said["thanks"], said["next_survey"], texts["uncertainty_text"], masthead["figures_from"]]
    return "\n\n".join(_wrapped(plain(part)) for part in parts if part) + "\n"


def _picture_text(picture: Picture) -> list[str]:
    return [picture.description, picture.key]


def _finding_text(finding: Finding) -> str:
    changes = "\n".join(f"* {line.text}" for line in finding.changes)
    return "\n".join(part for part in (plain(finding.label).upper(), finding.sentence, changes, finding.base) if part)


def _heading(text: str, under: str) -> str:
    return f"{text}\n{under * min(len(plain(text)), LINE)}"


def _wrapped(text: str) -> str:
    import textwrap

    lines = [textwrap.wrap(line, LINE, subsequent_indent="  " * line.startswith("* ")) for line in text.split("\n")]
    return "\n".join(piece for line in lines for piece in line)


def _easy(language: Language, finding: Finding) -> dict[str, Any]:
    """Return a finding in two short sentences; a change only in words that a test allows."""
    whole = re.fullmatch(r"(\d+)%", finding.figure)
    share = language.text("easy_read.too_few")
    if whole:
        share = language.say("easy_read.finding", share=whole.group(1), answers=finding.answers)
    changes = [_easy_change(language, line) for line in finding.changes if line.since and line.verdict in VERDICTS]
    return {
        "label": finding.label,
        "wording": finding.wording,
        "sentence": words.capital(share),
        "share": int(whole.group(1)) if whole else None,
        "changes": changes,
    }


def _easy_change(language: Language, line: ChangeLine) -> str:
    return language.say(f"easy_read.{line.verdict.replace(' ', '_')}", since=line.since)
