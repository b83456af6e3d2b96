"""The newsletter's e-mail holds nothing that mail programs drop or block, so that it looks the same in all of them."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from pipeline.theme import read_theme
from reports.newsletter import edition_of
from reports.newsletter_formats import render_editions
from tests.pictures_builder import file_with_pictures
from tests.published_builder import SURVEY
from tests.theme_folder import write_theme

TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "body",
    "div",
    "table",
    "tr",
    "td",
    "th",
    "h1",
    "h2",
    "h3",
    "p",
    "span",
    "strong",
    "br",
    "img",
}
STYLES = {  # what Outlook's, Gmail's and Apple's programs all draw
    *("background-color", "border", "border-top", "border-bottom", "color", "display", "font-family", "font-size"),
    *("font-weight", "height", "line-height", "margin", "max-height", "max-width", "overflow", "padding"),
    *("padding-top", "padding-bottom", "vertical-align", "width", "text-align"),
}
DISPLAYS = {"none", "block", "inline-block"}
CLIPPED_BYTES = 102_400  # Gmail shows the rest on another page


class Parts(HTMLParser):
    """Every tag with its attributes, and every comment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.comments: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.fixture(scope="module")
def email(tmp_path_factory: pytest.TempPathFactory) -> str:
    theme = read_theme(write_theme(tmp_path_factory.mktemp("theme")))
    file = file_with_pictures()
    said = (("intro", "Hello.", None), ("thanks", "Thanks.", None), ("you_said", "Tell us.", "We write."))
    file.tables["newsletter_words"] = [
        {"survey": SURVEY, "wave": "w04", "part": part, "place": place, "text": text, "answer": answer}
        for place, (part, text, answer) in enumerate(said)
    ]
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public", theme=theme)
    files = render_editions(edition, title="Our panel", generated_at=datetime(2025, 5, 2, tzinfo=UTC))
    return files["email.html"].decode()


def test_it_is_not_clipped(email: str) -> None:
    assert len(email.encode()) < CLIPPED_BYTES


def test_it_is_made_of_tags_and_styles_that_every_program_draws(email: str) -> None:
    tags = Parts(email).tags
    assert {tag for tag, _ in tags} <= TAGS
    styles = [one.split(":", 1) for _, about in tags for one in about.get("style", "").split(";") if one.strip()]
    assert {name.strip() for name, _ in styles} <= STYLES
    assert {value.strip() for name, value in styles if name.strip() == "display"} <= DISPLAYS
    assert not any(re.search(r"var\(|calc\(|url\(|rgba|!important", value) for _, value in styles)
    assert not any("class" in about or "id" in about for _, about in tags), "there is no style sheet to name them"


def test_every_layout_is_a_table_of_presentation_and_every_other_table_has_headings(email: str) -> None:
    tags = Parts(email).tags
    layouts = [about for tag, about in tags if tag == "table" and about.get("role") == "presentation"]
    assert len(layouts) >= 2
    assert all({"cellpadding", "cellspacing", "border"} <= set(about) for about in layouts)
    data = [about for tag, about in tags if tag == "table" and about.get("role") != "presentation"]
    assert len([1 for tag, about in tags if tag == "th" and about.get("scope") == "col"]) == 3 * len(data)


def test_pictures_have_a_text_a_size_and_lie_beside_the_email(email: str) -> None:
    pictures = [about for tag, about in Parts(email).tags if tag == "img"]
    assert len(pictures) == 1 + 4 + 2
    for about in pictures:
        assert len(about["alt"]) > 10
        assert about.get("width", about.get("height", "")).isdigit(), "Outlook knows no size of a style"
        assert "background-color" in about["style"] or about["src"] == "logo.png"
        assert re.fullmatch(r"(charts/\w+|logo)\.png", about["src"]), "no SVG, no data:, no address of another place"
    assert "http" not in re.sub(r'xmlns="[^"]+"|http-equiv', "", email)


def test_nothing_runs_or_is_fetched(email: str) -> None:
    tags = Parts(email).tags
    assert not any(name.startswith("on") for _, about in tags for name in about)
    assert not any("href" in about or "background" in about for _, about in tags)


def test_outlook_has_a_table_of_fixed_width_and_every_other_program_none(email: str) -> None:
    comments = Parts(email).comments
    opening = [one for one in comments if one.startswith("[if mso]>") and 'width="600"' in one]
    closing = [one for one in comments if one.startswith("[if mso]>") and "</table>" in one]
    assert len(opening) == len(closing) == 1
    assert opening[0].endswith("<![endif]")


def test_dark_mode_may_turn_its_colours_round(email: str) -> None:
    about = {one["name"]: one["content"] for tag, one in Parts(email).tags if tag == "meta" and "name" in one}
    assert about["color-scheme"] == about["supported-color-schemes"] == "light dark"
    inked = [one["style"] for tag, one in Parts(email).tags if tag in ("td", "p") and "color:" in one.get("style", "")]
    assert inked
    assert 'lang="en"' in email
    assert email.lower().startswith("<!doctype html>")
