"""Staging and core, made anew where what they are made of changed: what is known of members, the rows of some waves."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from flows.run_context import Night, current
from pipeline import warehouse
from pipeline.definitions import ANY_WAVE, MAILINGS, ROSTER, Survey
from pipeline.fingerprint import text_hash

ALL_SURVEYS = ""  # the survey of a step that is of all of them
TABLES = "tables"  # kind of the steps, of which these two are of each wave
STAGED, COUNTED = f"{TABLES}-delivered", f"{TABLES}-counted"
OF_CODE, OF_MEMBERS = (ALL_SURVEYS, TABLES), (ALL_SURVEYS, f"{TABLES}-members")
_IN_USE = """
select survey, source, part, delivery_id, n_accepted from raw.deliveries where status = 'accepted' order by all
"""
_LINKS = f"""
select survey, {warehouse.rows_hash("alias, panel_member_id")} from raw.member_links group by survey order by all
"""
_REMOVED = f"""
select survey, wave, {warehouse.rows_hash("panel_member_id")}
from raw.removed_respondents
group by survey, wave
order by all
"""
_LEFT_OUT = f"""
select survey, source, {warehouse.rows_hash("delivery_id, row_number")}
from (
    select survey, source, delivery_id, row_number from raw.refused_rows
    union all
    select survey, source, delivery_id, row_number from raw.superseded_rows
)
group by survey, source
order by all
"""
_KNOWN_OF_MEMBERS = f"""
select member.survey, member.wave, {warehouse.rows_hash("member")}
from core.member_waves as member
left join core.participation as answered
    on member.survey = answered.survey
    and member.wave = answered.wave
    and member.panel_member_id = answered.panel_member_id
where member.is_listed or answered.panel_member_id is not null
group by member.survey, member.wave
"""
Row = tuple[Any, ...]
Place = tuple[str, str]  # survey and wave, or other source
Step = tuple[str, str]  # survey and step


def build_tables(*, is_forced: bool = False) -> None:
    """Build staging and core, unless they are made of the same deliveries and definitions already.

    A wave's rows depend on what is declared and delivered of it, and on what is known of its members by then; so a
    new wave, and a longer member list, leave those of earlier waves alone.
    """
    night = current()
    inputs, others = _inputs(night)
    done = warehouse.steps_of_kind(night.connection, TABLES)
    if done == inputs and not is_forced:
        return
    with warehouse.transaction(night.connection):
        if is_forced or done.get(OF_CODE) != inputs[OF_CODE] or done.keys() - inputs.keys():
            warehouse.build(night.connection)
        else:
            staged, counted = (
                {place for place, step in _steps(night, kind).items() if done.get(step) != inputs[step]}
                for kind in (STAGED, COUNTED)
            )
            _rebuild(night, staged, counted, others if done.get(OF_MEMBERS) != inputs[OF_MEMBERS] else set())
        warehouse.replace_steps(night.connection, TABLES, inputs)


def _rebuild(night: Night, staged: set[Place], counted: set[Place], others: set[Place]) -> None:
    """Rebuild the rows of changed waves, and of those whose members are known otherwise now.

    Args:
        staged: waves whose rows or definitions changed.
        counted: waves of which others of those who answered count as respondents.
        others: the sources that are no waves, where what tells of members changed; none where it did not.
    """
    known = _known_of_members(night) if others else {}
    if staged | others:
        warehouse.build_staging(night.connection, staged | others, with_members=bool(others))
    moved = set()
    if others:
        warehouse.build_members(night.connection)
        now_known = _known_of_members(night)
        moved = {place for place in _steps(night, STAGED) if now_known.get(place) != known.get(place)}
    warehouse.build_waves(night.connection, staged | counted | moved)


def _known_of_members(night: Night) -> dict[Place, str]:
    """Return what is known of the members of each delivered wave, as a hash."""
    return {(survey, wave): known for survey, wave, known in _rows(night, _KNOWN_OF_MEMBERS)}


def _steps(night: Night, kind: str) -> dict[Place, Step]:
    """Return each declared wave with its step of a kind."""
    return {
        (name, wave.wave): (name, f"{kind}-{wave.wave}")
        for name, survey in night.surveys.items()
        for wave in survey.waves
    }


def _inputs(night: Night) -> tuple[dict[Step, str], set[Place]]:
    """Return what each step depends on, as hashes, and the sources that are no declared wave."""
    steps, links = _steps(night, STAGED), _rows(night, _LINKS)
    delivered, removed = (
        _by_place(row for query in queries for row in _rows(night, query))
        for queries in ((_IN_USE, _LEFT_OUT), (_REMOVED,))
    )
    others = (delivered.keys() - steps.keys()) | {(name, ROSTER) for name in night.surveys}
    telling = sorted(others.union(*map(_telling, night.surveys.values())))
    declared = {name: night.declared(name) for name in night.surveys}
    behind = [of.behind_members(source for one, source in telling if one == name) for name, of in declared.items()]
    inputs = {
        OF_CODE: night.code_version,
        OF_MEMBERS: text_hash([delivered.get(place) for place in telling], links, behind),
    }
    for (name, wave), step in steps.items():
        inputs[step] = text_hash(delivered.get((name, wave)), links, declared[name].behind_rows(wave))
    inputs |= {step: text_hash(removed.get(place)) for place, step in _steps(night, COUNTED).items()}
    return inputs, others


def _telling(survey: Survey) -> set[Place]:
    """Return the sources that tell who the members are and what is known of them."""
    sources = {*survey.known_from, MAILINGS}
    if not survey.has_member_list or any(variable.source == ANY_WAVE for variable in survey.profile):
        sources |= {wave.wave for wave in survey.waves}
    return {(survey.survey, source) for source in sources}


def _by_place(rows: Iterable[Row]) -> dict[Place, list[Row]]:
    found: dict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0], row[1]].append(row)
    return found


def _rows(night: Night, query: str) -> list[Row]:
    return warehouse.read(night.connection, query).rows()
