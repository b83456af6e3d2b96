"""What a further wave costs: `python -m tests.benchmarks.bench_waves [--members N] [--waves 1 2 4 8 …] [--write]`.

One simulated panel, delivered wave by wave. The night that is timed brings one wave, its definition and nothing else,
to a workspace that holds all before it; the waves between two sizes come in untimed nights. What is told are seconds of
the processors, which other work on the machine lengthens less than those of the clock (told of the whole night); the
figures are told apart by step. Members hardly leave here, so that the hundredth wave is as large as the first and only
the number of waves differs. What other processes do, such as Prefect's server, is in none of the seconds.
"""

import argparse
import json
import re
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from tests.results_page import replace_section

TITLE = "The night by number of waves"
TODAY = date(2026, 11, 23)
SIZES = (1, 2, 4, 8, 16, 32, 64, 100)
LONG_RUN = ("trends", "conditioning", "retention")  # declared to look at all waves


def main() -> None:
    """Print, and with --write keep, the seconds of each night."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1_000)
    parser.add_argument("--waves", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--without-trends", action="store_true", help="declare no trends, the dearest long-run models")
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    command = f"python -m tests.benchmarks.bench_waves{' --without-trends' * options.without_trends}"
    command += f" --members {options.members}"
    lines = [
        f"`{command} --waves {' '.join(map(str, options.waves))}`, one thread for BLAS: {options.members:,} members; "
        "the night that brings the last wave, seconds of the processors by part, one run each.",
        "",
        "| waves | reading, validation | staging, core | figures of the wave, changes | long-run models | "
        "publication, pages | whole | by the clock | published file, MB |",
        "|---:|" + "---:|" * 8,
    ]
    with tempfile.TemporaryDirectory() as folder:
        for n_waves, told in nights(Path(folder), options):
            lines.append(f"| {n_waves} | " + " | ".join(f"{one:.2f}" for one in told.seconds) + " |")
            print(lines[-1], flush=True)
    lines += ["", f"Figures made in the night of wave {n_waves}, all others left alone: {', '.join(told.steps)}."]
    print("\n".join(lines))
    if options.write:
        replace_section(f"{TITLE}: {options.members:,} members", lines)


@dataclass(frozen=True)
class Told:
    """What a night took, part by part, and which steps of the figures it did."""

    seconds: list[float]
    steps: list[str]


def nights(folder: Path, options: argparse.Namespace) -> Iterator[tuple[int, Told]]:
    """Yield each size with what the night took that reached it."""
    sizes = sorted(options.waves)
    from tests.nights import Panel

    panel = Panel(folder / "panel", TODAY)
    waves = _make(panel, options.members, sizes[-1], options.without_trends)
    there = 0
    for size in sizes:
        if size - 1 > there:
            _bring(panel, waves[there : size - 1])
            ran = panel.night()
            assert ran.exit_code == 0, ran.text
        _bring(panel, waves[max(there, size - 1) : size])
        there = size
        yield size, _timed(panel)


def _timed(panel: Any) -> Told:
    """Run a night and return what it took."""
    with step_seconds() as (steps, done):
        start, clock = time.process_time(), time.perf_counter()
        ran = panel.night()
        whole, clock = time.process_time() - start, time.perf_counter() - clock
    assert ran.exit_code == 0, ran.text
    parts = json.loads((panel.root / "var" / "state.json").read_text(encoding="utf-8"))["seconds"]
    long_run = sum(spent for name, spent in steps.items() if name in LONG_RUN)
    reading = parts["take in"] + parts["response quality"]
    return Told(
        [
            *(reading, parts["staging and core"], parts["figures"] - long_run, long_run),
            *(parts["publication and pages"], whole, clock, panel.published.stat().st_size / 1e6),
        ],
        done,
    )


@contextmanager
def step_seconds() -> Iterator[tuple[dict[str, float], list[str]]]:
    """Add up the seconds of the figures' steps by the first word of their names, and list those that are done.

    The parts of the night are timed by the processors' clock meanwhile.
    """
    from flows import nightly
    from flows.figure_steps import Figures

    spent: dict[str, float] = defaultdict(float)
    done: list[str] = []
    original, timed = Figures.step, nightly.timed

    def step(self: Figures, name: str, waves: Set[str], act: Callable[[], None], *parts: object) -> None:
        def noted() -> None:
            done.append(name)
            act()

        start = time.process_time()
        original(self, name, waves, noted, *parts)
        spent[name.split("-", maxsplit=1)[0]] += time.process_time() - start

    @contextmanager
    def by_processor(night: Any, part: str) -> Iterator[None]:
        start = time.process_time()
        yield
        night.seconds[part] = night.seconds.get(part, 0.0) + time.process_time() - start

    Figures.step, nightly.timed = step, by_processor  # type: ignore[method-assign]
    try:
        yield spent, done
    finally:
        Figures.step, nightly.timed = original, timed  # type: ignore[method-assign]


def _make(panel: Any, members: int, n_waves: int, without_trends: bool) -> list[str]:
    """Make the workspace with its member list, and all waves beside it, undelivered; return their names."""
    from flows import demo
    from pipeline import simulation, survey_files
    from pipeline.settings import create_workspace

    template = demo.template_folder(demo.TEMPLATE)
    survey = survey_files.read_survey(template)
    assumed = {path.name: path.read_text(encoding="utf-8") for path in (template / "simulation").glob("*.csv")}
    assumptions = simulation.read_assumptions(assumed, survey)
    staying = replace(assumptions.behaviour, leaving=1e-4, dying=1e-5, moving=1e-5)
    simulated = simulation.simulate_panel(
        survey,
        assumptions=replace(assumptions, behaviour=staying),
        members=members,
        waves=n_waves,
        seed=1,
        today=panel.today,
    )
    workspace = create_workspace(panel.root, "waves")
    demo._write_definitions(workspace, simulated.waves)
    workspace.inbox.mkdir(exist_ok=True)
    (panel.root / "later").mkdir()
    for name, content in simulated.deliveries.items():
        place = workspace.inbox if name == survey.roster.file else panel.root / "later"
        (place / name).write_bytes(content)
    for path in sorted((workspace.surveys / demo.TEMPLATE / "waves").glob("*.yml")):
        path.rename(panel.root / "later" / path.name)
    shutil.rmtree(workspace.surveys / demo.TEMPLATE / "newsletters", ignore_errors=True)  # words about waves to come
    declared = workspace.surveys / demo.TEMPLATE / "survey.yml"
    to_come = [name for name, _, _ in simulated.waves[1:]]
    text = declared.read_text(encoding="utf-8")
    text = survey_files.without_waves(text, to_come)  # no longitudinal weight
    text = re.sub(r"\ntrends:\n([ #].*\n)+", "\n", text) if without_trends else text
    declared.write_text(text, encoding="utf-8")
    return [name for name, _, _ in simulated.waves]


def _bring(panel: Any, waves: list[str]) -> None:
    """Deliver waves with their definitions."""
    for wave in waves:
        definition = panel.root / "later" / f"{wave}.yml"
        definition.rename(panel.root / "surveys" / "citizens_panel" / "waves" / definition.name)
        delivered = panel.root / "later" / panel.delivered_name(wave)
        delivered.rename(panel.root / "inbox" / delivered.name)


if __name__ == "__main__":
    main()
