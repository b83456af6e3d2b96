"""A survey as Triple-S describes it: what the metadata file (.sss) says of the records in the data file.

Names are those of the Triple-S XML standard (1.1, 1.2, 2.0 and 3.0, www.triple-s.org): a survey has one record, a
record has variables, a variable a position, values, and perhaps a spread, a size, a use and a filter.
"""

from dataclasses import dataclass

SINGLE, MULTIPLE, QUANTITY, CHARACTER, LOGICAL, DATE, TIME = KINDS = (
    "single",
    "multiple",
    "quantity",
    "character",
    "logical",
    "date",
    "time",
)
FIXED, CSV = FORMATS = ("fixed", "csv")
INTERVIEW = "interview"  # the mode in which a text is read out to respondents


@dataclass(frozen=True)
class SssText:
    """One wording of a title, label or value; mode and language '' for the text that serves them all."""

    text: str
    mode: str = ""
    language: str = ""


@dataclass(frozen=True)
class SssValue:
    """One code with its texts; a special value stands for a kind of missing."""

    code: str
    texts: tuple[SssText, ...] = ()
    score: str = ""
    is_special: bool = False


@dataclass(frozen=True)
class SssVariable:
    """One variable; `start` and `finish` are characters of a fixed record, or fields of a CSV record, from 1."""

    ident: str
    name: str
    kind: str  # one of KINDS
    start: int
    finish: int
    texts: tuple[SssText, ...] = ()
    values: tuple[SssValue, ...] = ()
    ranges: tuple[tuple[str, str], ...] = ()  # from, to
    subfields: int = 0  # of a multiple in spread form; 0: a bitstring
    subfield_width: int = 0
    size: int = 0
    use: str = ""  # serial | weight
    filter: str = ""  # the variable, or condition, that decides who was asked

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the values, in the file's order."""
        return tuple(value.code for value in self.values)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns a variable is read as: a multiple has one a subfield of its spread, or one a code."""
        if self.kind != MULTIPLE:
            return (self.name,)
        parts = [str(number) for number in range(1, self.subfields + 1)] or list(self.codes)
        return tuple(f"{self.name}_{part}" for part in parts)


@dataclass(frozen=True)
class SssSurvey:
    """A metadata file: the survey and its one record."""

    version: str
    variables: tuple[SssVariable, ...]
    title: str = ""
    ident: str = ""  # of the record
    href: str = ""  # the data file, where the metadata names it
    format: str = FIXED
    skip: int = 0  # records before the data, a CSV's header
    encoding: str = ""
    languages: tuple[str, ...] = ()


def wording(texts: tuple[SssText, ...], languages: tuple[str, ...] = ()) -> str:
    """Return the text respondents met: of the first language, as read out rather than as tabulated."""
    first = languages[0] if languages else ""
    ranked = sorted(texts, key=lambda one: (one.language not in ("", first), one.mode != INTERVIEW, one.mode != ""))
    return next((one.text for one in ranked if one.text), "")
