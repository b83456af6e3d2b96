"""Which DuckDB clients read a published file, and what of it: `python -m tests.benchmarks.readers PANEL.duckdb`.

Installs a few past clients into a temporary folder, which needs the network, and asks each the same of the same file:
rows, ENUM answers, comments, replicate weights, macros. The figures of `share` must be those of the client in use.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

VERSIONS = ("1.0.0", "1.1.3", "1.2.2", "1.3.2", "1.4.1", "1.5.0", "1.5.6")
ASK = """
import json, sys, duckdb

def answer(query):
    try:
        return connection.execute(query).fetchall()
    except Exception as error:
        return "no: " + str(error).splitlines()[0][:70]

try:
    connection = duckdb.connect(sys.argv[1], read_only=True)
    print(json.dumps([answer(query) for query in json.loads(sys.argv[2])], default=str))
except Exception as error:
    print(json.dumps(["no: " + str(error).splitlines()[0][:70]]))
"""
QUESTIONS = {  # {n}: the query of that number in table examples
    "rows": "select count(*) from estimates",
    "comments": "select count(*) > 0 from duckdb_columns() where comment is not null and not internal",
    "answers": "select count(distinct label) from answers",
    "replicates": "select round(sum(list_sum(replicate_weights)), 3) from replicate_weights",
    "codebook": "select count(*) from ({1})",
    "share": "select round(sum(estimate), 9), round(sum(standard_error), 9) from ({2})",
    "change": "select round(sum(change * change), 9), round(sum(p_value), 9) from ({5})",
}


def asked(path: Path, queries: list[str], client: Path | None) -> list[object]:
    """Return what a client, of a folder or the one in use, answers to each query."""
    environment = os.environ | ({"PYTHONPATH": str(client)} if client else {})
    command = [sys.executable, "-c", ASK, str(path), json.dumps(queries)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: list[object] = json.loads(done.stdout.splitlines()[-1])  # some clients draw a progress bar before it
    return found


def installed(version: str, folder: Path) -> Path:
    """Install a past client into a folder of its own and return it."""
    uv = Path(sys.executable).with_name("uv")
    where = folder / version
    options = ("--quiet", "--no-deps", "--python", sys.executable, "--target", str(where))
    subprocess.run([uv, "pip", "install", *options, f"duckdb=={version}"], check=True)
    return where


def main() -> None:
    """Print a line for each client: yes where it answers as the one in use does, else what it says."""
    path = Path(sys.argv[1])
    examples = asked(path, ["select example, query from examples order by example"], None)[0]
    assert isinstance(examples, list)
    texts = {str(number): query for number, query in examples}
    queries = [re.sub(r"\{(\d)\}", lambda found: texts[found[1]], query) for query in QUESTIONS.values()]
    expected = asked(path, queries, None)
    with tempfile.TemporaryDirectory() as folder:
        for version in VERSIONS:
            found = asked(path, queries, installed(version, Path(folder)))
            answers = [one if isinstance(one, str) else one == two for one, two in zip(found, expected, strict=False)]
            told = [{True: "yes", False: "another figure"}.get(one, one) for one in answers]  # type: ignore[call-overload]
            print(f"{version}: " + "; ".join(f"{name} {one}" for name, one in zip(QUESTIONS, told, strict=False)))


if __name__ == "__main__":
    main()
