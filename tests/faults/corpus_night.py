"""One night on a panel to which every broken delivery of the corpus came at once, each as a wave of its own."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.settings import create_workspace
from tests.faults.corpus import IDS, QUARANTINED, Broken
from tests.nights import Panel, Ran, environment, panel_command

SURVEY = """\
survey: "corpus"
title: "A panel that gets everything"
member_ids: pseudonym
disclosure_profile: public
inference: probability
blank: skipped
population:
  name: "residents"
  unit: "persons"
  universe: "16 and over"
  persons: 1000
  source: "census"
  reference_date: 2021-03-21
roster:
  file: "members.csv"
  columns: {panel_member_id: ID}
profile:
  sex: {label: "Sex", column: SEX, categories: ["Female", "Male"]}
domains:
  sex: {label: "Sex", variable: sex}
weights:
  one: {kind: cross_sectional, waves: each, use_when: "For one wave.", supplied: WEIGHT}
"""
ITEMS = """\
missing_kinds: {-8: dont_know, -9: refused}
scales:
  agree5:
    answers: {1: "Strongly disagree", 2: "Disagree", 3: "Neither", 4: "Agree", 5: "Strongly agree"}
    missing: {-8: "Don't know", -9: "Prefer not to say"}
  yes_no:
    answers: {1: "Yes", 2: "No"}
items:
  trust: {wording: "The council can be trusted.", scale: agree5}
  linking: {wording: "Data should be linked.", scale: yes_no}
  hours: {wording: "How many hours?", kind: number}
  remark: {wording: "What else?", kind: text}
"""
WAVE = """\
wave: "{wave}"
fieldwork: {{start: 2025-01-06, end: 2025-01-20}}
mode: "web"
source:
  file: "{file}"
  columns: {{panel_member_id: RESP_ID, completed_at: DONE}}
  constants: {{WAVE: "1"}}
  ignored_columns: [AGE]
items: {{trust: TRUST, linking: LINKING, hours: HOURS, remark: OPEN}}
"""


@dataclass(frozen=True)
class Night:
    """What a night made of the corpus."""

    panel: Panel
    cases: dict[str, Broken]  # wave: its delivery
    ran: Ran

    def status(self) -> dict[str, str]:
        """Return what became of each wave's delivery: accepted, held or quarantined."""
        rows = self.panel.stored("select source, status from raw.deliveries where survey = 'corpus'")
        stored = dict(rows.iter_rows())
        return {wave: stored.get(wave, QUARANTINED) for wave in self.cases}

    def counts(self) -> pl.DataFrame:
        """Return delivered, accepted, refused and superseded rows by wave."""
        return self.panel.stored(
            "select source, sum(n_delivered) as delivered, sum(n_accepted + n_refused + n_superseded) as found "
            "from raw.deliveries group by source"
        )


def file_name(wave: str, broken: Broken) -> str:
    """Return the name a case is delivered under."""
    return f"case_{wave}{broken.ending}"


def write_definitions(surveys: Path, files: Mapping[str, str], *, member_ids: str = "pseudonym") -> None:
    """Write the survey's folder, with a wave for each file name."""
    folder = surveys / "corpus"
    (folder / "waves").mkdir(parents=True)
    (folder / "survey.yml").write_text(SURVEY.replace("pseudonym", member_ids), encoding="utf-8")
    (folder / "items.yml").write_text(ITEMS, encoding="utf-8")
    for wave, file in files.items():
        (folder / "waves" / f"{wave}.yml").write_text(WAVE.format(wave=wave, file=file), encoding="utf-8")


def corpus_night(root: Path, cases: Sequence[Broken]) -> Night:
    """Deliver every case and run one night, in a process of its own that may not hang."""
    workspace = create_workspace(root)
    waves = {f"w{number:03d}": case for number, case in enumerate(cases, start=1)}
    names = {wave: file_name(wave, case) for wave, case in waves.items()}
    write_definitions(workspace.surveys, names)
    for wave, case in waves.items():
        (workspace.inbox / names[wave]).write_bytes(case.content)
    members = [f"{member},{'Female' if number % 2 else 'Male'},1.5" for number, member in enumerate(IDS)]
    (workspace.inbox / "members.csv").write_text("\n".join(["ID,SEX,WEIGHT", *members]) + "\n", encoding="utf-8")
    command = panel_command("nightly", str(root), "--today", "2026-11-25")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment())
    return Night(Panel(root, date(2026, 11, 25)), waves, Ran(done.returncode, done.stdout, done.stderr))
