"""The codebook's texts in every language of a survey: what items, answers and sums say, and the page's own words."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from reports.explorer_texts import told
from reports.foreign_text import has_foreign, is_foreign, plain
from reports.language import language
from reports.published import Read, survey_languages
from reports.survey_texts import survey_texts

ByLanguage = dict[str, str]  # code: text, the main language first; a language without a text is not in it


def own_words(codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the page's own words, each by language, in the tables they stand in."""
    tables = {code: language(code).table("codebook") for code in codes}
    first = tables[codes[0]]
    return {key: _by_language(tables, key) for key in first}


def _by_language(tables: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    found = {code: table[key] for code, table in tables.items()}
    first = next(iter(found.values()))
    return {name: _by_language(found, name) for name in first} if isinstance(first, Mapping) else found


class CodebookTexts:
    """A survey of the explorer in each of its languages."""

    def __init__(self, read: Read, survey: Mapping[str, Any]) -> None:
        self.read = read
        self.codes = survey_languages(read, survey["id"])
        self.told = {code: told(read, survey, language(code)) for code in self.codes}

    @cached_property
    def reviews(self) -> list[tuple[str, str, str]]:
        """Return (language the page is told in, language, text) of what is to be said of its translation."""
        return [
            (code, *notice)
            for code, survey in self.told.items()
            for notice in survey_texts(self.read, survey["id"], language(code)).notices(has_others=has_foreign(survey))
        ]

    @property
    def main(self) -> dict[str, Any]:
        """Return the survey in the language of its definitions."""
        return self.told[self.codes[0]]

    def of_survey(self, *names: str) -> ByLanguage:
        """Return texts of the survey as a whole, one after the other."""
        return self._each(lambda one: " ".join(one[name] for name in names if one[name]))

    def of_wave(self, wave: int) -> ByLanguage:
        """Return the name of a wave and its dates."""
        return self._each(lambda one: "{label}, {dates}".format(**one["waves"][wave]))

    def of_item(self, item: int, name: str) -> ByLanguage:
        """Return a text of an item: label, wording or topic."""
        return self._each(lambda one: str(one["items"][item][name]))

    def figure(self, item: int, number: int) -> ByLanguage:
        """Return what a figure of an item is called."""
        return self._each(lambda one: str(one["items"][item]["series"][number]["label"]))

    def note(self, item: int, number: int) -> ByLanguage:
        """Return the note of an item's link to another version of it."""
        return self._each(lambda one: str(one["items"][item]["notes"][number]))

    def _each(self, text: Callable[[dict[str, Any]], str]) -> ByLanguage:
        """Return what is found in each language, but for what is not translated."""
        found = {code: text(survey) for code, survey in self.told.items()}
        return {code: plain(one) for code, one in found.items() if not is_foreign(one)}
