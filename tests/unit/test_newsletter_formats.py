"""The newsletter for e-mail, as plain text, easy to read and for print: the same findings, in each one's form."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from reports import charts
from reports.newsletter import edition_of
from reports.newsletter_formats import LINE, render_editions
from reports.page_templates import TEMPLATES
from reports.svg import Words
from tests.published_builder import SURVEY, PublishedFile, published_file

MADE = datetime(2025, 5, 2, 2, 0, tzinfo=UTC)
SAID = [
    {"survey": SURVEY, "wave": "w04", "part": part, "place": place, "text": text, "answer": answer}
    for place, (part, text, answer) in enumerate(
        [
            ("intro", "Thank you for answering <again>.", None),
            ("thanks", "Thanks to all.", None),
            ("next_survey", "The next one comes in May.", None),
            ("you_said", "You want to be told.", "The council writes to everyone."),
        ]
    )
]


def formats(file: PublishedFile) -> dict[str, bytes]:
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
    return render_editions(edition, title="Our panel", generated_at=MADE)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    file = published_file()
    file.tables["newsletter_words"] = SAID
    return formats(file)


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_email_is_small_has_no_script_no_style_sheet_and_a_text_for_every_picture(files: dict[str, bytes]) -> None:
    html = files["email.html"].decode()
    tags = Tags(html).tags
    assert len(html.encode()) < 100_000
    assert {tag for tag, _ in tags}.isdisjoint({"script", "style", "link", "svg", "form", "iframe"})
    pictures = [about for tag, about in tags if tag == "img"]
    assert len(pictures) == 5
    assert all(about["alt"] and about["src"] in files for about in pictures)
    assert all(about.get("role") == "presentation" or "cellpadding" in about for tag, about in tags if tag == "table")


def test_every_text_of_the_email_has_its_own_colour_so_that_a_dark_mode_cannot_hide_it(files: dict[str, bytes]) -> None:
    tags = Tags(files["email.html"].decode()).tags
    assert all("color:" in (about.get("style") or "") for tag, about in tags if tag in ("h1", "h2", "h3"))
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags


def test_the_editors_words_stand_in_every_format_and_cannot_break_it(files: dict[str, bytes]) -> None:
    for name in ("email.html", "easy-read.html"):
        html = files[name].decode()
        assert "The council writes to everyone." in html
        assert "<again>" not in html
    text = files["newsletter.txt"].decode()
    assert "You said: You want to be told.\nWe did: The council writes to everyone." in text
    assert "Thanks to all." in text


def test_the_findings_are_the_same_in_every_format(files: dict[str, bytes]) -> None:
    text = " ".join(files["newsletter.txt"].decode().split())
    assert "Rose by 9 points since wave 1 (between 6 and 12 points)." in text
    assert "Rose by 9 points since wave 1 (between 6 and 12 points)." in files["email.html"].decode()


def test_the_plain_text_is_no_wider_than_a_letter(files: dict[str, bytes]) -> None:
    assert max(len(line) for line in files["newsletter.txt"].decode().splitlines()) <= LINE


def test_easy_read_counts_out_of_a_hundred_and_names_a_change_only_where_tested(files: dict[str, bytes]) -> None:
    html = files["easy-read.html"].decode()
    assert "About 61 out of 100 people said: “Support” or “Strongly support”." in html
    assert html.count('class="on"') == 61 + 40 + 37 + 71
    assert html.count("We cannot tell if this changed since wave 3.") == 4
    assert html.count("That is more than in wave 1.") == html.count("That is less than in wave 1.") == 1


def test_a_change_that_is_clear_is_said_in_easy_words() -> None:
    file = published_file()
    for row in file.rows("changes", item="linking", wave_from="w03"):
        row |= {"verdict": "rose", "p_value_corrected": 0.001}
    assert "That is more than in wave 3." in formats(file)["easy-read.html"].decode()


def test_a_provisional_wave_says_so_and_claims_nothing() -> None:
    files = formats(published_file(is_last_provisional=True))
    for name in ("email.html", "newsletter.txt", "easy-read.html"):
        text = files[name].decode()
        assert "provisional" in text.lower()
        assert "Rose by" not in text
        assert "more than in wave" not in text


def test_the_pdf_is_two_tagged_pages_of_a4(files: dict[str, bytes], tmp_path: Path) -> None:
    pdf = files["newsletter.pdf"]
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid" in pdf
    if shutil.which("pdfinfo") is None:
        pytest.skip("pdfinfo is not installed (Debian package poppler-utils)")
    (tmp_path / "n.pdf").write_bytes(pdf)
    about = subprocess.run(["pdfinfo", str(tmp_path / "n.pdf")], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Pages: +2\n", about)
    assert re.search(r"Tagged: +yes\n", about)
    assert "(A4)" in about
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "n.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "The council writes to everyone." in text
    assert "61%" in text


def test_charts_are_pictures_of_twice_the_size(files: dict[str, bytes]) -> None:
    png = files["charts/linking_support.png"]
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 2 * charts.WIDTH


def test_a_chart_for_print_names_every_colour_itself() -> None:
    marks = [charts.Mark("1", 0.5, 0.4, 0.6), charts.Mark("2", 0.6, 0.5, 0.7)]
    css = (TEMPLATES / "charts.css").read_text(encoding="utf-8")
    svg = charts.for_print(charts.trend_chart(marks, Words("c", "T", "D")), css)
    assert fromstring(svg).attrib["width"] == str(charts.WIDTH)
    assert "var(" not in svg
    assert "@media" not in svg
    assert "#0b5f94" in svg


def test_the_same_file_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    file = published_file()
    file.tables["newsletter_words"] = SAID
    assert formats(file) == files
