"""Definitions written as the files that the reader reads: items.yml, waves and survey.yml of a drafted survey."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.definitions import AnswerOption, Grid, Item, ItemLink, Source, Survey, Wave
from pipeline.survey_files.yaml_text import Comment, Label, yaml_text
from pipeline.weighting_steps import WeightRecipe

Block = dict[str, Any]


@dataclass(frozen=True)
class Notes:
    """Comments for a person, by what they belong to; the first line of each file under ''."""

    items: Mapping[str, Sequence[str]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of a wave: by item
    heading: str = ""


def items_text(
    items: Sequence[Item],
    links: Sequence[ItemLink] = (),
    notes: Notes | None = None,
    *,
    grids: Mapping[str, Grid] | None = None,
) -> str:
    """Return items.yml."""
    notes = notes or Notes()
    kinds = _missing_kinds(items)
    block: Block = {}
    if notes.heading:
        block[Comment(notes.heading)] = None
    if kinds:
        block["missing_kinds"] = kinds
    scales = {item.scale: item.options for item in items if item.scale}
    if scales:
        block["scales"] = {name: _scale(options, kinds) for name, options in scales.items()}
    if grids:
        block["grids"] = {name: _grid(grid) for name, grid in grids.items()}
    block["items"] = {}
    for item in items:
        for note in notes.items.get(item.item, ()):
            block["items"][Comment(f"{item.item}: {note}")] = None
        block["items"][item.item] = _item(item, kinds)
    if links:
        block["links"] = [_link(link) for link in links]
    return yaml_text(block) + "\n"


def _missing_kinds(items: Iterable[Item]) -> dict[str, str]:
    """Return what each missing code means in most scales; a scale that uses it otherwise says so itself."""
    counts: dict[tuple[str, str], int] = {}
    for options in dict.fromkeys(item.options for item in items):
        for option in options:
            if option.missing:
                counts[option.code, option.missing] = counts.get((option.code, option.missing), 0) + 1
    found: dict[str, str] = {}
    for code, kind in sorted(counts, key=lambda one: -counts[one]):
        found.setdefault(code, kind)
    return found


def _scale(options: Sequence[AnswerOption], kinds: Mapping[str, str]) -> Block:
    answers = [option for option in options if option.missing is None]
    is_words = len(answers) > 0 and all(option.code == option.label for option in options)
    block: Block = {
        "answers": [Label(option.label) for option in answers] if is_words else _codes(answers),
    }
    return block | _missing(options, kinds, is_words=is_words)


def _codes(options: Iterable[AnswerOption]) -> Block:
    return {option.code: Label(option.label) for option in options}


def _missing(options: Sequence[AnswerOption], kinds: Mapping[str, str], *, is_words: bool = False) -> Block:
    missing = [option for option in options if option.missing is not None]
    if not missing:
        return {}
    block: Block = {"missing": [Label(option.label) for option in missing] if is_words else _codes(missing)}
    own = {option.code: str(option.missing) for option in missing if kinds.get(option.code) != option.missing}
    return block | ({"missing_kinds": own} if own else {})


def _item(item: Item, kinds: Mapping[str, str]) -> Block:
    block: Block = {"wording": Label(item.wording)}
    if item.label != item.wording:
        block["label"] = Label(item.label)
    if item.scale:
        block["scale"] = item.scale
    else:
        block["kind"] = item.kind
        block |= _missing(item.options, kinds)
    if item.values:
        block["values"] = {Label(key): Label(value) for key, value in item.values.items()}
    if item.headline:
        block["headline"] = {name: list(codes) for name, codes in item.headline.items()}
    for name in ("topic", "feature"):
        if getattr(item, name):
            block[name] = getattr(item, name)
    if item.research_questions:
        block["research_questions"] = list(item.research_questions)
    if not item.is_published:
        block["published"] = False
    return block


def _grid(grid: Grid) -> Block | list[str]:
    names = list(grid.items)
    return {"items": names, "reversed": list(grid.reversed_items)} if grid.reversed_items else names


def _link(link: ItemLink) -> Block:
    block: Block = {"from": link.item_from, "to": link.item_to, "comparability": link.comparability}
    return block | ({"note": Label(link.note)} if link.note else {})


def wave_text(wave: Wave, notes: Notes | None = None) -> str:
    """Return the file of one wave."""
    notes = notes or Notes()
    block: Block = {Comment(notes.heading): None} if notes.heading else {}
    block["wave"] = wave.wave
    if not wave.wave.lstrip("abcdefghijklmnopqrstuvwxyz_").isdigit():
        block["wave_number"] = wave.wave_number
    dates = {"start": wave.fieldwork_start, "end": wave.fieldwork_end}
    block["fieldwork"] = "closed" if wave.is_closed else {name: day for name, day in dates.items() if day}
    if wave.mode:
        block["mode"] = Label(wave.mode)
    block["source"] = source_block(wave.source)
    if wave.margins:
        block["margins"] = list(wave.margins)
    if wave.row_tolerance:
        block["row_tolerance"] = wave.row_tolerance
    block["items"] = "all" if wave.items_may_be_absent else {}
    for placed in () if wave.items_may_be_absent else wave.items:
        for note in notes.columns.get(placed.item, ()):
            block["items"][Comment(note)] = None
        recode = {Label(value): Label(code) for value, code in placed.recode.items()}
        block["items"][placed.item] = {"column": placed.column, "recode": recode} if recode else placed.column
    return yaml_text(block) + "\n"


def source_block(source: Source) -> Block:
    """Return where a delivery comes from, as a block of keys."""
    block: Block = {"file": Label(source.file), "columns": dict(source.columns)}
    if source.optional_columns:
        block["optional_columns"] = dict(source.optional_columns)
    if source.codebook:
        block["codebook"] = Label(source.codebook)
    if source.completed_at_format:
        block["completed_at_format"] = Label(source.completed_at_format)
    for name in ("complete_when", "test_rows"):
        row_filter = getattr(source, name)
        if row_filter:
            block[name] = {"column": row_filter.column, "in": [Label(value) for value in row_filter.values]}
    if source.constants:
        block["constants"] = {name: Label(value) for name, value in source.constants.items()}
    for name in ("required_columns", "ignored_columns"):
        if getattr(source, name):
            block[name] = list(getattr(source, name))
    return block


def survey_text(survey: Survey, notes: Notes | None = None) -> str:
    """Return survey.yml."""
    population = survey.population
    block: Block = {Comment(notes.heading): None} if notes and notes.heading else {}
    block |= {
        "survey": survey.survey,
        "title": Label(survey.title),
        "member_ids": survey.member_ids,
        "disclosure_profile": survey.disclosure_profile,
        "inference": survey.inference,
        "blank": survey.blank,
    }
    if survey.id_ignores:
        block["id_ignores"] = list(survey.id_ignores)
    if survey.methods_note:
        block["methods_note"] = Label(survey.methods_note)
    described: Block = {"name": Label(population.name), "unit": population.unit, "universe": Label(population.universe)}
    if population.persons:
        described |= {"persons": population.persons}
    if population.source:
        described |= {"source": Label(population.source)}
    if population.reference_date:
        described |= {"reference_date": population.reference_date}
    block["population"] = described
    block["roster"] = source_block(survey.roster)
    block["profile"] = {variable.name: _profile(variable) for variable in survey.profile}
    block["domains"] = {domain.domain: _domain(domain) for domain in survey.domains}
    return yaml_text(block | _plan(survey)) + "\n"


def _profile(variable: Any) -> Block:
    block: Block = {"label": Label(variable.label), "source": variable.source, "column": variable.column}
    if variable.is_number:
        block["number"] = True
    else:
        block["categories"] = [Label(value) for value in variable.categories]
    if variable.values:
        block["values"] = {Label(found): Label(ours) if ours else None for found, ours in variable.values.items()}
    if variable.check_drift:
        block["check_drift"] = True
    return block


def _domain(domain: Any) -> Block:
    block: Block = {"label": Label(domain.label), "variable": domain.variable}
    if domain.bands:
        block["bands"] = {Label(band.value): [band.low, band.high] for band in domain.bands}
    return block if domain.is_published else block | {"published": False}


def _plan(survey: Survey) -> Block:
    """Return the design and the analysis plan."""
    block: Block = {}
    if survey.design.strata or survey.design.psu:
        block["design"] = {
            **({"strata": list(survey.design.strata)} if survey.design.strata else {}),
            **({"psu": survey.design.psu} if survey.design.psu else {}),
            "lonely_psu": survey.design.lonely_psu,
        }
    if survey.eligibility.exit_reasons:
        block["eligibility"] = {"exit_reasons": [Label(reason) for reason in survey.eligibility.exit_reasons]}
    block["weights"] = {recipe.weight_id: _weight(recipe) for recipe in survey.weights}
    pairs = "consecutive_and_first"
    changes = [
        {"kind": plan.kind, "weights": list(plan.weights), "pairs": [list(pair) for pair in plan.pairs] or pairs}
        for plan in survey.changes
    ]
    if changes:
        block["changes"] = changes
    block["families"] = {
        family.family: {
            **({"items": list(family.items)} if family.items else {}),
            "domains": list(family.domains),
            "correction": family.correction,
            "level": family.level,
            **({"headline": True} if family.is_headline else {}),
        }
        for family in survey.families
    }
    if survey.retention:
        plan = survey.retention
        block["retention"] = {
            "first_wave": plan.first_wave,
            "weight": plan.weight_id,
            "missed_waves": plan.missed_waves,
        }
    return {name: value for name, value in block.items() if value}


def _weight(recipe: WeightRecipe) -> Block:
    block: Block = {"kind": recipe.kind, "waves": list(recipe.waves) or "each", "use_when": Label(recipe.use_when)}
    if recipe.is_equal_base:
        block["base"] = "equal"
    if recipe.supplied:
        block["supplied"] = recipe.supplied
    if recipe.selection_probabilities:
        block["selection_probabilities"] = dict(recipe.selection_probabilities)
    step = recipe.calibration
    if step:
        block["calibration"] = {
            "method": step.method,
            "margins": list(step.margins),
            "controls": step.controls,
            **({"missing": dict(step.missing)} if step.missing else {}),
        }
    return block
