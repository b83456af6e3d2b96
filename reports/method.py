"""How a wave was done: dates, mode, population, response, weighting, and what the ranges cover, in plain lines."""

from collections.abc import Sequence
from typing import Any

from pipeline.translations import DOMAIN, METHODS_NOTE, POPULATION, UNIT, UNIVERSE, WEIGHT
from reports import published, words
from reports.edition import Edition
from reports.published import SUPPLIED
from reports.sentences import PROBABILITY


def method_lines(edition: Edition) -> list[tuple[str, Sequence[str]]]:
    """Return headings, each with the lines under it."""
    facts, survey = edition.facts, published.survey_facts(edition.read, edition.survey)
    language, mode = edition.language, str(facts["mode"] or "")
    not_stated = language.text("words.not_stated")
    note = edition.texts.text(survey.get("methods_note") or "", METHODS_NOTE)
    told = [
        ("method", [language.say("method.panel", note=note).strip()]),
        ("dates", [words.dates(language, facts["fieldwork_start"], facts["fieldwork_end"])]),
        ("mode", [language.table("modes").get(mode, mode.replace("_", " ") or not_stated)]),
        ("population", _population(edition, survey)),
        ("response", _response(edition)),
        ("weighting", _weighting(edition)),
        ("inference", [_inference(edition)]),
        ("uncertainty", [language.text("newsletter.uncertainty_text")]),
        ("tests", _tests(edition)),
        ("disclosure", [language.text(f"disclosure.{edition.profile.name}")]),
    ]
    return [
        (language.text(f"newsletter.{heading}"), [words.capital(line) for line in lines]) for heading, lines in told
    ]


def _tests(edition: Edition) -> list[str]:
    told = ("method.tests", "newsletter.rounding_note") if edition.is_tested else ("method.no_tests",)
    return [edition.language.text(key) for key in told]


def margin_rows(edition: Edition) -> list[dict[str, str]]:
    """Return the population totals behind the weight, each with its source, date and approximation in words."""
    margins = published.margins(edition.read, edition.survey, edition.wave, edition.weight_id)
    return [_margin(edition, row) for row in margins.iter_rows(named=True)]


def _margin(edition: Edition, row: dict[str, Any]) -> dict[str, str]:
    language, texts = edition.language, edition.texts
    approximation, not_stated = row["approximation"], language.text("words.not_stated")
    none = language.text("newsletter.none")
    first, *others = row["margin"].split("*")
    names = {first: words.capital(first), **{other: other for other in others}}
    crossed = [texts.text(name.replace("_", " "), DOMAIN, part) for part, name in names.items()]
    return {
        "margin": words.crossed(language, crossed),
        "counted": texts.untranslated(", ".join(dict.fromkeys(filter(None, (row["unit"], row["universe"]))))),
        "source": texts.untranslated(row["source"] or "") or not_stated,
        "reference_date": words.day(language, row["reference_date"]) if row["reference_date"] else not_stated,
        "approximation": language.table("approximations").get(approximation, approximation or none),
    }


def _population(edition: Edition, survey: dict[str, Any]) -> list[str]:
    language, texts = edition.language, edition.texts
    if not survey.get("population_name"):
        margins = published.margins(edition.read, edition.survey, edition.wave, edition.weight_id)
        universes = margins.get_column("universe").unique(maintain_order=True).drop_nulls().to_list()
        return [texts.untranslated("; ".join(universes)) or language.text("words.not_stated")]
    parts = [
        texts.text(survey["population_name"], POPULATION),
        texts.text(survey["population_universe"] or "", UNIVERSE),
    ]
    if survey["population_persons"]:
        total = words.count(language, survey["population_persons"])
        unit = texts.text(survey["population_unit"], UNIT)
        parts.append(language.say("method.population_total", persons=total, unit=unit))
    reference = survey["population_reference_date"]
    known_on = words.day(language, reference) if reference else ""
    source = ", ".join(filter(None, [texts.untranslated(survey["population_source"] or ""), known_on]))
    lines = [f"{', '.join(filter(None, parts))}."]
    return [*lines, language.say("method.population_source", source=source)] if source else lines


def _response(edition: Edition) -> list[str]:
    facts, language = edition.facts, edition.language
    responded, invited = (words.count(language, edition.shown_count(facts[n])) for n in ("n_respondents", "n_invited"))
    if facts["n_invited"] is None or facts["n_invited"] < max(1, edition.profile.hide_below):
        return [language.say("method.response_count", responded=responded)]
    completion = facts["completion_rate"]
    rate = "" if completion is None else f" ({words.percent(language, completion)})"
    lines = [language.say("method.response", responded=responded, invited=invited, rate=rate)]
    if edition.inference != PROBABILITY and completion is not None:
        lines.append(language.say("method.participation_rate", rate=words.percent(language, completion)))
    elif facts["response_rate"] is not None:
        lines.append(language.say("method.response_rate", rate=words.percent(language, facts["response_rate"])))
    return [*lines, *_cumulative(edition)]


def _cumulative(edition: Edition) -> list[str]:
    """Return the cumulative rate, which has to stand beside a wave's own; volunteers have none."""
    if edition.inference != PROBABILITY:
        return []
    rate, language = edition.facts["cumulative_response_rate"], edition.language
    if rate is None:
        return [language.text("method.cumulative_unknown")]
    return [language.say("method.cumulative", rate=words.percent(language, rate))]


def _weighting(edition: Edition) -> list[str]:
    language = edition.language
    weights = published.weights_of(edition.read, edition.survey, edition.wave)
    lines = [
        language.say(
            f"method.{SUPPLIED if edition.inference == SUPPLIED else kind}",
            weight_id=weight_id,
            n=words.count(language, edition.shown_count(n_members)),
            waves=words.all_of(language, str(wave_set or edition.wave).split("+")),
        )
        for weight_id, kind, wave_set, n_members in weights.iter_rows()
        if weight_id == edition.weight_id
    ]
    use_when = published.use_when(edition.read, edition.survey, edition.weight_id)
    use_when = edition.texts.text(use_when, WEIGHT, edition.weight_id)
    return [*lines, *([use_when] if use_when else [])] or [language.text("words.not_stated")]


def _inference(edition: Edition) -> str:
    label = edition.inference
    not_stated = edition.language.text("words.not_stated")
    return str(edition.language.table("inference").get(label, label.replace("_", " ") or not_stated))
