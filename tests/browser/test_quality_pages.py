"""The data-quality pages in real Chromium: on a phone no table scrolls sideways, and each figure has a name."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.browser.chromium import Page, open_browser
from tests.unit import test_quality_pages as made

PHONE, DESK = 390, 1280
WAVES = [f"w{number:02d}" for number in range(1, 9)]
MEASURES = ("rows_refused", "item_nonresponse", "flag_speeding", "flag_gibberish", "flag_duplicated_device")
SIDEWAYS = """[...document.querySelectorAll(".scroll")].filter(one => one.scrollWidth > one.clientWidth + 1)
  .map(one => one.getAttribute("aria-labelledby"))"""
NAMES = """[...document.querySelectorAll("table")].map(table => [
  [...table.querySelectorAll("thead th")].slice(1).map(one => one.textContent.trim()),
  [...table.querySelectorAll("tbody tr")].map(row => [...row.querySelectorAll("td")].map(cell =>
    cell.textContent.trim() && getComputedStyle(cell, "::before").content.replaceAll('"', "")))])"""
SMALLEST = """Math.min(...[...document.querySelectorAll("table td, table th[scope=row]")].filter(
  one => one.textContent.trim()).map(one => parseFloat(getComputedStyle(one).fontSize)))"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Path]]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    folder: Path = tmp_path_factory.mktemp("quality")
    rows = [("panel", wave, measure, 1234 * place, 98_765) for place, wave in enumerate(WAVES) for measure in MEASURES]
    quality = pl.DataFrame(rows, schema=["survey", "wave", "measure", "n_found", "n_of"], orient="row")
    effects = pl.DataFrame([made.EFFECT], infer_schema_length=None)
    came = made.deliveries({"n_delivered": 1_000_000, "n_accepted": 999_000, "n_refused": 1000})
    pages = made.pages({"rule": "key-unique"}, made.BROKEN, came=came, quality=quality, effects=effects)
    for name, html in pages.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(html, encoding="utf-8")
    with open_browser(folder) as page:
        yield page, folder


@pytest.mark.parametrize("name", ["index.html", "panel/w01.html"])
def test_on_a_phone_nothing_scrolls_sideways_and_each_figure_is_named(tab: tuple[Page, Path], name: str) -> None:
    page, folder = tab
    page.open((folder / name).as_uri(), width=PHONE)
    assert page.run("document.documentElement.scrollWidth") <= PHONE
    assert page.run(SIDEWAYS) == []
    tables = page.run(NAMES)
    assert tables
    for columns, rows in tables:
        for cells in rows:
            told = [(cell, column) for cell, column in zip(cells, columns, strict=True) if cell]
            assert all(cell in (column, "none") for cell, column in told), told  # none: the picture of a line
            assert any(cell == column for cell, column in told)
    assert page.run(SMALLEST) > 12
    assert page.axe_violations() == []
    assert page.faults == []


def test_on_a_desk_columns_are_named_once_above_them(tab: tuple[Page, Path]) -> None:
    page, folder = tab
    page.open((folder / "index.html").as_uri(), width=DESK)
    assert {cell for _, rows in page.run(NAMES) for cells in rows for cell in cells if cell} == {"none"}
    assert page.run("document.querySelector('thead').getBoundingClientRect().height") > 15
    assert page.run(SIDEWAYS) == []
