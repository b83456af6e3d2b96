"""The demonstration: a workspace with a simulated panel whose last wave is in the field today."""

import re
import shutil
from datetime import date
from pathlib import Path

from flows.workspaces import template_folder
from pipeline import simulation, survey_files
from pipeline.errors import UsageError
from pipeline.settings import Workspace, create_workspace

TEMPLATE = "citizens_panel"
FEWEST_MEMBERS = 200  # below this, margin categories run empty


def make_demo(root: Path, *, members: int, waves: int, seed: int, today: date) -> Workspace:
    """Make a workspace with the deliveries of a simulated panel in its inbox and the truth in truth/.

    Raises:
        UsageError: the folder is not empty, or the panel asked for is too small.
    """
    if members < FEWEST_MEMBERS or waves < 1:
        raise UsageError(f"--members {members} --waves {waves}: expected at least {FEWEST_MEMBERS} members and 1 wave.")
    template = template_folder(TEMPLATE)
    survey = survey_files.read_survey(template)
    assumed = {path.name: path.read_text(encoding="utf-8") for path in (template / "simulation").glob("*.csv")}
    panel = simulation.simulate_panel(
        survey,
        assumptions=simulation.read_assumptions(assumed, survey),
        members=members,
        waves=waves,
        seed=seed,
        today=today,
    )
    workspace = create_workspace(root, "demo-panel")
    _write_definitions(workspace, panel.waves)
    for folder, files in ((workspace.inbox, panel.deliveries), (workspace.root / "truth", panel.truth)):
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    return workspace


def _write_definitions(workspace: Workspace, waves: "tuple[tuple[str, date, date], ...]") -> None:
    """Copy the template, its waves renamed and dated as the simulation fielded them."""
    template = template_folder(TEMPLATE)
    target = workspace.surveys / TEMPLATE
    shutil.copytree(template, target, ignore=shutil.ignore_patterns("simulation"))
    texts = [path.read_text(encoding="utf-8") for path in sorted((template / "waves").glob("*.yml"))]
    names = [path.stem for path in sorted((template / "waves").glob("*.yml"))]
    for words in (target / "newsletters").rglob("*.yml"):
        if words.stem not in {wave for wave, _, _ in waves}:
            words.unlink()
    shutil.rmtree(target / "waves")
    (target / "waves").mkdir()
    absent = set(names) - {wave for wave, _, _ in waves}
    declared = target / "survey.yml"
    declared.write_text(survey_files.without_waves(declared.read_text(encoding="utf-8"), absent), encoding="utf-8")
    for number, (wave, start, end) in enumerate(waves):
        layout = number % len(texts)
        text = texts[layout].replace(names[layout], wave)
        text = re.sub(
            r"^fieldwork:.*$", f"fieldwork: {{start: {start}, end: {end}}}", text, count=1, flags=re.MULTILINE
        )
        (target / "waves" / f"{wave}.yml").write_text(text, encoding="utf-8")
