"""One survey's folder, read whole: every fault in it is found before the first is reported."""

from pathlib import Path

from pipeline.definitions import MISSING_KINDS, NOT_DISTINGUISHED, STATEMENT_ELEMENTS, Source, Survey, Wave
from pipeline.errors import DefinitionError, faults_message
from pipeline.member_ids import IGNORABLE
from pipeline.survey_files.anonymity import read_k_anonymity
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.items import QuestionBank, read_items
from pipeline.survey_files.languages import Named, read_languages, read_translations
from pipeline.survey_files.long_run import read_conditioning, read_trends
from pipeline.survey_files.mailings import read_mailings, refuse_mailings_without_list
from pipeline.survey_files.margins import read_margins
from pipeline.survey_files.newsletters import read_newsletters
from pipeline.survey_files.people import (
    read_crosswalk,
    read_design,
    read_domains,
    read_eligibility,
    read_id_spaces,
    read_invitations,
    read_population,
    read_profile,
    read_recruitment,
    read_replicates,
    read_roster,
    refuse_ages_that_cannot_be,
    refuse_links_of_shared_ids,
)
from pipeline.survey_files.plan import read_changes, read_families, read_retention, read_transitions
from pipeline.survey_files.quality import read_comparison, read_mode_guard, read_response_quality, read_severities
from pipeline.survey_files.recipes import Known, read_weights, refuse_unfounded_inference
from pipeline.survey_files.values import NAME, NAME_RULE, Faults, Place, Value, read_value
from pipeline.survey_files.waves import read_wave_files, read_waves

SURVEY_FILE, ITEMS_FILE = "survey.yml", "items.yml"
MEMBER_IDS = ("as_delivered", "pseudonym")
DISCLOSURE_PROFILES = ("open", "public")
INFERENCES = ("probability", "calibrated_legacy", "pseudo_weighted", "model", "not_representative")


def read_surveys(root: Path) -> list[Survey]:
    """Return every survey of a folder of surveys, in order of name.

    Raises:
        DefinitionError: there is none, or at least one of them has a fault; all faults of all are named.
    """
    folders = survey_folders(root)
    if not folders:
        raise DefinitionError(f"{root.name}: no survey found, expected a folder with {SURVEY_FILE}. Add one.")
    faults = Faults()
    surveys = [survey for folder in folders if (survey := read_folder(folder, faults)) is not None]
    for name in sorted({survey.survey for survey in surveys}):
        if sum(survey.survey == name for survey in surveys) > 1:
            faults.add(Place(root.name, key="survey"), f"'{name}' in two folders", "one", "Rename one.")
    raise_faults(root, faults)
    return surveys


def survey_folders(root: Path) -> list[Path]:
    """Return the folders that hold a survey, in the order in which `read_surveys` returns their surveys."""
    return sorted(path.parent for path in root.glob(f"*/{SURVEY_FILE}"))


def read_survey(folder: Path) -> Survey:
    """Return the survey declared in a folder.

    Raises:
        DefinitionError: something in the folder is wrong; every fault is named with file, line and key.
    """
    faults = Faults()
    survey = read_folder(folder, faults)
    raise_faults(folder, faults)
    assert survey is not None, "no survey and no fault"
    return survey


def raise_faults(folder: Path, faults: Faults) -> None:
    """Raise all faults as one error, or return."""
    if faults.messages:
        count = len(faults.messages)
        heading = f"{folder.name}: {count} fault{'s' if count > 1 else ''} in the definitions"
        raise DefinitionError(faults_message(heading, faults.messages))


def read_folder(folder: Path, faults: Faults) -> Survey | None:
    """Return a survey, as far as it can be read, with its faults noted; None when a file is no YAML."""
    content = read_value(folder / SURVEY_FILE, folder.parent, faults)
    items_content = read_value(folder / ITEMS_FILE, folder.parent, faults)
    wave_contents = read_wave_files(folder, faults)
    if content is None or items_content is None or None in wave_contents:
        return None  # what the other files refer to may stand in the one that cannot be read
    block = Block(content)
    bank = read_items(items_content, block.text_map("research_questions"))
    waves = read_waves([one for one in wave_contents if one is not None], bank.items)
    survey = read_survey_file(block, folder, bank, waves)
    block.close()
    return survey


def read_survey_file(block: Block, folder: Path, bank: QuestionBank, waves: list[tuple[Wave, Value]]) -> Survey:
    """Return the survey of survey.yml, which may name the items and waves already read."""
    wave_names = [wave.wave for wave, _ in waves]
    population = read_population(block)
    profile = read_profile(block, wave_names)
    domains = read_domains(block, profile)
    margins = read_margins(folder, population, domains, block.value.faults)
    known = Known(
        list(bank.items),
        wave_names,
        [domain.domain for domain in domains],
        list(margins),
        [name for name, item in bank.items.items() if item.kind == "category"],
    )
    weights = read_weights(block, known)
    refuse_unfounded_inference(block, weights)
    weight_ids = [recipe.weight_id for recipe in weights]
    refuse_wave_margins(waves, known)
    roster = read_roster(block)
    refuse_shared_files(roster, [wave for wave, _ in waves], block.value)
    has_own_ids, crosswalk = read_id_spaces(block), read_crosswalk(block, wave_names)
    refuse_links_of_shared_ids(waves, crosswalk, block, has_own_ids)
    refuse_what_needs_a_list(block, roster)
    refuse_mailings_without_list(block, has_list=bool(roster.columns), has_own_ids=has_own_ids)
    languages = read_languages(block)
    statement = read_statement(block)
    named = Named(bank, domains, weight_ids, wave_names, statement)
    disclosure_profile = block.choice("disclosure_profile", DISCLOSURE_PROFILES, "a disclosure profile")
    survey = Survey(
        survey=read_name(block),
        title=block.needed_text("title"),
        member_ids=block.choice("member_ids", MEMBER_IDS, "how ids are kept"),
        disclosure_profile=disclosure_profile,
        inference=block.choice("inference", INFERENCES, "an inference"),
        population=population,
        roster=roster,
        profile=profile,
        domains=domains,
        design=read_design(block),
        eligibility=read_eligibility(block, wave_names),
        items=bank.items,
        item_links=bank.links,
        blank=block.choice_or("blank", MISSING_KINDS, "a kind of missing", NOT_DISTINGUISHED),
        waves=tuple(wave for wave, _ in waves),
        margins=margins,
        weights=weights,
        changes=read_changes(block, known, weights),
        transitions=read_transitions(block, known, weights),
        families=read_families(block, known, weight_ids),
        retention=read_retention(block, known, weight_ids, profile),
        trends=read_trends(block, known, weight_ids),
        conditioning=read_conditioning(block, weight_ids),
        methods_note=block.text("methods_note"),
        statement=statement,
        newsletters=read_newsletters(folder, wave_names, block.value.faults),
        research_questions=block.text_map("research_questions"),
        severities=read_severities(block),
        comparison=read_comparison(block),
        grids=bank.grids,
        response_quality=read_response_quality(block, profile),
        uninvited_statuses=block.texts("uninvited_statuses"),
        id_ignores=block.names("id_ignores", IGNORABLE, "a difference between ids"),
        has_member_list=bool(roster.columns),
        has_ids_of_each_wave=has_own_ids,
        crosswalk=crosswalk,
        mode_guard=read_mode_guard(block),
        other_means=block.texts("other_means"),
        recruitment=read_recruitment(block),
        replicates=read_replicates(block),
        k_anonymity=read_k_anonymity(block, domains, disclosure_profile),
        invitations=read_invitations(block, wave_names),
        mailings=read_mailings(block, wave_names),
        languages=languages,
        translations=read_translations(folder, languages, named, block.value.faults),
    )
    refuse_ages_that_cannot_be(block, survey)
    return survey


def refuse_what_needs_a_list(block: Block, roster: Source) -> None:
    """Note retention where no member list says who could have answered."""
    if not roster.columns and "retention" in block.entries and "roster" in block.entries:
        found = "retention without a member list"
        block.value.fault(found, "a roster", "Who did not answer is not known; remove retention.")


def read_statement(block: Block) -> dict[str, str]:
    """Return what the survey's author states of it, by element."""
    stated = block.block("statement")
    if stated is None:
        return {}
    found = {name: stated.text(name) for name in STATEMENT_ELEMENTS}
    stated.close()
    return {name: text for name, text in found.items() if text}


def read_name(block: Block) -> str:
    """Return the survey's name, which becomes part of file and view names."""
    name = block.needed_text("survey")
    if name and not NAME.fullmatch(name):
        block.value.fault(f"survey '{name}'", NAME_RULE, "Name it as citizens_panel.")
    return name


def refuse_wave_margins(waves: list[tuple[Wave, Value]], known: Known) -> None:
    """Note margins that a wave names and the survey has no totals for."""
    for _, content in waves:
        found = content.entries().get("margins")
        for margin in [] if found is None else found.elements():
            margin.name(known.margins, "a margin with totals under margins/")


def refuse_shared_files(roster: Source, waves: list[Wave], content: Value) -> None:
    """Note sources that would be delivered in the same file."""
    first_in: dict[str, str] = {}
    files = [(f"{wave.wave} {part.part}".strip(), part.source.file) for wave in waves for part in wave.delivered_parts]
    for name, file in [("roster", roster.file), *files]:
        if file and file in first_in:
            content.fault(f"'{file}' for {first_in[file]} and {name}", "a file for each", "Correct one of them.")
        first_in.setdefault(file, name)
