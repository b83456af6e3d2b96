"""The scripts beside the published file get its figures again, in R and in Python, each in a process of its own."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel, Ran, run
from tests.r_language import needs_r

ITEM, WAVE = "linking_support", "w02"


@pytest.fixture
def panel(demo_run: tuple[Panel, Ran]) -> Panel:
    """Return the demonstration panel itself, which a test must leave as it is."""
    return demo_run[0]


def script(panel: Panel, name: str) -> Path:
    return panel.root / "published" / "examples" / name


def ran(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def shares(panel: Panel) -> dict[str, tuple[float, float, float]]:
    """Return each answer's share, its replicate error and its linearised one."""
    rows = panel.sql(
        f"select category, published.estimate, again.standard_error, published.standard_error as linearised "
        f"from estimates as published inner join share('{ITEM}', wave := '{WAVE}') as again "
        "using (survey, wave, weight_id, item, statistic, category, domain, domain_value) "
        "where domain = 'all' and statistic = 'share'"
    ).rows()
    assert len(rows) == 5
    return {category: (share, error, linearised) for category, share, error, linearised in rows}


def commands_in_its_head(path: Path, panel: Panel, folder: Path) -> list[list[str]]:
    """Return the `panel` commands that the script's head tells to run first, made for this panel."""
    lines = [line.removeprefix("#").strip() for line in path.read_text(encoding="utf-8").split("\n\n")[0].splitlines()]
    text = " ".join(lines)
    told = re.findall(r"panel ((?:export|sql) .*?)(?= panel (?:export|sql) | Rscript )", text)
    names = {"PANEL": str(panel.root), "SURVEY": SURVEY, "WAVE": WAVE, "ITEM": ITEM, "work": str(folder)}
    made = [re.sub("|".join(rf"\b{name}\b" for name in names), lambda found: names[found[0]], one) for one in told]
    return [shlex.split(one) for one in made]


@needs_r
def test_r_survey_gets_a_published_share_and_its_replicate_error_again(panel: Panel, tmp_path: Path) -> None:
    path = script(panel, "figure_again.R")
    commands = commands_in_its_head(path, panel, tmp_path)
    assert [command[0] for command in commands] == ["export", "sql", "sql", "sql"]
    for command in commands:
        told = run(*command)
        assert told.exit_code == 0, told.errors
    expected = shares(panel)
    for line in ran("Rscript", "--vanilla", str(path), str(tmp_path), f"{SURVEY}_{WAVE}", ITEM):
        category, figures = line.split(": ")
        share, error, linearised = (float(figure) for figure in re.findall(r"\d+\.\d+", figures))
        assert (share, error, linearised) == pytest.approx(expected.pop(category), abs=1e-9)
        assert error == pytest.approx(linearised, rel=0.2)  # the spread of 200 draws, and what clusters of ten allow
    assert not expected


def test_numpy_and_svy_get_the_published_shares_again(panel: Panel) -> None:
    path = script(panel, "figure_again.py")
    lines = ran(sys.executable, str(path), str(panel.published), SURVEY, WAVE, ITEM)
    assert lines[0].startswith(f"{SURVEY}, {WAVE}, {ITEM}: share, standard error from 200 replicates")
    printed = {line.split(": ")[0].strip(): line.split(": ")[1].split() for line in lines[1:-1]}
    assert printed == {category: [f"{figure:.4f}" for figure in figures] for category, figures in shares(panel).items()}
    assert re.fullmatch(r"svy [\d.]+ gives the same\.", lines[-1])


def test_without_being_asked_it_takes_an_item_of_the_newest_wave(panel: Panel) -> None:
    lines = ran(sys.executable, str(script(panel, "figure_again.py")), str(panel.published))
    assert ran(sys.executable, str(script(panel, "figure_again.py"))) == lines, "of itself it opens the file beside it"
    assert lines[0].startswith(f"{SURVEY}, w03, ")
