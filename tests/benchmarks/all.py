"""Every benchmark, one after the other: `python -m tests.benchmarks.all [--peer-python PATH] [--write]`.

Each runs in a process of its own and, with --write, replaces its own section of tests/RESULTS.md.
"""

import argparse
import subprocess
import sys
from pathlib import Path

BENCHMARKS = {
    "bench_calibration": ["--large", "--times", "15"],
    "bench_replicates": ["--times", "5"],
    "bench_tables": [],
    "bench_weighting": [],
}


def main() -> None:
    """Run them all; end with 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", type=Path, help="an interpreter with svy and ipfn")
    parser.add_argument("--write", action="store_true", help="replace the sections of tests/RESULTS.md")
    options = parser.parse_args()
    passed_on = [*(["--peer-python", str(options.peer_python)] if options.peer_python else [])]
    passed_on += ["--write"] if options.write else []
    failed = []
    for name, own in BENCHMARKS.items():
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *own, *passed_on]
        failed += [name] if subprocess.run(command, check=False).returncode else []
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
