"""A small survey's folder, written out, for tests that change one thing in it."""

from pathlib import Path

SURVEY = """\
survey: "small"
title: "A small panel"
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
  columns: {panel_member_id: ID, joined_on: JOINED, cohort: COHORT}
profile:
  age: {label: "Age", column: AGE, number: true, values: {"90 or over": "90"}}
  sex: {column: SEX, categories: ["Female", "Male"], values: {"F": "Female", "M": "Male", "?": null}}
domains:
  age_group: {variable: age, bands: {"16-49": [16, 49], "50+": [50, null]}}
  sex: {variable: sex, published: false}
design: {strata: [STRATUM], psu: AREA, lonely_psu: average}
eligibility: {columns: {w02: LEFT_2}, contains: "moved", exit_reasons: ["died"]}
research_questions:
  purpose: "What for?"
weights:
  wave_weight:
    kind: cross_sectional
    waves: each
    use_when: "For one wave."
    selection_probabilities: {"1": PROB_1, "2": PROB_2}
    calibration: {method: raking, margins: [age_group, age_group*sex], missing: {age_group: largest}}
  both_waves:
    kind: longitudinal
    waves: [w01, w02]
    use_when: "For change."
    starting_wave: w01
    starting_weight: wave_weight
    keeps_ineligible: true
    calibration: {margins: [sex], controls: starting_wave, tolerance: 1.0e-6}
changes:
  - {kind: net, weights: [wave_weight], pairs: consecutive_and_first}
transitions:
  - {items: [trust], weights: [both_waves], pairs: [[w01, w02]]}
families:
  headlines: {items: [trust], domains: [all], correction: holm, level: 0.05, headline: true}
retention: {first_wave: w01, weight: wave_weight, missed_waves: 2}
"""

ITEMS = """\
missing_kinds: {-8: dont_know, -9: refused}
scales:
  agree3:
    answers: {1: "Disagree", 2: "Neither", 3: "Agree"}
    missing: {-8: "Don't know", -9: "Refused"}
  words:
    answers: ["a little", "a lot"]
items:
  trust:
    wording: "The council can be trusted."
    label: "Trust in the council"
    scale: agree3
    headline: {"agree": [3]}
    topic: "trust"
    research_questions: [purpose]
  amount:
    wording: "How much?"
    scale: words
  hours:
    wording: "How many hours?"
    kind: number
    values: {"Ten or more": "10"}
    missing: {-8: "Don't know"}
  remark:
    wording: "What else?"
    kind: text
links:
  - {from: amount, to: trust, comparability: not_comparable, note: "another question"}
"""

WAVE_1 = """\
wave: "w01"
fieldwork: {start: 2025-01-06, end: 2025-01-20}
mode: "web"
source:
  file: "small_w01*.csv"
  columns: {panel_member_id: ID, completed_at: DONE}
  completed_at_format: "%d/%m/%Y"
  complete_when: {column: STATUS, in: ["complete"]}
  test_rows: {column: STATUS, in: ["test"]}
  ignored_columns: [IP*]
items:
  trust: Q1
  amount: {column: Q2, recode: {"little": "a little"}}
  hours: Q3
  remark: Q4
row_tolerance: 0.1
"""

WAVE_2 = """\
wave: "w02"
fieldwork: closed
mode: "web"
source:
  file: "small_w02.csv"
  columns: {panel_member_id: ID}
  constants: {WAVE: "2"}
items: all
"""

MARGINS = """\
margin,category,persons,unit,universe,source,reference_date,approximation
age_group,16-49,600.5,persons,16 and over,census table 1,2021-03-21,
age_group,50+,400,persons,16 and over,census table 1,2021-03-21,
age_group*sex,16-49*Female,3,households,all ages,census table 2,2021-03-21,shares
age_group*sex,16-49*Male,3,households,all ages,census table 2,2021-03-21,shares
age_group*sex,50+*Female,2,households,all ages,census table 2,2021-03-21,shares
age_group*sex,50+*Male,2,households,all ages,census table 2,2021-03-21,shares
"""

FILES = {
    "survey.yml": SURVEY,
    "items.yml": ITEMS,
    "waves/w01.yml": WAVE_1,
    "waves/w02.yml": WAVE_2,
    "margins/2021.csv": MARGINS,
}


def write_survey(root: Path, *, name: str = "small", change: tuple[str, str, str] | None = None) -> Path:
    """Write the small survey's folder and return it; `change` is a file, a text in it, and its replacement."""
    for file, content in FILES.items():
        path = root / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if change is not None and change[0] == file:
            assert change[1] in content, f"{change[1]!r} is not in {file}"
            path.write_text(content.replace(change[1], change[2], 1), encoding="utf-8")
        else:
            path.write_text(content, encoding="utf-8")
    return root / name
