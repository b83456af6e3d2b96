"""Running a peer on the same data, in its own environment."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

SCRIPT = Path(__file__).resolve().parent / "peers.py"


def beside(
    interpreter: Path | None,
    task: str,
    people: pl.DataFrame,
    totals: Mapping[str, Mapping[str, float]],
    *,
    times: int,
) -> dict[str, Any] | None:
    """Return a peer's figures, with its weights where it made any; None without a peer, whose failure is printed."""
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
