"""Reports are made from the published file alone, and the same file gives the same bytes in every format."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nights import CHECKOUT, SURVEY, Panel, environment
from tests.theme_folder import write_theme

MAKE_ALL = """
import hashlib, json, sys
from datetime import datetime
from pathlib import Path
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from pipeline import warehouse
from pipeline.theme import read_theme
from reports.attrition import render_attrition
from reports.codebook import render_codebook
from reports.explorer import render_explorer
from reports.methods_sheet import render_methods
from reports.newsletter import edition_of, render_newsletter
from reports.newsletter_formats import render_editions
from reports.tables import render_tables
from reports.trend_report import render_trend_report
folder, survey, wave = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with warehouse.connect_published(folder / "panel.duckdb") as connection:
    def read(sql, parameters):
        return warehouse.read(connection, sql, parameters)
    theme = read_theme(folder)
    edition = edition_of(read, survey, wave, disclosure_profile="public", theme=theme)
    about = {"title": "Our panel", "generated_at": datetime(2026, 11, 23)}
    files = {**render_newsletter(edition, **about), **render_methods(edition), **render_editions(edition, **about)}
    files |= render_tables(read, survey, wave)
    files |= {"explorer.html": render_explorer(read, theme), "codebook.html": render_codebook(read, theme)}
    files |= {"attrition.html": render_attrition(read, survey, theme=theme)}
    files |= render_trend_report(read, survey, confidence=0.95, theme=theme)
content = {name: one.encode() if isinstance(one, str) else one for name, one in files.items()}
print(json.dumps({
    "files": {name: hashlib.sha256(one).hexdigest() for name, one in content.items()}, "opened": opened
}))
"""
ENDINGS = {".html", ".pdf", ".png", ".svg", ".xlsx", ".parquet", ".csv", ".txt", ".json"}


def made(folder: Path, hash_seed: str) -> dict[str, Any]:
    """Return the hash of every report, made in a process that stands in an empty folder, and all files it opened."""
    (empty := folder.parent / f"empty-{hash_seed}").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", MAKE_ALL, str(folder), SURVEY, "w02"],
        cwd=empty, capture_output=True, text=True, check=False,
        env=environment(PYTHONHASHSEED=hash_seed, HOME=str(empty)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(empty.iterdir()) == [], "nothing is left where it ran"
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def runs(demo_run: tuple[Panel, object], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Return a folder that holds a published file and a theme, nothing else, and what two processes made of it."""
    folder = tmp_path_factory.mktemp("alone") / "folder"
    folder.mkdir()
    shutil.copyfile(demo_run[0].published, folder / "panel.duckdb")
    write_theme(folder)
    return folder, [made(folder, seed) for seed in ("1", "2")]


def test_two_runs_give_the_same_bytes_in_every_format(runs: tuple[Path, list[dict[str, Any]]]) -> None:
    _, (first, second) = runs
    assert {Path(name).suffix for name in first["files"]} == ENDINGS
    assert [name for name, one in first["files"].items() if second["files"][name] != one] == []
    assert set(first["files"]) == set(second["files"])


def test_nothing_is_opened_but_the_published_file_our_templates_and_the_theme(
    runs: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, (first, _) = runs
    installed = {
        Path(one).resolve() for one in (sys.prefix, sys.base_prefix, *sys.path) if one and one != str(CHECKOUT)
    }
    templates = CHECKOUT / "reports" / "templates"
    others = set()
    for name in first["opened"]:
        path = Path(name) if Path(name).is_absolute() else CHECKOUT / name
        is_ours = path.is_relative_to(templates) or path.suffix in {".py", ".pyc"}
        is_given = path in {folder / "theme.toml", folder / "logo.svg", folder / "panel.duckdb"}
        is_python = any(path.resolve().is_relative_to(one) for one in installed - {CHECKOUT})
        is_system = path.is_relative_to("/proc") or path.is_relative_to("/sys") or path.is_relative_to("/dev")
        if not (is_ours or is_given or is_python or is_system):
            others.add(name)
    assert others == set()
    assert any("newsletter.html" in name for name in first["opened"]), "the hook hears of files"
    assert sorted(one.name for one in folder.iterdir()) == ["logo.svg", "panel.duckdb", "theme.toml"]
