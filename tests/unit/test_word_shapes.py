"""Gibberish is found by the shape of words; what people do write, in English, Welsh and their own names, is not."""

import polars as pl
import pytest

from pipeline.word_shapes import gibberish_share, is_strange

WRITTEN = [
    "n/a", "N/A", "na", "none", "No", "nope", "ok", "x", "-", "....", "???", "😀", "12345", "07700 900123", "",
    "I don't know", "dunno tbh", "nothing to add", "Same as above", "see q3", "hmm", "Hmmm", "pfft", "zzz",
    "Brrr!", "Nid wyf yn gwybod", "dim byd", "Cymraeg", "cwrw", "crwth", "Ynys Môn", "Llwyngwril",
    "Ysbyty Ystrad Fawr", "Ffynnongroyw", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch",
    "Mae'n well gen i beidio â dweud", "tŷ", "Pwllheli", "Rhondda Cynon Taf", "yr hwntw", "Ng", "Nguyen",
    "Krzysztof Szczepański", "Grzegorz Brzęczyszczykiewicz", "Siân", "Łódź", "Hrvoje Brkić", "Mstislav",
    "Schwarzschild", "O'Shaughnessy", "Knightsbridge", "Niamh", "Gwrtheyrn", "Björk", "Aoife", "NHS", "NSPCC",
    "DVLA and HMRC", "GDPR", "property", "liberty and poverty", "typewriter", "rhythms", "strengths", "sssh",
    "Yesss", "sooo good", "nooo way", "weather", "we were there", "tree", "reread", "Mississippi", "banana",
    "couscous", "understudy", "flasks", "salads", "SW1A 1AA", "www.gov.uk", "someone@example.org",
    "Ref. CB/2024/118", "hijack", "It depends on who holds the data and what they do with it afterwards.",
]  # fmt: skip
MASHED = [
    "asdf", "asdfgh", "ASDFGHJKL", "qwerty", "qwertyuiop", "lkjhg", "zxcvbn", "asdlkfjg", "aaaaaa", "hhhhhhhhh",
    "AAAAAAA", "asdasdasd", "lolololol", "dfgkjh", "sdfkjhsdf", "xcvxcvxc", "hjkhjkhjk gfdgfdgfd", "ghfjdksla",
    "bcdfghbcdfgh", "abcdefgh", "asdf asdf asdf", "ййййййй", "пр gfhj вет",
]  # fmt: skip


def share(text: str | None, *languages: str) -> float | None:
    return gibberish_share(pl.Series([text], dtype=pl.String), languages or ("en",))[0]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_is_never_more_than_half_strange(text: str) -> None:
    assert (share(text, "en", "cy") or 0.0) < 0.5


@pytest.mark.parametrize("text", MASHED)
def test_mashed_keys_repeated_letters_and_words_without_a_vowel_are_found(text: str) -> None:
    found = share(text, "en", "cy")
    assert (len(text) < 5 and found is None and is_strange(text)) or found >= 0.5


def test_the_share_is_of_the_letters_of_the_answer() -> None:
    assert share("asdfgh data") == 0.6
    assert share("I have typed qwerty on my keyboard") == pytest.approx(6 / 28)


@pytest.mark.parametrize("text", [None, "", "no", "n/a", "1234567", "!!!!!!!"])
def test_too_few_letters_say_nothing(text: str | None) -> None:
    assert share(text) is None


def test_another_script_is_strange_only_where_the_survey_is_not_asked_in_it() -> None:
    arabic, russian = "لا أعرف شيئا عن هذا", "не знаю ничего"
    assert [share(arabic), share(russian)] == [1.0, 1.0]
    assert [share(arabic, "en", "ar"), share(russian, "ru")] == [0.0, 0.0]
    assert share("I do not know", "ar") == 0.0
    assert share("すこし分かります", "ja") == 0.0
    assert is_strange("pаypal")  # its second letter is Cyrillic


def test_rows_stay_in_place() -> None:
    texts = pl.Series("comment", [None, "asdfgh", "", "fine by me", "asdfgh"])
    assert gibberish_share(texts).to_list() == [None, 1.0, None, 0.0, 1.0]
    assert gibberish_share(pl.Series("comment", [], dtype=pl.String)).to_list() == []
