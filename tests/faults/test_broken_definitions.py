"""Each fault of a definition is named with file, line and key, what was found, what was expected, what to do."""

from pathlib import Path

import pytest

from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey, read_surveys
from tests.survey_folder import FILES, write_survey

SURVEY, ITEMS, WAVE, MARGINS = "survey.yml", "items.yml", "waves/w01.yml", "margins/2021.csv"
LABELS = 'answers: ["a little", "a lot"]'

FAULTS = [
    # YAML that means something else than it looks like
    (
        ITEMS,
        LABELS,
        "answers: [yes, no]",
        "line 7, 'scales.words.answers': found yes without quotes, which YAML reads as True, "
        'expected text. Quote it: "yes".',
    ),
    (ITEMS, LABELS, "answers: [2024-01-01]", "found 2024-01-01 without quotes, which YAML reads as 2024-01-01"),
    (ITEMS, LABELS, "answers: [010]", "found 010 without quotes, which YAML reads as 8"),
    (ITEMS, LABELS, "answers: {on: 'a lot'}", "found on without quotes, which YAML reads as True"),
    (
        WAVE,
        '"w01"',
        "2024_1",
        "line 1, 'wave': found 2024_1 without quotes, which YAML reads as 20241, expected text.",
    ),
    (WAVE, '"w01"', '"2024_1"', "found wave '2024_1', expected a letter, then letters, digits or _"),
    (SURVEY, "number: true", "number: yes", "found 'yes', expected true or false"),
    (SURVEY, "persons: 1000", "persons: 16:40", "'population.persons': found '16:40', expected a number"),
    (
        SURVEY,
        "persons: 1000",
        'persons: "1000"',
        "found '1000', expected a number. Write a plain number, without quotes.",
    ),
    (
        SURVEY,
        "2021-03-21",
        "21.3.2021",
        "'population.reference_date': found '21.3.2021', expected a date. Write it as 2025-03-24.",
    ),
    (SURVEY, 'title: "A small panel"', "title: [a, b]", "line 2, 'title': found a list, expected text"),
    (SURVEY, 'title: "A small panel"', "title:", "found no 'title', expected title: text. Add 'title'."),
    (SURVEY, "[STRATUM]", "STRATUM", "'design.strata': found 'STRATUM', expected a list"),
    (SURVEY, "design: {", "design: [{", "line 24: found text that is no YAML"),
    (
        SURVEY,
        '  name: "residents"\n',
        '  name: "residents"\n  name: "people"\n',
        "line 9, 'population': found 'name' a second time, expected each key once. The first is in line 8.",
    ),
    (ITEMS, "  amount:\n", "  trust:\n", "found 'trust' a second time"),
    # names that nothing has
    (
        SURVEY,
        "lonely_psu",
        "lonly_psu",
        "line 23, 'design.lonly_psu': found unknown key 'lonly_psu', expected a known key "
        "(strata, psu, lonely_psu). Did you mean 'lonely_psu'?",
    ),
    (ITEMS, "    topic:", "    topics:", "found unknown key 'topics'"),
    (WAVE, "row_tolerance", "tolerance", "Did you mean 'row_tolerance'?"),
    (
        WAVE,
        "  trust: Q1",
        "  trusts: Q1",
        "line 12, 'items.trusts': found 'trusts', expected an item of items.yml (trust, amount, "
        "hours, remark). Did you mean 'trust'?",
    ),
    (WAVE, '"a little"}', '"a bit"}', "found 'a bit', expected a code of amount (a little, a lot)"),
    *(
        (
            ITEMS,
            '3: "Agree"}',
            f'3: "Agree"}}\n    sides: {sides}',
            f"found low: {found}, expected the answers of one end",
        )
        for sides, found in (
            ("{low: [1, 3], high: [2]}", "1, 3; high: 2"),
            ("{low: [1], high: [1]}", "1; high: 1"),
            ("{low: [1, 2]}", "1, 2; high: "),
            ("{low: [1], high: [2]}", "1; high: 2"),
        )
    ),
    (
        ITEMS,
        '3: "Agree"}',
        '3: "Agree"}\n    sides: {low: [1], high: [9]}',
        "found '9', expected an answer of the scale",
    ),
    (ITEMS, "[3]", "[4]", "'items.trust.headline.agree': found '4', expected an answer of the scale (1, 2, 3)"),
    (ITEMS, "[3]", "[-8]", "found '-8', expected an answer of the scale"),
    (ITEMS, "scale: words", "scale: word", "found 'word', expected a scale (agree3, words). Did you mean 'words'?"),
    (ITEMS, "[purpose]", "[purposes]", "expected a research question (purpose). Did you mean 'purpose'?"),
    (ITEMS, "to: trust", "to: rust", "'links.to': found 'rust', expected an item"),
    (ITEMS, "not_comparable", "similar", "expected a comparability"),
    (
        ITEMS,
        "not_comparable",
        "identical",
        "line 28, 'links': found 'amount' and 'trust' as identical, with 2 and 3 answers, expected the same kind, "
        "answers and headlines. Give both one scale and headline, or declare comparable_with_break or not_comparable.",
    ),
    (ITEMS, "trust, comparability: not_comparable", "hours, comparability: identical", "the kinds category and number"),
    (ITEMS, "-8: dont_know", "-8: unknown", "expected a kind of missing"),
    (ITEMS, '-9: "Refused"}', '-7: "Not asked"}', "found missing code '-7', expected a code of missing_kinds"),
    (
        SURVEY,
        "margins: [sex]",
        "margins: [sexes]",
        "'weights.both_waves.calibration.margins': found 'sexes', expected a domain (age_group, "
        "sex). Did you mean 'sex'?",
    ),
    (SURVEY, "age_group*sex]", "age_group*sexes]", "found 'sexes', expected a domain"),
    (
        SURVEY,
        "margins: [age_group, age",
        "margins: [sex, age",
        "found 'sex', expected a margin with totals under margins/",
    ),
    (SURVEY, "{age_group: largest}", "{sex: largest}", "found 'sex', expected a margin of this calibration"),
    (SURVEY, "{age_group: largest}", "{age_group: guess}", "expected a rule for missing values (largest, refuse)"),
    (SURVEY, "variable: age,", "variable: ages,", "expected a profile variable (age, sex). Did you mean 'age'?"),
    (SURVEY, '"M": "Male"', '"M": "Man"', "found 'Man', expected a category of the variable"),
    (SURVEY, "[[w01, w02]]", "[[w01, w03]]", "found 'w03', expected a wave (w01, w02)"),
    (SURVEY, "[[w01, w02]]", "[[w01]]", "found 1 waves, expected a pair of waves"),
    (SURVEY, "[w01, w02]\n    use", "all\n    use", "expected a list of waves, or the word each (each)"),
    (SURVEY, "consecutive_and_first", "consecutive", "Did you mean 'consecutive_and_first'?"),
    (SURVEY, "starting_weight: wave_weight", "starting_weight: wave_weights", "expected a weight_id"),
    (SURVEY, "{items: [trust], domains", "{items: [trusty], domains", "Did you mean 'trust'?"),
    (SURVEY, "first_wave: w01", "first_wave: w10", "'retention.first_wave': found 'w10', expected a wave"),
    (SURVEY, "{w02: LEFT_2}", "{w04: LEFT_2}", "'eligibility.columns.w04': found 'w04', expected a wave"),
    (SURVEY, "method: raking", "method: rake", "Did you mean 'raking'?"),
    (SURVEY, "blank: skipped", "blank: empty", "'blank': found 'empty', expected a kind of missing"),
    (
        SURVEY,
        "member_ids: pseudonym\n",
        "",
        "found no 'member_ids', expected member_ids: how ids are kept",
    ),
    # things that contradict each other, or are left open
    (SURVEY, 'survey: "small"', 'survey: "my survey"', "found survey 'my survey', expected a letter"),
    (SURVEY, "number: true,", 'number: true, categories: ["x"],', "found both or neither of 'number' and 'categories'"),
    (
        SURVEY,
        "{variable: sex,",
        '{variable: sex, bands: {"a": [1, 2]},',
        "found 1 bands of 'sex', expected bands for a number",
    ),
    (SURVEY, "[50, null]", "[49, null]", "found band '50+' not above '16-49'"),
    (SURVEY, "[50, null]", "[50]", "found 1 limits, expected [lowest, highest]"),
    (SURVEY, 'contains: "moved", ', "", "found one of 'columns' and 'contains', expected both or neither"),
    (SURVEY, '  source: "census"\n', "", "found a total without source or reference_date, expected both"),
    (SURVEY, "    starting_wave: w01\n", "", "found one of starting_wave and starting_weight, expected both"),
    (SURVEY, "    starting_wave: w01\n", "    supplied: WEIGHT\n", "found 2 of these, expected one of supplied"),
    (SURVEY, "    starting_wave: w01\n", "    supplied: WEIGHT\n", "found a supplied weight with 'calibration'"),
    (SURVEY, "waves: [w01, w02]\n", "waves: each\n", "found a longitudinal weight for each wave"),
    (
        SURVEY,
        "missing: {age_group: largest}",
        "controls: starting_wave",
        "found controls: starting_wave",
    ),
    (
        SURVEY,
        "    keeps_ineligible: true\n",
        "",
        "found controls: starting_wave without keeps_ineligible, expected true or false. Write true, or those who left",
    ),
    (SURVEY, "level: 0.05", "level: 5", "found level 5.0, expected a level between 0 and 1"),
    (SURVEY, "members.csv", "small_w02.csv", "found 'small_w02.csv' for roster and w02, expected a file for each"),
    (ITEMS, "    scale: words\n", "", "found neither 'scale' nor 'kind', expected one of them"),
    (ITEMS, "    scale: words\n", "    scale: words\n    kind: text\n", "found both 'scale' and 'kind'"),
    (ITEMS, "kind: text", "kind: text\n    published: true", "found published: true, expected open text unpublished"),
    (ITEMS, LABELS, 'answers: ["a lot", "a lot"]', "found 'a lot' more than once"),
    (ITEMS, '3: "Agree"}', '-8: "Agree"}', "found code '-8' as answer and as missing"),
    (
        WAVE,
        "end: 2025-01-20",
        "end: 2024-01-20",
        "found fieldwork from 2025-01-06 to 2024-01-20, expected a start before the end",
    ),
    (WAVE, "{start: 2025-01-06, ", "{", "found no 'start', expected start: the first day of fieldwork"),
    (
        WAVE,
        "fieldwork: {start: 2025-01-06, end: 2025-01-20}\n",
        "",
        "found no 'fieldwork'",
    ),
    (WAVE, "{start: 2025-01-06, end: 2025-01-20}", "open", "found 'open', expected start and end, or the word closed"),
    (WAVE, "{panel_member_id: ID, ", "{", "found no 'panel_member_id' under columns"),
    (WAVE, '"w01"', '"first"', "found no number in wave 'first'"),
    (WAVE, '"w01"', '"w02"', "wave w02 again"),
    (WAVE, "row_tolerance: 0.1", "margins: [sex]", "'margins': found 'sex', expected a margin with totals"),
    (WAVE, "row_tolerance: 0.1", "row_tolerance: 10", "'row_tolerance': found '10', expected a share from 0 to 1"),
    (WAVE, "items:\n", "items: some\nmore:\n", "expected a block of item: column, or the word all"),
    (
        WAVE,
        'column: STATUS, in: ["test"]',
        "column: STATUS",
        "'source.test_rows': found no 'in', expected in: a list of values",
    ),
    (ITEMS, "items:\n", "questions:\n", "found no items, expected items: at least one"),
    (WAVE, "items:\n", "answers:\n", "found no 'items', expected items: item: column, or all"),
    (SURVEY, "population:\n", "people:\n", "found no 'population', expected population: a block of keys"),
    (SURVEY, "    waves: each\n", "", "found no 'waves', expected waves: a list of waves, or each"),
    (SURVEY, "retention: {first_wave: w01, weight: wave_weight, missed_waves: 2}", "retention: w01", "a block of keys"),
    (SURVEY, "margins: [sex]", "margins: [age_group*sexes]", "found 'sexes', expected a domain"),
    (
        SURVEY,
        "missed_waves: 2",
        "missed_waves: 1.5",
        "'retention.missed_waves': found '1.5', expected a whole number from 1",
    ),
    (SURVEY, "tolerance: 1.0e-6", "tolerance: 0", "found '0', expected a number above 0"),
    (SURVEY, "persons: 1000", "persons: -1000", "found '-1000', expected a number above 0"),
    # margins
    (
        MARGINS,
        "50+,400",
        "50+,500",
        "line 2: found margin 'age_group' with a total of 1,100, expected 1,000 within 0.1 %. "
        "Correct the totals or population.persons, or write approximation shares",
    ),
    (MARGINS, "50+,400,persons", "50+,400,households", "found margin 'age_group' described otherwise than in line 2"),
    (
        MARGINS,
        "600.5,persons,16 and over",
        "600.5,persons,all ages",
        "found margin 'age_group' with universe 'all ages', expected '16 and over'. Take a table "
        "of the population, or write approximation shares",
    ),
    (
        MARGINS,
        "16-49,600.5",
        "16-48,600.5",
        "found margin 'age_group', category '16-48', expected a category (16-49, 50+). Did you mean '16-49'?",
    ),
    (
        MARGINS,
        "16-49,600.5",
        "16-48,600.5",
        "found margin 'age_group' without '16-49', expected a total for each category",
    ),
    (MARGINS, "50+*Male,2", "50+*Men,2", "found margin 'age_group*sex' without '50+*Male'"),
    (MARGINS, "50+,400", "16-49,400", "line 3: found margin 'age_group', category '16-49' a second time"),
    (MARGINS, "600.5", "600.5 thousand", "line 2, 'persons': found '600.5 thousand', expected a number above 0"),
    (MARGINS, "600.5", "-5", "found '-5', expected a number above 0"),
    (MARGINS, "census table 1", "", "line 2, 'source': found nothing, expected a source"),
    (MARGINS, "2021-03-21", "March 2021", "line 2, 'reference_date': found 'March 2021', expected a date"),
    (MARGINS, "shares", "about", "line 4, 'approximation': found 'about', expected 'shares' or nothing"),
    (MARGINS, "persons,unit", "people,unit", "line 1: found the columns margin, category, people"),
    (MARGINS, "persons,unit", "unit", "Add persons."),
    (
        SURVEY,
        "  persons: 1000\n",
        "",
        "found margin 'age_group' with a total of 1,000, expected population.persons in survey.yml",
    ),
]


@pytest.mark.parametrize(("file", "found", "written", "expected"), FAULTS)
def test_a_fault_is_named(tmp_path: Path, file: str, found: str, written: str, expected: str) -> None:
    with pytest.raises(DefinitionError) as error:
        read_survey(write_survey(tmp_path, change=(file, found, written)))
    assert expected in str(error.value)
    assert str(error.value).startswith("small: ")
    assert "\n  - small/" in str(error.value)


def test_all_faults_of_a_folder_are_named_at_once(tmp_path: Path) -> None:
    folder = write_survey(tmp_path, change=(SURVEY, "method: raking", "method: rake"))
    for file, old, new in ((ITEMS, "[3]", "[4]"), (WAVE, "trust: Q1", "trusts: Q1"), (MARGINS, "600.5", "many")):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError, match="faults in the definitions") as error:
        read_survey(folder)
    for file in (SURVEY, ITEMS, WAVE, MARGINS):
        assert f"small/{file}, line" in str(error.value)


@pytest.mark.parametrize("file", [SURVEY, ITEMS])
def test_an_absent_file_is_named(tmp_path: Path, file: str) -> None:
    folder = write_survey(tmp_path)
    (folder / file).unlink()
    with pytest.raises(DefinitionError, match=f"small/{file}, line 1: found no such file"):
        read_survey(folder)


def test_a_survey_without_waves_is_refused(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    for path in (folder / "waves").iterdir():
        path.unlink()
    with pytest.raises(DefinitionError, match="small/waves, line 1: found no wave"):
        read_survey(folder)


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith((".yml", ".csv"))])
def test_an_empty_file_is_refused(tmp_path: Path, file: str) -> None:
    folder = write_survey(tmp_path)
    (folder / file).write_text("", encoding="utf-8")
    with pytest.raises(DefinitionError, match=f"small/{file}, line 1: found an empty file"):
        read_survey(folder)


@pytest.mark.parametrize("file", [ITEMS, MARGINS])
def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path, file: str) -> None:
    folder = write_survey(tmp_path)
    (folder / file).write_bytes(b"\xff\xfe\xfa" + (folder / file).read_bytes())
    with pytest.raises(DefinitionError, match=f"small/{file}, line 1: found byte 1, which is not UTF-8"):
        read_survey(folder)


def test_a_survey_of_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    write_survey(tmp_path, name="first")
    write_survey(tmp_path, name="second")
    with pytest.raises(DefinitionError, match="found 'small' in two folders"):
        read_surveys(tmp_path)


def test_a_folder_without_surveys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no survey found"):
        read_surveys(tmp_path)


def test_the_faults_of_every_survey_are_named(tmp_path: Path) -> None:
    write_survey(tmp_path, name="first", change=(SURVEY, "method: raking", "method: rake"))
    write_survey(tmp_path, name="second", change=(ITEMS, "[3]", "[4]"))
    with pytest.raises(DefinitionError) as error:
        read_surveys(tmp_path)
    assert "first/survey.yml" in str(error.value)
    assert "second/items.yml" in str(error.value)
