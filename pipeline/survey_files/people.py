"""Who is surveyed, in survey.yml: population, member list, profile, domains, design and eligibility."""

from collections.abc import Collection
from itertools import pairwise

from yaml.nodes import ScalarNode

from pipeline.definitions import (
    ANY_WAVE,
    BIRTH_YEAR,
    MEASURES,
    Band,
    Crosswalk,
    Design,
    Domain,
    Eligibility,
    Invitations,
    Population,
    ProfileVariable,
    Recruitment,
    Source,
    Survey,
    ToldAs,
    Wave,
)
from pipeline.survey_files.blocks import Block
from pipeline.survey_files.sources import read_source
from pipeline.survey_files.values import Value
from pipeline.weighting_steps import USUAL_DRAWS, ReplicateDraws

ROSTER = "roster"
AT_WAVE = "wave"
FROM_WAVES = "from_waves"  # no member list: members are those who answer
ID_SPACES = ("of_the_member_list", "of_each_wave")
LONELY_PSU = ("fail", "certainty", "adjust", "average")
REPLICATE_KINDS = ("bootstrap", "jkgroups", "jkn", "jk1", "brr", "fay")


def read_population(survey: Block) -> Population:
    """Return whom the estimates speak for."""
    block = survey.needed_block("population")
    if block is None:
        return Population("", "", "", None, "", None)
    persons = block.get("persons")
    population = Population(
        name=block.needed_text("name"),
        unit=block.needed_text("unit"),
        universe=block.needed_text("universe"),
        persons=None if persons is None else persons.above_zero(),
        source=block.text("source"),
        reference_date=block.day("reference_date"),
    )
    if persons is not None and not (population.source and population.reference_date):
        persons.fault("a total without source or reference_date", "both", "Every population total names them.")
    block.close()
    return population


def read_roster(survey: Block) -> Source:
    """Return where the member list is delivered; a source without a file when there is none (`from_waves`)."""
    found = survey.need("roster", f"a block of keys, or {FROM_WAVES}")
    if found is None or isinstance(found.node, ScalarNode):
        if found is not None:
            found.name((FROM_WAVES,), f"a block of keys, or the word {FROM_WAVES}")
        return Source(file="", columns={})
    return read_source(Block(found))


def read_id_spaces(survey: Block) -> bool:
    """Return whether each wave has ids of its own."""
    return survey.choice_or("ids", ID_SPACES, "whose ids deliveries hold", ID_SPACES[0]) == ID_SPACES[1]


def read_crosswalk(survey: Block, waves: Collection[str]) -> Crosswalk | None:
    """Return the file that tells which ids of different waves are one person."""
    block = survey.block("crosswalk")
    if block is None:
        return None
    crosswalk = Crosswalk(block.needed_text("file"), block.text_map("ids"))
    refuse_unknown_ids(block.value, crosswalk.ids, waves)
    if len(crosswalk.ids) < 2:
        block.value.fault(f"{len(crosswalk.ids)} id columns", "two or more", "Name the id column of each wave.")
    block.close()
    return crosswalk


def refuse_unknown_ids(place: Value, ids: Collection[str], waves: Collection[str]) -> None:
    """Note links to something that is neither a wave nor the member list."""
    for name in ids:
        place.is_among(name, [ROSTER, *waves], "a wave, or roster")


def refuse_links_of_shared_ids(
    waves: Collection[tuple[Wave, Value]], crosswalk: Crosswalk | None, survey: Block, own: bool
) -> None:
    """Note ids of other waves in a survey whose waves all have the member list's ids, and links to unknown waves."""
    names = [wave.wave for wave, _ in waves]
    for wave, content in waves:
        refuse_unknown_ids(content, wave.source.linked_ids, names)
        if wave.source.linked_ids and not own:
            content.fault("linked_ids", "'ids: of_each_wave' in survey.yml", "Add it there, or remove linked_ids.")
    if crosswalk is not None and not own:
        survey.value.fault("a crosswalk", "'ids: of_each_wave'", "Add it, or remove the crosswalk.")


def read_profile(survey: Block, waves: Collection[str]) -> tuple[ProfileVariable, ...]:
    """Return what is known of every member."""
    blocks = survey.blocks("profile")
    return tuple(read_variable(name, block, waves) for name, block in blocks.items())


def read_variable(name: str, block: Block, waves: Collection[str]) -> ProfileVariable:
    """Return one profile variable: a number, or one of its categories."""
    is_number, categories = block.boolean("number"), block.texts("categories")
    if is_number == bool(categories):
        block.value.fault("both or neither of 'number' and 'categories'", "one of them", "Keep or add one.")
    variable = ProfileVariable(
        name=name,
        label=block.text("label") or name,
        source=block.choice_or("source", [ROSTER, ANY_WAVE, *waves], "the roster, a wave, or waves", ROSTER),
        column=block.needed_text("column"),
        is_number=is_number,
        categories=categories,
        values=read_profile_values(block, categories),
        check_drift=block.boolean("check_drift"),
        measure=block.choice_or("is", MEASURES, "what a number says of a person's age", ""),
        known_on=block.day("known_on"),
        elsewhere=read_elsewhere(block, waves),
    )
    refuse_what_is_not_compared(block, variable)
    block.close()
    return variable


def read_elsewhere(block: Block, waves: Collection[str]) -> dict[str, ToldAs]:
    """Return in which column a wave tells a variable that is fixed elsewhere, and whether as an age or a birth year."""
    found = {}
    for wave, told in block.blocks("elsewhere").items():
        told.value.is_among(wave, waves, "a wave")
        measure = told.choice_or("is", MEASURES, "what a number says of a person's age", "")
        found[wave] = ToldAs(told.needed_text("column"), measure)
        told.close()
    return found


def refuse_what_is_not_compared(block: Block, variable: ProfileVariable) -> None:
    """Note how a variable is to be compared where nothing compares it."""
    if variable.measure and not variable.is_number:
        block.value.fault(f"'is: {variable.measure}' of categories", "number: true", "Remove one of them.")
    ages = variable.measure == BIRTH_YEAR and variable.known_on  # of members, who grow older
    if (variable.elsewhere or (variable.measure and not ages)) and not variable.check_drift:
        expected = "check_drift: true beside them"
        block.value.fault("'is' or 'elsewhere'", expected, "Add it: they say how values of waves are compared.")
    if any(one.measure for one in variable.elsewhere.values()) and not variable.measure:
        expected = "is: age, or is: birth_year, of the variable too"
        block.value.fault("'is' under 'elsewhere' alone", expected, "Say what the variable itself holds.")


def read_profile_values(block: Block, categories: Collection[str]) -> dict[str, str]:
    """Return how delivered values read in our words; null, kept as '', means not known."""
    found = block.get("values")
    if found is not None and categories:
        for value in found.entries().values():
            if not value.is_null():
                value.name(categories, "a category of the variable")
    return block.text_map("values")


def read_domains(survey: Block, profile: Collection[ProfileVariable]) -> tuple[Domain, ...]:
    """Return the subpopulations that estimates are made for."""
    variables = {variable.name: variable for variable in profile}
    return tuple(read_domain(name, block, variables) for name, block in survey.blocks("domains").items())


def read_domain(name: str, block: Block, variables: dict[str, ProfileVariable]) -> Domain:
    """Return one domain: the categories of its variable, or bands of a number."""
    variable = variables.get(block.choice("variable", variables, "a profile variable"))
    found = block.get("bands")
    bands = () if found is None else tuple(read_band(band, value) for band, value in found.entries().items())
    if variable is not None and variable.is_number != bool(bands):
        expected = "bands for a number, none for categories"
        block.value.fault(f"{len(bands)} bands of '{variable.name}'", expected, "Add or remove 'bands'.")
    refuse_overlap(block, bands)
    domain = Domain(
        domain=name,
        label=block.text("label") or name,
        variable=variable.name if variable else "",
        values=tuple(band.value for band in bands) or (variable.categories if variable else ()),
        bands=bands,
        is_published=block.boolean("published", default=True),
        is_at_wave=block.choice_or("at", (AT_WAVE,), "when a member's age is taken", "") == AT_WAVE,
    )
    block.close()
    return domain


def refuse_ages_that_cannot_be(survey: Block, read: Survey) -> None:
    """Note domains of the age at a wave that are no ages, or published, or of ages that nobody knows the day of."""
    listed, age = read.roster.columns, read.retention.age if read.retention else None
    undated = [wave.wave for wave in read.waves if wave.fieldwork_start is None]
    for domain, block in zip(read.domains, survey.blocks("domains").values(), strict=True):
        if not domain.is_at_wave:
            continue
        is_of_joining = any(
            one.name == domain.variable and one.source in (ROSTER, ANY_WAVE) and not one.known_on
            for one in read.profile
        )
        at = block.entries["at"]
        if not domain.bands or domain.variable != age:
            fix = "Name the variable there, or take 'at' out."
            at.fault(f"at: wave of '{domain.variable}'", "bands of the variable that retention names as age", fix)
        if domain.is_published:
            fix = "Published groups are those of joining: a member has one for all waves. Add published: false."
            at.fault("at: wave of a published domain", "one for weighting only", fix)
        if is_of_joining and "joined_on" not in listed:
            fix = "Name the column of joined_on, or say known_on of the variable."
            at.fault("at: wave without a date of joining", "the day that the age is of", fix)
        if undated:
            fix = "Say when their fieldwork started."
            at.fault(f"at: wave, and {', '.join(undated)} without a start", "waves with dates", fix)


def read_band(name: str, value: Value) -> Band:
    """Return one band: [lowest, highest], both included, null where it is open."""
    limits = [None if limit.is_null() else limit.number() for limit in value.elements()]
    if len(limits) != 2:
        value.fault(f"{len(limits)} limits", "[lowest, highest]", "Write [80, null] for an open band.")
        limits = [None, None]
    return Band(name, limits[0], limits[1])


def refuse_overlap(block: Block, bands: tuple[Band, ...]) -> None:
    """Note bands out of order or with a value in common."""
    for lower, upper in pairwise(bands):
        if lower.high is None or upper.low is None or lower.high >= upper.low:
            found = f"band '{upper.value}' not above '{lower.value}'"
            block.value.fault(found, "bands in ascending order, none shared", "Correct their limits.")


def read_design(survey: Block) -> Design:
    """Return which columns of the member list carry strata and PSUs."""
    block = survey.block("design")
    if block is None:
        return Design()
    design = Design(
        strata=block.texts("strata"),
        psu=block.text_or_none("psu"),
        lonely_psu=block.choice_or("lonely_psu", LONELY_PSU, "a policy", "fail"),
    )
    block.close()
    return design


def read_replicates(survey: Block) -> ReplicateDraws:
    """Return how replicate weights are drawn."""
    block, usual = survey.block("replicates"), USUAL_DRAWS
    if block is None:
        return usual
    draws = ReplicateDraws(
        kind=block.choice_or("kind", REPLICATE_KINDS, "a kind of replicates", usual.kind),
        number=block.whole("number", usual.number),
        seed=block.whole("seed", usual.seed),
    )
    if draws.number < 2:
        block.value.fault(f"{draws.number} replicates", "2 or more", "Write number: 500, say.")
    block.close()
    return draws


def read_eligibility(survey: Block, waves: Collection[str]) -> Eligibility:
    """Return how the member list says that somebody left the population."""
    block = survey.block("eligibility")
    if block is None:
        return Eligibility()
    found = block.get("columns")
    for wave, value in ({} if found is None else found.entries()).items():
        value.is_among(wave, waves, "a wave")
    eligibility = Eligibility(
        block.text_map("columns"), block.text("contains"), block.texts("exit_reasons"), block.text_map("causes")
    )
    if bool(eligibility.columns) != bool(eligibility.contains):
        block.value.fault("one of 'columns' and 'contains'", "both or neither", "Add the other.")
    block.close()
    return eligibility


def read_invitations(survey: Block, waves: Collection[str]) -> Invitations:
    """Return how the member list says who was invited to a wave."""
    block = survey.block("invitations")
    if block is None:
        return Invitations()
    block.need("in", "the values that mean invited")
    found = block.need("columns", "wave: column of the member list")
    for wave, value in ({} if found is None else found.entries()).items():
        value.is_among(wave, waves, "a wave")
    invitations = Invitations(block.text_map("columns"), block.texts("in"))
    block.close()
    return invitations


def read_recruitment(survey: Block) -> dict[str, Recruitment]:
    """Return how many of each cohort were invited, joined and gave a profile; {} where nothing is declared."""
    return {cohort: read_cohort(block) for cohort, block in survey.blocks("recruitment").items()}


def read_cohort(block: Block) -> Recruitment:
    """Return one cohort's recruitment; who joined has given a profile unless fewer are said to."""
    invited, joined = block.whole("invited", 1), block.whole("joined", 1)
    cohort = Recruitment(invited, joined, block.whole("profiled", joined))
    if not 0 < cohort.profiled <= cohort.joined <= cohort.invited:
        found = f"{cohort.invited} invited, {cohort.joined} joined, {cohort.profiled} profiled"
        block.value.fault(found, "none more than the one before, and not 0", "Correct the counts.")
    block.close()
    return cohort
