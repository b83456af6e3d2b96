"""The newsletter in Welsh: whole in Welsh, what is not translated marked as English, and a draft said to be one."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from reports.foreign_text import plain
from reports.language import language
from reports.newsletter import edition_of, render_newsletter
from reports.newsletter_formats import render_editions
from reports.survey_texts import SurveyTexts
from tests.bilingual_builder import ENGLISH_WORDS, Spoken, bilingual
from tests.published_builder import ITEMS, SURVEY, PublishedFile, published_file

MADE = datetime(2025, 5, 2, 2, 0, tzinfo=UTC)


def edited() -> PublishedFile:
    """Return a bilingual file in which an editor wrote around the findings."""
    file = bilingual()
    file.tables["newsletter_words"] = [
        {"survey": SURVEY, "wave": "w04", "part": part, "place": place, "text": text, "answer": answer}
        for place, (part, text, answer) in enumerate(
            [("intro", "Thank you.", None), ("you_said", "You want to know.", "We write.")]
        )
    ]
    return file


def files(code: str, file: PublishedFile | None = None) -> dict[str, str]:
    file = file or edited()
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public", language=language(code))
    about: dict[str, Any] = {"title": "Our panel", "generated_at": MADE}
    made = {name: content for name, content in render_editions(edition, **about).items() if name.endswith(("l", "t"))}
    return render_newsletter(edition, **about) | {name: content.decode() for name, content in made.items()}


@pytest.fixture(scope="module")
def welsh() -> dict[str, str]:
    return files("cy")


@pytest.mark.parametrize("name", ["newsletter.html", "email.html", "easy-read.html"])
def test_every_page_says_that_it_is_in_welsh_and_has_no_english_that_is_not_marked(
    welsh: dict[str, str], name: str
) -> None:
    assert re.search(r'<html lang="cy"', welsh[name])
    page = Spoken(welsh[name])
    assert ENGLISH_WORDS.findall(page.said_in("cy")) == []
    assert "Trust in the council" in page.said_in("en")
    assert "Cysylltu data" in page.said_in("cy")


def test_findings_are_told_in_welsh_with_plural_forms_of_welsh(welsh: dict[str, str]) -> None:
    said = Spoken(welsh["newsletter.html"]).said_in("cy")
    assert (
        "61%, o blith aelodau'r panel wedi'u pwysoli i'r boblogaeth, a atebodd “Cefnogi” neu “Cefnogi'n gryf”; "
        "yn debygol o 58% i 64%." in said
    )
    assert "Cododd: 9 pwynt yn uwch nag yn ton 1 (o 6 i 12 pwynt)." in said


def test_a_draft_says_in_both_languages_that_it_awaits_review(welsh: dict[str, str]) -> None:
    for name in ("newsletter.html", "email.html", "easy-read.html"):
        page = Spoken(welsh[name])
        assert "Drafft peiriant yw'r cyfieithiad hwn." in page.said_in("cy")
        assert "No translator has reviewed it yet" in page.said_in("en")
    assert "No translator has reviewed it yet" in " ".join(welsh["newsletter.txt"].split())


def test_english_says_nothing_of_a_review() -> None:
    assert not any("reviewed" in text for text in files("en").values())


def test_a_translation_awaits_review_until_words_and_survey_are_both_reviewed() -> None:
    assert SurveyTexts(language("cy"), ("en", "cy"), is_reviewed=True).awaits_review  # the words of reports are a draft
    assert SurveyTexts(language("en"), ("cy", "en"), is_reviewed=False).awaits_review
    assert not SurveyTexts(language("en"), ("cy", "en"), is_reviewed=True).awaits_review


def test_each_page_leads_to_the_other_language(welsh: dict[str, str]) -> None:
    english = files("en")["newsletter.html"]
    assert '<a href="cy/newsletter.html" lang="cy" hreflang="cy">Darllen yn Gymraeg</a>' in english
    assert '<a href="../newsletter.html" lang="en" hreflang="en">Read in English</a>' in welsh["newsletter.html"]


def test_an_editors_words_are_told_in_welsh_or_marked_as_english(welsh: dict[str, str]) -> None:
    page = Spoken(welsh["newsletter.html"])
    assert "Diolch am ateb." in page.said_in("cy")
    assert "You want to know." in page.said_in("en")


def test_no_mark_is_left_in_any_format(welsh: dict[str, str]) -> None:
    assert not [name for name, text in welsh.items() if plain(text) != text or "\u2068" in text]


def test_a_survey_without_translations_stands_in_english_on_a_welsh_page() -> None:
    file = published_file()
    said = Spoken(files("cy", file)["newsletter.html"])
    assert all(label in said.said_in("en") for label, *_ in list(ITEMS.values())[:4])
    assert ENGLISH_WORDS.findall(said.said_in("cy")) == []


def test_the_pdf_is_in_welsh() -> None:
    edition = edition_of(edited().read(), SURVEY, "w04", disclosure_profile="public", language=language("cy"))
    pdf = render_editions(edition, title="Our panel", generated_at=MADE)["newsletter.pdf"]
    assert b"/Lang(cy)" in pdf
    assert b"/Type/Pages/Count 2" in pdf
    assert b"/Lang(en)" in pdf  # of what is not translated


def test_a_longer_language_is_set_smaller_to_stay_on_two_pages() -> None:
    file = edited()
    for row in file.tables["newsletter_words"]:
        row["text"] = "A longer text than there is room for. " * 30
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public", language=language("cy"))
    pdf = render_editions(edition, title="Our panel", generated_at=MADE)["newsletter.pdf"]
    assert b"/Type/Pages/Count 2" in pdf


def test_a_correction_names_its_figure_in_welsh() -> None:
    file = edited()
    for release in file.tables["releases"]:
        release |= {"release_status": "corrected", "released_at": MADE, "notice": "A code was wrong."}
    for row in file.tables["estimates"]:
        row["statistic"] = "headline"
    (figure,) = file.rows("estimates", item="linking", wave="w04")
    moved = {"release_id": "r1", "estimate_before": 0.5, "estimate_after": 0.61}
    file.tables["revisions"] = [{**figure, **moved}]
    page = Spoken(files("cy", file)["newsletter.html"])
    assert "(Cysylltu data: O blaid, 50.0% cynt, 61.0% nawr)" in page.said_in("cy")
    assert "A code was wrong." in page.said_in("en")
