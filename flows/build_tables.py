"""Staging and core, made anew where what they are made of changed: the rows of some waves, or everything."""

from flows.run_context import Night, current
from pipeline import warehouse
from pipeline.definitions import ANY_WAVE, Survey
from pipeline.fingerprint import text_hash

ALL_SURVEYS = ""  # the survey of a step that is of all of them
_IN_USE = """
select survey, source, part, delivery_id, n_accepted from raw.deliveries where status = 'accepted' order by all
"""
_LINKS = """
select survey, count(*), bit_xor(hash(alias, panel_member_id)) from raw.member_links group by survey order by all
"""
_REMOVED = """
select survey, wave, count(*), bit_xor(hash(panel_member_id))
from raw.removed_respondents
group by survey, wave
order by all
"""
_LEFT_OUT = """
select survey, source, count(*), bit_xor(hash(delivery_id, row_number))
from (
    select survey, source, delivery_id, row_number from raw.refused_rows
    union all
    select survey, source, delivery_id, row_number from raw.superseded_rows
)
group by survey, source
order by all
"""
Place = tuple[str, str]  # survey and wave


def build_tables(*, is_forced: bool = False) -> None:
    """Build staging and core, unless they are made of the same deliveries and definitions already."""
    night = current()
    elsewhere, of_waves = _inputs(night)
    changed = [place for place, inputs in of_waves.items() if _done(night, *place) != inputs]
    is_whole = is_forced or _done(night, ALL_SURVEYS, "") != elsewhere
    if not is_whole and not changed:
        return
    with warehouse.transaction(night.connection):
        if is_whole:
            warehouse.build(night.connection)
            warehouse.remember_step(night.connection, ALL_SURVEYS, "tables", elsewhere)
        else:
            warehouse.build_waves(night.connection, changed)
        for survey, wave in changed:
            warehouse.remember_step(night.connection, survey, f"tables-{wave}", of_waves[survey, wave])


def _done(night: Night, survey: str, wave: str) -> str | None:
    return warehouse.step_inputs(night.connection, survey, f"tables-{wave}" if survey else "tables")


def _inputs(night: Night) -> tuple[str, dict[Place, str]]:
    """Return what all rows depend on, and what those of each wave depend on besides, as hashes."""
    rows = [row for query in (_IN_USE, _LEFT_OUT, _REMOVED) for row in warehouse.read(night.connection, query).rows()]
    places = [place for survey in night.surveys.values() for place in _apart(survey)]
    of_waves = {place: text_hash([row for row in rows if row[:2] == place]) for place in places}
    shared = [row for row in rows if row[:2] not in of_waves]
    links = warehouse.read(night.connection, _LINKS).rows()
    return text_hash(shared, links, night.definitions_hash, night.code_version), of_waves


def _apart(survey: Survey) -> list[Place]:
    """Return the waves whose deliveries say nothing of who the members are, nor what is known of them for all waves."""
    if not survey.has_member_list or any(variable.source == ANY_WAVE for variable in survey.profile):
        return []
    return [(survey.survey, one.wave) for one in survey.waves if one.wave not in survey.known_from]
