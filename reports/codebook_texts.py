"""The codebook's texts in every language of a survey: label, wording, answers and notes, and the page's own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.translations import LINKED
from reports.language import language
from reports.published import Read, columns_of, survey_facts
from reports.survey_texts import SurveyTexts, survey_texts

ByLanguage = dict[str, str]  # code: text, the main language first


def own_words(codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the page's own words, each by language, in the tables they stand in."""
    tables = {code: language(code).table("codebook") for code in codes}
    first = tables[codes[0]]
    return {key: _by_language(tables, key) for key in first}


def _by_language(tables: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    found = {code: table[key] for code, table in tables.items()}
    first = next(iter(found.values()))
    return {name: _by_language(found, name) for name in first} if isinstance(first, Mapping) else found


@dataclass(frozen=True)
class CodebookTexts:
    """What a survey's items say in each language; a language without a text is not in its map."""

    codes: tuple[str, ...]  # main language first
    rows: pl.DataFrame  # of answer_options
    items: Mapping[str, Mapping[str, Any]]  # rows of items by item
    notes: Mapping[str, ByLanguage]  # of links, by the two items joined by LINKED
    texts: Mapping[str, SurveyTexts]

    def of_survey(self, main: str, kind: str) -> ByLanguage:
        """Return a text of the survey as a whole."""
        told = {code: texts.texts.get((kind, "", "")) for code, texts in self.texts.items()}
        return self._told(main, {code: text for code, text in told.items() if text})

    def label(self, item: str, main: str) -> ByLanguage:
        """Return the label of an item."""
        return self._told(main, self.items[item].get("labels"))

    def wording(self, item: str, main: str) -> ByLanguage:
        """Return the wording of an item."""
        return self._told(main, self.items[item].get("wordings"))

    def answer(self, item: str, main: str) -> ByLanguage:
        """Return the label of one of its answers, or of a figure that is none."""
        found = self.rows.filter(item=item, label=main)
        return self._told(main, found["labels"].item(0) if found.height and "labels" in found.columns else {})

    def note(self, item: str, other: str, main: str) -> ByLanguage:
        """Return the note of the link between two versions of a question, whichever is the earlier."""
        pairs = (LINKED.join((item, other)), LINKED.join((other, item)))
        return self._told(main, next((self.notes[pair] for pair in pairs if pair in self.notes), {}))

    def _told(self, main: str, found: Mapping[str, str] | None) -> ByLanguage:
        further = {code: text for code in self.codes[1:] if (text := (found or {}).get(code))}
        return {self.codes[0]: main} | further


def codebook_texts(read: Read, survey: str) -> CodebookTexts:
    """Return the texts of a survey's codebook."""
    codes = tuple(str(survey_facts(read, survey).get("languages") or "en").split(","))
    has_notes = "notes" in columns_of(read, "item_links")
    links = read("select * from item_links where survey = ?", [survey]) if has_notes else pl.DataFrame()
    return CodebookTexts(
        codes=codes,
        rows=read("select * from answer_options where survey = ?", [survey]),
        items={row["item"]: row for row in read("select * from items where survey = ?", [survey]).to_dicts()},
        notes={LINKED.join((row["item_from"], row["item_to"])): row["notes"] or {} for row in links.to_dicts()},
        texts={code: survey_texts(read, survey, language(code)) for code in codes[1:]},
    )
