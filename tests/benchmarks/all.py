"""Every benchmark, one after the other: `python -m tests.benchmarks.all [--peer-python PATH] [--write]`.

Each runs in a process of its own and, with --write, replaces its own section of tests/RESULTS.md. A first run that
only shows that all of it works: --rows 20000.
"""

import argparse
import subprocess
import sys

from tests.benchmarks.peer_runs import add_peer_python

BENCHMARKS = {
    "bench_calibration": ["--times", "15"],
    "bench_ingest": [],
    "bench_macros": [],
    "bench_replicates": ["--times", "5"],
    "bench_reports": [],
    "bench_tables": [],
    "bench_weighting": [],
}
ALONE = ("bench_ingest", "bench_macros", "bench_reports")  # have no peers
LARGE = ("bench_calibration", "bench_weighting")  # at 10,000,000 rows, too, unless a size is asked for


def main() -> None:
    """Run them all; end with 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help="of every benchmark, in place of its own number")
    add_peer_python(parser)
    parser.add_argument("--write", action="store_true", help="replace the sections of tests/RESULTS.md")
    options = parser.parse_args()
    peers = [part for one in options.peer_python for part in ("--peer-python", str(one))]
    passed_on = ["--rows", str(options.rows)] if options.rows else []
    passed_on += ["--write"] if options.write else []
    failed = []
    for name, own in BENCHMARKS.items():
        large = ["--large"] if name in LARGE and not options.rows else []
        passed_on_too = passed_on if name in ALONE else [*peers, *passed_on]
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *own, *large, *passed_on_too]
        failed += [name] if subprocess.run(command, check=False).returncode else []
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
