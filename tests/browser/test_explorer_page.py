"""The trend explorer in real Chromium: no errors, no network, usable by keyboard, by screen readers and on a phone."""

import csv
import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import polars as pl
import pytest

from reports.explorer import render_explorer
from reports.explorer_data import explorer_data
from tests.browser.chromium import Page, open_browser
from tests.nights import SURVEY, Panel
from tests.published_builder import PublishedFile, published_file

PHONE = 360
ITEM, OTHER = "linking_support", "trust_data_nhs"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Path]]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    folder = tmp_path_factory.mktemp("chromium")
    with open_browser(folder) as page:
        yield page, folder / "downloads"


@pytest.fixture
def page(browser: tuple[Page, Path]) -> Page:
    browser[0].faults.clear()
    return browser[0]


@pytest.fixture(scope="module")
def address(demo_run: tuple[Panel, object]) -> str:
    """Return the explorer that the demonstration's night wrote."""
    file = demo_run[0].root / "published" / "public" / "explorer" / "index.html"
    assert file.exists()
    return file.as_uri()


def view(address: str, **asked: str) -> str:
    return f"{address}#{urlencode({'survey': SURVEY, **asked})}"


def test_it_opens_from_disk_without_an_error_and_asks_no_network(page: Page, address: str) -> None:
    page.open(address)
    assert page.run("document.querySelectorAll('#chart svg polyline').length") == 1
    assert page.faults == []
    assert [one for one in page.requested if not one.startswith(("file:", "data:"))] == []


def test_it_shows_the_published_figure(page: Page, address: str, demo_run: tuple[Panel, object]) -> None:
    page.open(view(address, item=ITEM, figure="headline:support"))
    shown = page.run("document.querySelector('#table tbody tr:last-child td b').textContent")
    estimate = (
        demo_run[0]
        .sql(
            f"select estimate from estimates inner join waves using (survey, wave) where item = '{ITEM}' "
            "and domain = 'all' and statistic = 'headline' and release_status = 'final' "
            "order by wave_number desc limit 1"
        )
        .item()
    )
    assert shown == f"{estimate * 100:.0f}%"


@pytest.mark.parametrize("width", [1280, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Page, address: str, width: int, scheme: str) -> None:
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.open(view(address, item=ITEM, by="age_group"), width=width)
    found = page.axe_violations()
    assert found == []
    page.send("Emulation.setEmulatedMedia", features=[])


def test_nothing_sticks_out_on_a_phone(page: Page, address: str) -> None:
    page.open(view(address, item=ITEM, by="age_group"), width=PHONE)
    assert page.run("document.documentElement.scrollWidth") <= PHONE
    wide = "[...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll, svg, .quiet-live'))"
    assert page.run(f"{wide}.filter(one => one.getBoundingClientRect().right > {PHONE} + 0.5).length") == 0


def test_a_link_restores_the_view(page: Page, address: str) -> None:
    page.open(view(address, item=OTHER, by="age_group", groups="25-34|65+", figure="share:A great deal"))
    link = page.run("document.getElementById('link').value")
    page.open(link)
    assert page.run("document.getElementById('label').textContent").startswith("Trust in the NHS")
    assert page.run("document.getElementById('figure-name').textContent") == "A great deal"
    headings = page.run("[...document.querySelectorAll('#table thead th')].map(one => one.textContent)")
    assert headings == ["Wave", "25-34", "65+"]


def test_the_keyboard_alone_chooses_question_and_comparison(page: Page, address: str) -> None:
    page.open(address)
    first = page.run("document.getElementById('label').textContent")
    page.press("Tab")
    assert page.run("document.activeElement.id") == "language"
    page.press("Tab")
    assert page.run("document.activeElement.id") == "search"
    page.type("linking data")
    page.press("Tab", "ArrowDown")
    assert page.run("document.activeElement.id") == "item"
    assert page.run("document.getElementById('label').textContent") != first
    page.press("Tab", "Tab")
    assert page.run("document.activeElement.id") == "by"
    page.press("ArrowDown")
    assert page.run("document.querySelectorAll('#table thead th').length") > 2
    assert "Now showing" in page.run("document.getElementById('live').textContent")


def test_the_picture_is_told_in_words(page: Page, address: str) -> None:
    page.open(view(address, item=ITEM))
    words = page.run("document.querySelector('#chart title').textContent")
    assert "Everyone: " in words
    assert "range " in words
    assert page.run("document.querySelector('#chart svg').getAttribute('role')") == "img"


def downloaded(folder: Path, name: str) -> bytes:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        file = folder / name
        if file.exists() and file.stat().st_size:
            return file.read_bytes()
        time.sleep(0.05)
    raise AssertionError(f"{name} was not downloaded; there are {sorted(one.name for one in folder.iterdir())}")


def test_data_and_picture_can_be_taken_away(browser: tuple[Page, Path], address: str) -> None:
    page, folder = browser
    page.open(view(address, item=ITEM, by="age_group"))
    for kind in ("csv", "svg", "png"):
        page.run(f"document.getElementById('get-{kind}').click()")
    rows = list(csv.DictReader(io.StringIO(downloaded(folder, f"{SURVEY}_{ITEM}_age_group.csv").decode("utf-8-sig"))))
    n_waves = page.run("document.querySelectorAll('#table tbody tr').length")
    assert len(rows) == 5 * n_waves
    assert rows[0]["item"] == ITEM
    picture = downloaded(folder, f"{SURVEY}_{ITEM}_age_group.svg").decode()
    assert picture.startswith("<svg")
    assert "var(--" not in picture
    assert downloaded(folder, f"{SURVEY}_{ITEM}_age_group.png")[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_hidden_figure_is_not_in_the_page(demo_run: tuple[Panel, object]) -> None:
    panel = demo_run[0]
    thin = panel.sql(
        "select count(*) from estimates where unweighted_n < 50 and domain <> 'all' and statistic = 'share'"
    ).item()
    assert thin > 0  # else this test shows nothing

    def read(sql: str, parameters: list[object]) -> pl.DataFrame:
        with duckdb.connect(str(panel.published), read_only=True) as connection:
            return connection.sql(sql, params=parameters).pl()

    (survey,) = explorer_data(read)
    bases = [
        point[6] for item in survey["items"] for one in item["series"] for point in one["points"] if len(point) > 3
    ]
    assert min(base for base in bases if base is not None) >= 50
    hidden = [point for item in survey["items"] for one in item["series"] for point in one["points"] if len(point) == 3]
    assert hidden


def reworded() -> PublishedFile:
    """Return a survey of four waves whose question `extra` was asked in other words, as `older`, in the first two."""
    file = published_file()
    file.tables["surveys"][0] |= {"title": "Our panel", "disclosure_profile": "public"}
    for release in file.tables["releases"]:
        release["is_public"] = True
    for row in file.tables["items"]:
        row["topic"] = "topic"
    for row in file.tables["answer_options"]:
        row["missing_kind"] = None
    for row in file.tables["estimates"]:
        row["unweighted_estimate"] = row["estimate"]
        if row["item"] == "extra" and row["wave"] in ("w01", "w02"):
            row["item"] = "older"
    (extra,) = file.rows("items", item="extra")
    file.tables["items"].append({**extra, "item": "older", "item_order": 9, "label": "In older words"})
    file.tables["answer_options"] += [{**row, "item": "older"} for row in file.rows("answer_options", item="extra")]
    file.tables["item_links"] = [
        {"survey": "panel", "item_from": "older", "item_to": "extra", "comparability": "comparable_with_break",
         "note": "Shorter."}
    ]  # fmt: skip
    return file


def test_a_changed_wording_is_marked_as_a_break_and_no_line_crosses_it(page: Page, tmp_path: Path) -> None:
    html = render_explorer(reworded().read())
    assert html is not None
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    page.open(f"{(tmp_path / 'index.html').as_uri()}#survey=panel&item=extra")
    lines = "[...document.querySelectorAll('#chart polyline')].map(one => one.getAttribute('points').split(' ').length)"
    assert page.run(lines) == [2, 2]
    assert "new wording" in page.run("document.getElementById('chart').textContent")
    told = page.run("document.getElementById('versions').textContent")
    assert "The wording changed: the waves before it were asked differently. Shorter." in told
    assert "Earlier wording: In older words" in told


def test_a_wave_in_the_field_is_not_in_the_page(page: Page, address: str, demo_run: tuple[Panel, object]) -> None:
    provisional = demo_run[0].sql("select wave from waves where release_status = 'provisional'")["wave"].to_list()
    assert provisional
    page.open(address)
    assert set(page.run("surveys[0].waves.map(one => one.id)")).isdisjoint(provisional)
