"""What a night depends on, as hashes: deliveries, definitions and the code itself; standard library only, so quick."""

import hashlib
import json
import re
from pathlib import Path

from pipeline.settings import PROJECT, Workspace

_CODE = ("pipeline", "reports", "flows", "sql")


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_hash(root: Path) -> str:
    """Return one hash of the names and contents of all files below a folder, compiled code left out."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(root).as_posix()}\0{file_hash(path)}\n".encode())
    return digest.hexdigest()


def text_hash(*parts: object) -> str:
    """Return a hash of values that print the same when they are the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def code_version() -> str:
    """Return a hash of the code, SQL, words and templates that make figures and pages."""
    return text_hash([tree_hash(PROJECT / folder) for folder in _CODE])


def inbox_files(workspace: Workspace) -> list[Path]:
    """Return the files waiting in the inbox, hidden and half-written ones left out."""
    return sorted(
        path
        for path in workspace.inbox.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(workspace.inbox).parts)
        and path.suffix not in {".part", ".tmp", ".crdownload"}
    )


def inbox_hashes(workspace: Workspace) -> dict[str, str]:
    """Return the hash of each file waiting in the inbox, by its name there."""
    return {path.relative_to(workspace.inbox).as_posix(): file_hash(path) for path in inbox_files(workspace)}


def standing_hash(workspace: Workspace) -> str:
    """Return a hash of what a night depends on besides deliveries: definitions, settings and the code."""
    settings = file_hash(workspace.root / "panel.toml")
    return text_hash(tree_hash(workspace.surveys), settings, theme_hash(workspace), code_version())


def theme_hash(workspace: Workspace) -> str:
    """Return a hash of how pages look: theme.toml, and the logo and font that it names; "" where there is none."""
    path = workspace.root / "theme.toml"
    if not path.is_file():
        return ""
    names = re.findall(r"""^\s*(?:file|pdf)\s*=\s*["']([^"']+)["']""", path.read_text("utf-8", "replace"), re.MULTILINE)
    files = [workspace.root / name for name in names]
    return text_hash(file_hash(path), [file_hash(one) if one.is_file() else "" for one in files])


def night_fingerprint(standing: str, waiting: dict[str, str]) -> str:
    """Return a hash of everything that tonight's figures depend on, but for the date.

    Args:
        standing: hash of definitions, settings and code.
        waiting: hash of each file left in the inbox.
    """
    return text_hash(sorted(waiting.items()), standing)
