"""One language of the reports: its words from a file of templates/languages, its plural forms by the rules of CLDR."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import DefinitionError

if TYPE_CHECKING:
    from babel import Locale

FOLDER = Path(__file__).parent / "templates" / "languages"
NOBODY = ""  # reviewed_by of a file that no translator has looked through


@dataclass(frozen=True, eq=False)
class Language:
    """The texts of one language; what a file lacks is an error, never another language's text."""

    code: str
    texts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return what the language calls itself."""
        return self.text("language.name")

    @property
    def is_reviewed(self) -> bool:
        """Return whether a translator, or the authors, stand behind the texts."""
        return self.text("language.reviewed_by") != NOBODY

    @cached_property
    def locale(self) -> "Locale":
        """Return CLDR's rules of the language."""
        from babel import Locale

        return Locale.parse(self.text("language.locale"))

    @property
    def locale_tag(self) -> str:
        """Return the locale as pages and browsers write it."""
        return self.text("language.locale").replace("_", "-")

    def name_of(self, code: str) -> str:
        """Return what another language is called in this one."""
        return str(self.locale.languages[code])

    def table(self, key: str) -> Mapping[str, Any]:
        """Return the texts under a key, for a template or to look one up by a code."""
        found = self._found(key)
        assert isinstance(found, Mapping), key
        return found

    def text(self, key: str) -> str:
        """Return the text of a key such as `numbers.close_to`."""
        found = self._found(key)
        assert isinstance(found, str), key
        return found

    def say(self, key: str, **values: object) -> str:
        """Return the text of a key with its {names} filled in."""
        return self.text(key).format(**values)

    def say_number(self, key: str, number: float, **values: object) -> str:
        """Return the form of a text that the language uses with a number, which stands in it as {n}."""
        forms = self.table(key)
        category = self.locale.plural_form(abs(number))
        return str(forms[category]).format(n=self.number(number), **values)

    def number(self, number: float) -> str:
        """Return a whole number as the language writes it."""
        from babel.numbers import format_decimal

        return format_decimal(number, locale=self.locale)

    def decimal(self, number: float, places: int) -> str:
        """Return a number with so many places after the point, or what the language has for one."""
        from babel.numbers import format_decimal

        return format_decimal(number, format=f"#,##0.{'0' * places}", locale=self.locale)

    def _found(self, key: str) -> Any:
        found: Any = self.texts
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise DefinitionError(
                    f"language '{self.code}': no text '{key}' in templates/languages/{self.code}.toml, which every "
                    "report in this language needs. Add it there."
                )
            found = found[part]
        return found


def language_folder(languages: Sequence[str], code: str) -> str:
    """Return the folder of a page in a language, below that of the survey's main one."""
    return "" if code == languages[0] else f"{code}/"


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that reports can be written in."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def language(code: str) -> Language:
    """Return a language by its code, such as `cy`.

    Raises:
        DefinitionError: there is no file for it.
    """
    path = FOLDER / f"{code}.toml"
    if code not in languages():
        raise DefinitionError(
            f"language '{code}': no {path.name} in templates/languages, which has {', '.join(languages())}. "
            "Correct 'languages' in survey.yml, or add the file."
        )
    return Language(code, tomllib.loads(path.read_text(encoding="utf-8")))


ENGLISH = language("en")
