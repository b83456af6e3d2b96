"""A change of theme.toml in a panel's life: the next night makes exactly the pages that show it again."""

import hashlib
from pathlib import Path

from tests.nights import SURVEY, Panel
from tests.theme_folder import write_theme

FOR_READERS = ("public", "attrition")  # folders of pages in the theme; the others are for the panel's own staff
FIGURES = (".csv", ".json", ".parquet", ".txt", ".xlsx")  # files beside the pages that show no theme


def hashes(published: Path) -> dict[str, str]:
    """Return what each file for readers holds."""
    files = [path for folder in FOR_READERS for path in sorted((published / folder).rglob("*")) if path.is_file()]
    return {path.relative_to(published).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_night_after_a_change_of_theme_makes_the_pages_that_show_it_again_and_no_other(demo: Panel) -> None:
    folder = demo.root / "published"
    assert demo.night().exit_code == 0  # the copy has another root than the original
    before, figures = hashes(folder), demo.tables()
    write_theme(demo.root)
    ran = demo.night()
    assert ran.exit_code == 0
    after = hashes(folder)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {name for name in before if not name.endswith(FIGURES)}
    assert {f"public/{SURVEY}/w02/newsletter.html", f"public/{SURVEY}/cy/trend-report.pdf"} <= changed
    assert {Path(name).name for name in set(after) - set(before)} == {"logo.png"}, "of the e-mails"
    others = [path for path in folder.rglob("*.html") if path.relative_to(folder).parts[0] not in FOR_READERS]
    assert others
    assert not any("Anytown Council" in path.read_text(encoding="utf-8") for path in others)
    assert all(demo.tables()[name].equals(figures[name]) for name in ("estimates", "changes", "weights", "releases"))


def test_a_night_with_the_theme_of_the_night_before_makes_no_page_again(demo: Panel) -> None:
    write_theme(demo.root)
    assert demo.night().exit_code == 0
    pages = {path: path.stat().st_mtime_ns for path in (demo.root / "published").rglob("*") if path.is_file()}
    assert "Nothing new" in demo.night().output
    assert {path: path.stat().st_mtime_ns for path in pages} == pages
