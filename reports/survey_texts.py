"""A survey's own texts in the language of a report; what is not translated stays in the main language, marked so."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.translations import Key
from reports.foreign_text import foreign
from reports.language import ENGLISH, Language, language_folder
from reports.language import language as language_of
from reports.published import Read, columns_of, survey_languages


@dataclass(frozen=True, eq=False)
class SurveyTexts:
    """What a survey says, for a report in one language."""

    language: Language = ENGLISH
    languages: tuple[str, ...] = ("en",)  # of the survey, its main one first
    texts: Mapping[Key, str] = field(default_factory=dict)
    is_reviewed: bool = True

    @property
    def main(self) -> str:
        """Return the language that the survey's definitions are written in."""
        return self.languages[0]

    @property
    def awaits_review(self) -> bool:
        """Return whether nobody has reviewed the words of the report, or the survey's own in its language."""
        return not (self.language.is_reviewed and self.is_reviewed)

    def notices(self, *, has_others: bool) -> list[tuple[str, str]]:
        """Return (language, text) of what a page says of its translation, in its own language and in the main one.

        Args:
            has_others: something on the page is in the main language for want of a translation.
        """
        keys = [
            *(["awaits_review"] if self.awaits_review else []),
            *(["not_translated"] if has_others and self.language.code != self.main else []),
        ]
        told = [language_of(code) for code in dict.fromkeys((self.language.code, self.main))] if keys else []
        return [
            (one.code, " ".join(one.say(f"language.{key}", main=one.name_of(self.main)) for key in keys))
            for one in told
        ]

    def told_in(self, page: str) -> list[dict[str, str]]:
        """Return where a page is in the other languages, whose folders are those of `language_folder`."""
        up = "" if self.language.code == self.main else "../"
        others = [language_of(code) for code in self.languages if code != self.language.code]
        return [
            {
                "code": other.code,
                "text": other.text("language.read_in"),
                "href": f"{up}{language_folder(self.languages, other.code)}{page}",
            }
            for other in others
        ]

    def text(self, main: str, kind: str, name: str = "", code: str = "") -> str:
        """Return a text in the report's language.

        Args:
            main: the text in the survey's main language, which stands where there is no translation.
            kind, name, code: what it is, as in the published translations.
        """
        found = self.texts.get((kind, name, code))
        return found if found and main else self.untranslated(main)

    def untranslated(self, main: str) -> str:
        """Return a text that exists in the survey's main language alone."""
        return main if self.language.code == self.main else foreign(main, self.main)


def survey_texts(read: Read, survey: str, language: Language) -> SurveyTexts:
    """Return the texts of a survey for a report in a language."""
    languages = survey_languages(read, survey)
    if not columns_of(read, "translations") or language.code == languages[0]:
        return SurveyTexts(language, languages)
    sql = "select kind, name, code, text, is_reviewed from translations where survey = ? and language = ?"
    rows = read(sql, [survey, language.code])
    texts = {(kind, name, code): text for kind, name, code, text, _ in rows.iter_rows()}
    return SurveyTexts(language, languages, texts, is_reviewed=bool(rows.select(pl.col("is_reviewed").all()).item()))
