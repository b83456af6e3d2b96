"""How long a night takes, and where the time goes: `python -m tests.benchmarks.nightly [--gss FOLDER]`.

Whole processes, timed from outside: the demonstration (3,000 members, 8 waves), the same with nothing new, the
General Social Survey panel where its files are at hand (--gss, PANEL_REAL_DATA or ../shared/data), `panel --help`.
The parts of a night are those that it wrote into var/state.json itself.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PANEL = [sys.executable, "-m", "flows.cli"]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gss", type=Path, default=_gss_folder())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        report("panel --help", *run("--help"))
        demo = root / "demo"
        report("panel demo, 3,000 members x 8 waves, server started inside", *run("demo", str(demo)), demo)
        report("panel nightly, nothing new", *run("nightly", str(demo)))
        if options.gss and options.gss.is_dir():
            run("init", str(root / "gss"), "--template", "gss_panel", "--deliveries", str(options.gss))
            report("panel nightly, GSS panel, server started inside", *run("nightly", str(root / "gss")), root / "gss")
        else:
            print("GSS panel: not run, its files are not at hand")
    report("import prefect", *python("import prefect"))
    report("import great_expectations", *python("import great_expectations"))


def run(*arguments: str) -> tuple[float, int]:
    """Return the seconds and the exit code of one `panel` command."""
    return _timed([*PANEL, *arguments])


def python(code: str) -> tuple[float, int]:
    """Return the seconds and the exit code of a line of Python."""
    return _timed([sys.executable, "-c", code])


def report(name: str, seconds: float, code: int, workspace: Path | None = None) -> None:
    """Print one figure, and the parts of the night it made."""
    print(f"{seconds:8.2f} s  {name}" + (f"  (exit {code})" if code else ""), flush=True)
    if workspace is not None:
        parts = json.loads((workspace / "var" / "state.json").read_text(encoding="utf-8"))["seconds"]
        validation = parts.pop("great expectations")
        for part, spent in parts.items():
            of_which = f", of it {validation:.2f} s Great Expectations' own" if part == "take in" else ""
            print(f"{spent:12.2f} s  {part}{of_which}")
        print(
            f"{seconds - sum(parts.values()):12.2f} s  start of Prefect's server and its end, imports, the simulation"
        )


def _timed(command: list[str]) -> tuple[float, int]:
    environment = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start, done.returncode


def _gss_folder() -> Path:
    return Path(os.environ.get("PANEL_REAL_DATA", PROJECT.parent / "shared" / "data")) / "gss_panel_2006"


if __name__ == "__main__":
    main()
