"""What the explorer's surveys, waves, groups, items and figures are called in one language."""

from collections.abc import Mapping
from typing import Any

from pipeline.translations import (
    ANSWER,
    DOMAIN,
    GROUP,
    HEADLINE,
    LABEL,
    LINK_NOTE,
    LINKED,
    POPULATION,
    TITLE,
    TOPIC,
    WORDING,
)
from reports import published, words
from reports.explorer_data import released_waves
from reports.language import Language
from reports.published import Read, columns_of
from reports.survey_texts import SurveyTexts, survey_texts

ALL = "all"


def explorer_texts(read: Read, survey: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the texts of a survey of `explorer_data`, each in the place of what it names."""
    facts, texts = published.survey_facts(read, survey["id"]), survey_texts(read, survey["id"], language)
    return {
        "title": texts.text(facts["title"], TITLE),
        "population": texts.text(facts["population_name"] or "", POPULATION),
        "inference": language.table("inference").get(survey["inference"], ""),
        "small_groups": language.text(f"disclosure.{survey['profile']}"),
        "waves": [
            {
                "label": language.say("words.number_of_wave", number=wave["wave_number"]),
                "dates": words.capital(words.dates(language, wave["fieldwork_start"], wave["fieldwork_end"])),
            }
            for wave in released_waves(read, survey["id"]).iter_rows(named=True)
        ],
        "domains": [_domain(one, published.domain_labels(read, survey["id"]), texts) for one in survey["domains"]],
        "items": _items(read, survey, texts),
    }


def told(read: Read, survey: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return a survey of `explorer_data` with its texts in a language."""
    texts = explorer_texts(read, survey, language)
    placed = {
        name: [{**one, **text} for one, text in zip(survey[name], texts[name], strict=True)]
        for name in ("waves", "domains", "items")
    }
    for one, item in zip(placed["items"], survey["items"], strict=True):
        one["series"] = [
            {**series, "label": label} for series, label in zip(item["series"], one.pop("figures"), strict=True)
        ]
    return {**survey, **texts, **placed}


def _domain(domain: Mapping[str, Any], labels: Mapping[str, str], texts: SurveyTexts) -> dict[str, Any]:
    everyone = texts.language.text("explorer.all")
    if domain["id"] == ALL:
        return {"label": everyone, "groups": [everyone] * len(domain["values"])}
    return {
        "label": domain_label(domain["id"], labels, texts),
        "groups": [texts.text(value, GROUP, domain["id"], value) for value in domain["values"]],
    }


def domain_label(domain: str, labels: Mapping[str, str], texts: SurveyTexts) -> str:
    """Return what a domain is called: as the survey declares, else its name."""
    return texts.text(labels.get(domain) or words.capital(_spaced(domain)), DOMAIN, domain)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _items(read: Read, survey: Mapping[str, Any], texts: SurveyTexts) -> list[dict[str, Any]]:
    rows = read("select * from items where survey = ?", [survey["id"]])
    codebook = {row["item"]: row for row in rows.iter_rows(named=True)}
    labels = FigureLabels(read, survey["id"], texts)
    notes = _notes(read, survey["id"])
    return [
        {
            "label": texts.text(codebook[item["id"]]["label"] or item["id"], LABEL, item["id"]),
            "wording": texts.text(codebook[item["id"]]["wording"] or "", WORDING, item["id"]),
            "topic": topic_label(codebook[item["id"]]["topic"], texts),
            "figures": [labels.of(item["id"], *one["key"].split(":", 1)) for one in item["series"]],
            "notes": [_note(item["id"], link["item"], notes, texts) for link in item["links"]],
        }
        for item in survey["items"]
    ]


def topic_label(topic: str | None, texts: SurveyTexts) -> str:
    """Return what a topic is called; empty for none."""
    return texts.text(words.capital(_spaced(topic or "")), TOPIC, topic or "")


class FigureLabels:
    """What the figures of a survey's items are called: an answer, a headline with the answers it adds up, a mean."""

    def __init__(self, read: Read, survey: str, texts: SurveyTexts) -> None:
        self.texts, self.headlines = texts, published.headline_options(read, survey)
        rows = read(
            "select item, label, code from answer_options where survey = ? order by item, option_order", [survey]
        )
        self.codes = {(item, label): code for item, label, code in rows.iter_rows()}

    def of(self, item: str, statistic: str, category: str) -> str:
        """Return the label of a figure of an item."""
        if statistic == "mean":
            return self.texts.language.text("explorer.mean")
        if statistic == "headline":
            return f"{self.headline(category)}: {self.sum_of(item, category)}"
        return self.answer(item, category)

    def headline(self, headline: str) -> str:
        """Return what a headline is called."""
        return self.texts.text(words.capital(_spaced(headline)), HEADLINE, headline)

    def sum_of(self, item: str, headline: str) -> str:
        """Return the answers that a headline of an item adds up."""
        labels = [self.answer(item, label) for _, label in self.headlines.get((item, headline), [])]
        return " + ".join(labels) or self.headline(headline)

    def answer(self, item: str, label: str) -> str:
        """Return an answer of an item."""
        return self.texts.text(label, ANSWER, item, self.codes.get((item, label), ""))


def _notes(read: Read, survey: str) -> dict[str, str]:
    if not columns_of(read, "item_links"):
        return {}
    rows = read("select item_from, item_to, note from item_links where survey = ?", [survey])
    return {LINKED.join((item_from, item_to)): note or "" for item_from, item_to, note in rows.iter_rows()}


def _note(item: str, other: str, notes: Mapping[str, str], texts: SurveyTexts) -> str:
    """Return the note of the link between two versions of a question, whichever is the earlier."""
    pair = next(pair for pair in (LINKED.join((item, other)), LINKED.join((other, item))) if pair in notes)
    return texts.text(notes[pair], LINK_NOTE, pair)
