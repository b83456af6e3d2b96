"""Where a workspace keeps things and what its panel.toml says, read once."""

import json
import os
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline import theme
from pipeline.errors import UsageError

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATES = PROJECT / "surveys"
PANEL_TOML = """\
# One panel's workspace; `panel --help` tells what can be done with it.
name = {name}
time_zone = "Europe/London"
schedule = "0 2 * * *"        # the nightly run, as cron in that time zone
confidence = 0.95
auto_finalise = true          # a wave whose fieldwork is over becomes final in the next nightly run
auto_approve = true           # its newsletter goes out without waiting for `panel approve`
secure_folder = ""            # "published/secure", say: the file in full detail too, readable by its owner alone
snapshots = 90                # published files kept beside the newest; those that a release names are kept always
register_key = "file:var/register.key"   # or env:NAME; keep it apart from backups of the register
"""


@dataclass(frozen=True)
class Workspace:
    """The folder of one panel."""

    root: Path
    name: str
    time_zone: str
    schedule: str
    confidence: float
    auto_finalise: bool
    auto_approve: bool
    snapshots: int
    register_key: str
    secure_folder: str = ""  # empty: no file in full detail is written

    def today(self) -> date:
        """Return the date where the panel is."""
        return datetime.now(ZoneInfo(self.time_zone)).date()

    @property
    def surveys(self) -> Path:
        return self.root / "surveys"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def archive(self) -> Path:
        return self.var / "archive"

    @property
    def quarantine(self) -> Path:
        return self.var / "quarantine"

    @property
    def warehouse(self) -> Path:
        return self.var / "warehouse.duckdb"

    @property
    def register(self) -> Path:
        return self.var / "register.db"

    @property
    def state(self) -> Path:
        return self.var / "state.json"

    @property
    def unfinished(self) -> Path:
        return self.var / "unfinished"

    @property
    def run_log(self) -> Path:
        return self.var / "runs.jsonl"

    @property
    def drafts(self) -> Path:
        return self.var / "drafts"

    @property
    def prefect_home(self) -> Path:
        return self.var / "prefect"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def published_file(self) -> Path:
        return self.published / "panel.duckdb"

    @property
    def secure_file(self) -> Path | None:
        """Return where the file in full detail goes; None when panel.toml asks for none."""
        return self.root / self.secure_folder / "panel.duckdb" if self.secure_folder else None


def create_workspace(root: Path, name: str | None = None) -> Workspace:
    """Make the folders and panel.toml of a new workspace and return it.

    Raises:
        UsageError: the folder already holds a workspace, or anything else.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(
            f"{root}: already holds something, expected a new or empty folder. Choose another folder, "
            "or remove this one first."
        )
    for folder in ("surveys", "inbox", "var/archive", "var/quarantine", "published/snapshots"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    os.chmod(root / "var", 0o700)
    (root / "panel.toml").write_text(PANEL_TOML.format(name=_toml_text(name or root.resolve().name)), encoding="utf-8")
    (root / "theme.toml").write_text(theme.TEMPLATE, encoding="utf-8")
    return read_workspace(root)


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML is one of JSON


def read_workspace(root: Path) -> Workspace:
    """Return the workspace in that folder.

    Raises:
        UsageError: there is no readable panel.toml, or a setting in it is unknown or wrong.
    """
    path = root / "panel.toml"
    if not path.is_file():
        raise UsageError(
            f"{root}: no panel.toml, so this is not a panel's workspace. Give the workspace's folder, or make "
            "one with `panel init DIR --template NAME` or `panel demo`."
        )
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}. Correct that line.") from error
    return _workspace(root, path, stated)


_DEFAULTS: dict[str, object] = {
    "name": "",
    "time_zone": "Europe/London",
    "schedule": "0 2 * * *",
    "confidence": 0.95,
    "auto_finalise": False,
    "auto_approve": False,
    "secure_folder": "",
    "snapshots": 90,
    "register_key": "file:var/register.key",
}


def _workspace(root: Path, path: Path, stated: dict[str, object]) -> Workspace:
    unknown = sorted(set(stated) - set(_DEFAULTS))
    if unknown:
        raise UsageError(f"{path}: unknown setting '{unknown[0]}', expected one of {', '.join(_DEFAULTS)}.")
    settings = {**_DEFAULTS, "name": root.resolve().name, **stated}
    for key, default in _DEFAULTS.items():
        if type(settings[key]) is not type(default):
            expected = {
                str: "text",
                bool: "true or false",
                int: "a whole number such as 90",
                float: "a number such as 0.95",
            }[type(default)]
            raise UsageError(f"{path}: {key} is {settings[key]!r}, expected {expected}.")
    confidence = float(str(settings["confidence"]))
    if not 0.5 <= confidence < 1:
        raise UsageError(f"{path}: confidence is {confidence}, expected at least 0.5 and below 1.")
    if int(str(settings["snapshots"])) < 1:
        raise UsageError(f"{path}: snapshots is {settings['snapshots']}, expected at least 1.")
    try:
        ZoneInfo(str(settings["time_zone"]))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"{path}: time_zone is '{settings['time_zone']}', expected a name such as 'Europe/London'."
        ) from error
    return Workspace(
        root=root.resolve(),
        name=str(settings["name"]),
        time_zone=str(settings["time_zone"]),
        schedule=str(settings["schedule"]),
        confidence=confidence,
        auto_finalise=bool(settings["auto_finalise"]),
        auto_approve=bool(settings["auto_approve"]),
        snapshots=int(str(settings["snapshots"])),
        register_key=str(settings["register_key"]),
        secure_folder=str(settings["secure_folder"]),
    )


def read_register_key(workspace: Workspace) -> bytes:
    """Return the 32-byte key of the register, made on first use when it is a file.

    Raises:
        UsageError: the key is not there, or is not 64 hexadecimal digits.
    """
    kind, _, where = workspace.register_key.partition(":")
    if kind == "env":
        text = os.environ.get(where, "")
    elif kind == "file":
        text = _key_file(workspace, Path(where))
    else:
        raise UsageError(
            f"{workspace.root / 'panel.toml'}: register_key is '{workspace.register_key}', expected "
            "'file:PATH' or 'env:NAME'."
        )
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageError(
            f"the register's key ({workspace.register_key}) is missing or not 64 hexadecimal digits. Restore it "
            "from your safe copy; without it the register cannot be read."
        )
    return key


def _key_file(workspace: Workspace, where: Path) -> str:
    path = where if where.is_absolute() else workspace.root / where
    if not path.exists() and not workspace.register.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(os.urandom(32).hex() + "\n")
    return path.read_text(encoding="ascii") if path.exists() else ""
