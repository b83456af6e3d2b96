"""A survey written as survey.yml: what the reader reads of population, people, analysis plan and judgement."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from pipeline.analysis_plans import TestFamily, TrendPlan
from pipeline.anonymity_plan import KAnonymity
from pipeline.definitions import Design, Domain, Eligibility, Mailings, Population, ProfileVariable, Survey
from pipeline.quality_limits import ResponseQuality, WaveComparison
from pipeline.survey_files.anonymity import usual_k_anonymity
from pipeline.survey_files.writing import Block, Notes
from pipeline.survey_files.writing_sources import source_block
from pipeline.survey_files.writing_weights import weight_block
from pipeline.survey_files.yaml_text import Comment, Label, yaml_text
from pipeline.weighting_steps import USUAL_DRAWS

CONSECUTIVE_AND_FIRST = "consecutive_and_first"


def survey_text(survey: Survey, notes: Notes | None = None) -> str:
    """Return survey.yml."""
    block: Block = {Comment(notes.heading): None} if notes and notes.heading else {}
    block |= {
        "survey": survey.survey,
        "title": Label(survey.title),
        "member_ids": survey.member_ids,
        "disclosure_profile": survey.disclosure_profile,
        "inference": survey.inference,
        "blank": survey.blank,
    }
    if survey.languages != Survey.languages:
        block["languages"] = list(survey.languages)
    if survey.methods_note:
        block["methods_note"] = Label(survey.methods_note)
    if survey.statement:
        block["statement"] = {name: Label(text) for name, text in survey.statement.items()}
    block |= {"population": _population(survey.population), **_people(survey)}
    block["profile"] = {variable.name: _profile(variable) for variable in survey.profile}
    block["domains"] = {domain.domain: _domain(domain) for domain in survey.domains}
    plan = {name: value for name, value in _plan(survey) if value}
    return yaml_text(block | plan | {name: value for name, value in _judgement(survey) if value}) + "\n"


def _mailings(mailings: Mailings) -> Block:
    block = source_block(replace(mailings.source, completed_at_format=None))
    if mailings.source.completed_at_format:
        block["invited_at_format"] = Label(mailings.source.completed_at_format)
    waves = {Label(value): wave for value, wave in mailings.waves.items() if value != wave}
    block |= {"waves": waves} if waves else {}
    block |= {"undeliverable": [Label(value) for value in mailings.undeliverable]} if mailings.undeliverable else {}
    return block | ({"row_tolerance": mailings.row_tolerance} if mailings.row_tolerance else {})


def _population(population: Population) -> Block:
    block: Block = {"name": Label(population.name), "unit": population.unit, "universe": Label(population.universe)}
    if population.persons:
        block["persons"] = population.persons
    if population.source:
        block["source"] = Label(population.source)
    if population.reference_date:
        block["reference_date"] = population.reference_date
    return block


def _people(survey: Survey) -> Block:
    """Return the member list, or the word for none, and whose ids the deliveries hold."""
    block: Block = {"roster": source_block(survey.roster) if survey.has_member_list else "from_waves"}
    if survey.has_ids_of_each_wave:
        block["ids"] = "of_each_wave"
    if survey.crosswalk:
        block["crosswalk"] = {"file": Label(survey.crosswalk.file), "ids": dict(survey.crosswalk.ids)}
    if survey.id_ignores:
        block["id_ignores"] = list(survey.id_ignores)
    if survey.other_means:
        block["other_means"] = [Label(route) for route in survey.other_means]
    if survey.uninvited_statuses:
        block["uninvited_statuses"] = [Label(status) for status in survey.uninvited_statuses]
    return block


def _profile(variable: ProfileVariable) -> Block:
    block: Block = {"label": Label(variable.label), "source": variable.source, "column": variable.column}
    if variable.is_number:
        block["number"] = True
    else:
        block["categories"] = [Label(value) for value in variable.categories]
    if variable.values:
        block["values"] = {Label(found): Label(ours) if ours else None for found, ours in variable.values.items()}
    if variable.check_drift:
        block["check_drift"] = True
    if variable.measure:
        block["is"] = variable.measure
    if variable.known_on:
        block["known_on"] = variable.known_on
    if variable.elsewhere:
        told = variable.elsewhere.items()
        block["elsewhere"] = {
            wave: {"column": one.column, **({"is": one.measure} if one.measure else {})} for wave, one in told
        }
    return block


def _domain(domain: Domain) -> Block:
    block: Block = {"label": Label(domain.label), "variable": domain.variable}
    if domain.bands:
        block["bands"] = {Label(band.value): [band.low, band.high] for band in domain.bands}
    block |= {"at": "wave"} if domain.is_at_wave else {}
    return block if domain.is_published else block | {"published": False}


def _k_anonymity(survey: Survey) -> Block:
    """Return how members' rows are coarsened, where it is otherwise than usual."""
    asked = survey.k_anonymity
    if asked is None or asked == usual_k_anonymity(survey.domains, survey.disclosure_profile):
        return {}
    block: Block = {"k": asked.k, "keys": list(asked.keys)}
    if asked.collapse:
        block["collapse"] = {
            name: {Label(shown): [Label(one) for one in categories] for shown, categories in groups.items()}
            for name, groups in asked.collapse.items()
        }
    usual = KAnonymity(asked.k, asked.keys).most_not_shown
    return block | ({} if asked.most_not_shown == usual else {"most_not_shown": asked.most_not_shown})


def _plan(survey: Survey) -> Iterator[tuple[str, object]]:
    """Yield the design and the analysis plan; what is empty stands for what is not declared."""
    yield "design", _design(survey.design)
    yield "k_anonymity", _k_anonymity(survey)
    usual = USUAL_DRAWS
    draws = {one.name: getattr(survey.replicates, one.name) for one in fields(usual)}
    yield "replicates", {name: value for name, value in draws.items() if value != getattr(usual, name)}
    yield "eligibility", _eligibility(survey.eligibility)
    if survey.invitations.columns:
        values = [Label(value) for value in survey.invitations.values]
        yield "invitations", {"columns": dict(survey.invitations.columns), "in": values}
    if survey.mailings:
        yield "mailings", _mailings(survey.mailings)
    yield (
        "recruitment",
        {
            cohort: {one.name: value for one in fields(counts) if (value := getattr(counts, one.name)) is not None}
            for cohort, counts in survey.recruitment.items()
        },
    )
    yield "research_questions", {name: Label(text) for name, text in survey.research_questions.items()}
    yield "weights", {recipe.weight_id: weight_block(recipe) for recipe in survey.weights}
    yield (
        "changes",
        [
            {"kind": one.kind, "weights": list(one.weights), "pairs": _pairs(one.pairs) or CONSECUTIVE_AND_FIRST}
            for one in survey.changes
        ],
    )
    yield (
        "transitions",
        [
            {"items": list(one.items), "weights": list(one.weights), "pairs": _pairs(one.pairs)}
            for one in survey.transitions
        ],
    )
    yield "trends", [_trend(one) for one in survey.trends]
    yield "conditioning", {"weights": list(survey.conditioning.weights)} if survey.conditioning else {}
    yield "families", {family.family: _family(family) for family in survey.families}
    if survey.retention:
        plan = survey.retention
        of = {"first_wave": plan.first_wave, "weight": plan.weight_id, "missed_waves": plan.missed_waves}
        of |= {"age": plan.age} if plan.age else {}
        yield "retention", of


def _design(design: Design) -> Block:
    if design == Design():
        return {}
    block: Block = {"strata": list(design.strata)} if design.strata else {}
    return block | ({"psu": design.psu} if design.psu else {}) | {"lonely_psu": design.lonely_psu}


def _eligibility(eligibility: Eligibility) -> Block:
    block: Block = {}
    if eligibility.columns:
        block |= {"columns": dict(eligibility.columns), "contains": Label(eligibility.contains)}
    if eligibility.exit_reasons:
        block["exit_reasons"] = [Label(reason) for reason in eligibility.exit_reasons]
    if eligibility.causes:
        block["causes"] = {name: Label(text) for name, text in eligibility.causes.items()}
    return block


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [list(pair) for pair in pairs]


def _trend(plan: TrendPlan) -> Block:
    block: Block = {"weights": list(plan.weights), "domains": list(plan.domains)}
    block |= {name: list(getattr(plan, name)) for name in ("items", "models") if getattr(plan, name)}
    contrasts: Block = {
        one.name: ({"since_wave_number": one.since_wave_number} if one.since_wave_number else {})
        | ({"coefficients": dict(one.coefficients)} if one.coefficients else {})
        | ({"note": Label(one.note)} if one.note else {})
        for one in plan.contrasts
    }
    return block | ({"contrasts": contrasts} if contrasts else {})


def _family(family: TestFamily) -> Block:
    block: Block = {
        name: list(getattr(family, name)) for name in ("items", "kinds", "weights") if getattr(family, name)
    }
    block |= {"pairs": _pairs(family.pairs)} if family.pairs else {}
    block |= {"domains": list(family.domains), "correction": family.correction, "level": family.level}
    block |= {"headline": True} if family.is_headline else {}
    block |= {"equivalence": family.equivalence} if family.equivalence is not None else {}
    return block | ({"groups": list(family.groups)} if family.groups else {})


def _judgement(survey: Survey) -> Iterator[tuple[str, object]]:
    """Yield how strictly deliveries and answers are judged, where it is otherwise than usual."""
    yield (
        "rules",
        {
            code: {"severity": one.severity, "reason": Label(one.reason)}
            for code, one in sorted(survey.severities.items())
        },
    )
    usual = WaveComparison()
    yield (
        "against_previous_wave",
        {
            one.name: getattr(survey.comparison, one.name)
            for one in fields(usual)
            if getattr(survey.comparison, one.name) != getattr(usual, one.name)
        },
    )
    yield "response_quality", _response_quality(survey.response_quality)


def _response_quality(quality: ResponseQuality) -> Block:
    usual = ResponseQuality()
    names = [one.name for one in fields(usual) if one.name not in ("identity", "remove_at")]
    block: Block = {
        name: value for name in names if (value := getattr(quality, name)) not in (None, getattr(usual, name))
    }
    without = [name for name in names if getattr(quality, name) is None]
    block |= {"without": without} if without else {}
    block |= {"identity": dict(quality.identity)} if quality.identity else {}
    return block | ({"remove_when": {"strong_flags": quality.remove_at}} if quality.remove_at else {})
