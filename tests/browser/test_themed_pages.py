"""Pages in a theme of a workspace, in real Chromium: readable in light and dark, and asking for nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import pages
from pipeline.settings import read_workspace
from tests.browser.chromium import Page, open_browser
from tests.nights import SURVEY, Panel
from tests.theme_folder import write_theme

WAVE = f"public/{SURVEY}/w02"
PAGES = (
    *(f"{WAVE}/{name}.html" for name in ("newsletter", "easy-read", "email", "methods")),
    "public/explorer/index.html",
    "public/codebook/index.html",
    f"attrition/{SURVEY}.html",
    f"public/{SURVEY}/trend-report.html",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    with open_browser(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture(scope="module")
def folder(demo_run: tuple[Panel, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the published folder of a panel whose pages were made again in a theme."""
    panel = demo_run[0].copy_to(tmp_path_factory.mktemp("themed") / "panel")
    write_theme(panel.root)
    workspace = read_workspace(panel.root)
    pages.write_newsletter(workspace, SURVEY, "w02")
    for write in (pages.write_explorer, pages.write_codebook):
        assert write(workspace)
    for write_of_survey in (pages.write_attrition, pages.write_trend_report):
        assert write_of_survey(workspace, SURVEY)
    return workspace.published


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_in_a_theme(page: Page, folder: Path, name: str, scheme: str) -> None:
    page.faults.clear()
    page.requested.clear()
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.open((folder / name).as_uri())
    assert page.axe_violations() == []
    assert [one for one in page.requested if not one.startswith(("file:", "data:"))] == []
    assert page.faults == []
    assert page.run("[...document.images].every(one => one.naturalWidth > 0)")


@pytest.mark.parametrize("name", [name for name in PAGES if not name.endswith("email.html")])
def test_a_page_is_set_in_the_fonts_of_the_theme(page: Page, folder: Path, name: str) -> None:
    page.open((folder / name).as_uri())
    font = "getComputedStyle(document.querySelector('{}')).fontFamily.split(',')[0]"
    assert page.run(font.format("h1")) == ("Verdana" if "easy-read" in name else "Georgia")
    assert page.run(font.format("body")) == "Verdana"
