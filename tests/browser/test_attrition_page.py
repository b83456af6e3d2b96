"""The attrition page in real Chromium: laid out on a desk and on a phone, readable, and asking nobody for anything."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.attrition import render_attrition
from tests.attrition_builder import SURVEY, reader, tables
from tests.browser.chromium import Page, open_browser

TOO_WIDE = """[...document.querySelectorAll("main *, header *")].filter(one => !one.closest(".scroll")
  && one.getBoundingClientRect().right > innerWidth + 0.5).length"""
SMALLEST = """Math.min(...[...document.querySelectorAll("svg.chart text")].map(
  one => one.getBoundingClientRect().height))"""
DRAWN = """[...document.querySelectorAll("svg.chart")].filter(one => one.getBoundingClientRect().height > 60).length"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    folder: Path = tmp_path_factory.mktemp("attrition")
    made = render_attrition(reader(tables()), SURVEY)
    assert made is not None
    (folder / "panel.html").write_text(made, encoding="utf-8")
    with open_browser(folder) as page:
        yield page, (folder / "panel.html").as_uri()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_and_every_word_can_be_read(tab: tuple[Page, str], width: int) -> None:
    page, address = tab
    page.open(address, width=width)
    assert page.run(TOO_WIDE) == 0
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(SMALLEST) > 9
    assert page.run(DRAWN) == 6
    assert page.faults == []
    assert page.requested == [address]


def test_on_a_phone_captions_are_whole_pictures_keep_their_size_and_tables_show_that_they_go_on(
    tab: tuple[Page, str],
) -> None:
    page, address = tab
    page.open(address, width=360)
    ends = "[...document.querySelectorAll('caption')].map(one => one.getBoundingClientRect().right)"
    assert page.run(f"Math.max(...{ends})") <= 360
    assert page.run("document.querySelector('.small svg').getBoundingClientRect().width") <= 272
    assert "local" in page.run("getComputedStyle(document.querySelector('.scroll')).backgroundAttachment")


def test_tables_behind_the_pictures_open(tab: tuple[Page, str]) -> None:
    page, address = tab
    page.open(address)
    assert page.run("document.querySelectorAll('details[open]').length") == 0
    page.run("document.querySelector('summary').click()")
    assert page.run("document.querySelector('details table').getBoundingClientRect().height") > 50
