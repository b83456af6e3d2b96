"""Join the ids of one person: read what deliveries say of who is who, and tell what came of it."""

from dataclasses import dataclass

import polars as pl

from flows.run_context import Night, current
from pipeline import intake, register_store, warehouse
from pipeline.crosswalk import Link, People, people
from pipeline.definitions import CROSSWALK, ROSTER, Survey
from pipeline.deliveries import part_of
from pipeline.rules import WARNING


@dataclass(frozen=True)
class LinkFault:
    """What is wrong with the links of one delivery; nothing when `n_failed` is 0."""

    rule: str
    n_checked: int  # rows of links
    n_failed: int
    message: str


def join_members(survey: str) -> None:
    """Follow the links of all deliveries in use; members' rows are joined, or set apart again, from tonight."""
    night = current()
    definition = night.surveys[survey]
    if not definition.has_ids_of_each_wave:
        return
    links = _links(night, definition)
    delivered = {wave.wave: warehouse.ids_in_use(night.connection, survey, wave.wave) for wave in definition.waves}
    delivered[ROSTER] = warehouse.ids_in_use(night.connection, survey, ROSTER)
    rows = [link for of_source in links.values() for link in of_source]
    found = people(rows, _order(night, definition), set().union(*delivered.values()))
    night.person_of[survey] = found.of_alias
    warehouse.replace_rows(
        night.connection, "raw.member_links", found.members.with_columns(survey=pl.lit(survey)), survey=survey
    )
    night.people[survey] = found
    for source, of_source in links.items():
        _note(night, survey, source, _strangers(source, of_source, delivered))
        _note(night, survey, source, _conflicts(source, of_source, found))


def _strangers(source: str, links: list[Link], delivered: dict[str, set[str]]) -> LinkFault:
    """Return how many linked ids of a delivered wave stand in no delivery of it."""
    counts = {}
    for other in dict.fromkeys(name for link in links for name in link if name != source):
        linked = {link[other] for link in links if other in link}
        n_strangers = len(linked - delivered[other]) if delivered[other] else 0
        if n_strangers:
            counts[f"{n_strangers:,} of {len(linked):,} ids of {other}"] = n_strangers
    message = (
        f"{source}: {', '.join(counts)} stand in no delivery, expected each in the wave that it is linked to; they "
        "join nobody until such a delivery comes. Check the columns of ids, and how the ids are written."
    )
    return LinkFault("linked-ids", len(links), sum(counts.values()), message)


def _conflicts(source: str, links: list[Link], found: People) -> LinkFault:
    """Return how many rows of links contradict each other."""
    n_rows = sum(not found.conflicting.isdisjoint(link.values()) for link in links)
    message = (
        f"{source}: {n_rows:,} rows of links give a person two ids in {', '.join(sorted(found.conflicts))}, expected "
        "one id in each wave; none of these links is used, each id is a member of its own. Correct the rows."
    )
    return LinkFault("link-conflict", len(links), n_rows, message)


def _note(night: Night, survey: str, source: str, fault: LinkFault) -> None:
    """Keep among the checks what is wrong with the links of a delivery, and say what is new."""
    key = {"survey": survey, "wave": source, "rule": fault.rule}
    told = "select message from log.checks where survey = $survey and wave = $wave and rule = $rule and not success"
    before = warehouse.read(night.connection, told, key)["message"].to_list()
    row = {
        **key,
        "run_id": night.run_id,
        "severity": WARNING,
        "success": fault.n_failed == 0,
        "n_checked": fault.n_checked,
        "n_failed": fault.n_failed,
        "message": fault.message if fault.n_failed else None,
        "checked_at": night.started_at.replace(tzinfo=None),
    }
    warehouse.replace_rows(night.connection, "log.checks", pl.DataFrame([row]), **key)
    if fault.n_failed and fault.message not in before:
        night.say(f"{survey}, {fault.message}")


def known_members(survey: str) -> dict[str, str]:
    """Return the member of each linked id as the last night left it."""
    rows = warehouse.read(
        current().connection, "select alias, panel_member_id from raw.member_links where survey = ?", [survey]
    )
    return dict(rows.iter_rows())


def tell(survey: str, before: dict[str, str]) -> None:
    """Say who was joined since `before`, and which links contradict each other: in counts."""
    night = current()
    found = night.people.get(survey)
    if found is None or (found.of_alias == before and not found.conflicts):
        return
    _trace(night, night.surveys[survey], before, found.of_alias)
    night.say(f"{survey}: {found.n_linked:,} people have ids in several waves, {found.n_chained:,} by way of a third")


def _links(night: Night, survey: Survey) -> dict[str, list[Link]]:
    """Return the rows of links, each source and alias, of the deliveries in use of every source that has some."""
    sources = (*([CROSSWALK] if survey.crosswalk else []), *(wave.wave for wave in survey.waves))
    linking = [source for source in sources if intake.linked_columns(survey, source)]
    links = {source: _links_of(night, survey, source) for source in linking}
    return {source: of_source for source, of_source in links.items() if of_source}


def _links_of(night: Night, survey: Survey, source: str) -> list[Link]:
    links: list[Link] = []
    for part, frame in warehouse.rows_in_use(night.connection, survey.survey, source):
        columns = intake.linked_columns(survey.in_part(source, part_of(part)), source)
        whose = {column: name for name, column in columns.items()}
        known = frame.select(column for column in whose if column in frame.columns).rename(whose, strict=False)
        links += [
            {name: alias for name, alias in row.items() if alias is not None} for row in known.iter_rows(named=True)
        ]
    return [link for link in links if link]


def _order(night: Night, survey: Survey) -> list[str]:
    """Return the sources as they first came, so that members keep the id they were first known by."""
    first = warehouse.read(
        night.connection,
        "select source, min(received_at) as came from raw.deliveries where survey = ? "
        "group by source order by came, source",
        [survey.survey],
    )
    return [source for source in first["source"] if source != CROSSWALK]


def _trace(night: Night, survey: Survey, before: dict[str, str], after: dict[str, str]) -> None:
    """Keep in the register who was joined to whom, and say how many members became one with another, or two again."""
    known = set(
        warehouse.read(night.connection, "select panel_member_id from core.members where survey = ?", [survey.survey])[
            "panel_member_id"
        ]
    )
    joined = {alias: member for alias, member in after.items() if before.get(alias) != member}
    apart = [alias for alias in before if alias not in after]
    n_merged = len(known & joined.keys())
    if n_merged:
        night.say(
            f"{survey.survey}: {n_merged:,} members turn out to be others of the panel; their histories are joined"
        )
    if apart:
        night.say(f"{survey.survey}: {len(apart):,} links were taken back; those ids are members of their own again")
    if survey.member_ids == "pseudonym" and (joined or apart):
        register_store.note_joined(
            night.workspace.register, [*joined.items(), *((alias, None) for alias in apart)], night.run_id
        )
