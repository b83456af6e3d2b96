"""A survey in more than one language: its further texts are read whole, and what names nothing is a fault."""

from pathlib import Path

import pytest

from pipeline.definitions import Survey
from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from pipeline.translations import (
    ANSWER,
    GROUP,
    HEADLINE,
    INTRO,
    LABEL,
    LINK_NOTE,
    STATEMENT,
    TOPIC,
    WE_DID,
    WORDING,
    YOU_SAID,
)
from tests.survey_folder import write_survey

WELSH = """\
title: "Panel bach"
domains: {age_group: "Grŵp oedran"}
groups: {age_group: {"50+": "50 neu hŷn"}}
topics: {trust: "Ymddiriedaeth"}
headlines: {agree: "Cytuno"}
weights: {wave_weight: "Ar gyfer un don."}
scales:
  agree3: {3: "Cytuno", -8: "Ddim yn gwybod"}
items:
  trust: {label: "Ymddiried", wording: "Gellir ymddiried yn y cyngor."}
  hours: {answers: {-8: "Dim syniad"}}
links:
  - {from: amount, to: trust, note: "cwestiwn arall"}
"""
SAID = """\
intro: "Diolch."
you_said_we_did:
  - {you_said: "Hyn.", we_did: "Hynny."}
"""


def translated(root: Path, welsh: str = WELSH, *, languages: str = "[en, cy]", said: str | None = None) -> Survey:
    folder = write_survey(root)
    survey = folder / "survey.yml"
    survey.write_text(f"languages: {languages}\n{survey.read_text(encoding='utf-8')}", encoding="utf-8")
    (folder / "languages").mkdir()
    (folder / "languages" / "cy.yml").write_text(welsh, encoding="utf-8")
    if said is not None:
        (folder / "newsletters" / "cy").mkdir(parents=True)
        (folder / "newsletters" / "cy" / "w01.yml").write_text(said, encoding="utf-8")
    return read_survey(folder)


def test_a_survey_that_declares_nothing_is_in_english_alone(tmp_path: Path) -> None:
    survey = read_survey(write_survey(tmp_path))
    assert (survey.languages, survey.translations) == (("en",), {})


def test_the_texts_of_a_further_language_are_read(tmp_path: Path) -> None:
    welsh = translated(tmp_path).translations["cy"]
    assert welsh.texts["title", "", ""] == "Panel bach"
    assert welsh.texts[LABEL, "trust", ""] == "Ymddiried"
    assert welsh.texts[WORDING, "trust", ""] == "Gellir ymddiried yn y cyngor."
    assert welsh.texts[LINK_NOTE, "amount>trust", ""] == "cwestiwn arall"
    assert welsh.texts[TOPIC, "trust", ""] == "Ymddiriedaeth"
    assert welsh.texts[HEADLINE, "agree", ""] == "Cytuno"
    assert welsh.texts[GROUP, "age_group", "50+"] == "50 neu hŷn"
    assert not welsh.is_reviewed


def test_what_an_author_states_is_told_in_a_further_language(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    survey = folder / "survey.yml"
    stated = 'languages: [en, cy]\nstatement: {sponsor: "Anytown Council"}\n'
    survey.write_text(stated + survey.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "languages").mkdir()
    (folder / "languages" / "cy.yml").write_text('statement: {sponsor: "Cyngor Trefaes"}\n', encoding="utf-8")
    assert read_survey(folder).translations["cy"].texts == {(STATEMENT, "sponsor", ""): "Cyngor Trefaes"}
    (folder / "languages" / "cy.yml").write_text('statement: {funding: "Dim"}\n', encoding="utf-8")
    with pytest.raises(DefinitionError, match="found 'funding', expected an element of the survey's statement"):
        read_survey(folder)


def test_the_answers_of_a_scale_are_those_of_every_item_on_it_and_an_item_may_have_its_own(tmp_path: Path) -> None:
    answers = {key[1:]: text for key, text in translated(tmp_path).translations["cy"].texts.items() if key[0] == ANSWER}
    assert answers == {
        ("trust", "3"): "Cytuno", ("trust", "-8"): "Ddim yn gwybod", ("hours", "-8"): "Dim syniad"
    }  # fmt: skip


def test_an_editors_words_in_a_further_language_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    texts = translated(tmp_path, said=SAID).translations["cy"].texts
    assert (texts[INTRO, "w01", ""], texts[YOU_SAID, "w01", "1"], texts[WE_DID, "w01", "1"]) == (
        "Diolch.", "Hyn.", "Hynny."
    )  # fmt: skip


def test_a_translator_signs_the_file(tmp_path: Path) -> None:
    assert translated(tmp_path, WELSH + 'reviewed_by: "A. Translator"\n').translations["cy"].is_reviewed


@pytest.mark.parametrize(
    ("welsh", "languages", "said"),
    [
        (WELSH.replace("trust:", "trusst:"), "[en, cy]", "found 'trusst', expected an item"),
        (WELSH.replace("{3: ", "{4: "), "[en, cy]", "found '4', expected a code of the scale"),
        (WELSH.replace("agree3:", "agree9:"), "[en, cy]", "found 'agree9', expected a scale of an item"),
        (WELSH.replace("topics: {trust", "topics: {thrust"), "[en, cy]", "found 'thrust', expected a topic of an item"),
        (WELSH.replace("{agree:", "{agreed:"), "[en, cy]", "found 'agreed', expected a headline of an item"),
        (WELSH.replace("50+", "60+"), "[en, cy]", "found '60+', expected a value of the domain"),
        (WELSH.replace("groups: {age_group", "groups: {age"), "[en, cy]", "found 'age', expected a domain"),
        (WELSH.replace("title:", "titel:"), "[en, cy]", "unknown key 'titel'"),
        (WELSH, "[en]", "cy.yml, line 1: found texts in 'cy', expected a further language of 'languages'"),
        (WELSH, "[en, cy, fr]", "fr.yml, line 1: found no such file, expected the texts in 'fr'"),
        (WELSH, "[en, cy, Welsh]", "found language 'Welsh', expected a language's code"),
    ],
)
def test_what_a_translation_names_must_exist(tmp_path: Path, welsh: str, languages: str, said: str) -> None:
    with pytest.raises(DefinitionError) as error:
        translated(tmp_path, welsh, languages=languages)
    assert said in str(error.value)
