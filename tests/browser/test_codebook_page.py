"""The codebook in real Chromium: no errors, no network, searchable, and what must be hidden is not in it."""

import shutil
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Page, open_browser
from tests.nights import Panel


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    with open_browser(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture(scope="module")
def address(demo_run: tuple[Panel, object]) -> str:
    return (demo_run[0].root / "published" / "public" / "codebook" / "index.html").as_uri()


def shown(page: Page) -> list[str]:
    found = page.run("[...document.querySelectorAll('article')].filter(one => !one.hidden).map(one => one.id)")
    return [str(one) for one in found]


def test_every_published_item_of_a_released_wave_is_there(
    page: Page, address: str, demo_run: tuple[Panel, object]
) -> None:
    page.faults.clear()
    page.open(address)
    released = (
        "select distinct item from estimates inner join waves using (survey, wave) where release_status = 'final'"
    )
    assert sorted(shown(page)) == sorted(demo_run[0].sql(released)["item"].to_list())
    assert page.faults == []
    assert [one for one in page.requested if not one.startswith(("file:", "data:"))] == []


def test_a_search_leaves_the_items_with_its_words(page: Page, address: str) -> None:
    page.open(address)
    page.press("Tab")
    page.type("linking support")
    assert shown(page) == ["linking_support"]
    assert page.run("document.getElementById('found').textContent").startswith("1 of ")
    page.open(address)
    page.press("Tab")
    page.type("xyzzy")
    assert shown(page) == []


def test_the_share_of_an_answer_is_the_published_one(page: Page, address: str, demo_run: tuple[Panel, object]) -> None:
    page.open(address)
    cells = page.run(
        "[...document.querySelectorAll('#linking_support tbody tr')].find(row => "
        "row.querySelector('th').textContent === 'Tend to support').querySelectorAll('td')[1].textContent"
    )
    share = (
        demo_run[0]
        .sql(
            "select estimate from estimates where wave = 'w02' and item = 'linking_support' and domain = 'all' "
            "and statistic = 'share' and category = 'Tend to support'"
        )
        .item()
    )
    assert cells == f"{int(share * 100 + 0.5)}%"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_no_violation(page: Page, address: str, width: int, scheme: str) -> None:
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.open(address, width=width)
    found = page.axe_violations()
    page.send("Emulation.setEmulatedMedia", features=[])
    assert found == []
    assert page.run("document.documentElement.scrollWidth") <= width


def test_the_page_is_told_in_another_language_and_what_is_not_translated_is_marked(page: Page, address: str) -> None:
    page.open(address)
    page.run("(document.getElementById('language').value = 'cy', "
             "document.getElementById('language').dispatchEvent(new Event('change')))")  # fmt: skip
    label = "document.getElementById('{}-label')"
    translated, left = label.format("linking_support"), label.format("consent_choice")
    assert page.run("document.documentElement.lang") == "cy"
    assert page.run(f"{translated}.textContent").startswith("Cysylltu data")
    assert page.run(f"{translated}.lang") == "cy"
    assert page.run(f"{left}.textContent") == "Choice over planning uses of own data"
    assert page.run(f"{left}.lang") == "en"
    assert page.run("document.getElementById('found').textContent").endswith(" eitem")
    assert page.axe_violations() == []


def test_a_search_finds_words_of_every_language(page: Page, address: str) -> None:
    for words in ("cysylltu cefnogi", "linking support"):
        page.open(address)
        page.press("Tab")
        page.type(words)
        assert shown(page) == ["linking_support"]
