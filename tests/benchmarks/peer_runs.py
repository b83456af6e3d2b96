"""Running a peer on the same data, in its own environment."""

import argparse
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

SCRIPT = Path(__file__).resolve().parent / "peers.py"


FIND = "import importlib.util as i, sys; sys.exit(i.find_spec(sys.argv[1]) is None)"


def add_peer_python(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the interpreters of peers."""
    parser.add_argument(
        "--peer-python",
        type=Path,
        action="append",
        default=[],
        help="an interpreter with peers (see peers.py); may be given several times, each peer runs where it is",
    )


def load_note() -> str:
    """Return how busy the machine is: seconds measured on a busy one are long, ratios in one run are not."""
    recent, _, earlier = os.getloadavg()
    return (
        f"Load of the machine: {recent:.0f} at the end, {earlier:.0f} over 15 minutes, on {os.cpu_count()} processors."
    )


def interpreter_with(package: str, interpreters: Sequence[Path]) -> Path | None:
    """Return the first interpreter that has a package."""
    for one in interpreters:
        if subprocess.run([str(one), "-c", FIND, package], capture_output=True, check=False).returncode == 0:
            return one
    return None


def beside(
    interpreters: Sequence[Path],
    task: str,
    people: pl.DataFrame,
    totals: Mapping[str, Mapping[str, float]],
    *,
    times: int,
) -> dict[str, Any] | None:
    """Return a peer's figures, with its weights where it made any; None without a peer, whose failure is printed."""
    interpreter = interpreter_with(task.split("_", maxsplit=1)[0], interpreters)
    if interpreter is None:
        return None
    with TemporaryDirectory() as name:
        folder = Path(name)
        people.write_parquet(folder / "data.parquet", compression="uncompressed")
        (folder / "totals.json").write_text(json.dumps(totals), encoding="utf-8")
        done = subprocess.run(
            [str(interpreter), str(SCRIPT), task, name, str(times)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{task}: the peer failed: {done.stderr.strip().splitlines()[-1:]}")
            return None
        figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        weights = folder / "peer_weight.parquet"
        if weights.exists():
            figures["weight"] = pl.read_parquet(weights)["rk_wgt"].to_numpy()
        return figures
