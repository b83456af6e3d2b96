"""All reports of a 40-item, 12-wave survey, from the published file: `python -m tests.benchmarks.bench_reports`.

The published file is that of `panel demo --members 3000 --waves 12`, its questions filled up to 40 published ones by
copies. Reports: the newest final wave's newsletter (web, e-mail, text, PDF, easy read, every chart as SVG and PNG),
tables and methods sheet, the trend explorer, the codebook, the attrition page and the technical trend report.
Processor seconds stand beside those of the clock, for machines that have something else to do.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.nightly import PROJECT
from tests.results_page import replace_section

TITLE, COMMAND = "Speed of reports", "`python -m tests.benchmarks.bench_reports`"
SURVEY, N_ITEMS, N_WAVES, MEMBERS = "citizens_panel", 40, 12, 3000
PROMISED_SECONDS = 20
COPIED = ("items", "answer_options", "estimates", "answers")  # tables in which a copy of a question has its rows
MAKER = """
import json, resource, sys, time
from pathlib import Path
from flows import pages
from pipeline.settings import read_workspace
workspace, survey, wave = read_workspace(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
reports = {
    "newsletter in all formats, tables, methods": lambda: pages.write_newsletter(workspace, survey, wave),
    "trend explorer": lambda: pages.write_explorer(workspace),
    "codebook": lambda: pages.write_codebook(workspace),
    "attrition page": lambda: pages.write_attrition(workspace, survey),
    "technical trend report, HTML and PDF": lambda: pages.write_trend_report(workspace, survey),
}
for name, write in reports.items():
    clock, processor = time.perf_counter(), time.process_time()
    assert write()
    print(json.dumps([name, time.perf_counter() - clock, time.process_time() - processor]), flush=True)
print(json.dumps(["memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), 0]))
"""


def main() -> None:
    """Print, or write into tests/RESULTS.md, what each report costs; end with 1 if all together cost too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, help="a demo of that size that has had its night (default: make one)")
    parser.add_argument("--rows", type=int, help="members, in place of 3,000")
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "demo"
        if options.workspace:
            shutil.copytree(options.workspace, root)
        else:
            _panel("demo", str(root), "--members", str(options.rows or MEMBERS), "--waves", str(N_WAVES))
        fill_up(root / "published" / "panel.duckdb")
        measured = made_reports(root)
    lines = report(measured)
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)
    sys.exit(0 if sum(processor for _, _, processor in measured[:-1]) < PROMISED_SECONDS else 1)


def _panel(*arguments: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    command = [sys.executable, "-m", "flows.cli", *arguments]
    subprocess.run(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, check=True)


def fill_up(published: Path) -> None:
    """Copy questions inside a published file until it has as many as are promised, all with figures in every wave."""
    with duckdb.connect(str(published)) as connection:
        connection.execute("set enable_progress_bar = false").fetchall()
        sql = "select item from estimates where survey = ? group by item order by count(*) desc, item"
        items = [item for (item,) in connection.execute(sql, [SURVEY]).fetchall()]
        for place in range(N_ITEMS - len(items)):
            for table in COPIED:
                connection.execute(
                    f"insert into {table} select * replace (? as item) from {table} where survey = ? and item = ?",
                    [f"{items[place]}_again", SURVEY, items[place]],
                ).fetchall()


def made_reports(workspace: Path) -> list[Any]:
    """Return name, seconds and processor seconds of each report, made in a process of its own; last its memory."""
    with duckdb.connect(str(workspace / "published" / "panel.duckdb"), read_only=True) as connection:
        sql = "select max_by(wave, wave_number) from waves where release_status = 'final'"
        (wave,) = connection.execute(sql).fetchall()[0]
    command = [sys.executable, "-c", MAKER, str(workspace), SURVEY, wave]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def report(measured: list[Any]) -> list[str]:
    """Return the section as lines."""
    (*reports, (_, memory, _)) = measured
    rows = [f"| {name} | {seconds:.2f} s | {processor:.2f} s |" for name, seconds, processor in reports]
    total = [sum(one[place] for one in reports) for place in (1, 2)]
    return [
        f"{COMMAND}: {N_ITEMS} items, {N_WAVES} waves, {MEMBERS:,} members; promised: under {PROMISED_SECONDS} s. Peak "
        f"memory {memory:.2f} GB.",
        "",
        "| report | seconds | processor seconds |",
        "|---|---:|---:|",
        *rows,
        f"| all | {total[0]:.2f} s | {total[1]:.2f} s |",
    ]


if __name__ == "__main__":
    main()
