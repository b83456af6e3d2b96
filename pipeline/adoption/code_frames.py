"""Which answers a delivered column can hold: from what the file declares, else from the codes that occur."""

from dataclasses import dataclass

import polars as pl

from pipeline.adoption.words import Words, plain_words
from pipeline.definitions import NOT_DISTINGUISHED, AnswerOption
from pipeline.wave_files.delivery import Variable

CATEGORY, NUMBER, TEXT, EMPTY = "category", "number", "text", "empty"
MOST_CODES = 12  # whole numbers without labels: more different ones are a number, not codes
MOST_LABELS = 40  # texts without labels: more different ones are words of the respondents' own
FEWEST_EACH = 8  # respondents to each text, on average: fewer are words of their own
LONGEST_LABEL = 90  # characters of an answer that is its own label
IS_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"
IS_WHOLE = r"^-?\d+$"


@dataclass(frozen=True)
class CodeFrame:
    """What a column holds; the options are answers in the file's order, then the missing codes."""

    kind: str  # category | number | text | empty
    options: tuple[AnswerOption, ...] = ()
    n_unlabelled: int = 0  # codes that occur and have no label
    is_by_words: bool = False  # no codes: each text is its own code, in an order that nobody declared

    @property
    def answers(self) -> tuple[AnswerOption, ...]:
        """Return the options that are answers."""
        return tuple(option for option in self.options if option.missing is None)


def code_frame(variable: Variable, values: pl.Series, words: Words) -> CodeFrame:
    """Return the code frame of one column.

    Args:
        variable: what the file says of the column; only a name, if it says nothing.
        values: (n,) the column as text, null where blank.
        words: what labels mean.
    """
    counts = values.cast(pl.String).drop_nulls().value_counts(sort=False)
    found = dict(counts.iter_rows())
    missing = _missing(variable, found, words)
    labelled = {code: label for code, label in variable.values.items() if code not in missing}
    kept = [code for code in found if code not in missing]
    if labelled:
        return _declared(labelled, kept, missing)
    if not kept:
        return CodeFrame(EMPTY, _options({}, missing))
    texts = pl.Series(kept, dtype=pl.String)
    if bool(texts.str.contains(IS_NUMBER).all()):
        return _numeric(texts, missing)
    return _texts(variable, found, missing, words)


def _missing(variable: Variable, found: dict[str, int], words: Words) -> dict[str, AnswerOption]:
    """Return the codes that are no answers: those the file declares missing, and those whose label says so."""
    declared = [code for code in variable.missing if code in variable.values or code in found]
    by_label = [code for code, label in variable.values.items() if words.missing_kind(label)]
    options = {}
    for code in dict.fromkeys([*by_label, *declared]):
        label = variable.values.get(code, "") or f"Missing ({code})"
        options[code] = AnswerOption(code, label, words.missing_kind(label) or NOT_DISTINGUISHED)
    order = [code for code in variable.values if code in options]
    return {code: options[code] for code in dict.fromkeys([*order, *options])}


def _declared(labelled: dict[str, str], kept: list[str], missing: dict[str, AnswerOption]) -> CodeFrame:
    """Return the frame of a column with labels: codes between two labelled ends are answers of the same scale."""
    without = [code for code in kept if code not in labelled and code not in labelled.values()]
    if not without:
        return CodeFrame(CATEGORY, _options(labelled, missing))
    texts = pl.Series(without, dtype=pl.String)
    is_numeric = bool(texts.str.contains(IS_NUMBER).all())
    if is_numeric and (len(without) > MOST_CODES or not bool(texts.str.contains(IS_WHOLE).all())):
        return CodeFrame(NUMBER, _options({}, missing))  # a number, some values of which have names
    if not is_numeric and len(without) > MOST_CODES:
        return CodeFrame(TEXT)
    filled = {**labelled, **{code: code for code in _between(labelled, without)}}
    ordered = dict(sorted(filled.items(), key=lambda one: _number(one[0]))) if is_numeric else filled
    return CodeFrame(CATEGORY, _options(ordered, missing), n_unlabelled=len(without))


def _between(labelled: dict[str, str], without: list[str]) -> list[str]:
    """Return the codes without a label that occur, and those between two labelled ends that happen not to."""
    ends = [int(code) for code in labelled if code.lstrip("-").isdecimal()]
    if len(ends) != len(labelled) or not ends or max(ends) - min(ends) > MOST_CODES:
        return without
    inside = [str(code) for code in range(min(ends), max(ends) + 1) if str(code) not in labelled]
    return list(dict.fromkeys([*without, *inside]))


def _numeric(texts: pl.Series, missing: dict[str, AnswerOption]) -> CodeFrame:
    is_code = bool(texts.str.contains(IS_WHOLE).all()) and texts.len() <= MOST_CODES
    if not is_code or texts.str.len_chars().max() > 3:  # type: ignore[operator]
        return CodeFrame(NUMBER, _options({}, missing))
    codes = sorted(texts.to_list(), key=_number)
    return CodeFrame(CATEGORY, _options({code: code for code in codes}, missing), n_unlabelled=len(codes))


def _texts(variable: Variable, found: dict[str, int], missing: dict[str, AnswerOption], words: Words) -> CodeFrame:
    """Return the frame of a column of words: answers when few and often given, else respondents' own words."""
    is_frame = len(found) <= MOST_LABELS and sum(found.values()) >= FEWEST_EACH * len(found)
    if variable.kind == TEXT and variable.label and not is_frame:
        return CodeFrame(TEXT)
    if not is_frame or max(map(len, found)) > LONGEST_LABEL:
        return CodeFrame(TEXT)
    answers, gone = {}, dict(missing)
    for text in sorted(found):
        kind = words.missing_kind(text)
        if text in missing:
            continue
        if kind:
            gone[text] = AnswerOption(text, text, kind)
        else:
            answers[text] = text
    if not answers:
        return CodeFrame(EMPTY)
    known = words.scale(answers)
    if known is not None:
        answers = dict(sorted(answers.items(), key=lambda one: known.answers.index(plain_words(one[0]))))
    return CodeFrame(CATEGORY, _options(answers, gone), is_by_words=known is None and len(answers) > 2)


def _options(answers: dict[str, str], missing: dict[str, AnswerOption]) -> tuple[AnswerOption, ...]:
    return (*(AnswerOption(code, label or code) for code, label in answers.items()), *missing.values())


def _number(code: str) -> tuple[float, str]:
    try:
        return float(code), code
    except ValueError:
        return float("inf"), code
