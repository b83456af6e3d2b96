"""The newsletter of one wave: a page for members and the public, made from the published file alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline import disclosure
from pipeline.theme import PLAIN, Theme
from pipeline.translations import EDITOR_TEXTS, POPULATION, TITLE, WE_DID, YOU_SAID
from reports import charts, published, words
from reports.answers_picture import answers_picture
from reports.corrections import corrections
from reports.edition import Edition, chosen_weight
from reports.findings import headline_findings
from reports.groups_picture import group_pictures
from reports.language import ENGLISH, Language
from reports.method import margin_rows, method_lines
from reports.page_templates import dressed, template
from reports.participation import Participation, participation
from reports.published import SUPPLIED
from reports.sentences import UNTESTED_INFERENCE
from reports.survey_texts import survey_texts

MAIN_FINDINGS = 4  # told at length; every other declared headline stands in the table after them
USUAL_CONFIDENCE = 0.95
PAGE = "newsletter.html"


def edition_of(
    read: published.Read,
    survey: str,
    wave: str,
    *,
    disclosure_profile: str,
    weight_id: str | None = None,
    headline_items: Sequence[str] = (),
    headline_family: str | None = None,
    confidence: float = USUAL_CONFIDENCE,
    language: Language = ENGLISH,
    theme: Theme = PLAIN,
) -> Edition:
    """Return one wave as it is to be told.

    Args:
        read: answers SQL with the rows of the published file.
        weight_id: None for the one that `chosen_weight` finds.
        headline_items, headline_family: the items of the headline family and its name, for a file that does not
            publish its families.
        confidence: the level at which the published intervals were made.
        language: in which it is told.

    Raises:
        DefinitionError: no such disclosure profile exists.
    """
    profile = disclosure.disclosure_profile(disclosure_profile)
    family, declared = published.headline_family(read, survey)
    family = headline_family or family
    weight_id = weight_id or chosen_weight(read, survey, wave, family)
    items, texts = tuple(headline_items or declared), survey_texts(read, survey, language)
    return Edition(read, survey, wave, weight_id, profile, confidence, family, items, texts, theme)


def render_newsletter(edition: Edition, *, title: str, generated_at: datetime) -> dict[str, str]:
    """Return the files of a newsletter's web page by relative path: the page, and each of its charts as SVG.

    Args:
        title: of the survey, as people know it.
        generated_at: the only thing on the page that is not in the published file.

    Raises:
        DefinitionError: no such wave is published.
    """
    page, drawn = newsletter_page(edition, title, generated_at)
    css = dressed("charts.css", edition.theme)
    files = {f"charts/{name}.svg": charts.standalone(svg, css) for name, svg in drawn.items()}
    return {PAGE: template("newsletter.html", edition.theme).render(page), **files}


def newsletter_page(edition: Edition, title: str, generated_at: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what every format of a newsletter tells, and its charts as SVG by name."""
    findings = headline_findings(edition)
    people = participation(edition)
    page: dict[str, Any] = {
        "language": edition.language,
        "words": edition.language.table("newsletter"),
        "masthead": _masthead(edition, title, generated_at),
        "review": edition.texts.notices(has_others=False),
        "told_in": edition.texts.told_in(PAGE),
        "editor": _editor(edition),
        "findings": findings[:MAIN_FINDINGS],
        "others": findings[MAIN_FINDINGS:],
        "others_note": _others_note(edition),
        "answers": answers_picture(edition, list(dict.fromkeys(finding.item for finding in findings))),
        "groups": group_pictures(edition, findings[:MAIN_FINDINGS]),
        "groups_note": edition.language.say("pictures.groups_note", level=edition.level),
        "people": people,
        "method": method_lines(edition),
        "margins": margin_rows(edition),
    }
    told = [page["answers"], *page["groups"], people.curves]
    drawn = {finding.finding_id: finding.chart for finding in findings} | _people_chart(people)
    return page, drawn | {picture.chart_id: picture.chart for picture in told if picture}


def _people_chart(people: Participation) -> dict[str, str]:
    return {people.chart_id: people.chart} if people.chart else {}


def _editor(edition: Edition) -> dict[str, Any]:
    """Return what an editor wrote around the findings, in the language of the edition."""
    said, texts, wave = published.editor_words(edition.read, edition.survey, edition.wave), edition.texts, edition.wave
    pairs = [
        (texts.text(you_said, YOU_SAID, wave, str(place)), texts.text(we_did or "", WE_DID, wave, str(place)))
        for place, (you_said, we_did) in enumerate(said["you_said"], start=1)
    ]
    return {part: texts.text(said[part], part, wave) for part in EDITOR_TEXTS} | {"you_said": pairs}


def _masthead(edition: Edition, title: str, generated_at: datetime) -> dict[str, Any]:
    facts, language = edition.facts, edition.language
    title = edition.texts.text(title, TITLE)
    page_title = language.say("newsletter.page_title", title=title, number=facts["wave_number"])
    if edition.is_provisional:
        page_title = language.say("newsletter.provisional_title", page_title=page_title)
    return {
        "title": title,
        "page_title": page_title,
        "wave": language.say("words.number_of_wave", number=facts["wave_number"]),
        "is_provisional": edition.is_provisional,
        "dates": words.capital(words.dates(language, facts["fieldwork_start"], facts["fieldwork_end"])),
        "release": _release(edition),
        "answered": words.count(language, edition.shown_count(facts["n_respondents"])),
        "speaks_for": _speaks_for(edition),
        "notice": _notice(edition),
        "standfirst": _standfirst(edition),
        "made": words.day(language, generated_at.date()),
        "made_at": generated_at.isoformat(timespec="seconds"),
        "figures_from": language.say("newsletter.figures_from", survey=edition.survey, wave=edition.wave),
    }


def _notice(edition: Edition) -> str:
    """Return why the release was corrected and what moved; empty for a first release."""
    told = corrections(edition.read, edition.language, edition.texts)
    found = [one for one in told if one.release_id == edition.facts["release_id"]]
    if not found:
        return edition.texts.untranslated(published.correction_notice(edition.read, edition.facts["release_id"]))
    return f"{edition.texts.untranslated(found[0].notice)} {words.capital(found[0].moved)}".strip()


def _release(edition: Edition) -> str:
    status = edition.language.table("status")
    return words.capital(status.get(edition.facts["release_status"], status["provisional"]))


def _others_note(edition: Edition) -> str:
    told = edition.language.table("newsletter")
    if edition.is_tested:
        return str(told["other_headlines_note"])
    return str(told["other_headlines_untested" if edition.family_items else "other_headlines_undeclared"])


def _standfirst(edition: Edition) -> str:
    kinds = {UNTESTED_INFERENCE: "standfirst_unweighted", SUPPLIED: "standfirst_supplied"}
    key, language = kinds.get(edition.inference, "standfirst"), edition.language
    n = words.count(language, edition.shown_count(edition.facts["n_respondents"]))
    return language.say(f"newsletter.{key}", n=n)


def _speaks_for(edition: Edition) -> str:
    if edition.inference in (UNTESTED_INFERENCE, SUPPLIED):
        return ""
    name = published.survey_facts(edition.read, edition.survey).get("population_name")
    return edition.texts.text(words.capital(name or ""), POPULATION)
