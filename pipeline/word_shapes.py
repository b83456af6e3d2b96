"""Words that no language writes so: keyboard mashing, one letter over and over, no vowel, a script nobody was asked in.

It knows shapes, not words: no dictionary, so that names, places, dialect and Welsh pass. An answer's share is of its
letters; what has too few of them (n/a, ok, a name of three letters) is no evidence of anything.

Source: methodology C15.
"""

import re
import unicodedata
from collections.abc import Collection
from math import ceil

import polars as pl

FEWEST_LETTERS = 5  # of an answer, and of a word that is judged by its shape
LONGEST_ACRONYM = 6  # capitals such as NSPCC, which have no vowel and need none
KEYBOARD_RUN = 4  # neighbouring keys in a row; English words have as many (property), but not for two thirds of them
RUN_SHARE = 2 / 3
FEWEST_WITHOUT_VOWEL = 6  # longer than nth, psst and hmmm
LONGEST_CLUSTER = 6  # consonants in a row: Knightsbridge has six
HOME_KEYS = 6  # different letters of a word, all under the resting fingers; no English or Welsh word has so many
REPEATED_SHARE = 0.8
REPEATED_UNIT = re.compile(r"(.{2,3}?)\1{2,}")  # asdasdasd

# y and w are vowels too, as in Welsh (cwrw, ynys) and in rhythm; marks are taken off before: â, é, ø
_VOWELS = frozenset("aeiouywæøœ")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "abcdefghijklmnopqrstuvwxyz")
_HOME = frozenset("asdfghjkl")
_LINES = tuple(line for row in _ROWS for line in (row, row[::-1]))
_WORD = r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*"
_SCRIPTS = {  # of languages that a survey may be asked in; Latin where a language is not here
    "ar": "ARABIC", "bg": "CYRILLIC", "bn": "BENGALI", "el": "GREEK", "fa": "ARABIC", "gu": "GUJARATI", "he": "HEBREW",
    "hi": "DEVANAGARI", "ja": "CJK", "ku": "ARABIC", "ne": "DEVANAGARI", "pa": "GURMUKHI", "ps": "ARABIC",
    "ru": "CYRILLIC", "ta": "TAMIL", "th": "THAI", "uk": "CYRILLIC", "ur": "ARABIC", "zh": "CJK",
}  # fmt: skip
_JAPANESE = ("HIRAGANA", "KATAKANA")


def gibberish_share(texts: pl.Series, languages: Collection[str] = ("en",)) -> pl.Series:
    """Return, of each text, the share of its letters in words that no language writes so; null for too few letters.

    Each different word is looked at once.

    Args:
        texts: open answers, null for none.
        languages: codes of the languages the survey is asked in; their scripts are right, and Latin always is.
    """
    words = pl.DataFrame({"text": texts.cast(pl.String)}).with_row_index("row")
    words = words.select("row", word=pl.col("text").str.extract_all(_WORD)).explode("word", empty_as_null=True)
    words = words.with_columns(n=pl.col("word").str.len_chars().cast(pl.Int64))
    scripts = frozenset({"LATIN", *(_SCRIPTS.get(one, "LATIN") for one in languages)})
    different = words["word"].drop_nulls().unique()
    strange = [word for word in different if is_strange(word, scripts)]
    letters = words.group_by("row", maintain_order=True).agg(
        n=pl.col("n").sum(), strange=pl.col("n").filter(pl.col("word").is_in(strange)).sum()
    )
    is_enough = pl.col("n") >= FEWEST_LETTERS
    return letters.select(pl.when(is_enough).then(pl.col("strange") / pl.col("n"))).to_series().alias(texts.name)


def is_strange(word: str, scripts: Collection[str] = ("LATIN",)) -> bool:
    """Return whether a word has a shape that no language in these scripts gives it."""
    if not is_in_script(word, scripts):
        return True
    plain = _without_marks(word)
    if len(plain) < FEWEST_LETTERS or not plain.isascii():
        return is_keyboard_run(plain) and len(plain) >= KEYBOARD_RUN
    return is_keyboard_run(plain) or is_repeated(plain) or has_no_syllable(plain, is_acronym=_is_acronym(word))


def is_in_script(word: str, scripts: Collection[str]) -> bool:
    """Return whether all letters of a word are of one script, and of one that the survey is asked in."""
    found = {_script(letter) for letter in word if letter.isalpha()}
    if "CJK" in scripts:
        found -= set(_JAPANESE)
    return len(found - {""}) <= 1 and found - {""} <= set(scripts)


def is_keyboard_run(word: str) -> bool:
    """Return whether neighbouring keys (or letters of the alphabet) make up most of a word: asdf, qwerty, lkjhg."""
    is_mashed = set(word) <= _HOME and len(set(word)) >= HOME_KEYS
    run = max(KEYBOARD_RUN, ceil(RUN_SHARE * len(word)))
    starts = range(len(word) - run + 1)
    return is_mashed or any(word[start : start + run] in line for start in starts for line in _LINES)


def is_repeated(word: str) -> bool:
    """Return whether one letter, or two or three over and over, make up most of a word: aaaaa, asdasdasd."""
    commonest = max(word.count(letter) for letter in set(word))
    repeated = max((len(found[0]) for found in REPEATED_UNIT.finditer(word)), default=0)
    return max(commonest, repeated) >= REPEATED_SHARE * len(word)


def has_no_syllable(word: str, *, is_acronym: bool = False) -> bool:
    """Return whether a word cannot be spoken: no vowel at all, or too many consonants in a row."""
    if is_acronym:
        return False
    clusters = "".join(" " if letter in _VOWELS else letter for letter in word).split()
    longest = max(map(len, clusters), default=0)
    return longest > LONGEST_CLUSTER or (longest == len(word) and longest >= FEWEST_WITHOUT_VOWEL)


def _is_acronym(word: str) -> bool:
    return word.isupper() and len(word) <= LONGEST_ACRONYM


def _script(letter: str) -> str:
    """Return the script of a letter as Unicode names it; '' for marks and for letters of none (ª, µ)."""
    name = unicodedata.name(letter, "").split(" ")[0]
    return "" if name in ("FEMININE", "MASCULINE", "MICRO", "MODIFIER") else name


def _without_marks(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if letter.isalpha())
