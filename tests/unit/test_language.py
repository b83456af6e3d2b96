"""The languages of the reports: every file is whole, nothing is filled in from another, and CLDR's forms are used."""

import ast
import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import reports
from pipeline.errors import DefinitionError
from reports import words
from reports.language import ENGLISH, Language, language, languages
from reports.sentences import VERDICTS

CODES = {  # tables whose keys are codes: of modes, of inference, of what is missing …
    *("approximations", "codebook.comparability", "codebook.kinds", "codebook.missing_kinds", "disclosure"),
    *("fractions", "inference", "measures", "methods.corrections", "methods.kinds_of_flags"),
    *("methods.weighting_steps", "modes", "sentences.change", "sentences.change_of_same_people", "sentences.claim"),
    *("sentences.range", "status", "weights.kinds", "weights.rests_on"),
}
CODED = {"method.longitudinal", *(f"easy_read.{verdict.replace(' ', '_')}" for verdict in VERDICTS)}
READERS = {  # sources that are handed a table as a whole; of any other table every source may say a name
    "codebook": {"codebook", "codebook_texts"},
    "easy_read": {"easy_read", "newsletter_formats"},
    "explorer": {"explorer", "explorer_words"},
    "methods": {"methods", "disclosure_sheet"},
    "methods.asks": {"disclosure_sheet"},
    "methods.codes": {"disclosure_sheet"},
    "newsletter": {"newsletter", "email", "methods", "newsletter_formats", "participation", "groups_picture", "method"},
    "tables": {"tables"},
    "trend_report": {"trend_report"},
}
SOURCES = [
    path for path in sorted(Path(reports.__path__[0]).rglob("*")) if path.suffix in (".py", ".html", ".js", ".typ")
]
OTHERS = [code for code in languages() if code != "en"]
WELSH = language("cy")


def texts(tongue: Language) -> dict[str, dict[str, str]]:
    """Return every text by its key: its plural forms by category, {'': text} for one without."""
    found: dict[str, dict[str, str]] = {}

    def walk(value: object, key: str) -> None:
        if isinstance(value, str):
            found[key] = {"": value}
        elif isinstance(value, dict) and "other" in value and "one" in value:
            found[key] = value
        elif isinstance(value, dict):
            for name, below in value.items():
                walk(below, f"{key}.{name}" if key else name)

    walk(tongue.texts, "")
    return found


def said_in(path: Path) -> set[str]:
    """Return the names that a source asks for: of Python those in quotes, of a template also those of a table."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        return set(re.findall(r"words\.(\w+)", text))
    if path.suffix != ".py":
        return set(re.findall(r"""[."'](\w+)""", text))
    strings = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    return {one for one in strings if isinstance(one, str)}


SAID = {path: said_in(path) for path in SOURCES}


@pytest.mark.parametrize("key", sorted(texts(ENGLISH)))
def test_every_text_is_used_by_a_report(key: str) -> None:
    table, _, name = key.rpartition(".")
    if table in CODES or key in CODED:
        return
    own = [path for path in SOURCES if path.stem in READERS.get(table, {path.stem})]
    is_said = any(name in SAID[path] for path in own) or any(key in said for said in SAID.values())
    assert is_said, f"'{key}' stands in no report: take it out of every language"


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_text_that_english_has_and_no_other(code: str) -> None:
    assert set(texts(language(code))) == set(texts(ENGLISH))


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_filled_in_with_the_same_figures_as_in_english(code: str) -> None:
    theirs = texts(language(code))
    for key, forms in texts(ENGLISH).items():
        expected = set().union(*(names(text) for text in forms.values()))
        assert {frozenset(names(text)) for text in theirs[key].values()} == {frozenset(expected)}, key


@pytest.mark.parametrize("code", languages())
def test_a_text_with_a_number_has_exactly_the_plural_forms_of_cldr(code: str) -> None:
    tongue = language(code)
    wanted = {*tongue.locale.plural_form.tags, "other"}
    forms = {key: set(found) for key, found in texts(tongue).items() if set(found) != {""}}
    assert forms
    assert all(found == wanted for found in forms.values()), forms


def test_welsh_has_six_forms_and_english_two() -> None:
    assert [words.points(WELSH, n / 100) for n in (1, 2, 3, 4, 6)] == [
        "1 pwynt", "2 bwynt", "3 phwynt", "4 pwynt", "6 phwynt"
    ]  # fmt: skip
    assert WELSH.say_number("numbers.people", 0).startswith("ni atebodd neb")
    assert [words.points(ENGLISH, n / 100) for n in (1, 2)] == ["1 point", "2 points"]


def test_dates_have_the_months_of_the_language() -> None:
    assert words.dates(WELSH, date(2025, 3, 3), date(2025, 4, 24)) == "3 Mawrth – 24 Ebrill 2025"
    assert words.month(WELSH, date(2025, 4, 24)) == "Ebr 2025"


def test_a_text_that_a_language_lacks_is_an_error_that_names_it() -> None:
    with pytest.raises(DefinitionError, match=r"language 'xx': no text 'numbers\.points'"):
        words.points(Language("xx", {"numbers": {}}), 0.02)


def test_a_language_without_a_file_is_an_error_that_names_those_with_one() -> None:
    with pytest.raises(DefinitionError, match=r"'fr': no fr\.toml in templates/languages, which has cy, en"):
        language("fr")


def test_a_draft_by_a_machine_is_known_as_such() -> None:
    assert ENGLISH.is_reviewed
    assert not WELSH.is_reviewed


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_of_another_language_is_left_in_english(code: str) -> None:
    """A text that says the same in both is short: a sign, a unit, a format."""
    same = [key for key, forms in texts(language(code)).items() if forms == texts(ENGLISH).get(key)]
    assert all(len(re.findall(r"[^\W\d_]{3,}", re.sub(r"\{\w+\}", "", ENGLISH.text(key)))) < 3 for key in same)
