"""New workspaces: a survey's definitions copied from the templates, and first deliveries put into the inbox."""

import shutil
from pathlib import Path

from pipeline import deliveries, survey_files
from pipeline.definitions import Survey
from pipeline.errors import DeliveryError, UsageError
from pipeline.settings import TEMPLATES, Workspace, create_workspace


def make_workspace(root: Path, template: str, folder: Path | None) -> tuple[list[str], list[str]]:
    """Make a workspace from a template; return which files of the folder were taken and which ignored.

    Raises:
        UsageError: no such template, or the folder is not empty.
        DeliveryError: no such folder of deliveries.
    """
    source = template_folder(template)
    if folder is not None and not folder.is_dir():
        raise DeliveryError(f"{folder}: no such folder of deliveries. Give the folder that holds the delivered files.")
    workspace = create_workspace(root)
    let_nothing_out(workspace)
    shutil.copytree(source, workspace.surveys / template, ignore=shutil.ignore_patterns("simulation"))
    return take_deliveries(workspace, folder) if folder else ([], [])


def let_nothing_out(workspace: Workspace, *names: str) -> None:
    """Turn settings of a new workspace off by which waves go out, or become final, before a person has looked."""
    path = workspace.root / "panel.toml"
    text = path.read_text(encoding="utf-8")
    for name in names or ("auto_approve",):
        text = text.replace(f"{name} = true ", f"{name} = false")
    path.write_text(text, encoding="utf-8")


def template_folder(template: str) -> Path:
    """Return the folder of a template's definitions."""
    known = sorted(path.parent.name for path in TEMPLATES.glob("*/survey.yml"))
    if template not in known:
        raise UsageError(f"no template '{template}'. Use one of: {', '.join(known)}.")
    return TEMPLATES / template


def find_survey(workspace: Workspace, name: str) -> Survey:
    """Return a survey of the workspace.

    Raises:
        UsageError: it has none of that name.
    """
    surveys = {one.survey: one for one in survey_files.read_surveys(workspace.surveys)}
    if name not in surveys:
        raise UsageError(f"no survey '{name}' in {workspace.root}; it has {', '.join(surveys)}.")
    return surveys[name]


def refuse_unknown_wave(survey: Survey, wave: str, *others: str) -> None:
    """Raise UsageError unless the survey has the wave, or it is one of the other words allowed."""
    if not survey.has_wave(wave) and wave not in others:
        waves = ", ".join([*(one.wave for one in survey.waves), *(f"'{one}'" for one in others)])
        raise UsageError(f"no wave '{wave}' in '{survey.survey}'; it has {waves}.")


def refuse_unknown_part(survey: Survey, wave: str, part: str) -> None:
    """Raise UsageError unless the part is one of a wave in parts, or the wave comes in one piece and none is named."""
    names = [one.part for one in survey.wave(wave).parts] if survey.has_wave(wave) else []
    if deliveries.part_of(part) not in (names or [""]):
        wanted = f"no part '{part}'" if part else "which part the file is of cannot be told from its name"
        has = f"it has {', '.join(names)}; name one with --part" if names else "it is delivered in one piece"
        raise UsageError(f"{wave}: {wanted}; {has}.")


def take_deliveries(workspace: Workspace, folder: Path) -> tuple[list[str], list[str]]:
    """Copy the files that a definition names into the inbox, under their relative paths."""
    surveys = survey_files.read_surveys(workspace.surveys)
    taken, ignored = [], []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = path.relative_to(folder).as_posix()
        if deliveries.match(name, surveys) is None:
            ignored.append(name)
            continue
        target = workspace.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        taken.append(name)
    return taken, ignored
