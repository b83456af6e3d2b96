"""The pages in Welsh in real Chromium, at the width of a desk and of a phone: whole, accessible, without an error."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Page, open_browser
from tests.nights import SURVEY, Panel

WIDTHS = (1280, 390)
EXPLORER = "explorer/index.html#language=cy&item=linking_support&by=qualification"
PAGES = (EXPLORER, f"{SURVEY}/w02/cy/methods.html", f"{SURVEY}/cy/trend-report.html")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    with open_browser(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture(scope="module")
def public(demo_run: tuple[Panel, object]) -> Path:
    return demo_run[0].root / "published" / "public"


def address(public: Path, name: str) -> str:
    path, mark, view = name.partition("#")
    return f"{(public / path).as_uri()}{mark}{view}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_and_the_browser_no_error(page: Page, public: Path, name: str, width: int) -> None:
    page.faults.clear()
    page.open(address(public, name), width=width)
    assert page.run("document.documentElement.lang") == "cy"
    assert page.axe_violations() == []
    assert page.faults == []
    assert [one for one in page.requested if not one.startswith(("file:", "data:"))] == []
    assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_groups_of_an_item_unfold_in_the_trend_report(page: Page, public: Path, width: int) -> None:
    page.open(address(public, f"{SURVEY}/cy/trend-report.html"), width=width)
    page.run("document.querySelector('details').closest('article').id = 'first'")
    tables = "[...document.querySelectorAll('#first details table')].filter(one => one.checkVisibility()).length"
    assert page.run(tables) == 0
    page.run("document.querySelector('#first summary').focus()")
    page.press("Enter")
    assert page.run(tables) == 4
    assert page.axe_violations("#first") == []
    assert page.run("document.documentElement.scrollWidth") <= width
    page.send("Emulation.setEmulatedMedia", media="print")
    folded = "[...document.querySelectorAll('details:not([open]) table')]"
    assert page.run(f"{folded}.length") > 100
    assert page.run(f"{folded}.every(one => one.getBoundingClientRect().height > 50)"), "in print all is there"
    page.send("Emulation.setEmulatedMedia", media="")


def text(page: Page, of: str) -> str:
    return str(page.run(f"document.getElementById('{of}').textContent"))


def test_the_explorer_is_told_in_the_language_chosen_and_back(page: Page, public: Path) -> None:
    page.open(address(public, "explorer/index.html"))
    english = (text(page, "title"), page.run("document.title"))
    choose = "(document.getElementById('language').value = '{}', document.getElementById('language')" \
             ".dispatchEvent(new Event('change', {{bubbles: true}})))"  # fmt: skip
    page.run(choose.format("cy"))
    assert page.run("document.documentElement.lang") == "cy"
    assert text(page, "title") == "Panel Dinasyddion ar ddefnyddio data am bobl"
    assert page.run("document.title") == "Panel Dinasyddion ar ddefnyddio data am bobl: archwilio tueddiadau"
    assert text(page, "get-heading") == "Mynd ag ef gyda chi"
    assert page.run("document.getElementById('search').placeholder") == "Teipiwch air o'r cwestiwn"
    assert "Drafft peiriant" in text(page, "review")
    page.run(choose.format("en"))
    assert (text(page, "title"), page.run("document.title")) == english
    assert page.run("document.documentElement.lang") == "en"
    assert text(page, "review") == ""


def test_a_link_restores_the_view_in_its_language(page: Page, public: Path) -> None:
    page.open(address(public, f"{EXPLORER}&groups=Degree or higher education"))
    link = page.run("document.getElementById('link').value")
    page.open("about:blank")
    page.open(link)
    assert page.run("document.documentElement.lang") == "cy"
    assert text(page, "figure-name") == "Cefnogi: Tueddu i gefnogi + Cefnogi'n gryf"
    headings = page.run("[...document.querySelectorAll('#table thead th')].map(one => one.textContent)")
    assert headings == ["Ton", "Gradd neu addysg uwch"]


def test_what_the_explorer_has_in_english_alone_is_spoken_in_english(page: Page, public: Path) -> None:
    page.open(address(public, "explorer/index.html#language=cy&item=consent_choice"))
    assert page.run("document.querySelector('#label [lang=en]').textContent") == text(page, "label") != ""
    chosen = "document.getElementById('item').selectedOptions[0]"
    assert page.run(f"{chosen}.lang") == "en"
    translated = "[...document.getElementById('item').options].find(one => one.textContent.startsWith('Cysylltu'))"
    assert page.run(f"{translated}.lang") == ""
    assert page.run("document.getElementById('topic').textContent") == "Rhannu data"
    assert page.run("!document.body.innerText.includes('\\u2068')")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [EXPLORER, f"{SURVEY}/w02/cy/newsletter.html"])
def test_no_label_of_a_picture_is_cut_off(page: Page, public: Path, name: str, width: int) -> None:
    page.open(address(public, name), width=width)
    beyond = """[...document.querySelectorAll('svg text')].filter(one => {
        const box = one.getBoundingClientRect(), picture = one.closest('svg');
        const { left, right } = getComputedStyle(picture).overflow === 'visible'
            ? { left: 0, right: window.innerWidth } : picture.getBoundingClientRect();
        return box.right > right + 0.5 || box.left < left - 0.5;
    }).map(one => one.textContent)"""
    assert page.run(beyond) == []
