"""The languages of a survey: `languages` of survey.yml, and languages/<code>.yml with its texts in each further one."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.definitions import AnswerOption, Domain, Item, NewsletterWords
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.items import QuestionBank
from pipeline.survey_files.newsletters import read_newsletters
from pipeline.survey_files.values import Faults, Place, Value, read_value
from pipeline.translations import (
    ANSWER,
    DOMAIN,
    EDITOR_TEXTS,
    GROUP,
    HEADLINE,
    LABEL,
    LINK_NOTE,
    LINKED,
    STATEMENT,
    SURVEY_TEXTS,
    TOPIC,
    WE_DID,
    WEIGHT,
    WORDING,
    YOU_SAID,
    Key,
    Translation,
)

FOLDER, MAIN = "languages", "en"
CODE, CODE_RULE = re.compile(r"[a-z]{2,3}"), "a language's code, such as en or cy"


@dataclass(frozen=True)
class Named:
    """What a translation may name."""

    bank: QuestionBank
    domains: Collection[Domain]
    weights: Collection[str]
    waves: Collection[str]
    statement: Collection[str]


def read_languages(survey: Block) -> tuple[str, ...]:
    """Return the codes of the languages a survey is told in, its main one first."""
    found = survey.texts("languages")
    for code in found:
        if not CODE.fullmatch(code):
            survey.value.fault(f"language '{code}'", CODE_RULE, "Correct 'languages'.")
    return tuple(dict.fromkeys(found)) or (MAIN,)


def read_translations(folder: Path, languages: tuple[str, ...], named: Named, faults: Faults) -> dict[str, Translation]:
    """Return the texts of each further language; one without a file is a fault, and so is a file of no language."""
    files = {path.stem: path for path in sorted((folder / FOLDER).glob("*.yml"))}
    further = languages[1:]
    for code in sorted({*further} ^ {*files}):
        where = Place(f"{folder.name}/{FOLDER}/{code}.yml")
        if code in files:
            faults.add(where, f"texts in '{code}'", "a further language of 'languages'", "Name it in survey.yml.")
        else:
            faults.add(where, "no such file", f"the texts in '{code}'", "Add it, or take the language out.")
    contents = {code: read_value(files[code], folder.parent, faults) for code in further if code in files}
    said = {code: read_newsletters(folder, named.waves, faults, language=code) for code in contents}
    return {
        code: _translation(code, content, named, said[code])
        for code, content in contents.items()
        if content is not None
    }


def _translation(code: str, content: Value, named: Named, said: Mapping[str, NewsletterWords]) -> Translation:
    block = Block(content)
    texts = dict(_texts(block, named)) | dict(_newsletter_texts(said))
    translation = Translation(code, {key: text for key, text in texts.items() if text}, block.text("reviewed_by"))
    block.close()
    return translation


def _texts(block: Block, named: Named) -> Iterator[tuple[Key, str]]:
    yield from (((name, "", ""), block.text(name)) for name in SURVEY_TEXTS)
    domains = {domain.domain: domain.values for domain in named.domains}
    items = named.bank.items.values()
    for kind, name, known, what in (
        (DOMAIN, "domains", domains, "a domain"),
        (WEIGHT, "weights", named.weights, "a weight_id"),
        (TOPIC, "topics", sorted({item.topic for item in items if item.topic}), "a topic of an item"),
        (HEADLINE, "headlines", sorted({name for item in items for name in item.headline}), "a headline of an item"),
        (STATEMENT, "statement", named.statement, "an element of the survey's statement"),
    ):
        yield from (((kind, one, ""), value.text()) for one, value in _entries(block, name, known, what))
    for domain, value in _entries(block, "groups", domains, "a domain"):
        for group, text in value.entries().items():
            if text.is_among(group, domains[domain], "a value of the domain"):
                yield (GROUP, domain, group), text.text()
    yield from _item_texts(block, named.bank)
    for link in block.list_of_blocks("links"):
        pair = (link.choice("from", named.bank.items, "an item"), link.choice("to", named.bank.items, "an item"))
        yield (LINK_NOTE, LINKED.join(pair), ""), link.text("note")
        link.close()


def _item_texts(block: Block, bank: QuestionBank) -> Iterator[tuple[Key, str]]:
    scales = {item.scale: item for item in bank.items.values() if item.scale}
    labels = {
        scale: dict(_answers(value, scales[scale].options))
        for scale, value in _entries(block, "scales", scales, "a scale of an item")
    }
    for item in bank.items.values():
        yield from (((ANSWER, item.item, code), text) for code, text in labels.get(item.scale or "", {}).items())
    for name, value in _entries(block, "items", bank.items, "an item"):
        yield from _texts_of_item(Block(value), bank.items[name])


def _texts_of_item(words: Block, item: Item) -> Iterator[tuple[Key, str]]:
    yield from (((kind, item.item, ""), words.text(kind)) for kind in (LABEL, WORDING))
    answers = words.get("answers")
    if answers is not None:
        yield from (((ANSWER, item.item, code), text) for code, text in _answers(answers, item.options))
    words.close()


def _answers(value: Value, options: tuple[AnswerOption, ...]) -> Iterator[tuple[str, str]]:
    codes = [option.code for option in options]
    for code, label in value.entries().items():
        if label.is_among(code, codes, "a code of the scale"):
            yield code, label.text()


def _newsletter_texts(words: Mapping[str, NewsletterWords]) -> Iterator[tuple[Key, str]]:
    for wave, said in words.items():
        yield from (((part, wave, ""), str(getattr(said, part))) for part in EDITOR_TEXTS)
        for place, (you_said, we_did) in enumerate(said.you_said, start=1):
            yield (YOU_SAID, wave, str(place)), you_said
            yield (WE_DID, wave, str(place)), we_did


def _entries(block: Block, key: str, known: Collection[str], what: str) -> Iterator[tuple[str, Value]]:
    """Yield what stands under the names of a block that exist; another name is a fault."""
    found = block.get(key)
    for name, value in ({} if found is None else found.entries()).items():
        if value.is_among(name, known, what):
            yield name, value
