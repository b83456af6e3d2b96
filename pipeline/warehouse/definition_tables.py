"""Definitions as tables, so that SQL models know items, domains and sources by their rows, never by name."""

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl

from pipeline.definitions import ANY_WAVE, MAILINGS, Item, Part, Survey, Wave
from pipeline.disclosure import disclosure_profile
from pipeline.warehouse.connection import delete_rows, insert_rows, transaction

Row = dict[str, Any]


def store_definitions(connection: duckdb.DuckDBPyConnection, surveys: list[Survey]) -> None:
    """Rewrite every table of schema `definitions`, in one transaction."""
    with transaction(connection):
        for table, rows_of in _TABLES.items():
            rows = [{"survey": survey.survey, **row} for survey in surveys for row in rows_of(survey)]
            delete_rows(connection, f"definitions.{table}")
            insert_rows(connection, f"definitions.{table}", pl.DataFrame(rows, infer_schema_length=None))


def _surveys(survey: Survey) -> Iterator[Row]:
    population, retention = survey.population, survey.retention
    yield {
        "title": survey.title,
        "member_ids": survey.member_ids,
        "disclosure_profile": survey.disclosure_profile,
        "smallest_base": disclosure_profile(survey.disclosure_profile).hide_below,
        "inference": survey.inference,
        "blank": survey.blank,
        "population_name": population.name,
        "population_unit": population.unit,
        "population_universe": population.universe,
        "population_persons": population.persons,
        "population_source": population.source,
        "population_reference_date": population.reference_date,
        "retention_first_wave": retention.first_wave if retention else None,
        "retention_weight_id": retention.weight_id if retention else None,
        "missed_waves": retention.missed_waves if retention else None,
        "methods_note": survey.methods_note or None,
        "has_member_list": survey.has_member_list,
        "languages": ",".join(survey.languages),
        "smallest_combination": survey.k_anonymity.k if survey.k_anonymity else None,
    }


def _waves(survey: Survey) -> Iterator[Row]:
    names = ("wave", "wave_number", "fieldwork_start", "fieldwork_end", "is_closed", "mode")
    for wave in survey.waves:
        yield {name: getattr(wave, name) for name in names}


def _parts(survey: Survey) -> Iterator[Row]:
    for wave in survey.waves:
        for order, part in enumerate(wave.parts, start=1):
            named = {name: getattr(part, name) for name in ("part", "mode", "adds")}
            yield {"wave": wave.wave, "part_order": order, **named}


def _items(survey: Survey) -> Iterator[Row]:
    names = ("item", "kind", "label", "wording", "scale", "topic", "feature", "is_published")
    for order, item in enumerate(survey.items.values(), start=1):
        questions = ",".join(item.research_questions)
        yield {name: getattr(item, name) for name in names} | {"item_order": order, "research_questions": questions}


def _answer_options(survey: Survey) -> Iterator[Row]:
    for item in survey.items.values():
        for order, option in enumerate(item.options, start=1):
            yield {
                "item": item.item,
                "option_order": order,
                "code": option.code,
                "label": option.label,
                "missing_kind": option.missing,
                "side": option.side,
            }


def _headlines(survey: Survey) -> Iterator[Row]:
    for item in survey.items.values():
        yield from _headlines_of(item)


def _headlines_of(item: Item) -> Iterator[Row]:
    for headline, codes in item.headline.items():
        for code in codes:
            yield {"item": item.item, "headline": headline, "code": code}


def _item_links(survey: Survey) -> Iterator[Row]:
    for link in survey.item_links:
        yield {name: getattr(link, name) for name in ("item_from", "item_to", "comparability", "note")}


def _item_columns(survey: Survey) -> Iterator[Row]:
    for wave, part in _delivered_parts(survey):
        for place, asked in enumerate(part.items, start=1):
            where = {"wave": wave.wave, "part": part.part, "place": place}
            yield where | {"item": asked.item, "column_name": asked.column}


def _item_recodes(survey: Survey) -> Iterator[Row]:
    for wave, part in _delivered_parts(survey):
        for asked in part.items:
            common = {"wave": wave.wave, "part": part.part, "item": asked.item}
            yield from (common | {"delivered_value": value, "code": code} for value, code in asked.recode.items())


def _item_routes(survey: Survey) -> Iterator[Row]:
    for wave in survey.waves:
        for placed in wave.items:
            for route in placed.asked_if:
                common = {"wave": wave.wave, "item": placed.item, "asking_item": route.item}
                yield from (common | {"code": code} for code in route.codes)


def _item_ballots(survey: Survey) -> Iterator[Row]:
    for wave, part in _delivered_parts(survey):
        for placed in part.items:
            if placed.ballot is not None:
                common = {"wave": wave.wave, "part": part.part, "item": placed.item}
                common |= {"column_name": placed.ballot.column}
                yield from (common | {"value": value} for value in placed.ballot.values)


def _mailing_waves(survey: Survey) -> Iterator[Row]:
    for value, wave in survey.mailings.waves.items() if survey.mailings else ():
        yield {"value": value, "wave": wave}


def _undeliverable_outcomes(survey: Survey) -> Iterator[Row]:
    for value in survey.mailings.undeliverable if survey.mailings else ():
        yield {"value": value}


def _source_columns(survey: Survey) -> Iterator[Row]:
    """Yield the columns with a meaning; `format` is how the times of `completed_at` or `invited_at` are written."""
    parts = [(wave.wave, part.part, part.source) for wave, part in _delivered_parts(survey)]
    sent = [(MAILINGS, "", survey.mailings.source)] if survey.mailings else []
    for name, part, source in [("roster", "", survey.roster), *sent, *parts]:
        rule = {"complete_when": source.complete_when.column} if source.complete_when else {}
        for ours, column in {**source.columns, **source.optional_columns, **rule}.items():
            time_format = source.completed_at_format if ours in ("completed_at", "invited_at") else None
            yield {"source": name, "part": part, "name": ours, "column_name": column, "format": time_format}


def _complete_values(survey: Survey) -> Iterator[Row]:
    for wave, part in _delivered_parts(survey):
        rule = part.source.complete_when
        for value in rule.values if rule else ():
            yield {"wave": wave.wave, "part": part.part, "value": value}


def _profile(survey: Survey) -> Iterator[Row]:
    for variable in survey.profile:
        waves = [wave.wave for wave in survey.waves]
        for source in waves if variable.source == ANY_WAVE else [variable.source]:
            yield {
                "variable": variable.name,
                "label": variable.label,
                "source": source,
                "column_name": variable.column,
                "is_number": variable.is_number,
            }


def _profile_values(survey: Survey) -> Iterator[Row]:
    for variable in survey.profile:
        for delivered, value in variable.values.items():
            yield {"variable": variable.name, "delivered_value": delivered, "value": value}


def _domains(survey: Survey) -> Iterator[Row]:
    for order, domain in enumerate(survey.domains, start=1):
        yield {
            "domain": domain.domain,
            "label": domain.label,
            "variable": domain.variable,
            "is_published": domain.is_published,
            "is_banded": bool(domain.bands),
            "domain_order": order,
        }


def _domain_values(survey: Survey) -> Iterator[Row]:
    for domain in survey.domains:
        bands = {band.value: band for band in domain.bands}
        for order, value in enumerate(domain.values, start=1):
            band = bands.get(value)
            limits = {"low": _number(band.low), "high": _number(band.high)} if band else {}
            yield {"domain": domain.domain, "domain_value": value, "value_order": order, **limits}


def _design_columns(survey: Survey) -> Iterator[Row]:
    psu = (survey.design.psu,) if survey.design.psu else ()
    for role, columns in (("stratum", survey.design.strata), ("psu", psu)):
        for order, column in enumerate(columns, start=1):
            yield {"role": role, "column_order": order, "column_name": column}


def _key_variables(survey: Survey) -> Iterator[Row]:
    for order, domain in enumerate(survey.k_anonymity.keys if survey.k_anonymity else (), start=1):
        yield {"domain": domain, "key_order": order}


def _eligibility_columns(survey: Survey) -> Iterator[Row]:
    for wave, column in survey.eligibility.columns.items():
        yield {"wave": wave, "column_name": column, "contains": survey.eligibility.contains}


def _invitation_columns(survey: Survey) -> Iterator[Row]:
    for wave, column in survey.invitations.columns.items():
        for value in survey.invitations.values:
            yield {"wave": wave, "column_name": column, "value": value}


def _number_columns(survey: Survey) -> Iterator[Row]:
    for column in survey.number_columns:
        yield {"column_name": column}


def _exit_reasons(survey: Survey) -> Iterator[Row]:
    for reason in survey.eligibility.exit_reasons:
        yield {"reason": reason}


def _other_means(survey: Survey) -> Iterator[Row]:
    for route in survey.other_means:
        yield {"route": route}


def _margins(survey: Survey) -> Iterator[Row]:
    names = ("margin", "unit", "universe", "source", "reference_date", "approximation")
    for margin in survey.margins.values():
        for category, persons in margin.totals.items():
            totals = {"persons": float(persons), "published_persons": _number(margin.published_totals.get(category))}
            yield {name: getattr(margin, name) for name in names} | {"category": category, **totals}


def _weight_ids(survey: Survey) -> Iterator[Row]:
    for order, recipe in enumerate(survey.weights, start=1):
        yield {
            "weight_id": recipe.weight_id,
            "weight_order": order,
            "kind": recipe.kind,
            "wave_set": "+".join(recipe.waves),
            "starting_wave": recipe.starting_wave,
            "use_when": recipe.use_when,
            "supplied": recipe.supplied,
            "tolerance": recipe.calibration.tolerance if recipe.calibration else None,
            "inference": survey.inference_of(recipe),
        }


def _recruitment(survey: Survey) -> Iterator[Row]:
    for cohort, counts in survey.recruitment.items():
        yield {
            "cohort": cohort,
            "n_invited": counts.invited,
            "n_joined": counts.joined,
            "n_profiled": counts.profiled,
        }


def _families(survey: Survey) -> Iterator[Row]:
    """Yield the items of each family of tests; a family that names none has those of no other family."""
    named = {item for family in survey.families for item in family.items}
    others = tuple(item for item in survey.items if item not in named)
    for place, family in enumerate(survey.families, start=1):
        for order, item in enumerate(family.items or others, start=1):
            yield {
                "family": family.family,
                "item": item,
                "item_order": order,
                "domains": ",".join(family.domains),
                "correction": family.correction,
                "level": family.level,
                "is_headline": family.is_headline,
                "family_order": place,
                "equivalence": _number(family.equivalence),
                "groups": ",".join(family.groups),
            }


def _statements(survey: Survey) -> Iterator[Row]:
    for order, (element, statement) in enumerate(survey.statement.items(), start=1):
        yield {"element": element, "element_order": order, "statement": statement}


def _delivered_parts(survey: Survey) -> Iterator[tuple[Wave, Part]]:
    """Yield every part of every wave; a wave delivered in one piece is one part without a name."""
    return ((wave, part) for wave in survey.waves for part in wave.delivered_parts)


def _newsletter_words(survey: Survey) -> Iterator[Row]:
    for wave, words in survey.newsletters.items():
        parts: list[tuple[str, str, str | None]] = [
            *((name, getattr(words, name), None) for name in ("intro", "thanks", "next_survey")),
            *(("you_said", said, done) for said, done in words.you_said),
        ]
        for place, (part, text, answer) in enumerate(parts, start=1):
            if text:
                yield {"wave": wave, "part": part, "place": place, "text": text, "answer": answer}


def _translations(survey: Survey) -> Iterator[Row]:
    for translation in survey.translations.values():
        for (kind, name, code), text in translation.texts.items():
            yield {
                "language": translation.language,
                "kind": kind,
                "name": name,
                "code": code,
                "text": text,
                "is_reviewed": translation.is_reviewed,
            }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


_TABLES = {
    "surveys": _surveys,
    "waves": _waves,
    "parts": _parts,
    "items": _items,
    "answer_options": _answer_options,
    "headlines": _headlines,
    "item_links": _item_links,
    "item_columns": _item_columns,
    "item_recodes": _item_recodes,
    "item_routes": _item_routes,
    "item_ballots": _item_ballots,
    "source_columns": _source_columns,
    "complete_values": _complete_values,
    "profile": _profile,
    "profile_values": _profile_values,
    "domains": _domains,
    "domain_values": _domain_values,
    "key_variables": _key_variables,
    "design_columns": _design_columns,
    "eligibility_columns": _eligibility_columns,
    "exit_reasons": _exit_reasons,
    "invitation_columns": _invitation_columns,
    "mailing_waves": _mailing_waves,
    "undeliverable_outcomes": _undeliverable_outcomes,
    "number_columns": _number_columns,
    "other_means": _other_means,
    "margins": _margins,
    "weight_ids": _weight_ids,
    "families": _families,
    "statements": _statements,
    "newsletter_words": _newsletter_words,
    "translations": _translations,
    "recruitment": _recruitment,
}
