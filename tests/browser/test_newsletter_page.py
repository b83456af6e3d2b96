"""The newsletter in real Chromium: it is laid out on a desk and on a phone, and asks nobody for anything."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reports.newsletter import edition_of, render_newsletter
from tests.published_builder import SURVEY, published_file

PHONE = 360  # CSS pixels: the narrowest phone in common use
QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
MEASURE = """<!doctype html><iframe src="newsletter.html" style="width:{width}px;height:900px;border:0"></iframe>
<script>
document.querySelector("iframe").onload = event => {{
  const inside = event.target.contentDocument;
  const wide = [...inside.querySelectorAll("main *, header *")].filter(one => !one.closest(".scroll")
    && one.getBoundingClientRect().right > {width} + 0.5).length;
  const charts = [...inside.querySelectorAll("svg.chart")].filter(one => one.getBoundingClientRect().height > 20);
  const smallest = Math.min(...[...inside.querySelectorAll("svg.chart text")].map(
    one => one.getBoundingClientRect().height));
  document.body.dataset.found = JSON.stringify({{page: inside.documentElement.scrollWidth, wide,
    charts: charts.length, readable: smallest > 9, style: getComputedStyle(inside.querySelector("h1")).fontSize}});
}};
</script>"""


class Server(ThreadingHTTPServer):
    """Serves the page on loopback and remembers what was asked for."""

    asked: list[str]


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed (Debian package chromium)")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a final newsletter, a provisional one, and pages that measure the final one."""
    where = tmp_path_factory.mktemp("newsletter")
    for name, file in {"final": published_file(), "field": published_file(is_last_provisional=True)}.items():
        edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
        files = render_newsletter(edition, title="Our panel", generated_at=datetime(2025, 5, 2, tzinfo=UTC))
        for path, text in files.items():
            target = where / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    for width in (PHONE, 1280):
        (where / "final" / f"measure-{width}.html").write_text(MEASURE.format(width=width), encoding="utf-8")
    return where


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    serving = Server(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    serving.asked = []
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield serving
    serving.shutdown()
    serving.server_close()


def run(chromium: str, profile: Path, *arguments: str) -> str:
    done = subprocess.run(
        [chromium, *QUIET, f"--user-data-dir={profile}", *arguments],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def address(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}/{path}"


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_nothing_runs_off_the_page_and_every_chart_is_drawn(chromium, server, tmp_path, width):
    seen = run(
        chromium, tmp_path, "--window-size=1400,1000", "--virtual-time-budget=4000", "--dump-dom",
        address(server, f"final/measure-{width}.html"),
    )  # fmt: skip
    found = seen.split("data-found=", 1)[1].replace("&quot;", '"')
    assert f'"page":{width},"wide":0,"charts":6,"readable":true' in found


def test_the_page_asks_for_nothing_but_itself(chromium, server, tmp_path):
    run(chromium, tmp_path, "--dump-dom", address(server, "final/newsletter.html"))
    assert [path for path in server.asked if path != "/favicon.ico"] == ["/final/newsletter.html"]


def test_the_provisional_banner_is_in_the_page_and_its_title(chromium, server, tmp_path):
    seen = run(chromium, tmp_path, "--dump-dom", address(server, "field/newsletter.html"))
    assert "<title>PROVISIONAL: " in seen
    assert '<div class="provisional" role="note">' in seen


def test_the_page_is_painted_from_disk(chromium, folder, tmp_path):
    picture = tmp_path / "page.png"
    run(
        chromium, tmp_path / "profile", "--window-size=1280,1600", f"--screenshot={picture}",
        (folder / "final" / "newsletter.html").as_uri(),
    )  # fmt: skip
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 50_000  # a blank page of this size takes some 10 kB


def test_a_chart_opens_by_itself(chromium, server, tmp_path):
    seen = run(chromium, tmp_path, "--dump-dom", address(server, "final/charts/linking_support.svg"))
    assert "<desc" in seen
    assert "<style>" in seen
