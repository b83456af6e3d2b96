"""What words mean on a questionnaire or in a header, in several languages: read from a table, none stated here."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

MISSING, COLUMN, VALUE = "missing", "column", "value"
NOT_KNOWN = "not_known"  # of a value: nothing is known of the person


@dataclass(frozen=True)
class KnownScale:
    """Answers whose order is known, the lowest first, and what its upper end says."""

    answers: tuple[str, ...]  # plain words
    headline: str
    n_headline: int  # answers of the upper end


@dataclass(frozen=True)
class Words:
    """Patterns by topic, each with its meaning; the first that fits the whole text counts."""

    patterns: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]
    scales: tuple[KnownScale, ...] = ()

    def scale(self, labels: Iterable[str]) -> KnownScale | None:
        """Return a known scale that has all these answers; None when no scale does."""
        plain = {plain_words(label) for label in labels}
        return next((one for one in self.scales if len(plain) > 1 and plain <= set(one.answers)), None)

    def meaning(self, topic: str, text: str) -> str | None:
        """Return what a text means within a topic; None when no pattern fits it."""
        plain = plain_words(text)
        return next((meaning for pattern, meaning in self.patterns.get(topic, ()) if pattern.fullmatch(plain)), None)

    def missing_kind(self, label: str) -> str | None:
        """Return the kind of missing that an answer's label stands for; None for a real answer."""
        return self.meaning(MISSING, label)

    def column_meaning(self, name: str, label: str = "") -> str | None:
        """Return what a column holds by its name, or by its label when the name says nothing."""
        return self.meaning(COLUMN, name) or (self.meaning(COLUMN, label) if label else None)


def read_words(text: str, scales: str = "") -> Words:
    """Return the words of a table with the columns topic, meaning, language, pattern, and the scales of another."""
    patterns: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        patterns.setdefault(row["topic"], []).append((re.compile(row["pattern"]), row["meaning"]))
    known = [
        KnownScale(tuple(row["answers"].split("|")), row["headline"], int(row["n_headline"]))
        for row in csv.DictReader(scales.splitlines())
    ]
    return Words({topic: tuple(found) for topic, found in patterns.items()}, tuple(known))


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """Return lower-case words without accents, apostrophes or signs: `RESP_ID` and `respId` are `resp id`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text.replace("ß", "ss"))
    letters = unicodedata.normalize("NFKD", apart)
    bare = "".join(one for one in letters if not unicodedata.combining(one)).lower()
    return re.sub(r"[\W_]+", " ", re.sub(r"['’‘`]", "", bare)).strip()
