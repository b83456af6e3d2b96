"""How a wave was done: dates, mode, population, response, weighting, and what the ranges cover, in plain lines."""

from collections.abc import Sequence
from typing import Any

from reports import english, published, words
from reports.findings import Edition


def method_lines(edition: Edition) -> list[tuple[str, Sequence[str]]]:
    """Return headings, each with the lines under it."""
    facts, survey = edition.facts, published.survey_facts(edition.read, edition.survey)
    mode = str(facts["mode"] or "")
    told = [
        ("method", [english.METHOD.format(note=survey.get("methods_note") or "").strip()]),
        ("dates", [words.dates(facts["fieldwork_start"], facts["fieldwork_end"])]),
        ("mode", [english.MODES.get(mode, mode.replace("_", " ") or english.NOT_STATED)]),
        ("population", _population(edition, survey)),
        ("response", _response(edition)),
        ("weighting", _weighting(edition)),
        ("inference", [_inference(edition)]),
        ("uncertainty", [english.UNCERTAINTY]),
        ("tests", _tests(edition)),
        ("disclosure", [english.DISCLOSURE[edition.profile.name]]),
    ]
    return [(english.ENGLISH[heading], [words.capital(line) for line in lines]) for heading, lines in told]


def _tests(edition: Edition) -> list[str]:
    is_tested = edition.waves.height > 1 and not edition.is_provisional
    is_tested = is_tested and edition.inference != english.UNTESTED_INFERENCE
    return [english.TESTS, english.ENGLISH["rounding_note"]] if is_tested else [english.NO_TESTS]


def margin_rows(edition: Edition) -> list[dict[str, str]]:
    """Return the population totals behind the weight, each with its source, date and approximation in words."""
    margins = published.margins(edition.read, edition.survey, edition.wave, edition.weight_id)
    return [_margin(row) for row in margins.iter_rows(named=True)]


def _margin(row: dict[str, Any]) -> dict[str, str]:
    approximation = row["approximation"]
    return {
        "margin": words.capital(row["margin"].replace("_", " ").replace("*", " by ")),
        "counted": f"{row['unit']}, {row['universe']}",
        "source": row["source"] or english.NOT_STATED,
        "reference_date": words.day(row["reference_date"]) if row["reference_date"] else english.NOT_STATED,
        "approximation": english.APPROXIMATIONS.get(approximation, approximation or english.ENGLISH["none"]),
    }


def _population(edition: Edition, survey: dict[str, Any]) -> list[str]:
    if not survey.get("population_name"):
        margins = published.margins(edition.read, edition.survey, edition.wave, edition.weight_id)
        universes = margins.get_column("universe").unique(maintain_order=True).drop_nulls().to_list()
        return ["; ".join(universes) or english.NOT_STATED]
    parts = [survey["population_name"], survey["population_universe"]]
    if survey["population_persons"]:
        total = words.count(survey["population_persons"])
        parts.append(english.POPULATION_TOTAL.format(persons=total, unit=survey["population_unit"]))
    reference = survey["population_reference_date"]
    source = ", ".join(filter(None, [survey["population_source"], words.day(reference) if reference else ""]))
    lines = [f"{', '.join(filter(None, parts))}."]
    return [*lines, english.POPULATION_SOURCE.format(source=source)] if source else lines


def _response(edition: Edition) -> list[str]:
    facts = edition.facts
    responded, invited = (words.count(edition.shown_count(facts[n])) for n in ("n_respondents", "n_invited"))
    if facts["n_invited"] is None or facts["n_invited"] < max(1, edition.profile.hide_below):
        return [english.RESPONSE_COUNT.format(responded=responded)]
    completion = facts["completion_rate"]
    rate = "" if completion is None else f" ({words.percent(completion)})"
    lines = [english.RESPONSE.format(responded=responded, invited=invited, rate=rate)]
    if edition.inference != "probability" and completion is not None:
        lines.append(english.PARTICIPATION_RATE.format(rate=words.percent(completion)))
    elif facts["response_rate"] is not None:
        lines.append(english.RESPONSE_RATE.format(rate=words.percent(facts["response_rate"])))
    return [*lines, *_cumulative(edition)]


def _cumulative(edition: Edition) -> list[str]:
    """Return the cumulative rate, which has to stand beside a wave's own; volunteers have none."""
    if edition.inference != "probability":
        return []
    rate = edition.facts["cumulative_response_rate"]
    return [english.CUMULATIVE_UNKNOWN if rate is None else english.CUMULATIVE.format(rate=words.percent(rate))]


def _weighting(edition: Edition) -> list[str]:
    weights = published.weights_of(edition.read, edition.survey, edition.wave)
    lines = [
        english.WEIGHTING.get(kind, english.WEIGHTING["longitudinal"]).format(
            weight_id=weight_id,
            n=words.count(edition.shown_count(n_members)),
            waves=words.list_of(str(wave_set or edition.wave).split("+"), joined_by="and"),
        )
        for weight_id, kind, wave_set, n_members in weights.iter_rows()
        if weight_id == edition.weight_id
    ]
    use_when = published.use_when(edition.read, edition.survey, edition.weight_id)
    return [*lines, *([use_when] if use_when else [])] or [english.NOT_STATED]


def _inference(edition: Edition) -> str:
    label = edition.inference
    return english.INFERENCE.get(label, label.replace("_", " ") or english.NOT_STATED)
